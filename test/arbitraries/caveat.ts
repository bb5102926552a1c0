import fc from 'fast-check'
import { REVOCATION_METHODS } from '../../src/caveats/approvalRevocation.ts'
import type { AnyCodec, KnownCaveat } from '../../src/caveats/codec.ts'
import { codecByKind } from '../../src/caveats/registry.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { anyTaskScope } from './taskScopeCaveat.ts'

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
export function anyKnownCaveat(options: CaveatOptions = {}): fc.Arbitrary<KnownCaveat> {
  return fc.oneof(...anyFlatCaveat(options), anyLogicalOr(options))
}

/** A wrapper of caveats that are no wrappers. */
export function anyLogicalOr(options: CaveatOptions = {}): fc.Arbitrary<KnownCaveat> {
  const size = options.small ? 2 : 4
  // The framework's own encoder takes no empty bytes in here.
  const meaning = fc
    .oneof(...anyFlatCaveat(options))
    .filter((it) => !options.oracleBounds || (codecByKind[it.kind] as AnyCodec).encode(it) !== '0x')
  const inner = fc.record({
    meaning,
    args: anyBytes(options.oracleBounds ? 1 : 0, options.small ? 2 : 40),
  })
  const group = fc.array(inner, { minLength: options.oracleBounds ? 1 : 0, maxLength: size })
  return fc.record({
    kind: fc.constant('logicalOr' as const),
    groups: fc.array(group, { minLength: 1, maxLength: size }),
  })
}

function anyFlatCaveat({ oracleBounds = false, small = false }: CaveatOptions): fc.Arbitrary<KnownCaveat>[] {
  const max = small ? 1_000n : 2n ** 256n - 1n
  const amount = fc.oneof(fc.bigInt({ min: 1n, max }), fc.constant(max))
  const integer = oracleBounds ? amount : fc.oneof(amount, fc.constant(0n))
  const time = fc.bigInt({ min: 1n, max: small ? 1_000n : 253_402_300_799n })
  const addresses = fc.array(anyAddress, { minLength: 1, maxLength: small ? 2 : 8 })
  const period = { amount, duration: time, start: time }
  const data = anyBytes(0, small ? 4 : 100)
  const execution = { target: anyAddress, value: fc.oneof(amount, fc.constant(0n)), data }
  const executions = fc.array(fc.record(execution), { minLength: 1, maxLength: small ? 2 : 5 })
  const direction = fc.constantFrom('increase' as const, 'decrease' as const)
  const change = { direction, recipient: anyAddress, amount: integer }
  const stream = fc
    .tuple(integer, amount, time)
    .map(([one, other, start]) =>
      one < other ? { initial: one, max: other, start } : { initial: other, max: one, start },
    )
  return [
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
    fc.record({
      kind: fc.constant('approvalRevocation' as const),
      methods: fc.subarray([...REVOCATION_METHODS], { minLength: 1 }),
    }),
    fc.record({ kind: fc.constant('argsEqualityCheck' as const), args: anyBytes(0, small ? 4 : 100) }),
    bounds('blockNumber', { small, oracleBounds }),
    fc.record({
      kind: fc.constant('deployed' as const),
      address: anyAddress,
      salt: anyBytes(32),
      bytecode: anyBytes(1, small ? 4 : 100),
    }),
    fc.record({
      kind: fc.constant('erc1155BalanceChange' as const),
      token: anyAddress,
      tokenId: fc.oneof(amount, fc.constant(0n)),
      ...change,
    }),
    fc.record({ kind: fc.constant('erc20BalanceChange' as const), token: anyAddress, ...change }),
    fc.record({ kind: fc.constant('erc20PeriodTransfer' as const), token: anyAddress, ...period }),
    fc
      .tuple(anyAddress, stream, amount)
      .map(([token, rest, perSecond]) => ({ kind: 'erc20Streaming' as const, token, perSecond, ...rest })),
    fc.record({ kind: fc.constant('erc20TransferAmount' as const), token: anyAddress, limit: integer }),
    fc.record({ kind: fc.constant('erc721BalanceChange' as const), token: anyAddress, ...change }),
    fc.record({
      kind: fc.constant('erc721Transfer' as const),
      token: anyAddress,
      tokenId: fc.oneof(amount, fc.constant(0n)),
    }),
    fc.record({ kind: fc.constant('exactCalldata' as const), data: anyBytes(0, 100) }),
    fc.record({ kind: fc.constant('exactCalldataBatch' as const), executions }),
    fc.record({ kind: fc.constant('exactExecution' as const), ...execution }),
    fc.record({ kind: fc.constant('exactExecutionBatch' as const), executions }),
    fc.record({ kind: fc.constant('id' as const), id: fc.oneof(amount, fc.constant(0n)) }),
    fc.record({
      kind: fc.constant('limitedCalls' as const),
      limit: oracleBounds ? fc.bigInt({ min: 1n, max: 1_000_000n }) : amount,
    }),
    fc.record({
      kind: fc.constant('multiTokenPeriod' as const),
      periods: fc.array(fc.record({ token: anyAddress, ...period }), { minLength: 1, maxLength: small ? 2 : 5 }),
    }),
    fc.record({ kind: fc.constant('nativeBalanceChange' as const), ...change }),
    fc.record({ kind: fc.constant('nativePayment' as const), recipient: anyAddress, amount: integer }),
    fc.record({ kind: fc.constant('nativePeriodTransfer' as const), ...period }),
    fc.tuple(stream, amount).map(([rest, perSecond]) => ({ kind: 'nativeStreaming' as const, perSecond, ...rest })),
    fc.record({ kind: fc.constant('nativeTransferAmount' as const), limit: integer }),
    fc.record({ kind: fc.constant('nonce' as const), nonce: fc.oneof(amount, fc.constant(0n)) }),
    fc.record({ kind: fc.constant('ownershipTransfer' as const), target: anyAddress }),
    fc.record({ kind: fc.constant('redeemer' as const), redeemers: addresses }),
    fc.record({
      kind: fc.constant('specificActionBatch' as const),
      token: anyAddress,
      recipient: anyAddress,
      amount: integer,
      first: fc.record(execution),
    }),
    anyTaskScope({ small }),
    bounds('timestamp', { small, oracleBounds }),
    fc.record({ kind: fc.constant('valueLte' as const), max: fc.oneof(amount, fc.constant(0n)) }),
  ]
}

function bounds(kind: 'timestamp' | 'blockNumber', { small, oracleBounds }: CaveatOptions): fc.Arbitrary<KnownCaveat> {
  return fc
    .tuple(fc.bigInt({ min: 0n, max: small ? 300n : 10_000_000_000n }), fc.bigInt({ min: 2n, max: 200n }), fc.boolean())
    .map(([after, life, ends]) => ({ kind, after, before: ends ? after + life : 0n }))
    .filter(({ after, before }) => !oracleBounds || kind === 'timestamp' || after + before > 0n)
}
