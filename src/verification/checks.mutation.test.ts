import { describe, expect, test } from 'vitest'
import {
  agent,
  at,
  decide,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  stranger,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import type { Recovery } from '../delegation/index.ts'
import { readState } from '../receipt/describe.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { prepareGrant } from '../verdict/index.ts'
import { checkAction, checkRequest, isAsker } from './action.ts'
import { createMemory, type GrantRead, type Memory } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'
import { checkBlock, checkState, checkVerdict } from './verdict.ts'

/** Each check by itself, on what one receipt says: one field changed at a time, and nothing signed again. */

const grant = await makeGrant()
const { drafted } = await decide({ grant, action: transferTo(vendors[0], 5_000_000n), state: makeState(grant) })
const receipt = await issue(drafted)
const statement = receipt.statement as StatementOf<'decision'>
const other = await issue((await decide({ grant, action: transferTo(at('66'), 1n), state: makeState(grant) })).drafted)
const denied = other.statement as StatementOf<'decision'>
const bytes = receipt.bundle.evidence['request'] as Uint8Array
const read: GrantRead = { grant, prepared: prepareGrant(grant, environment) }
const { request } = checkAction(statement, { request: bytes })
if (request === undefined) throw new TypeError('the request cannot be read')

const shown = ({ status, code }: Check) => `${status} ${code}`
const edited = (edit: object) => ({ ...statement, ...edit }) as Statement
const intent = (edit: object) => edited({ intent: { ...statement.intent, ...edit } })

describe('checkAction', () => {
  const ask = (said: Statement) => checkAction(said, { request: bytes }).checks.map(shown)

  test('default: the request that the receipt is about', () => {
    expect(ask(statement)).toEqual(['proven ok'])
    expect(checkAction(statement, {}).checks.map(shown)).toEqual(['unavailable evidence_missing'])
    expect(checkAction(statement, { request: new Uint8Array(3) }).checks.map(shown)).toEqual([
      'refuted evidence_unreadable',
    ])
    expect(checkAction(edited({ kind: 'grant' }), {})).toEqual({ checks: [] })
    expect(ask(edited({ kind: 'outcome' }))).toEqual(['proven ok'])
  })

  test.each<[string, Statement]>([
    ['id', edited({ action: { ...statement.action, id: hash('11') } })],
    ['grant', edited({ grant: { ...statement.grant, id: hash('12') } })],
    ['chain', intent({ chain: 'eip155:1' })],
    ['calls', intent({ calls: hash('13') })],
    ['redeemer', intent({ redeemer: lower(stranger) })],
    ['mode', intent({ mode: 'batch' })],
    ['signature', intent({ signed: false })],
    ['reason', intent({ reason: 'Invoice 8' })],
    ['missing reason', intent({ reason: undefined })],
    [
      'manager',
      edited({
        kind: 'outcome',
        grant: { ...statement.grant, manager: statement.grant.manager.replace('31337', '1') },
      }),
    ],
  ])('error: a request with another %s', (_, said) => {
    expect(ask(said)).toEqual(['refuted action_mismatch'])
  })
})

describe('checkRequest', () => {
  const recovered = (recovery: Recovery): Memory => ({ ...createMemory(), recover: () => recovery })
  const signed = (by: { address: string }) => recovered({ status: 'signed', signer: lower(by) })
  const ask = (said: Statement, memory: Memory, from: GrantRead | undefined = read, asked = request) =>
    shown(checkRequest(said, asked, from, memory))
  const late = (seconds: bigint, edit: object = {}) => {
    const time = (request.request.deadline + seconds).toString()
    const { state } = statement
    return edited({ state: state && { ...state, block: { ...state.block, time } }, ...edit })
  }

  test('default: the asker signed it', () => {
    expect(ask(statement, createMemory())).toBe('proven ok')
    expect(ask(statement, signed(agent))).toBe('proven ok')
  })

  test('error: nobody, somebody else, or something that is no signature', () => {
    const { signature, ...unsigned } = request
    expect(signature).toBeDefined()
    expect(ask(statement, signed(agent), read, unsigned as typeof request)).toBe('unavailable request_unsigned')
    expect(ask(statement, signed(stranger))).toBe('refuted request_other_signer')
    expect(ask(statement, recovered({ status: 'invalid', reason: 'high_s' }))).toBe('refuted signature_malformed')
    expect(shown(checkRequest(statement, request, undefined, signed(agent)))).toBe('unavailable evidence_missing')
  })

  test('error: allowed after its deadline; what was not allowed is late for nothing', () => {
    expect([-1n, 0n, 1n].map((seconds) => ask(late(seconds), signed(agent)))).toEqual([
      'proven ok',
      'proven ok',
      'refuted request_late',
    ])
    expect(ask(late(1n, { verdict: denied.verdict }), signed(agent))).toBe('proven ok')
    expect(ask(late(1n, { kind: 'outcome' }), signed(agent))).toBe('proven ok')
    expect(ask(edited({ state: undefined }), signed(agent))).toBe('proven ok')
  })

  test('behavior: the asker that a decision names is the one of the grant', () => {
    expect([isAsker(statement, read), isAsker(edited({ kind: 'outcome' }), read)]).toEqual([true, true])
    expect(isAsker(intent({ asker: lower(stranger) }), read)).toBe(false)
  })
})

describe('checkVerdict', () => {
  const refusal = (code: string) => edited({ verdict: { ...denied.verdict, code } }) as StatementOf<'decision'>
  const ask = (said: Statement, from: GrantRead | undefined = read) =>
    shown(checkVerdict(said as StatementOf<'decision'>, from, request))

  test('behavior: evaluated again, with the grant, the request and the state', () => {
    expect(ask(statement)).toBe('proven ok')
    expect(ask(edited({ verdict: denied.verdict }))).toBe('refuted verdict_mismatch')
    const { code } = denied.verdict as { code?: string }
    expect(checkVerdict({ ...statement, verdict: denied.verdict }, read, request).cause).toBe('allow')
    const refused = checkAction(denied, { request: other.bundle.evidence['request'] as Uint8Array }).request
    expect(checkVerdict({ ...denied, verdict: statement.verdict }, read, refused).cause).toBe(code)
    expect(code).toBeDefined()
    expect(shown(checkVerdict(statement, undefined, request))).toBe('unavailable evidence_missing')
    expect(shown(checkVerdict(statement, read, undefined))).toBe('unavailable evidence_missing')
    expect(ask(statement, { grant })).toBe('unavailable environment_missing')
    expect(ask(statement, { grant, unprepared: 'verdict.unsupported' })).toBe('unavailable evaluation_not_supported')
  })

  test('behavior: what no evaluation can give is the issuer’s word', () => {
    expect(ask(refusal('stopped'))).toBe('attested verdict_local')
    for (const code of ['signature_refused', 'execution_failed', 'disagreement']) {
      expect(ask(refusal(code))).toBe('attested verdict_simulated')
      const refused = checkVerdict(
        { ...denied, verdict: { ...denied.verdict, code } } as StatementOf<'decision'>,
        read,
        checkAction(denied, { request: other.bundle.evidence['request'] as Uint8Array }).request,
      )
      expect(shown(refused)).toBe('refuted verdict_mismatch')
    }
  })

  test('error: without a state nothing is allowed, and little refused', () => {
    const blind = (said: Statement) => ask({ ...said, state: undefined } as Statement)
    expect(blind(statement)).toBe('refuted verdict_without_state')
    expect(blind(refusal('state_missing'))).toBe('attested verdict_local')
    expect(blind(refusal('expired'))).toBe('unavailable verdict_without_state')
    expect(blind(refusal('stopped'))).toBe('attested verdict_local')
  })
})

describe('checkState', () => {
  if (statement.state === undefined) throw new TypeError('a state is recorded')
  const recorded = readState(statement.state)
  const number = recorded.block.number.toString()
  const facts = (state: object = {}, more: object = {}): ChainFacts => ({
    chainId: recorded.chainId,
    blocks: { [number]: recorded.block.hash },
    states: { [number]: { ...recorded, ...state } },
    ...more,
  })
  const ask = (known: ChainFacts | undefined) =>
    checkState(statement, known).map((check) => `${shown(check)} ${check.at}`)
  const [counter = ''] = Object.keys(recorded.counters)
  const [delegation = ''] = Object.keys(recorded.disabled)

  test.each<[string, ChainFacts | undefined, string]>([
    ['no facts', undefined, 'attested state_attested undefined'],
    ['the same state', facts(), 'proven ok undefined'],
    ['another chain', facts({}, { chainId: 1 }), 'unavailable facts_other_chain undefined'],
    ['no block', facts({}, { blocks: {} }), `unavailable facts_missing ${number}`],
    ['another block', facts({}, { blocks: { [number]: hash('99') } }), `refuted block_not_canonical ${number}`],
    ['no state', facts({}, { states: {} }), `unavailable facts_missing ${number}`],
    ['another manager', facts({ manager: at('99') }), 'refuted state_contradicted block'],
    [
      'the hash of another',
      facts({ block: { ...recorded.block, hash: hash('99') } }),
      'refuted state_contradicted block',
    ],
    ['another time', facts({ block: { ...recorded.block, timestamp: 1n } }), 'refuted state_contradicted block'],
    ['a pause', facts({ paused: true }), 'refuted state_contradicted block'],
    [
      'an end',
      facts({ disabled: { ...recorded.disabled, [delegation]: true } }),
      `refuted state_contradicted disabled/${delegation}`,
    ],
    ['nonces not read', facts({ nonces: {} }), `unavailable facts_missing nonces/${Object.keys(recorded.nonces)[0]}`],
    [
      'more spent',
      facts({ counters: { ...recorded.counters, [counter]: { kind: 'spent', spent: 1n } } }),
      `refuted state_contradicted counters/${counter}`,
    ],
    [
      'the same in another order',
      facts({ counters: { ...recorded.counters, [counter]: { spent: 0n, kind: 'spent' } } }),
      'proven ok undefined',
    ],
    ['more than was recorded', facts({ nonces: { ...recorded.nonces, [at('99')]: 5n } }), 'proven ok undefined'],
  ])('behavior: %s', (_, known, found) => {
    expect(ask(known)).toEqual([found])
  })

  test('behavior: without a recorded state there is nothing to ask', () => {
    expect(checkState({ ...statement, state: undefined } as StatementOf<'decision'>, facts())).toEqual([])
  })

  test('behavior: a block that the chain has, has not, or has otherwise', () => {
    const block = (known: ReturnType<typeof hash> | null | undefined) => {
      const blocks = known === undefined ? {} : { 5: known }
      const check = checkBlock('outcome', '5', hash('b1'), { chainId: 1, blocks })
      return check && shown(check)
    }
    expect(block(hash('b1'))).toBeUndefined()
    expect([block(null), block(undefined)]).toEqual(Array(2).fill('unavailable facts_missing'))
    expect(block(hash('b2'))).toBe('refuted block_not_canonical')
  })
})
