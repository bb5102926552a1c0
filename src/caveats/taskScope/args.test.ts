import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import type { Hex } from '../../primitives/hex.ts'
import { decodeTaskScopeArgs, encodeTaskScopeArgs } from './args.ts'
import type { TaskScopeArgs } from './types.ts'

const KEY: Hex = `0x${'a5'.repeat(65)}`
const FULL: TaskScopeArgs = { number: 2n ** 64n - 1n, deadline: 2n ** 40n - 1n, request: KEY, confirmation: '0xc0' }
const HEAD = `0x${'ff'.repeat(13)}`

describe('encodeTaskScopeArgs', () => {
  test('default: number, deadline and signatures, nothing between or after', () => {
    const args: [TaskScopeArgs, Hex][] = [
      [FULL, `${HEAD}${'a5'.repeat(65)}c0` as Hex],
      [{ ...FULL, confirmation: null }, `${HEAD}${'a5'.repeat(65)}` as Hex],
      [{ ...FULL, request: null }, `${HEAD}c0` as Hex],
      [{ number: 1n, deadline: 2n, request: null, confirmation: null }, '0x00000000000000010000000002'],
    ]
    for (const [meaning, bytes] of args) {
      expect(encodeTaskScopeArgs(meaning)).toBe(bytes)
      expect(decodeTaskScopeArgs(bytes, { hasKey: meaning.request !== null })).toEqual(meaning)
    }
  })

  test('error: what does not fit its place', () => {
    const wrong: [Partial<TaskScopeArgs>, string][] = [
      [{ number: 2n ** 64n }, 'caveats.out_of_range'],
      [{ number: -1n }, 'caveats.out_of_range'],
      [{ deadline: 2n ** 40n }, 'caveats.out_of_range'],
      [{ request: `0x${'a5'.repeat(64)}` }, 'caveats.wrong_length'],
      [{ request: `0x${'a5'.repeat(66)}` }, 'caveats.wrong_length'],
      [{ confirmation: '0x' }, 'caveats.wrong_length'],
      [{ confirmation: '0xC0' }, 'caveats.not_hex'],
    ]
    for (const [change, code] of wrong)
      expect(codeOf(() => encodeTaskScopeArgs({ ...FULL, ...change })).code, JSON.stringify(Object.keys(change))).toBe(
        code,
      )
  })
})

describe('decodeTaskScopeArgs', () => {
  test('error: bytes that end before what the terms ask for', () => {
    const bytes = encodeTaskScopeArgs({ ...FULL, confirmation: null })
    expect(decodeTaskScopeArgs(bytes, { hasKey: true }).request).toBe(KEY)
    expect(codeOf(() => decodeTaskScopeArgs(bytes.slice(0, -2) as Hex, { hasKey: true })).code).toBe(
      'caveats.wrong_length',
    )
    expect(decodeTaskScopeArgs(HEAD as Hex, { hasKey: false }).request).toBe(null)
    expect(codeOf(() => decodeTaskScopeArgs(HEAD.slice(0, -2) as Hex, { hasKey: false })).code).toBe(
      'caveats.wrong_length',
    )
    expect(codeOf(() => decodeTaskScopeArgs('0x', { hasKey: false })).code).toBe('caveats.wrong_length')
    expect(codeOf(() => decodeTaskScopeArgs('0x0', { hasKey: false })).code).toBe('caveats.not_hex')
  })
})
