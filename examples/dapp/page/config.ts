import { defineChain } from 'viem'
import { createConfig, http } from 'wagmi'
import type { ExampleConfig } from '../server/wire.ts'

/** What this page has to know, from its own server. */
export async function loadConfig(): Promise<ExampleConfig> {
  const response = await fetch('/config.json')
  return (await response.json()) as ExampleConfig
}

/** wagmi as any page sets it up: wallets are found by EIP-6963, no connector is named here. */
export function wagmiConfig({ chainId }: ExampleConfig) {
  const rpcUrl = new URL('/rpc', location.origin).href
  const chain = defineChain({
    id: chainId,
    name: 'Local chain',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
    testnet: true,
  })
  return createConfig({
    chains: [chain],
    transports: { [chain.id]: http(rpcUrl, { batch: true }) },
    pollingInterval: 500,
  })
}
