import { createRequire } from 'node:module'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

/** The npm compiler, run as WebAssembly: nothing is downloaded. */
function compiler(viaIR: boolean) {
  return {
    version: '0.8.37',
    path: require.resolve('solc/soljson.js'),
    settings: {
      evmVersion: 'prague' as const,
      ...(viaIR ? { viaIR } : {}),
      optimizer: { enabled: true, runs: 1_000_000 },
    },
  }
}

export default defineConfig({
  plugins: [hardhatViem],
  paths: { sources: 'contracts', tests: { solidity: 'contracts' } },
  solidity: {
    compilers: [compiler(true)],
    // What a demo deploys keeps the instructions that it had before the enforcer needed the other pipeline.
    overrides: {
      'contracts/testing/PinnedTarget.sol': compiler(false),
      'contracts/testing/TestToken.sol': compiler(false),
    },
  },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' },
  },
})
