import { jwkSignatureCheck, parsePublicJwk, type SignatureCheck, thumbprint } from '../receipt/keys.ts'
import type { Trust } from './types.ts'

/** Trust with its keys imported, to verify many receipts with. By issuer, then by thumbprint. */
export type LoadedTrust = { loaded: ReadonlyMap<string, ReadonlyMap<string, SignatureCheck>> }

/**
 * Imports the keys of every issuer once.
 *
 * @throws {@link ReceiptError} `receipt.key_refused`, `receipt.key_is_private`.
 */
export async function loadTrust(trust: Trust): Promise<LoadedTrust> {
  const loaded = new Map<string, Map<string, SignatureCheck>>()
  for (const { iss, keys } of trust.issuers) {
    const known = loaded.get(iss) ?? new Map<string, SignatureCheck>()
    for (const key of keys.map(parsePublicJwk)) known.set(thumbprint(key), await jwkSignatureCheck(key))
    loaded.set(iss, known)
  }
  return { loaded }
}
