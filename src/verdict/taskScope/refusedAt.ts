import type { TaskScopeRefusal } from '../../caveats/taskScope/refusals.ts'
import type { PreparedBranch } from '../prepared.ts'
import type { Deny, RefusedRule } from '../types.ts'

/** Where and what, in the words of a denial, for a refusal that the chain gave. */
export type RefusedAt = Pick<Deny, 'hop' | 'delegator' | 'delegation' | 'caveat' | 'limit' | 'used' | 'requested'> &
  Pick<Deny, 'rule'>

const PARTS = {
  no_rule: 'shape',
  value: 'value',
  condition: 'condition',
  allowance: 'allowance',
  budget: 'budget',
} as const satisfies Readonly<Record<string, RefusedRule['part']>>

/**
 * What a refusal of the TaskScopeEnforcer says of one branch: the link by the delegation's hash, the rule by its number in
 * that link's terms. `null` where no link of the branch is that delegation, or none of its caveats is such: then somebody
 * else wrote those words.
 */
export function refusedAt({ links }: PreparedBranch, refusal: TaskScopeRefusal): RefusedAt | null {
  const link = links.find(({ hash }) => hash === refusal.delegation)
  const caveat = link?.caveats.find(({ taskScope }) => taskScope !== null)
  if (link === undefined || caveat === undefined) return null
  const { hop, hash: delegation, delegator } = link
  const at = { hop, delegator, delegation, caveat: { index: caveat.index, kind: caveat.meaning.kind } }
  const numbers = {
    limit: 'limit' in refusal ? refusal.limit : null,
    used: 'used' in refusal ? refusal.used : null,
    requested: 'requested' in refusal ? refusal.requested : null,
  }
  if (refusal.error !== 'NotAdmitted') return { ...at, ...numbers }
  const { item: call, rule: index, reason, index: part } = refusal
  const id = index === null ? null : (caveat.taskScope?.named?.ids[index] ?? null)
  return { ...at, ...numbers, rule: { call, index, id, part: PARTS[reason], at: part } }
}
