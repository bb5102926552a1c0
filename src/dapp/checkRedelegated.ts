import type { Environment } from '../caveats/types.ts'
import { readFacts } from '../chain/readFacts.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { ROOT_AUTHORITY } from '../delegation/types.ts'
import { checkGrant } from '../grant/check.ts'
import { parseGrant } from '../grant/parse.ts'
import type { Grant } from '../grant/types.ts'
import { scopeHash } from '../scope/hash.ts'
import type { Scope } from '../scope/types.ts'
import { DappError } from './errors.ts'
import { assertValid } from './signScope.ts'
import type { WalletGrant } from './walletGrant.ts'

/**
 * The grant that a task account handed on, checked as a stranger's: read strictly, its caveats those of its scopes, its effective
 * scope the one that was asked for, its one root what the wallet granted, and valid on the chain.
 *
 * Loads the compiler: reached by a dynamic import only.
 *
 * @throws {@link DappError} `dapp.redelegated_other_scope`, `dapp.redelegated_other_root`, by what the chain refuses; what
 * `parseGrant` and `readFacts` throw.
 */
export async function checkRedelegated(
  client: NodeClient,
  parameters: { answer: unknown; root: WalletGrant; scope: Scope; environment: Environment },
): Promise<Grant> {
  const { answer, root, scope, environment } = parameters
  const grant = parseGrant(answer, { environment })
  const expected = scopeHash(scope)
  if (grant.scopeHash !== expected) {
    throw new DappError('dapp.redelegated_other_scope', { details: { scopeHash: grant.scopeHash, expected } })
  }
  const roots = grant.delegations.filter(({ authority }) => authority === ROOT_AUTHORITY).map(hashDelegation)
  if (roots.length !== 1 || roots[0] !== root.hash) {
    throw new DappError('dapp.redelegated_other_root', { details: { roots, expected: root.hash } })
  }
  const { facts } = await readFacts(client, { grant, environment })
  assertValid(checkGrant(grant, facts))
  return grant
}
