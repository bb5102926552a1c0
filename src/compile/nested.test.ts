import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { type Address, byteLength, concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { CARRIER_SIGNATURES, callsInside, carriesCalls, mayCarryCalls } from './nested.ts'
import { selectorOf } from './selector.ts'

const WRAPPER: Address = `0x${'77'.repeat(20)}`
const TOKEN: Address = `0x${'e5'.repeat(20)}`
const THIEF: Address = `0x${'66'.repeat(20)}`
const ZERO = `0x${'00'.repeat(32)}` as const
const APPROVE = encodeCalldata('approve(address,uint256)', [THIEF, 5n])
const BATCH_MODE = `0x01${'00'.repeat(31)}` as const
const DELEGATE_MODE = `0xff${'00'.repeat(31)}` as const

const packed = (operation: bigint, to: Address, data: Hex): Hex =>
  concatBytes(uintToBytes(operation, 1), to, ZERO, uintToBytes(BigInt(byteLength(data)), 32), data)
const list = sliceBytes(encodeCalldata('f((address,uint256,bytes)[] a)', [[[TOKEN, 0n, APPROVE]]]), 4)

const plain = { to: TOKEN, data: APPROVE, delegated: false }
const itself = { to: WRAPPER, data: APPROVE, delegated: false }
const runs = { to: TOKEN, data: APPROVE, delegated: true }
const SAFE = 'address,uint256,bytes,uint8'
const SAFE_TAIL = [0n, 0n, 0n, THIEF, THIEF, '0x'] as const

/** Every form with the same call in it, as its contracts take it. */
const FORMS: readonly [signature: string, args: readonly unknown[], inside: object][] = [
  ['multicall(bytes[])', [[APPROVE]], itself],
  ['multicall(uint256,bytes[])', [1n, [APPROVE]], itself],
  ['multicall(bytes32,bytes[])', [ZERO, [APPROVE]], itself],
  ['multicall((address,uint256,bytes)[])', [[[TOKEN, 0n, APPROVE]]], plain],
  ['batch(bytes[],bool)', [[APPROVE], true], itself],
  ['batch((address,uint256,bytes)[])', [[[TOKEN, 0n, APPROVE]]], plain],
  ['aggregate((address,bytes)[])', [[[TOKEN, APPROVE]]], plain],
  ['aggregate3((address,bool,bytes)[])', [[[TOKEN, true, APPROVE]]], plain],
  ['aggregate3Value((address,bool,uint256,bytes)[])', [[[TOKEN, true, 0n, APPROVE]]], plain],
  ['tryAggregate(bool,(address,bytes)[])', [true, [[TOKEN, APPROVE]]], plain],
  ['blockAndAggregate((address,bytes)[])', [[[TOKEN, APPROVE]]], plain],
  ['tryBlockAndAggregate(bool,(address,bytes)[])', [true, [[TOKEN, APPROVE]]], plain],
  ['execute(address,uint256,bytes)', [TOKEN, 0n, APPROVE], plain],
  ['execute((address,uint256,bytes))', [[TOKEN, 0n, APPROVE]], plain],
  ['execute(bytes32,bytes)', [ZERO, concatBytes(TOKEN, ZERO, APPROVE)], plain],
  ['execute(bytes32,bytes)', [BATCH_MODE, list], plain],
  ['execute(bytes32,bytes)', [DELEGATE_MODE, concatBytes(TOKEN, APPROVE)], runs],
  ['executeBatch((address,uint256,bytes)[])', [[[TOKEN, 0n, APPROVE]]], plain],
  ['executeBatch(address[],bytes[])', [[TOKEN], [APPROVE]], plain],
  ['executeBatch(address[],uint256[],bytes[])', [[TOKEN], [0n], [APPROVE]], plain],
  ['executeFromExecutor(bytes32,bytes)', [ZERO, concatBytes(TOKEN, ZERO, APPROVE)], plain],
  [
    `execTransaction(${SAFE},uint256,uint256,uint256,address,address,bytes)`,
    [TOKEN, 0n, APPROVE, 0, ...SAFE_TAIL],
    plain,
  ],
  [`execTransactionFromModule(${SAFE})`, [TOKEN, 0n, APPROVE, 0], plain],
  [`execTransactionFromModule(${SAFE})`, [TOKEN, 0n, APPROVE, 1], runs],
  [`execTransactionFromModuleReturnData(${SAFE})`, [TOKEN, 0n, APPROVE, 0], plain],
  ['multiSend(bytes)', [packed(0n, TOKEN, APPROVE)], plain],
  ['multiSend(bytes)', [packed(1n, TOKEN, APPROVE)], runs],
  ['functionCall(address,bytes)', [TOKEN, APPROVE], plain],
  ['functionCallWithValue(address,bytes,uint256)', [TOKEN, APPROVE, 0n], plain],
  ['functionDelegateCall(address,bytes)', [TOKEN, APPROVE], runs],
  ['upgradeToAndCall(address,bytes)', [TOKEN, APPROVE], runs],
]

const OPAQUE: readonly [string, readonly unknown[]][] = [
  ['execute(bytes,bytes[])', ['0x00', ['0x00']]],
  ['execute(bytes,bytes[],uint256)', ['0x00', ['0x00'], 1n]],
  ['redeemDelegations(bytes[],bytes32[],bytes[])', [['0x'], [ZERO], ['0x']]],
  [
    'handleOps((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address)',
    [[[TOKEN, 0n, '0x', '0x', ZERO, 0n, ZERO, '0x', '0x']], THIEF],
  ],
]

describe('callsInside', () => {
  test.each(FORMS)('default: %s', (signature, args, inside) => {
    expect(callsInside(WRAPPER, encodeCalldata(signature, args))).toEqual({ calls: [inside], readable: true })
  })

  test.each(OPAQUE)('behavior: %s carries what nobody can read here', (signature, args) => {
    expect(callsInside(WRAPPER, encodeCalldata(signature, args))).toEqual({ calls: [], readable: false })
  })

  test('behavior: the table has every function that is known to carry calls', () => {
    expect(new Set([...FORMS, ...OPAQUE].map(([signature]) => signature))).toEqual(new Set(CARRIER_SIGNATURES))
    expect(CARRIER_SIGNATURES.every((signature) => carriesCalls(selectorOf(signature)))).toBe(true)
    expect(carriesCalls('0xa9059cbb')).toBe(false)
    expect(callsInside(TOKEN, APPROVE)).toBeNull()
    expect(callsInside(TOKEN, '0x')).toBeNull()
  })

  test('behavior: several in one, and one within the other', () => {
    const execute = (data: Hex, to = TOKEN) => encodeCalldata('execute(address,uint256,bytes)', [to, 0n, data])
    const both = encodeCalldata('multicall(bytes[])', [[execute(APPROVE), execute(APPROVE, THIEF)]])
    expect(callsInside(WRAPPER, both)).toEqual({
      calls: [
        { to: WRAPPER, data: execute(APPROVE), delegated: false },
        { to: WRAPPER, data: execute(APPROVE, THIEF), delegated: false },
        plain,
        { ...plain, to: THIEF },
      ],
      readable: true,
    })
  })

  test('attack: hidden four deep it is read, deeper it is unreadable, never harmless', () => {
    let data: Hex = APPROVE
    for (let depth = 1; depth <= 8; depth++) {
      data = encodeCalldata('functionCall(address,bytes)', [TOKEN, data])
      const inside = callsInside(WRAPPER, data)
      expect(inside?.readable).toBe(depth <= 4)
      expect(inside?.calls.some((call) => call.data === APPROVE)).toBe(depth <= 4)
    }
  })

  test('attack: thousands of calls, or a payload of 64 KB and more, end at once and unreadable', () => {
    const started = performance.now()
    const many = encodeCalldata('aggregate((address,bytes)[])', [Array.from({ length: 257 }, () => [TOKEN, '0x'])])
    expect(callsInside(WRAPPER, many)?.readable).toBe(false)
    const half = encodeCalldata('aggregate((address,bytes)[])', [Array.from({ length: 256 }, () => [TOKEN, '0x'])])
    expect(callsInside(WRAPPER, half)).toMatchObject({ readable: true, calls: { length: 256 } })
    const large = encodeCalldata('functionCall(address,bytes)', [TOKEN, `0x${'00'.repeat(65_536)}`])
    expect(callsInside(WRAPPER, large)).toEqual({ calls: [], readable: false })
    // Offsets that all point at one element: a few bytes that unfold into many.
    const bomb: Hex = `0x${selectorOf('multicall(bytes[])').slice(2)}${word(32)}${word(4_000)}${word(0).repeat(4_000)}`
    expect(callsInside(WRAPPER, bomb)?.readable).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('attack: another encoding of the same, a shifted tail or dirty bits: unreadable, as a contract may see something else', () => {
    const honest = encodeCalldata('functionCall(address,bytes)', [TOKEN, APPROVE])
    const dirty: Hex = `0x${honest.slice(2, 10)}ff${honest.slice(12)}`
    const bent: Hex = `0x${honest.slice(2, 74)}${word(96)}${word(0)}${honest.slice(138)}`
    for (const data of [`${honest}00`, honest.slice(0, -2), dirty, bent] as Hex[]) {
      expect(callsInside(WRAPPER, data)).toEqual({ calls: [], readable: false })
    }
    const short = encodeCalldata('execute(bytes32,bytes)', [ZERO, TOKEN])
    const cut = encodeCalldata('multiSend(bytes)', [sliceBytes(packed(0n, TOKEN, APPROVE), 0, 90)])
    const uneven = encodeCalldata('executeBatch(address[],bytes[])', [[TOKEN, THIEF], [APPROVE]])
    const mode = encodeCalldata('execute(bytes32,bytes)', [`0xfe${'00'.repeat(31)}`, concatBytes(TOKEN, ZERO, APPROVE)])
    for (const data of [short, cut, uneven, mode]) {
      expect(callsInside(WRAPPER, data)).toEqual({ calls: [], readable: false })
    }
  })

  test('behavior: one byte changed in any form: the very same call, another one, or unreadable; all three were seen', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.constantFrom(...FORMS), fc.nat(), fc.integer({ min: 1, max: 255 }), (form, position, by) => {
        const [signature, args] = form
        const honest = encodeCalldata(signature, args)
        const at = 4 + (position % (byteLength(honest) - 4))
        const byte = Number.parseInt(honest.slice(2 + at * 2, 4 + at * 2), 16) ^ by
        const changed: Hex = `${honest.slice(0, 2 + at * 2) as Hex}${byte.toString(16).padStart(2, '0')}${honest.slice(4 + at * 2)}`
        const before = JSON.stringify(callsInside(WRAPPER, honest)?.calls)
        const inside = callsInside(WRAPPER, changed)
        if (inside === null) throw new TypeError('not a carrier any more')
        const kind = !inside.readable ? 'unreadable' : JSON.stringify(inside.calls) === before ? 'same' : 'other'
        seen.add(kind)
        // What carries no call is no way to hide one.
        if (kind !== 'unreadable') expect(inside.calls.length).toBe(1)
      }),
      { numRuns: 2_000, seed: 7 },
    )
    expect([...seen].sort()).toEqual(['other', 'same', 'unreadable'])
  })
})

describe('mayCarryCalls', () => {
  test.each([
    ['multicallAndRefund', ['bytes[]'], true],
    ['executeSigned', ['address', 'bytes'], true],
    ['execute', ['(address,bytes)[]'], true],
    ['executeOrder', ['uint256', 'bytes32'], false],
    ['swap', ['address', 'bytes'], false],
  ] as const)('default: %s(%s): %s', (name, types, carries) => {
    expect(mayCarryCalls(name, types)).toBe(carries)
  })
})

function word(value: number): string {
  return value.toString(16).padStart(64, '0')
}
