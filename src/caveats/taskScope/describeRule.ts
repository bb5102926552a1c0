import { toChecksum } from '../../primitives/address.ts'
import { assetAmount, type DescribeOptions, type Description, joined, tokenText, warned } from '../description.ts'
import { addressesInWords, integerInWords, shownInWords, type Worded } from '../words.ts'
import { conditionInWords } from './describeCondition.ts'
import { isTransferRule, type Payment, paymentOf } from './payment.ts'
import type { TaskScopeCharge, TaskScopeRule } from './types.ts'

/** What one rule admits and what that counts. `index` from 0; people count from 1. */
export function describeRule(rule: TaskScopeRule, index: number, options: DescribeOptions): Description {
  const payment = paymentOf(rule)
  const what = payment === null ? callInWords(rule, options) : paymentInWords(payment, options)
  const coin = payment?.asset === 'native' ? '' : coinInWords(rule, options)
  const charges = shownInWords(
    rule.charges.map((charge) => chargeInWords(charge, rule, options)),
    ' and ',
  )
  const described = joined(
    `Rule ${index + 1}: `,
    what,
    coin,
    conditionsInWords(payment?.more ?? rule.conditions),
    rule.charges.length === 0 ? '; counts against no budget' : '; counts ',
    charges,
  )
  return warned(described, ...dangersOf(rule, payment, index))
}

function paymentInWords({ asset, payees, max, exact }: Payment, options: DescribeOptions): Worded {
  const token = asset === 'native' ? '' : ` (token ${toChecksum(asset)})`
  const amount =
    max === null ? (asset === 'native' ? 'native coin' : tokenText(options, asset)) : assetAmount(max, asset, options)
  const bound = max === null ? 'any amount of ' : exact ? 'exactly ' : 'at most '
  const who = payees === 'anyone' ? 'anyone' : addressesInWords(payees)
  return text(joined('Pay ', bound, amount, max === null ? '' : token, ' to ', who))
}

function callInWords(rule: TaskScopeRule, options: DescribeOptions): Worded {
  const { target, selector, length, longer, allowance } = rule
  const contract = toChecksum(target)
  const size = `${longer ? 'at least ' : ''}${length} bytes of calldata`
  const call =
    selector === '0x'
      ? `Call ${contract} with no calldata`
      : `Call the function ${selector} of ${contract} with ${size}`
  if (allowance === null) return { text: call, warnings: [] }
  const { token, amountWord } = allowance
  return text(
    joined(
      'As one batch: approve ',
      tokenText(options, token),
      ` to ${contract} for an amount; ${call}, word ${amountWord + 1} being that amount; set the approval back to zero`,
    ),
  )
}

function coinInWords({ maxValue }: TaskScopeRule, options: DescribeOptions): Worded {
  if (maxValue === 0n) return { text: ', without native coin', warnings: [] }
  return text(joined(', with at most ', assetAmount(maxValue, 'native', options)))
}

function conditionsInWords(conditions: TaskScopeRule['conditions']): Worded {
  if (conditions.length === 0) return { text: '', warnings: [] }
  return text(joined(', where ', shownInWords(conditions.map(conditionInWords), ' and ')))
}

/** Whether an amount is the call's own word or the chain's: who trusts a target reads it here. */
function chargeInWords(
  { budget, source, weight }: TaskScopeCharge,
  rule: TaskScopeRule,
  options: DescribeOptions,
): Worded {
  const times = weight === 1n ? '' : `${integerInWords(weight)} times `
  const against = ` against budget ${budget + 1}`
  if (source === 'value') return said(`${times}its native coin${against}`)
  if (source === 'count') return said(`${integerInWords(weight)} for each call${against}`)
  if (source === 'balance') {
    const { asset, account } = rule.measured ?? { asset: 'native' as const, account: rule.target }
    const what = asset === 'native' ? 'native coin' : tokenText(options, asset)
    return said(`${times}what ${toChecksum(account)} loses of ${what}, as measured before and after,${against}`)
  }
  const amount = isTransferRule(rule) && source.word === 1 ? 'its amount' : `word ${source.word + 1}`
  return said(`${times}${amount}, as declared by the call,${against}`)
}

function dangersOf(rule: TaskScopeRule, payment: Payment | null, index: number): string[] {
  const warnings: string[] = []
  if (payment?.payees === 'anyone') warnings.push(`Rule ${index + 1} pays anyone.`)
  if (payment !== null && rule.charges.length === 0) warnings.push(`What rule ${index + 1} pays is not counted in all.`)
  return warnings
}

function text({ sentence, warnings }: Description): Worded {
  return { text: sentence, warnings }
}

function said(words: string): Worded {
  return { text: words, warnings: [] }
}
