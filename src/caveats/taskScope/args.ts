import { byteLength, concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes, assertTerms, assertUint } from '../terms.ts'
import { createTermsReader } from './bytes.ts'
import type { TaskScopeArgs } from './types.ts'

/** One key's signature: r, s, v. */
const SIGNATURE_BYTES = 65

/**
 * What the caveat's `args` carry, as `TaskScopeRequests.sol` has it: number 8, deadline 5, the key's signature 65 where there
 * is one, then the confirmer's. Whether the signatures are good is not looked at.
 *
 * @throws CaveatError
 */
export function encodeTaskScopeArgs({ number, deadline, request, confirmation }: TaskScopeArgs): Hex {
  assertUint(number, 64, 'number')
  assertUint(deadline, 40, 'deadline')
  if (request !== null) assertBytes(request, SIGNATURE_BYTES, 'request')
  if (confirmation !== null) assertConfirmation(confirmation)
  return concatBytes(uintToBytes(number, 8), uintToBytes(deadline, 5), request ?? '0x', confirmation ?? '0x')
}

/**
 * The same, read back.
 *
 * @param options.hasKey - Whether the terms name a request key: only then its signature stands there.
 * @throws CaveatError
 */
export function decodeTaskScopeArgs(args: Hex, { hasKey }: { hasKey: boolean }): TaskScopeArgs {
  assertTerms(args)
  const reader = createTermsReader(args)
  const number = reader.uint(8)
  const deadline = reader.uint(5)
  const request = hasKey ? reader.take(SIGNATURE_BYTES) : null
  const confirmation = reader.rest()
  return { number, deadline, request, confirmation: confirmation === '0x' ? null : confirmation }
}

function assertConfirmation(confirmation: Hex): void {
  assertTerms(confirmation)
  if (byteLength(confirmation) === 0) {
    throw new CaveatError('caveats.wrong_length', 'No bytes are no confirmation.', {
      fix: 'Give the confirmer’s signature, or null for none.',
    })
  }
}
