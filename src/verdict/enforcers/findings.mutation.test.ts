import { describe, expect, test } from 'vitest'
import {
  agent,
  alice,
  dai,
  grantOf,
  NOW,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { MAX_UINT256, readAction } from '../facts.ts'
import type { Finding } from '../finding.ts'
import { walk } from '../order.ts'
import { approvalKey } from '../storage.ts'
import type { Call, Counter } from '../types.ts'
import { allowedCalldata } from './allowedCalldata.ts'
import { blockNumber } from './blockNumber.ts'
import type { Look } from './check.ts'
import { timestamp } from './timestamp.ts'

/** What the enforcers find, with every number in it, on both sides of each bound. */

type Given = KnownCaveat & { added?: Hex }
const PERMIT2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'

/** What refuses, after the counter of the caveat at `index` was set. */
function found(
  caveats: readonly Given[],
  calls: Call | readonly Call[],
  more: { now?: bigint; counter?: Counter } = {},
) {
  const prepared = grantOf(caveats)
  const [branch] = prepared.branches
  const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [calls].flat() as Call[] })
  if (branch === undefined || 'code' in facts) throw new TypeError('not to be judged')
  const state = stateOf(prepared, more.now === undefined ? {} : { now: more.now })
  const keys = branch.links.flatMap((link) => link.caveats.flatMap(({ counter }) => counter ?? []))
  const counters =
    more.counter === undefined ? {} : Object.fromEntries(keys.map((key) => [key, more.counter as Counter]))
  return walk(branch, facts, { ...state, counters: { ...state.counters, ...counters } })
}
const codeOf = (...parameters: Parameters<typeof found>) => found(...parameters)?.code ?? null
const numbers = (finding: Finding | null) => {
  if (finding === null) return null
  const { code, limit, used, requested, remaining, resetsAt, passesAt, measured } = finding
  return Object.fromEntries(
    Object.entries({ code, limit, used, requested, remaining, resetsAt, passesAt, measured }).filter(
      ([, it]) => it !== null,
    ),
  )
}

/** What an enforcer can look at, of a caveat whose terms no encoder of ours writes. */
function lookOf(caveat: Given, block: { timestamp?: bigint; number?: bigint } = {}): Look {
  const prepared = grantOf([caveat])
  const [branch] = prepared.branches
  const link = branch?.links[0]
  const own = link?.caveats[0]
  const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [transfer(1n)] })
  if (branch === undefined || link === undefined || own === undefined || 'code' in facts) throw new TypeError('no link')
  const state = stateOf(prepared, {
    counters: own.counter === null ? {} : { [own.counter]: { kind: 'hook', passes: false } },
  })
  return { branch, link, caveat: own, facts, state: { ...state, block: { ...state.block, ...block } }, notes: [] }
}

describe('allowedCalldata', () => {
  const at = (start: bigint, value: Hex): Given => ({ kind: 'allowedCalldata', start, value })

  test('error: a place whose end overflows a word can never be met; the last one that does not is only too far', () => {
    const look = lookOf(at(4n, '0x01'))
    const code = (start: bigint, value: Hex) => allowedCalldata({ kind: 'allowedCalldata', start, value }, look)?.code
    expect(code(MAX_UINT256 - 2n, '0x0102')).toBe('calldata_not_allowed')
    expect(code(MAX_UINT256 - 1n, '0x01')).toBe('calldata_not_allowed')
    expect(code(MAX_UINT256 - 1n, '0x0102')).toBe('caveat_unsatisfiable')
    expect(code(MAX_UINT256, '0x01')).toBe('caveat_unsatisfiable')
  })

  test('behavior: it is about the payee where it pins the first word of a transfer, whole', () => {
    const other = transfer(1n, otherVendor)
    const payee = word(vendor)
    expect(codeOf([at(4n, `0x${payee}`)], other)).toBe('recipient_not_allowed')
    expect(codeOf([at(4n, `0x${payee.slice(0, -2)}`)], { ...other, data: `0xa9059cbb${word(7n)}${word(1n)}` })).toBe(
      'argument_not_allowed',
    )
    expect(codeOf([at(4n, `0x${payee}00`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(36n, `0x${payee}`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(3n, `0x${payee}`)], other)).toBe('argument_not_allowed')
    expect(codeOf([at(4n, `0x${payee}`)], { ...other, data: `0x12345678${other.data.slice(10)}` })).toBe(
      'argument_not_allowed',
    )
    // Where only plain payments pass the target is the payee, and a word is a word.
    expect(codeOf([at(4n, `0x${payee}`), { kind: 'exactCalldata', data: '0x' }], other)).toBe('argument_not_allowed')
  })
})

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
    expect(numbers(found([all], { ...call(usdc, `0x095ea7b3${word(vendor)}${ZERO}`), value: 3n }))).toEqual({
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

describe('blockNumber', () => {
  const at = (after: bigint, before: bigint, number: bigint) => {
    const look = lookOf({ kind: 'blockNumber', after: 5n, before: 9n }, { number })
    return numbers(blockNumber({ kind: 'blockNumber', after, before }, look))
  }

  test('error: which bound it was, by our own numbers', () => {
    expect(at(5n, 9n, 8n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 8n })
    expect(at(5n, 9n, 9n)).toEqual({ code: 'block_passed', limit: 9n, requested: 9n })
    expect(at(5n, 1n, 0n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 0n })
    expect(at(5n, 1n, 1n)).toEqual({ code: 'block_passed', limit: 1n, requested: 1n })
    // Zero is no bound.
    expect(at(5n, 0n, 3n)).toEqual({ code: 'block_not_reached', limit: 5n, requested: 3n })
  })
})

describe('exactExecution', () => {
  const caveat: Given = { kind: 'exactExecution', target: usdc, value: 4n, data: '0x12345678' }

  test('error: more value and less, with what was asked', () => {
    for (const value of [3n, 5n])
      expect(numbers(found([caveat], { to: usdc, value, data: '0x12345678' }))).toEqual({
        code: 'value_not_allowed',
        limit: 4n,
        requested: value,
        measured: 'value',
      })
    expect(found([caveat], { to: usdc, value: 4n, data: '0x12345678' })).toBeNull()
    expect(codeOf([caveat], { to: dai, value: 4n, data: '0x12345678' })).toBe('target_not_allowed')
  })
})

describe('exactExecutionBatch', () => {
  const calls = [pay(1n), pay(2n), transfer(3n)]
  const executions = calls.map(({ to, value, data }) => ({ target: to, value, data }))

  test('error: one part of one call differs, be it the first or the last', () => {
    const whole: Given = { kind: 'exactExecutionBatch', executions }
    const bytes: Given = { kind: 'exactCalldataBatch', executions }
    expect([codeOf([whole], calls), codeOf([bytes], calls)]).toEqual([null, null])
    for (const [at] of calls.entries()) {
      const changed = (change: Partial<Call>) =>
        calls.map((call, place) => (place === at ? { ...call, ...change } : call))
      expect(codeOf([whole], changed({ to: dai }))).toBe('execution_not_allowed')
      expect(codeOf([whole], changed({ value: 9n }))).toBe('execution_not_allowed')
      expect(codeOf([whole], changed({ data: '0x99' }))).toBe('execution_not_allowed')
      expect(codeOf([bytes], changed({ data: '0x99' }))).toBe('calldata_not_allowed')
      expect(codeOf([bytes], changed({ to: dai, value: 9n }))).toBeNull()
    }
    for (const other of [calls.slice(0, 2), [...calls, pay(1n)]])
      expect([codeOf([whole], other), codeOf([bytes], other)]).toEqual([
        'batch_size_not_allowed',
        'batch_size_not_allowed',
      ])
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
      expect(numbers(found([caveat], { to: NFT, value: 0n, data: `0x23b872dd${good}${good}${word(id)}` }))).toEqual({
        code: 'token_id_not_allowed',
        limit: 7n,
        requested: id,
      })
  })
})

describe('limitedCalls', () => {
  test('behavior: of two counters in one the second is a call further', () => {
    const limited = (limit: bigint): Given => ({ kind: 'limitedCalls', limit })
    const calls = (count: bigint): Counter => ({ kind: 'calls', count })
    const both = [limited(5n), limited(5n)]
    expect(found(both, transfer(1n), { counter: calls(3n) })).toBeNull()
    expect(found(both, transfer(1n), { counter: calls(4n) })).toMatchObject({ caveat: 1, limit: 5n, used: 5n })
    expect(numbers(found([limited(5n)], transfer(1n), { counter: calls(5n) }))).toEqual({
      code: 'calls_exceeded',
      limit: 5n,
      used: 5n,
      requested: 1n,
      remaining: 0n,
    })
  })
})

describe('erc20TransferAmount', () => {
  test('error: what is left of a budget, also where the contract has counted more than it', () => {
    const cap: Given = { kind: 'erc20TransferAmount', token: usdc, limit: 5n }
    const left = (amount: bigint, spent: bigint, caveats = [cap]) =>
      numbers(found(caveats, transfer(amount), { counter: { kind: 'spent', spent } }))
    expect([left(0n, 5n), left(1n, 4n), left(5n, 0n)]).toEqual([null, null, null])
    const denied = { code: 'budget_exceeded', limit: 5n, measured: 'token' }
    expect(left(2n, 4n)).toEqual({ ...denied, used: 4n, requested: 2n, remaining: 1n })
    expect(left(1n, 5n)).toEqual({ ...denied, used: 5n, requested: 1n, remaining: 0n })
    expect(left(1n, 6n)).toEqual({ ...denied, used: 6n, requested: 1n, remaining: 0n })
    expect(left(1n, 7n)).toEqual({ ...denied, used: 7n, requested: 1n, remaining: 0n })
    // A second caveat of the same counter looks at what the first has just counted.
    expect(left(2n, 1n, [cap, cap])).toBeNull()
    expect(left(2n, 2n, [cap, cap])).toEqual({ ...denied, used: 4n, requested: 2n, remaining: 1n })
  })
})

describe('specificActionBatch', () => {
  const first = { target: dai, value: 3n, data: '0x12345678' } as const
  const caveat: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first }
  const call = { to: dai, value: 3n, data: '0x12345678' } as const

  test('error: each part of each of the two calls', () => {
    expect(codeOf([caveat], [call, transfer(5n)])).toBeNull()
    const { data } = transfer(5n)
    const others: [Call, Call][] = [
      [{ ...call, to: usdc }, transfer(5n)],
      [{ ...call, value: 2n }, transfer(5n)],
      [{ ...call, value: 4n }, transfer(5n)],
      [{ ...call, data: '0x12345679' }, transfer(5n)],
      [call, transfer(5n, vendor, dai)],
      [call, transfer(5n, otherVendor)],
      [call, transfer(4n)],
      [call, transfer(6n)],
      [call, transfer(5n + (1n << 255n))],
      [call, { ...transfer(5n), value: 1n }],
      [call, { ...transfer(5n), data: `0x095ea7b3${data.slice(10)}` }],
      [call, { ...transfer(5n), data: `${data}00` }],
      [call, { ...transfer(5n), data: data.slice(0, -2) as Hex }],
      // The first digit of the recipient, which is the 35th of the data.
      [call, { ...transfer(5n), data: `${data.slice(0, 34)}0${data.slice(35)}` as Hex }],
      [call, { ...transfer(5n), data: `${data.slice(0, 73)}0${data.slice(74)}` as Hex }],
    ]
    for (const calls of others) expect([calls, codeOf([caveat], calls)]).toEqual([calls, 'execution_not_allowed'])
    expect(codeOf([caveat], [call, transfer(5n), pay(0n)])).toBe('batch_size_not_allowed')
    expect(
      codeOf([caveat], [call, { ...transfer(5n), data: `${data.slice(0, 33)}1${data.slice(34)}` as Hex }]),
    ).toBeNull()
  })

  test('error: used before, or by the one before it in the same link', () => {
    expect(codeOf([caveat], [call, transfer(5n)], { counter: { kind: 'used', used: true } })).toBe('delegation_used')
    expect(found([caveat, caveat], [call, transfer(5n)])).toMatchObject({ code: 'delegation_used', caveat: 1 })
    expect(
      found(
        [
          { kind: 'id', id: 1n },
          { kind: 'id', id: 1n },
        ],
        transfer(1n),
      ),
    ).toMatchObject({ code: 'id_used', caveat: 1 })
  })
})

describe('timestamp', () => {
  const at = (after: bigint, before: bigint, now: bigint) => {
    const look = lookOf({ kind: 'timestamp', after: 0n, before: 0n }, { timestamp: now })
    return numbers(timestamp({ kind: 'timestamp', after, before }, look))
  }

  test('behavior: bounds of a single second from zero on', () => {
    expect([at(1n, 0n, 0n), at(1n, 0n, 1n)]).toEqual([
      { code: 'not_yet_valid', passesAt: 2n },
      { code: 'not_yet_valid', passesAt: 2n },
    ])
    expect(at(1n, 0n, 2n)).toBeNull()
    expect([at(0n, 1n, 0n), at(0n, 1n, 1n)?.['code']]).toEqual([null, 'expired'])
    expect(at(0n, 0n, 0n)).toBeNull()
    expect(at(NOW, NOW + 1n, NOW)?.['code']).toBe('not_yet_valid')
  })
})

describe('walk', () => {
  const terms = { amount: 5n, duration: 60n, start: NOW - 10n }
  const stream = { initial: 5n, max: 9n, perSecond: 1n, start: NOW - 10n }
  const counting: [string, Given, Call | readonly Call[]][] = [
    ['limitedCalls', { kind: 'limitedCalls', limit: 5n }, transfer(1n)],
    ['id', { kind: 'id', id: 1n }, transfer(1n)],
    ['nonce', { kind: 'nonce', nonce: 0n }, transfer(1n)],
    ['erc20TransferAmount', { kind: 'erc20TransferAmount', token: usdc, limit: 5n }, transfer(1n)],
    ['nativeTransferAmount', { kind: 'nativeTransferAmount', limit: 5n }, pay(1n)],
    ['erc20PeriodTransfer', { kind: 'erc20PeriodTransfer', token: usdc, ...terms }, transfer(1n)],
    ['nativePeriodTransfer', { kind: 'nativePeriodTransfer', ...terms }, pay(1n)],
    ['erc20Streaming', { kind: 'erc20Streaming', token: usdc, ...stream }, transfer(1n)],
    ['nativeStreaming', { kind: 'nativeStreaming', ...stream }, pay(1n)],
    ['blockNumber', { kind: 'blockNumber', after: 0n, before: 9n }, transfer(1n)],
    [
      'specificActionBatch',
      {
        kind: 'specificActionBatch',
        token: usdc,
        recipient: vendor,
        amount: 1n,
        first: { target: dai, value: 0n, data: '0x' },
      },
      [{ to: dai, value: 0n, data: '0x' }, transfer(1n)],
    ],
  ]

  test.each(counting)('error: what %s kept was not read, or is no number that it could keep', (_, caveat, calls) => {
    const prepared = grantOf([caveat])
    const [branch] = prepared.branches
    const facts = readAction({ chainId: prepared.chainId, redeemer: agent, calls: [calls].flat() as Call[] })
    if (branch === undefined || 'code' in facts) throw new TypeError('not to be judged')
    const state = stateOf(prepared)
    expect(walk(branch, facts, state)).toBeNull()
    expect(walk(branch, facts, { ...state, counters: {}, nonces: {} })?.code).toBe('state_missing')
    const odd = Object.entries(state.counters).flatMap(([key, counter]) =>
      Object.entries(counter).flatMap(([member, value]) => {
        if (member === 'kind') return [{ [key]: { ...counter, kind: 'other' } as unknown as Counter }]
        const wrong = typeof value === 'bigint' ? [-1n, MAX_UINT256 + 1n, 0] : ['true', 1]
        return wrong.map((other) => ({ [key]: { ...counter, [member]: other } as unknown as Counter }))
      }),
    )
    for (const counters of odd) expect(walk(branch, facts, { ...state, counters })?.code).toBe('state_missing')
    if (odd.length === 0)
      expect(walk(branch, facts, { ...state, nonces: { [alice]: -1n } })?.code).toBe('state_missing')
  })
})
