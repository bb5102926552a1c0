import { describe, expect, test } from 'vitest'
import {
  agent,
  at,
  environment,
  hash,
  issue,
  lower,
  makeGrant,
  makeState,
  principal,
} from '../../test/vectors/receipts/example.ts'
import { hashDelegation } from '../delegation/index.ts'
import { grantReceipt } from '../receipt/index.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import type { State } from '../verdict/index.ts'
import { checkRevocation } from './revocation.ts'
import type { ChainFacts, Check } from './types.ts'

/** Endings: what is said to have ended, what hangs on it, and what the chain shows. */

const grant = await makeGrant()
const { statement } = await issue(grantReceipt({ grant, layer: 'wallet' }))
const hashes = grant.delegations.map(hashDelegation)
const [root = hash('00'), ...leaves] = hashes
const block = { number: '120', hash: hash('b3') }
const said = (revocation: object) =>
  ({ ...statement, kind: 'revocation', revocation }) as unknown as StatementOf<'revocation'>
const disable = (edit: object = {}) =>
  said({ act: 'disable', delegations: [root], died: leaves, block, final: true, ...edit })
const raise = (edit: object = {}) =>
  said({
    act: 'raise_nonce',
    account: lower(principal),
    nonce: '0',
    delegations: [root],
    died: leaves,
    block,
    final: true,
    ...edit,
  })
const shown = ({ status, code, at: place }: Check) => `${status} ${code} ${place}`
const ask = (
  receipt: Statement,
  facts?: ChainFacts,
  read: { grant: typeof grant } | undefined = { grant },
  known: typeof environment | undefined = environment,
) =>
  checkRevocation(receipt as StatementOf<'revocation'>, read, known, facts)
    .map(shown)
    .join()
const state = (edit: Partial<State> = {}): State => ({
  ...makeState(grant),
  block: { number: 120n, hash: block.hash, timestamp: 1n },
  disabled: { [root]: true },
  nonces: { [lower(principal)]: 1n },
  ...edit,
})
const facts = (edit: Partial<State> = {}, more: object = {}): ChainFacts => ({
  chainId: grant.chainId,
  blocks: { 120: block.hash },
  states: { 120: state(edit) },
  ...more,
})
const ATTESTED = 'attested revocation_attested undefined'
const MISMATCH = 'refuted revocation_mismatch'

describe('checkRevocation', () => {
  test('behavior: what is said to have ended is of the grant, with all that hangs on it', () => {
    expect(leaves.length).toBeGreaterThan(1)
    expect(ask(disable())).toBe(ATTESTED)
    expect(checkRevocation(disable(), undefined, environment, undefined).map(shown)).toEqual([
      'unavailable evidence_missing undefined',
    ])
    // Of several that are strange or forgotten the first is named.
    expect(ask(disable({ delegations: [root, hash('98'), hash('99')] }))).toBe(`${MISMATCH} ${hash('98')}`)
    expect(ask(disable({ died: [] }))).toBe(`${MISMATCH} ${leaves[0]}`)
    expect(ask(disable({ died: leaves.slice(1) }))).toBe(`${MISMATCH} ${leaves[0]}`)
    expect(ask(disable({ died: leaves.slice(0, -1) }))).toBe(`${MISMATCH} ${leaves.at(-1)}`)
    expect(ask(disable({ delegations: [leaves[0]], died: [] }))).toBe(ATTESTED)
  })

  test('behavior: who stops by itself is believed, and what resumes kills nothing', () => {
    const local = 'attested revocation_local undefined'
    expect(ask(said({ act: 'stop', delegations: [root], died: leaves }))).toBe(local)
    expect(ask(said({ act: 'stop', delegations: [root], died: leaves }), facts())).toBe(local)
    expect(ask(said({ act: 'stop', delegations: [root], died: [] }))).toBe(`${MISMATCH} ${leaves[0]}`)
    expect(ask(said({ act: 'resume', delegations: [root], died: [] }))).toBe(local)
  })

  test('behavior: with a nonce ends what carries it, and nothing else', () => {
    expect(ask(raise())).toBe(ATTESTED)
    expect(checkRevocation(raise(), { grant }, undefined, undefined).map(shown)).toEqual([
      'unavailable environment_missing undefined',
    ])
    const strange = checkRevocation(raise({ delegations: hashes, died: [] }), { grant }, environment, undefined)
    expect(strange.map(shown)).toEqual([`${MISMATCH} ${leaves[0]}`])
    expect(strange[0]?.detail).toBe('This delegation does not carry the nonce.')
    const forgotten = checkRevocation(raise({ delegations: [], died: [] }), { grant }, environment, undefined)
    expect(forgotten.map(shown)).toEqual([`${MISMATCH} ${root}`])
    expect(forgotten[0]?.detail).toMatch(/^This delegation carries the nonce/)
    expect(ask(raise({ account: lower(agent) }))).toBe(`${MISMATCH} ${root}`)
  })

  const tx = hash('77')
  const seen = (edit: object = {}, status = 'success') => ({
    transactions: { [tx]: { transaction: { hash: tx }, receipt: { status, blockHash: block.hash, ...edit } } },
  })
  test.each<[string, Statement, ChainFacts, string]>([
    ['disabled at that block', disable(), facts(), 'proven ok undefined'],
    ['not disabled', disable(), facts({ disabled: { [root]: false } }), `refuted revocation_contradicted ${root}`],
    ['not looked at', disable(), facts({ disabled: {} }), `unavailable facts_missing ${root}`],
    ['raised', raise(), facts(), 'proven ok undefined'],
    ['raised by more', raise(), facts({ nonces: { [lower(principal)]: 9n } }), 'proven ok undefined'],
    [
      'not raised',
      raise(),
      facts({ nonces: { [lower(principal)]: 0n } }),
      `refuted revocation_contradicted ${lower(principal)}`,
    ],
    ['a nonce not looked at', raise(), facts({ nonces: {} }), `unavailable facts_missing ${lower(principal)}`],
    ['on another chain', disable(), facts({}, { chainId: 1 }), 'unavailable facts_other_chain undefined'],
    ['in no block', disable(), facts({}, { blocks: {} }), 'unavailable facts_missing 120'],
    ['in another block', disable(), facts({}, { blocks: { 120: hash('b4') } }), 'refuted block_not_canonical 120'],
    ['with no state', disable(), facts({}, { states: {} }), 'unavailable facts_missing 120'],
    [
      'with the state of another block',
      disable(),
      facts({ block: { number: 120n, hash: hash('b4'), timestamp: 1n } }),
      'unavailable facts_missing 120',
    ],
    ['under another manager', disable(), facts({ manager: at('99') }), 'unavailable facts_missing 120'],
    ['by a transaction', disable({ tx }), facts({}, seen()), 'proven ok undefined'],
    [
      'by one that nobody looked up',
      disable({ tx }),
      facts({}, { transactions: {} }),
      `unavailable facts_missing ${tx}`,
    ],
    [
      'by one that the chain has not',
      disable({ tx }),
      facts({}, { transactions: { [tx]: null } }),
      `refuted revocation_contradicted ${tx}`,
    ],
    ['by one that failed', disable({ tx }), facts({}, seen({}, 'reverted')), `refuted revocation_contradicted ${tx}`],
    [
      'by one of another block',
      disable({ tx }),
      facts({}, seen({ blockHash: hash('b4') })),
      `refuted revocation_contradicted ${tx}`,
    ],
    [
      'by one with another hash',
      disable({ tx }),
      facts(
        {},
        {
          transactions: {
            [tx]: { transaction: { hash: hash('78') }, receipt: { status: 'success', blockHash: block.hash } },
          },
        },
      ),
      `refuted revocation_contradicted ${tx}`,
    ],
  ])('behavior: %s', (_, receipt, known, found) => {
    expect(ask(receipt, known)).toBe(found)
  })
})
