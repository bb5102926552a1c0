import { connect, createConfig, getConnectorClient, http, watchConnection, watchConnectors } from '@wagmi/core'
import { foundry } from 'viem/chains'
import { getSupportedExecutionPermissions } from '../../../src/dapp/getSupportedExecutionPermissions.ts'
import './config.ts'

// wagmi as any page sets it up: no connector is named, wallets are found by EIP-6963.

const { rpcUrl } = globalThis.testConfig
const config = createConfig({ chains: [foundry], transports: { [foundry.id]: http(rpcUrl, { retryCount: 0 }) } })
const connectors = document.getElementById('connectors') as HTMLElement
const status = document.getElementById('status') as HTMLElement

watchConnection(config, {
  onChange: ({ status: state, address, chainId }) => {
    status.textContent = [state, address, chainId].filter(Boolean).join(' ')
  },
})
watchConnectors(config, { onChange: show })
show()

function show(): void {
  const buttons = config.connectors.map((connector) => {
    const button = document.createElement('button')
    button.textContent = `Connect ${connector.name}`
    button.dataset['id'] = connector.id
    button.addEventListener('click', async () => {
      try {
        await connect(config, { connector })
      } catch (error) {
        connectors.dataset['refused'] = (error as Error).name
        return
      }
      const supported = await getSupportedExecutionPermissions(await getConnectorClient(config))
      connectors.dataset['supported'] = Object.keys(supported).join()
    })
    return button
  })
  connectors.replaceChildren(...buttons)
}
