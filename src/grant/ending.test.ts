import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { PAYEES } from '../../test/arbitraries/scope.ts'
import {
  addressOf,
  agent,
  countingSalt,
  makeGrant,
  principal,
  richDocument,
  stranger,
} from '../../test/arbitraries/signedGrant.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { ROOT_AUTHORITY } from '../delegation/types.ts'
import { parseScope } from '../scope/parse.ts'
import { attenuateGrant } from './attenuate.ts'
import { endingOf, nonceFate } from './ending.ts'

const environment = await baseEnvironment()
/** The principal's nonce is 4; three roots, one of them over two payees. */
const grant = await makeGrant(environment)
const hashes = grant.delegations.map(hashDelegation)
const roots = hashes.filter((_, index) => grant.delegations[index]?.authority === ROOT_AUTHORITY)
const raise = { environment, account: addressOf(principal), nonce: 4n }
/** Handed on to the stranger by the agent, whose nonce is 9. */
const { principal: _principal, ...document } = richDocument()
const child = await attenuateGrant(grant, {
  scope: parseScope({
    ...document,
    principal: principal.address,
    delegate: stranger.address,
    redelegation: { maxDepth: 0 },
  }),
  environment,
  nonce: 9n,
  salt: countingSalt(1_000n),
  account: agent,
})

describe('endingOf', () => {
  test('default: what is here of the ended, and what lies under it', () => {
    expect(endingOf(grant, roots)).toEqual({
      delegations: roots,
      died: hashes.filter((hash) => !roots.includes(hash)),
      whole: true,
    })
    expect(endingOf(child, roots)).toMatchObject({ delegations: roots, whole: true })
    expect(endingOf(child, roots)?.died.length).toBe(child.delegations.length - roots.length)
  })

  test('behavior: a branch that holds none of them goes on', () => {
    expect(endingOf(grant, roots.slice(0, 1))?.whole).toBe(false)
  })

  test('behavior: nothing of it is here', () => {
    expect(endingOf(grant, [`0x${'01'.repeat(32)}`])).toBeNull()
  })
})

describe('nonceFate', () => {
  test('default: every grant of the principal ends, those handed on too', () => {
    expect(nonceFate(grant, raise)).toMatchObject({ fate: 'ends', delegations: roots, whole: true })
    expect(nonceFate(child, raise)).toMatchObject({ fate: 'ends', delegations: roots, whole: true })
  })

  test('behavior: an agent that raises its own nonce ends what it handed on', () => {
    const own = { environment, account: addressOf(agent), nonce: 9n }
    expect(nonceFate(child, own)).toMatchObject({ fate: 'ends', whole: true })
    expect(nonceFate(grant, own)).toEqual({ fate: 'stays', why: 'other_account' })
  })

  test('behavior: what stays, and why', () => {
    const stays = (change: Partial<typeof raise>, of: typeof grant = grant) => {
      const found = nonceFate(of, { ...raise, ...change })
      return found.fate === 'stays' ? found.why : found.fate
    }
    expect(stays({ account: PAYEES[0] })).toBe('other_account')
    expect(stays({ nonce: 5n })).toBe('ended_before')
    expect(stays({ environment: { ...environment, chainId: 1 } })).toBe('other_deployment')
    expect(stays({ environment: { ...environment, manager: PAYEES[0] } })).toBe('other_deployment')
    const nonce = environment.enforcers['NonceEnforcer']
    const without = grant.delegations.map((it) => ({
      ...it,
      caveats: it.caveats.filter(({ enforcer }) => enforcer !== nonce),
    }))
    expect(stays({}, { ...grant, delegations: without })).toBe('no_nonce')
  })

  test('behavior: what carries the next nonce is not ended but brought to life, and that is said', () => {
    expect(nonceFate(grant, { ...raise, nonce: 3n })).toEqual({ fate: 'begins' })
  })
})
