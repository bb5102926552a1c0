import { decodeContext } from '../delegation/context.ts'
import { type Call, decodeCalls, MAX_CALLDATA_BYTES } from '../delegation/execution.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { byteLength, bytesToUint, type Hex, isHex, sliceBytes } from '../primitives/hex.ts'
import { encodeCall, REDEEM_SELECTOR } from './encode.ts'
import { RedemptionError } from './errors.ts'

/** A redemption read back from call data that anybody may have written. */
export type DecodedRedemption = {
  /** Leaf first. */
  delegations: readonly Delegation[]
  /** Their hashes. */
  chain: readonly Hex[]
  context: Hex
  mode: Hex
  execution: Hex
  /** In order; several are one batch. */
  calls: readonly Call[]
}

/**
 * What a transaction to the manager redeems, if it redeems one context in canonical bytes: exactly those that
 * `encodeRedemption` writes. The ABI lets offsets point anywhere, so that lenient readers see one thing and the manager
 * another.
 *
 * @throws {@link RedemptionError} one of the codes for reading. Delegation errors of context and calls come through as they
 * are.
 */
export function decodeRedemption(data: unknown): DecodedRedemption {
  const bytes = readBytes(data)
  if (!bytes.startsWith(REDEEM_SELECTOR)) {
    throw new RedemptionError('redemption.not_a_redemption', 'This is not a call of redeemDelegations.', {
      details: { selector: sliceBytes(bytes, 0, 4) },
      fix: 'Give the call data of a transaction that redeems.',
    })
  }
  const { context, mode, execution } = readLists(sliceBytes(bytes, 4))
  // Writing it again is the whole check: any other offset, length, padding or tail gives other bytes.
  if (encodeCall(context, mode, execution) !== bytes) throw notCanonical()
  const calls = decodeCalls({ mode, execution })
  const delegations = decodeContext(context)
  return {
    delegations,
    chain: delegations.map(hashDelegation),
    context,
    mode,
    execution,
    calls,
  }
}

function readBytes(data: unknown): Hex {
  if (typeof data === 'string' && data.length > 2 + 2 * MAX_CALLDATA_BYTES) {
    throw new RedemptionError('redemption.too_large', 'This call data is larger than a transaction can carry.', {
      details: { bytes: Math.floor((data.length - 2) / 2), limit: MAX_CALLDATA_BYTES },
      fix: 'Give the call data of one transaction.',
    })
  }
  const lower = typeof data === 'string' ? data.toLowerCase() : data
  if (!isHex(lower)) {
    throw new RedemptionError('redemption.not_hex', 'Call data is a hexadecimal byte string.', {
      details: { type: typeof data },
      fix: 'Write 0x and an even number of hexadecimal digits.',
    })
  }
  return lower
}

/** Reads the three lists where the canonical layout has them; {@link decodeRedemption} checks that they were there. */
function readLists(body: Hex): { context: Hex; mode: Hex; execution: Hex } {
  for (const position of [0, 1, 2]) {
    const at = small(body, position * 32)
    const count = small(body, at)
    if (count !== 1) {
      throw new RedemptionError('redemption.not_single', 'This call does not redeem exactly one context.', {
        details: { entries: count },
        fix: 'Read each redemption apart; Ambit sends one in a transaction.',
      })
    }
  }
  const modes = small(body, 32)
  return {
    context: bytesAt(body, small(body, 0) + 64),
    mode: exactly(body, modes + 32, 32),
    execution: bytesAt(body, small(body, 64) + 64),
  }
}

function bytesAt(body: Hex, at: number): Hex {
  return exactly(body, at + 32, small(body, at))
}

/** A length or offset: past the end of the bytes it is a lie, and is refused before it is used. */
function small(body: Hex, at: number): number {
  const value = bytesToUint(exactly(body, at, 32))
  if (value > BigInt(byteLength(body))) throw notCanonical()
  return Number(value)
}

function exactly(body: Hex, at: number, size: number): Hex {
  if (at + size > byteLength(body)) throw notCanonical()
  return sliceBytes(body, at, at + size)
}

function notCanonical(): RedemptionError {
  return new RedemptionError('redemption.not_canonical', 'This call data is not canonically encoded.', {
    fix: 'Do not trust what a lenient reader shows for it: the manager may read something else.',
  })
}
