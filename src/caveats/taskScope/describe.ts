import { toChecksum } from '../../primitives/address.ts'
import { type DescribeOptions, type Description, joined, plain, warned, worded } from '../description.ts'
import { addressesInWords, amountInWords, instantInWords } from '../words.ts'
import { describeBudget, fixedInWords } from './describeBudget.ts'
import { describeRule } from './describeRule.ts'
import type { TaskScopeTerms } from './types.ts'

/**
 * What a whole task scope permits, one sentence a part: each rule, each budget, then calls, batches, times, end, and who may
 * ask. Made of the terms alone, whoever wrote them.
 */
export function describeTaskScope(terms: TaskScopeTerms, options: DescribeOptions): readonly Description[] {
  const { rules, budgets, redeemers, confirmer, requestKey } = terms
  return [
    ...(rules.length === 0 ? [plain('Nothing may be called: there is no rule')] : []),
    ...rules.map((rule, index) => describeRule(rule, index, options)),
    ...budgets.map((budget, index) => describeBudget(budget, index, terms, options)),
    ...describeCalls(terms),
    plain(
      terms.maxExecutions === 0
        ? 'One call in each redemption'
        : `Batches of up to ${terms.maxExecutions} calls in each redemption, or one call`,
    ),
    plain(`Not before ${instantInWords(terms.notBefore)}. Expires ${instantInWords(terms.expiry)}`),
    describeGroup(terms, options),
    ...(requestKey === null
      ? []
      : [plain(`Only what ${toChecksum(requestKey)} signs, each request once and until its deadline`)]),
    ...(redeemers.length === 0 ? [] : [worded('Only redeemed by ', addressesInWords(redeemers))]),
    ...(confirmer === null
      ? []
      : [plain(`What is above a threshold waits for the signature of ${toChecksum(confirmer)}`)]),
  ]
}

function describeCalls({ calls, notBefore }: TaskScopeTerms): Description[] {
  if (calls === null) return []
  const window = calls.period === null ? [' in all'] : fixedInWords(calls.period, notBefore)
  const symbol = calls.max === 1n ? 'call' : 'calls'
  return [joined('At most ', amountInWords(calls.max, { symbol, decimals: 0 }), ...window)]
}

function describeGroup(
  { group, guardian }: TaskScopeTerms,
  { principalName = 'the delegator' }: DescribeOptions,
): Description {
  const until = `Until ${principalName}${guardian === null ? '' : ` or ${toChecksum(guardian)}`} ends the group ${group}, for ever`
  return guardian === null ? warned(plain(until), 'No guardian can end it.') : plain(until)
}
