import { MAX_UINT256 } from '../primitives/bounds.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Permission, PermissionRule } from './types.ts'

/** Why a grant is not one of the permissions of a wallet, although it could be read. */
export type PermissionTrouble =
  /** More than one link: what it permits is what all of them permit. */
  | 'several_links'
  /** One link, and not from the principal: the rest is missing. */
  | 'not_root'
  | 'unknown_enforcer'
  /** A known enforcer that no such permission has, or has together with the others. */
  | 'other_enforcer'
  | 'duplicate_enforcer'
  | 'missing_enforcer'
  /** The right enforcers with terms that no wallet writes, or that are none. */
  | 'other_terms'

export type Recognised = { permission: Permission; rules: readonly PermissionRule[] } | { trouble: PermissionTrouble }

/** An enforcer's contract name, without the `Enforcer` at its end, and its terms in lower case. */
export type NamedTerms = { name: string; terms: Hex }

/** Ten years, in seconds. A longer period is none to the wallet. */
const MAX_PERIOD = 315_360_000n

/**
 * The permission that one link's caveats make, in any order: exactly those that belong to its type. One more or one less is
 * no permission: what the wallet showed the person is then not what the chain holds.
 *
 * Reads terms itself: the codecs of `ambit/caveats` would weigh a page down by 2.3 kB, this by a fifth of that. A test holds
 * that both read the same.
 */
export function recognise(caveats: readonly NamedTerms[]): Recognised {
  const names = caveats.map(({ name }) => name)
  const main = MAIN.find((name) => names.includes(name))
  const [needed, optional] = shapeOf(main)
  if (!names.every((name) => needed.includes(name) || optional.includes(name))) return { trouble: 'other_enforcer' }
  if (names.some((name) => count(names, name) > (count(needed, name) || 1))) return { trouble: 'duplicate_enforcer' }
  if (needed.some((name) => count(names, name) < count(needed, name))) return { trouble: 'missing_enforcer' }
  const rules = ORDER.flatMap((name) =>
    caveats.filter((caveat) => optional.includes(name) && caveat.name === name),
  ).map(readRule)
  const permission = main === undefined ? readRetired(caveats) : readPermissionOf(main, caveats)
  if (permission === null || !rules.every((rule) => rule !== null) || !caveats.every(bindsTheRest)) {
    return { trouble: 'other_terms' }
  }
  return { permission: { ...permission, isAdjustmentAllowed: false } as Permission, rules }
}

/** What a permission is about: each in one type of permission, or in two. */
const MAIN = [
  'ERC20Streaming',
  'ERC20PeriodTransfer',
  'NativeTokenStreaming',
  'NativeTokenPeriodTransfer',
  'ApprovalRevocation',
]
/** Those of the rules, in the order of the rules. */
const ORDER = ['Timestamp', 'Redeemer', 'AllowedCalldata', 'AllowedTargets']

function shapeOf(main: string | undefined): readonly [needed: readonly string[], optional: readonly string[]] {
  const [time, redeemer, calldata, targets] = ORDER as [string, string, string, string]
  // The retired type: `approve` of nothing.
  if (main === undefined)
    return [
      ['Nonce', 'ValueLte', calldata, calldata],
      [time, redeemer],
    ]
  if (main === 'ApprovalRevocation') return [['Nonce', main], [time]]
  return main.startsWith('N')
    ? [
        ['Nonce', main, 'ExactCalldata'],
        [time, redeemer, targets],
      ]
    : [
        ['Nonce', main, 'ValueLte'],
        [time, redeemer, calldata],
      ]
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length
}

const ZERO = '0'.repeat(64)

/** A function call with a payment, or native coin with a token transfer, would pass unseen by the amounts. */
function bindsTheRest({ name, terms }: NamedTerms): boolean {
  if (name === 'Nonce') return terms.length === 66
  return name === 'ValueLte' ? terms === `0x${ZERO}` : name !== 'ExactCalldata' || terms === '0x'
}

type Read = Pick<Permission, 'type' | 'data'>

function readPermissionOf(main: string, caveats: readonly NamedTerms[]): Read | null {
  const digits = caveats.find(({ name }) => name === main)?.terms.slice(2) ?? ''
  if (main === 'ApprovalRevocation') return readMethods(digits)
  const [asset, token, words] = main.startsWith('N')
    ? (['native', {}, digits] as const)
    : (['erc20', { tokenAddress: `0x${digits.slice(0, 40)}` as const }, digits.slice(40)] as const)
  const stream = main.endsWith('g')
  if (words.length !== (stream ? 256 : 192)) return null
  const values = (words.match(/.{64}/g) ?? []).map((word) => BigInt(`0x${word}`))
  const startTime = Number(values.pop())
  if (startTime < 1 || !Number.isSafeInteger(startTime)) return null
  const [first, second, amountPerSecond] = values as [bigint, bigint, bigint]
  if (stream) {
    if (second <= first || amountPerSecond === 0n) return null
    return {
      type: `${asset}-token-stream`,
      data: { ...token, initialAmount: first, maxAmount: second, amountPerSecond, startTime },
    }
  }
  if (first === 0n || second === 0n) return null
  // How the wallet says "in all": one period that never ends.
  if (second === MAX_UINT256)
    return { type: `${asset}-token-allowance`, data: { ...token, allowanceAmount: first, startTime } }
  if (second > MAX_PERIOD) return null
  return {
    type: `${asset}-token-periodic`,
    data: { ...token, periodAmount: first, periodDuration: Number(second), startTime },
  }
}

function readMethods(digits: string): Read | null {
  const flags = Number(`0x${digits}`)
  if (digits.length !== 2 || flags < 1 || flags > 63) return null
  const entries = REVOCATION_METHODS.map((method, bit) => [method, ((flags >> bit) & 1) === 1])
  return { type: 'token-approval-revocation', data: Object.fromEntries(entries) }
}

/** Ways to take an approval back, in the order of the contract's flags. */
export const REVOCATION_METHODS = [
  'erc20Approve',
  'erc721Approve',
  'erc721SetApprovalForAll',
  'permit2Approve',
  'permit2Lockdown',
  'permit2InvalidateNonces',
] as const

/** `approve(anyone, 0)`: the selector at 0, and the amount behind the spender at 36. */
function readRetired(caveats: readonly NamedTerms[]): Read | null {
  const parts = caveats.flatMap(({ name, terms }) => (name === 'AllowedCalldata' ? [terms] : []))
  if (parts.sort().join() !== `0x${ZERO}095ea7b3,0x${ZERO.slice(2)}24${ZERO}`) return null
  return { type: 'erc20-token-revocation', data: {} }
}

/** `null`: terms that no wallet writes. */
export function readRule({ name, terms }: NamedTerms): PermissionRule | null {
  if (name === 'Timestamp') {
    const timestamp = Number(`0x${/^0x0{32}(.{32})$/.exec(terms)?.[1] ?? 0}`)
    return timestamp > 0 && Number.isSafeInteger(timestamp) ? { type: 'expiry', data: { timestamp } } : null
  }
  const match = (name === 'AllowedCalldata' ? /^0x0{63}40{24}((.{40}))$/ : /^0x((.{40})+)$/).exec(terms)
  const addresses = (match?.[1]?.match(/.{40}/g) ?? []).map((digits): Hex => `0x${digits}`)
  return addresses.length === 0 ? null : { type: name === 'Redeemer' ? 'redeemer' : 'payee', data: { addresses } }
}
