import fc from 'fast-check'
import type { CaveatOf } from '../../src/caveats/codec.ts'
import type { TaskScopeCharge, TaskScopeCondition, TaskScopeRule } from '../../src/caveats/taskScope/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'

/** Any whole scope in one caveat that encodes; the small ones stay small when a byte of them changes. */
export function anyTaskScope({ small = false }: { small?: boolean } = {}): fc.Arbitrary<CaveatOf<'taskScope'>> {
  const most = small ? 2 : 4
  return fc
    .record({
      times: fc.tuple(below(small ? 8 : 40), fc.bigInt({ min: 1n, max: small ? 200n : 2n ** 39n })),
      maxExecutions: fc.integer({ min: 0, max: small ? 4 : 255 }),
      group: bytes(8),
      guardian: fc.option(party),
      requestKey: fc.option(party),
      confirmer: fc.option(party),
      calls: fc.option(fc.record({ max: fc.bigInt({ min: 1n, max: 2n ** 24n - 1n }), period: fc.option(seconds) })),
      redeemers: fc.array(party, { maxLength: most }),
      budgets: fc.array(anyBudget, { maxLength: most }),
      rules: fc.array(anyRule(small), { maxLength: most }),
    })
    .map(({ times: [notBefore, life], budgets, rules, confirmer, maxExecutions, ...rest }) => {
      const confirmed = budgets.length === 0 ? null : confirmer
      const last = 2n ** 40n - 1n
      return {
        kind: 'taskScope' as const,
        ...rest,
        notBefore: notBefore < last ? notBefore : last - 1n,
        expiry: notBefore + life < last ? notBefore + life : last,
        maxExecutions,
        confirmer: confirmed,
        budgets: budgets.map(({ share, ...budget }) => ({
          ...budget,
          threshold: confirmed === null ? null : (budget.cap * share) / 4n,
        })),
        rules: rules.map((rule) => fitted(rule, budgets.length, maxExecutions, confirmed === null)),
      }
    })
}

const seconds = fc.oneof(fc.bigInt({ min: 1n, max: 2n ** 32n - 1n }), fc.constantFrom(1n, 86_400n, 2n ** 32n - 1n))
const party = bytes(20).filter((address) => BigInt(address) !== 0n)
const cap = fc.oneof(
  fc.bigInt({ min: 1n, max: 2n ** 112n - 1n }),
  fc.bigInt({ min: 1n, max: 1_000n }),
  fc
    .integer({ min: 24, max: 112 })
    .chain((power) => fc.constantFrom(2n ** BigInt(power) - 2n, 2n ** BigInt(power) - 1n)),
  fc.integer({ min: 0, max: 111 }).map((power) => 2n ** BigInt(power)),
)
/** Around the edges of every size in bytes. */
const integer = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  fc.bigInt({ min: 0n, max: 300n }),
  fc.integer({ min: 0, max: 32 }).map((size) => 256n ** BigInt(size) - 1n),
  fc.integer({ min: 0, max: 31 }).map((size) => 256n ** BigInt(size)),
)
const signed = fc.oneof(
  integer.map((value) => BigInt.asIntN(256, value)),
  fc.constantFrom(-1n, 0n, -(2n ** 255n), 2n ** 255n - 1n),
)

const anyBudget = fc
  .record({
    window: fc.constantFrom('lifetime' as const, 'fixed' as const, 'rolling' as const),
    period: seconds,
    cap,
    share: fc.bigInt({ min: 0n, max: 4n }),
  })
  .map(({ period, ...rest }) => ({ ...rest, period: rest.window === 'lifetime' ? null : period }))

const width = fc.record({ width: fc.integer({ min: 0, max: 31 }), left: fc.boolean() }).map(({ width, left }) => ({
  width,
  left: left && width > 0,
}))

function anyCondition(small: boolean): fc.Arbitrary<TaskScopeCondition> {
  const word = fc.integer({ min: 0, max: 252 })
  const of = <Op extends string>(...ops: Op[]) => fc.constantFrom(...ops)
  return fc.oneof(
    fc.record({ op: of('equal', 'at_most', 'length_at_most'), word, operand: integer }),
    fc
      .tuple(fc.record({ op: of('not_equal', 'at_least'), word, operand: integer }), width)
      .map(([condition, wide]) => ({ ...condition, ...wide })),
    fc.record({
      op: of('signed_at_most', 'signed_at_least'),
      word,
      width: fc.integer({ min: 0, max: 31 }),
      operand: signed,
    }),
    fc.record({ op: of('one_of'), word, operands: fc.array(integer, { minLength: 1, maxLength: small ? 2 : 20 }) }),
    fc.tuple(word, width, integer, integer).map(([at, wide, mask, bits]) => ({
      op: 'bits' as const,
      word: at,
      ...wide,
      mask: mask || 1n,
      bits: bits & (mask || 1n),
    })),
    fc.record({ op: of('hash'), word, operand: bytes(32) }),
  )
}

type RawRule = Omit<TaskScopeRule, 'charges'> & { words: number; rest: number; charges: readonly TaskScopeCharge[] }

function anyRule(small: boolean): fc.Arbitrary<RawRule> {
  const source = fc.oneof(
    fc.constantFrom('count' as const, 'value' as const, 'balance' as const),
    fc.record({ word: fc.integer({ min: 0, max: 252 }) }),
  )
  return fc.record({
    target: party,
    selector: fc.option(bytes(4), { nil: '0x' as const }),
    length: fc.constant(0),
    words: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constantFrom(253, 2_047)),
    rest: fc.integer({ min: 0, max: 27 }),
    longer: fc.boolean(),
    maxValue: fc.oneof(fc.constant(0n), below(96)),
    conditions: fc.array(anyCondition(small), { maxLength: small ? 2 : 4 }),
    charges: fc.array(
      fc.record({
        budget: fc.integer({ min: 0, max: 254 }),
        source,
        weight: fc.oneof(
          fc.constant(1n),
          fc.integer({ min: 0, max: 14 }).map((size) => 256n ** BigInt(size) - 1n || 1n),
          cap,
        ),
      }),
      { maxLength: small ? 2 : 4 },
    ),
    allowance: fc.option(fc.record({ token: bytes(20), amountWord: fc.integer({ min: 0, max: 252 }) })),
    measured: fc.option(fc.record({ asset: fc.option(party, { nil: 'native' as const }), account: party })),
  })
}

/** Makes what was drawn agree with itself: words that are there, budgets that are there, in order, measured where charged so. */
function fitted({ words, rest, ...rule }: RawRule, budgets: number, executions: number, free: boolean): TaskScopeRule {
  const { measured, allowance } = rule
  const there = rule.selector === '0x' ? 0 : words
  const named = Math.min(there, 253)
  const length = rule.selector === '0x' ? 0 : Math.min(4 + 32 * words + rest, 0xffff)
  const charges = (budgets === 0 ? [] : rule.charges)
    .filter(({ source }) =>
      source === 'balance' ? free && measured !== null : typeof source !== 'object' || there > 0,
    )
    .map(({ source, budget, weight }) => ({
      budget: budget % budgets,
      source: typeof source === 'object' ? { word: source.word % named } : source,
      weight,
    }))
    .sort((one, other) => one.budget - other.budget)
  return {
    ...rule,
    length,
    longer: rule.longer && length > 0,
    conditions: named === 0 ? [] : rule.conditions.map((condition) => ({ ...condition, word: condition.word % named })),
    charges,
    allowance:
      named === 0 || executions < 3 || allowance === null
        ? null
        : { ...allowance, amountWord: allowance.amountWord % named },
    measured: charges.some(({ source }) => source === 'balance') ? measured : null,
  }
}

function below(bits: number): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n })
}

function bytes(size: number): fc.Arbitrary<Hex> {
  return fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((values) => `0x${Buffer.from(values).toString('hex')}` as Hex)
}
