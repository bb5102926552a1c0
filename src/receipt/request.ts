import { keccak256 } from 'viem'
import { recoverSigner } from '../delegation/signature.ts'
import { type Address, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import type { Action, Call, ActionRequest as CarriedRequest } from '../verdict/types.ts'
import { bytesToHex, utf8 } from './bytes.ts'
import { ReceiptError } from './errors.ts'

/**
 * What an asker signs: these very calls, under this grant, submitted by this redeemer, once, until then. With it nobody can
 * invent an attempt or a denial; without it every word about what was asked is the issuer's.
 */
export type ActionRequest = {
  chainId: number
  /** {@link Grant.id}. */
  grant: Hex
  calls: readonly Call[]
  redeemer: Address
  /** Told apart by the asker: one number, one action. */
  number: bigint
  /** Unix seconds; not to be acted on after it. */
  deadline: bigint
  /** The agent's own words; the signature covers their hash. */
  reason?: string
  /**
   * What the caveats' `args` carry, signed for the chain under numbers of its own. This signature does not cover them: each
   * is one, of the same calls.
   */
  request?: CarriedRequest
  /** The same for links above the leaf, by delegation hash. */
  requestsAbove?: Readonly<Record<Hex, CarriedRequest>>
}

/** A request as it travels; without a signature nobody but its bearer vouches for it. */
export type SignedRequest = { request: ActionRequest; signature?: Hex }

/** Any viem account. */
export type RequestSigner = {
  address: Address
  signTypedData: (typedData: ReturnType<typeof requestTypedData>) => Promise<Hex>
}

/** Most calls in one request, and longest reason that travels, in UTF-8 bytes. */
export const MAX_CALLS = 64
export const MAX_REASON_BYTES = 2_048

const CALL_TYPE = 'Call(address to,uint256 value,bytes data)'
const REQUEST_TYPE =
  'ActionRequest(bytes32 grant,Call[] calls,address redeemer,uint256 number,uint256 deadline,string reason)'
const callTypeHash = hashText(CALL_TYPE)
const requestTypeHash = hashText(REQUEST_TYPE + CALL_TYPE)
const domainPrefix = concatBytes(
  hashText('EIP712Domain(string name,string version,uint256 chainId)'),
  hashText('Ambit'),
  hashText('1'),
)

/** The request for an action under a grant. */
export function createRequest(
  action: Action,
  parameters: { grant: Hex; number: bigint; deadline: bigint },
): ActionRequest {
  const { chainId, calls, redeemer, reason, request, requestsAbove } = action
  return {
    chainId,
    calls,
    redeemer,
    ...parameters,
    ...(reason === undefined ? {} : { reason }),
    ...(request === undefined ? {} : { request }),
    ...(requestsAbove === undefined ? {} : { requestsAbove }),
  }
}

/** EIP-712 typed data, for any wallet to show and sign: the calls are in it, not a hash of them. */
export function requestTypedData(request: ActionRequest) {
  const { chainId, grant, calls, redeemer, number, deadline, reason = '' } = request
  return {
    domain: { name: 'Ambit', version: '1', chainId },
    types: {
      Call: [
        { name: 'to', type: 'address' },
        { name: 'value', type: 'uint256' },
        { name: 'data', type: 'bytes' },
      ],
      ActionRequest: [
        { name: 'grant', type: 'bytes32' },
        { name: 'calls', type: 'Call[]' },
        { name: 'redeemer', type: 'address' },
        { name: 'number', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
        { name: 'reason', type: 'string' },
      ],
    },
    primaryType: 'ActionRequest',
    message: { grant, calls, redeemer, number, deadline, reason },
  } as const
}

/** keccak-256 over the EIP-712 hashes of the calls: how a receipt commits to them. */
export function hashCalls(calls: readonly Call[]): Hex {
  return keccak256(
    concatBytes(
      ...calls.map(({ to, value, data }) =>
        keccak256(concatBytes(callTypeHash, accountWord(to), uintToBytes(value, 32), keccak256(data))),
      ),
    ),
  )
}

/** Hash of the agent's words; that of the empty string where there are none. */
export function hashReason(reason: string | undefined): Hex {
  return hashText(reason ?? '')
}

/**
 * The EIP-712 digest: the id of the action, and what is signed. A reason of any length has one: an agent must not be able to
 * avoid a receipt of its denial by talking too much.
 *
 * @throws {@link ReceiptError} `receipt.request_refused`.
 */
export function hashRequest(request: ActionRequest): Hex {
  assertRequest(request)
  return requestDigest({ ...request, calls: hashCalls(request.calls), reason: hashReason(request.reason) })
}

/** {@link hashRequest} from the hashes alone, for a reader to whom the words were not given. The caller owns the form. */
export function requestDigest(parts: {
  chainId: number
  grant: Hex
  calls: Hex
  redeemer: Address
  number: bigint
  deadline: bigint
  reason: Hex
}): Hex {
  const message = keccak256(
    concatBytes(
      requestTypeHash,
      parts.grant,
      parts.calls,
      accountWord(parts.redeemer),
      uintToBytes(parts.number, 32),
      uintToBytes(parts.deadline, 32),
      parts.reason,
    ),
  )
  const domain = keccak256(concatBytes(domainPrefix, uintToBytes(BigInt(parts.chainId), 32)))
  return keccak256(concatBytes('0x1901', domain, message))
}

/**
 * Signs a request, and makes sure that the signature is the account's and in the one form that is accepted.
 *
 * @throws {@link ReceiptError} `receipt.request_refused`, `receipt.request_signature_malformed`,
 * `receipt.request_signer_mismatch`.
 */
export async function signRequest(
  account: RequestSigner,
  request: ActionRequest,
): Promise<{ request: ActionRequest; signature: Hex }> {
  assertRequest(request)
  const signature = (await account.signTypedData(requestTypedData(request))).toLowerCase() as Hex
  checkRequest({ request, signature }, account.address.toLowerCase() as Address)
  return { request, signature }
}

/** Account that signed 32 bytes, or why none can be named; a caller may bring a cache or a faster one. */
export type Recover = typeof recoverSigner

/**
 * Makes sure that `asker` signed this request: ECDSA, 65 bytes, low s, last byte 27 or 28. A contract account cannot ask: it
 * names a key for its requests in the scope.
 *
 * @throws {@link ReceiptError} `receipt.request_signature_malformed`, `receipt.request_signer_mismatch`,
 * `receipt.request_refused`.
 */
export function checkRequest(
  signed: { request: ActionRequest; signature: Hex },
  asker: Address,
  recover: Recover = recoverSigner,
): void {
  checkRequestSignature(hashRequest(signed.request), signed.signature, asker, recover)
}

/** {@link checkRequest}, for a digest that is known. */
export function checkRequestSignature(digest: Hex, signature: Hex, asker: Address, recover: Recover): void {
  const recovery = recover(digest, signature)
  if (recovery.status === 'invalid') {
    throw new ReceiptError('receipt.request_signature_malformed', 'The signature of this request is malformed.', {
      details: { reason: recovery.reason },
      fix: 'Sign the request again: 65 bytes, low s, last byte 27 or 28.',
    })
  }
  if (recovery.signer !== asker) {
    throw new ReceiptError('receipt.request_signer_mismatch', 'Somebody else signed this request.', {
      details: { signer: recovery.signer, asker },
      fix: 'Have the asker sign this very request; a signature for other calls, grant, chain or number does not count.',
    })
  }
}

const ADDRESS = /^0x[0-9a-f]{40}$/
const HASH = /^0x[0-9a-f]{64}$/
const DATA = /^0x(?:[0-9a-f]{2})*$/
const MAX_UINT = (1n << 256n) - 1n

/** Requests come from agents: nothing of their form is taken for granted. */
function assertRequest(request: ActionRequest): void {
  const { chainId, grant, calls, redeemer, number, deadline, reason } = request
  const refuse = (what: string): ReceiptError =>
    new ReceiptError('receipt.request_refused', 'This request is not well formed.', {
      details: { what },
      fix: 'Give lower-case hexadecimal, unsigned integers below 2^256, 1 to 64 calls and, if any, words as the reason.',
    })
  const uint = (value: unknown) => typeof value === 'bigint' && value >= 0n && value <= MAX_UINT
  const like = (value: unknown, pattern: RegExp) => typeof value === 'string' && pattern.test(value)
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw refuse('chainId')
  if (!like(grant, HASH)) throw refuse('grant')
  if (!like(redeemer, ADDRESS)) throw refuse('redeemer')
  if (!uint(number)) throw refuse('number')
  if (!uint(deadline)) throw refuse('deadline')
  if (!Array.isArray(calls) || calls.length < 1 || calls.length > MAX_CALLS) throw refuse('calls')
  for (const call of calls) {
    if (call === null || typeof call !== 'object') throw refuse('calls')
    if (!like(call.to, ADDRESS) || !uint(call.value) || !like(call.data, DATA)) throw refuse('calls')
  }
  if (reason !== undefined && typeof reason !== 'string') throw refuse('reason')
}

/** True for words that travel as evidence: whole Unicode, at most {@link MAX_REASON_BYTES}. Of others only the hash does. */
export function isReasonKept(reason: string): boolean {
  return reason.length <= MAX_REASON_BYTES && !/\p{Surrogate}/u.test(reason) && utf8(reason).length <= MAX_REASON_BYTES
}

function accountWord(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}

function hashText(text: string): Hex {
  return keccak256(bytesToHex(utf8(text)))
}
