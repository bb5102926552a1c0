import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { type Address, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { callsInside } from './nested.ts'
import { requireFewDelegations } from './resolve.ts'

const TOKEN: Address = `0x${'e5'.repeat(20)}`
const payees = (count: number) => Array.from({ length: count }, (_, index) => uintToBytes(BigInt(index + 1), 20))

describe('requireFewDelegations', () => {
  const transfer = (to: unknown, asset: string = TOKEN) => ({ class: 'transfer', asset, to })
  const call = { class: 'call', to: TOKEN }
  const many = (count: number, rule: object) => Array.from({ length: count }, () => rule)
  test.each<[string, object[], boolean]>([
    ['none', [], true],
    ['512 calls', many(512, call), true],
    ['513 calls', many(513, call), false],
    ['512 payees of a token', [transfer(payees(512))], true],
    ['513 payees of a token', [transfer(payees(513))], false],
    ['512 payees, one of them twice', [transfer([...payees(512), payees(1)[0]])], true],
    ['512 payees and a call', [transfer(payees(512)), call], false],
    ['any number of payees of native coin', [transfer(payees(513), 'native')], true],
    ['513 ways to send native coin', many(513, transfer([TOKEN], 'native')), false],
    ['512 times anyone', many(512, transfer('anyone')), true],
    ['513 times anyone', many(513, transfer('anyone')), false],
    ['171 times three payees', many(171, transfer(payees(3))), false],
    ['170 times three payees', many(170, transfer(payees(3))), true],
  ])('behavior: %s', (_, rules, few) => {
    const ask = () => requireFewDelegations({ rules } as unknown as Scope)
    if (few) expect(ask()).toBeUndefined()
    else expect(ask).toThrowError(expect.objectContaining({ code: 'compile.too_many_delegations' }))
  })
})

describe('callsInside', () => {
  const wrapped = (data: Hex): Hex => encodeCalldata('functionCall(address,bytes)', [TOKEN, data])

  test('attack: what cannot be read below what can', () => {
    const cut = wrapped('0x').slice(0, -2) as Hex
    expect(callsInside(TOKEN, wrapped(wrapped('0x')))).toMatchObject({ readable: true, calls: { length: 2 } })
    expect(callsInside(TOKEN, wrapped(cut))).toMatchObject({ readable: false, calls: { length: 1 } })
    // Beside one that can be read, before it and behind it.
    const both = (first: Hex, second: Hex) =>
      callsInside(
        TOKEN,
        encodeCalldata('aggregate((address,bytes)[])', [
          [
            [TOKEN, first],
            [TOKEN, second],
          ],
        ]),
      )
    expect(both(wrapped('0x'), cut)?.readable).toBe(false)
    expect(both(cut, wrapped('0x'))?.readable).toBe(false)
  })

  test('attack: a packed call whose length is small only where its first bytes are not looked at', () => {
    const packed = (length: bigint) =>
      encodeCalldata('multiSend(bytes)', [
        concatBytes('0x00', TOKEN, uintToBytes(0n, 32), uintToBytes(length, 32), '0x12345678'),
      ])
    expect(callsInside(TOKEN, packed(4n))?.readable).toBe(true)
    for (const bit of [8n, 16n, 64n, 128n, 247n, 248n, 255n])
      expect(callsInside(TOKEN, packed(4n + (1n << bit)))?.readable).toBe(false)
  })
})
