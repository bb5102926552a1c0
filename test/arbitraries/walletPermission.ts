import * as metamask from '@metamask/7715-permission-types'
import * as terms from '@metamask/delegation-core'
import fc from 'fast-check'
import type { Caveat, Environment } from '../../src/caveats/types.ts'
import type { Permission, PermissionRule } from '../../src/dapp/types.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import { toChecksum as checksum } from '../../src/primitives/address.ts'
import { MAX_UINT256 } from '../../src/primitives/amount.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'

/** Permissions as MetaMask's own package writes and reads them: the other side of every comparison. */

type TheirPermission = metamask.PermissionTypes

const hexOf = (value: bigint): Hex => `0x${value.toString(16)}`
const bytes = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((array): Hex => `0x${Buffer.from(array).toString('hex')}`)
export const address: fc.Arbitrary<Address> = bytes(20)
const seconds = fc.integer({ min: 1, max: 4_000_000_000 })
/** Small, ordinary, and the largest: a difference of one word only shows at the edges. */
const amount = fc.oneof(
  fc.bigInt({ min: 1n, max: 10n }),
  fc.bigInt({ min: 1n, max: 10n ** 24n }),
  fc.bigInt({ min: MAX_UINT256 - 2n, max: MAX_UINT256 }),
)

type Data = { [key: string]: unknown }
const stream = fc
  .record({ initial: fc.oneof(fc.constant(0n), amount), extra: amount, amountPerSecond: amount, startTime: seconds })
  .filter(({ initial, extra }) => initial + extra <= MAX_UINT256)
  .map(({ initial, extra, ...rest }): Data => ({ initialAmount: initial, maxAmount: initial + extra, ...rest }))
const periodic = fc.record({
  periodAmount: amount,
  periodDuration: fc.oneof(fc.constantFrom(1, 86_400, 604_800, 315_360_000), fc.integer({ min: 1, max: 315_360_000 })),
  startTime: seconds,
})
const allowance = fc.record({ allowanceAmount: amount, startTime: seconds })
const flags = [
  'erc20Approve',
  'erc721Approve',
  'erc721SetApprovalForAll',
  'permit2Approve',
  'permit2Lockdown',
  'permit2InvalidateNonces',
]
const revocation = fc
  .integer({ min: 1, max: 63 })
  .map((mask): Data => Object.fromEntries(flags.map((flag, bit) => [flag, ((mask >> bit) & 1) === 1])))

function of(type: Permission['type'], data: fc.Arbitrary<Data>): fc.Arbitrary<Permission> {
  const whole = type.startsWith('erc20')
    ? fc.tuple(address, data).map(([tokenAddress, rest]): Data => ({ tokenAddress, ...rest }))
    : data
  return whole.map((values) => ({ type, data: values, isAdjustmentAllowed: false }) as unknown as Permission)
}

/** A permission of each of the seven live types, as often as any other. */
export const permission: fc.Arbitrary<Permission> = fc.oneof(
  of('native-token-stream', stream),
  of('native-token-periodic', periodic),
  of('native-token-allowance', allowance),
  of('erc20-token-stream', stream),
  of('erc20-token-periodic', periodic),
  of('erc20-token-allowance', allowance),
  of('token-approval-revocation', revocation),
)

/** Rules that the wallet has for that type, each or not, in our order. */
export function rulesFor({ type }: Permission): fc.Arbitrary<readonly PermissionRule[]> {
  const addresses = (most: number) => fc.array(address, { minLength: 1, maxLength: most })
  const rule = (kind: 'redeemer' | 'payee', most: number) =>
    addresses(most).map((list): PermissionRule => ({ type: kind, data: { addresses: list } }))
  const expiry = seconds.map((timestamp): PermissionRule => ({ type: 'expiry', data: { timestamp } }))
  const lists =
    type === 'token-approval-revocation'
      ? [expiry]
      : [expiry, rule('redeemer', 4), rule('payee', type.startsWith('native') ? 4 : 1)]
  return fc
    .tuple(...lists.map((list) => fc.option(list)))
    .map((rules) => rules.filter((entry): entry is PermissionRule => entry !== null))
}

export type TheirContracts = metamask.EnforcerAddressesByName

export function theirContracts({ enforcers }: Environment): TheirContracts {
  const at = (name: string) => enforcers[name] as Hex
  return {
    erc20StreamingEnforcer: at('ERC20StreamingEnforcer'),
    erc20PeriodTransferEnforcer: at('ERC20PeriodTransferEnforcer'),
    nativeTokenStreamingEnforcer: at('NativeTokenStreamingEnforcer'),
    nativeTokenPeriodTransferEnforcer: at('NativeTokenPeriodTransferEnforcer'),
    approvalRevocationEnforcer: at('ApprovalRevocationEnforcer'),
    exactCalldataEnforcer: at('ExactCalldataEnforcer'),
    valueLteEnforcer: at('ValueLteEnforcer'),
    timestampEnforcer: at('TimestampEnforcer'),
    nonceEnforcer: at('NonceEnforcer'),
    allowedCalldataEnforcer: at('AllowedCalldataEnforcer'),
    allowedTargetsEnforcer: at('AllowedTargetsEnforcer'),
    redeemerEnforcer: at('RedeemerEnforcer'),
  }
}

/** The caveats that MetaMask writes for it, in the order in which its wallet does: its permission's, its rules', the nonce. */
export function theirCaveats(
  environment: Environment,
  granted: Permission,
  rules: readonly PermissionRule[],
  nonce: bigint,
): Caveat[] {
  const contracts = theirContracts(environment)
  const caveat = (enforcer: Hex, bytesOfTerms: Hex): Caveat => ({ enforcer, terms: bytesOfTerms, args: '0x' })
  const native = granted.type.startsWith('native')
  const ruleCaveats = rules.map((rule) => {
    if (rule.type === 'expiry') {
      const { timestamp: beforeThreshold } = rule.data
      return caveat(contracts.timestampEnforcer, terms.createTimestampTerms({ afterThreshold: 0, beforeThreshold }))
    }
    const addresses = [...rule.data.addresses]
    if (rule.type === 'redeemer')
      return caveat(contracts.redeemerEnforcer, terms.createRedeemerTerms({ redeemers: addresses }))
    if (native) return caveat(contracts.allowedTargetsEnforcer, terms.createAllowedTargetsTerms({ targets: addresses }))
    const value: Hex = `0x${'0'.repeat(24)}${addresses[0]?.slice(2)}`
    return caveat(contracts.allowedCalldataEnforcer, terms.createAllowedCalldataTerms({ startIndex: 4, value }))
  })
  const own = CREATORS[granted.type as keyof typeof CREATORS] as (given: unknown) => Caveat[]
  return [
    ...own({ permission: wireOf(granted), contracts }),
    ...ruleCaveats,
    caveat(contracts.nonceEnforcer, terms.createNonceTerms({ nonce: hexOf(nonce) })),
  ].map((made) => ({ ...made, enforcer: made.enforcer.toLowerCase() as Hex, terms: made.terms.toLowerCase() as Hex }))
}

const CREATORS = {
  'native-token-stream': metamask.createNativeTokenStreamCaveats,
  'native-token-periodic': metamask.createNativeTokenPeriodicCaveats,
  'native-token-allowance': metamask.createNativeTokenAllowanceCaveats,
  'erc20-token-stream': metamask.createErc20TokenStreamCaveats,
  'erc20-token-periodic': metamask.createErc20TokenPeriodicCaveats,
  'erc20-token-allowance': metamask.createErc20TokenAllowanceCaveats,
  'token-approval-revocation': metamask.createTokenApprovalRevocationCaveats,
}

/** As it goes over the wire: amounts in hexadecimal. */
export function wireOf({ type, data }: Permission): TheirPermission {
  const values = Object.entries(data).map(([key, value]) => [key, typeof value === 'bigint' ? hexOf(value) : value])
  return { type, isAdjustmentAllowed: false, data: Object.fromEntries(values) } as unknown as TheirPermission
}

/**
 * What MetaMask's decoder makes of these caveats, in our form; `null` where it refuses. Its package gives the parts; which
 * enforcers a permission must, may and must not have is matched as its controller does.
 */
export function theirReading(
  environment: Environment,
  caveats: readonly Caveat[],
): { permission: Permission; rules: readonly PermissionRule[] } | null {
  const checksummed = caveats.map((caveat) => ({ ...caveat, enforcer: checksum(caveat.enforcer) }))
  const found = metamask.makePermissionDecoderConfigs(theirContracts(environment)).flatMap((config) => {
    const required = new Map(Object.entries(config.requiredEnforcers) as [Hex, number][])
    const fits =
      [...required].every(
        ([enforcer, times]) => times === checksummed.filter((caveat) => caveat.enforcer === enforcer).length,
      ) && checksummed.every(({ enforcer }) => required.has(enforcer) || config.optionalEnforcers.includes(enforcer))
    if (!fits) return []
    try {
      const rules = config.rules.flatMap((decode) => {
        const rule = decode({
          contractAddresses: config.contractAddresses,
          caveats: checksummed,
          requiredEnforcers: required,
        })
        return rule === null ? [] : [rule]
      })
      const data = config.validateAndDecodeData(checksummed, config.contractAddresses)
      return [{ type: config.permissionType, data, rules }]
    } catch {
      return []
    }
  })
  if (found.length !== 1) return null
  const [only] = found
  return {
    permission: { type: only?.type, isAdjustmentAllowed: false, data: typed(only?.data ?? {}) } as Permission,
    rules: (only?.rules ?? []).map(({ type, data }) => ({ type, data: typed(data) })) as unknown as PermissionRule[],
  }
}

function typed(data: Record<string, unknown>): Data {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      if (Array.isArray(value)) return [key, value.map((entry) => String(entry).toLowerCase())]
      if (key === 'tokenAddress') return [key, String(value).toLowerCase()]
      return [key, typeof value === 'string' ? BigInt(value) : value]
    }),
  )
}

/** A signed-looking context of one link from the principal. */
export function contextOf(caveats: readonly Caveat[], link: Partial<Delegation> = {}): Hex {
  return encodeContext([
    {
      delegate: `0x${'de'.repeat(20)}`,
      delegator: `0x${'a1'.repeat(20)}`,
      authority: ROOT_AUTHORITY,
      salt: `0x${'5a'.repeat(32)}`,
      signature: `0x${'51'.repeat(65)}`,
      caveats,
      ...link,
    },
  ])
}
