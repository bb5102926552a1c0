import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import type { Environment } from '../../caveats/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { createDevWallet } from './createDevWallet.ts'

// The wallet as a script of its own: it stands in the page before the page's script asks for wallets, and announces itself.

/** What a server writes before this script. */
export type InPageConfig = {
  chainId: number
  environment: Environment
  /** Of accounts whose keys everybody has: they are sent to the page. */
  privateKeys: readonly Hex[]
  /** Where the page's own server passes requests on to the chain. */
  rpcPath: `/${string}`
}

declare global {
  var ambitDevWallet: InPageConfig
}

const { chainId, environment, privateKeys, rpcPath } = globalThis.ambitDevWallet
const [first, ...others] = privateKeys.map((key): LocalAccount => privateKeyToAccount(key))
if (first !== undefined) {
  createDevWallet({
    chainId,
    environment,
    rpcUrl: `${globalThis.location.origin}${rpcPath}`,
    accounts: [first, ...others],
    // The console writes what is granted: there is no agent's page behind it that asks for a permission.
    rawDelegations: true,
  }).announce()
}
