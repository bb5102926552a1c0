import { CompileError, compile } from '../../src/compile/index.ts'
import { attenuateGrant, type Grant, GrantError, signGrant } from '../../src/grant/index.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import { parseScope, type ScopeDocument, ScopeError } from '../../src/scope/index.ts'
import type { Scope } from '../../src/scope/types.ts'
import type { Call } from '../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../test/arbitraries/draw.ts'
import { STEP, type World } from '../../test/arbitraries/grantSketch.ts'
import { transferCall, word } from '../../test/arbitraries/sketchCall.ts'
import type { Subject } from './grants.ts'
import type { Rig } from './rig.ts'

type Rule = ScopeDocument['rules'][number]
type Members = { -readonly [Key in keyof ScopeDocument]: ScopeDocument[Key] }

const ORDER = 'function order(uint256 id, address to, bytes32 reference_)'
const ORDER_SELECTOR = '0x2b243ff0'
/** Constraints that a verdict holds where the chain does not. Others are not accepted here: preparing would refuse them. */
const HELD = /^\/(?:escalation|rules\/\d+\/(?:max|args\/.+))$/

/**
 * A grant as the product makes it: random scope, compiled, signed, half of the time handed on once with a narrower scope.
 * `null` where the random scope is one that the compiler refuses.
 */
export async function drawCompiled(draw: Draw, rig: Rig, world: World): Promise<Subject | null> {
  const [agent, subAgent] = chance(draw, 50) ? [world.agents[0], world.agents[1]] : [world.agents[1], world.agents[0]]
  const document = drawDocument(draw, world, agent)
  try {
    const grant = await compiled(draw, rig, world, parseScope(document))
    const handedOn =
      document.redelegation.maxDepth === 0 ? null : await narrowed(draw, rig, world, document, grant, subAgent)
    const final = handedOn ?? grant
    const scope = final.scopes.at(-1)
    const origin = handedOn === null ? 'compiled' : 'handedOn'
    return scope === undefined
      ? null
      : { grant: final, bases: basesOf(draw, world, final, scope), origin, brief: false }
  } catch (error) {
    if (error instanceof CompileError || error instanceof ScopeError) return null
    throw error
  }
}

/** A scope of which the redeemer holds something of every kind: a maximum, an argument, a threshold. */
export async function drawHeld(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const drawn = drawDocument(draw, world, world.agents[0])
  const document: Members = {
    ...drawn,
    rules: [
      { id: 'pay', class: 'transfer', asset: world.token, to: [world.payees[0]], budget: 'stables', max: '0.00004' },
      { id: 'order', class: 'call', target: world.target, function: ORDER, args: { id: { lte: '9' } } },
    ],
    budgets: { stables: { assets: { [world.token]: '1' }, max: '0.0002' } },
    notBefore: formatInstant(world.now - 60n),
    expiry: formatInstant(world.now + 1_000n),
    redelegation: { maxDepth: 0 },
    escalation: { above: { stables: '0.00002' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
  }
  delete document.calls
  const scope = parseScope(document)
  const grant = await compiled(draw, rig, world, scope)
  return { grant, bases: basesOf(draw, world, grant, scope), origin: 'compiled', brief: true }
}

function drawDocument(draw: Draw, world: World, agent: Address): Members {
  const tokens = (units: number) => `0.${String(units).padStart(6, '0')}`
  const wei = (units: number) => `0.${String(units).padStart(18, '0')}`
  const per = chance(draw, 50) ? { per: `PT${STEP * BigInt(1 + draw.int(4))}S`, window: 'fixed' as const } : {}
  const payees = () =>
    chance(draw, 15) ? ('anyone' as const) : [...new Set([pick(draw, world.payees), pick(draw, world.payees)])]
  const max = (write: (units: number) => string) => (chance(draw, 30) ? { max: write(5 + draw.int(60)) } : {})
  const kinds: readonly (() => Rule)[] = [
    () => ({ id: 'pay', class: 'transfer', asset: world.token, to: payees(), budget: 'stables', ...max(tokens) }),
    () => ({ id: 'tip', class: 'transfer', asset: 'native', to: payees(), budget: 'coins', ...max(wei) }),
    () => ({ id: 'order', class: 'call', target: world.target, function: ORDER, args: drawConditions(draw, world) }),
  ]
  const rules = kinds.filter(() => chance(draw, 50)).map((make) => make())
  if (rules.length === 0) rules.push((kinds[0] as () => Rule)())
  const budgets = {
    stables: { assets: { [world.token]: '1' }, max: tokens(20 + draw.int(80)), ...per },
    coins: { assets: { native: '1' }, max: wei(20 + draw.int(80)), ...per },
  }
  const used = new Set(rules.flatMap((rule) => (rule.class === 'transfer' && rule.budget ? [rule.budget] : [])))
  const [escalated] = used
  return {
    version: 1,
    task: { id: 'agreement', purpose: 'Compare verdicts with the chain' },
    chainId: world.chainId,
    principal: pick(draw, world.principals),
    delegate: agent,
    rules,
    budgets: Object.fromEntries(Object.entries(budgets).filter(([name]) => used.has(name))) as ScopeDocument['budgets'],
    ...(chance(draw, 30) ? { calls: { max: 1 + draw.int(4) } } : {}),
    ...(chance(draw, 60) ? { notBefore: formatInstant(world.now + STEP * BigInt(draw.int(6) - 2)) } : {}),
    expiry: formatInstant(world.now + STEP * BigInt(6 + draw.int(30))),
    redelegation: { maxDepth: chance(draw, 60) ? 1 : 0 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    ...(escalated !== undefined && chance(draw, 25)
      ? {
          escalation: {
            above: { [escalated as string]: escalated === 'coins' ? wei(10) : tokens(10) },
            confirmer: 'principal' as const,
            timeout: 'PT15M',
            onTimeout: 'deny' as const,
          },
        }
      : {}),
    evidence: { receipts: ['decision'], retain: 'P1Y' },
    assets: { [world.token]: { symbol: 'USDC', decimals: 6 } },
  }
}

function drawConditions(draw: Draw, world: World): Record<string, never> {
  const payee = pick(draw, world.payees)
  return {
    ...(chance(draw, 60) ? { to: chance(draw, 70) ? { eq: payee } : { in: [...world.payees.slice(0, 2)] } } : {}),
    ...(chance(draw, 60) ? { id: pick(draw, [{ eq: '7' }, { lte: '9' }, { gte: '5' }]) } : {}),
  } as Record<string, never>
}

async function compiled(draw: Draw, rig: Rig, world: World, scope: Scope): Promise<Grant> {
  const plan = compile(scope, rig.environment, { ...options(draw, world), accept: acceptable(draw, rig, world, scope) })
  return signGrant(scope, plan, rig.account(scope.principal))
}

/** What the compiler names as held by the redeemer only, of what a verdict can hold. */
function acceptable(draw: Draw, rig: Rig, world: World, scope: Scope): string[] {
  const accept: string[] = []
  for (;;) {
    try {
      compile(scope, rig.environment, { ...options(draw, world), accept })
      return accept
    } catch (error) {
      const pointer = error instanceof CompileError ? error.details['pointer'] : undefined
      if (typeof pointer !== 'string' || !HELD.test(pointer) || accept.includes(pointer)) return accept
      accept.push(pointer)
    }
  }
}

function options(draw: Draw, world: World) {
  return { salt: () => bytesOf(draw, 32), nonce: 0n, now: world.now - STEP }
}

/** Handed on to a sub-agent with a smaller budget and an earlier end; `null` where the grant does not allow it. */
async function narrowed(
  draw: Draw,
  rig: Rig,
  world: World,
  document: Members,
  grant: Grant,
  subAgent: Address,
): Promise<Grant | null> {
  const parent = grant.scopes[0] as Scope
  const smaller = Object.entries(document.budgets ?? {}).map(([name, budget]) => {
    const limit = String(budget.max)
    return [name, { ...budget, max: chance(draw, 50) ? limit : `${limit.slice(0, -2)}1${limit.slice(-1)}` }] as const
  })
  const scope = parseScope({
    ...document,
    delegate: subAgent,
    notBefore: parent.notBefore,
    budgets: Object.fromEntries(smaller) as ScopeDocument['budgets'],
    expiry: formatInstant(world.now + STEP * BigInt(3 + draw.int(10))),
    redelegation: { maxDepth: 0 },
  })
  try {
    return await attenuateGrant(grant, {
      ...options(draw, world),
      scope,
      environment: rig.environment,
      account: rig.account(parent.delegate),
      accept: acceptable(draw, rig, world, scope),
    })
  } catch (error) {
    if (error instanceof GrantError || error instanceof CompileError) return null
    throw error
  }
}

/** For each branch a call of its rule. */
function basesOf(draw: Draw, world: World, grant: Grant, scope: Scope): Call[][] {
  return grant.branches.map(({ rule: id, payee = pick(draw, world.payees) }) => {
    const rule = scope.rules.find((candidate) => candidate.id === id)
    const amount = BigInt(1 + draw.int(30))
    if (rule?.class !== 'call') {
      return rule?.asset === 'native'
        ? [{ to: payee, value: amount, data: '0x' }]
        : [transferCall(world.token, payee, amount)]
    }
    const { to } = rule.args
    const pinned = to !== undefined && 'eq' in to ? (to.eq as Address) : world.payees[0]
    const data: Hex = `${ORDER_SELECTOR}${word(7n)}${pinned.slice(2).padStart(64, '0')}${word(3n)}`
    return [{ to: world.target, value: 0n, data }]
  })
}
