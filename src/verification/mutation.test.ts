import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  at,
  decide,
  environment,
  forge,
  issue,
  makeGrant,
  makeState,
  transferTo,
  trust,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import { makeStory } from '../../test/vectors/receipts/story.ts'
import { hashDelegation } from '../delegation/index.ts'
import type { Address } from '../primitives/hex.ts'
import { type Bundle, encodeBundle } from '../receipt/index.ts'
import type { State } from '../verdict/index.ts'
import { createMemory, loadTrust, type VerifyOptions, verifyBundle } from './index.ts'

const grant = await makeGrant()
const state = makeState(grant)
const options: VerifyOptions = { trust: await loadTrust(trust), environment, memory: createMemory() }
const receipt = await issue((await decide({ grant, action: transferTo(vendors[0], 5_000_000n), state })).drafted)

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Every way to change one leaf, drop one member or add one. */
function* mutations(value: Json, path = ''): Generator<{ path: string; value: Json }> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      for (const it of mutations(item, `${path}/${index}`))
        yield { path: it.path, value: value.toSpliced(index, 1, it.value) }
      yield { path: `${path}/${index} dropped`, value: value.toSpliced(index, 1) }
    }
    if (value.length > 0) yield { path: `${path} doubled`, value: [...value, ...value.slice(-1)] }
    if (value.length > 1) yield { path: `${path} reversed`, value: value.toReversed() }
    return
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      for (const it of mutations(item, `${path}/${key}`)) yield { path: it.path, value: { ...value, [key]: it.value } }
      const { [key]: _, ...rest } = value
      yield { path: `${path}/${key} dropped`, value: rest }
      yield { path: `${path}/${key} null`, value: { ...value, [key]: null } }
    }
    yield { path: `${path} more`, value: { ...value, extra: 'x' } }
    return
  }
  if (typeof value === 'boolean') yield { path, value: !value }
  if (typeof value === 'number')
    yield* [value + 1, value - 1, value + 0.5, String(value)].map((it) => ({ path, value: it }))
  if (typeof value === 'string') {
    for (const at of new Set([0, 1, value.length >> 1, value.length - 1])) {
      const digit = value[at] === '1' ? '2' : '1'
      yield { path, value: value.slice(0, at) + digit + value.slice(at + 1) }
      yield { path, value: value.slice(0, at) + value.slice(at + 1) }
      yield { path, value: `${value.slice(0, at)}${value[at] ?? ''}${value.slice(at)}` }
    }
    const other = value.toUpperCase() === value ? value.toLowerCase() : value.toUpperCase()
    if (other !== value) yield { path, value: other }
    yield { path, value: `${value} ` }
    yield { path, value: '' }
  }
}

describe('verifyBundle: mutations', () => {
  test('error: every change of a leaf of the bundle, in the file', async () => {
    const document = JSON.parse(receipt.text) as Json
    let count = 0
    const results = new Set<string>()
    for (const { path, value } of mutations(document)) {
      const text = `${JSON.stringify(value)}\n`
      if (text === receipt.text) continue
      const { result } = await verifyBundle(text, options)
      results.add(result)
      expect(result, path).not.toBe('valid')
      count++
    }
    expect(count).toBeGreaterThan(50)
    // A blob that was left out is only missing; everything else is false.
    expect(results).toEqual(new Set(['invalid', 'insufficient']))
  })

  test('error: near-valid files, byte by byte', async () => {
    const codes = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.nat(receipt.text.length - 1),
        fc.constantFrom(...'Aa0-_~.{}[]",:\\ \n\u0000é'),
        fc.constantFrom('replace', 'insert', 'cut', 'swap'),
        async (index, letter, how) => {
          const { text } = receipt
          const next = text[index + 1] ?? ''
          const mutant =
            how === 'swap'
              ? text.slice(0, index) + next + (text[index] ?? '') + text.slice(index + 2)
              : text.slice(0, index) + (how === 'cut' ? '' : letter) + text.slice(how === 'insert' ? index : index + 1)
          if (mutant === text) return
          const { result, checks } = await verifyBundle(mutant, options)
          for (const { status, code, cause } of checks) if (status === 'refuted') codes.add(cause ?? code)
          expect(result).toBe('invalid')
        },
      ),
      // The seed is fixed so that every refusal is seen each time.
      { numRuns: 2_000, seed: 7 },
    )
    for (const code of [
      'json.invalid',
      'receipt.bundle_refused',
      'receipt.bundle_not_canonical',
      'receipt.token_malformed',
      'receipt.base64url_malformed',
      'signature_wrong',
      'evidence_changed',
    ])
      expect(codes).toContain(code)
  })

  test('error: evidence with one byte changed, and the file written well', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('grant', 'context', 'request'),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (id, at, by) => {
          const bytes = Uint8Array.from(receipt.bundle.evidence[id] ?? [])
          const index = at % bytes.length
          bytes[index] = (bytes[index] ?? 0) ^ by
          const text = encodeBundle({ ...receipt.bundle, evidence: { ...receipt.bundle.evidence, [id]: bytes } })
          expect((await verifyBundle(text, options)).result).toBe('invalid')
        },
      ),
      { numRuns: 100 },
    )
  })

  test('behavior: an issuer that lies can lie about its own word only', async () => {
    const { count, survived } = await lies(receipt, options)
    expect(count).toBeGreaterThan(1_000)
    // Besides its clock, layer and lists: the block it says it read, which no chain was asked about.
    expect(survived.filter((path) => !/^\/state\/block\/(number|hash|time)$/.test(path))).toEqual(OTHERS)
  })

  test('behavior: where the chain was asked, an issuer can lie about less', async () => {
    const { allowed, executed, revoked, facts } = await makeStory()
    const asked = (previous: typeof allowed) => ({ ...options, facts, previous })
    for (const [{ text }, before] of [
      [executed, allowed],
      [revoked, executed],
    ] as const)
      expect((await verifyBundle(text, asked(before))).checks.every(({ status }) => status === 'proven')).toBe(true)
    // Which decision it belongs to is the journal's question; what is final now may not have been then.
    expect((await lies(executed, asked(allowed))).survived).toEqual(['/decision', '/outcome/final'])
    // Which transaction did it, among those that succeeded in the block, nobody needs to be told.
    expect((await lies(revoked, asked(executed))).survived).toEqual(['/revocation/tx dropped', '/revocation/final'])
  })

  test('error: hostile files end soon', async () => {
    const started = performance.now()
    const quoted = (text: string) => `{"disclosures":[],"evidence":{"grant":"${text}"},"mediaType":"x","receipt":"x"}\n`
    for (const text of [
      'A'.repeat(2_000_000),
      '['.repeat(1_000_000),
      quoted('\\u0041'.repeat(150_000)),
      quoted('A'.repeat(1_000_000)),
      `{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join()}}`,
      `${'{"a":'.repeat(200_000)}1`,
      encodeBundle({ receipt: 'A.'.repeat(60_000), evidence: {} }),
      encodeBundle({ ...receipt.bundle, evidence: { grant: new Uint8Array(500_000) } }),
    ])
      expect((await verifyBundle(text, options)).result).toBe('invalid')
    expect(performance.now() - started).toBeLessThan(8 * 1_000)
  })
})

/** Which members the issuer can change, sign again, and be believed; without its clock, layer and lists. */
async function lies(
  { statement, bundle }: { statement: unknown; bundle: Bundle },
  options: VerifyOptions,
): Promise<{ count: number; survived: string[] }> {
  const survived = new Set<string>()
  let count = 0
  for (const { path, value } of mutations(statement as Json)) {
    if (JSON.stringify(value) === JSON.stringify(statement)) continue
    count++
    const forged = await forge(value, bundle.evidence)
    if ((await verifyBundle(forged, options)).result === 'valid') survived.add(path)
  }
  const own = /^\/(iat|layer|(claims|limits)(\/.*)?)( dropped| reversed| doubled)?$/
  return { count, survived: [...survived].filter((path) => !own.test(path)) }
}

/** The state of the branch that this decision did not take: read, recorded, and no part of the verdict. */
const [, , unused = ''] = grant.delegations.map(hashDelegation)
const OTHERS = [`/state/disabled/${unused}`, `/state/disabled/${unused} dropped`]

type Trouble = keyof typeof TROUBLES
const TROUBLES = {
  none: (it: State): State => it,
  paused: (it: State): State => ({ ...it, paused: true }),
  disabled: (it: State): State => ({
    ...it,
    disabled: Object.fromEntries(Object.keys(it.disabled).map((hash) => [hash, true])),
  }),
  nonce: (it: State): State => ({ ...it, nonces: Object.fromEntries(Object.keys(it.nonces).map((who) => [who, 1n])) }),
  late: (it: State): State => ({ ...it, block: { ...it.block, timestamp: 1_900_000_000n } }),
  early: (it: State): State => ({ ...it, block: { ...it.block, timestamp: 1n } }),
  unread: (it: State): State => ({ ...it, counters: {}, nonces: {} }),
}

describe('issueReceipt and verifyBundle', () => {
  test('default: whatever is decided and issued verifies, and says the same', async () => {
    const seen = new Set<string>()
    const roundTrip = async (
      to: Address,
      trouble: Trouble,
      amount: bigint,
      spent: bigint,
      reason: string | undefined,
    ) => {
      const { reason: _, ...plain } = transferTo(to, amount)
      const action = reason === undefined ? plain : { ...plain, reason }
      const now = TROUBLES[trouble](makeState(grant, spent))
      const { drafted, verdict, request } = await decide({ grant, action, state: now })
      seen.add(verdict.verdict === 'deny' ? verdict.code : verdict.verdict)
      const { text, statement } = await issue(drafted)
      const verification = await verifyBundle(text, options)
      const late = verdict.verdict === 'allow' && request.request.deadline < now.block.timestamp
      expect(verification.result, JSON.stringify(verification.checks)).toBe(late ? 'invalid' : 'valid')
      expect(verification.statement).toEqual(statement)
    }
    for (const to of [vendors[0], vendors[1], at('66')]) {
      for (const trouble of Object.keys(TROUBLES) as Trouble[]) {
        await fc.assert(
          fc.asyncProperty(
            fc.bigInt({ min: 0n, max: 120_000_000n }),
            fc.bigInt({ min: 0n, max: 100_000_000n }),
            fc.option(fc.string({ maxLength: 900, unit: 'binary' }), { nil: undefined }),
            (amount, spent, reason) => roundTrip(to, trouble, amount, spent, reason),
          ),
          {
            numRuns: 4,
            examples: [
              [1n, 0n, undefined],
              [1n, 100_000_000n, 'x\u202e'.repeat(900)],
            ],
          },
        )
      }
    }
    for (const code of [
      'allow',
      'recipient_not_allowed',
      'budget_exceeded',
      'paused',
      'revoked',
      'group_revoked',
      'expired',
      'not_yet_valid',
      'state_missing',
    ])
      expect(seen).toContain(code)
  })
})
