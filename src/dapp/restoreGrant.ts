import type { NodeClient } from '../chain/rpc.ts'
import { AmbitError } from '../errors.ts'
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

export type RestoreGrantParameters = Omit<VerifyGrantedParameters, 'grant'> & {
  /** What `storedGrant` gave, from wherever the page kept it. Whoever can write there can write anything. */
  stored: unknown
}

export type RestoreGrantReturnType =
  | ({ status: 'live'; grant: WalletGrant } & VerifyGrantedReturnType)
  /** `grant`: what could be read of it. `dapp.revoked`, `dapp.nonce_ended` and `dapp.expired`: it was one, and has ended. */
  | { status: 'refused'; code: string; error: AmbitError; grant: WalletGrant | null }

/** The part of a grant that has to be kept: all else is read from it again. */
export function storedGrant({ request, response }: Pick<WalletGrant, 'request' | 'response'>): StoredGrant {
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
  return verifiedGrant(client, () => readAnswer(stored, readStored), parameters)
}

function readStored(at: At): readonly [PermissionRequest, PermissionResponse] {
  return [readRequest(required(at, 'request')), readResponse(required(at, 'response'))]
}

/** What `read` gives, compared and verified. Less than was asked for was accepted when it was granted. */
export async function verifiedGrant(
  client: NodeClient,
  read: () => readonly [PermissionRequest, PermissionResponse],
  parameters: Omit<VerifyGrantedParameters, 'grant'>,
): Promise<RestoreGrantReturnType> {
  let grant: WalletGrant | null = null
  try {
    grant = readWalletGrant(...read(), { environment: parameters.environment, acceptLower: true })
    return { status: 'live', grant, ...(await verifyGranted(client, { grant, ...parameters })) }
  } catch (cause) {
    const error = cause instanceof AmbitError ? cause : new DappError('dapp.failed', { cause })
    return { status: 'refused', code: error.code, error, grant }
  }
}
