import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { type Address, byteLength, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { callsInside } from './nested.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

const WRAPPER: Address = `0x${'77'.repeat(20)}`
const TOKEN: Address = `0x${'e5'.repeat(20)}`
const OTHER: Address = `0x${'66'.repeat(20)}`
const MODE = (first: string): Hex => `0x${first}${'00'.repeat(31)}`
const modular = (mode: Hex, data: Hex): Hex => encodeCalldata('execute(bytes32,bytes)', [mode, data])
const wrapped = (data: Hex): Hex => encodeCalldata('functionCall(address,bytes)', [TOKEN, data])
const many = (count: number, data: Hex): Hex => {
  return encodeCalldata('aggregate((address,bytes)[])', [Array.from({ length: count }, () => [TOKEN, data])])
}
const packed = (operation: bigint, to: Address, data: Hex): Hex =>
  concatBytes(uintToBytes(operation, 1), to, MODE('00'), uintToBytes(BigInt(byteLength(data)), 32), data)

describe('callsInside', () => {
  test('behavior: the calls of all levels count: 256 are read, 258 are not', () => {
    const read = (count: number) => callsInside(WRAPPER, many(count, wrapped('0x')))
    expect(read(128)).toMatchObject({ readable: true, calls: { length: 256 } })
    expect(read(129)).toMatchObject({ readable: false, calls: { length: 129 } })
  })

  test('behavior: a payload of the last word before 64 KiB is read, one word more is not', () => {
    const [fits, large] = [65_408, 65_440].map((size) => wrapped(`0x${'00'.repeat(size)}`))
    expect([fits, large].map((data) => byteLength(data as Hex))).toEqual([65_508, 65_540])
    expect(callsInside(WRAPPER, fits as Hex)?.readable).toBe(true)
    expect(callsInside(WRAPPER, large as Hex)?.readable).toBe(false)
  })

  test('behavior: a modular call has a target and a value, a delegated one a target only, and calldata may be empty', () => {
    const read = (mode: Hex, bytes: number) => callsInside(WRAPPER, modular(mode, `0x${'e5'.repeat(bytes)}`))
    const call = { to: TOKEN, data: '0x', delegated: false }
    expect(read(MODE('00'), 52)).toEqual({ readable: true, calls: [call] })
    expect(read(MODE('00'), 51)).toEqual({ readable: false, calls: [] })
    expect(read(MODE('ff'), 20)).toEqual({ readable: true, calls: [{ ...call, delegated: true }] })
    expect(read(MODE('ff'), 19)).toEqual({ readable: false, calls: [] })
  })

  test('attack: an operation that is neither a call nor a delegate call counts as the worse of both', () => {
    const safe = 'execTransactionFromModule(address,uint256,bytes,uint8)'
    for (const data of [
      encodeCalldata(safe, [TOKEN, 0n, '0x', 2]),
      encodeCalldata('multiSend(bytes)', [packed(2n, TOKEN, '0x')]),
    ]) {
      expect(callsInside(WRAPPER, data)?.calls).toEqual([{ to: TOKEN, data: '0x', delegated: true }])
    }
  })

  test('behavior: calls packed one after the other, each of its own length, down to none', () => {
    const read = (list: Hex) => callsInside(WRAPPER, encodeCalldata('multiSend(bytes)', [list]))
    expect(read('0x')).toEqual({ readable: true, calls: [] })
    const list = concatBytes(packed(0n, TOKEN, '0x12345678'), packed(1n, OTHER, '0x'), packed(0n, TOKEN, '0xab'))
    expect(read(list)?.calls).toEqual([
      { to: TOKEN, data: '0x12345678', delegated: false },
      { to: OTHER, data: '0x', delegated: true },
      { to: TOKEN, data: '0xab', delegated: false },
    ])
    for (const cut of [1, 2, 84, 85]) {
      const short = list.slice(0, -2 * cut) as Hex
      expect(read(short)?.readable).toBe(false)
    }
  })
})
