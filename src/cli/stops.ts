import type { Hex } from '../primitives/hex.ts'
import { isHex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'

/**
 * Local stops, one file a grant. They bind this machine's ambit and nothing else; they hold for every descendant too,
 * because they name delegations and a descendant's chain contains them.
 */
export type Stop = { grant: Hex; delegations: readonly Hex[]; at: string }

const FOLDER = 'stops'

export function readStops(home: Home): Stop[] {
  return home.list(FOLDER).map((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    const stop = parseJson(home.read(path) ?? 'null') as Partial<Stop> | null
    // In doubt it is stopped: a file that cannot be read may be one that somebody needs.
    if (!isHex(stop?.grant) || !Array.isArray(stop.delegations) || !stop.delegations.every(isHex)) {
      throw new HomeError('home.damaged', 'A local stop cannot be read.', {
        details: { path },
        fix: 'Look at the file; until it is repaired or removed nothing is sent.',
      })
    }
    return { grant: stop.grant, delegations: stop.delegations, at: String(stop.at) }
  })
}

/** The stop that holds for a chain of delegations, if there is one. */
export function stopOf(home: Home, delegations: readonly Hex[]): Stop | undefined {
  const chain = new Set(delegations)
  return readStops(home).find((stop) => stop.delegations.some((hash) => chain.has(hash)))
}

/** Durable before it is reported. Idempotent. */
export function writeStop(home: Home, stop: Stop): void {
  home.write(home.file(FOLDER, `${stop.grant}.json`), `${JSON.stringify(stop)}\n`)
}

/** True when there was one. */
export function removeStop(home: Home, grant: Hex): boolean {
  return home.remove(home.file(FOLDER, `${grant}.json`))
}
