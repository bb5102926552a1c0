import type { DecodedCaveat } from '../../caveats/types.ts'
import type { Facts } from '../facts.ts'
import type { Finding } from '../finding.ts'
import type { Note } from '../note.ts'
import type { PreparedBranch, PreparedCaveat, PreparedLink } from '../prepared.ts'
import type { State } from '../types.ts'

/** Everything one enforcer can look at. */
export type Look = {
  branch: PreparedBranch
  link: PreparedLink
  caveat: PreparedCaveat
  facts: Facts
  state: State
  /** What caveats that pass have to say besides. */
  notes: Note[]
}

/** One enforcer: what it refuses, or `null`. Must agree with the enforcer's `beforeHook`, edge cases included. */
export type Check<Kind extends DecodedCaveat['kind']> = (
  meaning: Extract<DecodedCaveat, { kind: Kind }>,
  look: Look,
) => Finding | null
