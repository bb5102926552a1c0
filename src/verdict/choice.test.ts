import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { describe, expect, test } from 'vitest'
import { act, denied, grantOf, NOW, pay, stateOf, transfer, usdc, vendor } from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Hex } from '../primitives/hex.ts'
import { evaluate } from './evaluate.ts'
import type { Call } from './types.ts'

const small: KnownCaveat = { kind: 'valueLte', max: 5n }
const early: KnownCaveat = { kind: 'timestamp', after: NOW + 9n, before: 0n }
const argued: KnownCaveat = { kind: 'argsEqualityCheck', args: '0xab' }
const counted: KnownCaveat = { kind: 'limitedCalls', limit: 9n }
const GROUPS: KnownCaveat[][] = [[small], [], [argued], [counted], [small, early]]

const selects = (group: bigint, ...args: Hex[]): Hex =>
  encodeAbiParameters(parseAbiParameters('(uint256 group, bytes[] args)'), [{ group, args }])

function verdict(added: Hex, call: Call, ...beside: KnownCaveat[]) {
  const groups = GROUPS.map((group) => group.map((meaning) => ({ meaning, args: '0x' as const })))
  const prepared = grantOf([...beside, { kind: 'logicalOr', groups, added }])
  return evaluate(prepared, act(call), stateOf(prepared))
}

describe('choiceOf', () => {
  test('default: the caveats of the chosen group hold, and no others', () => {
    expect(verdict(selects(0n, '0x'), pay(5n)).verdict).toBe('allow')
    expect(denied(verdict(selects(0n, '0x'), pay(6n), { kind: 'redeemer', redeemers: [vendor] })).hop).toBe(0)
    expect(denied(verdict(selects(0n, '0x'), pay(6n)))).toMatchObject({
      code: 'value_not_allowed',
      caveat: { index: 0, kind: 'logicalOr' },
      largestAllowed: 5n,
      fix: { do: 'lower_amount', to: 5n },
    })
    expect(verdict(selects(1n), pay(6n)).verdict).toBe('allow')
    expect(denied(verdict(selects(4n, '0x', '0x'), pay(5n)))).toMatchObject({
      code: 'not_yet_valid',
      fix: { do: 'wait_until', time: NOW + 10n },
    })
  })

  test('behavior: what the redeemer adds for a caveat counts, not what stands in the terms', () => {
    expect(verdict(selects(2n, '0xab'), pay(1n)).verdict).toBe('allow')
    expect(denied(verdict(selects(2n, '0x'), pay(1n))).code).toBe('args_not_allowed')
  })

  test('error: a group that there is not, or bytes for another number of caveats, before everything else', () => {
    for (const added of [selects(5n), selects(1n << 255n), selects(0n), selects(1n, '0x')]) {
      expect(denied(verdict(added, pay(1n), { kind: 'valueLte', max: 0n }))).toMatchObject({
        code: 'args_not_allowed',
        caveat: { index: 1, kind: 'logicalOr' },
        fix: { do: 'ask_for_a_new_grant' },
      })
    }
  })

  test('error: a group that keeps state, and bytes with a second spelling, are doubts', () => {
    const tail: Hex = `${selects(1n)}00`
    const far: Hex = `0x${'40'.padStart(64, '0')}${'0'.repeat(64)}${selects(1n).slice(66)}`
    for (const added of [selects(3n, '0x'), '0x' as const, tail, far]) {
      expect(denied(verdict(added, pay(1n)))).toMatchObject({ code: 'choice_unknown', family: 'not_evaluated' })
    }
  })

  test('behavior: a pinned call inside a group bounds the amount', () => {
    const data = transfer(7n).data
    const groups = [[{ meaning: { kind: 'exactCalldata', data }, args: '0x' }]] as const
    const prepared = grantOf([{ kind: 'logicalOr', groups, added: selects(0n, '0x') }])
    const refused = denied(evaluate(prepared, act(transfer(9n, vendor, usdc)), stateOf(prepared)))
    expect(refused).toMatchObject({ code: 'calldata_not_allowed', largestAllowed: 7n })
  })
})
