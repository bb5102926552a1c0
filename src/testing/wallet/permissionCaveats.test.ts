import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseEnvironment } from '../../../test/arbitraries/environment.ts'
import { permission as anyPermission, rulesFor, theirCaveats } from '../../../test/arbitraries/walletPermission.ts'
import { codeOf } from '../../../test/codes.ts'
import type { Permission, PermissionRule } from '../../dapp/types.ts'
import type { Address } from '../../primitives/hex.ts'
import { permissionCaveats } from './permissionCaveats.ts'

const environment = await baseEnvironment()
const A: Address = `0x${'a1'.repeat(20)}`
const B: Address = `0x${'b2'.repeat(20)}`

function caveatsOf(permission: Permission, rules: readonly PermissionRule[] = [], nonce = 0n) {
  return permissionCaveats(environment, { chainId: environment.chainId, to: B, permission, rules }, nonce)
}

const asked = anyPermission.chain((permission) =>
  fc.record({
    permission: fc.constant(permission),
    rules: rulesFor(permission),
    nonce: fc.bigInt({ min: 0n, max: 1n << 64n }),
  }),
)

describe('permissionCaveats', () => {
  it("default: what MetaMask's own builders write, caveat by caveat and in its order", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(asked, ({ permission, rules, nonce }) => {
        seen.add(permission.type)
        for (const { type } of rules) seen.add(type)
        expect(caveatsOf(permission, rules, nonce)).toEqual(theirCaveats(environment, permission, rules, nonce))
      }),
      { numRuns: 400 },
    )
    // Seven types and three rules: each was really compared.
    expect(seen.size).toBe(10)
  })

  it('behavior: the order of the rules is the wallet’s, not the page’s', () => {
    const permission: Permission = {
      type: 'native-token-allowance',
      isAdjustmentAllowed: false,
      data: { allowanceAmount: 1n, startTime: 1 },
    }
    const rules: PermissionRule[] = [
      { type: 'expiry', data: { timestamp: 9 } },
      { type: 'redeemer', data: { addresses: [A] } },
      { type: 'payee', data: { addresses: [B, A] } },
    ]
    expect(caveatsOf(permission, rules.toReversed())).toEqual(caveatsOf(permission, rules))
    expect(caveatsOf(permission, rules).map(({ enforcer }) => nameOf(enforcer))).toEqual([
      'NativeTokenPeriodTransferEnforcer',
      'ExactCalldataEnforcer',
      'TimestampEnforcer',
      'RedeemerEnforcer',
      'AllowedTargetsEnforcer',
      'NonceEnforcer',
    ])
  })

  it('error: the retired type is not granted any more', () => {
    const permission: Permission = { type: 'erc20-token-revocation', isAdjustmentAllowed: false, data: {} }
    expect(() => caveatsOf(permission)).toThrow(expect.objectContaining({ code: -32602 }))
  })

  it('error: a permission without a start is not complete', () => {
    const permission: Permission = {
      type: 'native-token-allowance',
      isAdjustmentAllowed: false,
      data: { allowanceAmount: 1n },
    }
    expect(codeOf(() => caveatsOf(permission)).code).toBe('caveats.zero')
  })
})

function nameOf(enforcer: Address): string | undefined {
  return Object.entries(environment.enforcers).find(([, address]) => address === enforcer)?.[0]
}
