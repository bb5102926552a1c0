import type { Environment } from '../caveats/types.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Scope } from '../scope/types.ts'
import { assertGrantsScope } from './compare.ts'
import { assemble } from './create.ts'
import type { Grant } from './types.ts'
import { branchOf } from './walletRoot.ts'

/**
 * The grant of a scope that a wallet granted as one token permission (ERC-7715), so that it can be stored, evaluated and
 * handed on as any other. Its `origin` says that the principal signed for the caveats only: for the scope's words, the
 * page that asked vouches.
 *
 * @param delegation - The wallet's, with its signature.
 * @throws `GrantError` `grant.not_the_scope` where it permits less, more or anything else than the scope says.
 */
export function grantFromWallet(parameters: { scope: Scope; delegation: Delegation; environment: Environment }): Grant {
  const { scope, delegation, environment } = parameters
  const grant = assemble({
    chainId: environment.chainId,
    manager: environment.manager,
    origin: 'wallet',
    scopes: [scope],
    accepted: [[]],
    delegations: [delegation],
    branches: [branchOf(scope)],
  })
  assertGrantsScope(grant, environment)
  return grant
}
