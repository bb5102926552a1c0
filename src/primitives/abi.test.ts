import fc from 'fast-check'
import { encodeAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import { anyAddress, anyBytes } from '../../test/arbitraries/caveat.ts'
import { type AbiFault, abiAddress, abiBytes, abiTuples, abiWord, createAbiReader } from './abi.ts'
import type { Address, Hex } from './hex.ts'

type Item = { owner: Address; data: Hex }

/** `(address owner, bytes data)[]`, by the functions here. */
const write = (items: readonly Item[]) =>
  abiWord(32) + abiTuples(items.map(({ owner, data }) => abiAddress(owner) + abiWord(64) + abiBytes(data)))

function read(digits: string): Item[] {
  const reader = createAbiReader(digits, (fault, position) => Object.assign(new RangeError(fault), { position }))
  reader.offset(32)
  const items = reader.tuples(reader.count(), () => {
    const owner = reader.address()
    reader.offset(64)
    return { owner, data: reader.bytes() }
  })
  reader.end()
  return items
}

function faultOf(digits: string): AbiFault | 'none' {
  try {
    read(digits)
    return 'none'
  } catch (error) {
    return (error as RangeError).message as AbiFault
  }
}

const TYPE = [
  {
    type: 'tuple[]',
    components: [
      { name: 'owner', type: 'address' },
      { name: 'data', type: 'bytes' },
    ],
  },
] as const
const OWNER: Address = `0x${'12'.repeat(20)}`
const GOOD = write([
  { owner: OWNER, data: '0xabcd' },
  { owner: OWNER, data: '0x' },
])
const replaced = (at: number, value: string) => GOOD.slice(0, at * 2) + value + GOOD.slice(at * 2 + value.length)

describe('createAbiReader', () => {
  test('default: the bytes of an encoder that shares no code with ours, and back', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ owner: anyAddress, data: anyBytes(0, 70) }), { maxLength: 4 }), (items) => {
        const digits = write(items)
        expect(`0x${digits}`).toBe(encodeAbiParameters(TYPE, [items]))
        expect(read(digits)).toEqual(items)
      }),
      { numRuns: 200 },
    )
  })

  const faults: [AbiFault, string][] = [
    ['truncated', GOOD.slice(0, -2)],
    ['truncated', ''],
    ['truncated', replaced(32, abiWord(2 ** 31))],
    ['bad_offset', replaced(0, abiWord(64))],
    ['bad_offset', replaced(96, abiWord(64))],
    ['bad_length', replaced(0, `01${'00'.repeat(31)}`)],
    ['dirty_address', replaced(128, '01')],
    ['dirty_padding', replaced(128 + 32 + 32 + 32 + 2, '01')],
    ['trailing_bytes', `${GOOD}00`],
  ]
  test.each(faults)('error: %s', (fault, digits) => {
    expect(faultOf(digits)).toBe(fault)
    expect(faultOf(GOOD)).toBe('none')
  })

  test('behavior: every other spelling of the same bytes is refused: what is read is written again alike', () => {
    let refused = 0
    fc.assert(
      fc.property(fc.nat(GOOD.length / 2 - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const digits = replaced(at, byte.toString(16).padStart(2, '0'))
        if (faultOf(digits) === 'none') expect(write(read(digits))).toBe(digits)
        else refused++
      }),
      { numRuns: 1_000 },
    )
    expect(refused).toBeGreaterThan(500)
  })
})
