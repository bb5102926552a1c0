import { describe, expect, test } from 'vitest'
import {
  at,
  document,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  principal,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import { type Grant, nonceFate } from '../grant/index.ts'
import { grantReceipt } from '../receipt/index.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { groupSlot } from '../verdict/taskScope/slots.ts'
import { counterKey, type State } from '../verdict/types.ts'
import { checkRevocation } from './revocation.ts'

/** Endings of several delegations at once: by one nonce, and by a group. */

const block = { number: '120', hash: hash('b3') }
const deployment = { ...environment, enforcers: { ...environment.enforcers, TaskScopeEnforcer: at('cf') } }
const receiptOf = async (grant: Grant, revocation: object) => {
  const { statement } = await issue(grantReceipt({ grant, layer: 'wallet' }))
  return { ...statement, kind: 'revocation', revocation } as unknown as StatementOf<'revocation'>
}

describe('checkRevocation: one nonce, several carriers', async () => {
  const [rule] = document.rules
  const [asset = ''] = Object.keys(document.assets)
  const rules = vendors.map((to, index) => ({ ...rule, id: `pay${index}`, to: [to], budget: `b${index}` }))
  const budgets = Object.fromEntries(vendors.map((_, index) => [`b${index}`, { assets: { [asset]: '1' }, max: '1' }]))
  const grant = await makeGrant({ document: { rules, budgets } })
  const account = lower(principal)
  const fate = nonceFate(grant, { environment, account, nonce: 0n })
  const carriers = fate.fate === 'ends' ? fate.delegations : []
  const died = grant.delegations.map(hashDelegation).filter((it) => !carriers.includes(it))

  test.each([
    ['both named', carriers, undefined],
    ['none named', [], carriers[0]],
    ['only the first', carriers.slice(0, 1), carriers[1]],
    ['only the last', carriers.slice(1), carriers[0]],
  ])('behavior: %s', async (_, delegations, forgotten) => {
    expect(carriers).toHaveLength(2)
    const said = await receiptOf(grant, { act: 'raise_nonce', account, nonce: '0', delegations, died, block })
    const [check] = checkRevocation(said, { grant }, environment, undefined)
    expect(check?.at).toBe(forgotten)
    expect(check?.code).toBe(forgotten === undefined ? 'revocation_attested' : 'revocation_mismatch')
  })
})

describe('checkRevocation: a group', async () => {
  const grant = await makeGrant()
  const group = { delegator: lower(principal), group: '0x0000000000000007', guardian: null } as const
  const said = await receiptOf(grant, { act: 'end_group', ...group, delegations: [], died: [], block, final: true })

  test.each<[string, State['counters'][string] | undefined, string]>([
    ['its mark was not read', undefined, 'unavailable facts_missing'],
    ['something else was read in its place', { kind: 'spent', spent: 1n }, 'unavailable facts_missing'],
    ['no mark', { kind: 'word', word: 0n }, 'refuted revocation_contradicted'],
    ['the least mark', { kind: 'word', word: 1n }, 'proven ok'],
    ['any other mark', { kind: 'word', word: 2n }, 'proven ok'],
  ])('behavior: %s', (_, mark, expected) => {
    const key = counterKey(deployment.enforcers.TaskScopeEnforcer, groupSlot(group))
    const state = {
      ...makeState(grant),
      block: { number: 120n, hash: block.hash, timestamp: 1n },
      counters: mark === undefined ? {} : { [key]: mark },
    }
    const facts = { chainId: grant.chainId, blocks: { 120: block.hash }, states: { 120: state } }
    const [check] = checkRevocation(said, { grant }, deployment, facts)
    expect(`${check?.status} ${check?.code}`).toBe(expected)
  })
})
