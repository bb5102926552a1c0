import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { WagmiProvider } from 'wagmi'
import { App } from './App.tsx'
import { loadConfig, wagmiConfig } from './config.ts'

const config = await loadConfig()
const place = document.querySelector('#root')
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <WagmiProvider config={wagmiConfig(config)}>
        <QueryClientProvider client={new QueryClient()}>
          <App config={config} />
        </QueryClientProvider>
      </WagmiProvider>
    </StrictMode>,
  )
}
