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
const made = async (of: typeof grant) =>
  issue((await decide({ grant: of, action: transferTo(vendors[0], 1n), state: makeState(of) })).drafted)
const { statement, bundle } = await made(grant)

describe('checkDelegation: an open delegate', () => {
  const [leafAt = 0] = grant.branches[0]?.links ?? []
  const open = grant.delegations.with(leafAt, {
    ...(grant.delegations[leafAt] as Delegation),
    delegate: ANY_DELEGATE,
  })
  type Requests = readonly (object | undefined)[]
  /** `requests`: what each scope of the grant says of requests, the agent's last; none where the grant is not here. */
  const ask = (delegations: readonly Delegation[], requests: Requests, edit: Partial<Statement> = {}) => {
    const links = (grant.branches[0]?.links ?? []).map((link) => delegations[link] as Delegation)
    const { delegation, actorChain } = describeChain(environment.chainId, links)
    const roots = delegation.chain.slice(-1).map((link) => ({ delegation: link.hash, seq: 1 }))
    const said = { ...statement, delegation, actorChain, roots, ...edit } as StatementOf<'decision'>
    const scopes = requests.map((request) => ({ ...grant.scopes[0], request }))
    const read = { grant: { ...grant, delegations, scopes } } as unknown as GrantRead
    const context = hexToBytes(encodeContext(links))
    const { checks } = checkDelegation(said, { context }, requests.length === 0 ? undefined : read)
    return checks.map(({ status, code }) => `${status} ${code}`).join()
  }

  test('behavior: only where the scope names a request key, or no grant is here to ask', () => {
    const key = { signer: 'key' }
    expect(ask(grant.delegations, [undefined])).toBe('proven ok')
    expect(ask(open, [key])).toBe('proven ok')
    expect(ask(open, [undefined])).toBe('refuted chain_broken')
    expect(ask(open, [undefined, key])).toBe('proven ok')
    expect(ask(open, [key, undefined])).toBe('refuted chain_broken')
    expect(ask(open, [])).toBe('proven ok')
    // Somebody by name is not anybody.
    const stranger = { agent: statement.principal } as Partial<Statement>
    expect(ask(grant.delegations, [], stranger)).toBe('refuted chain_broken')
    expect(ask(grant.delegations, [key], stranger)).toBe('refuted chain_broken')
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
