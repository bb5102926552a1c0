import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  document,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  principal,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { type Delegation, encodeContext, hashDelegation } from '../delegation/index.ts'
import { hexToBytes } from '../receipt/bytes.ts'
import { describeChain } from '../receipt/describe.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { checkDelegation, checkDelegationSignatures, checkGrantEvidence } from './authority.ts'
import { createMemory } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'

/** The grant and the chain of a receipt, each question by itself. */

const [rule] = document.rules
const [asset = ''] = Object.keys(document.assets)
const rules = vendors.map((to, index) => ({ ...rule, id: `pay${index}`, to: [to], budget: `b${index}` }))
const budgets = Object.fromEntries(vendors.map((_, index) => [`b${index}`, { assets: { [asset]: '1' }, max: '100' }]))
const grant = await makeGrant({ document: { rules, budgets } })
const decision = async (to: `0x${string}`) => {
  const made = await issue((await decide({ grant, action: transferTo(to, 1n), state: makeState(grant) })).drafted)
  return { ...made, statement: made.statement as StatementOf<'decision'> }
}
const receipt = await decision(vendors[0])
const second = await decision(vendors[1])
const { statement } = receipt
const blob = (id: string) => receipt.bundle.evidence[id] as Uint8Array
const edited = (edit: object, base: Statement = statement) => ({ ...base, ...edit }) as Statement
const shown = ({ status, code }: Check) => `${status} ${code}`

describe('checkGrantEvidence', () => {
  const ask = (said: Statement, known: typeof environment | undefined = environment) =>
    shown(checkGrantEvidence(said, { grant: blob('grant') }, known, createMemory()).check)

  test('behavior: the grant that is named, filed under the roots it has', () => {
    expect(ask(statement)).toBe('proven ok')
    expect(shown(checkGrantEvidence(statement, {}, environment, createMemory()).check)).toBe(
      'unavailable evidence_missing',
    )
    expect(shown(checkGrantEvidence(statement, { grant: blob('grant') }, undefined, createMemory()).check)).toBe(
      'unavailable environment_missing',
    )
    expect(ask(edited({ principal: statement.agent }))).toBe('refuted grant_mismatch')
    expect(ask(edited({ agent: statement.principal }))).toBe('refuted grant_mismatch')
    expect(ask(edited({ grant: { ...statement.grant, id: hash('11') } }))).toBe('refuted grant_mismatch')
    const roots = [{ delegation: hash('12'), seq: 1, prev: null }]
    // Where a chain is shown, its own root is compared with it.
    expect(ask(edited({ roots }))).toBe('proven ok')
    expect(ask(edited({ roots, delegation: undefined }))).toBe('refuted roots_mismatch')
    const { delegation, ...without } = statement
    expect(delegation).toBeDefined()
    expect(ask({ ...without, roots } as unknown as Statement)).toBe('refuted roots_mismatch')
  })
})

describe('checkDelegation', () => {
  const { read } = checkGrantEvidence(statement, { grant: blob('grant') }, environment, createMemory())
  const ask = (said: Statement, context: Uint8Array | undefined = blob('context')) => {
    const { checks, delegations } = checkDelegation(said, context === undefined ? {} : { context }, read)
    return [...checks.map(shown), delegations.length]
  }
  /** A receipt that shows this chain, whatever it is. */
  const showing = (delegations: readonly Delegation[], base: Statement = statement) => {
    const { delegation, actorChain } = describeChain(environment.chainId, delegations)
    const roots = delegation.chain.slice(-1).map((link) => ({ delegation: link.hash, seq: 1, prev: null }))
    const said = edited({ delegation, actorChain, roots }, base)
    return checkDelegation(said, { context: hexToBytes(encodeContext(delegations)) }, read).checks.map(shown)
  }
  const branch = (index: number) =>
    (grant.branches[index]?.links ?? []).map((link) => grant.delegations[link] as Delegation)

  test('default', () => {
    expect(ask(statement)).toEqual(['proven ok', branch(0).length])
    expect(ask(edited({ delegation: undefined }))).toEqual([grant.delegations.length])
    expect(ask(edited({ kind: 'grant', delegation: undefined }))).toEqual([grant.delegations.length])
    expect(checkDelegation(statement, {}, read).checks.map(shown)).toEqual(['unavailable evidence_missing'])
    const { checks } = checkDelegation(statement, { context: new Uint8Array(5) }, read)
    expect(checks).toMatchObject([{ status: 'refuted', code: 'delegation_mismatch', cause: expect.any(String) }])
    const unread = checkDelegation(edited({ principal: statement.agent }), { context: blob('context') }, read)
    expect(Object.keys(unread.checks[0] ?? {})).not.toContain('cause')
  })

  test('error: a chain from somebody else, or to somebody else', () => {
    expect(ask(edited({ principal: statement.agent }))[0]).toBe('refuted chain_broken')
    expect(ask(edited({ agent: statement.principal }))[0]).toBe('refuted chain_broken')
    expect(ask(edited({ actorChain: [] }))[0]).toBe('refuted delegation_mismatch')
    expect(ask(edited({ roots: second.statement.roots }))[0]).toBe('refuted roots_mismatch')
  })

  test('error: a chain that the manager would not walk, or of another branch', () => {
    expect(showing(branch(0))).toEqual(['proven ok'])
    const [leaf, ...above] = branch(0) as [Delegation, ...Delegation[]]
    const other = above.length === 0 ? { ...leaf, authority: hash('13') } : leaf
    const broken = above.length === 0 ? [other] : [{ ...leaf, authority: hash('13') }, ...above]
    expect(showing(broken)).toEqual(['refuted chain_broken'])
    expect(showing(branch(1))).toEqual(['refuted delegation_mismatch'])
    expect(showing(branch(1), second.statement)).toEqual(['proven ok'])
    expect(showing(branch(0), second.statement)).toEqual(['refuted delegation_mismatch'])
    // What was refused may have been refused at any branch.
    const refused = edited({ verdict: { result: 'denied' } })
    expect([showing(branch(0), refused), showing(branch(1), refused)]).toEqual([['proven ok'], ['proven ok']])
  })
})

describe('checkDelegation, two links', async () => {
  const shared = await makeGrant()
  const made = await issue(
    (await decide({ grant: shared, action: transferTo(vendors[0], 1n), state: makeState(shared) })).drafted,
  )
  const links = (shared.branches[0]?.links ?? []).map((link) => shared.delegations[link] as Delegation)
  const [leaf, root] = links as [Delegation, Delegation]
  const showing = (delegations: readonly Delegation[], rooted = -1) => {
    const { delegation, actorChain } = describeChain(environment.chainId, delegations)
    const roots = delegation.chain.slice(rooted).map((link) => ({ delegation: link.hash, seq: 1, prev: null }))
    const said = edited({ delegation, actorChain, roots }, made.statement)
    const context = hexToBytes(encodeContext(delegations))
    return checkDelegation(said, { context }, undefined).checks.map(shown)
  }

  test('behavior: each link hangs on the one above, and the last on nothing', () => {
    expect(links).toHaveLength(2)
    expect(showing(links)).toEqual(['proven ok'])
    expect(showing([{ ...leaf, authority: hash('13') }, root])).toEqual(['refuted chain_broken'])
    expect(showing([{ ...leaf, delegator: at('66') }, root])).toEqual(['refuted chain_broken'])
    const loose = { ...root, authority: hash('13') }
    expect(showing([{ ...leaf, authority: hashDelegation(loose) }, loose])).toEqual(['refuted chain_broken'])
    expect(showing(links, -2)).toEqual(['refuted roots_mismatch'])
  })
})

describe('checkDelegationSignatures', () => {
  const delegations = grant.branches[0]?.links.map((link) => grant.delegations[link] as Delegation) ?? []
  const chainId = environment.chainId
  const ask = (facts: ChainFacts | undefined, given: readonly Delegation[] = delegations) => {
    const chain = describeChain(chainId, given)
    const checks = checkDelegationSignatures(edited({ delegation: chain.delegation }), given, {
      facts,
      memory: createMemory(),
    })
    return checks.map((check) => `${shown(check)} ${given.map(hashDelegation).indexOf(check.at as `0x${string}`)}`)
  }
  const whole = delegations.map((_, index) => `proven ok ${index}`)
  const own = delegations.findIndex(({ delegator }) => delegator === lower(principal))
  const root = delegations[own] as Delegation
  const forged = delegations.with(own, { ...root, signature: `0x${'11'.repeat(65)}` })
  const changed = (row: string) => whole.with(own, `${row} ${own}`)
  const code = (is: string, more: object = {}): ChainFacts =>
    ({ chainId, codes: { [lower(principal)]: is }, ...more }) as never

  test('behavior: a key by its signature, whatever is known of the account', () => {
    expect(ask(undefined)).toEqual(whole)
    expect(ask(code('none'))).toEqual(whole)
    expect(ask(undefined, forged)).toEqual(changed('unavailable signer_unsettled'))
    expect(ask(code('none'), forged)).toEqual(changed('refuted signature_refused'))
    expect(ask({ chainId, codes: { [at('66')]: 'none' } } as ChainFacts, forged)).toEqual(
      changed('unavailable signer_unsettled'),
    )
    const stolen = delegations.with(own, { ...root, signature: (grant.delegations.at(-1) as Delegation).signature })
    expect(ask(undefined, stolen)).toEqual(changed('unavailable signer_unsettled'))
    // What is known of another chain is nothing known of this one.
    expect(ask({ ...code('none'), chainId: 1 }, forged)).toEqual(changed('unavailable signer_unsettled'))
  })

  test('behavior: a contract answers for itself', () => {
    const answer = (accepted: boolean) => ({ contractSignatures: { [hashDelegation(root)]: accepted } })
    expect(ask(code('contract', answer(true)), forged.with(own, root))).toEqual(whole)
    expect(ask(code('contract', answer(false)))).toEqual(changed('refuted signature_refused'))
    expect(ask(code('contract'))).toEqual(changed('unavailable signer_unsettled'))
    expect(ask(code('none', answer(false)))).toEqual(whole)
  })
})
