import type { Environment } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { scopeHash } from '../scope/hash.ts'
import type { Scope } from '../scope/types.ts'
import { coverScope } from './cover.ts'
import { explainDelegations } from './explain.ts'
import { compileFused } from './fused/compileFused.ts'
import { guardDrafts } from './guardDrafts.ts'
import { guardScope } from './guardScope.ts'
import { lowerNodes } from './lower.ts'
import { findObstacles, settleObstacles } from './obstacles.ts'
import { requireFewDelegations, resolve } from './resolve.ts'
import { bindSalt } from './salt.ts'
import { shareLimits } from './share.ts'
import { splitRules } from './split.ts'
import type { Lowering, Plan } from './types.ts'

export type CompileOptions = {
  /**
   * 32 random bytes, new at each call: two delegations of one salt share counters and revocations. `bindSalt` makes of
   * them a salt that commits to the scope.
   */
  salt: () => Hex
  /** The principal's current counter in NonceEnforcer, as read from the chain. `fused` has no use for it. */
  nonce: bigint
  /** JSON pointers of constraints that are accepted as held by the redeemer only. */
  accept?: readonly string[] | undefined
  /** `framework` where absent. */
  lowering?: Lowering | undefined
}

/**
 * Compiles a scope to unsigned delegations, with who holds each constraint and what the bytes say in words. Pure: the same scope and salts give the same plan.
 *
 * What the chain would not hold is refused by name unless accepted, and what would leave an asset without any bound on
 * chain is never accepted. What was produced is checked again from its bytes before it is returned.
 *
 * @throws {@link CompileError}
 */
export function compile(scope: Scope, environment: Environment, options: CompileOptions): Plan {
  return options.lowering === 'fused'
    ? compileFused(scope, environment, options)
    : compileToFramework(scope, environment, options)
}

function compileToFramework(scope: Scope, environment: Environment, options: CompileOptions): Plan {
  requireFewDelegations(scope)
  const resolved = resolve(scope, environment, options.nonce)
  guardScope(resolved)
  const accepted = settleObstacles(findObstacles(resolved), options.accept ?? [])
  const hash = scopeHash(scope)
  const nodes = shareLimits(splitRules(resolved), resolved)
  const { drafts, branches, held } = lowerNodes(nodes, resolved, () => bindSalt(hash, options.salt()))
  guardDrafts(drafts, environment, { acknowledged: acknowledgedBy(scope, branches) })
  return {
    chainId: scope.chainId,
    manager: environment.manager,
    lowering: 'framework',
    drafts,
    branches,
    coverage: coverScope(resolved, held, accepted),
    explanation: explainDelegations(drafts, environment, scope.assets),
    accepted,
  }
}

/** Only the leaf of the rule that acknowledged a danger may have it. */
function acknowledgedBy(scope: Scope, branches: Plan['branches']): Record<number, readonly string[]> {
  const byId = new Map(scope.rules.map((rule) => [rule.id, rule]))
  return Object.fromEntries(
    branches.flatMap(({ rule: id, links: [leaf] }) => {
      const rule = byId.get(id ?? '')
      return rule?.class === 'call' ? [[String(leaf), rule.acknowledge] as const] : []
    }),
  )
}
