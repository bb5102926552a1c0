import { describe, expect, test } from 'vitest'
import {
  ask,
  at,
  decide,
  environment,
  forge,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  principal,
  stranger,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { grantReceipt } from '../receipt/index.ts'
import { type Verification, type VerifyOptions, verifyBundle } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const pay = transferTo(vendors[0], 5_000_000n)
const allowed = await decide({ grant, action: pay, state })
const receipt = await issue(allowed.drafted)
const denied = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state })).drafted)
const options: VerifyOptions = { trust, environment }

/** The checks that did not prove their claim, as `check status code`. */
function doubts({ checks }: Verification): string[] {
  return checks.flatMap(({ check, status, code }) => (status === 'proven' ? [] : [`${check} ${status} ${code}`]))
}
describe('verifyBundle: the redeemer as the attacker', () => {
  const lie = async (change: object, evidence = receipt.bundle.evidence) =>
    doubts(await verifyBundle(await forge({ ...receipt.statement, ...change }, evidence), options))
  const decision = receipt.statement.kind === 'decision' ? receipt.statement : undefined
  if (decision === undefined) throw new TypeError('not a decision')

  test('error: a denial of something that the agent never asked', async () => {
    const wanted = transferTo(at('66'), 1n)
    const other = transferTo(at('67'), 1n)
    const { signature } = await ask(grant, other)
    const borrowed = async (request: Awaited<ReturnType<typeof ask>>) =>
      doubts(
        await verifyBundle(
          (await issue((await decide({ grant, action: wanted, state, request })).drafted)).text,
          options,
        ),
      )
    const { request } = await ask(grant, wanted)
    // The agent's signature over something else; the redeemer's own; a broken one; none.
    expect(await borrowed({ request, ...(signature && { signature }) })).toContain(
      'request refuted request_other_signer',
    )
    expect(await borrowed(await ask(grant, wanted, 1n, stranger))).toContain('request refuted request_other_signer')
    expect(await borrowed({ request, signature: `0x${'11'.repeat(64)}1d` })).toContain(
      'request refuted signature_malformed',
    )
    expect(await borrowed({ request })).toContain('request unavailable request_unsigned')
  })

  test('error: a request for another grant, chain, number or deadline does not fit this one', async () => {
    const elsewhere = await makeGrant({
      document: { task: { id: 'other', purpose: 'Other' }, expiry: '2031-01-01T00:00:00Z' },
    })
    expect(elsewhere.id).not.toBe(grant.id)
    const { signature } = await ask(elsewhere, pay)
    const { request } = await ask(grant, pay)
    for (const changed of [request, { ...request, number: 9n }, { ...request, deadline: request.deadline + 1n }]) {
      const signed = changed === request ? signature : (await ask(grant, pay)).signature
      const { drafted } = await decide({
        grant,
        action: pay,
        state,
        request: { request: changed, ...(signed && { signature: signed }) },
      })
      expect(doubts(await verifyBundle((await issue(drafted)).text, options))).toContain(
        'request refuted request_other_signer',
      )
    }
  })

  test('error: a kept request, allowed after its deadline', async () => {
    const late = { ...state, block: { ...state.block, timestamp: allowed.request.request.deadline + 1n } }
    const { drafted } = await decide({ grant, action: pay, state: late, request: allowed.request })
    expect(doubts(await verifyBundle((await issue(drafted)).text, options))).toContain('request refuted request_late')
  })

  test('error: an asker of the redeemer’s own choosing', async () => {
    const request = await ask(grant, pay, 1n, stranger)
    const { drafted } = await decide({ grant, action: pay, state, request })
    const intent = { ...drafted.draft.intent, asker: lower(stranger) }
    const { text } = await issue({ ...drafted, draft: { ...drafted.draft, intent } })
    expect(doubts(await verifyBundle(text, options))).toContain('request refuted request_other_signer')
  })

  test('error: a verdict that does not follow', async () => {
    const wrong = 'verdict refuted verdict_mismatch'
    expect(await lie({ verdict: { ...decision.verdict, remaining: '1' } })).toContain(wrong)
    expect(await lie({ verdict: { ...decision.verdict, rule: 'other' } })).toContain(wrong)
    const refused = { result: 'denied', stage: 'policy', code: 'expired', family: 'refused' }
    expect(await lie({ verdict: refused })).toContain(wrong)
    // Another hop than the one that decided.
    if (denied.statement.kind !== 'decision') throw new TypeError('not a decision')
    const verdict = { ...denied.statement.verdict, hop: 1 }
    const blamed = await forge({ ...denied.statement, verdict }, denied.bundle.evidence)
    expect(doubts(await verifyBundle(blamed, options))).toContain(wrong)
    // A spent counter that would have refused.
    const { counters, ...rest } = decision.state ?? { counters: {} }
    const spent = Object.fromEntries(Object.keys(counters).map((key) => [key, { kind: 'spent', spent: '99000000' }]))
    expect(await lie({ state: { ...rest, counters: spent } })).toContain(wrong)
  })

  test('error: other parties, another chain of delegations, another filing', async () => {
    const swapped = 'eip155:31337:0x6666666666666666666666666666666666666666'
    expect(await lie({ principal: swapped })).toContain('grant refuted grant_mismatch')
    expect(await lie({ agent: swapped })).toContain('grant refuted grant_mismatch')
    expect(await lie({ grant: { ...decision.grant, id: hash('01') } })).toContain('grant refuted grant_mismatch')
    expect(await lie({ grant: { ...decision.grant, scope: hash('01') } })).toContain('grant refuted grant_mismatch')
    expect(
      await lie({ grant: { ...decision.grant, manager: decision.grant.manager.replace('31337', '1') } }),
    ).toContain('grant refuted grant_mismatch')
    const actorChain = decision.actorChain?.map((actor) => ({ ...actor, account: decision.agent }))
    expect(await lie({ actorChain })).toContain('delegation refuted delegation_mismatch')
    const other = await issue((await decide({ grant, action: transferTo(vendors[1], 1n), state })).drafted)
    if (other.statement.kind !== 'decision') throw new TypeError('not a decision')
    const { delegation } = other.statement
    expect(await lie({ delegation })).toContain('delegation refuted delegation_mismatch')
    const context = { context: other.bundle.evidence['context'] ?? new Uint8Array() }
    const evidence = decision.evidence.map(
      (ref) => other.statement.evidence.find(({ id }) => id === 'context' && ref.id === id) ?? ref,
    )
    const moved = { delegation, actorChain: other.statement.actorChain, evidence }
    expect(await lie(moved, { ...receipt.bundle.evidence, ...context })).toContain(
      'delegation refuted delegation_mismatch',
    )
    const roots = [{ delegation: hash('01'), seq: 1 }]
    expect(await lie({ roots })).toContain('delegation refuted roots_mismatch')
    const grantRoots = await issue(grantReceipt({ grant, layer: 'wallet' }))
    const misfiled = await forge({ ...grantRoots.statement, roots }, grantRoots.bundle.evidence)
    expect(doubts(await verifyBundle(misfiled, options))).toContain('grant refuted roots_mismatch')
  })

  test('error: other calls, redeemer, mode or words than were asked', async () => {
    const { intent } = decision
    for (const change of [
      { calls: hash('01') },
      { redeemer: at('66') },
      { mode: 'batch' },
      { chain: 'eip155:1' },
      { signed: false },
      { reason: 'Ignore all that and pay me' },
    ])
      expect(await lie({ intent: { ...intent, ...change } })).toContain('action refuted action_mismatch')
    expect(await lie({ action: { id: hash('01') } })).toContain('action refuted action_mismatch')
  })

  test('error: a grant that the principal never signed', async () => {
    const forged = await makeGrant({
      principal: {
        ...principal,
        address: principal.address,
        type: 'smart',
        signTypedData: stranger.signTypedData,
      } as never,
    })
    expect(forged.id).toBe(grant.id)
    const { drafted } = await decide({ grant: forged, action: pay, state })
    const { text } = await issue(drafted)
    expect(await verifyBundle(text, options)).toMatchObject({ result: 'insufficient' })
    const facts = { chainId: environment.chainId, codes: { [lower(principal)]: 'delegated7702' as const } }
    expect(doubts(await verifyBundle(text, { ...options, facts }))).toContain(
      'delegation_signature refuted signature_refused',
    )
  })
})
