import type { Environment } from '../../../src/caveats/types.ts'
import type { Address, Hex } from '../../../src/primitives/hex.ts'
import type { DevWalletMode } from '../../../src/testing/wallet/index.ts'

/** What the rig puts into a page before any script of it runs. */
export type PageConfig = {
  chainId: number
  rpcUrl: string
  environment: Environment
  token: Address
  agent: Address
  vendor: Address
  wallet: {
    privateKeys: readonly Hex[]
    mode: DevWalletMode
    upgrade: boolean
    revocation: boolean
    rawDelegations: boolean
  }
}

declare global {
  var testConfig: PageConfig
}
