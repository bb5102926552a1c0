import { describe, expect, test } from 'vitest'
import type { DecodedCaveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { admits } from './admits.ts'

const at = (digit: string): Address => `0x${digit.repeat(40)}`
const token: DecodedCaveat = { kind: 'erc20TransferAmount', token: at('a'), limit: 5n }
const pin = (start: bigint, value: Hex): DecodedCaveat => ({ kind: 'allowedCalldata', start, value })
const exact = (data: Hex): DecodedCaveat => ({ kind: 'exactCalldata', data })
const targets = (...list: Address[]): DecodedCaveat => ({ kind: 'allowedTargets', targets: list })
const methods = (...selectors: Hex[]): DecodedCaveat => ({ kind: 'allowedMethods', selectors })
const value = (max: bigint): DecodedCaveat => ({ kind: 'valueLte', max })
const unknown: DecodedCaveat = { kind: 'unknown', enforcer: at('e'), terms: '0x', reason: 'unknown_enforcer' }
const period: DecodedCaveat = { kind: 'erc20PeriodTransfer', token: at('a'), amount: 9n, duration: 1n, start: 1n }

describe('admits', () => {
  test('default: only what every call of the child passes', () => {
    const cases: [parent: DecodedCaveat, child: DecodedCaveat[], admitted: boolean][] = [
      [targets(at('1'), at('2')), [targets(at('2'))], true],
      [targets(at('1')), [targets(at('1'), at('2'))], false],
      [targets(at('1')), [], false],
      [targets(at('a')), [token], true],
      [targets(at('1')), [token], false],
      [methods('0x11111111', '0x22222222'), [methods('0x22222222')], true],
      [methods('0x11111111'), [methods('0x11111111', '0x22222222')], false],
      [methods('0xa9059cbb'), [token], true],
      [methods('0x11111111'), [pin(0n, '0x1111111133')], true],
      [methods('0x11111111'), [exact('0x1111111133')], true],
      [methods('0x11111111'), [pin(1n, '0x11111111')], false],
      [methods('0x11111111'), [pin(0n, '0x111111')], false],
      [pin(4n, '0xaabb'), [pin(3n, '0x00aabbcc')], true],
      [pin(4n, '0xaabb'), [pin(4n, '0xaa')], false],
      [pin(4n, '0xaabb'), [pin(5n, '0xaabb')], false],
      [pin(4n, '0xaabb'), [exact('0x00000000aabb')], true],
      [pin(4n, '0xaabb'), [exact('0x00000000aa')], false],
      [pin(4n, '0xaabb'), [pin(4n, '0xaabc')], false],
      [exact('0x'), [exact('0x')], true],
      [exact('0x'), [exact('0x00')], false],
      [exact('0x'), [pin(0n, '0x')], false],
      [value(0n), [value(0n)], true],
      [value(5n), [value(6n)], false],
      [value(5n), [{ kind: 'nativeTransferAmount', limit: 5n }], true],
      [value(5n), [{ kind: 'nativePeriodTransfer', amount: 6n, duration: 1n, start: 1n }], false],
      [value(5n), [], false],
      [token, [period], true],
      [token, [{ ...period, token: at('b') }], false],
      [token, [targets(at('a')), methods('0xa9059cbb')], false],
      [{ kind: 'limitedCalls', limit: 1n }, [], true],
      [{ kind: 'timestamp', after: 1n, before: 9n }, [], true],
      [unknown, [unknown], false],
    ]
    cases.forEach(([parent, child, admitted], index) => {
      expect([index, admits([parent], child)]).toEqual([index, admitted])
    })
  })

  test('behavior: every caveat of the parent must let it pass', () => {
    const parent = [targets(at('a')), value(0n)]
    expect(admits(parent, [token, value(0n)])).toBe(true)
    expect(admits(parent, [token, value(1n)])).toBe(false)
    expect(admits([...parent, unknown], [token, value(0n)])).toBe(false)
  })
})
