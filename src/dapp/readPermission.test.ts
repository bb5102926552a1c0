import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import {
  permission as anyPermission,
  contextOf,
  rulesFor,
  theirCaveats,
  theirReading,
} from '../../test/arbitraries/walletPermission.ts'
import type { Caveat } from '../caveats/types.ts'
import { readPermission } from './readPermission.ts'

const environment = await baseEnvironment()

const granted = anyPermission.chain((permission) =>
  fc.record({
    permission: fc.constant(permission),
    rules: rulesFor(permission),
    nonce: fc.bigInt({ min: 0n, max: 9n }),
  }),
)

function read(caveats: readonly Caveat[]) {
  const reading = readPermission(contextOf(caveats), environment)
  if (reading.status !== 'read') throw new TypeError(reading.code)
  return reading
}

describe('readPermission', () => {
  test('default: what MetaMask writes for a permission is read as that permission, in any order of caveats', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(granted, fc.integer(), ({ permission, rules, nonce }, shift) => {
        const caveats = theirCaveats(environment, permission, rules, nonce)
        const at = Math.abs(shift) % caveats.length
        const reading = read([...caveats.slice(at), ...caveats.slice(0, at)])
        expect(reading).toMatchObject({
          troubles: [],
          nonce,
          delegate: `0x${'de'.repeat(20)}`,
          delegator: `0x${'a1'.repeat(20)}`,
        })
        expect(reading.permission).toEqual(permission)
        expect(reading.rules).toEqual(rules)
        seen.add(permission.type)
        for (const rule of rules) seen.add(rule.type)
      }),
      { numRuns: 400 },
    )
    expect(seen.size).toBe(10)
  })

  test('behavior: MetaMask’s own decoder makes the same of it', () => {
    fc.assert(
      fc.property(granted, ({ permission, rules, nonce }) => {
        const caveats = theirCaveats(environment, permission, rules, nonce)
        const { permission: ours, rules: ourRules } = read(caveats)
        expect({ permission: ours, rules: ourRules }).toEqual(theirReading(environment, caveats))
      }),
      { numRuns: 300 },
    )
  })
})
