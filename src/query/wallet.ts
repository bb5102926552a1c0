import { type Config, getConnectorClient } from '@wagmi/core'
import type { NodeClient } from '../chain/rpc.ts'
import type { ScopeKeyParameter, WalletParameters } from './types.ts'

/** What of the wallet stands in a key: text and numbers only, so that any hash of keys takes it. */
export type WalletKey = { connectorUid?: string; account?: string; chainId?: number; scopeKey?: string }

/**
 * A client of the connected wallet, as the actions of `ambit/dapp` take it. With a `chainId` the wallet has to be on that
 * chain; a request of ERC-7715 names its own.
 *
 * @throws wagmi's errors of `getConnectorClient`.
 */
export async function walletClient(config: Config, wallet: WalletParameters): Promise<NodeClient> {
  const { connector, account, chainId } = wallet
  return (await getConnectorClient(config, {
    ...(connector === undefined ? {} : { connector }),
    ...(account === undefined ? {} : { account }),
    ...(chainId === undefined ? { assertChainId: false } : { chainId }),
  })) as NodeClient
}

/**
 * The page's own node for a chain.
 *
 * @throws wagmi's `ChainNotConfiguredError`.
 */
export function nodeClient(config: Config, chainId: number): NodeClient {
  return config.getClient({ chainId }) as NodeClient
}

/** Whether there is a wallet to ask. One that is about to reconnect cannot be asked yet. */
export function hasWallet({ connector }: WalletParameters): boolean {
  return connector?.getProvider !== undefined
}

export function walletKey({ connector, account, chainId, scopeKey }: WalletParameters & ScopeKeyParameter): WalletKey {
  return {
    ...(connector === undefined ? {} : { connectorUid: connector.uid }),
    ...(account === undefined ? {} : { account: account.toLowerCase() }),
    ...(chainId === undefined ? {} : { chainId }),
    ...(scopeKey === undefined ? {} : { scopeKey }),
  }
}
