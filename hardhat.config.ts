import { createRequire } from 'node:module'
import hardhatViem from '@nomicfoundation/hardhat-viem'
import { defineConfig } from 'hardhat/config'

const require = createRequire(import.meta.url)

export default defineConfig({
  plugins: [hardhatViem],
  paths: { sources: 'contracts', tests: { solidity: 'contracts' } },
  solidity: {
    compilers: [
      {
        version: '0.8.37',
        // The npm compiler, run as WebAssembly: nothing is downloaded.
        path: require.resolve('solc/soljson.js'),
        settings: {
          evmVersion: 'prague',
          // Without the hash of the sources' metadata, which changes with what is compiled together.
          metadata: { bytecodeHash: 'none' },
          // The enforcer has more variables at once than the older pipeline's stack holds.
          viaIR: true,
          optimizer: { enabled: true, runs: 1_000_000 },
        },
      },
    ],
  },
  // Vectors that both languages read.
  test: { solidity: { fsPermissions: { readDirectory: ['./test/vectors/taskScope'] } } },
  networks: {
    default: { type: 'edr-simulated', chainType: 'l1', chainId: 31337, hardfork: 'osaka' },
  },
})
