import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { readBlock } from '../../src/chain/block.ts'
import { burnRequest } from '../../src/chain/burnRequest.ts'
import { decide } from '../../src/chain/decide.ts'
import { endGroup } from '../../src/chain/endGroup.ts'
import { preview } from '../../src/chain/preview.ts'
import { readState } from '../../src/chain/readState.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import { groupFate } from '../../src/grant/ending.ts'
import type { Grant } from '../../src/grant/types.ts'
import { type ClassifyParameters, classifyOutcome } from '../../src/outcome/classify.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import {
  createIssuerKey,
  createRequest,
  type Drafted,
  decisionReceipt,
  EMPTY_HEAD,
  encodeBundle,
  issueReceipt,
  jwkSigner,
  outcomeReceipt,
  publicJwk,
  revocationReceipt,
  signRequest as signAsk,
} from '../../src/receipt/index.ts'
import type { Kind } from '../../src/receipt/statement.ts'
import { requestOf, signRequest } from '../../src/redemption/request.ts'
import { narrowScope } from '../../src/scope/narrow.ts'
import type { Action } from '../../src/verdict/types.ts'
import { type ChainFacts, verifyBundle } from '../../src/verification/index.ts'
import { codeOf } from '../codes.ts'
import { mint, useChain } from '../rig/chain.ts'
import { fusedGrant, groupOf, units } from '../rig/fusedGrant.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { recordRedemption } from '../rig/recording.ts'

/** Requests that a key signs and a confirmer confirms, batches and groups: on chain, and in receipts that are verified. */

const chain = useChain()
const [FIRST, SECOND] = [`0x${'9e'.repeat(20)}`, `0x${'4d'.repeat(20)}`] as const
const DEADLINE = 4_000_000_000n
let client: NodeClient
let people: Record<'alice' | 'agent' | 'relayer' | 'guardian', LocalAccount>
let asking: Grant

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  const [alice, agent, relayer, guardian] = chain.accounts as unknown as LocalAccount[]
  people = { alice, agent, relayer, guardian } as typeof people
  await upgraded(chain, people.alice)
  await mint(chain, addressOf(people.alice), units(10_000n))
  asking = await fusedGrant(chain, {
    principal: people.alice,
    agent: people.agent,
    payees: [FIRST, SECOND],
    more: {
      request: { key: addressOf(people.agent), redeemers: 'anyone' },
      escalation: { above: { day: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' },
      revocation: { group: 'asking', guardian: addressOf(people.guardian), maxLatencySeconds: 60 },
    },
  })
})

const pay = (to: Address, amount: bigint) => transferCall(chain.token.address, to, units(amount))
const submitted = (...calls: Parameters<typeof actionOf>[2][]) => actionOf(chain, addressOf(people.relayer), ...calls)
const leafOf = (grant: Grant) => hashDelegation(grant.delegations[0] as Delegation)

/** What would be decided, once signed; `null` for whoever has not to sign. */
async function seen(grant: Grant, action: Action, confirmed = false) {
  const { verdict, signers } = await preview(client, { grant, action, environment: chain.environment, confirmed })
  const code = verdict.verdict === 'deny' ? verdict.code : verdict.verdict
  return [code, signers.key, signers.confirmer]
}

describe('requestsAbove', () => {
  test('behavior: what is handed on under a threshold is confirmed for each link that asks, and for no other', async () => {
    const escalation = { above: { day: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' } as const
    const more = { escalation, redelegation: { maxDepth: 1 } }
    const root = await fusedGrant(chain, { principal: people.alice, agent: people.agent, payees: [FIRST], more })
    const scope = narrowScope(root.scopes[0] as never, {
      delegate: addressOf(people.relayer),
      redelegation: { maxDepth: 0 },
    })
    const { environment } = chain
    const compiling = { environment, nonce: 0n, lowering: 'fused', salt: (): Hex => `0x${'5c'.repeat(32)}` } as const
    const grant = await attenuateGrant(root, { ...compiling, scope, account: people.agent as never })
    const [above, leaf] = grant.delegations.map(hashDelegation) as [Hex, Hex]
    const plain = submitted(pay(FIRST, 26n))
    const decided = async (action: Action) => (await decide(client, { grant, action, environment })).verdict
    const confirmedFor = async (delegation: Hex) => {
      const about = { number: 7n, deadline: DEADLINE }
      const { request, key, confirmer } = requestOf(grant, { environment, action: plain, delegation, ...about })
      expect([key, confirmer]).toEqual([null, addressOf(people.alice)])
      return { ...about, signature: null, confirmation: await signRequest(people.alice as never, request) }
    }
    expect(await decided(submitted(pay(FIRST, 25n)))).toMatchObject({ verdict: 'allow' })
    expect(await decided(plain)).toMatchObject({ verdict: 'escalate', delegation: leaf })
    const request = await confirmedFor(leaf)
    expect(await decided({ ...plain, request })).toMatchObject({ verdict: 'escalate', delegation: above })
    // What was signed for one link says nothing for the other.
    expect(await decided({ ...plain, request, requestsAbove: { [above]: request } })).toMatchObject({
      verdict: 'escalate',
    })
    const all = { ...plain, request, requestsAbove: { [above]: await confirmedFor(above) } }
    expect(await decided(all)).toMatchObject({ verdict: 'allow' })
    const done = await recordRedemption(chain, client, { account: people.relayer, grant, action: all })
    expect(classifyOutcome(done)).toMatchObject({ status: 'executed', counted: [{ request: 7n }, { request: 7n }] })
    expect(await decided(all)).toMatchObject({ code: 'request_used', hop: 0 })
  })
})

describe('preview', () => {
  const anyone = () => submitted(pay(FIRST, 20n))

  test('default: as if the key had signed, and says that it has to', async () => {
    const key = addressOf(people.agent)
    expect(await seen(asking, anyone())).toEqual(['allow', key, null])
    expect(await seen(asking, submitted(pay(FIRST, 20n), pay(SECOND, 20n)))).toEqual(['allow', key, null])
    expect(await seen(asking, submitted(pay(FIRST, 51n)))).toEqual(['action_maximum_exceeded', null, null])
    expect(await seen(asking, submitted(pay(`0x${'77'.repeat(20)}`, 1n)))).toEqual([
      'recipient_not_allowed',
      null,
      null,
    ])
    // What the chain itself says of the unsigned action.
    expect(await verdictOf(anyone())).toMatchObject({ code: 'request_required' })
  })

  test('behavior: above the threshold the confirmer too, up to the outer bounds', async () => {
    const [key, confirmer] = [addressOf(people.agent), addressOf(people.alice)]
    expect(await seen(asking, submitted(pay(FIRST, 25n)))).toEqual(['allow', key, null])
    expect(await seen(asking, submitted(pay(FIRST, 26n)))).toEqual(['escalate', key, confirmer])
    expect(await seen(asking, submitted(pay(FIRST, 26n)), true)).toEqual(['allow', key, confirmer])
    expect(await seen(asking, submitted(pay(FIRST, 25n)), true)).toEqual(['allow', key, null])
    expect(await seen(asking, submitted(pay(FIRST, 51n)), true)).toEqual(['action_maximum_exceeded', null, null])
  })

  test('behavior: what the target refuses is found, in one call and in a batch', async () => {
    const grant = await fusedGrant(chain, {
      principal: people.alice,
      agent: people.agent,
      payees: [FIRST],
      more: {
        request: { key: addressOf(people.agent), redeemers: 'anyone' },
        budgets: { day: { assets: { [chain.token.address]: '1' }, max: '100000' } },
      },
      rules: [{ id: 'pay', class: 'transfer', asset: chain.token.address, to: [FIRST], budget: 'day' }],
    })
    expect(await seen(grant, submitted(pay(FIRST, 99_000n)))).toEqual(['execution_failed', null, null])
    expect(await seen(grant, submitted(pay(FIRST, 6_000n), pay(FIRST, 6_000n)))).toEqual([
      'execution_failed',
      null,
      null,
    ])
    expect(await seen(grant, submitted(pay(FIRST, 6_000n)))).toEqual(['allow', addressOf(people.agent), null])
  })

  test('behavior: where nobody has to sign, it is what the chain decides', async () => {
    const plain = await fusedGrant(chain, { principal: people.alice, agent: people.agent, payees: [FIRST] })
    const own = (amount: bigint) => actionOf(chain, addressOf(people.agent), pay(FIRST, amount))
    expect(await seen(plain, own(1n))).toEqual(['allow', null, null])
    expect(await seen(plain, own(51n))).toEqual(['action_maximum_exceeded', null, null])
    const signed = await asked(anyone(), 77_000n)
    expect(await seen(asking, signed)).toEqual(['allow', null, null])
    const forged = { ...signed, request: { ...signed.request, deadline: DEADLINE - 1n } } as Action
    expect(await seen(asking, forged)).toEqual(['request_refused', null, null])
  })
})

/** The action as these have signed it. */
async function asked(action: Action, number: bigint, confirm = false): Promise<Action> {
  const { request } = requestOf(asking, { environment: chain.environment, action, number, deadline: DEADLINE })
  const signature = await signRequest(people.agent as never, request)
  const confirmation = confirm ? await signRequest(people.alice as never, request) : null
  return { ...action, request: { number, deadline: DEADLINE, signature, confirmation } }
}
const verdictOf = async (action: Action) =>
  (await decide(client, { grant: asking, action, environment: chain.environment })).verdict
const redeemed = (action: Action) => recordRedemption(chain, client, { account: people.relayer, grant: asking, action })

describe('redeem with a request', () => {
  test('default: anyone submits what the key signed, once, and nothing else', async () => {
    const plain = submitted(pay(FIRST, 10n))
    expect(await verdictOf(plain)).toMatchObject({ code: 'request_required' })
    const action = await asked(plain, 7n)
    const other = submitted(pay(SECOND, 10n))
    expect(await verdictOf({ ...other, request: action.request as never })).toMatchObject({ code: 'request_refused' })
    expect(classifyOutcome(await redeemed(action))).toMatchObject({ status: 'executed', counted: [{ request: 7n }] })
    expect(await verdictOf(action)).toMatchObject({ code: 'request_used' })
    expect(await verdictOf(await asked(plain, 8n))).toMatchObject({ verdict: 'allow' })
  })

  test('behavior: a batch is one request; one bad call in it refuses all', async () => {
    const batch = submitted(pay(FIRST, 5n), pay(SECOND, 6n))
    expect(classifyOutcome(await redeemed(await asked(batch, 9n)))).toMatchObject({
      status: 'executed',
      effects: [{ to: FIRST }, { to: SECOND }],
      counted: [{ rules: [0, 0], request: 9n }],
    })
    const bad = submitted(pay(FIRST, 1n), pay(`0x${'77'.repeat(20)}`, 1n))
    expect(await verdictOf(await asked(bad, 10n))).toMatchObject({ verdict: 'deny', rule: { call: 1 } })
  })

  test('behavior: above the threshold the confirmer’s signature lets it pass, and is counted', async () => {
    const large = submitted(pay(FIRST, 30n))
    expect(await verdictOf(await asked(large, 11n))).toMatchObject({
      verdict: 'escalate',
      confirmer: addressOf(people.alice),
      delegation: leafOf(asking),
    })
    expect(classifyOutcome(await redeemed(await asked(large, 11n, true)))).toMatchObject({ status: 'executed' })
  })

  test('behavior: what the token refuses in a batch is a failed execution, not a fault in authority', async () => {
    const broke = await fusedGrant(chain, {
      principal: people.alice,
      agent: people.agent,
      payees: [FIRST],
      rules: [{ id: 'pay', class: 'transfer', asset: chain.token.address, to: [FIRST], budget: 'all' }],
      more: { budgets: { all: { assets: { [chain.token.address]: '1' }, max: '100000' } } },
    })
    const action = actionOf(chain, addressOf(people.agent), pay(FIRST, 1n), pay(FIRST, 90_000n))
    const { verdict, simulation } = await decide(client, { grant: broke, action, environment: chain.environment })
    expect(verdict).toMatchObject({ code: 'execution_failed' })
    expect(simulation).toMatchObject({ error: { name: 'ERC20InsufficientBalance' } })
  })
})

describe('burnRequest', () => {
  test('default: a number that is used up without an action; again it sends nothing', async () => {
    const { environment } = chain
    const action = await asked(submitted(pay(FIRST, 1n)), 300n)
    expect(await verdictOf(action)).toMatchObject({ verdict: 'allow' })
    const parameters = { account: people.agent, environment, delegation: leafOf(asking), number: 300n }
    const burned = await burnRequest(client, parameters)
    expect(burned).toEqual({ number: 300n, transactionHash: expect.any(String), blockNumber: expect.any(BigInt) })
    expect(await verdictOf(action)).toMatchObject({ code: 'request_used' })
    expect(await burnRequest(client, parameters)).toMatchObject({ transactionHash: null })
    // Its neighbours in the same word are not touched, and somebody else's numbers are nobody's.
    expect(await verdictOf(await asked(submitted(pay(FIRST, 1n)), 301n))).toMatchObject({ verdict: 'allow' })
    await burnRequest(client, { ...parameters, account: people.guardian, number: 301n })
    expect(await verdictOf(await asked(submitted(pay(FIRST, 1n)), 301n))).toMatchObject({ verdict: 'allow' })
  })
})

describe('verifyBundle, of a grant in one caveat', () => {
  const key = createIssuerKey(new Uint8Array(48).fill(7))
  const issuer = { iss: 'urn:ambit:issuer:test', key: publicJwk(key) }
  const trust = { issuers: [{ iss: issuer.iss, keys: [issuer.key] }] }
  const issue = async ({ draft, evidence }: Drafted<Kind>) => {
    const signer = await jwkSigner(key)
    const { token, id } = await issueReceipt(draft as never, { signer, issuer, head: EMPTY_HEAD, now: 1_800_000_000n })
    return { id, text: encodeBundle({ receipt: token, disclosures: [], evidence } as never) }
  }
  const verify = async (text: string, facts?: ChainFacts) => {
    const { environment } = chain
    const verification = await verifyBundle(text, { trust: trust as never, environment, ...(facts && { facts }) })
    return {
      result: verification.result,
      of: (check: string) =>
        verification.checks.filter((it) => it.check === check).map(({ status, code }) => [status, code].join(' ')),
    }
  }
  let action: Action
  let recorded: ClassifyParameters
  let decision: { id: string; text: string }
  let outcome: { id: string; text: string }
  let outcomeParameters: Parameters<typeof outcomeReceipt>[0]

  beforeAll(async () => {
    const { environment } = chain
    action = await asked(submitted(pay(FIRST, 2n), pay(SECOND, 3n)), 2n ** 40n, true)
    // Nothing is above the threshold here: a confirmation that nobody asks for is refused by the chain.
    action = { ...action, request: { ...(action.request as NonNullable<Action['request']>), confirmation: null } }
    const { verdict, state } = await decide(client, { grant: asking, action, environment })
    const request = await signAsk(
      { address: addressOf(people.agent), signTypedData: (data) => people.agent.signTypedData(data as never) },
      createRequest(action, { grant: asking.id, number: 1n, deadline: DEADLINE }),
    )
    decision = await issue(
      decisionReceipt({ grant: asking, action, verdict, state, request, stage: 'simulation', layer: 'redeemer' }),
    )
    recorded = await redeemed(action)
    outcomeParameters = {
      grant: asking,
      request,
      redemption: recorded.redemption,
      outcome: classifyOutcome(recorded),
      decision: decision.id,
      layer: 'redeemer',
    }
    outcome = await issue(outcomeReceipt(outcomeParameters))
  })

  test('default: a batch with its request is evaluated again, and its bytes are rebuilt', async () => {
    const decided = await verify(decision.text)
    expect([decided.result, decided.of('verdict'), decided.of('delegation')]).toEqual([
      'valid',
      ['proven ok'],
      ['proven ok'],
    ])
    const { transaction, receipt, head } = recorded
    const facts: ChainFacts = {
      chainId: chain.chainId,
      blocks: { [`${receipt.blockNumber}`]: receipt.blockHash },
      transactions: { [transaction.hash]: { transaction, receipt } },
      head,
      codes: { [addressOf(people.alice)]: 'delegated7702' },
    }
    expect((await verify(outcome.text)).of('outcome')).toEqual(['attested outcome_attested'])
    expect((await verify(outcome.text, facts)).of('outcome')).toEqual(['proven ok'])
    // What the enforcer counted is part of what is compared.
    const said = outcomeParameters.outcome as Extract<typeof outcomeParameters.outcome, { status: 'executed' }>
    const counted = (said.counted ?? []).map((one) => ({ ...one, request: 8n }))
    const lied = await issue(outcomeReceipt({ ...outcomeParameters, outcome: { ...said, counted } }))
    expect((await verify(lied.text, facts)).of('outcome')).toEqual(['refuted outcome_contradicted'])
  })

  test('behavior: a refusal says which rule, and an escalation where the confirmer’s signature is asked for', async () => {
    const { environment } = chain
    const receiptOf = async (of: Action) => {
      const { verdict, state } = await decide(client, { grant: asking, action: of, environment })
      const request = { request: createRequest(of, { grant: asking.id, number: 2n, deadline: DEADLINE }) }
      const stage = verdict.verdict === 'allow' ? 'simulation' : 'state'
      const drafted = decisionReceipt({ grant: asking, action: of, verdict, state, request, stage, layer: 'redeemer' })
      return { said: drafted.draft.verdict, verified: await verify((await issue(drafted)).text) }
    }
    const refused = await receiptOf(await asked(submitted(pay(FIRST, 1n), pay(FIRST, 60n)), 400n))
    expect(refused.said).toMatchObject({ rule: { call: 1, index: 0, id: 'pay', part: 'condition' } })
    expect(refused.verified.of('verdict')).toEqual(['proven ok'])
    const nowhere = await receiptOf(await asked(submitted({ ...pay(FIRST, 1n), to: SECOND }), 400n))
    expect(nowhere.said).toMatchObject({ rule: { call: 0, part: 'shape' } })
    expect(nowhere.said).not.toHaveProperty('rule.index')
    expect(nowhere.verified.of('verdict')).toEqual(['proven ok'])
    const escalated = await receiptOf(await asked(submitted(pay(FIRST, 26n)), 400n))
    expect(escalated.said).toMatchObject({ result: 'escalated', delegation: leafOf(asking) })
    expect(escalated.verified.of('verdict')).toEqual(['proven ok'])
  })

  test('error: a request with other args, or none, is not what was redeemed', async () => {
    const { request } = outcomeParameters
    const carried = action.request as NonNullable<Action['request']>
    for (const other of [
      { ...carried, number: 5n },
      { ...carried, confirmation: '0x11' as Hex },
      { ...carried, signature: null },
    ]) {
      const changed = { ...request, request: { ...request.request, request: other } }
      expect(codeOf(() => outcomeReceipt({ ...outcomeParameters, request: changed })).code).toBe(
        'receipt.inputs_disagree',
      )
    }
  })

  test('behavior: the end of a group is proven by the enforcer’s own word', async () => {
    const { environment } = chain
    const group = groupOf(chain, asking)
    const { transactionHash, blockNumber } = await endGroup(client, { account: people.guardian, group, environment })
    const block = await readBlock(client, { number: blockNumber })
    const fate = groupFate(asking, { environment, ...group })
    if (fate.fate !== 'ends' || transactionHash === null) throw new TypeError('the group has not ended')
    const ending = {
      act: 'end_group' as const,
      group,
      delegations: fate.delegations,
      died: fate.died,
      block: { number: block.number, hash: block.hash },
      final: true,
    }
    const receipt = await issue(revocationReceipt({ grant: asking, ending, layer: 'wallet' }))
    const state = await readState(client, { grant: asking, environment, block: { hash: block.hash } })
    const before = await readState(client, { grant: asking, environment, block: { number: blockNumber - 1n } })
    const facts = (of: typeof state): ChainFacts => ({
      chainId: chain.chainId,
      blocks: { [`${block.number}`]: block.hash },
      states: { [`${block.number}`]: { ...of, block: state.block } },
    })
    expect((await verify(receipt.text)).of('revocation')).toEqual(['attested revocation_attested'])
    expect((await verify(receipt.text, facts(state))).of('revocation')).toEqual(['proven ok'])
    expect((await verify(receipt.text, facts(before))).of('revocation')).toEqual(['refuted revocation_contradicted'])
    expect((await verify(receipt.text, facts({ ...state, counters: {} }))).of('revocation')).toEqual([
      'unavailable facts_missing',
    ])
    const other = { ...ending, group: { ...group, guardian: null } }
    const wrong = await issue(revocationReceipt({ grant: asking, ending: other, layer: 'wallet' }))
    expect((await verify(wrong.text, facts(state))).of('revocation')).toEqual(['refuted revocation_mismatch'])
  })
})
