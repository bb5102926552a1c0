import fc from 'fast-check'
import { encodeAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import { delegations as anyDelegations } from '../../test/arbitraries/delegation.ts'
import { codeOf } from '../../test/codes.ts'
import { type Hex, uintToBytes } from '../primitives/hex.ts'
import { decodeContext, encodeContext } from './context.ts'
import { DelegationError } from './errors.ts'
import type { Delegation } from './types.ts'

const ABI = [
  {
    type: 'tuple[]',
    components: [
      { type: 'address', name: 'delegate' },
      { type: 'address', name: 'delegator' },
      { type: 'bytes32', name: 'authority' },
      {
        type: 'tuple[]',
        name: 'caveats',
        components: [
          { type: 'address', name: 'enforcer' },
          { type: 'bytes', name: 'terms' },
          { type: 'bytes', name: 'args' },
        ],
      },
      { type: 'uint256', name: 'salt' },
      { type: 'bytes', name: 'signature' },
    ],
  },
] as const

const link = (caveats = 1, terms: Hex = '0x0102'): Delegation => ({
  delegate: `0x${'11'.repeat(20)}`,
  delegator: `0x${'22'.repeat(20)}`,
  authority: `0x${'ff'.repeat(32)}`,
  caveats: Array.from({ length: caveats }, () => ({ enforcer: `0x${'33'.repeat(20)}`, terms, args: '0x' })),
  salt: `0x${'44'.repeat(32)}`,
  signature: `0x${'55'.repeat(65)}`,
})

/** The context with one word replaced. */
const withWord = (context: Hex, index: number, value: Hex): Hex =>
  `0x${context.slice(2, 2 + index * 64)}${value.slice(2)}${context.slice(2 + (index + 1) * 64)}`
const num = (value: bigint | number) => uintToBytes(BigInt(value), 32)

/** Runs and says how long it took: hostile input must not buy time. */
function timed<result>(run: () => result): [result, number] {
  const start = performance.now()
  return [run(), performance.now() - start]
}

describe('encodeContext', () => {
  test('default: equals viem abi.encode(Delegation[])', () => {
    fc.assert(
      fc.property(anyDelegations, (delegations) => {
        const oracle = encodeAbiParameters(ABI, [delegations.map((it) => ({ ...it, salt: BigInt(it.salt) }))])
        expect(encodeContext(delegations)).toBe(oracle)
      }),
    )
  })

  test('error: an empty context would execute as the redeemer', () => {
    expect(codeOf(() => encodeContext([])).code).toBe('delegation.context_empty')
  })

  test('error: it writes nothing that decodeContext refuses', () => {
    const nine = Array.from({ length: 9 }, () => link())
    expect(codeOf(() => encodeContext(nine)).code).toBe('delegation.context_too_many_links')
    expect(codeOf(() => encodeContext([link(17)])).code).toBe('delegation.context_too_many_caveats')
    expect(codeOf(() => encodeContext([link(1, `0x${'00'.repeat(33_000)}`)])).code).toBe('delegation.context_too_large')
    expect(codeOf(() => encodeContext([{ ...link(), salt: '0x01' }])).code).toBe('delegation.malformed')
  })
})

describe('decodeContext', () => {
  test('default: gives back what was encoded', () => {
    fc.assert(
      fc.property(anyDelegations, (delegations) => {
        expect(decodeContext(encodeContext(delegations))).toEqual(delegations)
      }),
    )
  })

  test('behavior: reads digits in any case, up to the bounds', () => {
    const most = Array.from({ length: 8 }, () => link(16))
    const context = encodeContext(most)
    expect(decodeContext(`0x${context.slice(2).toUpperCase()}`)).toEqual(most)
  })

  test('behavior: whatever it accepts encodes to the same bytes, and every kind of refusal is met near a valid context', () => {
    const seen = new Map<string, number>()
    const mutation = fc.oneof(
      fc.record({ kind: fc.constant('bit' as const), at: fc.nat(), bit: fc.nat(7) }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 64 }) }),
      fc.record({ kind: fc.constant('add' as const), at: fc.nat(), length: fc.integer({ min: 1, max: 64 }) }),
      fc.record({
        kind: fc.constant('word' as const),
        at: fc.nat(),
        value: fc.oneof(
          fc.constantFrom(0n, 9n, 17n, 32n, 64n, 2n ** 31n, 2n ** 256n - 1n),
          fc.bigInt(0n, 2_000n),
          fc.bigInt(0n, 2n ** 256n - 1n),
        ),
      }),
      fc.record({ kind: fc.constant('grow' as const) }),
      // The counts by name: chance meets these two words too seldom.
      fc.record({
        kind: fc.constant('count' as const),
        of: fc.constantFrom('links' as const, 'caveats' as const),
        value: fc.constantFrom(0n, 1n, 9n, 17n),
      }),
    )
    fc.assert(
      fc.property(anyDelegations, mutation, (delegations, change) => {
        const bytes = Buffer.from(encodeContext(delegations).slice(2), 'hex')
        let mutant: Buffer
        if (change.kind === 'bit') {
          mutant = Buffer.from(bytes)
          const at = change.at % bytes.length
          mutant[at] = (mutant[at] ?? 0) ^ (1 << change.bit)
        } else if (change.kind === 'cut') {
          const at = change.at % bytes.length
          mutant = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + change.length)])
        } else if (change.kind === 'add') {
          const at = change.at % (bytes.length + 1)
          mutant = Buffer.concat([bytes.subarray(0, at), Buffer.alloc(change.length), bytes.subarray(at)])
        } else if (change.kind === 'word' || change.kind === 'count') {
          mutant = Buffer.from(bytes)
          const value = Buffer.from(uintToBytes(change.value, 32).slice(2), 'hex')
          // Offset, count, an offset for each link; then the first link: six words, and its caveats' count.
          const counts = { links: 1, caveats: 2 + delegations.length + 6 }
          const at = change.kind === 'word' ? change.at % (bytes.length / 32) : counts[change.of]
          value.copy(mutant, at * 32)
        } else {
          mutant = Buffer.concat([bytes, Buffer.alloc(33_000)])
        }
        const context: Hex = `0x${mutant.toString('hex')}`
        try {
          expect(encodeContext(decodeContext(context))).toBe(context)
          seen.set('accepted', (seen.get('accepted') ?? 0) + 1)
        } catch (error) {
          if (!(error instanceof DelegationError)) throw error
          seen.set(error.code, (seen.get(error.code) ?? 0) + 1)
        }
      }),
      { numRuns: 6_000 },
    )
    expect([...seen.keys()].sort()).toEqual([
      'accepted',
      'delegation.context_bad_length',
      'delegation.context_bad_offset',
      'delegation.context_dirty_address',
      'delegation.context_dirty_padding',
      'delegation.context_empty',
      'delegation.context_too_large',
      'delegation.context_too_many_caveats',
      'delegation.context_too_many_links',
      'delegation.context_trailing_bytes',
      'delegation.context_truncated',
    ])
  })

  test('error: random bytes and other values are refused with a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.uint8Array({ maxLength: 300 })), (value) => {
        const input = value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : value
        expect(codeOf(() => decodeContext(input)).code).toMatch(/^delegation\.context_/)
      }),
    )
    for (const value of ['', '0x0', '0xzz', 'ff', null, undefined, 12]) {
      expect(codeOf(() => decodeContext(value)).code).toBe('delegation.context_not_hex')
    }
  })

  test('error: an empty context, in each of its forms, would execute as the redeemer', () => {
    expect(codeOf(() => decodeContext('0x')).code).toBe('delegation.context_empty')
    expect(codeOf(() => decodeContext(encodeAbiParameters(ABI, [[]]))).code).toBe('delegation.context_empty')
  })

  test('error: two links that point at the same bytes', () => {
    // Words: 0 offset, 1 count, 2 and 3 offsets of the links, 4 the first link.
    const context = encodeContext([link(), link()])
    const overlapping = withWord(context, 3, num(64))
    expect(codeOf(() => decodeContext(overlapping))).toMatchObject({
      code: 'delegation.context_bad_offset',
      details: { position: 96 },
    })
  })

  test('error: links written in another order than listed', () => {
    const context = encodeContext([link(), link()])
    const second: Hex = `0x${context.slice(2 + 3 * 64, 2 + 4 * 64)}`
    const swapped = withWord(withWord(context, 2, second), 3, num(64))
    expect(codeOf(() => decodeContext(swapped)).code).toBe('delegation.context_bad_offset')
  })

  test('error: a signature or args that another field already used', () => {
    // Words 3 to 8 are the link's head: its caveat offset is word 6, its signature offset word 8.
    const context = encodeContext([link()])
    for (const index of [0, 2, 6, 8, 10, 12, 13]) {
      const error = codeOf(() => decodeContext(withWord(context, index, num(0))))
      expect(error.code).toBe('delegation.context_bad_offset')
    }
  })

  test('error: bytes before an address, after a value or after the end', () => {
    const context = encodeContext([link()])
    expect(codeOf(() => decodeContext(withWord(context, 3, `0x01${'00'.repeat(31)}`))).code).toBe(
      'delegation.context_dirty_address',
    )
    const padded = context.slice(0, -2)
    expect(codeOf(() => decodeContext(`${padded}01`)).code).toBe('delegation.context_dirty_padding')
    expect(codeOf(() => decodeContext(`${context}00`)).code).toBe('delegation.context_trailing_bytes')
    expect(codeOf(() => decodeContext(padded)).code).toBe('delegation.context_truncated')
  })

  test('error: contexts made to exhaust their reader are refused within milliseconds', () => {
    const bomb = (size: number): Hex => {
      // Every offset points back at the list itself: a reader that follows offsets unfolds it without end.
      const count = Math.floor(size / 32) - 2
      return `0x${num(32).slice(2)}${num(count).slice(2)}${num(0).slice(2).repeat(count)}`
    }
    const claims = `0x${num(32).slice(2)}${num(2 ** 27).slice(2)}${num(64).slice(2).repeat(2)}` as const
    const thousand = encodeContext(
      Array.from({ length: 1_000 }, () => link(0)),
      { bytes: 1e6, links: 1_000 },
    )
    const cases: [Hex, string, Partial<{ bytes: number; links: number }>?][] = [
      [bomb(58 * 1024), 'delegation.context_too_large'],
      [bomb(29 * 1024), 'delegation.context_too_many_links'],
      [bomb(58 * 1024), 'delegation.context_bad_offset', { bytes: 1e6, links: 1e6 }],
      [claims, 'delegation.context_truncated'],
      [thousand, 'delegation.context_too_large'],
      [thousand, 'delegation.context_too_many_links', { bytes: 1e6 }],
      [`0x${'0'.repeat(2e7)}`, 'delegation.context_too_large'],
    ]
    for (const [context, code, limits] of cases) {
      const [error, milliseconds] = timed(() => codeOf(() => decodeContext(context, limits)))
      expect(error.code).toBe(code)
      expect(milliseconds).toBeLessThan(200)
    }
  })

  test('behavior: its time grows with the bytes, not with their square', () => {
    const contextOf = (links: number) =>
      encodeContext(
        Array.from({ length: links }, () => link(2)),
        { bytes: 1e7, links },
      )
    const [small, large] = [contextOf(400), contextOf(4_000)]
    const best = (context: Hex) =>
      Math.min(...[1, 2, 3].map(() => timed(() => decodeContext(context, { bytes: 1e7, links: 1e4 }))[1]))
    best(small)
    expect(best(large)).toBeLessThan(best(small) * 60 + 20)
  })
})
