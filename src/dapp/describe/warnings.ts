import { ANY_DELEGATE } from '../../delegation/types.ts'
import type { WalletGrant } from '../walletGrant.ts'
import { addressesOf, expiryOf, exposureOf, membersOf } from './exposure.ts'
import type { Facts } from './types.ts'
import { type Amount, infoOf, isLimit, money } from './words.ts'

/** What a person should look at before granting. Stable; those that a scope's lint and a compilation find have their words. */
export type WarningId =
  | 'no_expiry'
  | 'long_life'
  | 'unlimited'
  | 'fixed_window_doubling'
  | 'open_delegate'
  | 'no_payee'
  | 'no_redeemer'
  | 'unknown_token'
  | 'start_in_past'
  | 'stacked_exposure'
  | 'chain_not_supported'
  // of what was granted
  | 'unreadable'
  | 'unknown_enforcer'
  | 'other_permission'
  | 'native_value_unbound'
  | 'salt_reused'
  | 'foreign_manager'
  | 'wallet_adjusted'
  | 'not_upgraded'

export type Warning = { id: WarningId; text: string }

/** A grant beside this one. */
export type OtherGrant = Pick<WalletGrant, 'chainId' | 'principal' | 'permission' | 'rules' | 'delegation'>

/** From 90 days on a life is called long; as for a scope. Seconds. */
const LONG_LIFE = 7_776_000
const TEXTS: Readonly<Record<WarningId, string>> = {
  no_expiry: 'It never expires.',
  long_life: 'It lives for more than 90 days.',
  unlimited: 'Nothing bounds what can leave.',
  fixed_window_doubling: 'Twice the amount can leave at once, where one period ends and the next begins.',
  open_delegate: 'Anyone may use it.',
  no_payee: 'The agent chooses who is paid.',
  no_redeemer: 'The agent may hand it on to others.',
  stacked_exposure: 'With the account’s other grants, up to this can leave: ',
  unreadable: 'It cannot be read.',
  unknown_token: 'This page does not know the token.',
  start_in_past: 'It begins in the past: more may leave at once.',
  chain_not_supported: 'The wallet does not grant it on this chain.',
  unknown_enforcer: 'An unknown contract has a say in it.',
  other_permission: 'It is no permission of a wallet: see its caveats.',
  native_value_unbound: 'Native coin can leave with each token transfer.',
  salt_reused: 'Its salt is not fresh: it may share its counters and its end with another grant.',
  foreign_manager: 'It is made for another delegation manager.',
  wallet_adjusted: 'The wallet granted something else.',
  not_upgraded: 'The account is no smart account: nothing can leave.',
}

export function warning(id: WarningId): Warning {
  return { id, text: TEXTS[id] }
}

/** What holds of a request and of a grant alike. */
export function warningsOf(
  { subject, exposure, options }: Facts,
  others: readonly OtherGrant[] = [],
  more: readonly (readonly [WarningId, boolean])[] = [],
): Warning[] {
  const { permission, rules, to, chainId, account } = subject
  const { now, tokens = {} } = options
  const { asset, untilExpiry } = exposure
  const expiry = expiryOf(rules)
  const startTime = permission === null ? undefined : membersOf(permission).startTime
  const moves = permission !== null && asset !== null
  const stacked = others.flatMap((other): Amount[] => {
    if (!moves || other.chainId !== chainId || (account !== undefined && other.principal !== account)) return []
    const { asset: same, untilExpiry: more } = exposureOf(other.permission, other.rules, now)
    return same === asset && more !== 'unknown' && more !== 0n ? [more] : []
  })
  const found: readonly (readonly [WarningId, boolean])[] = [
    ['open_delegate', to === ANY_DELEGATE],
    ['no_expiry', permission !== null && expiry === null],
    ['long_life', expiry !== null && expiry - Math.max(now, startTime ?? now) > LONG_LIFE],
    ['unlimited', moves && untilExpiry !== 'unknown' && !isLimit(untilExpiry, asset, tokens)],
    ['fixed_window_doubling', permission !== null && 'periodAmount' in permission.data],
    ['no_payee', moves && addressesOf(rules, 'payee').length === 0],
    ['no_redeemer', moves && addressesOf(rules, 'redeemer').length === 0],
    ['unknown_token', moves && infoOf(asset, tokens) === undefined],
    ['stacked_exposure', stacked.length > 0],
    ...more,
  ]
  // Where others add up, this one was read.
  const most = stacked.reduce(add, untilExpiry as Amount)
  return found.flatMap(([id, holds]) => {
    if (!holds) return []
    const { text } = warning(id)
    return [{ id, text: id === 'stacked_exposure' ? `${text}${money(most, asset ?? 'native', tokens)}.` : text }]
  })
}

function add(a: Amount, b: Amount): Amount {
  return a === 'unlimited' || b === 'unlimited' ? 'unlimited' : a + b
}
