import { encodeAbiParameters, encodeEventTopics, toHex } from 'viem'
import { describe, expect, test } from 'vitest'
import { taskScopeAbi as abi } from '../../../test/vectors/taskScope/abi.ts'
import type { Hex } from '../../primitives/hex.ts'
import { type BudgetReport, decodeTaskScopeEvent, type TaskScopeEvent } from './events.ts'
import { collectRedemptions } from './redemptions.ts'

const HASH: Hex = `0x${'d1'.repeat(32)}`
const OTHER: Hex = `0x${'d2'.repeat(32)}`
const ACTION: Hex = `0x${'ac'.repeat(32)}`
const WHO: Hex = `0x${'a2'.repeat(20)}`
const LOW = 2n ** 112n - 1n

type Log = { topics: readonly Hex[]; data: Hex }

/** A log as the contract's own ABI has it. */
function log(eventName: string, indexed: Readonly<Record<string, unknown>>, ...values: readonly unknown[]): Log {
  const item = abi.find((entry) => entry.type === 'event' && entry.name === eventName) as unknown as {
    inputs: { indexed: boolean; type: string }[]
  }
  const topics = encodeEventTopics({ abi, eventName, args: indexed } as never) as Hex[]
  return {
    topics,
    data: encodeAbiParameters(
      item.inputs.filter((input) => !input.indexed),
      values as never,
    ),
  }
}

function report({ index, spent, left }: BudgetReport): bigint {
  return (BigInt(index) << 224n) | (spent << 112n) | left
}

function first(rule: number, executions: number, budget: BudgetReport | null): bigint {
  return (BigInt(rule) << 248n) | (BigInt(executions) << 240n) | (budget === null ? 0xffffn << 224n : report(budget))
}

const BUDGET: BudgetReport = { index: 1, spent: 30n, left: 70n }
const REDEEMED: Extract<TaskScopeEvent, { event: 'redeemed' }> = {
  event: 'redeemed',
  delegation: HASH,
  action: ACTION,
  rule: 2,
  executions: 3,
  budget: BUDGET,
  request: null,
}
const packed = (change: { rule?: number; executions?: number; budget?: BudgetReport | null }) => {
  const { rule, executions, budget } = { ...REDEEMED, ...change }
  return decodeTaskScopeEvent(log('Redeemed', { delegationHash: HASH }, ACTION, first(rule, executions, budget)))
}

describe('decodeTaskScopeEvent', () => {
  test('default: each event of the contract', () => {
    expect(packed({})).toEqual(REDEEMED)
    expect(packed({ budget: null })).toEqual({ ...REDEEMED, budget: null })
    expect(
      decodeTaskScopeEvent(
        log('RequestRedeemed', { delegationHash: HASH }, ACTION, first(2, 3, BUDGET), 2n ** 64n - 1n),
      ),
    ).toEqual({ ...REDEEMED, request: 2n ** 64n - 1n })
    expect(
      decodeTaskScopeEvent(log('RequestRedeemed', { delegationHash: HASH }, ACTION, first(2, 3, null), 0n)),
    ).toEqual({ ...REDEEMED, budget: null, request: 0n })
    expect(
      decodeTaskScopeEvent(
        log('RedeemedMore', { delegationHash: HASH }, '0x0201fd', [report(BUDGET), report({ ...BUDGET, index: 254 })]),
      ),
    ).toEqual({
      event: 'redeemed_more',
      delegation: HASH,
      rules: [2, 1, 253],
      budgets: [BUDGET, { ...BUDGET, index: 254 }],
    })
    expect(decodeTaskScopeEvent(log('RedeemedMore', { delegationHash: HASH }, '0x', []))).toEqual({
      event: 'redeemed_more',
      delegation: HASH,
      rules: [],
      budgets: [],
    })
    expect(
      decodeTaskScopeEvent(log('Measured', { delegationHash: HASH }, 2n, 2n ** 256n - 1n, report(BUDGET))),
    ).toEqual({ event: 'measured', delegation: HASH, rule: 2, decrease: 2n ** 256n - 1n, budget: BUDGET })
    const closed = { delegator: WHO, group: '0x0000000000000001', guardian: WHO }
    expect(decodeTaskScopeEvent(log('GroupClosed', closed, WHO))).toEqual({ event: 'group_closed', ...closed, by: WHO })
    const zero: Hex = `0x${'00'.repeat(20)}`
    expect(decodeTaskScopeEvent(log('GroupClosed', { ...closed, guardian: zero }, WHO))).toMatchObject({
      guardian: null,
    })
    expect(decodeTaskScopeEvent(log('RequestBurned', { delegationHash: HASH, key: WHO }, 7n))).toEqual({
      event: 'request_burned',
      delegation: HASH,
      key: WHO,
      number: 7n,
    })
  })

  test('behavior: there is no other event', () => {
    expect(abi.flatMap((entry) => (entry.type === 'event' ? [entry.name] : [])).sort()).toEqual([
      'GroupClosed',
      'Measured',
      'Redeemed',
      'RedeemedMore',
      'RequestBurned',
      'RequestRedeemed',
    ])
  })

  test('behavior: rules, counts and budgets that there cannot be are read by nobody', () => {
    expect(packed({ rule: 253, executions: 1 })).toMatchObject({ rule: 253, executions: 1 })
    expect(packed({ rule: 254 })).toBe(null)
    expect(packed({ executions: 0 })).toBe(null)
    expect(packed({ executions: 255 })).toMatchObject({ executions: 255 })
    expect(packed({ budget: { index: 254, spent: 1n, left: LOW - 1n } })).toMatchObject({
      budget: { index: 254, spent: 1n, left: LOW - 1n },
    })
    expect(packed({ budget: { index: 0, spent: LOW, left: 0n } })).toMatchObject({
      budget: { index: 0, spent: LOW, left: 0n },
    })
    expect(packed({ budget: { index: 254, spent: 2n, left: LOW - 1n } })).toBe(null)
    expect(packed({ budget: { index: 255, spent: 1n, left: 1n } })).toBe(null)
    expect(packed({ budget: { index: 0xffff, spent: 0n, left: 1n } })).toBe(null)
    const request = (number: bigint) =>
      decodeTaskScopeEvent(log('RequestRedeemed', { delegationHash: HASH }, ACTION, first(2, 3, BUDGET), number))
    expect(request(2n ** 64n)).toBe(null)
    const burned = (number: bigint) =>
      decodeTaskScopeEvent({
        topics: log('RequestBurned', { delegationHash: HASH, key: WHO }, 0n).topics,
        data: toHex(number, { size: 32 }),
      })
    expect(burned(2n ** 64n - 1n)).toMatchObject({ number: 2n ** 64n - 1n })
    expect(burned(2n ** 64n)).toBe(null)
    const measured = (rule: bigint, budget: bigint) =>
      decodeTaskScopeEvent(log('Measured', { delegationHash: HASH }, rule, 1n, budget))
    expect(measured(253n, report(BUDGET))).toMatchObject({ rule: 253 })
    expect(measured(254n, report(BUDGET))).toBe(null)
    expect(measured(2n, 255n << 224n)).toBe(null)
    const more = (rules: Hex, budgets: bigint[]) =>
      decodeTaskScopeEvent(log('RedeemedMore', { delegationHash: HASH }, rules, budgets))
    expect(more('0x01fe', [])).toBe(null)
    expect(more('0x01', [255n << 224n])).toBe(null)
  })

  test('behavior: another shape than the contract’s is read by nobody', () => {
    const logs = [
      log('Redeemed', { delegationHash: HASH }, ACTION, first(2, 3, BUDGET)),
      log('RequestRedeemed', { delegationHash: HASH }, ACTION, first(2, 3, BUDGET), 1n),
      log('RedeemedMore', { delegationHash: HASH }, '0x0201', [report(BUDGET)]),
      log('Measured', { delegationHash: HASH }, 2n, 1n, report(BUDGET)),
      log('GroupClosed', { delegator: WHO, group: '0x0000000000000001', guardian: WHO }, WHO),
      log('RequestBurned', { delegationHash: HASH, key: WHO }, 7n),
    ]
    for (const { topics, data } of logs) {
      expect(decodeTaskScopeEvent({ topics, data })).not.toBe(null)
      expect(decodeTaskScopeEvent({ topics, data: data.slice(0, -2) as Hex })).toBe(null)
      expect(decodeTaskScopeEvent({ topics, data: data.slice(0, -64) as Hex })).toBe(null)
      expect(decodeTaskScopeEvent({ topics, data: `${data}${'00'.repeat(32)}` })).toBe(null)
      expect(decodeTaskScopeEvent({ topics, data: '0x0' as Hex })).toBe(null)
      expect(decodeTaskScopeEvent({ topics: topics.slice(0, -1), data })).toBe(null)
      expect(decodeTaskScopeEvent({ topics: [...topics, HASH], data })).toBe(null)
      expect(decodeTaskScopeEvent({ topics: topics.slice(1), data })).toBe(null)
      expect(decodeTaskScopeEvent({ topics: [...topics.slice(0, -1), '0x00'], data })).toBe(null)
    }
    expect(decodeTaskScopeEvent({ topics: [], data: '0x' })).toBe(null)
    const [, , more, , closed, burned] = logs as [Log, Log, Log, Log, Log, Log]
    // The list of budgets, said to begin elsewhere than behind the rules; rules with something in the padding.
    const words = more.data.slice(2).match(/.{64}/g) as string[]
    const changed = (at: number, word: string): Hex => `0x${words.toSpliced(at, 1, word).join('')}`
    expect(decodeTaskScopeEvent({ ...more, data: changed(1, '60'.padStart(64, '0')) })).toBe(null)
    expect(decodeTaskScopeEvent({ ...more, data: changed(3, `020101${'00'.repeat(29)}`) })).toBe(null)
    const dirty: Hex = `0x01${'00'.repeat(11)}${WHO.slice(2)}`
    const topic = (source: Log, at: number, word: Hex): Log => ({
      ...source,
      topics: source.topics.toSpliced(at, 1, word),
    })
    for (const at of [1, 3]) expect(decodeTaskScopeEvent(topic(closed, at, dirty))).toBe(null)
    expect(decodeTaskScopeEvent(topic(closed, 2, `0x${'00'.repeat(31)}01`))).toBe(null)
    expect(decodeTaskScopeEvent({ ...closed, data: dirty })).toBe(null)
    expect(decodeTaskScopeEvent(topic(burned, 2, dirty))).toBe(null)
  })
})

describe('collectRedemptions', () => {
  const MORE: Extract<TaskScopeEvent, { event: 'redeemed_more' }> = {
    event: 'redeemed_more',
    delegation: HASH,
    rules: [2, 0, 2],
    budgets: [BUDGET, { ...BUDGET, index: 4 }],
  }
  const MEASURED: TaskScopeEvent = { event: 'measured', delegation: HASH, rule: 2, decrease: 5n, budget: BUDGET }
  const WHOLE = { delegation: HASH, action: ACTION, rules: [2, 2, 2], budgets: [BUDGET], request: null, measured: [] }

  test('default: one redemption from the events about it', () => {
    expect(collectRedemptions([])).toEqual([])
    expect(collectRedemptions([REDEEMED])).toEqual([WHOLE])
    expect(collectRedemptions([{ ...REDEEMED, budget: null, request: 8n }])).toEqual([
      { ...WHOLE, budgets: [], request: 8n },
    ])
    expect(collectRedemptions([MORE, REDEEMED])).toEqual([{ ...WHOLE, rules: MORE.rules, budgets: MORE.budgets }])
    expect(collectRedemptions([{ ...MORE, rules: [] }, REDEEMED])).toEqual([{ ...WHOLE, budgets: MORE.budgets }])
    expect(
      collectRedemptions([
        { ...MORE, budgets: [] },
        { ...REDEEMED, budget: null },
      ]),
    ).toEqual([{ ...WHOLE, rules: MORE.rules, budgets: [] }])
  })

  test('behavior: what is measured belongs to the last redemption of its delegation', () => {
    const other = { ...REDEEMED, delegation: OTHER }
    const measured = [{ rule: 2, decrease: 5n, budget: BUDGET }]
    const closed: TaskScopeEvent = {
      event: 'group_closed',
      delegator: WHO,
      group: '0x0000000000000001',
      guardian: null,
      by: WHO,
    }
    expect(collectRedemptions([REDEEMED, REDEEMED, other, MEASURED, closed])).toEqual([
      WHOLE,
      { ...WHOLE, measured },
      { ...WHOLE, delegation: OTHER },
    ])
    expect(collectRedemptions([REDEEMED, MEASURED, MEASURED])).toEqual([
      { ...WHOLE, measured: [...measured, ...measured] },
    ])
  })

  test('behavior: events that do not fit together are none', () => {
    for (const events of [
      [MORE],
      [MORE, MORE, REDEEMED],
      [REDEEMED, MORE],
      [REDEEMED, MORE, MEASURED],
      [MEASURED],
      [{ ...REDEEMED, delegation: OTHER }, MEASURED],
      [MORE, { ...REDEEMED, delegation: OTHER }],
      [MORE, { ...REDEEMED, rule: 1 }],
      [MORE, { ...REDEEMED, executions: 2 }],
      [MORE, { ...REDEEMED, budget: { ...BUDGET, index: 0 } }],
      [MORE, { ...REDEEMED, budget: null }],
      [{ ...MORE, budgets: [] }, REDEEMED],
    ])
      expect(collectRedemptions(events)).toBe(null)
  })
})
