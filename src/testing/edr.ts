import { CREATE2_DEPLOYER } from '../chain/taskScope.ts'
import { type Engine, noEngine } from './anvil.ts'

/** Runtime code of the CREATE2 deployer: `create2(0, calldata[32:], salt = calldata[0:32])`. */
const CREATE2_DEPLOYER_CODE =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3'

/**
 * Starts Hardhat's EVM in this process, behind a JSON-RPC server on 127.0.0.1. For hosts without an anvil binary: no
 * reorgs, no lag of safe and finalized, and no state after it stops.
 */
export async function startEdr(): Promise<Engine> {
  const { createHardhatRuntimeEnvironment } = await importHardhat()
  const hre = await createHardhatRuntimeEnvironment({
    networks: {
      local: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka', loggingEnabled: false },
    },
  })
  const server = await hre.network.createServer('local', '127.0.0.1', 0)
  const { port } = await server.listen()
  const rpcUrl = `http://127.0.0.1:${port}`
  await setCode(rpcUrl)
  return { name: 'edr', rpcUrl, stop: () => server.close() }
}

async function importHardhat(): Promise<typeof import('hardhat/hre')> {
  try {
    return await import('hardhat/hre')
  } catch {
    throw noEngine()
  }
}

async function setCode(rpcUrl: string): Promise<void> {
  await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'hardhat_setCode',
      params: [CREATE2_DEPLOYER, CREATE2_DEPLOYER_CODE],
    }),
  })
}
