import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import {
  addressOf,
  contractAccount,
  makeGrant,
  principal,
  richDocument,
  stranger,
} from '../../test/arbitraries/signedGrant.ts'
import type { ChainFacts } from '../delegation/facts.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { recoverSigner } from '../delegation/signature.ts'
import { parseInstant } from '../primitives/time.ts'
import { checkGrant } from './check.ts'
import type { Grant } from './types.ts'

const environment = await baseEnvironment()
const grant = await makeGrant(environment)
const hashes = grant.delegations.map(hashDelegation)
const facts: ChainFacts = {
  environment,
  now: parseInstant('2026-12-01T00:00:00Z'),
  paused: false,
  codes: { [addressOf(principal)]: 'delegated7702' },
  disabled: Object.fromEntries(hashes.map((hash) => [hash, false])),
  nonces: { [addressOf(principal)]: 4n },
}
const disabled = (...indices: number[]): ChainFacts => ({
  ...facts,
  disabled: Object.fromEntries(hashes.map((hash, index) => [hash, indices.includes(index)])),
})
const branchOf = (checked: Grant, index: number) => checked.branches[index]?.links ?? []

/** Codes of the grant's own rows that are no pass. */
const faults = (checked: Grant, changed: ChainFacts = facts) =>
  checkGrant(checked, changed).rows.flatMap((row) => (row.result === 'pass' ? [] : [`${row.check} ${row.code}`]))

describe('checkGrant', () => {
  test('default: valid when every branch and the scope are', () => {
    const check = checkGrant(grant, facts)
    expect(check.status).toBe('valid')
    expect(check.branches.map(({ status }) => status)).toEqual(['valid', 'valid', 'valid', 'valid'])
    expect(check.rows.map((row) => [row.check, row.result])).toEqual([
      ['deployment', 'pass'],
      ['structure', 'pass'],
      ['notBefore', 'pass'],
      ['expiry', 'pass'],
    ])
  })

  test('behavior: recovers the signature of a shared link once', () => {
    let recoveries = 0
    const recover: ChainFacts['recover'] = (digest, signature) => {
      recoveries++
      return recoverSigner(digest, signature)
    }
    expect(checkGrant(grant, { ...facts, recover }).status).toBe('valid')
    expect(recoveries).toBe(grant.delegations.length)
    expect(grant.branches.flatMap(({ links }) => links).length).toBeGreaterThan(recoveries)
  })

  test('behavior: partial when one branch has ended, and says which', () => {
    const [leaf = -1] = branchOf(grant, 1)
    const check = checkGrant(grant, disabled(leaf))
    expect(check.status).toBe('partial')
    expect(check.branches.map(({ status }) => status)).toEqual(['valid', 'invalid', 'valid', 'valid'])
  })

  test('behavior: a revoked shared root ends every branch under it', () => {
    const root = branchOf(grant, 0).at(-1) ?? -1
    expect(branchOf(grant, 1).at(-1)).toBe(root)
    const check = checkGrant(grant, disabled(root))
    expect(check.branches.map(({ status }) => status)).toEqual(['invalid', 'invalid', 'valid', 'valid'])
  })

  test('behavior: unavailable where a fact is missing, never valid', () => {
    expect(checkGrant(grant, { environment }).status).toBe('unavailable')
    for (const fact of ['now', 'paused', 'codes', 'disabled', 'nonces'] as const) {
      const { [fact]: _, ...rest } = facts
      expect([fact, checkGrant(grant, rest).status]).toEqual([fact, 'unavailable'])
    }
  })

  test('behavior: the answer of a principal’s contract counts, not its owner’s key', async () => {
    const account = addressOf(stranger)
    const held = await makeGrant(environment, richDocument({ principal: account }), {
      account: contractAccount(account, principal),
    })
    const own = held.delegations.map(hashDelegation)
    const known: ChainFacts = {
      ...facts,
      codes: { [account]: 'contract' },
      disabled: Object.fromEntries(own.map((hash) => [hash, false])),
      nonces: { [account]: 4n },
    }
    const answers = (answer: boolean) => ({ contractSignatures: Object.fromEntries(own.map((hash) => [hash, answer])) })
    expect(checkGrant(held, known).status).toBe('unavailable')
    expect(checkGrant(held, { ...known, ...answers(true) }).status).toBe('valid')
    expect(checkGrant(held, { ...known, ...answers(false) }).status).toBe('invalid')
    expect(checkGrant(held, { ...known, codes: { [account]: 'delegated7702' } }).status).toBe('invalid')
  })

  test('error: ended as a whole: by nonce, by pause, by time', () => {
    expect(checkGrant(grant, { ...facts, nonces: { [addressOf(principal)]: 5n } }).status).toBe('invalid')
    expect(checkGrant(grant, { ...facts, paused: true }).status).toBe('invalid')
    const when = (instant: string) => ({ ...facts, now: parseInstant(instant) })
    expect(faults(grant, when('2026-11-19T23:59:59Z'))).toEqual(['notBefore not_yet_valid'])
    expect(checkGrant(grant, when('2026-11-20T00:00:00Z')).status).toBe('valid')
    expect(checkGrant(grant, when('2026-12-19T23:59:59Z')).status).toBe('valid')
    expect(faults(grant, when('2026-12-20T00:00:00Z'))).toEqual(['expiry expired'])
    expect(checkGrant(grant, when('2026-12-20T00:00:00Z')).status).toBe('invalid')
  })

  test('error: facts of another deployment say nothing about this grant', () => {
    const elsewhere = { ...facts, environment: { ...environment, chainId: 1 } }
    expect(faults(grant, elsewhere)).toEqual(['deployment other_deployment'])
    expect(checkGrant(grant, elsewhere).status).toBe('invalid')
  })

  test('error: a grant that does not hang together is invalid, whatever its branches are', () => {
    const [first, ...others] = grant.branches
    if (first === undefined) throw new TypeError('no branch')
    const broken: Grant[] = [
      { ...grant, branches: others.slice(1) },
      { ...grant, branches: [{ ...first, links: [999] }, ...others] },
      { ...grant, branches: [{ ...first, links: first.links.toReversed() }, ...others] },
      { ...grant, delegations: grant.delegations.map((it) => ({ ...it, salt: '0x01' })) },
    ]
    for (const grantUnderTest of broken) {
      expect(faults(grantUnderTest)).toEqual(['structure broken'])
      expect(checkGrant(grantUnderTest, facts).status).toBe('invalid')
    }
    expect(checkGrant({ ...grant, branches: [] }, facts).status).toBe('invalid')
  })
})
