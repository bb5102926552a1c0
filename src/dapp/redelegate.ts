import { bytesToHex } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { CompileOptions } from '../compile/compile.ts'
import type { SigningAccount } from '../delegation/sign.ts'
import type { Grant } from '../grant/types.ts'
import type { Scope } from '../scope/types.ts'
import type { WalletGrant } from './walletGrant.ts'

/**
 * What a wallet granted as a grant of the scope that was asked for: a file that the agent, the redeemer and the console take.
 * Its `origin` is `wallet`. Loads the compiler.
 *
 * @param scope - The one that was granted: `requestGrant` returns it, lowered where the wallet granted less.
 * @throws `GrantError` `grant.not_the_scope` where the scope is another one.
 */
export async function toGrant(parameters: {
  grant: Pick<WalletGrant, 'delegation'>
  scope: Scope
  environment: Environment
}): Promise<Grant> {
  const { grantFromWallet } = await import('./compiled.ts')
  const { grant, scope, environment } = parameters
  return grantFromWallet({ scope, delegation: grant.delegation, environment })
}

export type RedelegateScopeParameters = Partial<Pick<CompileOptions, 'salt' | 'accept' | 'lowering'>> & {
  /** What `requestGrant` hands to `taskAccount.redelegate`. */
  root: Pick<WalletGrant, 'delegation'>
  rootScope: Scope
  scope: Scope
  environment: Environment
  /** The task account's own. */
  account: SigningAccount
  /** A node, for the account's counter in NonceEnforcer. */
  publicClient: NodeClient
}

/**
 * Has a task account hand on a scope under what a wallet granted to it: what `taskAccount.redelegate` of `requestGrant` does,
 * where the key is, at the page's backend or the redeemer's operator. Loads the compiler.
 *
 * @throws What `grantFromWallet` and `attenuateGrant` throw.
 */
export async function redelegateScope(parameters: RedelegateScopeParameters): Promise<Grant> {
  const { root, rootScope, scope, environment, account, publicClient, accept, lowering } = parameters
  const salt = parameters.salt ?? (() => bytesToHex(crypto.getRandomValues(new Uint8Array(32))))
  const { attenuateGrant, readNonce } = await import('./compiled.ts')
  const grant = await toGrant({ grant: root, scope: rootScope, environment })
  const nonce = await readNonce(publicClient, { delegator: rootScope.delegate, environment })
  return attenuateGrant(grant, { scope, environment, account, nonce, salt, accept, lowering })
}
