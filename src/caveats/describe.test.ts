import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { describeCaveat } from './describe.ts'
import type { DecodedCaveat } from './types.ts'

const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const PAYEE = '0x00000000000000000000000000000000000000aa'
const assets = { [USDC]: { symbol: 'USDC', decimals: 6 } }
const DAY = 86_400n
const START = 1_795_132_800n

describe('describeCaveat', () => {
  const table: [DecodedCaveat, string][] = [
    [
      { kind: 'erc20PeriodTransfer', token: USDC, amount: 200_000_000n, duration: DAY, start: START },
      'At most 200 USDC every 1 day, counted from 20 Nov 2026 00:00 UTC; only transfers of USDC (token 0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913)',
    ],
    [
      { kind: 'erc20TransferAmount', token: PAYEE, limit: 5n },
      'At most 5 base units in all; only transfers of the token 0x00000000000000000000000000000000000000AA',
    ],
    [{ kind: 'allowedTargets', targets: [PAYEE] }, 'Only to 0x00000000000000000000000000000000000000AA'],
    [
      { kind: 'allowedMethods', selectors: ['0xa9059cbb', '0x00000001'] },
      'Only the functions with selector 0xa9059cbb or 0x00000001',
    ],
    [{ kind: 'exactCalldata', data: '0x' }, 'Only plain payments, no function is called'],
    [{ kind: 'limitedCalls', limit: 1n }, 'Once only'],
    [{ kind: 'limitedCalls', limit: 20n }, 'At most 20 times'],
    [{ kind: 'nativeTransferAmount', limit: 5n * 10n ** 17n }, 'At most 0.5 native coin in all'],
    [{ kind: 'valueLte', max: 0n }, 'No native coin with the call'],
    [
      { kind: 'timestamp', after: START - 1n, before: START + 3_661n },
      'Not before 20 Nov 2026 00:00 UTC. Expires 20 Nov 2026 01:01:01 UTC',
    ],
    [{ kind: 'timestamp', after: 0n, before: 0n }, 'Never expires'],
    [{ kind: 'redeemer', redeemers: [PAYEE] }, 'Only redeemed by 0x00000000000000000000000000000000000000AA'],
    [{ kind: 'nonce', nonce: 3n }, 'Until the delegator ends the group (nonce 3)'],
  ]
  test.each(table)('default: %o', (caveat, sentence) => {
    expect(describeCaveat(caveat, { assets }).sentence).toBe(sentence)
  })

  test('behavior: the word at 4 is the payee only where the link admits nothing but a token transfer', () => {
    const word = { kind: 'allowedCalldata', start: 4n, value: `0x${PAYEE.slice(2).padStart(64, '0')}` as Hex } as const
    expect(describeCaveat(word, { erc20Transfer: true }).sentence).toBe(
      'Only to 0x00000000000000000000000000000000000000AA',
    )
    expect(describeCaveat(word).sentence).toMatch(/^Only where bytes 4 to 35 of the calldata are 0x0{24}/)
  })

  const warned: [string, DecodedCaveat][] = [
    ['no expiry', { kind: 'timestamp', after: 5n, before: 0n }],
    ['an unlimited amount', { kind: 'nativeTransferAmount', limit: MAX_UINT256 }],
    ['an amount one below unlimited', { kind: 'erc20TransferAmount', token: USDC, limit: MAX_UINT256 - 1n }],
    ['a period without end', { kind: 'nativePeriodTransfer', amount: 1n, duration: MAX_UINT256, start: 1n }],
    ['more payees than one sentence holds', { kind: 'allowedTargets', targets: Array<Hex>(17).fill(PAYEE) }],
    ['an unknown enforcer', { kind: 'unknown', enforcer: PAYEE, terms: '0x', reason: 'unknown_enforcer' }],
    ['malformed terms', { kind: 'unknown', enforcer: PAYEE, terms: '0x', reason: 'malformed_terms' }],
  ]
  test.each(warned)('behavior: warns of %s', (_, caveat) => {
    expect(describeCaveat(caveat, { assets }).warnings).not.toEqual([])
  })

  test('behavior: 2^256-1 reads "unlimited"', () => {
    const { sentence } = describeCaveat({ kind: 'erc20TransferAmount', token: USDC, limit: MAX_UINT256 }, { assets })
    expect(sentence).toMatch(/^At most unlimited USDC in all/)
  })

  test('behavior: a symbol cannot pose as our words: escaped, short, its address beside it', () => {
    const evil = { [USDC]: { symbol: `nothing\u202e\n"; At most 1 ${'x'.repeat(500)}`, decimals: 6 } }
    const { sentence } = describeCaveat({ kind: 'erc20TransferAmount', token: USDC, limit: 5n }, { assets: evil })
    expect(sentence).not.toMatch(/[\n\u202e]/)
    expect(sentence).toContain('0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913')
    expect(sentence.length).toBeLessThan(250)
  })

  test('behavior: total and short, whatever the caveat and the assets', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyKnownCaveat(), fc.anything()),
        fc.anything(),
        fc.integer(),
        (caveat, symbol, decimals) => {
          const options = { assets: { [USDC]: { symbol, decimals } } } as never
          const { sentence } = describeCaveat(caveat as DecodedCaveat, options)
          expect(sentence.length).toBeGreaterThan(0)
          expect(sentence.length).toBeLessThan(1_200)
          expect(sentence).not.toMatch(/(?<![0-9a-fA-Fx])[0-9]{40,}(?![0-9a-fA-F])/)
        },
      ),
      { numRuns: 500 },
    )
  })
})
