import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import { ChainError } from '../chain/errors.ts'

const AddressText = z.string().regex(/^0x[0-9a-f]{40}$/)

/** The file behind `statePath`: the engine's dump, and where the framework and the token are on that chain. */
const ChainState = z.strictObject({
  schema: z.literal('ambit.local-chain.v1'),
  environment: z.strictObject({
    chainId: z.literal(31337),
    framework: z.literal('1.3.0'),
    manager: AddressText,
    entryPoint: AddressText,
    simpleFactory: AddressText,
    implementations: z.strictObject({ hybrid: AddressText, multiSig: AddressText, stateless7702: AddressText }),
    enforcers: z.record(z.string(), AddressText),
  }),
  token: AddressText,
  /** Number of the oldest block whose state is kept: older ones cannot be asked what was true at them. */
  historyFrom: z.int().min(0),
  dump: z.string().regex(/^0x(?:[0-9a-f]{2})+$/),
})
export type ChainState = z.output<typeof ChainState>

/**
 * The saved state, or `null` where there is none yet.
 *
 * @throws {@link ChainError} `chain.local_state_invalid`
 */
export function readChainState(path: string): ChainState | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw invalid(path, error)
  }
  try {
    return ChainState.parse(JSON.parse(text))
  } catch (error) {
    throw invalid(path, error)
  }
}

/** Replaces the file whole: a crash leaves the old state or the new one, never half of either. */
export function writeChainState(path: string, state: ChainState): void {
  const temporary = `${path}.${process.pid}.tmp`
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(temporary, 'w', 0o600)
  try {
    writeSync(file, JSON.stringify(state))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

/**
 * The same dump with the states of these blocks only, by hash. A state is 60 kB, and anvil, which would prune by itself,
 * drops any of those it has loaded, not the oldest.
 *
 * @throws {@link ChainError} `chain.local_state_invalid`
 */
export function trimHistory(dump: string, keep: ReadonlySet<string>, path: string): string {
  try {
    const state: unknown = JSON.parse(gunzipSync(Buffer.from(dump.slice(2), 'hex')).toString())
    const { historical_states: states, ...rest } = Dump.parse(state)
    const kept = states.filter(([hash]) => keep.has(hash))
    return `0x${gzipSync(JSON.stringify({ ...rest, historical_states: kept }), { level: 1 }).toString('hex')}`
  } catch (error) {
    throw invalid(path, error)
  }
}

const Dump = z.looseObject({ historical_states: z.array(z.tuple([z.string(), z.unknown()])) })

/**
 * Takes the state for this process, and returns how to give it back. Two processes on one file would each end by
 * overwriting what the other did: payments would vanish from a chain that receipts speak of.
 *
 * @throws {@link ChainError} `chain.local_state_in_use`
 */
export function lockChainState(path: string): () => void {
  const lock = `${path}.lock`
  mkdirSync(dirname(path), { recursive: true })
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = openSync(lock, 'wx', 0o600)
      writeSync(file, String(process.pid))
      closeSync(file)
      return () => rmSync(lock, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw invalid(path, error)
      const holder = holderOf(lock)
      if (holder !== null && isAlive(holder)) {
        throw new ChainError('chain.local_state_in_use', 'Another process runs a chain on this state.', {
          details: { path, process: holder },
          fix: 'Wait until it ends, or use another state file.',
          retry: 'safe',
        })
      }
      rmSync(lock, { force: true })
    }
  }
  throw invalid(path, undefined)
}

function holderOf(lock: string): number | null {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    return Number.isSafeInteger(holder) && holder > 0 ? holder : null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function invalid(path: string, cause: unknown): ChainError {
  return new ChainError('chain.local_state_invalid', 'The saved state of the local chain cannot be used.', {
    details: { path },
    fix: 'Delete the file to start an empty chain, or name another one.',
    cause,
  })
}
