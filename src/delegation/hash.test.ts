import { hashDelegation as kitHash } from '@metamask/delegation-toolkit/utils'
import fc from 'fast-check'
import { hashTypedData, domainSeparator as viemDomainSeparator } from 'viem'
import { describe, expect, test } from 'vitest'
import { address, delegation as anyDelegation, bytes } from '../../test/arbitraries/delegation.ts'
import { codeOf } from '../../test/codes.ts'
import type { Address } from '../primitives/hex.ts'
import { domainSeparator, hashDelegation, signingHash } from './hash.ts'
import { delegationTypedData } from './sign.ts'
import type { Delegation } from './types.ts'

const sample: Delegation = {
  delegate: `0x${'11'.repeat(20)}`,
  delegator: `0x${'22'.repeat(20)}`,
  authority: `0x${'ff'.repeat(32)}`,
  caveats: [{ enforcer: `0x${'33'.repeat(20)}`, terms: '0x0102', args: '0x' }],
  salt: `0x${'00'.repeat(31)}07`,
  signature: '0x',
}
const manager: Address = `0x${'db'.repeat(20)}`

describe('hashDelegation', () => {
  test('default: equals the hash of the delegation toolkit', () => {
    fc.assert(
      fc.property(anyDelegation, (delegation) => {
        expect(hashDelegation(delegation)).toBe(kitHash({ ...delegation, caveats: [...delegation.caveats] }))
      }),
    )
  })

  test('behavior: what the hash leaves out may change, what it covers may not', () => {
    const hash = hashDelegation(sample)
    const caveat = { enforcer: sample.delegate, terms: '0x', args: '0x' } as const
    expect(hashDelegation({ ...sample, signature: '0xabcd' })).toBe(hash)
    expect(hashDelegation({ ...sample, caveats: sample.caveats.map((it) => ({ ...it, args: '0xff' })) })).toBe(hash)
    const changed: Delegation[] = [
      { ...sample, delegate: sample.delegator },
      { ...sample, delegator: sample.delegate },
      { ...sample, authority: sample.salt },
      { ...sample, salt: sample.authority },
      { ...sample, caveats: [] },
      { ...sample, caveats: [...sample.caveats, caveat] },
      { ...sample, caveats: sample.caveats.map((it) => ({ ...it, terms: '0x010200' })) },
      { ...sample, caveats: sample.caveats.map((it) => ({ ...it, enforcer: sample.delegate })) },
    ]
    expect(new Set([hash, ...changed.map(hashDelegation)]).size).toBe(changed.length + 1)
  })

  test('error: a field of another size would let two delegations share a hash', () => {
    const wrong: [string, Partial<Record<keyof Delegation, unknown>>][] = [
      ['delegate', { delegate: `0x${'11'.repeat(19)}` }],
      ['delegator', { delegator: `0x${'22'.repeat(21)}` }],
      ['authority', { authority: '0x' }],
      ['salt', { salt: '0x07' }],
      ['salt', { salt: 7n }],
      ['signature', { signature: '0xA' }],
      ['caveats', { caveats: {} }],
      ['caveats/0/enforcer', { caveats: [{ enforcer: `0x${'AA'.repeat(20)}`, terms: '0x', args: '0x' }] }],
      ['caveats/0/terms', { caveats: [{ enforcer: manager, terms: '0x1', args: '0x' }] }],
      ['caveats/0/args', { caveats: [{ enforcer: manager, terms: '0x', args: null }] }],
    ]
    for (const [field, change] of wrong) {
      const error = codeOf(() => hashDelegation({ ...sample, ...change } as Delegation))
      expect(error).toMatchObject({ code: 'delegation.malformed', details: { field } })
    }
  })
})

describe('domainSeparator', () => {
  test('default: equals EIP-712 for the DelegationManager domain', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), address, (chainId, verifyingContract) => {
        const domain = { name: 'DelegationManager', version: '1', chainId, verifyingContract }
        expect(domainSeparator({ chainId, manager: verifyingContract })).toBe(viemDomainSeparator({ domain }))
      }),
    )
  })

  test('error: what is not a chain id or a manager has no domain', () => {
    for (const chainId of [0, -1, 1.5, Number.NaN, 2 ** 53]) {
      expect(codeOf(() => domainSeparator({ chainId, manager })).code).toBe('delegation.unsupported_chain')
    }
    expect(codeOf(() => domainSeparator({ chainId: 1, manager: '0x' })).code).toBe('delegation.malformed')
  })
})

describe('signingHash', () => {
  test('default: equals the hash of the typed data that accounts sign', () => {
    fc.assert(
      fc.property(anyDelegation, bytes(20), fc.integer({ min: 1 }), (delegation, verifier, chainId) => {
        const typedData = delegationTypedData({ delegation, chainId, manager: verifier })
        expect(signingHash(delegation, { chainId, manager: verifier })).toBe(hashTypedData(typedData))
      }),
    )
  })
})
