import { describe, expect, test } from 'vitest'
import { lifetime, reasonOf, type Terms, termsOf } from '../../../test/fixtures/taskScope.ts'
import {
  act,
  agent,
  grantOf,
  mallory,
  otherVendor,
  stateOf,
  subAgent,
  transfer,
} from '../../../test/fixtures/verdict.ts'
import { evaluate } from '../evaluate.ts'
import { assumeSigned } from './assumeSigned.ts'

const asking: Partial<Terms> = { requestKey: agent, confirmer: otherVendor, budgets: [lifetime(100n, 25n)] }

/** Links from the leaf; the verdict on a transfer as it is, as if the key had signed, and as if the confirmer had, too. */
function seen(amount: bigint, ...links: Partial<Terms>[]): (string | undefined)[] {
  const prepared = grantOf(...links.map((change) => [termsOf(change)]))
  const action = { ...act(transfer(amount)), ...(links.length > 1 && { redeemer: subAgent }) }
  const grants = [prepared, ...[false, true].map((confirmed) => assumeSigned(prepared, { confirmed }))]
  return grants.map((grant) => reasonOf(evaluate(grant, action, stateOf(prepared))))
}

describe('assumeSigned', () => {
  test('default: nothing but signatures is taken for given', () => {
    expect(seen(25n, asking)).toEqual(['request_required', 'allow', 'allow'])
    expect(seen(26n, asking)).toEqual(['request_required', 'escalate', 'allow'])
    expect(seen(101n, asking)).toEqual(['budget_exceeded', 'budget_exceeded', 'budget_exceeded'])
    expect(seen(1n, { ...asking, redeemers: [mallory] })).toEqual(Array(3).fill('redeemer_not_allowed'))
    expect(seen(26n, { ...asking, requestKey: null })).toEqual(['escalate', 'escalate', 'allow'])
  })

  test('behavior: of the leaf alone: what a link above asks for is asked for all the same', () => {
    expect(seen(26n, {}, { ...asking, requestKey: null })).toEqual(['escalate', 'escalate', 'escalate'])
    expect(seen(1n, {}, asking)).toEqual(Array(3).fill('request_required'))
    expect(seen(26n, asking, {})).toEqual(['request_required', 'escalate', 'allow'])
  })
})
