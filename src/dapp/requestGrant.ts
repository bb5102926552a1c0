import type { Environment } from '../caveats/types.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { AmbitError } from '../errors.ts'
import type { Grant } from '../grant/types.ts'
import type { Address } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import type { GrantPath, PathName } from './choosePath.ts'
import type { Difference } from './compare.ts'
import { DappError } from './errors.ts'
import type { SignatureOptions } from './signScope.ts'
import type { PermissionResponse, SupportedPermissions } from './types.ts'
import type { VerifyGrantedReturnType } from './verifyGranted.ts'
import type { WalletGrant } from './walletGrant.ts'

/** What is about to be asked for. `describeRequest` says it in words. */
export type GrantPreview = GrantPath & {
  scope: Scope
  environment: Environment
  taskAccount: Address | null
  /** Whom the person trusts to hand on no more than the scope, where the path is `taskAccount`. */
  keyHeldBy: TaskAccount['keyHeldBy'] | null
}

/** An account, not the agent's, that holds the wallet's permission and hands the scope on. */
export type TaskAccount = {
  address: Address
  /** The page's own backend, or who operates the redeemer. Never the page, never the agent. */
  keyHeldBy: 'backend' | 'operator'
  /**
   * Has the account hand on the scope under what the wallet granted: the page's backend or the redeemer's operator holds its
   * key. `redelegateScope` does it.
   *
   * @returns A grant, or its file. It is checked like a stranger's.
   */
  redelegate: (parameters: { root: WalletGrant; rootScope: Scope; scope: Scope }) => Promise<unknown>
}

export type RequestGrantParameters = {
  /** A normal form, as `parseScope` gives it. */
  scope: Scope
  /** The page's own node: what the wallet's would say of the chain is the wallet's word. */
  publicClient: NodeClient
  /** Default: the canonical deployment of the framework on the scope's chain. */
  environment?: Environment | undefined
  taskAccount?: TaskAccount | undefined
  /** The principal's key signs typed data as the page asks, which MetaMask refuses. Absent: that way is closed. */
  signature?: SignatureOptions | undefined
  /** In order of preference. Default: permission, taskAccount, signature. */
  paths?: readonly PathName[] | undefined
  /** The wallet may grant less than is asked for. Default: no. */
  acceptLower?: boolean | undefined
  /** Factories that may be called to deploy the principal's account, beside the framework's. */
  factories?: readonly Address[] | undefined
  /** What `getSupportedExecutionPermissions` answered before. Absent: the wallet is asked. */
  supported?: SupportedPermissions | null | undefined
  /** Shows what is about to be asked for. `false` ends it, and nobody was asked. */
  preview?: ((preview: GrantPreview) => boolean | Promise<boolean>) | undefined
}

export type RequestGrantReturnType =
  | ({
      status: 'granted'
      /** What was granted: the scope that was asked for, lowered where the wallet granted less. */
      scope: Scope
    } & (
      | ({ path: 'permission'; grant: WalletGrant } & VerifyGrantedReturnType)
      /** `root` is what the wallet granted, and what the principal revokes. */
      | ({ path: 'taskAccount'; root: WalletGrant; grant: Grant } & VerifyGrantedReturnType)
      | { path: 'signature'; grant: Grant }
    ))
  | RefusedGrant

export type RefusedGrant = {
  status: 'refused'
  code: string
  /** With the values, the fix, and as cause what the wallet said. */
  error: AmbitError
  /** What the wallet answered, where it did: signed authority may exist. */
  response: PermissionResponse | null
  /** What was signed, where it is a permission of this principal and delegate: `revokeGrant` ends it. Not to be used. */
  grant: WalletGrant | null
  differences: readonly Difference[]
  /** Why the ways to grant that were tried are not open. */
  missing: GrantPath['missing']
}

/**
 * Asks the person behind a wallet for a grant of this scope, and believes nothing of the answer: looks what the wallet can
 * do, chooses how, shows it, asks, reads what was signed, compares it with what was asked, and verifies it on the chain.
 *
 * Everything that can go wrong with wallet, answer, chain or scope is a refusal with a code; nothing is accepted that differs
 * from what was asked, but less, and only with `acceptLower`.
 *
 * @example
 * const result = await requestGrant(walletClient, { scope, publicClient })
 * if (result.status === 'granted') save(result.grant)
 * else show(result.error.shortMessage, result.error.fix)
 */
export async function requestGrant(
  client: NodeClient,
  parameters: RequestGrantParameters,
): Promise<RequestGrantReturnType> {
  const progress: Pick<RefusedGrant, 'response' | 'grant' | 'differences' | 'missing'> = {
    response: null,
    grant: null,
    differences: [],
    missing: [],
  }
  try {
    const { grantFlow } = await import('./flows.ts')
    return await grantFlow(client, parameters, progress)
  } catch (cause) {
    const error = cause instanceof AmbitError ? cause : new DappError('dapp.failed', { cause })
    return { status: 'refused', code: error.code, error, ...progress }
  }
}
