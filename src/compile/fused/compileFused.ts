import type { DecodedCaveat, Environment } from '../../caveats/types.ts'
import { byteLength } from '../../primitives/hex.ts'
import { scopeHash } from '../../scope/hash.ts'
import type { Scope } from '../../scope/types.ts'
import type { CompileOptions } from '../compile.ts'
import { explainDelegations } from '../explain.ts'
import { guardDrafts } from '../guardDrafts.ts'
import { guardScope, OPEN_DELEGATE } from '../guardScope.ts'
import { encodeKnown } from '../lower.ts'
import { settleObstacles } from '../obstacles.ts'
import { read, resolve } from '../resolve.ts'
import { bindSalt } from '../salt.ts'
import type { Draft, Plan } from '../types.ts'
import { requireBound } from './bounds.ts'
import { coverFused } from './cover.ts'
import { lowerScope } from './lowerScope.ts'
import { findFusedObstacles } from './obstacles.ts'
import { requireRules, ruleIds } from './ruleIds.ts'

/**
 * The whole scope in one caveat of one delegation. The delegate is the scope's, or with a request key whoever submits what
 * that key signed: the open delegate.
 *
 * @throws {@link CompileError}
 */
export function compileFused(scope: Scope, environment: Environment, options: CompileOptions): Plan {
  read('/rules', () => requireRules(scope.rules))
  const resolved = resolve(scope, environment, options.nonce)
  guardScope(resolved)
  const accepted = settleObstacles(findFusedObstacles(resolved), options.accept ?? [])
  const { terms, holds } = lowerScope(resolved)
  const meaning: DecodedCaveat = { kind: 'taskScope', ...terms }
  const caveat = encodeKnown(environment, meaning)
  requireBound('', 'terms', byteLength(caveat.terms))
  const draft: Draft = {
    delegate: scope.request === undefined ? scope.delegate : OPEN_DELEGATE,
    delegator: scope.principal,
    parent: null,
    caveats: [caveat],
    salt: bindSalt(scopeHash(scope), options.salt()),
  }
  guardDrafts([draft], environment, { acknowledgedRules: { 0: acknowledgedBy(scope) } })
  return {
    chainId: scope.chainId,
    manager: environment.manager,
    lowering: 'fused',
    drafts: [draft],
    branches: [{ links: [0] }],
    coverage: coverFused(resolved, holds),
    explanation: explainDelegations([draft], environment, scope.assets),
    accepted,
  }
}

/** What each rule of the terms may have: the words that its own rule of the scope says. */
function acknowledgedBy(scope: Scope): (readonly string[])[] {
  const words = new Map(scope.rules.map((rule) => [rule.id, rule.class === 'call' ? rule.acknowledge : []]))
  return ruleIds(scope).map((id) => words.get(id) ?? [])
}
