import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Rolldown } from 'vite'

/** Where the build puts it, beside the compiled modules; in the source there is none. */
export const WALLET_SCRIPT_FILE = 'wallet/inPage.bundle.js'

/** The dev wallet as one script for a page (`wallet/inPage.ts`): of the package its file, from source made now, by Vite. */
export async function walletScript(): Promise<string> {
  const built = fileURLToPath(new URL(WALLET_SCRIPT_FILE, import.meta.url))
  return existsSync(built) ? readFileSync(built, 'utf8') : bundleWallet()
}

/** About 2 seconds. Needs the development dependencies. */
export async function bundleWallet(): Promise<string> {
  const { build } = await import('vite')
  const entry = fileURLToPath(new URL('wallet/inPage.ts', import.meta.url))
  const made = (await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['iife'], name: 'ambitDevWalletScript', fileName: () => 'wallet.js' },
    },
  })) as Rolldown.RolldownOutput[]
  const chunk = made[0]?.output[0]
  if (chunk === undefined) throw new TypeError('Vite made nothing of the wallet.')
  return `${BANNER}\n${chunk.code}`
}

const BANNER =
  '/*! Ambit dev wallet, test chains only. Contains viem, ox and @noble (MIT): their licences lie in those packages, which this one depends on. */'
