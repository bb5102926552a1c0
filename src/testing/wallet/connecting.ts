import type { Address } from '../../primitives/hex.ts'
import { type Context, lower, type Method, openChain, seen } from './context.ts'
import { invalid, ProviderError, UNKNOWN_CHAIN } from './errors.ts'
import { chainIdOf, fields, list, text, toQuantity } from './params.ts'
import { assertTestChain, testChains } from './testChains.ts'

/** Methods about which chain the page is on. */
export const chainMethods: Readonly<Record<string, Method>> = {
  eth_chainId: (context) => toQuantity(context.chain().chainId),
  net_version: (context) => String(context.chain().chainId),
  wallet_switchEthereumChain: async (context, [given]) => {
    const chainId = chainIdOf(fields(given, 'params[0]')['chainId'], 'chainId')
    assertTestChain(chainId)
    if (!context.chains.has(chainId)) {
      throw new ProviderError(UNKNOWN_CHAIN, 'The wallet does not have this chain; it can be added.', { chainId })
    }
    await moveTo(context, chainId, false)
    return null
  },
  wallet_addEthereumChain: async (context, [given]) => {
    const asked = fields(given, 'params[0]')
    const chainId = chainIdOf(asked['chainId'], 'chainId')
    assertTestChain(chainId)
    const known = context.chains.has(chainId)
    if (!known) {
      const rpcUrl = text(list(asked['rpcUrls'], 'rpcUrls')[0], 'rpcUrls[0]')
      if (!/^https?:\/\//.test(rpcUrl)) throw invalid('rpcUrls[0]', 'an address of http or https')
      context.chains.set(chainId, await seen(openChain({ chainId, rpcUrl })))
    }
    try {
      await moveTo(context, chainId, !known)
    } catch (error) {
      if (!known) context.chains.delete(chainId)
      throw error
    }
    return null
  },
}

/** Methods of EIP-2255, for the one permission that a page needs before it may ask for anything. */
export function connectingMethods(page: {
  /** What the page sees: the selected account first; nothing before it is connected. */
  addresses(): readonly Address[]
  connect(): void
  disconnect(): void
}): Readonly<Record<string, Method>> {
  const permission = () => ({
    parentCapability: 'eth_accounts',
    caveats: [{ type: 'restrictReturnedAccounts', value: page.addresses() }],
  })
  const connect = async (context: Context) => {
    if (page.addresses().length > 0) return
    await context.ask({ kind: 'connect', accounts: context.accounts.map(lower) })
    page.connect()
  }
  return {
    eth_accounts: () => page.addresses(),
    eth_requestAccounts: async (context) => {
      await connect(context)
      return page.addresses()
    },
    wallet_getPermissions: () => (page.addresses().length > 0 ? [permission()] : []),
    wallet_requestPermissions: async (context, [given]) => {
      if (!('eth_accounts' in fields(given, 'params[0]'))) throw invalid('params[0]', '{ "eth_accounts": {} }')
      await connect(context)
      return [permission()]
    },
    wallet_revokePermissions: () => {
      page.disconnect()
      return null
    },
  }
}

async function moveTo(context: Context, chainId: number, added: boolean): Promise<void> {
  if (context.chain().chainId === chainId) return
  await context.ask({ kind: 'chain', chainId, name: testChains.get(chainId) ?? '', added })
  context.switchTo(chainId)
}
