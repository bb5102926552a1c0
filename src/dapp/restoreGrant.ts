import type { NodeClient } from '../chain/rpc.ts'
import { AmbitError } from '../errors.ts'
import { serializeGrant } from '../grant/serialize.ts'
import type { Grant } from '../grant/types.ts'
import { DappError } from './errors.ts'
import { type At, readAnswer, required } from './read.ts'
import type { PermissionRequest, PermissionResponse } from './types.ts'
import { type VerifyGrantedParameters, type VerifyGrantedReturnType, verifyGranted } from './verifyGranted.ts'
import { readWalletGrant, type WalletGrant } from './walletGrant.ts'
import {
  readRequest,
  readResponse,
  toWireRequest,
  toWireResponse,
  type WirePermissionRequest,
  type WirePermissionResponse,
} from './wire.ts'

/** What a page keeps of a grant, as JSON. */
export type StoredGrant = { request: WirePermissionRequest; response: WirePermissionResponse }

/** The same of a grant of our own: its file, read as JSON. */
export type StoredOwnGrant = { schema: Grant['schema']; [member: string]: unknown }

export type RestoreGrantParameters = Omit<VerifyGrantedParameters, 'grant'> & {
  /** What `storedGrant` gave, from wherever the page kept it. Whoever can write there can write anything. */
  stored: unknown
}

/** Which of the two it is, `grant.schema` says. */
export type RestoreGrantReturnType = Restored<WalletGrant> | Restored<Grant>

export type Restored<grant> =
  | ({ status: 'live'; grant: grant } & VerifyGrantedReturnType)
  /** `grant`: what could be read of it. `dapp.revoked`, `dapp.nonce_ended` and `dapp.expired`: it was one, and has ended. */
  | { status: 'refused'; code: string; error: AmbitError; grant: grant | null }

/** The part of a grant that has to be kept: all else is read from it again. */
export function storedGrant(grant: Pick<WalletGrant, 'request' | 'response'>): StoredGrant
export function storedGrant(grant: Grant): StoredOwnGrant
export function storedGrant(grant: WalletGrant | Grant): StoredGrant | StoredOwnGrant
export function storedGrant(grant: Pick<WalletGrant, 'request' | 'response'> | Grant): StoredGrant | StoredOwnGrant {
  if ('delegations' in grant) return JSON.parse(serializeGrant(grant))
  const { request, response } = grant
  return { request: toWireRequest(request), response: toWireResponse(response) }
}

/**
 * A grant from a page's storage. Nothing in it is believed: it is read as strictly as a wallet's answer, compared with what was
 * asked, and verified on the chain again. Total: whatever is wrong is a refusal with a code.
 *
 * @example
 * const restored = await restoreGrant(publicClient, { stored: JSON.parse(text), environment })
 * if (restored.status === 'live') show(restored.grant)
 *
 * @param client - A public client of the grant's chain.
 */
export async function restoreGrant(
  client: NodeClient,
  { stored, ...parameters }: RestoreGrantParameters,
): Promise<RestoreGrantReturnType> {
  if (isOwn(stored)) {
    const { restoreOwn } = await import('./compiled.ts')
    return restored<Grant>((found) => restoreOwn(client, { stored, ...parameters }, found))
  }
  return verifiedGrant(client, () => readAnswer(stored, readStored), parameters)
}

/** By what it says of itself; whatever that is, it is read as strictly. */
function isOwn(stored: unknown): boolean {
  if (typeof stored !== 'object' || stored === null) return false
  return Object.getOwnPropertyDescriptor(stored, 'schema')?.value === ('ambit.grant.v1' satisfies Grant['schema'])
}

function readStored(at: At): readonly [PermissionRequest, PermissionResponse] {
  return [readRequest(required(at, 'request')), readResponse(required(at, 'response'))]
}

/** What `read` gives, compared and verified. Less than was asked for was accepted when it was granted. */
export async function verifiedGrant(
  client: NodeClient,
  read: () => readonly [PermissionRequest, PermissionResponse],
  parameters: Omit<VerifyGrantedParameters, 'grant'>,
): Promise<Restored<WalletGrant>> {
  return restored<WalletGrant>(async (found) => {
    const grant = readWalletGrant(...read(), { environment: parameters.environment, acceptLower: true })
    found(grant)
    return verifyGranted(client, { grant, ...parameters })
  })
}

/** @param verify - Says what it read before it looks whether that lives. */
async function restored<grant>(
  verify: (found: (grant: grant) => void) => Promise<VerifyGrantedReturnType>,
): Promise<Restored<grant>> {
  const read: grant[] = []
  try {
    const verified = await verify((grant) => read.push(grant))
    return { status: 'live', grant: read[0] as grant, ...verified }
  } catch (cause) {
    const error = cause instanceof AmbitError ? cause : new DappError('dapp.failed', { cause })
    return { status: 'refused', code: error.code, error, grant: read[0] ?? null }
  }
}
