import { keccak256 } from 'viem'
import { type Call, encodeCalls } from '../../delegation/execution.ts'
import { concatBytes, type Hex } from '../../primitives/hex.ts'
import { type Finding, finding } from '../finding.ts'
import type { PreparedGrant } from '../prepared.ts'
import { counterKey, type State } from '../types.ts'
import { weighed } from './charges.ts'
import { leftOf, type Passage } from './passage.ts'
import type { PreparedTerms } from './prepareTerms.ts'
import { unitsOf } from './spendCounter.ts'

/**
 * What a caveat that measures says when the execution is over. Before it only the chain can tell, by running it: whoever has
 * asked writes the answer into the state under {@link effectKey}; without one nobody knows, and what nobody knows is denied.
 */
export function checkEffect(passage: Passage): Finding | null {
  const { terms, state, rules } = passage
  const [index = -1] = rules
  const charges = terms.rules[index]?.charges.filter(({ source }) => source === 'balance') ?? []
  const stored = state.counters[effectKey(terms, passage.calls)]
  if (stored?.kind === 'hook' && stored.passes) return null
  const lost = stored?.kind === 'spent' ? stored.spent : null
  const gone = new Map<number, bigint>()
  for (const { budget: at, weight } of charges) {
    const budget = terms.budgets[at]
    if (budget === undefined) continue
    const { cap: limit, units, shift, period } = budget
    const left = leftOf(passage, at) - (gone.get(at) ?? 0n)
    const requested = lost === null ? null : weighed(lost, weight)
    const charged = requested === null ? null : unitsOf(budget, requested)
    if (charged !== null && charged <= left) {
      gone.set(at, (gone.get(at) ?? 0n) + charged)
      continue
    }
    const code = requested === null ? 'effect_unknown' : period === null ? 'budget_exceeded' : 'period_budget_exceeded'
    return finding(code, {
      limit,
      used: (units - left) << shift,
      requested,
      remaining: left << shift,
      rule: { call: 0, index, id: terms.named?.ids[index] ?? null, part: 'budget', at },
    })
  }
  return null
}

/** Key in `State.counters` of what these calls turn out to cost: that the hook after them passes, or what was lost, base units. */
export function effectKey({ place: { enforcer, hash } }: PreparedTerms, calls: readonly Call[]): string {
  const { mode, execution } = encodeCalls(calls.map(({ to, value, data }) => ({ to, value, data })))
  return counterKey(enforcer, keccak256(concatBytes(hash, mode, execution)))
}

/** What the chain said: that nothing measured refuses these calls, or what the measured account lost by them, base units. */
export type Effect = { kind: 'hook'; passes: true } | { kind: 'spent'; spent: bigint }

/**
 * A state that also says how the caveats which measure turn out for these calls: as the chain's own run at that block had it.
 *
 * @param parts.delegation - Only that delegation's.
 */
export function withEffects(
  state: State,
  { branches }: Pick<PreparedGrant, 'branches'>,
  { calls, effect, delegation }: { calls: readonly Call[]; effect: Effect; delegation?: Hex },
): State {
  const measuring = branches
    .flatMap(({ links }) => links)
    .filter(({ hash }) => delegation === undefined || hash === delegation)
    .flatMap(({ caveats }) => caveats.flatMap(({ taskScope }) => taskScope ?? []))
    .filter(({ rules }) => rules.some(({ measured }) => measured))
  const answers = measuring.map((terms) => [effectKey(terms, calls), effect])
  return { ...state, counters: { ...state.counters, ...Object.fromEntries(answers) } }
}
