import { encodeErrorResult, toFunctionSelector, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { taskScopeAbi as abi } from '../../../test/vectors/taskScope/abi.ts'
import type { Hex } from '../../primitives/hex.ts'
import { decodeTaskScopeRefusal, type TaskScopeRefusal } from './refusals.ts'

const HASH: Hex = `0x${'d1'.repeat(32)}`
const WHO: Hex = `0x${'a2'.repeat(20)}`
const WORD: Hex = `0x${'b3'.repeat(32)}`
const MAX = 2n ** 256n - 1n

const REFUSALS: readonly TaskScopeRefusal[] = [
  { error: 'NotManager', delegation: HASH, caller: WHO },
  { error: 'UnknownVersion', delegation: HASH, version: 2n, flags: 16n },
  { error: 'MalformedTerms', delegation: HASH },
  { error: 'TooEarly', delegation: HASH, notBefore: 7n, time: 6n },
  { error: 'Expired', delegation: HASH, expiry: 7n, time: 8n },
  {
    error: 'GroupEnded',
    delegation: HASH,
    delegator: WHO,
    group: '0x0000000000000001',
    guardian: `0x${'00'.repeat(20)}`,
  },
  { error: 'RedeemerNotAllowed', delegation: HASH, redeemer: WHO },
  { error: 'UnsupportedMode', delegation: HASH, mode: WORD },
  { error: 'MalformedExecution', delegation: HASH },
  { error: 'TooManyExecutions', delegation: HASH, limit: 3n, requested: MAX },
  { error: 'ForbiddenTarget', delegation: HASH, item: 255, target: WHO },
  ...(['value', 'condition', 'allowance', 'budget'] as const).map(
    (reason): TaskScopeRefusal => ({
      error: 'NotAdmitted',
      delegation: HASH,
      item: 1,
      rule: 254,
      reason,
      index: 3,
      limit: 4n,
      used: 5n,
      requested: MAX,
    }),
  ),
  {
    error: 'NotAdmitted',
    delegation: HASH,
    item: 0,
    rule: null,
    reason: 'no_rule',
    index: 0,
    limit: 0n,
    used: 0n,
    requested: BigInt(WHO),
  },
  { error: 'CallsExceeded', delegation: HASH, limit: 20n, used: 20n, requested: 1n },
  { error: 'MeasuredAlone', delegation: HASH },
  { error: 'Reentered', delegation: HASH },
  { error: 'MalformedArgs', delegation: HASH, signer: WHO },
  { error: 'RequestExpired', delegation: HASH, deadline: 7n, time: 8n },
  { error: 'RequestUsed', delegation: HASH, number: 9n },
  { error: 'NotRequested', delegation: HASH, key: WHO, digest: WORD },
  { error: 'NotConfirmed', delegation: HASH, confirmer: WHO, digest: WORD },
]
const REASONS = ['no_rule', 'value', 'condition', 'allowance', 'budget']

/** What the contract reverts with: by its own ABI, not by the table under test. */
function encode({ error, ...values }: TaskScopeRefusal): Hex {
  const item = abi.find((entry) => entry.type === 'error' && entry.name === error) as unknown as {
    inputs: { name: string }[]
  }
  const args = item.inputs.map(({ name }) => {
    const value = values[name as never] as unknown
    return name === 'reason'
      ? REASONS.indexOf(value as string)
      : name === 'rule'
        ? BigInt((value ?? 255) as number)
        : typeof value === 'number'
          ? BigInt(value)
          : value
  })
  return encodeErrorResult({ abi, errorName: error, args } as never)
}

/** The same bytes with another word; 0 is the delegation. */
function withWord(data: Hex, index: number, word: bigint): Hex {
  const at = 10 + 64 * index
  return `${data.slice(0, at)}${toHex(word, { size: 32 }).slice(2)}${data.slice(at + 64)}` as Hex
}

describe('decodeTaskScopeRefusal', () => {
  test.each(REFUSALS.map((refusal) => [refusal.error, refusal] as const))('default: %s', (_, refusal) => {
    const data = encode(refusal)
    expect(decodeTaskScopeRefusal(data)).toEqual(refusal)
    expect(decodeTaskScopeRefusal(data.slice(0, -2) as Hex)).toBe(null)
    expect(decodeTaskScopeRefusal(data.slice(0, -64) as Hex)).toBe(null)
    expect(decodeTaskScopeRefusal(`${data}00`)).toBe(null)
    expect(decodeTaskScopeRefusal(`${data}${'00'.repeat(32)}`)).toBe(null)
    expect(decodeTaskScopeRefusal(data.toUpperCase().replace('X', 'x') as Hex)).toBe(null)
  })

  test('behavior: every error of the contract but that of who may not end a group, and no other', () => {
    const named = abi.flatMap((entry) => (entry.type === 'error' ? [entry] : []))
    const known = new Set(REFUSALS.map(({ error }) => error as string))
    const others = named.filter(({ name }) => !known.has(name)).map(({ name }) => name)
    expect(others).toEqual(['NotYours'])
    expect(known.size).toBe(named.length - others.length)
    expect(decodeTaskScopeRefusal((toFunctionSelector('NotYours(address)') + '00'.repeat(32)) as Hex)).toBe(null)
  })

  test('behavior: words that the contract does not write are read by nobody', () => {
    const of = (error: string, extra: Partial<{ reason: string }> = {}) =>
      encode(
        REFUSALS.find(
          (it) => it.error === error && (extra.reason === undefined || ('reason' in it && it.reason === extra.reason)),
        ) as TaskScopeRefusal,
      )
    expect(decodeTaskScopeRefusal(withWord(of('NotManager'), 1, 2n ** 160n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(of('NotManager'), 1, 2n ** 160n - 1n))).not.toBe(null)
    expect(decodeTaskScopeRefusal(withWord(of('GroupEnded'), 2, 1n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(of('GroupEnded'), 2, 2n ** 191n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(of('GroupEnded'), 2, 2n ** 192n))).not.toBe(null)
    expect(decodeTaskScopeRefusal(withWord(of('ForbiddenTarget'), 1, 256n))).toBe(null)
    const budget = of('NotAdmitted', { reason: 'budget' })
    expect(decodeTaskScopeRefusal(withWord(budget, 2, 255n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 2, 256n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 3, 5n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 3, 2n ** 255n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 3, 0n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 4, 256n))).toBe(null)
    expect(decodeTaskScopeRefusal(withWord(budget, 4, 255n))).toMatchObject({ index: 255 })
  })

  test('behavior: total', () => {
    for (const data of ['0x', '0x00', '0x08c379a0', `0x${'ff'.repeat(36)}`, 'no bytes', null])
      expect(decodeTaskScopeRefusal(data as Hex)).toBe(null)
  })
})
