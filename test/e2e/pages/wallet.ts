import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { createDevWallet, type DevWallet } from '../../../src/testing/wallet/index.ts'
import './config.ts'

// The wallet as an extension: it stands in the page before any script of the page runs, and announces itself.

declare global {
  var devWallet: DevWallet
}

const { chainId, rpcUrl, environment, wallet } = globalThis.testConfig
const [first, ...others] = wallet.privateKeys.map((key): LocalAccount => privateKeyToAccount(key))
if (first !== undefined) {
  globalThis.devWallet = createDevWallet({
    chainId,
    rpcUrl,
    environment,
    accounts: [first, ...others],
    mode: wallet.mode,
    upgrade: wallet.upgrade,
    revocation: wallet.revocation,
    rawDelegations: wallet.rawDelegations,
  })
  globalThis.devWallet.announce()
}
