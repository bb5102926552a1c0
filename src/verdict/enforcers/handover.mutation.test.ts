import { describe, expect, test } from 'vitest'
import { findingOf, type Given, numbersOf } from '../../../test/fixtures/facts.ts'
import { agent, alice, grantOf, stateOf, usdc, vendor, word } from '../../../test/fixtures/verdict.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { readAction } from '../facts.ts'
import { walk } from '../order.ts'
import { approvalKey } from '../storage.ts'
import type { Call } from '../types.ts'

const PERMIT2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'
const codeOf = (...parameters: Parameters<typeof findingOf>) => findingOf(...parameters)?.code ?? null

describe('approvalRevocation', () => {
  const all: Given = {
    kind: 'approvalRevocation',
    methods: [
      'erc20Approve',
      'erc721Approve',
      'setApprovalForAll',
      'permit2Approve',
      'permit2Lockdown',
      'permit2InvalidateNonces',
    ],
  }
  const call = (to: Address, data: string): Call => ({ to, value: 0n, data: data as Hex })
  const ZERO = word(0n)

  test('error: value with it: none is let go', () => {
    expect(numbersOf(findingOf([all], { ...call(usdc, `0x095ea7b3${word(vendor)}${ZERO}`), value: 3n }))).toEqual({
      code: 'value_not_allowed',
      limit: 0n,
      requested: 3n,
      remaining: 0n,
      measured: 'value',
    })
  })

  test('error: a function cut short, or none', () => {
    for (const data of ['0x', '0xcc', '0xcc5328', '0x095ea7', '0x095ea7b3'])
      expect(codeOf([all], call(PERMIT2, data))).toBe('calldata_not_allowed')
    // Of these two no argument is looked at.
    for (const data of ['0xcc53287f', '0x65d9723c']) {
      expect(codeOf([all], call(PERMIT2, data))).toBeNull()
      expect(codeOf([all], call(usdc, data))).toBe('target_not_allowed')
    }
  })

  test('error: an allowance of Permit2 of another length, and one that is not nothing', () => {
    const words = `${word(usdc)}${word(vendor)}`
    const approve = (rest: string) => codeOf([all], call(PERMIT2, `0x87517c45${words}${rest}`))
    expect(approve(`${ZERO}${ZERO}`)).toBeNull()
    expect(approve(`${ZERO}${ZERO}00`)).toBe('calldata_not_allowed')
    expect(approve(`${ZERO}${ZERO.slice(2)}`)).toBe('calldata_not_allowed')
    expect(approve(`${'1'.padEnd(64, '0')}${ZERO}`)).toBe('revocation_not_allowed')
    expect(approve(`${word(1n)}${ZERO}`)).toBe('revocation_not_allowed')
    expect(approve(`${ZERO}${'1'.padEnd(64, '0')}`)).toBe('revocation_not_allowed')
    expect(approve(`${ZERO}${word(1n)}`)).toBe('revocation_not_allowed')
  })

  test('behavior: approving nobody takes back the approval of an item, only the 20 bytes of an address say who', () => {
    const only = (method: 'erc20Approve' | 'erc721Approve'): Given => ({
      kind: 'approvalRevocation',
      methods: [method],
    })
    const code = (method: 'erc20Approve' | 'erc721Approve', first: string, second: string) => {
      const prepared = grantOf([only(method)])
      const given = call(usdc, `0x095ea7b3${first}${second}`)
      const enforcer = prepared.branches[0]?.links[0]?.caveats[0]?.enforcer ?? '0x'
      const [branch] = prepared.branches
      const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [given] })
      if (branch === undefined || 'code' in facts) throw new TypeError('not to be judged')
      const key = approvalKey(enforcer, alice, given)
      return (
        walk(branch, facts, stateOf(prepared, { counters: { [key]: { kind: 'hook', passes: true } } }))?.code ?? null
      )
    }
    const dirty = `${'ff'.repeat(12)}${'00'.repeat(20)}`
    const first = `${'00'.repeat(12)}01${'00'.repeat(19)}`
    for (const nobody of [ZERO, dirty]) {
      expect([code('erc721Approve', nobody, word(7n)), code('erc20Approve', nobody, word(7n))]).toEqual([
        null,
        'revocation_not_allowed',
      ])
    }
    for (const somebody of [word(1n), first, word(vendor)]) {
      expect([code('erc20Approve', somebody, ZERO), code('erc721Approve', somebody, ZERO)]).toEqual([
        null,
        'revocation_not_allowed',
      ])
      for (const left of [word(1n), '1'.padEnd(64, '0')])
        expect(code('erc20Approve', somebody, left)).toBe('revocation_not_allowed')
    }
  })
})

describe('erc721Transfer', () => {
  const NFT: Address = `0x${'7a'.repeat(20)}`
  const caveat: Given = { kind: 'erc721Transfer', token: NFT, tokenId: 7n }
  const code = (...words: string[]) => codeOf([caveat], { to: NFT, value: 0n, data: `0x23b872dd${words.join('')}` })

  test('error: a word of which any byte before the address is set, or which is all zero', () => {
    const good = word(vendor)
    expect(code(good, good, word(7n))).toBeNull()
    for (const place of [0, 11]) {
      const dirty = `${good.slice(0, place * 2)}10${good.slice(place * 2 + 2)}`
      expect([code(dirty, good, word(7n)), code(good, dirty, word(7n))]).toEqual([
        'calldata_not_allowed',
        'calldata_not_allowed',
      ])
    }
    // The first and the last digit of an address are enough to be somebody.
    for (const somebody of [word(1n), word(1n << 159n)]) {
      expect([code(somebody, good, word(7n)), code(good, somebody, word(7n))]).toEqual([null, null])
    }
  })

  test('error: one byte less than three words; ids that differ in one digit', () => {
    const good = word(vendor)
    expect(code(good, good, word(7n).slice(2))).toBe('calldata_not_allowed')
    for (const id of [6n, 8n, 7n + (1n << 255n)])
      expect(
        numbersOf(findingOf([caveat], { to: NFT, value: 0n, data: `0x23b872dd${good}${good}${word(id)}` })),
      ).toEqual({
        code: 'token_id_not_allowed',
        limit: 7n,
        requested: id,
      })
  })
})
