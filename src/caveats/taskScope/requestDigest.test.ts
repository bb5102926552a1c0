import { hashTypedData } from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import { requestDigest, requestTypedData, type TaskScopeRequest } from './requestDigest.ts'

const REQUEST: TaskScopeRequest = {
  chainId: 31_337,
  enforcer: `0x${'e1'.repeat(20)}`,
  delegation: `0x${'d2'.repeat(32)}`,
  mode: `0x${'00'.repeat(32)}`,
  execution: '0x1234',
  number: 7n,
  deadline: 1_800_000_000n,
}

describe('requestDigest', () => {
  test('default: what a wallet makes of the typed data, and another hash for every other field', () => {
    const others: TaskScopeRequest[] = [
      REQUEST,
      { ...REQUEST, chainId: 1 },
      { ...REQUEST, chainId: Number.MAX_SAFE_INTEGER },
      { ...REQUEST, enforcer: `0x${'e2'.repeat(20)}` },
      { ...REQUEST, delegation: `0x${'d3'.repeat(32)}` },
      { ...REQUEST, mode: `0x01${'00'.repeat(31)}` },
      { ...REQUEST, execution: '0x' },
      { ...REQUEST, number: 0n },
      { ...REQUEST, number: 2n ** 64n - 1n },
      { ...REQUEST, deadline: 0n },
      { ...REQUEST, deadline: 2n ** 40n - 1n },
    ]
    const digests = others.map(requestDigest)
    expect(digests).toEqual(others.map((request) => hashTypedData(requestTypedData(request))))
    expect(new Set(digests).size).toBe(others.length)
  })

  test('error: what the contract could not be asked about', () => {
    const wrong: [Partial<TaskScopeRequest>, string][] = [
      [{ chainId: 0 }, 'caveats.out_of_range'],
      [{ chainId: 1.5 }, 'caveats.out_of_range'],
      [{ chainId: Number.MAX_SAFE_INTEGER + 1 }, 'caveats.out_of_range'],
      [{ enforcer: `0x${'e1'.repeat(19)}` }, 'caveats.wrong_length'],
      [{ delegation: `0x${'d2'.repeat(31)}` }, 'caveats.wrong_length'],
      [{ mode: `0x${'00'.repeat(33)}` }, 'caveats.wrong_length'],
      [{ execution: '0x123' }, 'caveats.not_hex'],
      [{ number: -1n }, 'caveats.out_of_range'],
      [{ number: 2n ** 64n }, 'caveats.out_of_range'],
      [{ deadline: -1n }, 'caveats.out_of_range'],
      [{ deadline: 2n ** 40n }, 'caveats.out_of_range'],
    ]
    for (const [change, code] of wrong) {
      expect(codeOf(() => requestDigest({ ...REQUEST, ...change })).code, JSON.stringify(Object.keys(change))).toBe(
        code,
      )
      expect(codeOf(() => requestTypedData({ ...REQUEST, ...change })).code).toBe(code)
    }
  })
})
