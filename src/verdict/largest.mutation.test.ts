import { describe, expect, test } from 'vitest'
import { either, factsOf, firstBranch, type Given, selects } from '../../test/fixtures/facts.ts'
import {
  alice,
  branchesOf,
  dai,
  grantOf,
  mallory,
  NOW,
  pay,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { type Facts, MAX_UINT256, withAmount } from './facts.ts'
import type { Held } from './held.ts'
import { judge } from './judge.ts'
import { largestAllowed, measuredOf, remainingAfter } from './largest.ts'
import type { Measured } from './measured.ts'
import type { PreparedGrant } from './prepared.ts'
import type { Call, Counter, State } from './types.ts'

/** The largest amount against trying every one up to a bound that none of these caveats admits. */

function tried(
  prepared: PreparedGrant,
  facts: Facts,
  state: State,
  measured: Measured,
  upTo = 20n,
  escalating = false,
): bigint | null {
  for (let amount = upTo; amount >= 0n; amount--) {
    const { verdict } = judge(prepared, withAmount(facts, measured, amount), state)
    if (verdict === 'allow' || (escalating && verdict === 'escalate')) return amount
  }
  return null
}
const agrees = (prepared: PreparedGrant, call: Call, measured: Measured, state = stateOf(prepared), upTo = 20n) => {
  const facts = factsOf(call)
  const most = largestAllowed(prepared, facts, state, measured)
  expect(most).toBe(tried(prepared, facts, state, measured, upTo))
  return most
}

const cap = (limit: bigint): Given => ({ kind: 'erc20TransferAmount', token: usdc, limit })
const pin = (start: bigint, value: string): Given => ({ kind: 'allowedCalldata', start, value: `0x${value}` })
const coin = (limit: bigint): Given => ({ kind: 'nativeTransferAmount', limit })
const NATIVE: Address = `0x${'00'.repeat(20)}`
const window = { amount: 6n, duration: 60n, start: NOW - 10n }
const stream = { initial: 2n, max: 9n, perSecond: 1n, start: NOW - 3n }

describe('largestAllowed', () => {
  const last = (value: bigint, bytes: number) => value.toString(16).padStart(bytes * 2, '0')
  const pins: [string, Given[]][] = [
    ['none', []],
    ['the last byte', [pin(67n, '05')]],
    ['the last byte, high', [pin(67n, 'fe')]],
    ['the last byte and one behind it', [pin(67n, '05ff')]],
    ['the last two bytes', [pin(66n, '0105')]],
    ['the byte before the last', [pin(66n, '01')]],
    ['the byte before the last, zero', [pin(66n, '00')]],
    ['both of these', [pin(66n, '01'), pin(67n, '05')]],
    ['all but the last byte', [pin(36n, last(1n, 31))]],
    ['the first byte, set', [pin(36n, '01')]],
    ['the whole word', [pin(36n, word(260n))]],
    ['the whole word, too much', [pin(36n, word(500n))]],
    ['the whole word twice', [pin(36n, word(260n)), pin(36n, word(260n))]],
    ['two words', [pin(36n, word(260n)), pin(36n, word(261n))]],
    ['two that agree where they overlap', [pin(60n, last(1n, 7)), pin(66n, '0105')]],
    ['two that do not', [pin(60n, last(1n, 7)), pin(66n, '0205')]],
    ['payee and amount', [pin(4n, word(vendor) + word(77n))]],
    ['payee and a part of the amount', [pin(4n, word(vendor) + '00'.repeat(31))]],
    ['the byte before the amount', [pin(35n, vendor.slice(-2))]],
    ['that and the first of the amount', [pin(35n, `${vendor.slice(-2)}00`)]],
    ['all of it', [{ kind: 'exactCalldata', data: transfer(33n).data }]],
    ['the call', [{ kind: 'exactExecution', target: usdc, value: 0n, data: transfer(33n).data }]],
    ['all of it, with a tail', [{ kind: 'exactCalldata', data: `${transfer(33n).data}00` }]],
    ['another payee', [pin(4n, word(mallory))]],
  ]
  test.each(pins)('behavior: bytes that are pinned: %s', (_, caveats) => {
    for (const limit of [4n, 5n, 256n, 261n, 600n]) {
      const prepared = grantOf([...caveats, cap(limit)])
      agrees(prepared, transfer(1n), 'token', stateOf(prepared), limit + 1n)
    }
  })

  const caps: [string, Given[], Call, Measured][] = [
    ['tokens of a life', [cap(5n)], transfer(1n), 'token'],
    ['twice in one counter', [cap(5n), cap(7n)], transfer(1n), 'token'],
    ['tokens of a window', [{ kind: 'erc20PeriodTransfer', token: usdc, ...window }], transfer(1n), 'token'],
    [
      'two windows of one storage',
      [
        { kind: 'erc20PeriodTransfer', token: usdc, ...window },
        { kind: 'erc20PeriodTransfer', token: usdc, ...window },
      ],
      transfer(1n),
      'token',
    ],
    [
      'a window to come',
      [{ kind: 'erc20PeriodTransfer', token: usdc, ...window, start: NOW + 1n }],
      transfer(1n),
      'token',
    ],
    ['tokens of a stream', [{ kind: 'erc20Streaming', token: usdc, ...stream }], transfer(1n), 'token'],
    ['a stream to come', [{ kind: 'erc20Streaming', token: usdc, ...stream, start: NOW + 1n }], transfer(1n), 'token'],
    [
      'two streams of one storage',
      [
        { kind: 'erc20Streaming', token: usdc, ...stream },
        { kind: 'erc20Streaming', token: usdc, ...stream, initial: 0n },
      ],
      transfer(1n),
      'token',
    ],
    [
      'a chosen token',
      [{ kind: 'multiTokenPeriod', periods: [{ token: usdc, ...window }], added: `0x${word(0n)}` }],
      transfer(1n),
      'token',
    ],
    ['coin of a life', [coin(5n)], pay(1n), 'value'],
    ['coin of a window', [{ kind: 'nativePeriodTransfer', ...window }], pay(1n), 'value'],
    ['coin of a stream', [{ kind: 'nativeStreaming', ...stream }], pay(1n), 'value'],
    [
      'chosen coin',
      [{ kind: 'multiTokenPeriod', periods: [{ token: NATIVE, ...window }], added: `0x${word(0n)}` }],
      pay(1n),
      'value',
    ],
    ['value of a call', [{ kind: 'valueLte', max: 5n }], pay(1n), 'value'],
    ['value beside tokens', [cap(5n), { kind: 'valueLte', max: 3n }], { ...transfer(1n), value: 1n }, 'value'],
    ['coin beside tokens', [cap(5n), coin(3n)], { ...transfer(1n), value: 1n }, 'value'],
    ['tokens beside coin', [cap(5n), coin(3n)], transfer(1n), 'token'],
    [
      'a window of tokens beside coin',
      [{ kind: 'erc20PeriodTransfer', token: usdc, ...window }, coin(3n)],
      transfer(1n),
      'token',
    ],
    [
      'a window of tokens and value',
      [{ kind: 'erc20PeriodTransfer', token: usdc, ...window }, coin(9n)],
      transfer(1n),
      'value',
    ],
    [
      'a stream of tokens and value',
      [{ kind: 'erc20Streaming', token: usdc, ...stream }, coin(9n)],
      transfer(1n),
      'value',
    ],
    ['a window of coin beside tokens', [{ kind: 'nativePeriodTransfer', ...window }, cap(9n)], transfer(1n), 'token'],
    ['a stream of coin beside tokens', [{ kind: 'nativeStreaming', ...stream }, cap(9n)], transfer(1n), 'token'],
    ['the most of one call, tokens', [cap(9n), { kind: 'valueLte', max: 0n }], transfer(1n), 'token'],
    ['value of an exact call', [{ kind: 'exactExecution', target: vendor, value: 4n, data: '0x' }], pay(1n), 'value'],
    [
      'value of an exact call, above a bound',
      [{ kind: 'exactExecution', target: vendor, value: 4n, data: '0x' }, coin(3n)],
      pay(1n),
      'value',
    ],
    [
      'no value with a chosen token',
      [{ kind: 'multiTokenPeriod', periods: [{ token: usdc, ...window }], added: `0x${word(0n)}` }],
      transfer(1n),
      'value',
    ],
    ['what a chosen group says', [either([[{ kind: 'valueLte', max: 4n }]], selects(0n, '0x'))], pay(1n), 'value'],
    ['what a chosen group pins', [either([[pin(67n, '05')]], selects(0n, '0x')), cap(9n)], transfer(1n), 'token'],
    ['another target', [{ kind: 'allowedTargets', targets: [dai] }, cap(5n)], transfer(1n), 'token'],
  ]
  test.each(caps)('behavior: %s', (_, caveats, call, measured) => {
    const prepared = grantOf(caveats)
    agrees(prepared, call, measured)
    const state = stateOf(prepared)
    agrees(prepared, call, measured, { ...state, counters: {} })
    // A stored duration of zero is not divided by.
    for (const duration of [0n, 1n]) {
      const stored: Counter = { kind: 'period', ...window, duration, lastPeriod: 1n, transferred: 0n }
      const counters = Object.entries(state.counters).map(([key, it]) => [key, it.kind === 'period' ? stored : it])
      agrees(prepared, call, measured, { ...state, counters: Object.fromEntries(counters) })
    }
    // Something used: as much of each kind as these counters can hold, below, at and above their limits.
    for (const used of [1n, 5n, 6n, 8n, 9n]) {
      const counters = Object.fromEntries(
        Object.entries(state.counters).map(([key, counter]): [string, Counter] => {
          if (counter.kind === 'spent') return [key, { kind: 'spent', spent: used }]
          if (counter.kind === 'period') return [key, { kind: 'period', ...window, lastPeriod: 1n, transferred: used }]
          if (counter.kind === 'stream') return [key, { kind: 'stream', ...stream, spent: used }]
          return [key, counter]
        }),
      )
      agrees(prepared, call, measured, { ...state, counters })
    }
  })

  test('behavior: no value passes with a revocation, and the whole word is free where nothing bounds it', () => {
    const revoking = grantOf([{ kind: 'approvalRevocation', methods: ['permit2Lockdown'] }])
    const lockdown: Call = { to: '0x000000000022d473030f116ddee9f6b43ac78ba3', value: 3n, data: '0xcc53287f' }
    expect(agrees(revoking, lockdown, 'value')).toBe(0n)
    const open = grantOf([])
    const most = (call: Call, measured: Measured) => largestAllowed(open, factsOf(call), stateOf(open), measured)
    expect([most(transfer(1n), 'token'), most(pay(1n), 'value')]).toEqual([MAX_UINT256, MAX_UINT256])
    expect(most(pay(1n), 'token')).toBeNull()
    const pinned = grantOf([pin(67n, '05')])
    expect(largestAllowed(pinned, factsOf(transfer(1n)), stateOf(pinned), 'token')).toBe(MAX_UINT256 - 0xfan)
    const high = grantOf([pin(36n, '7f'), cap(MAX_UINT256)])
    expect(largestAllowed(high, factsOf(transfer(1n)), stateOf(high), 'token')).toBe(2n ** 255n - 1n)
    // Digits of every place of what is pinned, from the payee's word on too.
    const wide = (caveat: Given) => {
      const prepared = grantOf([caveat, cap(2n ** 201n)])
      return largestAllowed(prepared, factsOf(transfer(1n)), stateOf(prepared), 'token')
    }
    expect(wide(pin(66n, '1105'))).toBe(2n ** 201n - 0x10000n + 0x1105n)
    expect(wide(pin(4n, word(vendor) + word(2n ** 200n + 77n)))).toBe(2n ** 200n + 77n)
    expect(wide(pin(20n, vendor.slice(10) + word(2n ** 200n + 77n).slice(0, 60)))).toBe(2n ** 200n + 0xffffn)
    // A pinned bit above the bound, and one below it: the bits between are set.
    const both = grantOf([pin(36n, '40'), pin(67n, '00'), cap(2n ** 255n)])
    expect(largestAllowed(both, factsOf(transfer(1n)), stateOf(both), 'token')).toBe((0x41n << 248n) - 256n)
  })

  test('error: a batch, another chain, a state that is not there', () => {
    const prepared = grantOf([cap(5n)])
    const facts = factsOf(transfer(1n))
    expect(largestAllowed(prepared, factsOf([transfer(1n), transfer(1n)]), stateOf(prepared), 'token')).toBeNull()
    expect(largestAllowed(prepared, { ...facts, chainId: 1 }, stateOf(prepared), 'token')).toBeNull()
    expect(largestAllowed(prepared, facts, null as never, 'token')).toBeNull()
  })

  test('behavior: over branches the most, over links the least', () => {
    const most = (prepared: PreparedGrant, call = transfer(1n)) => agrees(prepared, call, 'token')
    expect(most(branchesOf([[cap(3n)]], [[cap(7n)]], [[cap(5n)]]))).toBe(7n)
    expect(most(branchesOf([[cap(7n)]], [[cap(3n)]]))).toBe(7n)
    expect(most(branchesOf([[pin(4n, word(mallory)), cap(9n)]], [[cap(3n)]]))).toBe(3n)
    const chain = grantOf([cap(9n)], [cap(4n)])
    expect(largestAllowed(chain, factsOf(transfer(1n), subAgent), stateOf(chain), 'token')).toBe(4n)
  })

  test('behavior: what somebody would have to confirm counts only where it is asked for', () => {
    const held: Held[] = [
      {
        rule: 'r',
        target: null,
        constraints: [
          {
            kind: 'threshold',
            pointer: '/t',
            terms: [{ reads: 'token', weight: 2n }],
            limit: 7n,
            confirmer: alice,
            timeout: 1n,
          },
        ],
      },
    ]
    const prepared = grantOf([cap(9n)])
    const given = { ...prepared, branches: prepared.branches.map((branch) => ({ ...branch, held })) }
    const [facts, state] = [factsOf(transfer(1n)), stateOf(prepared)]
    expect(largestAllowed(given, factsOf(transfer(1n, vendor, dai)), state, 'token', 'not_denied')).toBeNull()
    for (const passing of ['allow', 'not_denied'] as const) {
      const most = largestAllowed(given, facts, state, 'token', passing)
      expect(most).toBe(passing === 'allow' ? 3n : 9n)
      expect(most).toBe(tried(given, facts, state, 'token', 20n, passing === 'not_denied'))
    }
  })
})

describe('remainingAfter', () => {
  const left = (caveats: readonly Given[], call: Call | readonly Call[], above: readonly Given[] = []) => {
    const prepared = grantOf(caveats, above)
    return remainingAfter(firstBranch(prepared), factsOf(call), stateOf(prepared), [])
  }

  test('behavior: the tightest of what counts what moves; `null` where nothing does', () => {
    expect(left([cap(9n)], transfer(2n))).toBe(7n)
    expect(left([cap(9n)], transfer(2n), [cap(5n)])).toBe(3n)
    expect(left([cap(5n)], transfer(2n), [cap(9n)])).toBe(3n)
    expect(left([cap(9n), cap(8n)], transfer(2n))).toBe(4n)
    expect(left([coin(9n)], transfer(2n))).toBeNull()
    expect(left([cap(9n), coin(1n)], transfer(2n))).toBe(7n)
    expect(left([coin(9n)], pay(2n))).toBe(7n)
    expect(left([cap(9n)], pay(2n))).toBeNull()
    expect(left([], transfer(2n))).toBeNull()
    expect(left([cap(9n)], [transfer(2n), transfer(2n)])).toBeNull()
  })
})

describe('measuredOf', () => {
  test('behavior: tokens of a transfer of exactly two words, wei of any other call', () => {
    const measured = (data: Hex) => measuredOf(factsOf({ ...transfer(1n), data }))
    expect([measured(transfer(0n).data), measured(`${transfer(0n).data}00`), measured('0x')]).toEqual([
      'token',
      'value',
      'value',
    ])
  })
})
