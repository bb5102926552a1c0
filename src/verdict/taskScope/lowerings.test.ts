import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chance, type Draw, pick, seeded } from '../../../test/arbitraries/draw.ts'
import { counting, environment, START } from '../../../test/arbitraries/plan.ts'
import { AGENT, anyScope, DAI, PAYEES, TARGET, USDC } from '../../../test/arbitraries/scope.ts'
import { compile } from '../../compile/compile.ts'
import { CompileError } from '../../compile/errors.ts'
import type { Lowering } from '../../compile/types.ts'
import { createDelegations } from '../../delegation/create.ts'
import type { Call } from '../../delegation/execution.ts'
import { createGrant } from '../../grant/create.ts'
import { parseAmount } from '../../primitives/amount.ts'
import { type Address, concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { createScopeHistory } from '../../scope/admits.ts'
import { budgetCapacity, decimalsOf } from '../../scope/budgets.ts'
import { encodeArguments } from '../../scope/calldata.ts'
import { parseFunction } from '../../scope/function.ts'
import type { AbiValue, CallRule, Scope, TransferRule } from '../../scope/types.ts'
import { evaluate } from '../evaluate.ts'
import { prepareGrant } from '../prepare.ts'
import type { PreparedCaveat, PreparedGrant } from '../prepared.ts'
import type { Counter, State } from '../types.ts'

/** A grant of the scope, prepared; `null` where this lowering refuses the scope. Verdicts look at no signature. */
function prepared(scope: Scope, lowering: Lowering, count: (what: string) => void): PreparedGrant | null {
  try {
    const plan = compile(scope, environment, { salt: counting(), nonce: 0n, lowering })
    const delegations = createDelegations(plan.drafts).map((it) => ({ ...it, signature: '0x11' as const }))
    return prepareGrant(createGrant({ scope, plan, delegations }), environment)
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    count(`${lowering} refuses`)
    return null
  }
}

/** The chain before anything was redeemed. */
function fresh({ chainId, manager, branches }: PreparedGrant, timestamp: bigint): State {
  const links = branches.flatMap((branch) => branch.links)
  const counters = links.flatMap(({ caveats }) => caveats.flatMap(unused))
  return {
    chainId,
    manager,
    block: { number: 1n, hash: `0x${'00'.repeat(32)}`, timestamp },
    paused: false,
    disabled: Object.fromEntries(links.map(({ hash }) => [hash, false])),
    nonces: Object.fromEntries(links.map(({ delegator }) => [delegator, 0n])),
    counters: Object.fromEntries(counters),
  }
}

function unused({ counter, meaning, taskScope }: PreparedCaveat): [string, Counter][] {
  if (taskScope !== null) return taskScope.keys.map((key) => [key, { kind: 'word', word: 0n }])
  if (counter === null) return []
  if (meaning.kind === 'limitedCalls') return [[counter, { kind: 'calls', count: 0n }]]
  if (!meaning.kind.includes('Period')) return [[counter, { kind: 'spent', spent: 0n }]]
  const zero = { amount: 0n, duration: 0n, start: 0n, lastPeriod: 0n, transferred: 0n }
  return [[counter, { kind: 'period', ...zero }]]
}

/** One call near what some rule admits. */
function drawCall(draw: Draw, scope: Scope): Call {
  const rule = pick(draw, scope.rules)
  return rule.class === 'transfer' ? drawPayment(draw, scope, rule) : drawFunction(draw, rule)
}

function drawPayment(draw: Draw, scope: Scope, rule: TransferRule): Call {
  const { max, budget } = rule
  const most = max === undefined ? null : parseAmount(max, decimalsOf(rule.asset, scope.assets))
  const limits = scope.budgets[budget ?? '']
  const cap = limits === undefined ? null : budgetCapacity(limits, rule.asset, scope.assets)
  const near = [most, cap].flatMap((limit) => (limit === null ? [] : [limit - 1n, limit, limit, limit + 1n]))
  const amount = pick(draw, [0n, 1n, ...near])
  const to = pick(draw, [...PAYEES, ...(rule.to === 'anyone' ? [AGENT] : rule.to)])
  if (rule.asset === 'native') return { to, value: amount, data: chance(draw, 5) ? '0x12345678' : '0x' }
  const selector: Hex = chance(draw, 4) ? '0x095ea7b3' : '0xa9059cbb'
  return {
    to: chance(draw, 5) ? pick(draw, [USDC, DAI]) : rule.asset,
    value: chance(draw, 4) ? 1n : 0n,
    data: concatBytes(selector, uintToBytes(BigInt(to), 32), uintToBytes(amount, 32)),
  }
}

const ACCOUNTS: readonly Address[] = [...PAYEES, TARGET]

function drawFunction(draw: Draw, rule: CallRule): Call {
  const parsed = parseFunction(rule.function)
  const values = parsed.inputs.map(({ name, type }): AbiValue => {
    const condition = rule.args[name]
    if (condition !== undefined && 'eq' in condition && !chance(draw, 12)) return condition.eq
    if (type === 'address') return pick(draw, ACCOUNTS)
    if (type === 'bool') return chance(draw, 50)
    if (type === 'string') return pick(draw, ['hello', 'hullo', ''])
    return type === 'bytes' ? pick(draw, ['0x', '0x01']) : pick(draw, ['0', '1', '5', '7', '9'])
  })
  const data = encodeArguments(parsed, values, { principal: TARGET, delegate: AGENT })
  return { to: rule.target, value: pick(draw, [0n, 0n, 1n, 1000n, 1001n]), data }
}

describe('evaluate, over both lowerings', () => {
  test('behavior: where both express a scope they admit and refuse the same, as the scope means it', () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    const draw = seeded(4_242)
    for (const drawn of fc.sample(anyScope(environment), { numRuns: 650, seed: 31 })) {
      const scope = { ...drawn, redelegation: { maxDepth: 0 } }
      const framework = prepared(scope, 'framework', count)
      const fused = prepared(scope, 'fused', count)
      if (framework === null || fused === null) continue
      count('both')
      const meant = createScopeHistory(scope)
      for (let actions = 0; actions < 12; actions++) {
        const time = scope.notBefore === undefined || !chance(draw, 10) ? START + 9n : START - 1n
        const action = { chainId: scope.chainId, redeemer: scope.delegate, calls: [drawCall(draw, scope)] }
        const [a, b] = [framework, fused].map((grant) => evaluate(grant, action, fresh(grant, time)))
        const said = meant.ask({ chainId: scope.chainId, time, calls: action.calls })
        const context = JSON.stringify({ scope, action, a, b, said }, (_, value) =>
          typeof value === 'bigint' ? `${value}` : value,
        )
        expect(b?.verdict, context).toBe(a?.verdict)
        expect(b?.verdict, context).toBe(said.admitted === 'no' ? 'deny' : 'allow')
        if (b?.verdict === 'allow' && said.admitted !== 'no') expect(b.rule, context).toBe(said.rule)
        count(b?.verdict ?? 'none')
      }
    }
    for (const [what, least] of [
      ['both', 60],
      ['allow', 200],
      ['deny', 200],
      ['framework refuses', 50],
      ['fused refuses', 20],
    ] as const)
      expect(seen.get(what) ?? 0, `${what} ${[...seen].map(String)}`).toBeGreaterThanOrEqual(least)
  })
})
