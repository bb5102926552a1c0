import { describe, expect, test } from 'vitest'
import {
  decide,
  environment,
  issue,
  makeGrant,
  makeState,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { ANY_DELEGATE, type Delegation, encodeContext } from '../delegation/index.ts'
import { hexToBytes } from '../receipt/bytes.ts'
import { describeChain } from '../receipt/describe.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { checkDelegation, checkGrantEvidence } from './authority.ts'
import { createMemory, type GrantRead } from './memory.ts'

const grant = await makeGrant()
const state = makeState(grant)
const made = async (of: typeof grant) =>
  issue((await decide({ grant: of, action: transferTo(vendors[0], 1n), state: makeState(of) })).drafted)
const { statement, bundle } = await issue((await decide({ grant, action: transferTo(vendors[0], 1n), state })).drafted)

describe('checkDelegation: an open delegate', () => {
  const [leafAt = 0] = grant.branches[0]?.links ?? []
  const open = grant.delegations.with(leafAt, {
    ...(grant.delegations[leafAt] as Delegation),
    delegate: ANY_DELEGATE,
  })
  const ask = (delegations: readonly Delegation[], request?: object | 'no grant', edit: Partial<Statement> = {}) => {
    const links = (grant.branches[0]?.links ?? []).map((link) => delegations[link] as Delegation)
    const { delegation, actorChain } = describeChain(environment.chainId, links)
    const roots = delegation.chain.slice(-1).map((link) => ({ delegation: link.hash, seq: 1 }))
    const said = { ...statement, delegation, actorChain, roots, ...edit } as StatementOf<'decision'>
    const scopes = grant.scopes.map((scope) => ({ ...scope, request }))
    const read = { grant: { ...grant, delegations, scopes } } as unknown as GrantRead
    const context = hexToBytes(encodeContext(links))
    const { checks } = checkDelegation(said, { context }, request === 'no grant' ? undefined : read)
    return checks.map(({ status, code }) => `${status} ${code}`).join()
  }

  test('behavior: only where the scope names a request key, or no grant is here to ask', () => {
    expect(ask(grant.delegations)).toBe('proven ok')
    expect(ask(open, { signer: 'key' })).toBe('proven ok')
    expect(ask(open)).toBe('refuted chain_broken')
    expect(ask(open, 'no grant')).toBe('proven ok')
    // Somebody by name is not anybody.
    const stranger = { agent: statement.principal } as Partial<Statement>
    expect(ask(grant.delegations, 'no grant', stranger)).toBe('refuted chain_broken')
    expect(ask(grant.delegations, { signer: 'key' }, stranger)).toBe('refuted chain_broken')
  })
})

describe('checkGrantEvidence', () => {
  test('error: two grants beside the same other blob are not taken for one another', async () => {
    const memory = createMemory()
    const other = await makeGrant({ document: { expiry: '2029-01-01T00:00:00Z' } })
    const theirs = await made(other)
    const shared = { id: 'x', type: 'request', sha256: 'same', size: 1 }
    const ask = (of: { statement: Statement; bundle: typeof bundle }) => {
      const said = {
        ...of.statement,
        evidence: [shared, ...of.statement.evidence.filter(({ type }) => type === 'grant')],
      } as Statement
      return checkGrantEvidence(said, { grant: of.bundle.evidence['grant'] as Uint8Array }, environment, memory).check
        .code
    }
    expect([ask({ statement, bundle }), ask(theirs)]).toEqual(['ok', 'ok'])
  })
})
