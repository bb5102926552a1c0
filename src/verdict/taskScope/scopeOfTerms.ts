import { ruleIds } from '../../compile/fused/ruleIds.ts'
import { isBoundSalt } from '../../compile/salt.ts'
import type { Delegation } from '../../delegation/types.ts'
import { parseDuration } from '../../primitives/time.ts'
import { scopeHash } from '../../scope/hash.ts'
import type { Scope } from '../../scope/types.ts'

/** What terms do not say and the scope behind a delegation does; `null` where none of these scopes is the one it was signed for. */
export function scopeOfTerms(
  scopes: readonly Scope[],
  { salt }: Pick<Delegation, 'salt'>,
): { ids: readonly string[]; timeout: bigint } | null {
  const scope = scopes.find((it) => isBoundSalt(salt, scopeHash(it)))
  if (scope === undefined) return null
  const { escalation } = scope
  return { ids: ruleIds(scope), timeout: escalation === undefined ? 0n : parseDuration(escalation.timeout) }
}
