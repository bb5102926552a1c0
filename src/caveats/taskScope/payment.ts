import type { Address, Hex } from '../../primitives/hex.ts'
import type { Asset } from '../../scope/types.ts'
import type { TaskScopeCharge, TaskScopeRule } from './types.ts'

/** `transfer(address,uint256)`: a payee in the first word, an amount in the second, and nothing more. */
const TRANSFER: Hex = '0xa9059cbb'
const TRANSFER_LENGTH = 68
const PAYEE_WORD = 0
const AMOUNT_WORD = 1

/** Whether a rule admits ERC-20 transfers, by the shape of the call: what its target does with one is the target's. */
export function isTransferRule({ selector, length, longer, allowance }: TaskScopeRule): boolean {
  return selector === TRANSFER && length === TRANSFER_LENGTH && !longer && allowance === null
}

/** Whom a rule pays, and in which asset; `anyone` where it names no payee. `null`: no payment. */
export type Payment = {
  asset: Asset
  payees: readonly Address[] | 'anyone'
  /** Base units; `null` where the rule names none. */
  max: bigint | null
  /** Whether `max` is the only amount. */
  exact: boolean
  /** Conditions that say more than payees and amount. */
  more: TaskScopeRule['conditions']
}

/** A transfer of a token, or native coin to a target without calldata; anything else is a call. */
export function paymentOf(rule: TaskScopeRule): Payment | null {
  if (rule.selector === '0x' && rule.maxValue > 0n) {
    return { asset: 'native', payees: [rule.target], max: rule.maxValue, exact: false, more: rule.conditions }
  }
  if (!isTransferRule(rule)) return null
  const payees = rule.conditions.find(
    (condition) => condition.word === PAYEE_WORD && (condition.op === 'equal' || condition.op === 'one_of'),
  )
  const amount = rule.conditions.find(
    (condition) => condition.word === AMOUNT_WORD && (condition.op === 'equal' || condition.op === 'at_most'),
  )
  const named = payees?.op === 'one_of' ? payees.operands : payees?.op === 'equal' ? [payees.operand] : []
  // No token pays a word that is not an address.
  const addresses = named.filter((operand) => operand >> 160n === 0n).map(addressOf)
  const told = addresses.length === named.length
  return {
    asset: rule.target,
    payees: payees === undefined || !told ? 'anyone' : addresses,
    max: amount !== undefined && 'operand' in amount ? BigInt(amount.operand) : null,
    exact: amount?.op === 'equal',
    more: rule.conditions.filter((condition) => condition !== amount && (condition !== payees || !told)),
  }
}

/** What a charge counts: an asset, executions, or `null` for a number of which only the target knows what it is. */
export function chargedAsset(rule: TaskScopeRule, { source }: TaskScopeCharge): Asset | 'executions' | null {
  if (source === 'value') return 'native'
  if (source === 'count') return 'executions'
  if (source === 'balance') return rule.measured?.asset ?? null
  if (rule.allowance !== null) return source.word === rule.allowance.amountWord ? rule.allowance.token : null
  return isTransferRule(rule) && source.word === AMOUNT_WORD ? rule.target : null
}

export function addressOf(word: bigint): Address {
  return `0x${word.toString(16).padStart(40, '0')}`
}
