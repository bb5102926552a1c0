import { QueryClient, QueryClientProvider, useMutation, useQuery } from '@tanstack/react-query'
import { createElement } from 'react'
import { createRoot } from 'react-dom/client'
import { createConfig, http, useConfig, useConnection, WagmiProvider } from 'wagmi'
import { mainnet } from 'wagmi/chains'
import { dappPage } from './dapp.ts'

/** The same in React with wagmi, as every page of wagmi has it: a query, a mutation, the connection. */
const config = createConfig({ chains: [mainnet], transports: { [mainnet.id]: http() } })

export function Page() {
  const { chains } = useConfig()
  const { address } = useConnection()
  const { data } = useQuery({ queryKey: ['page'], queryFn: () => [address, dappPage] })
  const { mutate } = useMutation({ mutationFn: async () => data })
  return createElement('button', { type: 'button', onClick: () => mutate() }, chains.length)
}

function render(child: () => unknown): void {
  const client = createElement(QueryClientProvider, { client: new QueryClient() }, createElement(child as typeof Page))
  createRoot(document.body).render(createElement(WagmiProvider, { config }, client))
}

export const rendered = render(Page)
