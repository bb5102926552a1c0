import { ANY_DELEGATE } from '../../delegation/types.ts'
import { MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Permission } from '../types.ts'
import { addressesOf, expiryOf, membersOf } from './exposure.ts'
import type { Facts } from './types.ts'
import { type Amount, checksum, each, inert, instant, money, network, short } from './words.ts'

/** Who may do what, from which account, until when: one sentence, as short as it can be without leaving a bound out. */
export function sentenceOf(facts: Facts): string {
  const { subject, options } = facts
  const { to, account, chainId, rules } = subject
  const { agentName, chainName } = options
  const who = to === ANY_DELEGATE ? 'Anyone' : `Agent ${agentName === undefined ? short(to) : inert(agentName, 40)}`
  const from = account === undefined ? 'the account chosen in the wallet' : short(account)
  const expiry = expiryOf(rules)
  const until = expiry === null ? 'without an end' : `until ${instant(expiry)}`
  const payees = addressesOf(rules, 'payee')
  const [only = ''] = payees
  const paid = payees.length === 0 ? '' : `, only to ${payees.length === 1 ? short(only) : `${payees.length} payees`}`
  // Of what could not be read, no bound is promised.
  if (subject.permission === null)
    return `${who} may do what the caveats below allow, for ${from} on ${network(chainId, chainName)}.`
  return `${who} may ${whatOf(subject.permission, facts)} from ${from} on ${network(chainId, chainName)} ${until}${paid}.`
}

function whatOf(permission: Permission, { exposure, options: { tokens = {} } }: Facts): string {
  const amount = (value: Amount) => money(value, exposure.asset ?? 'native', tokens)
  const { periodAmount, periodDuration = 0, allowanceAmount, ...stream } = membersOf(permission)
  if (periodAmount !== undefined) return `send up to ${amount(periodAmount)} per ${each(periodDuration)}`
  if (allowanceAmount !== undefined) return `send up to ${amount(allowanceAmount)} in all`
  const { initialAmount = 0n, amountPerSecond, maxAmount = MAX_UINT256 } = stream
  if (amountPerSecond === undefined) return 'take back token approvals given'
  const most = maxAmount === MAX_UINT256 ? '' : `, ${amount(maxAmount)} in all`
  return `send ${initialAmount === 0n ? '' : `${amount(initialAmount)} and then `}${amount(amountPerSecond * 86_400n)} more per day${most},`
}

/** What the grant can not be used for, whoever holds it. Empty where it could not be read: nothing is promised then. */
export function cannotOf({ subject, exposure }: Facts): string[] {
  const { permission, rules } = subject
  if (permission === null) return []
  const expiry = expiryOf(rules)
  const payees = addressesOf(rules, 'payee')
  const redeemers = addressesOf(rules, 'redeemer')
  return [
    ...(exposure.asset === null
      ? ['Move tokens or the native coin', 'Give approvals']
      : exposure.asset === 'native'
        ? ['Move tokens', 'Call a contract']
        : [`Move anything but the token ${checksum(exposure.asset)}`, 'Call anything but its transfer']),
    ...(payees.length === 0
      ? []
      : [`Pay anyone but ${payees.length === 1 ? 'the payee' : `the ${payees.length} payees`}`]),
    ...(redeemers.length === 0 ? [] : ['Be redeemed by anyone but the redeemers']),
    ...(expiry === null ? [] : [`Be used from ${instant(expiry)} on`]),
    'Be widened without a new signature',
  ]
}
