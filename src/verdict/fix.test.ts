import fc from 'fast-check'
import { decodeFunctionData, encodeFunctionData, erc20Abi } from 'viem'
import { describe, expect, test } from 'vitest'
import { seeded } from '../../test/arbitraries/draw.ts'
import { drawVerdictCase, type VerdictCase } from '../../test/arbitraries/verdictCase.ts'
import {
  act,
  agent,
  alice,
  branchesOf,
  denied,
  environment,
  grantOf,
  mallory,
  NOW,
  otherVendor,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Hex } from '../primitives/hex.ts'
import { evaluate } from './evaluate.ts'
import type { Action, Call, Fix, State } from './types.ts'

/** Cases for properties: a seed each, so that a failure names what reproduces it. */
function forCases(runs: number, check: (sample: VerdictCase) => void): void {
  fc.assert(
    fc.property(fc.nat(), (seed) => check(drawVerdictCase(seeded(seed), environment, 6))),
    { numRuns: runs },
  )
}

/**
 * What an agent does that reads only the documentation of `Fix`, with another encoder than ours: `null` where there is
 * nothing to do but ask or come back.
 */
function follow(fix: Fix, action: Action, state: State, choice: number): { action: Action; state: State } | null {
  const change = (edit: (call: Call) => Call) => ({
    action: { ...action, calls: action.calls.map((call, index) => (index === 0 ? edit(call) : call)) },
    state,
  })
  const of = <entry>(list: readonly entry[]) => list[choice % list.length] as entry
  switch (fix.do) {
    case 'lower_amount':
      return change((call) => {
        const transfer = transferOf(call)
        if (transfer === null) return { ...call, value: fix.to }
        return {
          ...call,
          data: encodeFunctionData({
            abi: erc20Abi,
            functionName: 'transfer',
            args: [transfer.to, fix.to],
          }).toLowerCase() as Hex,
        }
      })
    case 'pay_one_of':
      return change((call) => {
        const transfer = transferOf(call)
        if (transfer === null) return { ...call, to: of(fix.recipients) }
        return { ...call, data: `${call.data.slice(0, 10)}${word(of(fix.recipients))}${call.data.slice(74)}` as Hex }
      })
    case 'call_one_of': {
      const { target, selector } = of(fix.targets)
      return change((call) => ({
        ...call,
        to: target,
        data: selector ? (`${selector}${call.data.slice(10)}` as Hex) : call.data,
      }))
    }
    case 'set_value':
      return change((call) => ({ ...call, value: fix.to }))
    case 'set_calldata':
      return change((call) => ({ ...call, data: fix.data }))
    case 'set_bytes':
      return change((call) => {
        const bytes = Buffer.from(call.data.slice(2), 'hex')
        const patch = Buffer.from(fix.bytes.slice(2), 'hex')
        const at = Number(fix.at)
        const out = Buffer.alloc(Math.max(bytes.length, at + patch.length))
        bytes.copy(out)
        patch.copy(out, at)
        return { ...call, data: `0x${out.toString('hex')}` }
      })
    case 'redeem_as':
      return { action: { ...action, redeemer: of(fix.redeemers) }, state }
    case 'use_chain':
      return { action: { ...action, chainId: fix.chainId }, state }
    case 'send_one_call':
      return { action: { ...action, calls: action.calls.slice(0, 1) }, state }
    case 'send_calls':
      return { action: { ...action, calls: fix.calls }, state }
    case 'wait_until':
      return { action, state: { ...state, block: { ...state.block, timestamp: fix.time } } }
    default:
      return null
  }
}

function transferOf({ data }: Call): { to: Hex } | null {
  if (!data.startsWith('0xa9059cbb') || data.length !== 138) return null
  // The recipient word may be dirty: read the address as the token would, after its check.
  const clean = `${data.slice(0, 10)}${'0'.repeat(24)}${data.slice(34)}` as Hex
  const decoded = decodeFunctionData({ abi: erc20Abi, data: clean })
  return decoded.functionName === 'transfer' ? { to: decoded.args[0].toLowerCase() as Hex } : null
}

describe('fix', () => {
  test('behavior: whoever follows fixes ends at an allowed action, or where only a new grant or time helps', () => {
    const seen = new Map<Fix['do'], number>()
    let followed = 0
    forCases(300, ({ prepared, state: first, actions }) => {
      for (const [index, asked] of actions.entries()) {
        let [action, state] = [asked, first]
        let verdict = evaluate(prepared, action, state)
        for (let step = 0; verdict.verdict === 'deny'; step++) {
          const { fix } = verdict
          seen.set(fix.do, (seen.get(fix.do) ?? 0) + 1)
          const next = follow(fix, action, state, index)
          if (next === null) {
            // A fix that was begun must not end in the open.
            expect({ step, verdict }).toMatchObject({ step: 0 })
            break
          }
          ;({ action, state } = next)
          verdict = evaluate(prepared, action, state)
          // Its promise: the same action passes from then on.
          if (fix.do === 'wait_until') expect(verdict.verdict).toBe('allow')
          expect(step).toBeLessThan(6)
          if (verdict.verdict === 'allow') followed++
        }
      }
    })
    expect(followed).toBeGreaterThan(300)
    const reachable: Fix['do'][] = [
      'lower_amount',
      'wait_until',
      'pay_one_of',
      'call_one_of',
      'set_value',
      'set_bytes',
      'set_calldata',
      'redeem_as',
      'send_one_call',
      'send_calls',
      'use_chain',
      'ask_for_a_new_grant',
      'retry_later',
    ]
    expect(reachable.filter((kind) => !seen.has(kind))).toEqual([])
  })

  test('behavior: a wait ends one second too early in a denial', () => {
    let waits = 0
    forCases(300, ({ prepared, state, actions }) => {
      for (const action of actions) {
        const verdict = evaluate(prepared, action, state)
        if (verdict.verdict !== 'deny' || verdict.fix.do !== 'wait_until') continue
        waits++
        const early = { ...state, block: { ...state.block, timestamp: verdict.fix.time - 1n } }
        expect(evaluate(prepared, action, early).verdict).toBe('deny')
      }
    })
    expect(waits).toBeGreaterThan(20)
  })

  test('behavior: a hostile action with every branch wrong costs a bounded search', () => {
    const branches = Array.from({ length: 32 }, (_, index): KnownCaveat[][] => [
      [
        { kind: 'allowedTargets', targets: [`0x${index.toString(16).padStart(40, '0')}`] },
        { kind: 'allowedMethods', selectors: ['0x11111111'] },
        { kind: 'exactCalldata', data: '0x22222222' },
      ],
    ])
    const prepared = branchesOf(...branches)
    const started = performance.now()
    const verdict = denied(evaluate(prepared, act(transfer(1n, mallory)), stateOf(prepared)))
    expect(verdict.fix).toEqual({ do: 'ask_for_a_new_grant' })
    expect(performance.now() - started).toBeLessThan(200)
  })

  test('default: payees of all branches, each tried', () => {
    const payTo = (payee: Hex, limit: bigint): KnownCaveat[] => [
      { kind: 'erc20TransferAmount', token: usdc, limit },
      { kind: 'allowedCalldata', start: 4n, value: `0x${word(payee)}` },
    ]
    const prepared = branchesOf([payTo(vendor, 10n)], [payTo(otherVendor, 10n)], [payTo(alice, 0n)])
    expect(denied(evaluate(prepared, act(transfer(10n, mallory)), stateOf(prepared))).fix).toEqual({
      do: 'pay_one_of',
      // Not alice: nothing may be paid to her, so naming her would help nobody.
      recipients: [vendor, otherVendor],
    })
  })

  test('default: what must change comes before what must be waited for', () => {
    const prepared = grantOf([
      { kind: 'timestamp', after: NOW, before: NOW + 100n },
      { kind: 'erc20TransferAmount', token: usdc, limit: 10n },
    ])
    const state = stateOf(prepared)
    const first = denied(evaluate(prepared, act(transfer(11n)), state))
    expect(first).toMatchObject({ code: 'not_yet_valid', fix: { do: 'lower_amount', to: 10n } })
    const second = denied(evaluate(prepared, act(transfer(10n)), state))
    expect(second.fix).toEqual({ do: 'wait_until', time: NOW + 1n })
  })

  test('default: nobody is sent to wait past the expiry', () => {
    const prepared = grantOf([
      { kind: 'timestamp', after: 0n, before: NOW + 50n },
      { kind: 'erc20PeriodTransfer', token: usdc, amount: 10n, duration: 100n, start: NOW },
    ])
    const state = stateOf(prepared)
    const counters = Object.fromEntries(
      Object.keys(state.counters).map((key) => [
        key,
        { kind: 'period', amount: 10n, duration: 100n, start: NOW, lastPeriod: 1n, transferred: 10n } as const,
      ]),
    )
    expect(denied(evaluate(prepared, act(transfer(1n)), { ...state, counters })).fix).toEqual({
      do: 'ask_for_a_new_grant',
    })
  })

  test('behavior: a malformed action is repaired where it can be read', () => {
    const prepared = grantOf([{ kind: 'erc20TransferAmount', token: usdc, limit: 10n }])
    const call = transfer(3n)
    const upper = { ...call, data: `0x${call.data.slice(2).toUpperCase()}` as Hex }
    expect(denied(evaluate(prepared, act(upper), stateOf(prepared)))).toMatchObject({
      code: 'malformed_action',
      fix: { do: 'set_calldata', data: call.data },
    })
    expect(denied(evaluate(prepared, act({ ...call, value: -1n }), stateOf(prepared))).fix).toEqual({
      do: 'set_value',
      to: 0n,
    })
    expect(denied(evaluate(prepared, { ...act(call), redeemer: '0xB2' }, stateOf(prepared))).fix).toEqual({
      do: 'redeem_as',
      redeemers: [agent],
    })
  })
})

describe('largestAllowed', () => {
  test('behavior: it passes, one more does not, and where there is none nothing passes', () => {
    let some = 0
    let none = 0
    let capped = 0
    forCases(300, ({ prepared, state, actions }) => {
      for (const action of actions) {
        const verdict = evaluate(prepared, action, state)
        const [call] = action.calls
        if (verdict.verdict !== 'deny' || call === undefined || action.calls.length !== 1) continue
        // A budget in wei on a token call is the one denial whose amount is not the call's own.
        const token = call.data.startsWith('0xa9059cbb') && call.data.length === 138 && verdict.fix.do !== 'set_value'
        if (verdict.caveat?.kind === 'valueLte' || verdict.caveat?.kind.startsWith('native')) {
          if (call.data.length === 138) continue
        }
        const withAmount = (amount: bigint): Action => ({
          ...action,
          calls: [
            token ? { ...call, data: `${call.data.slice(0, 74)}${word(amount)}` as Hex } : { ...call, value: amount },
          ],
        })
        const passes = (amount: bigint) => evaluate(prepared, withAmount(amount), state).verdict === 'allow'
        const { largestAllowed } = verdict
        if (largestAllowed === null) {
          none++
          const tried = [0n, 1n, 2n, 19n, 100n, verdict.remaining ?? 0n, verdict.limit ?? 0n]
          expect(tried.filter(passes)).toEqual([])
        } else {
          some++
          expect(passes(largestAllowed)).toBe(true)
          const above = [1n, 2n, 3n, 50n, 256n].map((step) => largestAllowed + step)
          expect(above.filter((amount) => amount < 1n << 256n && passes(amount))).toEqual([])
          if (verdict.remaining !== null && largestAllowed < verdict.remaining) capped++
        }
      }
    })
    expect(some).toBeGreaterThan(100)
    expect(none).toBeGreaterThan(300)
    // The least of several bounds, not that of the caveat which refused.
    expect(capped).toBeGreaterThan(5)
  })

  test('behavior: a pinned part of the amount bounds it from below the cap', () => {
    // The lowest byte of the amount must be 0x10: at most 0x110 of the 0x120 allowed.
    const prepared = grantOf([
      { kind: 'erc20TransferAmount', token: usdc, limit: 0x120n },
      { kind: 'allowedCalldata', start: 67n, value: '0x10' },
    ])
    const verdict = denied(evaluate(prepared, act(transfer(0x210n)), stateOf(prepared)))
    expect(verdict).toMatchObject({ code: 'budget_exceeded', remaining: 0x120n, largestAllowed: 0x110n })
    expect(evaluate(prepared, act(transfer(0x110n)), stateOf(prepared)).verdict).toBe('allow')
  })

  test('behavior: over branches it is the most that any of them allows', () => {
    const cap = (limit: bigint): KnownCaveat[] => [{ kind: 'erc20TransferAmount', token: usdc, limit }]
    const prepared = branchesOf([cap(5n)], [cap(50n)])
    expect(denied(evaluate(prepared, act(transfer(51n)), stateOf(prepared)))).toMatchObject({
      largestAllowed: 50n,
      fix: { do: 'lower_amount', to: 50n },
    })
  })
})
