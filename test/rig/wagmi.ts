import { MutationObserver, QueryClient } from '@tanstack/query-core'
import { type Config, connect, createConfig, createConnector } from '@wagmi/core'
import { type Address, http } from 'viem'
import { foundry } from 'viem/chains'
import type { WalletGrant } from '../../src/dapp/walletGrant.ts'
import { type RequestGrantOptions, requestGrantMutationOptions } from '../../src/query/requestGrant.ts'
import type { Scope } from '../../src/scope/types.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import { dailyScope } from './dappScope.ts'
import { type Opened, openWallet } from './devWallet.ts'

/** wagmi outside a browser, where no wallet announces itself: its connector is handed the provider. */
export type Wagmi = Opened & { config: Config }

export type WagmiOptions = Parameters<typeof openWallet>[1]

/** @param options - Of the wallet. `connect: false`: nobody is connected yet. */
export async function openWagmi(chain: LocalChain, options: WagmiOptions = {}): Promise<Wagmi> {
  const opened = await openWallet(chain, { ...options, connect: false })
  const config = createConfig({
    chains: [foundry],
    connectors: [connectorOf(opened)],
    transports: { [foundry.id]: http(chain.rpcUrl, { retryCount: 0 }) },
    multiInjectedProviderDiscovery: false,
    pollingInterval: 20,
    storage: null,
  })
  const [connector] = config.connectors
  if (options.connect !== false && connector !== undefined) await connect(config, { connector })
  return { ...opened, config: config as unknown as Config }
}

function connectorOf({ wallet: { provider } }: Opened) {
  const accounts = (method: string) => provider.request({ method }) as Promise<readonly Address[]>
  const getChainId = async () => Number(await provider.request({ method: 'eth_chainId' }))
  return createConnector<typeof provider>(() => ({
    id: 'dev',
    name: 'Dev wallet',
    type: 'dev',
    connect: async () => ({ accounts: (await accounts('eth_requestAccounts')) as never, chainId: await getChainId() }),
    disconnect: async () => {
      await provider.request({ method: 'wallet_revokePermissions', params: [{ eth_accounts: {} }] })
    },
    getAccounts: () => accounts('eth_accounts'),
    getChainId,
    getProvider: async () => provider,
    isAuthorized: async () => (await accounts('eth_accounts')).length > 0,
    onAccountsChanged: () => {},
    onChainChanged: () => {},
    onDisconnect: () => {},
  }))
}

/** Who is granted something where it does not matter to whom. */
export const DELEGATE: Address = `0x${'de'.repeat(20)}`

/** 10 USDC a day from the wallet's first account. */
export function scopeFor(chain: LocalChain, { addresses: [principal] }: Wagmi): Scope {
  return dailyScope(chain, { principal, delegate: DELEGATE })
}

/** Asks the connected wallet for it, as a page does. */
export function askFor(chain: LocalChain, by: Wagmi, options: RequestGrantOptions = {}) {
  const mutation = new MutationObserver(new QueryClient(), requestGrantMutationOptions(by.config, options))
  return mutation.mutate({ scope: scopeFor(chain, by), environment: chain.environment })
}

/** What the wallet granted by a permission of its own. */
export async function grantedBy(chain: LocalChain, by: Wagmi): Promise<WalletGrant> {
  const answer = await askFor(chain, by)
  if (answer.status === 'granted' && answer.path === 'permission') return answer.grant
  throw new TypeError('not granted', { cause: answer })
}
