import { toHex } from 'viem'
import type { DemoWallet } from '../../console/demoWallet.ts'
import type { InPageConfig } from '../../testing/wallet/inPage.ts'
import { nodeErrorIn } from '../../testing/wallet/reads.ts'
import { walletScript } from '../../testing/walletScript.ts'
import { localAccounts } from '../keys.ts'
import type { Session } from '../session.ts'

/** The wallet of the console's pages on the embedded chain, with the accounts whose keys everybody has. */
export async function demoWalletOf({ choice, environment, node }: Session): Promise<DemoWallet> {
  const accounts = await localAccounts()
  const config: InPageConfig = {
    chainId: choice.id,
    environment,
    privateKeys: accounts.map(({ account }) => toHex(account.getHdKey().privateKey as Uint8Array)),
    rpcPath: '/rpc',
  }
  let bundle: Promise<string> | undefined
  return {
    async script() {
      bundle ??= walletScript()
      return `globalThis.ambitDevWallet=${JSON.stringify(config)};\n${await bundle}`
    },
    async ask(request) {
      try {
        return { result: await node.request(request as never) }
      } catch (error) {
        const refused = nodeErrorIn(error)
        if (refused === undefined) throw error
        const { code, message, data } = refused
        return { error: { code, message, ...(data === undefined ? {} : { data }) } }
      }
    },
  }
}
