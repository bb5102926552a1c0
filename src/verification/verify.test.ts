import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import {
  agent,
  at,
  decide,
  environment,
  forge,
  hash,
  issue,
  issuer,
  issuerKey,
  lower,
  makeGrant,
  makeState,
  otherKey,
  otherSigner,
  principal,
  signer,
  stranger,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import type { RequestRead } from '../receipt/evidence.ts'
import { grantReceipt, publicJwk, revocationReceipt } from '../receipt/index.ts'
import { denyFor } from '../verdict/index.ts'
import { createMemory, loadTrust, type Verification, type VerifyOptions, verifyBundle } from './index.ts'
import { checkVerdict } from './verdict.ts'

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
const WORD_OF_ISSUER = ['state attested state_attested', 'links attested links_attested']

describe('verifyBundle', () => {
  test('default: an allowed action, of which only the state and the place are the issuer’s word', async () => {
    const verification = await verifyBundle(receipt.text, options)
    expect(verification).toMatchObject({ result: 'valid', id: receipt.id, statement: receipt.statement })
    expect(doubts(verification)).toEqual(WORD_OF_ISSUER)
    expect(await verifyBundle(receipt.bundle, { ...options, trust: await loadTrust(trust) })).toEqual(verification)
  })

  test('default: denials, with the reason found again', async () => {
    const actions = [
      transferTo(at('66'), 1n),
      transferTo(vendors[1], 100_000_001n),
      { ...pay, redeemer: lower(stranger) },
      { ...pay, chainId: 1 },
      { ...pay, calls: [...pay.calls, ...pay.calls] },
      { ...pay, calls: [{ to: at('71'), value: 0n, data: '0x12345678' as const }] },
    ]
    const codes = new Set<string>()
    for (const action of actions) {
      const { drafted, verdict } = await decide({ grant, action, state })
      if (verdict.verdict === 'deny') codes.add(verdict.code)
      const verification = await verifyBundle((await issue(drafted)).text, options)
      expect(doubts(verification), JSON.stringify(verification.checks)).toEqual(WORD_OF_ISSUER)
      expect(verification.result).toBe('valid')
    }
    expect(codes.size).toBe(6)
  })

  test('default: an escalation, evaluated again; error: another threshold, confirmer or verdict', async () => {
    const escalation = { above: { stables: '1' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' }
    const asking = await makeGrant({ document: { escalation }, accept: ['/escalation'] })
    const { drafted, verdict } = await decide({ grant: asking, action: pay, state: makeState(asking), stage: 'state' })
    expect(verdict).toMatchObject({ verdict: 'escalate', threshold: 1_000_000n, requested: 5_000_000n })
    const made = await issue(drafted)
    expect(doubts(await verifyBundle(made.text, options))).toEqual(WORD_OF_ISSUER)
    if (made.statement.kind !== 'decision') throw new TypeError('not a decision')
    const { verdict: said } = made.statement
    const lies = [
      { ...said, threshold: '2' },
      { ...said, requested: '1' },
      { ...said, confirmer: at('66') },
      { ...said, timeout: '1' },
      { result: 'allowed', stage: 'state', branch: 0, rule: 'pay' },
    ]
    for (const lie of lies) {
      const bundle = await forge({ ...made.statement, verdict: lie }, made.bundle.evidence)
      expect(doubts(await verifyBundle(bundle, options))).toContain('verdict refuted verdict_mismatch')
    }
    const { drafted: fine } = await decide({
      grant: asking,
      action: transferTo(vendors[0], 1n),
      state: makeState(asking),
    })
    const below = await issue(fine)
    const posed = await forge({ ...below.statement, verdict: said }, below.bundle.evidence)
    expect(doubts(await verifyBundle(posed, options))).toContain('verdict refuted verdict_mismatch')
  })

  test('default: grant and endings', async () => {
    const leaf = grant.delegations.map(hashDelegation).slice(1)
    const root = grant.delegations.map(hashDelegation).slice(0, 1)
    const block = { number: 120n, hash: hash('b3') }
    const made = await issue(grantReceipt({ grant, layer: 'wallet' }))
    const disable = { act: 'disable', delegations: root, died: leaf, block, final: true } as const
    const stop = { act: 'stop', delegations: root, died: leaf } as const
    const resume = { act: 'resume', delegations: root } as const
    const verify = async (bundle: string) => {
      const verification = await verifyBundle(bundle, options)
      return [verification.result, ...doubts(verification)]
    }
    const links = 'links attested links_attested'
    expect(await verify(made.text)).toEqual(['valid', links])
    const ended = async (ending: Parameters<typeof revocationReceipt>[0]['ending']) =>
      verify((await issue(revocationReceipt({ grant, ending, layer: 'redeemer' }))).text)
    expect(await ended(disable)).toEqual(['valid', 'revocation attested revocation_attested', links])
    expect(await ended(stop)).toEqual(['valid', 'revocation attested revocation_local', links])
    expect(await ended(resume)).toEqual(['valid', 'revocation attested revocation_local', links])
    // Who hangs on the ended and is not said to be dead; and an end of somebody else's delegation.
    expect(await ended({ ...stop, died: leaf.slice(1) })).toContain('revocation refuted revocation_mismatch')
    expect(await ended({ ...stop, delegations: [hash('ee')] })).toContain('revocation refuted revocation_mismatch')
  })
})

/** The table of the docstring, row by row: what each absence means. */
describe('verifyBundle: absences', () => {
  const check = async (bundle: Parameters<typeof verifyBundle>[0], change: Partial<VerifyOptions> = {}) => {
    const verification = await verifyBundle(bundle, { ...options, ...change })
    return { result: verification.result, doubts: doubts(verification), statement: verification.statement }
  }
  const other = { iss: 'urn:ambit:issuer:other', keys: [publicJwk(otherKey)] }

  test('behavior: an issuer whom nobody said to trust leaves everything open', async () => {
    expect(await check(receipt.text, { trust: { issuers: [] } })).toEqual({
      result: 'insufficient',
      doubts: ['issuer unavailable issuer_unknown'],
      statement: undefined,
    })
  })

  test('error: a key that is not the issuer’s, or the issuer’s under another name', async () => {
    const posing = { result: 'invalid', doubts: ['issuer refuted issuer_key_mismatch'] }
    expect(await check(receipt.text, { trust: { issuers: [{ ...other, iss: issuer.iss }] } })).toMatchObject(posing)
    const renamed = { issuers: [other, { iss: 'urn:ambit:issuer:third', keys: [issuer.key] }] }
    expect(await check(receipt.text, { trust: renamed })).toMatchObject(posing)
  })

  test('error: bytes signed by another key under the issuer’s kid', async () => {
    const swapped = await forge(receipt.statement, receipt.bundle.evidence, { key: issuer.key, signer: otherSigner })
    expect(await check(swapped)).toMatchObject({ result: 'invalid', doubts: ['signature refuted signature_wrong'] })
  })

  test('behavior: each blob that is missing makes what needs it unavailable, and nothing valid', async () => {
    const without = (id: string) => ({
      ...receipt.bundle,
      evidence: Object.fromEntries(Object.entries(receipt.bundle.evidence).filter(([name]) => name !== id)),
    })
    for (const [id, expected] of [
      ['context', ['delegation unavailable evidence_missing']],
      [
        'grant',
        [
          'grant unavailable evidence_missing',
          'request unavailable evidence_missing',
          'verdict unavailable evidence_missing',
        ],
      ],
      ['request', ['action unavailable evidence_missing', 'verdict unavailable evidence_missing']],
    ] as const) {
      const result = await check(without(id))
      expect(result.result).toBe('insufficient')
      expect(result.doubts).toEqual(['evidence unavailable evidence_missing', ...expected, ...WORD_OF_ISSUER])
    }
  })

  test('error: a blob that nobody committed to', async () => {
    const more = { ...receipt.bundle, evidence: { ...receipt.bundle.evidence, note: new Uint8Array(3) } }
    expect(await check(more)).toMatchObject({
      result: 'invalid',
      doubts: ['evidence refuted evidence_not_committed', ...WORD_OF_ISSUER],
    })
  })

  test('error: the evidence of another, equally true receipt', async () => {
    for (const id of ['request', 'grant', 'context']) {
      const mixed = {
        ...receipt.bundle.evidence,
        [id]: denied.bundle.evidence[id === 'request' ? id : 'request'] ?? new Uint8Array(),
      }
      expect((await check({ ...receipt.bundle, evidence: mixed })).doubts).toContain(
        'evidence refuted evidence_changed',
      )
    }
  })

  test('behavior: without the deployment nothing is evaluated', async () => {
    const bare = await verifyBundle(receipt.text, { trust })
    expect(bare.result).toBe('insufficient')
    expect(doubts(bare)).toEqual([
      'grant unavailable environment_missing',
      'verdict unavailable environment_missing',
      ...WORD_OF_ISSUER,
    ])
    const elsewhere = { ...environment, chainId: 1 }
    expect((await check(receipt.text, { environment: elsewhere })).result).toBe('insufficient')
    expect((await check(receipt.text, { environment: [elsewhere, environment] })).result).toBe('valid')
  })

  test('error: a deployment with another manager, or enforcers, than the verifier knows', async () => {
    const manager = { ...environment, manager: at('dd') }
    expect(await check(receipt.text, { environment: manager })).toMatchObject({ result: 'invalid' })
    const enforcers = { ...environment.enforcers, TimestampEnforcer: at('f0') }
    expect(await check(receipt.text, { environment: { ...environment, enforcers } })).toMatchObject({
      result: 'invalid',
    })
  })

  test('behavior: a grant under which this verifier cannot judge leaves the verdict open', async () => {
    const { statement } = await check(receipt.text)
    if (statement?.kind !== 'decision') throw new TypeError('not a decision')
    const read = { grant, unprepared: 'verdict.unsupported_constraint' }
    const request: RequestRead = { ...allowed.request, id: statement.action.id, callsHash: statement.intent.calls }
    expect(checkVerdict(statement, read, request)).toMatchObject({
      status: 'unavailable',
      code: 'evaluation_not_supported',
      cause: 'verdict.unsupported_constraint',
    })
  })

  test('behavior: an unsigned request leaves the attempt the issuer’s word', async () => {
    const { request } = allowed.request
    const { drafted } = await decide({ grant, action: pay, state, request: { request } })
    expect(drafted.draft.limits).toContain('request_unsigned')
    expect(await check((await issue(drafted)).text)).toMatchObject({
      result: 'insufficient',
      doubts: ['request unavailable request_unsigned', ...WORD_OF_ISSUER],
    })
  })

  test('behavior: what was stopped or could not be read is the issuer’s word', async () => {
    const attested = ['verdict attested verdict_local']
    const stopped = await decide({ grant, action: pay, state, verdict: denyFor('stopped'), stage: 'request' })
    expect((await check((await issue(stopped.drafted)).text)).doubts).toEqual([...attested, ...WORD_OF_ISSUER])
    const { state: _, ...unread } = { grant, action: pay, state, verdict: denyFor('state_missing') }
    const blind = await decide({ ...unread, state, stage: 'state' })
    const { state: __, ...draft } = blind.drafted.draft
    const claims = draft.claims.filter(({ path }) => path !== '/state')
    const written = await issue({ ...blind.drafted, draft: { ...draft, claims } })
    expect((await check(written.text)).doubts).toEqual([...attested, 'links attested links_attested'])
  })

  test('behavior: a failed simulation is attested only where the grant allows the action', async () => {
    const verdict = denyFor('execution_failed')
    const honest = await decide({ grant, action: pay, state, verdict, stage: 'simulation' })
    expect((await check((await issue(honest.drafted)).text)).doubts).toEqual([
      'verdict attested verdict_simulated',
      ...WORD_OF_ISSUER,
    ])
    const lying = await decide({ grant, action: transferTo(at('66'), 1n), state, verdict, stage: 'simulation' })
    expect((await check((await issue(lying.drafted)).text)).doubts).toContain('verdict refuted verdict_mismatch')
  })

  test('error: allowed without a state; a refusal without one is open', async () => {
    for (const [from, expected] of [
      [receipt, 'verdict refuted verdict_without_state'],
      [denied, 'verdict unavailable verdict_without_state'],
    ] as const) {
      if (from.statement.kind !== 'decision') throw new Error('not a decision')
      const { state: _, ...statement } = from.statement
      const claims = statement.claims.filter(({ path }) => path !== '/state')
      const result = await check(await forge({ ...statement, claims }, from.bundle.evidence))
      expect(result.doubts).toEqual([expected, 'links attested links_attested'])
    }
  })

  test('behavior: a contract account’s signature is open until its contract has answered', async () => {
    const owner = privateKeyToAccount(hash('2a'))
    const hybrid = at('ab')
    const account = { address: hybrid, type: 'smart', signTypedData: owner.signTypedData } as const
    const theirs = await makeGrant({ document: { principal: hybrid }, principal: account as never })
    const { drafted } = await decide({
      grant: theirs,
      action: pay,
      state: { ...makeState(theirs), nonces: { [hybrid]: 0n } },
    })
    const { text } = await issue(drafted)
    const open = 'delegation_signature unavailable signer_unsettled'
    expect(await check(text)).toMatchObject({ result: 'insufficient', doubts: [open, open, ...WORD_OF_ISSUER] })
    const codes = { [hybrid]: 'contract' } as const
    const hashes = theirs.delegations.map(hashDelegation)
    const facts = (accepted: boolean | undefined, kind: 'none' | 'contract' = 'contract') => ({
      facts: {
        chainId: environment.chainId,
        codes: kind === 'none' ? { [hybrid]: kind } : codes,
        ...(accepted === undefined
          ? {}
          : { contractSignatures: Object.fromEntries(hashes.map((it) => [it, accepted])) }),
      },
    })
    expect((await check(text, facts(undefined))).doubts).toContain(open)
    expect((await check(text, facts(true))).doubts.filter((it) => it.startsWith('delegation'))).toEqual([])
    expect((await check(text, facts(false))).result).toBe('invalid')
    expect((await check(text, facts(true, 'none'))).doubts).toContain('delegation_signature refuted signature_refused')
    const foreign = { facts: { ...facts(true).facts, chainId: 1 } }
    expect((await check(text, foreign)).doubts).toContain(open)
  })

  test('behavior: links are the issuer’s word until the receipt before is given', async () => {
    const second = await issue(allowed.drafted, receipt.head)
    const previous = { id: receipt.id, statement: receipt.statement }
    expect((await check(second.text, { previous })).doubts).toEqual(['state attested state_attested'])
    for (const wrong of [
      { ...previous, id: denied.id },
      { id: second.id, statement: second.statement },
      { ...previous, statement: { ...receipt.statement, iss: other.iss } },
      {
        ...previous,
        statement: { ...receipt.statement, roots: receipt.statement.roots.map((it) => ({ ...it, seq: 9 })) },
      },
    ])
      expect((await check(second.text, { previous: wrong })).doubts).toContain('links refuted links_broken')
  })

  test('error: kinds to come are open by name, everything else unknown is no receipt', async () => {
    const later = await forge({ ...receipt.statement, kind: 'escalation', vct: 'urn:ambit:receipt:v1:escalation' }, {})
    expect(await check(later)).toMatchObject({
      result: 'insufficient',
      doubts: ['form unavailable kind_not_supported'],
    })
    const novel = await forge({ ...receipt.statement, kind: 'blessing' }, {})
    expect(await check(novel)).toMatchObject({ result: 'invalid', doubts: ['form refuted malformed'] })
    for (const junk of ['', '{}', 'null', receipt.bundle.receipt, `${receipt.text} `, receipt.text.slice(1)])
      expect(await check(junk)).toMatchObject({ result: 'invalid', doubts: ['form refuted malformed'] })
  })
})

describe('createMemory', () => {
  test('behavior: what was computed is not computed again, and says the same', async () => {
    const memory = createMemory()
    const fresh = await verifyBundle(receipt.text, options)
    expect(await verifyBundle(receipt.text, { ...options, memory })).toEqual(fresh)
    const never = () => {
      throw new Error('computed again')
    }
    const [grantRef] = receipt.statement.evidence.filter(({ id }) => id === 'grant')
    expect(memory.grant(grantRef?.sha256 ?? '', environment, never).grant.id).toBe(grant.id)
    expect(await verifyBundle(receipt.text, { ...options, memory })).toEqual(fresh)
    // Another deployment object is another question, and no answer for it is known.
    const moved = { ...environment, manager: at('dd') }
    expect((await verifyBundle(receipt.text, { trust, environment: moved, memory })).result).toBe('invalid')
    expect((await verifyBundle(receipt.text, { trust, memory })).result).toBe('insufficient')
  })

  test('behavior: it holds no more than it may', async () => {
    const memory = createMemory(1)
    const read = (id: string) => memory.grant(id, undefined, () => ({ grant: { ...grant, id: hash(id) } })).grant.id
    expect([read('0a'), read('0b'), read('0a')]).toEqual([hash('0a'), hash('0b'), hash('0a')])
    expect(memory.grant('0b', undefined, () => ({ grant })).grant.id).toBe(grant.id)
    expect(memory.recover(hash('01'), '0x')).toEqual({ status: 'invalid', reason: 'wrong_length' })
  })
})

describe('loadTrust', () => {
  test('error: a private key among those to trust', async () => {
    const leaked = { issuers: [{ iss: issuer.iss, keys: [issuerKey] }] }
    await expect(loadTrust(leaked)).rejects.toMatchObject({ code: 'receipt.key_is_private' })
  })

  test('default: both keys of an issuer are good, whichever signed', async () => {
    const both = { issuers: [{ iss: issuer.iss, keys: [publicJwk(otherKey)] }, ...trust.issuers] }
    expect((await verifyBundle(receipt.text, { ...options, trust: both })).result).toBe('valid')
    const second = await forge(receipt.statement, receipt.bundle.evidence, {
      key: publicJwk(otherKey),
      signer: otherSigner,
    })
    expect((await verifyBundle(second, { ...options, trust: both })).result).toBe('valid')
    expect(signer).not.toBe(otherSigner)
    expect(lower(agent)).not.toBe(lower(principal))
  })
})
