import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { PermissionRequest } from '../../src/dapp/types.ts'
import { toWireRequest } from '../../src/dapp/wire.ts'
import type { Address } from '../../src/primitives/hex.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import {
  createDevWallet,
  type DevWallet,
  type DevWalletOptions,
  ProviderError,
  type Question,
} from '../../src/testing/wallet/index.ts'

/** A dev wallet in a test, and what a page would do with it. */
export type Opened = {
  wallet: DevWallet
  accounts: readonly [PrivateKeyAccount, PrivateKeyAccount]
  /** The first two accounts in lower case. */
  addresses: readonly [Address, Address]
  /** Everything that the person was asked, oldest first. */
  asked: Question[]
  /** Events, oldest first. */
  heard: [event: string, value: unknown][]
  request: (method: string, ...params: unknown[]) => Promise<unknown>
  /** The error that a request ends with. Anything but an error of EIP-1193 fails the test. */
  refusal: (method: string, ...params: unknown[]) => Promise<ProviderError>
}

type Options = Partial<Omit<DevWalletOptions, 'accounts'>> & { rpcUrl?: string; connect?: boolean }

/** A wallet of two fresh accounts with a coin each, connected unless it is said otherwise. */
export async function openWallet(chain: LocalChain, options: Options = {}): Promise<Opened> {
  const { connect = true, ...rest } = options
  const accounts = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())] as const
  for (const { address } of accounts) await chain.testClient.setBalance({ address, value: 10n ** 18n })
  const asked: Question[] = []
  const heard: Opened['heard'] = []
  const wallet = createDevWallet({
    rpcUrl: chain.rpcUrl,
    chainId: chain.chainId,
    environment: chain.environment,
    ...rest,
    accounts,
    confirm: (question) => {
      asked.push(question)
      return rest.confirm?.(question) ?? 'confirm'
    },
  } as DevWalletOptions)
  const { provider } = wallet
  for (const event of ['connect', 'disconnect', 'chainChanged', 'accountsChanged'] as const) {
    provider.on(event, (value) => heard.push([event, value]))
  }
  const request: Opened['request'] = (method, ...params) => provider.request({ method, params })
  if (connect) await request('eth_requestAccounts')
  return {
    wallet,
    accounts,
    addresses: [accounts[0].address.toLowerCase() as Address, accounts[1].address.toLowerCase() as Address],
    asked,
    heard,
    request,
    async refusal(method, ...params) {
      const answered = await request(method, ...params).catch((error: unknown) => error)
      if (answered instanceof ProviderError) return answered
      throw new TypeError('the wallet did not refuse', { cause: answered })
    },
  }
}

/** One of each: what a page asks for where it does not matter what it asks for. */
export function periodicRequest(chain: LocalChain, more: Partial<PermissionRequest> = {}): PermissionRequest {
  return {
    chainId: chain.chainId,
    to: `0x${'de'.repeat(20)}`,
    permission: {
      type: 'erc20-token-periodic',
      isAdjustmentAllowed: false,
      data: { tokenAddress: chain.token.address, periodAmount: 10_000_000n, periodDuration: 86_400, startTime: 1_000 },
    },
    rules: [{ type: 'expiry', data: { timestamp: 4_000_000_000 } }],
    ...more,
  }
}

/** The same as it goes over the wire. */
export function wireRequest(chain: LocalChain, more: Partial<PermissionRequest> = {}) {
  return toWireRequest(periodicRequest(chain, more))
}
