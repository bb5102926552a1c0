import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { describeCaveat } from './describe.ts'
import type { DecodedCaveat } from './types.ts'

const USDC = '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913'
const PAYEE = '0x00000000000000000000000000000000000000aa'
const SHOWN = '0x00000000000000000000000000000000000000AA'
const SHOWN_USDC = '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913'
const ZERO_WORD: Hex = `0x${'00'.repeat(32)}`
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
    [
      { kind: 'approvalRevocation', methods: ['erc20Approve', 'permit2Lockdown'] },
      'Only taking back ERC-20 approvals or several Permit2 allowances at once, of any token',
    ],
    [{ kind: 'argsEqualityCheck', args: '0x1234' }, 'Only where the redeemer adds 0x1234'],
    [{ kind: 'argsEqualityCheck', args: '0x' }, 'Only where the redeemer adds nothing'],
    [{ kind: 'blockNumber', after: 9n, before: 12n }, 'Not before block 10. Expires with block 12'],
    [{ kind: 'blockNumber', after: 0n, before: 0n }, 'Never expires'],
    [
      { kind: 'deployed', address: PAYEE, salt: ZERO_WORD, bytecode: '0x6000' },
      'Deploys 2 bytes of code to 0x00000000000000000000000000000000000000AA first, unless there is a contract',
    ],
    [
      { kind: 'erc20BalanceChange', direction: 'decrease', token: USDC, recipient: PAYEE, amount: 5_000_000n },
      `After each execution ${SHOWN} has at most 5 USDC less (token ${SHOWN_USDC})`,
    ],
    [
      { kind: 'erc721BalanceChange', direction: 'increase', token: USDC, recipient: PAYEE, amount: 2n },
      `After each execution ${SHOWN} has at least 2 more tokens of the collection ${SHOWN_USDC}`,
    ],
    [
      { kind: 'erc1155BalanceChange', direction: 'decrease', token: USDC, recipient: PAYEE, tokenId: 7n, amount: 2n },
      `After each execution ${SHOWN} has at most 2 fewer tokens with the id 7 of the collection ${SHOWN_USDC}`,
    ],
    [
      { kind: 'nativeBalanceChange', direction: 'decrease', recipient: PAYEE, amount: 10n ** 18n },
      `After each execution ${SHOWN} has at most 1 native coin less`,
    ],
    [
      { kind: 'erc20Streaming', token: USDC, initial: 1_000_000n, max: 9_000_000n, perSecond: 500n, start: START },
      `At most 1 USDC from 20 Nov 2026 00:00 UTC, then 0.0005 USDC more each second, up to 9 USDC in all; only transfers of USDC (token ${SHOWN_USDC})`,
    ],
    [
      { kind: 'nativeStreaming', initial: 0n, max: 10n ** 18n, perSecond: 10n ** 15n, start: START },
      'At most 0 native coin from 20 Nov 2026 00:00 UTC, then 0.001 native coin more each second, up to 1 native coin in all',
    ],
    [
      { kind: 'erc721Transfer', token: PAYEE, tokenId: 3n },
      `Only transfers of the token with the id 3 of the collection ${SHOWN}`,
    ],
    [
      { kind: 'exactExecution', target: PAYEE, value: 0n, data: '0x1234' },
      `Only exactly this call: ${SHOWN} with the calldata 0x1234`,
    ],
    [
      {
        kind: 'exactExecutionBatch',
        executions: [
          { target: PAYEE, value: 10n ** 18n, data: '0x' },
          { target: PAYEE, value: 0n, data: '0x12' },
        ],
      },
      `Only exactly this batch of 2: ${SHOWN} with no calldata and 1 native coin, then ${SHOWN} with the calldata 0x12`,
    ],
    [
      { kind: 'exactCalldataBatch', executions: [{ target: PAYEE, value: 0n, data: '0x12' }] },
      'Only batches of 1 with the calldata 0x12; to any contract and with any native coin',
    ],
    [{ kind: 'id', id: 4n }, 'Once among all delegations of the delegator with the id 4'],
    [
      {
        kind: 'logicalOr',
        groups: [
          [
            { meaning: { kind: 'limitedCalls', limit: 1n }, args: '0x' },
            { meaning: { kind: 'valueLte', max: 0n }, args: '0x' },
          ],
          [],
        ],
      },
      'One of, as whoever redeems likes: (Once only / No native coin with the call) or (nothing at all)',
    ],
    [
      {
        kind: 'multiTokenPeriod',
        periods: [
          { token: USDC, amount: 5_000_000n, duration: DAY, start: START },
          { token: `0x${'00'.repeat(20)}`, amount: 10n ** 18n, duration: DAY, start: START },
        ],
      },
      `Only payments and token transfers, at most: 5 USDC every 1 day, counted from 20 Nov 2026 00:00 UTC (token ${SHOWN_USDC}); 1 native coin every 1 day, counted from 20 Nov 2026 00:00 UTC`,
    ],
    [
      { kind: 'nativePayment', recipient: PAYEE, amount: 10n ** 18n },
      `Each redemption pays 1 native coin to ${SHOWN}, through another delegation that the redeemer brings; the call is not restricted`,
    ],
    [{ kind: 'ownershipTransfer', target: PAYEE }, `Only handing over the ownership of ${SHOWN}`],
    [
      {
        kind: 'specificActionBatch',
        token: USDC,
        recipient: PAYEE,
        amount: 1_000_000n,
        first: { target: PAYEE, value: 0n, data: '0x12' },
      },
      `Once, and only this batch: ${SHOWN} with the calldata 0x12, then exactly 1 USDC (token ${SHOWN_USDC}) to ${SHOWN}`,
    ],
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
    ['a comparison that the redeemer writes itself', { kind: 'argsEqualityCheck', args: '0x12' }],
    ['blocks without end', { kind: 'blockNumber', after: 5n, before: 0n }],
    ['a caveat that restricts no call', { kind: 'deployed', address: PAYEE, salt: ZERO_WORD, bytecode: '0x00' }],
    [
      'a balance that is compared for each execution alone',
      { kind: 'nativeBalanceChange', direction: 'decrease', recipient: PAYEE, amount: 1n },
    ],
    [
      'a rate that overflows',
      { kind: 'nativeStreaming', initial: 0n, max: 1n, perSecond: MAX_UINT256 / 10n ** 9n, start: 1n },
    ],
    ['an NFT that goes to anyone', { kind: 'erc721Transfer', token: PAYEE, tokenId: 0n }],
    ['an owner that the redeemer chooses', { kind: 'ownershipTransfer', target: PAYEE }],
    [
      'targets that are not compared',
      { kind: 'exactCalldataBatch', executions: [{ target: PAYEE, value: 0n, data: '0x' }] },
    ],
    [
      'a token that stands there twice',
      { kind: 'multiTokenPeriod', periods: Array(2).fill({ token: USDC, amount: 1n, duration: 1n, start: 1n }) },
    ],
    [
      'a batch longer than one sentence',
      { kind: 'exactExecutionBatch', executions: Array(20).fill({ target: PAYEE, value: 0n, data: '0x' }) },
    ],
    [
      'choices that share their limits',
      { kind: 'logicalOr', groups: [[{ meaning: { kind: 'valueLte', max: 0n }, args: '0x' }]] },
    ],
    ['an unknown enforcer', { kind: 'unknown', enforcer: PAYEE, terms: '0x', reason: 'unknown_enforcer' }],
    ['malformed terms', { kind: 'unknown', enforcer: PAYEE, terms: '0x', reason: 'malformed_terms' }],
  ]
  test.each(warned)('behavior: warns of %s', (_, caveat) => {
    expect(describeCaveat(caveat, { assets }).warnings).not.toEqual([])
  })

  test('behavior: what is warned of inside a choice is warned of outside', () => {
    const inner = { meaning: { kind: 'timestamp', after: 0n, before: 0n }, args: '0x' } as const
    const { warnings } = describeCaveat({ kind: 'logicalOr', groups: [[inner], [], [inner, inner]] })
    expect(warnings).toEqual(expect.arrayContaining(['It never expires.', 'One choice restricts nothing.']))
    expect(new Set(warnings).size).toBe(warnings.length)
    const long = { meaning: { kind: 'allowedTargets', targets: Array<Hex>(16).fill(PAYEE) }, args: '0x' } as const
    const all = describeCaveat({ kind: 'logicalOr', groups: Array(16).fill(Array(16).fill(long)) })
    expect(all.sentence.length).toBeLessThan(1_100)
    expect(all.warnings).toContain('Only the beginning is shown.')
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
          expect(sentence.length).toBeLessThan((caveat as DecodedCaveat)?.kind === 'taskScope' ? 4_100 : 1_200)
          expect(sentence).not.toMatch(/(?<![0-9a-fA-Fx])[0-9]{40,}(?![0-9a-fA-F])/)
        },
      ),
      { numRuns: 500 },
    )
  })
})
