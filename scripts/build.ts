/** Builds `dist/` from `src/`: JavaScript and declarations, without tests, the command with its mode set, the dev wallet as one script. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleWallet, WALLET_SCRIPT_FILE } from '../src/testing/walletScript.ts'

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const COMMAND = resolve(ROOT, 'dist/cli/main.js')

// What an earlier build left would be packed: a module that was renamed or deleted must not ship.
rmSync(resolve(ROOT, 'dist'), { recursive: true, force: true })
compile()
finishCommand()
// `ambit console --chain local` serves it; whoever installed the package has no bundler.
writeFileSync(resolve(ROOT, 'dist/testing', WALLET_SCRIPT_FILE), await bundleWallet())
checkExports()

function compile(): void {
  const tsc = resolve(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], {
    cwd: ROOT,
    // On stderr: npm keeps what a script says on stdout to itself when packing fails.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) fail('the compiler refused')
}

function finishCommand(): void {
  if (!existsSync(COMMAND)) fail('src/cli/main.ts is missing')
  if (!readFileSync(COMMAND, 'utf8').startsWith('#!/usr/bin/env node\n')) {
    fail('src/cli/main.ts must begin with #!/usr/bin/env node')
  }
  chmodSync(COMMAND, 0o755)
}

/** Every path that package.json promises exists: a subpath without a file fails only at the user's. */
function checkExports(): void {
  const manifest = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as { exports: unknown }
  const missing = pathsOf(manifest.exports).filter((path) => !existsSync(resolve(ROOT, path)))
  if (missing.length > 0) fail(`package.json exports what is not there: ${missing.join(', ')}`)
}

function pathsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(pathsOf) : []
}

function fail(why: string): never {
  console.error(`build: ${why}`)
  process.exit(1)
}
