import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { isHex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'

/**
 * Local stops, one file a grant. They bind this machine's ambit and nothing else; they hold for every descendant too,
 * because they name delegations and a descendant's chain contains them.
 */
export type Stop = {
  grant: Hex
  /** The grant's own last links. Empty where its file could not be read: then its id alone is known. */
  delegations: readonly Hex[]
  at: string
  /** The receipt that is still to be written. Durable with the stop itself, so that no crash can lose it. */
  owed?: OwedReceipt
}

export type OwedReceipt = {
  /** After `resume` the stop holds no longer; its file stays until the receipt is there. */
  act: 'stop' | 'resume'
  /** The grant, serialized. */
  grant: string
  /** Place of the last receipt before: the one that is owed comes after it. */
  after: number
}

/** What stops look at of a grant. */
export type Stoppable = {
  id: Hex
  hashes: readonly Hex[]
  /** For each link, the id of a grant whose one last link it is. */
  alone: readonly Hex[]
}

export async function stoppable({ id, chainId, manager, delegations }: Grant): Promise<Stoppable> {
  const { hashDelegation } = await import('../delegation/hash.ts')
  const { grantId } = await import('../grant/id.ts')
  const hashes = delegations.map(hashDelegation)
  return { id, hashes, alone: hashes.map((hash) => grantId(manager, chainId, [hash])) }
}

const FOLDER = 'stops'

/**
 * Every stop in force.
 *
 * @throws {@link HomeError} `home.damaged`. In doubt it is stopped: a file that cannot be read may be one that somebody needs.
 */
export function readStops(home: Home): Stop[] {
  return home
    .list(FOLDER)
    .map((name) => parseStop(home, name))
    .filter(inForce)
}

/** One stop, whether in force or not; `undefined` where there is none, or its file cannot be read. */
export function readStop(home: Home, grant: Hex): Stop | undefined {
  return home.list(FOLDER).includes(grant) ? readable(home, grant)[0] : undefined
}

/** True for a stop in force, and for a file that cannot be read: nobody knows that it is not one. */
export function holdsBack(home: Home, grant: Hex): boolean {
  if (!home.list(FOLDER).includes(grant)) return false
  const stop = readStop(home, grant)
  return stop === undefined || inForce(stop)
}

function inForce({ owed }: Stop): boolean {
  return owed?.act !== 'resume'
}

/** Stops and resumptions without their receipt. One that cannot be read owes nothing that could be known. */
export function owingStops(home: Home): Stop[] {
  return home
    .list(FOLDER)
    .flatMap((name) => readable(home, name))
    .filter(({ owed }) => owed !== undefined)
}

/** The stop that holds for a grant, if there is one: its own, or that of a grant it comes under. */
export function stopOf(home: Home, grant: Stoppable): Stop | undefined {
  return readStops(home).find((stop) => isStoppedBy(grant, stop))
}

export function isStoppedBy({ id, hashes, alone }: Stoppable, stop: Stop): boolean {
  if (stop.grant === id || stop.delegations.some((hash) => hashes.includes(hash))) return true
  return stop.delegations.length === 0 && alone.includes(stop.grant)
}

/** Durable before it is reported. Idempotent. */
export function writeStop(home: Home, stop: Stop): void {
  home.write(home.file(FOLDER, `${stop.grant}.json`), `${JSON.stringify(stop)}\n`)
}

/** True when there was one. */
export function removeStop(home: Home, grant: Hex): boolean {
  return home.remove(home.file(FOLDER, `${grant}.json`))
}

function readable(home: Home, name: string): Stop[] {
  try {
    return [parseStop(home, name)]
  } catch {
    return []
  }
}

function parseStop(home: Home, name: string): Stop {
  const path = home.file(FOLDER, `${name}.json`)
  const stop = parseJson(home.read(path) ?? 'null') as Partial<Stop> | null
  if (!isHex(stop?.grant) || !Array.isArray(stop.delegations) || !stop.delegations.every(isHex) || !isOwed(stop.owed)) {
    throw new HomeError('home.damaged', 'A local stop cannot be read.', {
      details: { path },
      fix: 'Look at the file; until it is repaired or removed nothing is sent.',
    })
  }
  const { grant, delegations, at, owed } = stop
  return { grant, delegations, at: String(at), ...(owed === undefined ? {} : { owed }) }
}

function isOwed(owed: unknown): owed is OwedReceipt | undefined {
  if (owed === undefined) return true
  const { act, grant, after } = (owed ?? {}) as Partial<OwedReceipt>
  return (act === 'stop' || act === 'resume') && typeof grant === 'string' && Number.isSafeInteger(after)
}
