import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { act, budget, environment, type More, nativeBudget, pay, type Rule } from '../../test/arbitraries/plan.ts'
import { PAYEES, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import { PERMIT2 } from './dangers.ts'
import { CompileError } from './errors.ts'
import { guardScope, isOpenDelegate } from './guardScope.ts'
import { resolve } from './resolve.ts'
import { selectorOf } from './selector.ts'

/** What is refused by the scope alone, with the place in the scope: what was compiled is judged again, but without it. */

const THIEF: Address = `0x${'66'.repeat(20)}`
const { manager } = environment
const MANAGER = 'the delegation manager'

const refusalOf = (rules: readonly Rule[], more: More = {}) => {
  try {
    guardScope(resolve(parseScope(scopeDocument(rules, more)), environment, 0n))
    return null
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    return { code: error.code.replace('compile.', ''), ...error.details }
  }
}

const wrapping = (to: Address, data: Hex, ...acknowledge: string[]) =>
  act({
    function: 'function functionCall(address to, bytes data)',
    args: { to: { eq: to }, data: { eq: data } },
    acknowledge: ['selector:functionCall', ...acknowledge],
  })
const running = (to: Address, data: Hex, ...acknowledge: string[]) =>
  act({
    function: 'function functionDelegateCall(address to, bytes data)',
    args: { to: { eq: to }, data: { eq: data } },
    acknowledge: ['selector:functionDelegateCall', ...acknowledge],
  })
const PING: Hex = '0x12345678'
const APPROVE = encodeCalldata('approve(address,uint256)', [THIEF, 5n])
const approve = selectorOf('approve(address,uint256)')
const asset = (address: Address): More => ({
  budgets: { b: { assets: { [address]: '1' }, max: '2' } },
  assets: { [address]: { symbol: 'X', decimals: 6 } },
})
const inside = { pointer: '/rules/0/args' }
const place = { ...inside, function: 'functionCall(address,bytes)' }
const delegated = { ...inside, function: 'functionDelegateCall(address,bytes)' }

describe('guardScope', () => {
  const table: [string, object | null, readonly Rule[], More?][] = [
    ['a token of its own', null, [pay()], budget()],
    ['native coin', null, [pay({ asset: 'native' })], nativeBudget()],
    [
      'the manager as a token',
      { code: 'target_is_manager', pointer: '/rules/0/asset', target: manager, is: MANAGER },
      [pay({ asset: manager, to: 'anyone' })],
      asset(manager),
    ],
    [
      'Permit2 as a token',
      { code: 'forbidden_target', pointer: '/rules/0/asset', target: PERMIT2, is: 'Permit2' },
      [pay({ asset: PERMIT2 })],
      asset(PERMIT2),
    ],
    [
      'the manager as the second payee',
      { code: 'forbidden_payee', pointer: '/rules/0/to/1', payee: manager, is: MANAGER },
      [pay({ to: [PAYEES[0], manager] })],
      budget(),
    ],
    [
      'the manager as a target',
      { code: 'target_is_manager', pointer: '/rules/0/target', target: manager, is: MANAGER },
      [act({ target: manager })],
    ],
    ['Permit2 as a target, acknowledged', null, [act({ target: PERMIT2, acknowledge: ['target:permit2'] })]],
    [
      'a function that hands out an allowance',
      {
        code: 'forbidden_selector',
        pointer: '/rules/1/function',
        function: 'approve(address,uint256)',
        selector: approve,
      },
      [act({ id: 'a' }), act({ function: 'function approve(address a, uint256 b)' })],
    ],

    ['a call inside, of nothing dangerous', null, [wrapping(TARGET, PING)]],
    [
      'the manager called inside',
      { code: 'target_is_manager', pointer: '/rules/0/args', target: manager, is: MANAGER },
      [wrapping(manager, PING)],
    ],
    [
      'the principal called inside',
      { code: 'target_is_principal', pointer: '/rules/0/args', target: PRINCIPAL, is: 'the principal itself' },
      [wrapping(PRINCIPAL, PING)],
    ],
    [
      'Permit2 called inside',
      { code: 'forbidden_target', pointer: '/rules/0/args', target: PERMIT2, is: 'Permit2' },
      [wrapping(PERMIT2, PING)],
    ],
    ['Permit2 called inside, acknowledged', null, [wrapping(PERMIT2, PING, 'target:permit2')]],
    [
      'an allowance handed out inside',
      { code: 'forbidden_selector', ...place, target: USDC, selector: approve },
      [wrapping(USDC, APPROVE)],
    ],
    ['the same, acknowledged', null, [wrapping(USDC, APPROVE, 'selector:approve')]],
    [
      'code that runs as the target',
      { code: 'nested_delegatecall', ...delegated, target: TARGET, selector: PING },
      [running(TARGET, PING)],
    ],
    [
      'the same, whatever is acknowledged',
      { code: 'nested_delegatecall', ...delegated, target: USDC, selector: approve },
      [running(USDC, APPROVE, 'selector:approve')],
    ],
    [
      'calls that cannot be read',
      { code: 'nested_unreadable', ...inside, function: 'multiSend(bytes)' },
      [
        act({
          function: 'function multiSend(bytes list)',
          args: { list: { eq: '0x00' } },
          acknowledge: ['selector:multiSend', 'nested:multiSend'],
        }),
      ],
    ],
    [
      'calls left to the agent',
      { code: 'nested_open', ...place },
      [{ ...wrapping(TARGET, PING), args: { to: { eq: TARGET } } } as Rule],
    ],

    [
      'a name that promises calls, in a form that nobody can read',
      { code: 'nested_unreadable', ...inside, function: 'executeSigned(bytes)' },
      [act({ function: 'function executeSigned(bytes data)', acknowledge: ['selector:executeSigned'] })],
    ],
    [
      'the same, with another word',
      { code: 'nested_unreadable', ...inside, function: 'executeSigned(bytes)' },
      [
        act({
          function: 'function executeSigned(bytes data)',
          acknowledge: ['selector:executeSigned', 'nested:execute'],
        }),
      ],
    ],
    [
      'the same, acknowledged',
      null,
      [
        act({
          function: 'function executeSigned(bytes data)',
          acknowledge: ['selector:executeSigned', 'nested:executeSigned'],
        }),
      ],
    ],
    ['bytes in a function whose name promises nothing', null, [act({ function: 'function note(bytes data)' })]],
  ]
  test.each(table)('behavior: %s: %j', (_, expected, rules, more) => {
    expect(refusalOf(rules, more)).toEqual(expected)
  })

  test('error: compile.open_delegate for an account that is nobody in particular', () => {
    const anyone: Address = '0x0000000000000000000000000000000000000a11'
    const nobody: Address = `0x${'0'.repeat(40)}`
    const scope = parseScope(scopeDocument([pay()], budget()))
    for (const delegate of [anyone, nobody]) {
      expect(isOpenDelegate(delegate)).toBe(true)
      const guard = () => guardScope({ ...resolve(scope, environment, 0n), scope: { ...scope, delegate } })
      expect(guard).toThrow(
        expect.objectContaining({ code: 'compile.open_delegate', details: { pointer: '/delegate', delegate } }),
      )
    }
    expect(isOpenDelegate(PAYEES[0])).toBe(false)
  })
})
