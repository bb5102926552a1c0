import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { WagmiProvider } from 'wagmi'
import { App } from './App.tsx'
import { loadConfig, wagmiConfig } from './config.ts'
import { restore } from './keeping.ts'

const config = await loadConfig()
const wagmi = wagmiConfig(config)
const kept = await restore(config, wagmi.getClient())
const place = document.querySelector('#root')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <WagmiProvider config={wagmi}>
        <QueryClientProvider client={new QueryClient()}>
          <App config={config} kept={kept} />
        </QueryClientProvider>
      </WagmiProvider>
    </StrictMode>,
  )
}
