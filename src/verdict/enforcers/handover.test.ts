import { describe, expect, test } from 'vitest'
import {
  act,
  alice,
  denied,
  grantOf,
  otherVendor,
  stateOf,
  usdc,
  vendor,
  word,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { applyFix } from '../applyFix.ts'
import { evaluate } from '../evaluate.ts'
import { approvalKey } from '../storage.ts'
import type { Call, Counter } from '../types.ts'

const NFT: Address = `0x${'7a'.repeat(20)}`
const PERMIT2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'
const ZERO: Address = `0x${'00'.repeat(20)}`

const call = (to: Address, selector: Hex, ...words: (bigint | Address)[]): Call => ({
  to,
  value: 0n,
  data: `${selector}${words.map(word).join('')}`,
})

function verdict(caveat: KnownCaveat, given: Call, counters: Record<string, Counter> = {}) {
  const prepared = grantOf([caveat])
  return evaluate(prepared, act(given), stateOf(prepared, { counters }))
}
const code = (...parameters: Parameters<typeof verdict>) => {
  const given = verdict(...parameters)
  return given.verdict === 'deny' ? given.code : given.verdict
}

describe('erc721Transfer', () => {
  const caveat: KnownCaveat = { kind: 'erc721Transfer', token: NFT, tokenId: 7n }
  const move = (from: bigint | Address, to: bigint | Address, id: bigint, selector: Hex = '0x23b872dd') =>
    call(NFT, selector, from, to, id)

  test('default: any of the three functions, from and to anybody', () => {
    for (const selector of ['0x23b872dd', '0x42842e0e', '0xb88d4fde'] as const) {
      expect(code(caveat, move(alice, vendor, 7n, selector))).toBe('allow')
    }
    const tail = move(alice, vendor, 7n)
    expect(code(caveat, { ...tail, data: `${tail.data}ffff` })).toBe('allow')
  })

  test('error: another id, and the fix names the granted one', () => {
    const given = denied(verdict(caveat, move(alice, vendor, 8n)))
    expect(given).toMatchObject({ code: 'token_id_not_allowed', limit: 7n, requested: 8n })
    expect(applyFix(given.fix, act(move(alice, vendor, 8n)))).toEqual(act(move(alice, vendor, 7n)))
  })

  test.each([
    ['another collection', { ...move(alice, vendor, 7n), to: usdc }, 'target_not_allowed'],
    ['an approval', move(alice, vendor, 7n, '0x095ea7b3'), 'method_not_allowed'],
    ['from nobody', move(ZERO, vendor, 7n), 'argument_not_allowed'],
    ['to nobody', move(alice, ZERO, 7n), 'argument_not_allowed'],
    ['a word that is no address', move(1n << 160n, vendor, 7n), 'calldata_not_allowed'],
    ['a word cut off', call(NFT, '0x23b872dd', alice, vendor), 'calldata_not_allowed'],
  ])('error: %s', (_, given, reason) => {
    expect(code(caveat, given)).toBe(reason)
  })

  test('behavior: another function or collection is mended', () => {
    for (const given of [move(alice, vendor, 7n, '0x095ea7b3'), { ...move(alice, vendor, 7n), to: usdc }]) {
      const { fix } = denied(verdict(caveat, given))
      expect(code(caveat, applyFix(fix, act(given)).calls[0] as Call)).toBe('allow')
    }
  })
})

describe('ownershipTransfer', () => {
  const caveat: KnownCaveat = { kind: 'ownershipTransfer', target: NFT }

  test('default: this contract, to anybody', () => {
    expect(code(caveat, call(NFT, '0xf2fde38b', otherVendor))).toBe('allow')
  })

  test.each([
    ['another contract', call(usdc, '0xf2fde38b', vendor), 'target_not_allowed'],
    ['another function', call(NFT, '0x715018a6', vendor), 'method_not_allowed'],
    ['a second word', call(NFT, '0xf2fde38b', vendor, 0n), 'calldata_not_allowed'],
    ['no word', call(NFT, '0xf2fde38b'), 'calldata_not_allowed'],
  ])('error: %s', (_, given, reason) => {
    expect(code(caveat, given)).toBe(reason)
    const { fix } = denied(verdict(caveat, given))
    expect(code(caveat, applyFix(fix, act(given)).calls[0] as Call)).toBe('allow')
  })
})

describe('approvalRevocation', () => {
  const all: KnownCaveat = {
    kind: 'approvalRevocation',
    methods: [
      ...(['erc20Approve', 'erc721Approve', 'setApprovalForAll'] as const),
      ...(['permit2Approve', 'permit2Lockdown', 'permit2InvalidateNonces'] as const),
    ],
  }
  const without = (method: string): KnownCaveat => ({
    kind: 'approvalRevocation',
    methods: (all.kind === 'approvalRevocation' ? all.methods : []).filter((one) => one !== method),
  })
  const live = (given: Call, passes = true): Record<string, Counter> => {
    const enforcer = grantOf([all]).branches[0]?.links[0]?.caveats[0]?.enforcer ?? '0x'
    return { [approvalKey(enforcer, alice, given)]: { kind: 'hook', passes } }
  }
  const ways: [string, Call][] = [
    ['erc20Approve', call(usdc, '0x095ea7b3', vendor, 0n)],
    ['erc721Approve', call(NFT, '0x095ea7b3', 0n, 7n)],
    ['setApprovalForAll', call(NFT, '0xa22cb465', vendor, 0n)],
    ['permit2Approve', call(PERMIT2, '0x87517c45', usdc, vendor, 0n, 0n)],
    ['permit2Lockdown', call(PERMIT2, '0xcc53287f', 32n, 0n)],
    ['permit2InvalidateNonces', call(PERMIT2, '0x65d9723c', usdc, vendor, 1n)],
  ]

  test.each(ways)('default: %s, where it is granted', (method, given) => {
    expect(code(all, given, live(given))).toBe('allow')
    expect(code(without(method), given, live(given))).toBe('revocation_not_allowed')
    const paid = denied(verdict(all, { ...given, value: 1n }, live(given)))
    expect(paid).toMatchObject({ code: 'value_not_allowed', largestAllowed: 0n })
  })

  test('error: nothing to take back, and an answer that was not read', () => {
    for (const [, given] of ways.slice(0, 3)) {
      expect(code(all, given, live(given, false))).toBe('no_approval_to_revoke')
      expect(code(all, given)).toBe('state_missing')
    }
    // Permit2 is not asked.
    for (const [, given] of ways.slice(3)) expect(code(all, given)).toBe('allow')
  })

  test.each([
    ['an approval of something', call(usdc, '0x095ea7b3', vendor, 1n), 'revocation_not_allowed'],
    ['an operator', call(NFT, '0xa22cb465', vendor, 1n), 'revocation_not_allowed'],
    ['an amount through Permit2', call(PERMIT2, '0x87517c45', usdc, vendor, 1n, 0n), 'revocation_not_allowed'],
    ['a time through Permit2', call(PERMIT2, '0x87517c45', usdc, vendor, 0n, 1n), 'revocation_not_allowed'],
    ['another Permit2', call(usdc, '0x87517c45', usdc, vendor, 0n, 0n), 'target_not_allowed'],
    ['a tail for Permit2', call(PERMIT2, '0x87517c45', usdc, vendor, 0n, 0n, 0n), 'calldata_not_allowed'],
    ['a transfer', call(usdc, '0xa9059cbb', vendor, 0n), 'method_not_allowed'],
    ['a tail', call(usdc, '0x095ea7b3', vendor, 0n, 0n), 'calldata_not_allowed'],
    ['no function', { to: usdc, value: 0n, data: '0x0102' as const }, 'calldata_not_allowed'],
  ])('error: %s', (_, given, reason) => {
    expect(code(all, given, live(given))).toBe(reason)
  })
})
