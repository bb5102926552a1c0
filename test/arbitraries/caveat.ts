import fc from 'fast-check'
import type { KnownCaveat } from '../../src/caveats/codec.ts'
import type { Hex } from '../../src/primitives/hex.ts'

export function anyBytes(minLength: number, maxLength = minLength): fc.Arbitrary<Hex> {
  return fc
    .uint8Array({ minLength, maxLength })
    .map((bytes) => `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}` as Hex)
}

export const anyAddress: fc.Arbitrary<Hex> = anyBytes(20)

export type CaveatOptions = {
  /** Only values that the framework's own encoder takes as well (numbers, no zero amounts). */
  oracleBounds?: boolean
  /** Small numbers and lists, so that one changed byte stays near what is valid. */
  small?: boolean
}

/** Any caveat that encodes, every kind equally often. */
export function anyKnownCaveat({ oracleBounds = false, small = false }: CaveatOptions = {}): fc.Arbitrary<KnownCaveat> {
  const max = small ? 1_000n : 2n ** 256n - 1n
  const amount = fc.oneof(fc.bigInt({ min: 1n, max }), fc.constant(max))
  const integer = oracleBounds ? amount : fc.oneof(amount, fc.constant(0n))
  const time = fc.bigInt({ min: 1n, max: small ? 1_000n : 253_402_300_799n })
  const addresses = fc.array(anyAddress, { minLength: 1, maxLength: small ? 2 : 8 })
  const period = { amount, duration: time, start: time }
  return fc.oneof(
    fc.record({
      kind: fc.constant('allowedCalldata' as const),
      start: fc.bigInt({ min: 0n, max: 100_000n }),
      value: anyBytes(1, small ? 4 : 100),
    }),
    fc.record({
      kind: fc.constant('allowedMethods' as const),
      selectors: fc.array(anyBytes(4), { minLength: 1, maxLength: 8 }),
    }),
    fc.record({ kind: fc.constant('allowedTargets' as const), targets: addresses }),
    fc.record({ kind: fc.constant('erc20PeriodTransfer' as const), token: anyAddress, ...period }),
    fc.record({ kind: fc.constant('erc20TransferAmount' as const), token: anyAddress, limit: integer }),
    fc.record({ kind: fc.constant('exactCalldata' as const), data: anyBytes(0, 100) }),
    fc.record({
      kind: fc.constant('limitedCalls' as const),
      limit: oracleBounds ? fc.bigInt({ min: 1n, max: 1_000_000n }) : amount,
    }),
    fc.record({ kind: fc.constant('nativePeriodTransfer' as const), ...period }),
    fc.record({ kind: fc.constant('nativeTransferAmount' as const), limit: integer }),
    fc.record({ kind: fc.constant('nonce' as const), nonce: fc.oneof(amount, fc.constant(0n)) }),
    fc.record({ kind: fc.constant('redeemer' as const), redeemers: addresses }),
    fc
      .tuple(
        fc.bigInt({ min: 0n, max: small ? 300n : 10_000_000_000n }),
        fc.bigInt({ min: 2n, max: 200n }),
        fc.boolean(),
      )
      .map(([after, life, ends]) => ({ kind: 'timestamp' as const, after, before: ends ? after + life : 0n })),
    fc.record({ kind: fc.constant('valueLte' as const), max: fc.oneof(amount, fc.constant(0n)) }),
  )
}
