import { z } from 'zod'
import { canonicalJson, parseJson } from '../primitives/json.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { ReceiptError } from './errors.ts'
import type { Evidence } from './evidence.ts'
import { MAX_EVIDENCE_BYTES } from './parts.ts'
import { MAX_TOKEN } from './token.ts'

export const BUNDLE_MEDIA_TYPE = 'application/vnd.ambit.receipt-bundle.v1+json'
/** Longest bundle, in bytes. */
export const MAX_BUNDLE_BYTES = 1_048_576

/** A receipt with the evidence it commits to: one portable file, checkable with nothing else but whom to trust. */
export type Bundle = {
  /** The token. */
  receipt: string
  /** By the id that the statement gives it. What is missing is missing, and what is not committed to is refused. */
  evidence: Evidence
}

/** `disclosures` is SD-JWT's, empty in this version; a log proof and chain proofs come as members of later versions. */
const BundleDocument = z.strictObject({
  mediaType: z.literal(BUNDLE_MEDIA_TYPE),
  receipt: z.string().min(1).max(MAX_TOKEN),
  disclosures: z.array(z.never()).max(0),
  evidence: z.record(
    z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
    z.string().max(Math.ceil((MAX_EVIDENCE_BYTES * 4) / 3)),
  ),
})

/** The one text of a bundle: sorted members, no blanks, one line feed at its end. */
export function encodeBundle(bundle: Bundle): string {
  const evidence = Object.entries(bundle.evidence).map(([id, bytes]) => [id, encodeBase64url(bytes)] as const)
  const document = {
    mediaType: BUNDLE_MEDIA_TYPE,
    receipt: bundle.receipt,
    disclosures: [],
    evidence: Object.fromEntries(evidence),
  }
  return `${canonicalJson(document)}\n`
}

/**
 * Reads the one text that {@link encodeBundle} writes. A file that was reformatted or added to is refused, so that two
 * files are one receipt exactly when they are equal.
 *
 * @throws {@link ReceiptError} `receipt.bundle_refused`, `receipt.bundle_not_canonical`,
 * `receipt.base64url_malformed`; {@link JsonError}.
 */
export function parseBundle(text: string): Bundle {
  const parsed = BundleDocument.safeParse(parseJson(text, { maxBytes: MAX_BUNDLE_BYTES, maxDepth: 4 }))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new ReceiptError('receipt.bundle_refused', 'This is not a receipt bundle.', {
      details: { at: `/${issue?.path.map(String).join('/') ?? ''}`, why: issue?.message ?? '' },
      fix: `Give a file of type ${BUNDLE_MEDIA_TYPE}.`,
    })
  }
  if (text !== `${canonicalJson(parsed.data)}\n`) {
    throw new ReceiptError('receipt.bundle_not_canonical', 'This bundle was written by something else, or changed.', {
      fix: 'Use the file exactly as it was issued: order, blanks and the line feed at its end count.',
    })
  }
  // Base64url is strict, so the text of the bytes is the one in the document.
  const evidence = Object.entries(parsed.data.evidence).map(([id, value]) => [id, decodeBase64url(value)] as const)
  return { receipt: parsed.data.receipt, evidence: Object.fromEntries(evidence) }
}
