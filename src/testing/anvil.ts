import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { ChainError } from '../chain/errors.ts'

/** A node that answers JSON-RPC on this machine. */
export type Engine = {
  name: 'anvil' | 'edr'
  rpcUrl: string
  stop: () => Promise<void>
}

/** Longest wait for the first line of a started anvil; it takes 50 to 150 ms. */
const START_TIMEOUT_MS = 10_000

/**
 * The anvil binary: `AMBIT_ANVIL`, then the npm package of this platform, then the path. `null` where there is none.
 *
 * @throws {@link ChainError} `chain.no_local_engine` when `AMBIT_ANVIL` is set and cannot be run: a wish that is ignored
 * would hide why another engine answers.
 */
export function findAnvil(environment: NodeJS.ProcessEnv = process.env): string | null {
  const wished = environment['AMBIT_ANVIL']
  if (wished !== undefined && wished !== '') {
    if (isExecutable(wished)) return wished
    throw noEngine({ AMBIT_ANVIL: wished })
  }
  return fromPackage() ?? fromPath(environment['PATH'] ?? '')
}

/** What to say when nothing can run a chain here. */
export function noEngine(details: Record<string, string> = {}): ChainError {
  return new ChainError('chain.no_local_engine', 'There is no engine to run a local chain.', {
    details,
    fix: 'Install Foundry (its anvil on the path), or set AMBIT_ANVIL to an anvil binary, or run npm install --save-dev hardhat@3.9.1.',
  })
}

/** More blocks than one process mines on a chain that it keeps. */
const MOST_STATES = 1_000_000

/** Starts anvil on 127.0.0.1 and a free port; it dies with this process, however this process dies. */
export async function startAnvil(
  binary: string,
  options: { accounts: number; blockTime?: number; keepHistory: boolean },
): Promise<Engine> {
  const child = spawn(
    binary,
    [
      ...['--host', '127.0.0.1', '--port', '0', '--chain-id', '31337', '--hardfork', 'osaka'],
      ...['--slots-in-an-epoch', '1', '--accounts', String(options.accounts), '--no-request-size-limit'],
      ...(options.blockTime === undefined ? [] : ['--block-time', String(options.blockTime), '--mixed-mining']),
      // Every state in memory, for a dump to have: beyond its limit anvil drops any of those it loaded, not the oldest.
      ...(options.keepHistory ? ['--prune-history', String(MOST_STATES)] : []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  try {
    const rpcUrl = await listeningUrl(child)
    const watchdog = startWatchdog(child)
    return {
      name: 'anvil',
      rpcUrl,
      stop: async () => {
        process.off('exit', killNow)
        watchdog?.kill('SIGKILL')
        await kill(child)
      },
    }
  } catch (error) {
    process.off('exit', killNow)
    await kill(child)
    throw error
  }
}

/**
 * Ends anvil when this process is killed and no handler of ours runs: a shell waits for the end of its input, which the
 * system closes with us. Without it a crashed test leaves an anvil behind for ever.
 */
function startWatchdog(child: ChildProcess): ChildProcess | null {
  if (child.pid === undefined || process.platform === 'win32') return null
  const watchdog = spawn('/bin/sh', ['-c', `read _; kill -9 ${child.pid}`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => {})
  watchdog.unref()
  ;(watchdog.stdin as { unref?: () => void } | null)?.unref?.()
  child.once('exit', () => watchdog.kill('SIGKILL'))
  return watchdog
}

function listeningUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (reason: string) => {
      clearTimeout(timer)
      reject(
        new ChainError('chain.local_start_failed', 'The local chain did not start.', {
          details: { reason, output: output.slice(-500) },
          fix: 'Run the anvil binary by hand to see why; AMBIT_ANVIL chooses another one.',
          retry: 'safe',
        }),
      )
    }
    const timer = setTimeout(() => fail(`no answer in ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS)
    const read = (chunk: Buffer) => {
      // anvil prints every request later: keep the pipe drained, keep nothing.
      if (output.length < 20_000) output += chunk.toString()
      const address = /Listening on (127\.0\.0\.1:\d+)/.exec(output)?.[1]
      if (address === undefined) return
      clearTimeout(timer)
      child.stdout?.off('data', read)
      child.stdout?.resume()
      child.stderr?.off('data', read)
      child.stderr?.resume()
      resolve(`http://${address}`)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'spawn failed'))
    child.once('exit', (code, signal) => fail(`ended with ${signal ?? code}`))
  })
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  child.kill('SIGKILL')
  await gone
}

function fromPackage(): string | null {
  const name = `@foundry-rs/anvil-${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`)
    const binary = join(manifest, '..', 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil')
    return isExecutable(binary) ? binary : null
  } catch {
    return null
  }
}

function fromPath(path: string): string | null {
  const name = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  for (const folder of path.split(delimiter)) {
    if (folder !== '' && isExecutable(join(folder, name))) return join(folder, name)
  }
  return null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
