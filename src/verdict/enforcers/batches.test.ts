import { describe, expect, test } from 'vitest'
import {
  act,
  agent,
  dai,
  denied,
  environment,
  grantOf,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  withCounter,
} from '../../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../../caveats/codec.ts'
import type { Execution } from '../../caveats/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { applyFix } from '../applyFix.ts'
import { evaluate } from '../evaluate.ts'
import type { Action, Call } from '../types.ts'

const batch = (...calls: Call[]): Action => ({ chainId: environment.chainId, redeemer: agent, calls })
const execution = ({ to, value, data }: Call): Execution => ({ target: to, value, data })
const [first, second] = [pay(3n), transfer(5n)] as const

function verdict(caveats: readonly KnownCaveat[], action: Action) {
  const prepared = grantOf(caveats)
  return evaluate(prepared, action, stateOf(prepared))
}
const code = (caveats: readonly KnownCaveat[], action: Action) => {
  const given = verdict(caveats, action)
  return given.verdict === 'deny' ? given.code : given.verdict
}
/** The action that the fix gives passes. */
function mends(caveats: readonly KnownCaveat[], action: Action) {
  const { fix } = denied(verdict(caveats, action))
  expect(fix.do).toBe('send_calls')
  expect(code(caveats, applyFix(fix, action))).toBe('allow')
}

describe('exactExecutionBatch', () => {
  const caveat: KnownCaveat = { kind: 'exactExecutionBatch', executions: [first, second].map(execution) }

  test('default: these calls in this order', () => {
    expect(code([caveat], batch(first, second))).toBe('allow')
    expect(verdict([caveat], batch(first, second))).toMatchObject({ remaining: null })
  })

  test.each([
    ['a third call', batch(first, second, pay(1n)), 'batch_size_not_allowed'],
    ['another order', batch(second, first), 'execution_not_allowed'],
    ['more value', batch({ ...first, value: 4n }, second), 'execution_not_allowed'],
    ['another payee', batch({ ...first, to: otherVendor }, second), 'execution_not_allowed'],
    ['another amount', batch(first, transfer(6n)), 'execution_not_allowed'],
    ['one call alone', batch(first), 'batch_required'],
  ])('error: %s, and the fix names the calls', (_, action, reason) => {
    expect(code([caveat], action)).toBe(reason)
    mends([caveat], action)
  })

  test('error: beside an enforcer of single calls nothing passes', () => {
    const both: KnownCaveat[] = [caveat, { kind: 'valueLte', max: 10n }]
    expect(denied(verdict(both, batch(first, second)))).toMatchObject({
      code: 'batch_not_allowed',
      caveat: { index: 1 },
      fix: { do: 'ask_for_a_new_grant' },
    })
  })
})

describe('exactCalldataBatch', () => {
  const caveat: KnownCaveat = { kind: 'exactCalldataBatch', executions: [first, second].map(execution) }

  test('default: only the bytes count, not where they go and with what', () => {
    expect(code([caveat], batch({ ...first, to: otherVendor, value: 99n }, { ...second, to: dai }))).toBe('allow')
  })

  test('error: other bytes, or another number of calls', () => {
    expect(code([caveat], batch({ ...first, data: '0x00' }, second))).toBe('calldata_not_allowed')
    expect(code([caveat], batch(first, second, first))).toBe('batch_size_not_allowed')
    mends([caveat], batch({ ...first, data: '0x00' }, second))
  })
})

describe('specificActionBatch', () => {
  const caveat: KnownCaveat = {
    kind: 'specificActionBatch',
    token: usdc,
    recipient: vendor,
    amount: 5n,
    first: execution(first),
  }

  test('default: the first call and the transfer; the recipient’s word may be dirty', () => {
    expect(code([caveat], batch(first, second))).toBe('allow')
    const dirty: Hex = `0x${second.data.slice(2, 10)}ff${second.data.slice(12)}`
    expect(code([caveat], batch(first, { ...second, data: dirty }))).toBe('allow')
  })

  test.each([
    ['another first call', batch({ ...first, value: 4n }, second), 'execution_not_allowed'],
    ['another token', batch(first, transfer(5n, vendor, dai)), 'execution_not_allowed'],
    ['another recipient', batch(first, transfer(5n, otherVendor)), 'execution_not_allowed'],
    ['another amount', batch(first, transfer(4n)), 'execution_not_allowed'],
    ['value with the transfer', batch(first, { ...second, value: 1n }), 'execution_not_allowed'],
    ['a tail', batch(first, { ...second, data: `${second.data}00` }), 'execution_not_allowed'],
    ['three calls', batch(first, second, second), 'batch_size_not_allowed'],
    ['one call', batch(second), 'batch_required'],
  ])('error: %s', (_, action, reason) => {
    expect(code([caveat], action)).toBe(reason)
    mends([caveat], action)
  })

  test('error: once, and twice in one delegation never', () => {
    const prepared = grantOf([caveat])
    const used = withCounter(prepared, stateOf(prepared), 0, 0, { kind: 'used', used: true })
    expect(denied(evaluate(prepared, batch(first, second), used))).toMatchObject({
      code: 'delegation_used',
      fix: { do: 'ask_for_a_new_grant' },
    })
    expect(denied(verdict([caveat, caveat], batch(first, second)))).toMatchObject({
      code: 'delegation_used',
      caveat: { index: 1 },
    })
  })
})

describe('exactExecution', () => {
  const caveat: KnownCaveat = { kind: 'exactExecution', ...execution(transfer(5n)) }

  test('default: this call', () => {
    expect(code([caveat], act(transfer(5n)))).toBe('allow')
  })

  test.each([
    ['another contract', transfer(5n, vendor, dai), 'target_not_allowed'],
    ['native value', { ...transfer(5n), value: 1n }, 'value_not_allowed'],
    ['another amount', transfer(4n), 'calldata_not_allowed'],
    ['a tail', { ...transfer(5n), data: `${transfer(5n).data}00` as const }, 'calldata_not_allowed'],
  ])('error: %s', (_, call, reason) => {
    expect(code([caveat], act(call))).toBe(reason)
    mends([caveat], act(call))
  })

  test('behavior: it pins the amount: the only one that passes is the largest, also above and below', () => {
    const budget: KnownCaveat = { kind: 'erc20TransferAmount', token: usdc, limit: 10n }
    const largest = (call: Call, caveats: readonly KnownCaveat[]) => denied(verdict(caveats, act(call))).largestAllowed
    expect(largest(transfer(9n), [caveat, budget])).toBe(5n)
    expect(largest(transfer(9n), [caveat, { ...budget, limit: 4n }])).toBeNull()
    const paid: KnownCaveat = { kind: 'exactExecution', ...execution(pay(3n)) }
    expect(largest(pay(9n), [paid])).toBe(3n)
    expect(largest(pay(1n), [paid])).toBe(3n)
  })

  test('behavior: without call data the target is a payee', () => {
    const paid: KnownCaveat = { kind: 'exactExecution', ...execution(pay(3n)) }
    expect(code([paid], act(pay(3n, otherVendor)))).toBe('recipient_not_allowed')
  })
})

describe('batch mode', () => {
  test('error: where no caveat asks for a batch, none passes', () => {
    expect(denied(verdict([{ kind: 'id', id: 1n }], batch(first, second)))).toMatchObject({
      code: 'batch_not_allowed',
      hop: null,
      fix: { do: 'send_one_call' },
    })
  })
})
