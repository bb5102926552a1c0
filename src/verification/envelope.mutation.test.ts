import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  environment,
  forge,
  issue,
  issuer,
  makeGrant,
  makeState,
  otherKey,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { publicJwk } from '../receipt/index.ts'
import { checkSignature, type Envelope, openEnvelope } from './envelope.ts'
import { verifyBundle } from './index.ts'
import { loadTrust } from './trust.ts'

const grant = await makeGrant()
const { drafted } = await decide({ grant, action: transferTo(vendors[0], 1n), state: makeState(grant) })
const receipt = await issue(drafted)

describe('openEnvelope', () => {
  test('behavior: an id where there is a token, and none where there is not', async () => {
    expect(Object.keys(openEnvelope('{}'))).toEqual(['check'])
    expect(Object.keys(await verifyBundle('{}', { trust }))).toEqual(['result', 'checks'])
    const empty = await forge({}, {})
    expect(openEnvelope(empty)).toMatchObject({ id: expect.any(String), check: { code: 'malformed' } })
    expect((await verifyBundle(empty, { trust })).id).toEqual(expect.any(String))
  })
})

describe('checkSignature', () => {
  const other = { iss: 'urn:ambit:issuer:other', keys: [publicJwk(otherKey)] }
  const ask = async (issuers: typeof trust.issuers) => {
    const checks = await checkSignature(openEnvelope(receipt.bundle) as Envelope, await loadTrust({ issuers }))
    return checks.map(({ status, code }) => `${status} ${code}`)
  }

  test('behavior: name and key both known, one of them, or neither', async () => {
    expect(await ask([])).toEqual(['unavailable issuer_unknown'])
    expect(await ask([other])).toEqual(['unavailable issuer_unknown'])
    expect(await ask([other, ...trust.issuers])).toEqual(['proven ok', 'proven ok'])
    expect(await ask([{ ...other, iss: issuer.iss }])).toEqual(['refuted issuer_key_mismatch'])
    expect(await ask([other, { ...other, keys: [issuer.key] }])).toEqual(['refuted issuer_key_mismatch'])
  })

  test('behavior: nothing in a receipt is looked at that nobody trusted has signed', async () => {
    const { checks, statement } = await verifyBundle(receipt.text, { trust: { issuers: [] }, environment })
    expect(checks.map(({ check }) => check)).toEqual(['form', 'issuer'])
    expect(statement).toBeUndefined()
  })
})

describe('verifyBundle', () => {
  test('behavior: of two deployments with one manager the first', async () => {
    const bare = { ...environment, enforcers: {} }
    const ask = async (known: (typeof environment)[]) => {
      const { result } = await verifyBundle(receipt.text, { trust, environment: known })
      return result === 'valid'
    }
    expect(await ask([environment, bare])).toBe(true)
    expect(await ask([bare, environment])).toBe(false)
    // One with another manager on the same chain is another one.
    const elsewhere = { ...bare, manager: at('dc') }
    expect(await ask([elsewhere, environment])).toBe(true)
    expect(await ask([elsewhere, bare, environment])).toBe(false)
  })
})
