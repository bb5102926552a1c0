import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Attempt, LOOPBACK } from './recorder.ts'

export type Recording = { attempts: Attempt[]; stdout: string; stderr: string; exitCode: number | null }

/** Runs Node with these arguments and gives every attempt it, or a Node child of it, made to reach another process. */
export async function recordNode(
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Recording> {
  const scratch = mkdtempSync(join(tmpdir(), 'ambit-network-'))
  const log = join(scratch, 'attempts.jsonl')
  writeFileSync(log, '')
  // What keeps dependencies quiet in tests is taken away: Ambit has to see to it by itself.
  const { DO_NOT_TRACK, CI, NODE_OPTIONS, VITEST, ...inherited } = process.env
  const env = {
    ...inherited,
    ...options.env,
    AMBIT_NETWORK_LOG: log,
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'recorder.ts')).href}`,
  }
  try {
    const result = await new Promise<Omit<Recording, 'attempts'>>((done, fail) => {
      const child = spawn(process.execPath, [...args], { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
      let stdout = ''
      let stderr = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.on('error', fail)
      child.on('close', (exitCode) => done({ stdout, stderr, exitCode }))
    })
    const lines = readFileSync(log, 'utf8').split('\n').filter(Boolean)
    return { ...result, attempts: lines.map((line) => JSON.parse(line) as Attempt) }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Attempts that are neither the RPC nor the local chain that serves it.
 *
 * @param rpcPorts - Loopback ports of nodes that the caller named; a local chain started on the way names its own.
 */
export function strays(attempts: readonly Attempt[], rpcPorts: readonly number[]): Attempt[] {
  const own = attempts.flatMap((attempt) => (attempt.kind === 'own' ? [attempt.port] : []))
  const ports = new Set([...rpcPorts, ...own])
  return attempts.filter((attempt) => {
    switch (attempt.kind) {
      case 'own':
        return false
      case 'socket':
        return !(LOOPBACK.has(attempt.host) && ports.has(attempt.port))
      case 'name':
        return !(attempt.method === 'lookup' && LOOPBACK.has(attempt.name))
      case 'process':
        return !(isChain(attempt) || isNode(attempt) || isWatchdog(attempt))
      default:
        return true
    }
  })
}

type Started = Extract<Attempt, { kind: 'process' }>

/** A node that forks another chain asks that chain for its state: not local any more. */
function isChain({ file, args }: Started): boolean {
  return /^anvil/.test(basename(file)) && !args.some((arg) => /^(?:--fork|--rpc-url|-f$)/.test(arg))
}

/** Its own attempts are recorded as well. */
function isNode({ file }: Started): boolean {
  return file === process.execPath || basename(file) === 'node'
}

/** Ends a local chain whose parent was killed. */
function isWatchdog({ file, args }: Started): boolean {
  return file === '/bin/sh' && args.length === 3 && /^read _; kill -9 \d+$/.test(args[2] ?? '')
}
