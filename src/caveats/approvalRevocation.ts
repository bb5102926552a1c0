import { bytesToUint, uintToBytes } from '../primitives/hex.ts'
import type { Codec } from './codec.ts'
import { CaveatError } from './errors.ts'
import { assertTerms } from './terms.ts'
import type { RevocationMethod } from './types.ts'

/** In the order of the flags: the method at `i` has the bit `1 << i`. */
export const REVOCATION_METHODS: readonly RevocationMethod[] = [
  'erc20Approve',
  'erc721Approve',
  'setApprovalForAll',
  'permit2Approve',
  'permit2Lockdown',
  'permit2InvalidateNonces',
]

/**
 * Only calls that take an approval back, by one of `methods`, without native value; of any token. The first three must
 * find an approval to take back. Whose approval Permit2 takes back is the caller's: that is the root delegator.
 *
 * Terms, 1 byte of flags, at least one: `1 erc20Approve · 2 erc721Approve · 4 setApprovalForAll · 8 permit2Approve · 16
 * permit2Lockdown · 32 permit2InvalidateNonces`.
 */
export const approvalRevocation: Codec<'approvalRevocation'> = {
  name: 'ApprovalRevocationEnforcer',
  kind: 'approvalRevocation',
  callType: 'single',
  counts: false,
  encode({ methods }) {
    const ordered = REVOCATION_METHODS.filter((method) => methods.includes(method))
    if (ordered.length !== methods.length || ordered.some((method, index) => method !== methods[index])) {
      throw new CaveatError('caveats.out_of_range', 'These are not methods of revocation, each once and in order.', {
        details: { methods: methods.map(String) },
        fix: `Name some of ${REVOCATION_METHODS.join(', ')}, in this order.`,
      })
    }
    assertSome(ordered.length)
    const flags = REVOCATION_METHODS.map((method, index) => (methods.includes(method) ? 1n << BigInt(index) : 0n))
    return uintToBytes(
      flags.reduce((all, flag) => all | flag),
      1,
    )
  },
  decode(terms) {
    assertTerms(terms, 1)
    const flags = Number(bytesToUint(terms))
    if (flags >> REVOCATION_METHODS.length !== 0) {
      throw new CaveatError('caveats.out_of_range', 'The contract knows no such flag and refuses every call.', {
        details: { flags, largest: (1 << REVOCATION_METHODS.length) - 1 },
        fix: 'Set known flags only.',
      })
    }
    const methods = REVOCATION_METHODS.filter((_, index) => (flags >> index) & 1)
    assertSome(methods.length)
    return { kind: 'approvalRevocation', methods }
  },
}

function assertSome(methods: number): void {
  if (methods > 0) return
  throw new CaveatError('caveats.empty_list', 'No method is allowed: nothing could ever pass.', {
    fix: 'Name at least one method of revocation.',
  })
}
