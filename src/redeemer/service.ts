import type { LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { parseGrant } from '../grant/parse.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'
import { RedeemerError } from './errors.ts'
import type { Database, Query } from './store/database.ts'
import { findGrant } from './store/grants.ts'
import type { Issuer } from './store/receipts.ts'

/** All that the service works with. It has no state of its own beside the database: any process may do any step. */
export type Service = {
  database: Database
  node: NodeClient
  environment: Environment
  issuer: Issuer
  /** Who submits: plain accounts with gas and without code. Lower case. */
  signers: ReadonlyMap<Address, LocalAccount>
  /** Unix milliseconds. */
  now: () => number
  settings: Settings
  /** Grants that were read before; a grant never changes. */
  grants: Map<Hex, OpenGrant>
}

export type Settings = {
  /** Blocks from the inclusion's on, itself counted, until it is final. */
  confirmations: number
  /** Milliseconds after which what a replica took may be taken by another one. */
  claimMs: number
  /** Seconds after which a decision follows at the latest: what a ticket promises. */
  decideWithin: number
  /** Seconds that a request may be good for at most: what leaks is then soon worthless. */
  longestRequest: number
  /** Most wei a unit of gas. */
  feeCap: bigint
  /** Blocks that signed bytes wait before dearer ones of the same nonce take their place. */
  replaceAfter: number
  /** Most nonces of one signer that are taken and not final: nodes keep few transactions of an account waiting. */
  mostInFlight: number
  /** Gas of one redemption, and for each of its calls: what needs more is not sent. */
  gas: { redemption: bigint; call: bigint }
}

export const DEFAULTS: Settings = {
  confirmations: 3,
  claimMs: 30_000,
  decideWithin: 120,
  longestRequest: 600,
  feeCap: 200_000_000_000n,
  replaceAfter: 3,
  mostInFlight: 16,
  gas: { redemption: 400_000n, call: 400_000n },
}

export type OpenGrant = { grant: Grant; prepared: PreparedGrant }

/** Most grants that are kept ready. */
const READY = 1_000

/**
 * A grant that was imported, read and prepared.
 *
 * @throws {@link RedeemerError} `redeemer.unknown_grant`.
 */
export async function openGrant(service: Service, query: Query, id: Hex): Promise<OpenGrant> {
  const ready = service.grants.get(id)
  if (ready !== undefined) return ready
  const stored = await findGrant(query, id)
  if (stored === undefined) {
    throw new RedeemerError('redeemer.unknown_grant', 'There is no such grant here.', {
      details: { grant: id },
      fix: 'Import the grant first, or ask under another one.',
    })
  }
  const grant = parseGrant(stored.document)
  const open = { grant, prepared: prepareGrant(grant, service.environment) }
  if (service.grants.size >= READY) service.grants.clear()
  service.grants.set(id, open)
  return open
}
