import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { PAYEES } from '../../test/arbitraries/scope.ts'
import { addressOf, principal, richDocument, stranger } from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { Caveat, DecodedCaveat } from '../caveats/types.ts'
import type { CoverageRow } from '../compile/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { signDelegation } from '../delegation/sign.ts'
import { ANY_DELEGATE, type Delegation } from '../delegation/types.ts'
import { parseInstant } from '../primitives/time.ts'
import { parseScope } from '../scope/parse.ts'
import {
  coverGuardian,
  createKillSwitch,
  type KillSwitchFacts,
  killSwitchTroubles,
  raiseNonceCall,
  readKillSwitch,
  requireKillSwitch,
} from './guardian.ts'

const environment = await baseEnvironment()
const scope = parseScope(richDocument())
const guardian = PAYEES[2]
const end = parseInstant(scope.expiry)
const make = (expiry = end + 1n) =>
  createKillSwitch({ environment, principal: addressOf(principal), guardian, expiry, salt: `0x${'5a'.repeat(32)}` })
const { chainId, manager } = environment
const signed = (delegation: Delegation, signer = principal) => signDelegation(signer, { delegation, chainId, manager })
const killSwitch = await signed(make())
const hash = hashDelegation(killSwitch)
const facts: KillSwitchFacts = {
  environment,
  now: end - 100n,
  paused: false,
  codes: { [addressOf(principal)]: 'delegated7702' },
  disabled: { [hash]: false },
  fired: 0n,
}
const require_ = (delegation: Delegation, change: Partial<KillSwitchFacts> = {}) =>
  requireKillSwitch(delegation, { scope, environment, facts: { ...facts, ...change } })

const caveat = (decoded: DecodedCaveat): Caveat => encodeCaveat(environment, decoded)
const { to, value, data } = raiseNonceCall(environment)
const exact = (change: { target?: `0x${string}`; value?: bigint; data?: `0x${string}` }) =>
  caveat({ kind: 'exactExecution', target: to, value, data, ...change })
const [call, life, redeemer, once] = killSwitch.caveats as [Caveat, Caveat, Caveat, Caveat]
const withCaveats = (...caveats: Caveat[]): Delegation => ({ ...killSwitch, caveats })

describe('createKillSwitch', () => {
  test('default: one call, once, by the guardian, until its end, and no nonce', () => {
    expect(readKillSwitch(killSwitch, environment)).toEqual({
      principal: addressOf(principal),
      guardian,
      expiry: end + 1n,
      hash,
    })
    expect(killSwitch.caveats.map(({ enforcer }) => enforcer)).not.toContain(environment.enforcers['NonceEnforcer'])
    expect(to).toBe(environment.enforcers['NonceEnforcer'])
    expect(data.slice(-40)).toBe(manager.slice(2))
  })

  test('error: a salt or an end that makes it none', () => {
    const parameters = { environment, principal: addressOf(principal), guardian, expiry: end }
    expect(codeOf(() => createKillSwitch({ ...parameters, salt: `0x${'00'.repeat(32)}` })).code).toBe(
      'grant.guardian_not_exact',
    )
    expect(codeOf(() => make(0n)).code).toBe('grant.guardian_not_exact')
  })
})

describe('readKillSwitch', () => {
  test('error: a switch with a nonce would die with the first revocation of everything', () => {
    const nonce = caveat({ kind: 'nonce', nonce: 0n })
    for (const caveats of [
      [call, life, redeemer, once, nonce],
      [nonce, call, life, redeemer, once],
    ]) {
      expect(codeOf(() => readKillSwitch(withCaveats(...caveats), environment)).code).toBe('grant.guardian_has_nonce')
    }
  })

  test('error: whatever could do more, or something else', () => {
    const other = PAYEES[0]
    const elsewhere = raiseNonceCall({ ...environment, manager: other })
    const cases: [string, Delegation][] = [
      ['caveats/0', withCaveats(exact({ target: other }), life, redeemer, once)],
      ['caveats/0', withCaveats(exact({ value: 1n }), life, redeemer, once)],
      ['caveats/0', withCaveats(exact({ data: elsewhere.data }), life, redeemer, once)],
      ['caveats/0', withCaveats(exact({ data: `${data}00` }), life, redeemer, once)],
      ['caveats/0', withCaveats(exact({ data: `0xa9059cbb${data.slice(10)}` }), life, redeemer, once)],
      ['caveats/0', withCaveats(life, redeemer, once)],
      ['caveats/0', withCaveats({ ...call, args: '0x00' }, life, redeemer, once)],
      ['caveats/1', withCaveats(call, caveat({ kind: 'timestamp', after: 9n, before: end + 1n }), redeemer, once)],
      ['caveats/2', withCaveats(call, life, once)],
      ['caveats/2', withCaveats(call, life, caveat({ kind: 'redeemer', redeemers: [guardian, other] }), once)],
      ['caveats/3', withCaveats(call, life, redeemer)],
      ['caveats/3', withCaveats(call, life, redeemer, caveat({ kind: 'limitedCalls', limit: 2n }))],
      ['caveats/4', withCaveats(call, life, redeemer, once, once)],
      ['expiry', withCaveats(call, redeemer, once)],
      ['authority', { ...killSwitch, authority: `0x${'01'.repeat(32)}` }],
      ['delegate', { ...killSwitch, delegate: killSwitch.delegator }],
      ['caveats/2', { ...killSwitch, delegate: ANY_DELEGATE }],
      ['salt', { ...killSwitch, salt: `0x${'00'.repeat(32)}` }],
    ]
    for (const [differs, delegation] of cases) {
      expect([differs, codeOf(() => readKillSwitch(delegation, environment))]).toMatchObject([
        differs,
        { code: 'grant.guardian_not_exact', details: { differs } },
      ])
    }
  })
})

describe('requireKillSwitch', () => {
  test('default: the guardian’s of this scope, beyond its end, working', () => {
    expect(require_(killSwitch).hash).toBe(hash)
  })

  test('error: it ends with the grant, or before', async () => {
    for (const expiry of [end, end - 1n]) {
      const short = await signed(make(expiry))
      expect(codeOf(() => require_(short)).code).toBe('grant.guardian_ends_early')
    }
  })

  test('error: another guardian, another principal, another chain', async () => {
    const parameters = { environment, guardian, expiry: end + 1n, salt: `0x${'5b'.repeat(32)}` as const }
    const foreign = await signed(createKillSwitch({ ...parameters, principal: addressOf(stranger) }), stranger)
    const others = createKillSwitch({ ...parameters, principal: addressOf(principal), guardian: PAYEES[0] })
    const differs = (delegation: Delegation, of = scope) =>
      codeOf(() => requireKillSwitch(delegation, { scope: of, environment, facts })).details['differs']
    expect(differs(foreign)).toBe('principal')
    expect(differs(others)).toBe('guardian')
    expect(differs(killSwitch, { ...scope, chainId: 1 })).toBe('chain')
    const { guardian: _, ...unguarded } = scope.revocation
    expect(differs(killSwitch, { ...scope, revocation: unguarded })).toBe('guardian')
  })

  test('error: disabled, fired, expired, paused, or signed by somebody else', async () => {
    const codes = (change: Partial<KillSwitchFacts>, delegation = killSwitch) => {
      const { code, details } = codeOf(() => require_(delegation, change))
      return [code, details['codes']]
    }
    expect(codes({ disabled: { [hash]: true } })).toEqual(['grant.guardian_dead', ['revoked']])
    expect(codes({ fired: 1n })).toEqual(['grant.guardian_dead', ['fired']])
    expect(codes({ now: end + 1n })).toEqual(['grant.guardian_dead', ['expired']])
    expect(codes({ paused: true })).toEqual(['grant.guardian_dead', ['paused']])
    expect(codes({ codes: { [addressOf(principal)]: 'none' } })).toEqual(['grant.guardian_dead', ['no_code']])
    const { signature } = await signed({ ...killSwitch, salt: `0x${'01'.repeat(32)}` })
    expect(codes({}, { ...killSwitch, signature })).toEqual(['grant.guardian_dead', ['other_signer']])
  })

  test('error: what was not read does not pass', () => {
    const { fired: _, ...unread } = facts
    const ask = () => requireKillSwitch(killSwitch, { scope, environment, facts: unread })
    expect(codeOf(ask)).toMatchObject({ code: 'grant.guardian_unsettled', details: { codes: ['not_read'] } })
    expect(codeOf(() => require_(killSwitch, { disabled: {} })).code).toBe('grant.guardian_unsettled')
    expect(killSwitchTroubles(killSwitch, facts)).toEqual([])
  })
})

describe('coverGuardian', () => {
  test('default: the guardian’s line names the kill switch; every other line stays', () => {
    const rows: CoverageRow[] = [
      { constraint: '/expiry', text: 'Expires', held: { by: 'chain', caveats: [] } },
      { constraint: '/revocation/guardian', text: 'May revoke', held: { by: 'nobody', why: '' } },
    ]
    expect(coverGuardian(rows, readKillSwitch(killSwitch, environment))).toEqual([
      rows[0],
      { ...rows[1], held: { by: 'killSwitch', delegation: hash } },
    ])
  })
})
