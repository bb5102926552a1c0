import { MAX_UINT256 } from '../../primitives/bounds.ts'
import { REVOCATION_METHODS } from '../recognise.ts'
import { addressesOf, expiryOf, membersOf } from './exposure.ts'
import type { Facts } from './types.ts'
import { type Amount, type Asset, checksum, each, inert, instant, listed, money, network } from './words.ts'

/** Where the wallet shows a field: when it asks, and in its list of what was granted, whole and short. */
export type View = 'confirmation' | 'reviewDetail' | 'reviewSummary'

export type Row = {
  /** The label key of the wallet's own confirmation schema; `caveat` for what has none there. Not unique. */
  id: string
  /** The same in words. */
  label: string
  /** Amounts in base units, times in unix seconds, a frequency in seconds. */
  value: Amount | number | string | boolean | null | readonly string[]
  /** The value for people, safe to show. */
  text: string
  /** Of an amount. */
  asset?: Asset
  /** What to look at in it. */
  warning?: string
  /** Views in which the wallet has it. None: it is not the wallet's. */
  views: readonly View[]
}

const VIEWS: Readonly<Record<string, View>> = { c: 'confirmation', d: 'reviewDetail', s: 'reviewSummary' }
const WEEK = 604_800
/** Accounts of MetaMask that redeem for pages; where nobody else may, its confirmation has a field of its own. */
const FACILITATORS =
  'b01caea8c6c47bbf4f4b4c5080ca642043359c2e c066ac5d385419b1a8c43a0e146fa439837a8b8c b42f812a44c22cc6b861478900401ee759ebead6 b4827a2a066cd2ef88560efdf063dd05c6c41cc7'
/** Longest justification that is shown. */
const MAX_TEXT = 500

/** The fields of MetaMask's confirmation schema, in its order: what a page previews is what the wallet then shows. */
export function rowsOf({ subject, exposure, options }: Facts): Row[] {
  const { permission, rules, chainId, to, account, justification } = subject
  const { tokens = {}, origin, chainName } = options
  const asset = exposure.asset ?? 'native'
  const rows: Row[] = []
  const add = (views: string, id: string, value: Row['value'], text: string, more = {}) => {
    rows.push({ id, label: labelOf(id), value, text, ...more, views: [...views].flatMap((view) => VIEWS[view] ?? []) })
  }
  const addAmount = (views: string, id: string, amount: Amount) => {
    add(views, id, amount, money(amount, asset, tokens), { asset })
  }
  const addAccount = (views: string) =>
    add(views, 'account', account ?? null, account ? checksum(account) : 'As chosen in the wallet')
  const addAddresses = (type: 'redeemer' | 'payee') => {
    const addresses = addressesOf(rules, type)
    if (addresses.length === 0) return
    const theirs = type === 'redeemer' && addresses.every((address) => FACILITATORS.includes(address.slice(2)))
    add('cd', theirs ? 'redeemers' : type, addresses, `${theirs ? 'MetaMask facilitator ' : ''}${listed(addresses)}`)
  }
  const addTimes = (startTime: number | undefined) => {
    add('cd', 'gatorPermissionsStartDate', startTime ?? null, startTime ? instant(startTime) : 'When it is granted')
    addExpiry()
  }
  const addExpiry = () => {
    const expiry = expiryOf(rules)
    add('cd', 'gatorPermissionsExpirationDate', expiry, expiry === null ? 'Never' : instant(expiry))
  }

  add(
    'cd',
    'gatorPermissionsJustification',
    justification ?? null,
    justification ? inert(justification, MAX_TEXT) : 'None given',
  )
  addAccount('c')
  add('c', 'requestFrom', origin ?? null, inert(origin ?? '', 80))
  add('c', 'recipient', to, checksum(to))
  add('cd', 'network', chainId, network(chainId, chainName))
  addAddresses('redeemer')
  addAddresses('payee')

  const members = permission === null ? {} : membersOf(permission)
  const {
    startTime,
    periodAmount,
    periodDuration = 0,
    amountPerSecond,
    initialAmount,
    maxAmount,
    allowanceAmount,
  } = members
  if (periodAmount !== undefined) {
    const every = `Every ${each(periodDuration)}`
    addAmount('s', 'amount', periodAmount)
    add('s', 'gatorPermissionTokenPeriodicFrequencyLabel', periodDuration, every)
    addAmount('c', 'confirmFieldAllowance', periodAmount)
    add('c', 'confirmFieldFrequency', periodDuration, every)
    addTimes(startTime)
  } else if (amountPerSecond !== undefined) {
    addAmount('s', 'gatorPermissionsStreamingAmountLabel', amountPerSecond * BigInt(WEEK))
    add('s', 'gatorPermissionTokenStreamFrequencyLabel', WEEK, `Every ${each(WEEK)}`)
    if (initialAmount !== undefined) addAmount('cd', 'gatorPermissionsInitialAllowance', initialAmount)
    if (maxAmount !== undefined)
      addAmount('cd', 'gatorPermissionsMaxAllowance', maxAmount === MAX_UINT256 ? 'unlimited' : maxAmount)
    addTimes(startTime)
    addAmount('cd', 'gatorPermissionsStreamRate', amountPerSecond)
    addAmount('c', 'confirmFieldAvailablePerDay', amountPerSecond * 86_400n)
    addAmount('c', 'confirmFieldTotalExposure', exposure.untilExpiry as Amount)
  } else if (allowanceAmount !== undefined) {
    addAmount('cs', 'amount', allowanceAmount)
    addTimes(startTime)
  } else if (permission?.type === 'token-approval-revocation') {
    const methods = REVOCATION_METHODS.filter((method) => permission.data[method])
    add('s', 'revokeTokenApprovals', 'allTokens', 'All tokens')
    add('cd', 'gatorPermissionsRevocationMethods', methods, methods.map(labelOf).join(', '))
    addExpiry()
  } else {
    const type = permission?.type ?? 'unknown'
    add('s', 'unknownPermissionType', type, type)
    return rows
  }
  addAccount('s')
  return rows
}

/** `gatorPermissionsMaxAllowance` is `Max allowance`: the schema's keys are words, and need no table beside them. */
export function labelOf(id: string): string {
  const words = id
    .replace(/^confirmField|^gatorPermissions?|Label$/g, '')
    .replace(/^erc/, 'ERC-')
    .replace(/([a-z\d])([A-Z])/g, (_, before, upper) => `${before} ${upper.toLowerCase()}`)
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
