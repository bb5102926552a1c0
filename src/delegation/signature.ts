import { secp256k1 } from '@noble/curves/secp256k1.js'
import { hexToBytes, keccak256 } from 'viem'
import { type Address, byteLength, bytesToUint, type Hex, sliceBytes } from '../primitives/hex.ts'

/** Who signed, or why nobody can be named. */
export type Recovery =
  | { status: 'signed'; signer: Address }
  | { status: 'invalid'; reason: 'wrong_length' | 'high_s' | 'bad_recovery_byte' | 'unrecoverable' }

/** Half the order of secp256k1: every signature has a twin with the other `s`, and the framework takes the lower one only. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/**
 * The account whose key made this ECDSA signature: what the manager checks for a delegator without code, and what the
 * framework's EIP-7702 account checks for itself. As strict as both: 65 bytes, low `s`, last byte 27 or 28.
 *
 * @param digest - The 32 bytes that were signed.
 */
export function recoverSigner(digest: Hex, signature: Hex): Recovery {
  if (byteLength(signature) !== 65) return { status: 'invalid', reason: 'wrong_length' }
  if (bytesToUint(sliceBytes(signature, 32, 64)) > HALF_ORDER) return { status: 'invalid', reason: 'high_s' }
  const recovery = Number(bytesToUint(sliceBytes(signature, 64))) - 27
  if (recovery !== 0 && recovery !== 1) return { status: 'invalid', reason: 'bad_recovery_byte' }
  try {
    const point = secp256k1.Signature.fromBytes(hexToBytes(sliceBytes(signature, 0, 64)), 'compact')
      .addRecoveryBit(recovery)
      .recoverPublicKey(hexToBytes(digest))
    const publicKey = point.toBytes(false).subarray(1)
    return { status: 'signed', signer: sliceBytes(keccak256(publicKey), 12) }
  } catch {
    // r or s of zero or past the order, or no point with that r.
    return { status: 'invalid', reason: 'unrecoverable' }
  }
}
