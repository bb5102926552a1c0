import { isErc6492Signature, recoverAddress } from 'viem'
import { verifyHash } from 'viem/actions'
import type { Environment } from '../caveats/types.ts'
import { acceptsSignature } from '../chain/acceptsSignature.ts'
import { type AccountCode, readAccountCode, runsWhatItIsTold } from '../chain/account.ts'
import { assertChain } from '../chain/assertChain.ts'
import { type Block, readBlock } from '../chain/block.ts'
import { isDisabled } from '../chain/isDisabled.ts'
import { readNonce } from '../chain/readNonce.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { signingHashOf } from '../delegation/hash.ts'
import type { Address } from '../primitives/hex.ts'
import { DappError } from './errors.ts'
import type { WalletGrant } from './walletGrant.ts'

export type VerifyGrantedParameters = {
  grant: Pick<WalletGrant, 'delegation' | 'hash' | 'rules' | 'nonce' | 'response'>
  environment: Environment
  /** Factories that may be called to deploy the principal's account. Default: none but the framework's. */
  factories?: readonly Address[] | undefined
}

export type VerifyGrantedReturnType = {
  /** What the principal's account is; `undeployed`: `response.dependencies` are to be called before the first redemption. */
  account: Exclude<AccountCode, { kind: 'none' }> | { kind: 'undeployed' }
  /** Where all of it was read. */
  block: Block
}

/**
 * Whether the chain would take this grant: the principal signed it, its account runs what the manager tells it, nobody revoked
 * it, and it has not expired. All read at one block, from the page's own node: a wallet's would say what the wallet likes.
 *
 * @param client - A public client of the grant's chain.
 * @throws {@link DappError} `dapp.account_not_upgraded` and `dapp.account_unknown` (upgrade, then verify again),
 * `dapp.bad_signature`, `dapp.wrapped_signature`, `dapp.foreign_factory`, `dapp.needless_dependency`, `dapp.revoked`,
 * `dapp.nonce_ended`, `dapp.expired`; `ChainError` `chain.rpc_…`, `chain.wrong_chain` where the node is in doubt.
 */
export async function verifyGranted(
  client: NodeClient,
  { grant, environment, factories }: VerifyGrantedParameters,
): Promise<VerifyGrantedReturnType> {
  const { delegation, hash, rules, nonce } = grant
  const { delegator } = delegation
  await assertChain(client, environment.chainId)
  const block = await readBlock(client)
  const [code, disabled, current] = await Promise.all([
    readAccountCode(client, { address: delegator, environment, block: block.hash }),
    isDisabled(client, environment, hash, block.hash),
    nonce === null ? null : readNonce(client, { delegator, environment, block: { hash: block.hash } }),
  ])
  const account = await verifySignature(client, { grant, environment, factories, code, block })
  if (disabled) throw new DappError('dapp.revoked', { details: { delegation: hash } })
  if (nonce !== current) {
    throw new DappError('dapp.nonce_ended', { details: { nonce: String(nonce), current: String(current) } })
  }
  const expiry = rules.find((rule) => rule.type === 'expiry')?.data.timestamp
  if (expiry !== undefined && block.timestamp >= expiry) {
    throw new DappError('dapp.expired', { details: { expiry, now: Number(block.timestamp) } })
  }
  return { account, block }
}

async function verifySignature(
  client: NodeClient,
  { grant, environment, factories = [], code, block }: VerifyGrantedParameters & { code: AccountCode; block: Block },
): Promise<VerifyGrantedReturnType['account']> {
  const { delegation, hash, response } = grant
  const { delegator: account, signature } = delegation
  const { dependencies } = response
  const digest = signingHashOf(hash, environment)
  // It brings a factory of its own, past the list of those that are allowed; and the manager asks the account, not a wrapper.
  if (isErc6492Signature(signature)) throw new DappError('dapp.wrapped_signature')
  const unsigned = () => new DappError('dapp.bad_signature', { details: { account } })
  const allowed = [environment.simpleFactory, ...factories].map((factory) => factory.toLowerCase())
  if (code.kind !== 'none') {
    // An allowed one has done its work: a grant is older than its account where the account was deployed for it.
    const needless = dependencies.find(({ factory }) => !allowed.includes(factory))
    if (needless !== undefined)
      throw new DappError('dapp.needless_dependency', { details: { factory: needless.factory } })
    if (!runsWhatItIsTold(code)) {
      const implementation = code.kind === 'delegated7702' ? code.implementation : null
      throw new DappError('dapp.account_unknown', { details: { account, implementation } })
    }
    if (!(await acceptsSignature(client, { account, digest, signature, block: block.hash }))) throw unsigned()
    return code
  }
  const [deploy] = dependencies
  // A key's own account is nobody's to deploy, whatever the wallet says a factory would do.
  if (deploy === undefined || dependencies.length > 1 || (await signedByKey(account, digest, signature))) {
    throw new DappError('dapp.account_not_upgraded', { details: { account }, retry: 'safe' })
  }
  if (!allowed.includes(deploy.factory)) {
    throw new DappError('dapp.foreign_factory', { details: { factory: deploy.factory } })
  }
  const { hash: blockHash } = block
  const signed = await verifyHash(client, { address: account, hash: digest, signature, ...deploy, blockHash })
  if (!signed) throw unsigned()
  return { kind: 'undeployed' }
}

async function signedByKey(account: Address, hash: Address, signature: Address): Promise<boolean> {
  try {
    return (await recoverAddress({ hash, signature })).toLowerCase() === account
  } catch {
    return false
  }
}
