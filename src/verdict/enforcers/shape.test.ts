import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  denied,
  grantOf,
  mallory,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { Hex } from '../../primitives/hex.ts'
import { evaluate } from '../evaluate.ts'
import type { Action, Call } from '../types.ts'

function verdict(caveats: readonly KnownCaveat[], action: Action | Call) {
  const prepared = grantOf(caveats)
  return evaluate(prepared, 'calls' in action ? action : act(action), stateOf(prepared))
}

const code = (caveats: readonly KnownCaveat[], action: Action | Call) => {
  const given = verdict(caveats, action)
  return given.verdict === 'deny' ? given.code : given.verdict
}

describe('allowedTargets', () => {
  const caveat: KnownCaveat = { kind: 'allowedTargets', targets: [usdc, otherVendor] }

  test('default: any listed contract', () => {
    expect(code([caveat], transfer(1n))).toBe('allow')
    expect(code([caveat], pay(0n, otherVendor))).toBe('allow')
  })

  test('error: a contract next to the listed one, the attacker’s look-alike', () => {
    const twin: Hex = `0x${'e5'.repeat(19)}e4`
    expect(denied(verdict([caveat], transfer(1n, vendor, twin)))).toMatchObject({
      code: 'target_not_allowed',
      family: 'not_permitted',
      hop: 0,
      caveat: { index: 0, kind: 'allowedTargets' },
      largestAllowed: null,
      fix: { do: 'call_one_of', targets: [{ target: usdc }, { target: otherVendor }] },
    })
  })

  test('behavior: where calls carry no data the target is a payee', () => {
    const caveats: KnownCaveat[] = [
      { kind: 'exactCalldata', data: '0x' },
      { kind: 'allowedTargets', targets: [vendor] },
    ]
    expect(denied(verdict(caveats, pay(1n, mallory)))).toMatchObject({
      code: 'recipient_not_allowed',
      fix: { do: 'pay_one_of', recipients: [vendor] },
    })
  })
})

describe('allowedMethods', () => {
  const caveat: KnownCaveat = { kind: 'allowedMethods', selectors: ['0x12345678', '0xa9059cbb'] }

  test('default: any listed selector, whatever follows', () => {
    expect(code([caveat], transfer(1n))).toBe('allow')
    expect(code([caveat], { ...pay(0n), data: '0x12345678' })).toBe('allow')
  })

  test('error: approve instead of transfer, a selector cut short, no data at all', () => {
    expect(code([caveat], { ...transfer(1n), data: `0x095ea7b3${word(mallory)}${word(1n)}` })).toBe(
      'method_not_allowed',
    )
    expect(code([caveat], { ...pay(0n), data: '0x123456' })).toBe('method_not_allowed')
    expect(code([caveat], pay(0n))).toBe('method_not_allowed')
  })
})

describe('allowedCalldata', () => {
  const payee: KnownCaveat = { kind: 'allowedCalldata', start: 4n, value: `0x${word(vendor)}` }

  test('default: those bytes, any bytes behind them', () => {
    expect(code([payee], transfer(1n))).toBe('allow')
    expect(code([payee], { ...transfer(1n), data: `${transfer(1n).data}ff` })).toBe('allow')
  })

  test('error: another payee', () => {
    expect(denied(verdict([payee], transfer(1n, mallory)))).toMatchObject({
      code: 'recipient_not_allowed',
      fix: { do: 'pay_one_of', recipients: [vendor] },
    })
  })

  test('error: the payee with a dirty upper byte, which a lax token would mask away', () => {
    const { data } = transfer(1n)
    expect(code([payee], { ...transfer(1n), data: `${data.slice(0, 10)}01${data.slice(12)}` as Hex })).toBe(
      'recipient_not_allowed',
    )
  })

  test('error: call data that ends inside the pinned bytes', () => {
    const cut = transfer(1n).data.slice(0, 2 + 35 * 2) as Hex
    expect(code([payee], { ...transfer(1n), data: cut })).toBe('calldata_not_allowed')
    expect(code([payee], { ...transfer(1n), data: `${cut}${'d4'}` as Hex })).toBe('allow')
  })

  test('error: an argument of a call that is no transfer', () => {
    const caveat: KnownCaveat = { kind: 'allowedCalldata', start: 36n, value: '0x00ff' }
    expect(denied(verdict([caveat], { ...transfer(1n), data: `0x12345678${word(1n)}00fe` }))).toMatchObject({
      code: 'argument_not_allowed',
      fix: { do: 'set_bytes', at: 36n, bytes: '0x00ff' },
    })
  })
})

describe('exactCalldata', () => {
  const caveat: KnownCaveat = { kind: 'exactCalldata', data: '0x12345678' }

  test('error: one byte more, one less, one changed', () => {
    expect(code([caveat], { ...pay(0n), data: '0x12345678' })).toBe('allow')
    for (const data of ['0x1234567800', '0x123456', '0x12345679', '0x'] as const) {
      expect(denied(verdict([caveat], { ...pay(0n), data }))).toMatchObject({
        code: 'calldata_not_allowed',
        fix: { do: 'set_calldata', data: '0x12345678' },
      })
    }
  })

  test('error: a token call smuggled into a native payment (FACTS C6)', () => {
    expect(code([{ kind: 'exactCalldata', data: '0x' }], transfer(1_000n))).toBe('calldata_not_allowed')
  })
})

describe('valueLte', () => {
  test('default: up to the bound, inclusive', () => {
    const caveat: KnownCaveat = { kind: 'valueLte', max: 5n }
    expect(code([caveat], { ...transfer(1n), value: 4n })).toBe('allow')
    expect(code([caveat], { ...transfer(1n), value: 5n })).toBe('allow')
    expect(denied(verdict([caveat], { ...transfer(1n), value: 6n }))).toMatchObject({
      code: 'value_not_allowed',
      limit: 5n,
      requested: 6n,
      largestAllowed: 5n,
      fix: { do: 'set_value', to: 5n },
    })
  })

  test('behavior: on a native payment it is the most for one action', () => {
    const caveats: KnownCaveat[] = [
      { kind: 'exactCalldata', data: '0x' },
      { kind: 'valueLte', max: 5n },
    ]
    expect(denied(verdict(caveats, pay(6n)))).toMatchObject({
      code: 'action_maximum_exceeded',
      family: 'refused',
      limit: 5n,
      largestAllowed: 5n,
      fix: { do: 'lower_amount', to: 5n },
    })
  })
})

describe('redeemer', () => {
  test('error: the delegate itself, where only a pinned account may redeem', () => {
    const prepared = grantOf([{ kind: 'redeemer', redeemers: [mallory] }])
    expect(denied(evaluate(prepared, act(transfer(1n)), stateOf(prepared)))).toMatchObject({
      code: 'redeemer_not_allowed',
      hop: 0,
      caveat: { index: 0, kind: 'redeemer' },
      // Nobody is both the delegate and pinned: this link can never be redeemed.
      fix: { do: 'ask_for_a_new_grant' },
    })
  })

  test('error: whoever finds the signed grant and is not its delegate', () => {
    const prepared = grantOf([{ kind: 'allowedTargets', targets: [usdc] }])
    expect(denied(evaluate(prepared, act(transfer(1n), mallory), stateOf(prepared)))).toMatchObject({
      code: 'redeemer_not_allowed',
      hop: 0,
      caveat: null,
      fix: { do: 'redeem_as', redeemers: [agent] },
    })
  })
})

describe('single mode', () => {
  const batch: Action = { ...act(transfer(1n)), calls: [transfer(1n), transfer(1n, mallory)] }

  test('error: a second call behind an allowed one, at the first caveat that knows only single calls', () => {
    const caveats: KnownCaveat[] = [
      { kind: 'timestamp', after: 0n, before: 0n },
      { kind: 'erc20TransferAmount', token: usdc, limit: 10n },
    ]
    expect(denied(verdict(caveats, batch))).toMatchObject({
      code: 'batch_not_allowed',
      caveat: { index: 1, kind: 'erc20TransferAmount' },
      fix: { do: 'send_one_call' },
    })
  })

  test('error: five transfers under one counted call, where no caveat closes batch mode (FACTS C9)', () => {
    expect(denied(verdict([{ kind: 'limitedCalls', limit: 1n }], batch))).toMatchObject({
      code: 'batch_not_allowed',
      hop: null,
      caveat: null,
    })
  })
})
