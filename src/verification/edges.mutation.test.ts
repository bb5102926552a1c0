import { describe, expect, test } from 'vitest'
import {
  decide,
  document,
  environment,
  issue,
  makeGrant,
  makeState,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import { verifyBundle } from './index.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

describe('verifyBundle', () => {
  test('behavior: a decision is filed under the root of its own branch, where a grant has several', async () => {
    const [rule] = document.rules
    const rules = vendors.map((to, at) => ({ ...rule, id: `pay${at}`, to: [to], budget: `b${at}` }))
    const [asset = ''] = Object.keys(document.assets)
    const budgets = Object.fromEntries(vendors.map((_, at) => [`b${at}`, { assets: { [asset]: '1' }, max: '100' }]))
    const grant = await makeGrant({ document: { rules, budgets } })
    const roots = new Set(grant.branches.map(({ links }) => links.at(-1)))
    expect(roots.size).toBe(2)
    const { drafted } = await decide({ grant, action: transferTo(vendors[1], 1n), state: makeState(grant) })
    const made = await issue(drafted)
    const root = grant.delegations[grant.branches[1]?.links.at(-1) ?? -1]
    expect(made.statement.roots.map(({ delegation }) => delegation)).toEqual(root && [hashDelegation(root)])
    expect((await verifyBundle(made.text, { trust, environment })).result).toBe('valid')
  })
})
