import { ScopeError } from '../../src/scope/errors.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { Scope } from '../../src/scope/types.ts'
import { chance, type Draw, pick } from '../arbitraries/draw.ts'

const account = (n: number) => `0x${n.toString(16).padStart(2, '0').repeat(20)}` as const

/** The small world that the scopes are about. */
export const PRINCIPAL = account(1)
export const AGENTS = [account(2), account(3)] as const
export const CONFIRMER = account(9)
export const PAYEES = [account(0xa1), account(0xa2), account(0xa3), account(0xa4)] as const
export const TOKENS = [account(0xe1), account(0xe2)] as const
const TARGETS = [account(0xc1), account(0xc2)] as const
/** A Sunday, 00:00: windows counted from unix time 0 begin there, too. Unix seconds. */
export const T0 = 1_797_724_800

type Json = Record<string, unknown>
type Rule = Json & { id: string; class: string }
type Document = Json & {
  rules: Rule[]
  budgets: Record<string, Json & { assets: Record<string, string>; max: string }>
}

/** Children of one parent. */
const CHILDREN = 4

/**
 * Parents, each with children that differ from it in a few places, mostly but not always towards less: near the border is
 * where a wrong yes lives. Without end.
 */
export function* drawPairs(draw: Draw): Generator<{ child: Scope; parent: Scope }, never> {
  for (;;) {
    const document = drawDocument(draw)
    const parent = parse(document)
    for (let left = CHILDREN; left > 0 && parent !== undefined; left--) {
      let edited = structuredClone(document)
      if (chance(draw, 10)) edited = drawDocument(draw)
      else for (let edits = draw.int(4); edits >= 0; edits--) change(draw, edited)
      if (chance(draw, 40)) edited['delegate'] = AGENTS[1]
      const child = parse(edited)
      if (child !== undefined) yield { child, parent }
    }
  }
}

/** Edits leave some documents that are no scope. */
function parse(document: Document): Scope | undefined {
  const used = JSON.stringify(document.rules)
  const budgets = Object.fromEntries(
    Object.entries(document.budgets).filter(([name]) => used.includes(`"budget":"${name}"`)),
  )
  const { escalation, ...rest } = document as Document & { escalation?: { above: Record<string, string> } }
  const above = Object.fromEntries(
    Object.entries(escalation?.above ?? {}).filter(([name, limit]) => Number(limit) < Number(budgets[name]?.max ?? 0)),
  )
  try {
    return parseScope({
      ...rest,
      budgets,
      ...(Object.keys(above).length > 0 && { escalation: { ...escalation, above } }),
    })
  } catch (error) {
    if (error instanceof ScopeError) return undefined
    throw error
  }
}

function drawDocument(draw: Draw): Document {
  const budgets = Object.fromEntries(
    ['b', 'c', 'd'].slice(0, 1 + draw.int(3)).map((name) => [name, drawBudget(draw)]),
  ) as Document['budgets']
  return {
    version: 1,
    task: { id: 't', purpose: 'p' },
    chainId: 1,
    principal: PRINCIPAL,
    delegate: AGENTS[0],
    rules: Array.from({ length: 1 + draw.int(3) }, (_, index) => drawRule(draw, `r${index}`, Object.keys(budgets))),
    budgets,
    ...(chance(draw, 70) && { calls: drawCalls(draw) }),
    ...(chance(draw, 85) && { notBefore: at(draw.int(2)) }),
    expiry: at(3 + draw.int(4)),
    redelegation: { maxDepth: 1 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    ...(chance(draw, 20) && { escalation: drawEscalation(draw) }),
    evidence: { receipts: ['grant'], retain: 'P1D' },
    assets: { [TOKENS[0]]: { symbol: 'X', decimals: 0 }, [TOKENS[1]]: { symbol: 'Y', decimals: 1 } },
  }
}

function at(second: number): string {
  return new Date((T0 + second) * 1000).toISOString().replace('.000Z', 'Z')
}

function drawPeriod(draw: Draw): Json {
  if (chance(draw, 45)) return {}
  return { per: `PT${1 + draw.int(4)}S`, window: pick(draw, ['fixed', 'rolling']) }
}

function drawCalls(draw: Draw): Json {
  return { max: 1 + draw.int(3), ...drawPeriod(draw) }
}

/** Half a unit, one or two for a base unit of any asset. */
function drawBudget(draw: Draw): Document['budgets'][string] {
  return {
    assets: {
      [TOKENS[0]]: pick(draw, ['1', '1', '0.5', '2']),
      [TOKENS[1]]: pick(draw, ['10', '10', '5', '20']),
      native: pick(draw, ['1000000000000000000', '2000000000000000000']),
    },
    max: pick(draw, ['1', '2', '3', '4', '6']),
    ...drawPeriod(draw),
  }
}

function drawEscalation(draw: Draw): Json {
  return {
    above: { b: pick(draw, ['0', '1', '2']), ...(chance(draw, 30) && { c: '1' }) },
    confirmer: pick(draw, ['principal', CONFIRMER]),
    timeout: 'PT5M',
    onTimeout: 'deny',
  }
}

function drawRule(draw: Draw, id: string, budgets: readonly string[]): Rule {
  return chance(draw, 60) ? drawTransfer(draw, id, budgets) : drawCall(draw, id, budgets)
}

function drawTransfer(draw: Draw, id: string, budgets: readonly string[]): Rule {
  const asset = pick(draw, [TOKENS[0], TOKENS[0], TOKENS[1], 'native'])
  const bounded = chance(draw, 80)
  return {
    id,
    class: 'transfer',
    asset,
    to: chance(draw, 10) ? 'anyone' : PAYEES.slice(0, 3).filter(() => chance(draw, 60)),
    ...(bounded && { budget: pick(draw, budgets) }),
    ...((!bounded || chance(draw, 60)) && { max: amountOf(asset, 1 + draw.int(4)) }),
  }
}

function amountOf(asset: string, units: number): string {
  if (asset === TOKENS[0]) return `${units}`
  return asset === TOKENS[1] ? `0.${units}` : `0.00000000000000000${units}`
}

const FUNCTIONS = [
  ['f(address to, uint8 amount)', 'to', 'amount'],
  ['function f(address payee, uint8 n)', 'payee', 'n'],
  ['g(uint8 a, uint8 b)', 'a', 'b'],
  ['h(int8 delta, uint8 amount)', 'delta', 'amount'],
] as const

function drawCall(draw: Draw, id: string, budgets: readonly string[]): Rule {
  const [text, first, second] = pick(draw, FUNCTIONS)
  const value = draw.int(3)
  return {
    id,
    class: 'call',
    target: pick(draw, TARGETS),
    function: text,
    args: {
      ...(chance(draw, 70) && { [first]: conditionOn(draw, text, first) }),
      ...(chance(draw, 80) && { [second]: drawUint(draw) }),
    },
    ...(chance(draw, 15) && { allowance: { asset: pick(draw, TOKENS), amount: second } }),
    spends: [
      ...(chance(draw, 60) ? [{ asset: pick(draw, TOKENS), amount: second, budget: pick(draw, budgets) }] : []),
      ...(chance(draw, 20) ? [{ asset: TOKENS[0], amount: second, budget: pick(draw, budgets) }] : []),
      ...(first === 'a' && chance(draw, 40) ? [{ asset: TOKENS[1], amount: 'a', budget: pick(draw, budgets) }] : []),
      ...(value > 0 && chance(draw, 50) ? [{ asset: 'native', amount: 'value', budget: pick(draw, budgets) }] : []),
      ...(chance(draw, 12) ? [{ asset: pick(draw, TOKENS), measured: true, budget: pick(draw, budgets) }] : []),
    ],
    value: { lte: `${value}` },
  }
}

function conditionOn(draw: Draw, text: string, name: string): Json {
  if (name === 'a') return drawUint(draw)
  if (name === 'delta') {
    const value = pick(draw, ['-128', '-1', '0', '1', '127'])
    return pick(draw, [{ eq: value }, { neq: value }, { lte: value }, { gte: value }, { in: ['-1', '0'] }])
  }
  const known = [PAYEES[0], PAYEES[1], 'principal', 'delegate', AGENTS[0], AGENTS[1]]
  const several = known.slice(0, 4).filter(() => chance(draw, 50))
  return text === '' || several.length === 0
    ? { eq: pick(draw, known) }
    : pick(draw, [{ eq: pick(draw, known) }, { neq: pick(draw, known) }, { in: several }])
}

function drawUint(draw: Draw): Json {
  const value = `${draw.int(5)}`
  const few = ['0', '1', '2', '3', '255'].filter(() => chance(draw, 50))
  return pick(draw, [
    { lte: value },
    { lte: value },
    { eq: value },
    { neq: value },
    { gte: value },
    { in: few.length === 0 ? ['2'] : few },
    { mask: '252', equals: '0' },
    { mask: '254', equals: pick(draw, ['0', '2']) },
  ])
}

/** One small change, in place. */
function change(draw: Draw, document: Document): void {
  const rule = pick(draw, document.rules)
  const name = pick(draw, Object.keys(document.budgets))
  const budget = document.budgets[name] as Document['budgets'][string]
  const edits: (() => void)[] = [
    () => Object.assign(document, { expiry: at(2 + draw.int(4)) }),
    () => Object.assign(document, { notBefore: at(draw.int(3)) }),
    () => Object.assign(document, { calls: drawCalls(draw) }),
    () => {
      const calls = document['calls'] as { max: number } | undefined
      if (calls !== undefined) document['calls'] = { ...calls, max: Math.max(1, calls.max - 1 + draw.int(2)) }
    },
    () => {
      if (document.rules.length > 1) document.rules.splice(draw.int(document.rules.length), 1)
    },
    () => {
      document.rules[document.rules.indexOf(rule)] = drawRule(draw, rule.id, Object.keys(document.budgets))
    },
    () => split(draw, document, rule),
    () => lower(draw, rule),
    () => lower(draw, rule),
    () => lower(draw, rule),
    () => Object.assign(budget, { max: `${Math.max(1, Number(budget.max) - 1 + draw.int(3))}` }),
    () => Object.assign(budget, { max: '1' }),
    () => {
      delete budget['per']
      delete budget['window']
      Object.assign(budget, drawPeriod(draw))
    },
    () => Object.assign(budget.assets, { [TOKENS[0]]: pick(draw, ['0.5', '1', '2']) }),
    () => Object.assign(document, { escalation: drawEscalation(draw) }),
    () => {
      if (chance(draw, 20)) delete document['escalation']
    },
    () => {
      // A budget of its own: the child's limits are then cut another way than the parent's.
      document.budgets['e'] = drawBudget(draw)
      if (rule.class === 'transfer') rule['budget'] = 'e'
    },
  ]
  pick(draw, edits)()
}

/** One rule becomes two, payees apart. */
function split(draw: Draw, document: Document, rule: Rule): void {
  const { to } = rule
  if (!Array.isArray(to) || to.length < 2) return
  const copy = structuredClone(rule)
  copy.id = `${rule.id}x`
  copy['to'] = to.slice(1)
  rule['to'] = to.slice(0, 1)
  if (chance(draw, 50) && copy['budget'] !== undefined) {
    document.budgets['s'] = structuredClone(document.budgets[copy['budget'] as string]) as Document['budgets'][string]
    copy['budget'] = 's'
  }
  document.rules.push(copy)
}

function lower(draw: Draw, rule: Rule): void {
  if (rule.class === 'transfer') {
    const { to, asset } = rule as Rule & { to: string[] | 'anyone'; asset: string }
    if (chance(draw, 50)) rule['max'] = amountOf(asset, 1 + draw.int(3))
    else if (to === 'anyone') rule['to'] = PAYEES.slice(0, 1 + draw.int(3))
    else if (to.length > 1) rule['to'] = to.slice(1)
    return
  }
  const { args, spends } = rule as Rule & { args: Json; spends: Json[] }
  const [, first, second] = FUNCTIONS.find(([text]) => text === rule['function']) ?? FUNCTIONS[0]
  const choice = draw.int(6)
  if (choice === 0) args[first] = conditionOn(draw, '', first)
  else if (choice === 1) args[second] = drawUint(draw)
  else if (choice === 2) rule['value'] = { lte: `${draw.int(2)}` }
  else if (choice === 3) rule['spends'] = spends.slice(1)
  else if (choice === 4) {
    if (rule['allowance'] === undefined) rule['allowance'] = { asset: pick(draw, TOKENS), amount: second }
    else delete rule['allowance']
  } else args[second] = { lte: '1' }
}
