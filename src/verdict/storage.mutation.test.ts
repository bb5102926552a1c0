import { concat, encodeAbiParameters, encodePacked, keccak256, parseAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import { agent, alice, dai, environment, transfer, usdc, vendor, word } from '../../test/fixtures/verdict.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Hex } from '../primitives/hex.ts'
import { approvalKey, chosenPeriod, counterOf, periodKey, sharedBy } from './storage.ts'
import { counterKey } from './types.ts'

/** Keys against the contracts' own formulas, as a second encoder writes them. */

const place = { hash: `0x${'9a'.repeat(32)}` as Hex, delegator: alice, manager: environment.manager }
const window = { amount: 5n, duration: 60n, start: 10n }
const periods = [
  { token: usdc, ...window },
  { token: dai, ...window },
]
const keysOf = (known: KnownCaveat, args: Hex = '0x') => {
  const caveat = { ...encodeCaveat(environment, known), args }
  return {
    enforcer: caveat.enforcer,
    key: counterOf(known, caveat, place),
    shared: sharedBy(known, caveat, place),
    caveat,
  }
}

describe('counterOf', () => {
  test('behavior: what counts by delegation', () => {
    const stream = { initial: 1n, max: 2n, perSecond: 1n, start: 1n }
    const counting: KnownCaveat[] = [
      { kind: 'limitedCalls', limit: 1n },
      { kind: 'erc20TransferAmount', token: usdc, limit: 1n },
      { kind: 'nativeTransferAmount', limit: 1n },
      { kind: 'erc20PeriodTransfer', token: usdc, ...window },
      { kind: 'nativePeriodTransfer', ...window },
      { kind: 'erc20Streaming', token: usdc, ...stream },
      { kind: 'nativeStreaming', ...stream },
    ]
    for (const known of counting) {
      const { enforcer, key, shared } = keysOf(known)
      expect([key, shared]).toEqual([counterKey(enforcer, place.hash), counterKey(enforcer, place.hash)])
    }
    for (const known of [
      { kind: 'valueLte', max: 1n },
      { kind: 'nonce', nonce: 1n },
    ] as const)
      expect([keysOf(known).key, keysOf(known).shared]).toEqual([null, null])
  })

  test('behavior: an id is one of its delegator', () => {
    const { enforcer, key } = keysOf({ kind: 'id', id: 7n })
    expect(key).toBe(counterKey(enforcer, keccak256(encodePacked(['address', 'uint256'], [alice, 7n]))))
  })

  test('behavior: what only the enforcer itself can say stands under its terms', () => {
    for (const known of [
      { kind: 'blockNumber', after: 1n, before: 9n },
      { kind: 'deployed', address: usdc, salt: `0x${'01'.repeat(32)}`, bytecode: '0x00' },
    ] as const) {
      const { enforcer, key, shared, caveat } = keysOf(known)
      expect([key, shared]).toEqual([counterKey(enforcer, keccak256(caveat.terms)), null])
    }
  })

  test('behavior: a chosen period has a key of its own, and without a choice there is none', () => {
    const known: KnownCaveat = { kind: 'multiTokenPeriod', periods }
    const { enforcer, key, shared } = keysOf(known, `0x${word(1n)}`)
    const own = keccak256(
      encodeAbiParameters(parseAbiParameters('address, address, bytes32, uint256'), [
        place.manager,
        dai,
        place.hash,
        1n,
      ]),
    )
    expect(periodKey(periods, `0x${word(1n)}`, place)).toBe(own)
    expect([key, shared]).toEqual([counterKey(enforcer, own), counterKey(enforcer, own)])
    expect(periodKey(periods, '0x', place)).toBeNull()
    expect([keysOf(known).key, keysOf(known).shared]).toEqual([null, null])
  })
})

describe('chosenPeriod', () => {
  test('behavior: a whole word, of which nothing behind it is looked at', () => {
    const chosen = (args: Hex) => chosenPeriod(periods, args)?.index ?? null
    expect([chosen(`0x${word(0n)}`), chosen(`0x${word(1n)}`), chosen(`0x${word(2n)}`)]).toEqual([0n, 1n, null])
    expect(chosen(`0x${word(1n)}ff`)).toBe(1n)
    expect([chosen('0x'), chosen('0x00'), chosen(`0x${word(0n).slice(2)}`)]).toEqual([null, null, null])
    for (const far of [1n << 255n, 1n << 32n, (1n << 256n) - 1n]) expect(chosen(`0x${word(far)}`)).toBeNull()
    expect(chosenPeriod(periods, `0x${word(1n)}`)?.period).toEqual(periods[1])
  })
})

describe('sharedBy', () => {
  test('behavior: locks of balances: by token, by whom they look at, by item', () => {
    const change = { direction: 'increase', amount: 1n } as const
    const lock = (known: KnownCaveat) => keysOf(known).shared
    const native = (recipient = vendor) => lock({ kind: 'nativeBalanceChange', recipient, ...change })
    const erc20 = (token = usdc, recipient = vendor) =>
      lock({ kind: 'erc20BalanceChange', token, recipient, ...change })
    const nft = (token = usdc, recipient = vendor) => lock({ kind: 'erc721BalanceChange', token, recipient, ...change })
    const item = (token = usdc, recipient = vendor, tokenId = 1n) =>
      lock({ kind: 'erc1155BalanceChange', token, recipient, tokenId, ...change })
    expect(native(agent)).toBe(native())
    expect(erc20(usdc, agent)).toBe(erc20())
    const all = [
      native(),
      erc20(),
      erc20(dai),
      nft(),
      nft(dai),
      nft(usdc, agent),
      item(),
      item(dai),
      item(usdc, agent),
      item(usdc, vendor, 2n),
    ]
    expect(new Set(all).size).toBe(all.length)
    expect(all).not.toContain(null)
  })
})

describe('approvalKey', () => {
  test('behavior: by target, delegator and every byte of the call', () => {
    const call = transfer(1n)
    expect(approvalKey(usdc, alice, call)).toBe(counterKey(usdc, keccak256(concat([call.to, alice, call.data]))))
  })
})
