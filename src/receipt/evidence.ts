import { z } from 'zod'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { canonicalJson, parseJson } from '../primitives/json.ts'
import { bytesToHex, digest, fromUtf8, hexToBytes, utf8 } from './bytes.ts'
import { ReceiptError } from './errors.ts'
import { type EvidenceType, MAX_EVIDENCE_BYTES } from './parts.ts'
import {
  type ActionRequest,
  hashCalls,
  hashReason,
  isReasonKept,
  MAX_CALLS,
  MAX_REASON_BYTES,
  requestDigest,
  type SignedRequest,
} from './request.ts'
import type { Statement } from './statement.ts'
import { Account, Bytes, Hash, Uint } from './values.ts'

/**
 * What a receipt commits to and does not sign: bytes beside the token, each under its SHA-256. Self-verifying where it can
 * be: delegations and the request carry signatures of their own.
 */
export type Evidence = Readonly<Record<string, Uint8Array>>

/** How a statement commits to one blob. */
export type EvidenceRef = Statement['evidence'][number]

/** Commitments for blobs named by their type, sorted by id. */
export function commitEvidence(evidence: Readonly<Partial<Record<EvidenceType, Uint8Array>>>): EvidenceRef[] {
  return Object.entries(evidence)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, bytes]) => {
      if (bytes.length > MAX_EVIDENCE_BYTES) {
        throw new ReceiptError('receipt.evidence_refused', 'This evidence is too large for a receipt.', {
          details: { id, bytes: bytes.length, bound: MAX_EVIDENCE_BYTES },
          fix: 'Use a grant with fewer branches, or calls with less data.',
        })
      }
      return { id, type: id as EvidenceType, sha256: digest(bytes), size: bytes.length }
    })
}

/** The grant file, in its one text. */
export function encodeGrantEvidence(grant: Grant): Uint8Array {
  return utf8(canonicalJson(grant))
}

/** The permission context: the bytes that the manager gets. */
export function encodeContextEvidence(context: Hex): Uint8Array {
  return hexToBytes(context)
}

export function decodeContextEvidence(bytes: Uint8Array): Hex {
  return bytesToHex(bytes)
}

/** The request as evidence: with the agent's words, or with only their hash. */
export function encodeRequestEvidence(signed: SignedRequest): Uint8Array {
  const { request, signature } = signed
  const { reason, calls, number, deadline, request: carried, requestsAbove } = request
  return utf8(
    canonicalJson({
      chainId: request.chainId,
      grant: request.grant,
      calls: calls.map(({ to, value, data }) => ({ to, value: value.toString(), data })),
      redeemer: request.redeemer,
      number: number.toString(),
      deadline: deadline.toString(),
      reasonHash: hashReason(reason),
      ...(reason !== undefined && isReasonKept(reason) ? { reason } : {}),
      ...(signature === undefined ? {} : { signature }),
      ...(carried === undefined ? {} : { carried: encodeCarried(carried) }),
      ...(requestsAbove === undefined ? {} : { carriedAbove: mapCarried(requestsAbove, encodeCarried) }),
    }),
  )
}

type Carried = NonNullable<ActionRequest['request']>

function encodeCarried({ number, deadline, signature, confirmation }: Carried): z.output<typeof CarriedEvidence> {
  return {
    number: number.toString(),
    deadline: deadline.toString(),
    ...(signature === null ? {} : { signature }),
    ...(confirmation === null ? {} : { confirmation }),
  }
}

function decodeCarried({ number, deadline, signature, confirmation }: z.output<typeof CarriedEvidence>): Carried {
  return {
    number: BigInt(number),
    deadline: BigInt(deadline),
    signature: signature ?? null,
    confirmation: confirmation ?? null,
  }
}

function mapCarried<from, to>(record: Readonly<Record<Hex, from>>, map: (value: from) => to): Record<Hex, to> {
  return Object.fromEntries(Object.entries<from>(record).map(([hash, value]) => [hash, map(value)]))
}

/** What the caveats' `args` carried: outside the signature of the request, and signatures of its calls themselves. */
const CarriedEvidence = z.strictObject({
  number: Uint,
  deadline: Uint,
  signature: Bytes.optional(),
  confirmation: Bytes.optional(),
})

const RequestEvidence = z.strictObject({
  chainId: z.int().min(1),
  grant: Hash,
  calls: z
    .array(z.strictObject({ to: Account, value: Uint, data: z.string().regex(/^0x(?:[0-9a-f]{2})*$/) }))
    .min(1)
    .max(MAX_CALLS),
  redeemer: Account,
  number: Uint,
  deadline: Uint,
  reasonHash: Hash,
  reason: z.string().max(MAX_REASON_BYTES).optional(),
  signature: z
    .string()
    .regex(/^0x[0-9a-f]{130}$/)
    .optional(),
  carried: CarriedEvidence.optional(),
  carriedAbove: z.record(Hash as unknown as z.ZodString, CarriedEvidence).optional(),
})

/** A request out of evidence, with its id computed anew. */
export type RequestRead = SignedRequest & { id: Hex; callsHash: Hex }

/** @throws {@link ReceiptError} `receipt.evidence_refused`; {@link JsonError}. */
export function decodeRequestEvidence(bytes: Uint8Array): RequestRead {
  const parsed = RequestEvidence.safeParse(parseJson(fromUtf8(bytes), { maxBytes: MAX_EVIDENCE_BYTES, maxDepth: 6 }))
  if (!parsed.success) {
    throw new ReceiptError('receipt.evidence_refused', 'This evidence is not a request.', {
      details: { at: parsed.error.issues[0]?.path.map(String).join('/') ?? '' },
      fix: 'Use the bytes exactly as they were issued.',
    })
  }
  const { reason, reasonHash, signature, carried, carriedAbove, ...rest } = parsed.data
  if (reason !== undefined && hashReason(reason) !== reasonHash) {
    throw new ReceiptError('receipt.evidence_refused', 'The reason in this request is not the one that was signed.', {
      fix: 'Use the bytes exactly as they were issued.',
    })
  }
  const request: ActionRequest = {
    ...rest,
    calls: rest.calls.map(({ to, value, data }) => ({ to, value: BigInt(value), data: data as Hex })),
    number: BigInt(rest.number),
    deadline: BigInt(rest.deadline),
    ...(reason === undefined ? {} : { reason }),
    ...(carried === undefined ? {} : { request: decodeCarried(carried) }),
    ...(carriedAbove === undefined ? {} : { requestsAbove: mapCarried(carriedAbove, decodeCarried) }),
  }
  const callsHash = hashCalls(request.calls)
  const id = requestDigest({ ...request, calls: callsHash, reason: reasonHash })
  return { request, id, callsHash, ...(signature === undefined ? {} : { signature: signature as Hex }) }
}
