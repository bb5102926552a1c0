import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { grantId } from '../grant/id.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { assertNoMore, type Compared, compareGranted, type Difference } from './compare.ts'
import type { Permission, PermissionRequest, PermissionResponse, PermissionRule } from './types.ts'

/**
 * What a wallet granted by ERC-7715, compared with what was asked. What it permits is in `permission` and `rules`, which are
 * read from what was signed; `request` and `response` are what was said.
 *
 * Not an `ambit.grant.v1`: a wallet's salt does not commit to a scope, so nobody signed for the purpose or the evidence. The
 * pair of request and response, as JSON, is all that a page has to keep.
 */
export type WalletGrant = {
  schema: 'ambit.walletGrant.v1'
  /** As a grant's: keccak-256 over manager, chain and the delegation's hash. */
  id: Hex
  chainId: number
  manager: Address
  principal: Address
  delegate: Address
  permission: Permission
  rules: readonly PermissionRule[]
  /** Counter of the principal that ends it when raised. */
  nonce: bigint | null
  delegation: Delegation
  hash: Hex
  request: PermissionRequest
  response: PermissionResponse
  /** Empty, or `lower` only; of a grant that was refused, whatever was found. */
  differences: readonly Difference[]
}

export type ReadGrantOptions = {
  environment: Environment
  /** Unix seconds, shortly before the request was made: a start that the wallet chose lies near it. Absent: not looked at. */
  askedAt?: number | undefined
  /** Less than was asked for is a grant too. Default: `dapp.lowered`. */
  acceptLower?: boolean | undefined
}

/**
 * The grant that a wallet's answer is. Compares, and asks nobody: `verifyGranted` looks at signature and chain.
 *
 * @throws `DappError` as `compareGranted` and `assertNoMore`.
 */
export function readWalletGrant(
  request: PermissionRequest,
  response: PermissionResponse,
  options: ReadGrantOptions,
): WalletGrant {
  const compared = compareGranted(request, response, options)
  assertNoMore(compared.differences, options.acceptLower)
  return walletGrantOf(request, response, { ...compared, ...options })
}

/** For who has compared them, and refused what is more. */
export function walletGrantOf(
  request: PermissionRequest,
  response: PermissionResponse,
  { read, permission, differences, environment }: Compared & Pick<ReadGrantOptions, 'environment'>,
): WalletGrant {
  const { chainId, manager } = environment
  const delegation = read.links[0] as Delegation
  const hash = hashDelegation(delegation)
  return {
    schema: 'ambit.walletGrant.v1',
    id: grantId(manager, chainId, [hash]),
    chainId,
    manager,
    principal: read.delegator,
    delegate: read.delegate,
    permission,
    rules: read.rules,
    nonce: read.nonce,
    delegation,
    hash,
    request,
    response,
    differences,
  }
}
