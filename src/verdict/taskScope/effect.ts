import { keccak256 } from 'viem'
import { type Call, encodeCalls } from '../../delegation/execution.ts'
import { concatBytes, type Hex } from '../../primitives/hex.ts'
import { type Finding, finding } from '../finding.ts'
import type { PreparedGrant } from '../prepared.ts'
import { counterKey, type State } from '../types.ts'
import { leftOf, type Passage } from './passage.ts'
import type { PreparedTerms } from './prepareTerms.ts'

/**
 * What a caveat that measures says when the execution is over. Before it only the chain can tell, by running it: whoever has
 * asked writes the answer into the state under {@link effectKey}; without one nobody knows, and what nobody knows is denied.
 */
export function checkEffect(passage: Passage): Finding | null {
  const { terms, state, rules } = passage
  const [index = -1] = rules
  const stored = state.counters[effectKey(terms, passage.calls)]
  const passes = stored?.kind === 'hook' ? stored.passes : undefined
  if (passes === true) return null
  const at = terms.rules[index]?.charges.find(({ source }) => source === 'balance')?.budget ?? 0
  const budget = terms.budgets[at]
  if (budget === undefined) return finding('effect_unknown')
  const { cap: limit, units, shift, period } = budget
  const left = leftOf(passage, at)
  const code = passes !== false ? 'effect_unknown' : period === null ? 'budget_exceeded' : 'period_budget_exceeded'
  return finding(code, {
    limit,
    used: (units - left) << shift,
    remaining: left << shift,
    rule: { call: 0, index, id: terms.named?.ids[index] ?? null, part: 'budget', at },
  })
}

/** Key in `State.counters` of whether the hook after these calls passes: a `hook`, by delegation and execution. */
export function effectKey({ place: { enforcer, hash } }: PreparedTerms, calls: readonly Call[]): string {
  const { mode, execution } = encodeCalls(calls.map(({ to, value, data }) => ({ to, value, data })))
  return counterKey(enforcer, keccak256(concatBytes(hash, mode, execution)))
}

/**
 * A state that also says how the caveats which measure turn out for these calls: as the chain's own run at that block had it.
 *
 * @param parts.delegation - Only that delegation's.
 */
export function withEffects(
  state: State,
  { branches }: Pick<PreparedGrant, 'branches'>,
  { calls, passes, delegation }: { calls: readonly Call[]; passes: boolean; delegation?: Hex },
): State {
  const measuring = branches
    .flatMap(({ links }) => links)
    .filter(({ hash }) => delegation === undefined || hash === delegation)
    .flatMap(({ caveats }) => caveats.flatMap(({ taskScope }) => taskScope ?? []))
    .filter(({ rules }) => rules.some(({ measured }) => measured))
  const answers = measuring.map((terms) => [effectKey(terms, calls), { kind: 'hook' as const, passes }])
  return { ...state, counters: { ...state.counters, ...Object.fromEntries(answers) } }
}
