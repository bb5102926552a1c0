import { formatAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { max, min } from '../primitives/integer.ts'
import { childPointer } from '../primitives/json.ts'
import { type AbiType, abiType, rangeOf } from './abi.ts'
import { ScopeError } from './errors.ts'
import type { Source } from './forms.ts'
import { type PlannedExecution, type PlannedTransfer, type Tagged, worst } from './inferCalls.ts'
import type { AbiValue, Asset, CallRule, Rule } from './types.ts'

export type RulePer = 'call' | 'payee' | 'asset'

type Tag = { at: string; source: Source }

/** A rule with the budgets that it alone uses, and where its values came from, by pointer inside the rule. */
export type RuleDraft = {
  rule: Rule
  budgets: readonly { name: string; asset: Asset; max: string; source: Source }[]
  tags: readonly Tag[]
  /** Planned calls that it was made from. */
  calls: number
}

/** Values that one condition can list. */
const MAX_LISTED = 64

/**
 * Rules for planned calls, in an order in which the smallest comes first: the first rule that admits a call is charged, so a
 * small payment must not eat the budget of a large one to the same payee.
 */
export function draftRules(
  calls: readonly (PlannedTransfer | PlannedExecution)[],
  rulePer: RulePer,
  decimals: (asset: Asset) => number,
): RuleDraft[] {
  const transfers = calls.filter((call) => call.kind === 'transfer')
  const executions = sameText(calls.filter((call) => call.kind === 'call'))
  const paid = grouped(transfers, (call) => {
    const payee = rulePer === 'asset' ? [] : [call.to.value]
    return [call.asset.value, ...payee, ...(rulePer === 'call' ? [sortable(call.amount.value)] : [])]
  })
  const called = grouped(executions, (call) => {
    const spends = call.spends.map(({ asset, input }) => `${asset} ${input}`)
    const values = call.values.map(({ value }) => JSON.stringify(value))
    return [
      call.target.value,
      call.function.parsed.signature,
      ...spends,
      ...(rulePer === 'call' ? [...values, sortable(call.value.value)] : []),
    ]
  })
  return [
    ...paid.map((group, index) => transferRule(`pay-${index + 1}`, group, decimals)),
    ...called.map((group, index) => callRule(`call-${index + 1}`, group, decimals)),
  ]
}

function transferRule(id: string, group: readonly PlannedTransfer[], decimals: (asset: Asset) => number): RuleDraft {
  const asset = (group[0] as PlannedTransfer).asset.value
  const show = (amount: bigint) => formatAmount(amount, decimals(asset))
  const payees = distinct(group.map(({ to }) => to))
  const most = show(group.map(({ amount }) => amount.value).reduce(max))
  const amounts = worst(...group.map(({ amount }) => amount.source))
  return {
    rule: { id, class: 'transfer', asset, to: payees.map(({ value }) => value), max: most, budget: id },
    budgets: [
      {
        name: id,
        asset,
        max: show(sum(group.map(({ amount }) => amount.value))),
        source: worst(amounts, ...group.map(({ by }) => by)),
      },
    ],
    tags: [
      { at: '/asset', source: worst(...group.map((call) => call.asset.source)) },
      ...payees.map(({ source }, index) => ({ at: `/to/${index}`, source })),
      { at: '/max', source: amounts },
    ],
    calls: group.length,
  }
}

function callRule(id: string, group: readonly PlannedExecution[], decimals: (asset: Asset) => number): RuleDraft {
  const [first] = group as [PlannedExecution, ...PlannedExecution[]]
  const { text, parsed } = first.function
  const by = worst(...group.map((call) => call.by))
  const target = first.target.value
  const tags: Tag[] = [
    { at: '/target', source: worst(...group.map((call) => call.target.source)) },
    { at: '/function', source: by },
  ]
  const args = parsed.inputs.map(({ name, type }, index) => {
    const held = condition(abiType(type), distinct(group.flatMap(({ values }) => values[index] ?? [])), name)
    for (const tag of held.tags) tags.push({ ...tag, at: `${childPointer('/args', name)}${tag.at}` })
    return [name, held.condition] as const
  })
  const wei = group.map(({ value }) => value.value).reduce(max)
  tags.push({ at: '/value/lte', source: worst(...group.map(({ value }) => value.source)) })
  const amountsOf = (input: number) => group.map(({ values }) => BigInt(values[input]?.value ?? 0))
  const spent = [
    ...first.spends.map(({ asset, input }) => ({
      asset,
      amount: parsed.inputs[input]?.name ?? '',
      total: sum(amountsOf(input)),
      source: worst(by, ...group.flatMap(({ values }) => values[input]?.source ?? [])),
    })),
    ...(wei === 0n
      ? []
      : [
          {
            asset: 'native' as const,
            amount: 'value',
            total: sum(group.map(({ value }) => value.value)),
            source: worst(by, ...group.map(({ value }) => value.source)),
          },
        ]),
  ].map((spend, index) => ({ ...spend, budget: index === 0 ? id : `${id}-${index + 1}` }))
  return {
    rule: {
      id,
      class: 'call',
      target,
      function: text,
      args: Object.fromEntries(args),
      spends: spent.map(({ asset, amount, budget }) => ({ asset, amount, budget })),
      value: { lte: wei.toString() },
      acknowledge: [],
    },
    budgets: spent.map(({ budget, asset, total, source }) => {
      return { name: budget, asset, max: formatAmount(total, decimals(asset)), source }
    }),
    tags,
    calls: group.length,
  }
}

type Args = CallRule['args']

/** The smallest condition that admits these values: the one, a list of them, or a bound on the side that admits less. */
function condition(
  type: AbiType,
  values: readonly Tagged<AbiValue>[],
  name: string,
): { condition: Args[string]; tags: Tag[] } {
  const [only, ...others] = values as [Tagged<AbiValue>, ...Tagged<AbiValue>[]]
  if (others.length === 0) {
    return { condition: { eq: only.value }, tags: [{ at: '/eq', source: only.source }] }
  }
  if (values.length <= MAX_LISTED) {
    const tags = values.map(({ source }, index) => ({ at: `/in/${index}`, source }))
    return { condition: { in: values.map(({ value }) => value) }, tags }
  }
  if (type.kind !== 'uint' && type.kind !== 'int') {
    throw new ScopeError({
      code: 'scope.plan_too_varied',
      pointer: '/calls',
      message: 'One argument has more values than a condition lists.',
      value: `${name}: ${values.length} values`,
      bound: MAX_LISTED,
      fix: 'Split the task into several plans.',
    })
  }
  const integers = values.map(({ value }) => BigInt(value))
  const source = worst(...values.map((tagged) => tagged.source))
  const [low, high] = [integers.reduce(min), integers.reduce(max)]
  const range = rangeOf(type)
  return high - range.min <= range.max - low
    ? { condition: { lte: high.toString() }, tags: [{ at: '/lte', source }] }
    : { condition: { gte: low.toString() }, tags: [{ at: '/gte', source }] }
}

/** One text for each function: how somebody wrote it is no difference between calls. */
function sameText(calls: readonly PlannedExecution[]): PlannedExecution[] {
  const texts = new Map<string, PlannedExecution['function']>()
  for (const { function: written } of calls) {
    const before = texts.get(written.parsed.signature)
    if (before === undefined || written.text < before.text) texts.set(written.parsed.signature, written)
  }
  return calls.map((call) => ({ ...call, function: texts.get(call.function.parsed.signature) ?? call.function }))
}

/** Groups by key, in the order of the keys: the order of the plan decides nothing. */
function grouped<call>(calls: readonly call[], keyOf: (call: call) => readonly string[]): call[][] {
  const groups = new Map<string, call[]>()
  for (const call of calls) {
    const key = JSON.stringify(keyOf(call))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [call])
    else group.push(call)
  }
  return [...groups.keys()].sort().map((key) => groups.get(key) ?? [])
}

/** Each value once, sorted, with the source that is trusted least. */
function distinct<value extends AbiValue | Address>(values: readonly Tagged<value>[]): Tagged<value>[] {
  const found = new Map<value, Source>()
  for (const { value, source } of values) found.set(value, worst(source, found.get(value) ?? source))
  // Short ones first, and of one length by their text.
  return [...found.keys()]
    .sort()
    .sort((a, b) => String(a).length - String(b).length)
    .map((value) => ({ value, source: found.get(value) ?? 'agent' }))
}

/** A text that stands among others where the amount stands among theirs. */
function sortable(amount: bigint): string {
  return amount.toString().padStart(78, '0')
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
