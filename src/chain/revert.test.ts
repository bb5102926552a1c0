import fc from 'fast-check'
import { encodeErrorResult, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../primitives/hex.ts'
import { decodeRevert, MAX_REVERT_BYTES } from './revert.ts'

const abi = parseAbi([
  'error Error(string)',
  'error Panic(uint256)',
  'error CannotUseADisabledDelegation()',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'error FailedOp(uint256 index, string reason)',
])
const holder: Hex = `0x${'ab'.repeat(20)}`

describe('decodeRevert', () => {
  test('default: strings, panics and the custom errors of the framework and of tokens', () => {
    const text = (message: string) => decodeRevert(encodeErrorResult({ abi, errorName: 'Error', args: [message] }))
    expect(text('TimestampEnforcer:expired-delegation')).toMatchObject({
      contract: 'TimestampEnforcer',
      name: 'Error',
      message: 'TimestampEnforcer:expired-delegation',
    })
    expect(text('Not enough')).not.toHaveProperty('contract')
    expect(decodeRevert(encodeErrorResult({ abi, errorName: 'Panic', args: [17n] })).message).toBe(
      'Panic(17): an arithmetic operation overflowed',
    )
    expect(decodeRevert(encodeErrorResult({ abi, errorName: 'CannotUseADisabledDelegation' }))).toMatchObject({
      contract: 'DelegationManager',
      message: 'CannotUseADisabledDelegation()',
    })
    const balance = encodeErrorResult({ abi, errorName: 'ERC20InsufficientBalance', args: [holder, 1n, 2n] })
    expect(decodeRevert(balance)).toMatchObject({
      contract: 'ERC20',
      message: `ERC20InsufficientBalance(${holder}, 1, 2)`,
    })
    expect(decodeRevert(encodeErrorResult({ abi, errorName: 'FailedOp', args: [3n, 'AA24'] })).message).toBe(
      'FailedOp(3, …)',
    )
    expect(decodeRevert('0x')).toMatchObject({ name: 'empty' })
    expect(decodeRevert('0xdeadbeef')).toMatchObject({ name: 'unknown' })
  })

  test('behavior: a hostile text is bounded and escaped, and names no enforcer that it only mentions', () => {
    const text = (message: string) => decodeRevert(encodeErrorResult({ abi, errorName: 'Error', args: [message] }))
    expect(text('\u001b[2J\n\u202eevil').message).not.toMatch(/[\p{Cc}\u202e]/u)
    expect(text('x'.repeat(100_000)).message.length).toBeLessThan(300)
    expect(text('x'.repeat(100_000)).data.length).toBe(2 + 2 * MAX_REVERT_BYTES)
    expect(text('see NonceEnforcer:invalid-nonce')).not.toHaveProperty('contract')
  })

  test('error: never throws, whatever the bytes, and every kind is seen', () => {
    const valid = [
      encodeErrorResult({ abi, errorName: 'Error', args: ['NonceEnforcer:invalid-nonce'] }),
      encodeErrorResult({ abi, errorName: 'Panic', args: [1n] }),
      encodeErrorResult({ abi, errorName: 'ERC20InsufficientBalance', args: [holder, 1n, 2n] }),
    ]
    const names = new Set<string>()
    fc.assert(
      fc.property(
        fc.constantFrom(...valid),
        fc.nat(400),
        fc.uint8Array({ maxLength: 3 }),
        fc.boolean(),
        (base, at, bytes, cut) => {
          const index = 2 + 2 * (at % ((base.length - 2) / 2 + 1))
          const inserted = Buffer.from(bytes).toString('hex')
          const mutant = (base.slice(0, index) + inserted + (cut ? '' : base.slice(index + inserted.length))) as Hex
          const { name, message } = decodeRevert(mutant)
          names.add(name)
          expect(message.length).toBeLessThan(400)
          expect(message).toMatch(/^\P{Cc}*$/u)
        },
      ),
      { numRuns: 2_000 },
    )
    for (const name of ['Error', 'Panic', 'ERC20InsufficientBalance', 'unknown', 'empty']) expect(names).toContain(name)
  })

  test('behavior: a refusal of the whole-scope enforcer by the names of its fields', () => {
    const refusals = parseAbi([
      'error NotAdmitted(bytes32 delegation, uint256 item, uint256 rule, uint8 reason, uint256 index, uint256 limit, uint256 used, uint256 requested)',
      'error MeasuredAlone(bytes32 delegation)',
    ])
    const delegation: Hex = `0x${'d1'.repeat(32)}`
    const data = encodeErrorResult({
      abi: refusals,
      errorName: 'NotAdmitted',
      args: [delegation, 2n, 1n, 4, 0n, 100n, 60n, 41n],
    })
    expect(decodeRevert(data)).toEqual({
      contract: 'TaskScopeEnforcer',
      name: 'NotAdmitted',
      message: `NotAdmitted(delegation ${delegation}, item 2, rule 1, reason budget, index 0, limit 100, used 60, requested 41)`,
      refusal: {
        error: 'NotAdmitted',
        delegation,
        item: 2,
        rule: 1,
        reason: 'budget',
        index: 0,
        limit: 100n,
        used: 60n,
        requested: 41n,
      },
      data,
    })
    const none = [delegation, 0n, 255n, 0, 0n, 0n, 0n, 9n] as const
    expect(decodeRevert(encodeErrorResult({ abi: refusals, errorName: 'NotAdmitted', args: none })).message).toContain(
      'rule none, reason no_rule',
    )
    const alone = encodeErrorResult({ abi: refusals, errorName: 'MeasuredAlone', args: [delegation] })
    expect(decodeRevert(alone)).toMatchObject({
      name: 'MeasuredAlone',
      message: `MeasuredAlone(delegation ${delegation})`,
    })
    // Longer than the contract writes it: read as any other revert.
    expect(decodeRevert(`${alone}00`)).not.toHaveProperty('refusal')
  })
})
