import type { CaveatOf, KnownCaveat, KnownKind } from '../caveats/codec.ts'
import type { RevocationMethod } from '../caveats/types.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Permission, PermissionRule } from './types.ts'

/** Why a grant is not one of the permissions of a wallet, although it could be read. */
export type PermissionTrouble =
  /** More than one link: what it permits is what all of them permit. */
  | 'several_links'
  /** One link, and not from the principal: the rest is missing. */
  | 'not_root'
  | 'unknown_enforcer'
  | 'malformed_terms'
  /** A known enforcer that no such permission has, or has together with these. */
  | 'other_enforcer'
  | 'duplicate_enforcer'
  | 'missing_enforcer'
  /** The right enforcers with terms that the wallet does not write. */
  | 'other_terms'

export type Recognised = { permission: Permission; rules: readonly PermissionRule[] } | { trouble: PermissionTrouble }

/** Ten years, in seconds. A longer period is none to the wallet. */
const MAX_PERIOD = 315_360_000n
const MAX_TIME = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * The permission that one link's caveats make, in any order: exactly those that belong to its type, each once. One more or
 * one less is no permission: what the wallet showed the person is then not what the chain holds.
 */
export function recognise(caveats: readonly KnownCaveat[]): Recognised {
  const kinds = caveats.map(({ kind }) => kind)
  const main = caveats.find(isMain)
  const [required, optional] = main === undefined ? RETIRED : shapeOf(main.kind)
  const wrong = kinds.find((kind) => !required.includes(kind) && !optional.includes(kind))
  if (wrong !== undefined) return { trouble: 'other_enforcer' }
  if (kinds.some((kind) => count(kinds, kind) > Math.max(1, count(required, kind))))
    return { trouble: 'duplicate_enforcer' }
  if (required.some((kind) => count(kinds, kind) < count(required, kind))) return { trouble: 'missing_enforcer' }
  const permission = main === undefined ? retiredOf(caveats) : permissionOf(main)
  const rules =
    main === undefined ? rulesOf(caveats.filter(({ kind }) => kind !== 'allowedCalldata')) : rulesOf(caveats)
  if (permission === null || rules === null || !caveats.every(movesNothingElse)) return { trouble: 'other_terms' }
  return { permission: { isAdjustmentAllowed: false, ...permission } as Permission, rules }
}

type Shape = readonly [required: readonly KnownKind[], optional: readonly KnownKind[]]

type Main = CaveatOf<
  'erc20PeriodTransfer' | 'erc20Streaming' | 'nativePeriodTransfer' | 'nativeStreaming' | 'approvalRevocation'
>

/** It says what the permission is about. All others that a permission has bound who and when. */
function isMain(caveat: KnownCaveat): caveat is Main {
  return 'start' in caveat ? caveat.kind !== 'allowedCalldata' : caveat.kind === 'approvalRevocation'
}

const RETIRED: Shape = [
  ['nonce', 'valueLte', 'allowedCalldata', 'allowedCalldata'],
  ['timestamp', 'redeemer'],
]

function shapeOf(main: Main['kind']): Shape {
  if (main === 'approvalRevocation') return [['nonce', main], ['timestamp']]
  const native = main.startsWith('native')
  return [
    ['nonce', main, native ? 'exactCalldata' : 'valueLte'],
    ['timestamp', 'redeemer', native ? 'allowedTargets' : 'allowedCalldata'],
  ]
}

/** Native coin with a token transfer, or a function call with a payment, would pass unseen by the amounts. */
function movesNothingElse(caveat: KnownCaveat): boolean {
  if (caveat.kind === 'valueLte') return caveat.max === 0n
  return caveat.kind !== 'exactCalldata' || caveat.data === '0x'
}

/** Of the types that are asked for today. */
function permissionOf(main: Main): Pick<Permission, 'type' | 'data'> | null {
  if (main.kind === 'approvalRevocation') {
    const has = (method: RevocationMethod) => main.methods.includes(method)
    return {
      type: 'token-approval-revocation',
      data: {
        erc20Approve: has('erc20Approve'),
        erc721Approve: has('erc721Approve'),
        erc721SetApprovalForAll: has('setApprovalForAll'),
        permit2Approve: has('permit2Approve'),
        permit2Lockdown: has('permit2Lockdown'),
        permit2InvalidateNonces: has('permit2InvalidateNonces'),
      },
    }
  }
  if (main.start > MAX_TIME) return null
  const asset = 'token' in main ? 'erc20' : 'native'
  const common = { ...('token' in main ? { tokenAddress: main.token } : {}), startTime: Number(main.start) }
  if ('initial' in main) {
    const { initial: initialAmount, max: maxAmount, perSecond: amountPerSecond } = main
    if (maxAmount <= initialAmount || amountPerSecond === 0n) return null
    return { type: `${asset}-token-stream`, data: { ...common, initialAmount, maxAmount, amountPerSecond } }
  }
  const { amount, duration } = main
  // How the wallet says "in all": one period that never ends.
  if (duration === MAX_UINT256)
    return { type: `${asset}-token-allowance`, data: { ...common, allowanceAmount: amount } }
  if (duration > MAX_PERIOD) return null
  return {
    type: `${asset}-token-periodic`,
    data: { ...common, periodAmount: amount, periodDuration: Number(duration) },
  }
}

/** `approve(anyone, 0)`: the selector, and the amount behind the spender. */
function retiredOf(caveats: readonly KnownCaveat[]): Pick<Permission, 'type' | 'data'> | null {
  const parts = caveats.flatMap((caveat) =>
    caveat.kind === 'allowedCalldata' ? [`${caveat.start}:${caveat.value}`] : [],
  )
  if (parts.sort().join() !== `0:0x095ea7b3,36:0x${'00'.repeat(32)}`) return null
  return { type: 'erc20-token-revocation', data: {} }
}

/** Who may redeem, until when, and who is paid; `null`: terms that the wallet does not write. In this order. */
function rulesOf(caveats: readonly KnownCaveat[]): PermissionRule[] | null {
  const rules: PermissionRule[] = []
  for (const caveat of caveats) {
    if (caveat.kind === 'timestamp') {
      if (caveat.after !== 0n || caveat.before === 0n || caveat.before > MAX_TIME) return null
      rules.push({ type: 'expiry', data: { timestamp: Number(caveat.before) } })
    } else if (caveat.kind === 'redeemer') {
      rules.push({ type: 'redeemer', data: { addresses: caveat.redeemers } })
    } else if (caveat.kind === 'allowedTargets') {
      rules.push({ type: 'payee', data: { addresses: caveat.targets } })
    } else if (caveat.kind === 'allowedCalldata') {
      const payee = /^0x0{24}([0-9a-f]{40})$/.exec(caveat.value)?.[1]
      if (caveat.start !== 4n || payee === undefined) return null
      rules.push({ type: 'payee', data: { addresses: [`0x${payee}`] } })
    }
  }
  return rules.sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type))
}

const ORDER = ['expiry', 'redeemer', 'payee']

function count(kinds: readonly KnownKind[], kind: KnownKind): number {
  return kinds.filter((other) => other === kind).length
}
