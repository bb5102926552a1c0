import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { anyScope, PAYEES, PRINCIPAL } from '../../test/arbitraries/scope.ts'
import {
  acceptableOf,
  addressOf,
  agent,
  contractAccount,
  countingSalt,
  makeGrant,
  principal,
  richDocument,
  stranger,
} from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import { compile } from '../compile/compile.ts'
import { CompileError } from '../compile/errors.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { signDelegation } from '../delegation/sign.ts'
import { AmbitError } from '../errors.ts'
import { scopeHash } from '../scope/hash.ts'
import { parseScope } from '../scope/parse.ts'
import { checkGrant } from './check.ts'
import { signGrant } from './create.ts'
import { grantId } from './id.ts'
import { parseGrant } from './parse.ts'
import { serializeGrant } from './serialize.ts'
import type { Grant } from './types.ts'

const environment = await baseEnvironment()
const grant = await makeGrant(environment)
const text = serializeGrant(grant)

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Path = (string | number)[]

/** A copy of the grant's JSON with one value replaced, or removed where `value` is undefined. */
function edit(path: Path, value: Json | undefined, from: unknown = JSON.parse(text)): Json {
  const copy = structuredClone(from) as Json
  const key = path.at(-1) as never
  const holder = path.slice(0, -1).reduce((node, step) => (node as never)[step], copy as never) as never
  if (value === undefined && Array.isArray(holder)) (holder as Json[]).splice(key, 1)
  else if (value === undefined) delete holder[key]
  else (holder as Record<string, Json>)[key] = value
  return copy
}

function* leavesOf(node: Json, path: Path = []): Generator<[Path, Json]> {
  if (typeof node !== 'object' || node === null) yield [path, node]
  else
    for (const key of Object.keys(node))
      yield* leavesOf((node as never)[key], [...path, Array.isArray(node) ? Number(key) : key])
}

function* nodesOf(node: Json, path: Path = []): Generator<Path> {
  if (path.length > 0) yield path
  if (typeof node !== 'object' || node === null) return
  for (const key of Object.keys(node))
    yield* nodesOf((node as never)[key], [...path, Array.isArray(node) ? Number(key) : key])
}

/** Other values for a leaf: near it, of its form, and of another type. */
function variants(value: Json): Json[] {
  if (typeof value === 'number') return [value + 1, value - 1, value + 0.5, String(value), null]
  if (typeof value !== 'string') return [null, 'x']
  const out: Json[] = ['', `${value} `, value.toUpperCase(), 7, null, [value], '__proto__']
  for (const at of new Set([0, 2, 9, value.length - 1, value.length >> 1])) {
    const digit = value[at]
    if (digit === undefined) continue
    const other = digit === '1' ? '2' : '1'
    out.push(value.slice(0, at) + other + value.slice(at + 1), value.slice(0, at) + value.slice(at + 1))
  }
  if (/^0x[0-9a-f]*$/.test(value)) out.push('0x', '0x00', `0x${value.slice(2).toUpperCase()}`)
  if (/^0x[0-9a-f]{40}$/.test(value)) out.push(addressOf(stranger), `0x${'00'.repeat(20)}`, `0x${'00'.repeat(18)}0a11`)
  return out.filter((it) => it !== value)
}

/** The code with which an input is refused, `accepted` otherwise. Another error fails the test. */
function outcome(input: unknown): string {
  try {
    parseGrant(input, { environment })
    return 'accepted'
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return error.code
  }
}

describe('parseGrant', () => {
  test('default: gives back what was written, from text or from a value', () => {
    expect(parseGrant(text, { environment })).toEqual(grant)
    expect(parseGrant(JSON.parse(text), { environment })).toEqual(grant)
    expect(parseGrant(text)).toEqual(grant)
    expect(serializeGrant(parseGrant(text))).toBe(text)
  })

  test('behavior: reads what any scope compiles to, signed by a contract’s owner', async () => {
    let compiled = 0
    await fc.assert(
      fc.asyncProperty(anyScope(environment), async (scope) => {
        let made: Grant
        try {
          const accept = acceptableOf(scope, environment)
          const plan = compile(scope, environment, { salt: countingSalt(), nonce: 2n, accept })
          if (plan.drafts.length > 6) return
          made = await signGrant(scope, plan, contractAccount(PRINCIPAL, principal))
        } catch (error) {
          if (error instanceof CompileError) return
          throw error
        }
        compiled++
        expect(parseGrant(serializeGrant(made), { environment })).toEqual(made)
      }),
      { numRuns: 150 },
    )
    expect(compiled).toBeGreaterThan(30)
  })

  test('error: every change of every value is refused, or shows as a signature that is not the delegator’s', () => {
    const facts = {
      environment,
      now: 1_796_000_000n,
      paused: false,
      codes: { [addressOf(principal)]: 'delegated7702' },
      disabled: Object.fromEntries(grant.delegations.map((it) => [hashDelegation(it), false])),
      nonces: { [addressOf(principal)]: 4n },
    } as const
    expect(checkGrant(grant, facts).status).toBe('valid')
    const seen = new Map<string, number>()
    let leaves = 0
    for (const [path, value] of leavesOf(JSON.parse(text))) {
      leaves++
      for (const other of variants(value)) {
        const input = edit(path, other)
        const code = outcome(input)
        seen.set(code, (seen.get(code) ?? 0) + 1)
        if (code !== 'accepted') continue
        expect([path.join('/'), path.at(-1)]).toEqual([path.join('/'), 'signature'])
        expect(checkGrant(parseGrant(input, { environment }), facts).status).not.toBe('valid')
      }
    }
    expect(leaves).toBeGreaterThan(120)
    expect([...seen.keys()].sort()).toEqual([
      'accepted',
      'grant.bad_branch',
      'grant.bad_scope',
      'grant.broken_chain',
      'grant.caveat_args',
      'grant.duplicate',
      'grant.foreign',
      'grant.id_mismatch',
      'grant.malformed',
      'grant.not_the_scope',
      'grant.scope_hash_mismatch',
      'grant.scope_not_normal',
      'grant.unsigned',
      'grant.unsupported_version',
      'grant.wrong_actor',
      'grant.wrong_chain',
      'grant.wrong_manager',
      'json.not_canonical',
    ])
  })

  test('error: every member that is missing, twice in a list, or not ours', () => {
    const json = JSON.parse(text) as Json
    for (const path of nodesOf(json)) {
      // A branch that is left out narrows the grant; its delegations then belong to nothing.
      expect([path.join('/'), outcome(edit(path, undefined))]).toEqual([path.join('/'), expect.stringMatching(/\./)])
      const value = path.reduce((node, step) => (node as never)[step], json as never) as Json
      if (typeof value !== 'object' || value === null) continue
      const more = Array.isArray(value) ? [...value, value[0] ?? 'x'] : { ...value, extra: 1 }
      expect([path.join('/'), outcome(edit(path, more))]).toEqual([path.join('/'), expect.stringMatching(/\./)])
    }
  })

  test('error: who computes the hashes anew can change nothing: not a word, not even without the deployment', () => {
    const codes = new Map<string, number>()
    for (const [path, value] of leavesOf(JSON.parse(text))) {
      if (path[0] !== 'scopes') continue
      for (const other of [...variants(value), ...plausible(path, value).filter((it) => it !== value)]) {
        const input = edit(path, other) as Grant & Json
        try {
          input.scopeHash = scopeHash(parseScope(input.scopes[0]))
        } catch {
          continue
        }
        const at = `/${path.slice(2).join('/')}`
        expect([at, outcome(input)]).not.toEqual([at, 'accepted'])
        const { code } = codeOf(() => parseGrant(input))
        codes.set(code, (codes.get(code) ?? 0) + 1)
      }
    }
    expect(codes.get('grant.not_the_signed_scope') ?? 0).toBeGreaterThan(50)
  })

  test('error: signed delegations under a scope that they do not keep to', async () => {
    const wide = await makeGrant(environment, richDocument({ expiry: '2027-12-20T00:00:00Z' }))
    const [shown] = grant.scopes
    if (shown === undefined) throw new TypeError('no scope')
    const disguised = { ...wide, scopes: [shown], scopeHash: grant.scopeHash }
    expect(codeOf(() => parseGrant(serializeGrant(disguised)))).toMatchObject({
      code: 'grant.not_the_signed_scope',
      details: { delegation: 0, scope: 0 },
    })
  })

  test('error: a caveat that is missing, another, or in another place, signed and hashed anew', async () => {
    const caveatsOf = (index: number) => grant.delegations[index]?.caveats ?? []
    const never = encodeCaveat(environment, { kind: 'timestamp', after: 0n, before: 9_999_999_999n })
    for (const [index] of grant.delegations.entries()) {
      for (const caveats of [
        caveatsOf(index).slice(1),
        [...caveatsOf(index), never],
        caveatsOf(index).toReversed(),
        caveatsOf(index).map((it, at) => (at === 0 ? never : it)),
      ]) {
        if (caveats.length === 0 || caveats.length === 1) continue
        const forged = await resign(grant, index, caveats)
        expect(parseGrant(serializeGrant(forged))).toEqual(forged)
        expect(outcome(serializeGrant(forged))).toBe('grant.not_the_scope')
      }
    }
  })

  test('error: branches that share what must be apart, or stand apart where they must share', () => {
    const swapped = edit(['branches', 0, 'payee'], PAYEES[1])
    expect(outcome(swapped)).toBe('grant.not_the_scope')
    const [first, second] = grant.branches
    const crossed = edit(['branches'], [
      { ...first, links: second?.links },
      ...grant.branches.slice(1),
    ] as unknown as Json)
    expect(outcome(crossed)).toMatch(/^grant\.(?:duplicate|unused_delegation)$/)
    const reordered = edit(['branches'], grant.branches.toReversed() as unknown as Json)
    expect(outcome(reordered)).toBe('grant.not_the_scope')
  })

  test('error: another deployment than the caller’s', () => {
    const elsewhere = { ...environment, chainId: 1 }
    expect(codeOf(() => parseGrant(text, { environment: elsewhere })).code).toBe('grant.wrong_chain')
    const otherManager = { ...environment, manager: addressOf(stranger) }
    expect(codeOf(() => parseGrant(text, { environment: otherManager })).code).toBe('grant.wrong_manager')
    const [timestamp, nonce] = [environment.enforcers['TimestampEnforcer'], environment.enforcers['NonceEnforcer']]
    if (timestamp === undefined || nonce === undefined) throw new TypeError('no enforcers')
    const enforcers = { ...environment.enforcers, TimestampEnforcer: nonce, NonceEnforcer: timestamp }
    const lookalike = { ...environment, enforcers }
    expect(codeOf(() => parseGrant(text, { environment: lookalike })).code).toBe('grant.not_the_scope')
  })

  test('error: foreign, other, huge, deep and poisoned files are refused within a second', () => {
    const cases: [unknown, string][] = [
      ['', 'json.invalid'],
      ['{', 'json.invalid'],
      ['null', 'grant.foreign'],
      ['[]', 'grant.foreign'],
      ['{}', 'grant.foreign'],
      ['{"schema":"ambit.receipt.v1"}', 'grant.foreign'],
      ['{"schema":"ambit.grant.v2"}', 'grant.unsupported_version'],
      ['{"schema":"ambit.grant.v1"}', 'grant.malformed'],
      [`{"schema":"ambit.grant.v1","schema":"ambit.grant.v1"}`, 'json.duplicate_key'],
      [text.replace('{', '{"__proto__":{"schema":"ambit.grant.v1"},'), 'json.forbidden_key'],
      [text.replace('"scopes": [', '"constructor": 1, "scopes": ['), 'json.forbidden_key'],
      ['['.repeat(500_000), 'json.too_deep'],
      [`{"schema":${'['.repeat(100)}${']'.repeat(100)}}`, 'json.too_deep'],
      [`"${'x'.repeat(20_000_000)}"`, 'json.too_large'],
      [text.replace('"0x', `"0x${'00'.repeat(400_000)}`), 'grant.malformed'],
      [
        edit(['delegations'], Array.from({ length: 600 }, () => ({ ...grant.delegations[0] })) as never),
        'grant.malformed',
      ],
      [edit(['branches'], Array.from({ length: 500 }, () => ({ ...grant.branches[0] })) as never), 'grant.duplicate'],
      [edit(['branches', 0, 'links'], [511]), 'grant.bad_branch'],
      [edit(['branches', 0, 'links'], Array(9).fill(0)), 'grant.malformed'],
      [edit(['scopes'], Array(8).fill(grant.scopes[0]) as never), 'grant.malformed'],
      [new Date(), 'json.not_canonical'],
      [undefined, 'json.not_canonical'],
      [cyclic(), 'json.too_deep'],
      [12n, 'json.not_canonical'],
    ]
    for (const [input, code] of cases) {
      const start = performance.now()
      const error = codeOf(() => parseGrant(input, { environment }))
      expect(error.code).toBe(code)
      expect(performance.now() - start).toBeLessThan(1_000)
    }
  })

  test('error: text changed anywhere is refused or means the same', () => {
    const same = (parsed: Grant) => ({
      ...parsed,
      delegations: parsed.delegations.map((it) => ({ ...it, signature: '' })),
    })
    const seen = new Set<string>()
    const change = fc.tuple(
      fc.nat(text.length - 1),
      fc.nat(12),
      fc.constantFrom('', '0', 'f', '"', ',', ' ', '}', '1e9'),
    )
    fc.assert(
      fc.property(change, ([at, length, insert]) => {
        const mutant = text.slice(0, at) + insert + text.slice(at + length)
        try {
          expect(same(parseGrant(mutant, { environment }))).toEqual(same(grant))
          seen.add('same')
        } catch (error) {
          if (!(error instanceof AmbitError)) throw error
          seen.add(error.code.split('.')[0] ?? '')
        }
      }),
      { numRuns: 1_500 },
    )
    expect([...seen].sort()).toEqual(['grant', 'json', 'same'])
  })

  test('error: anything at all is refused with a code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue(), fc.json(), fc.string()), (input) => {
        expect(codeOf(() => parseGrant(input, { environment })).code).toMatch(/^(?:grant|json)\./)
      }),
      { numRuns: 500 },
    )
  })
})

/** Values that could stand in that place: what a forger would write, not noise. */
function plausible(path: Path, value: Json): Json[] {
  const key = String(path.at(-1))
  if (key === 'maxDepth') return [0, 2]
  if (key === 'expiry') return ['2027-12-20T00:00:00Z']
  if (key === 'notBefore') return ['2020-01-01T00:00:00Z']
  if (key === 'retain') return ['P2Y']
  if (key === 'per') return ['PT1H', 'P2D']
  if (key === 'window') return ['rolling']
  if (key === 'max') return ['200000', '0.1']
  if (key === 'decimals') return [18, 0]
  if (key === 'lte') return ['1000000000000000000']
  if (key === 'function')
    return ['function transfer(address to, uint256 amount)', 'function pay(address to, uint256 other)']
  if (path.includes('receipts')) return ['outcome']
  if (typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value)) return [PAYEES[2], addressOf(agent)]
  return []
}

/** The grant with other caveats in one delegation, everything under it bound, signed and hashed anew. */
async function resign(from: Grant, index: number, caveats: Grant['delegations'][number]['caveats']): Promise<Grant> {
  const { chainId, manager } = from
  const before = from.delegations.map(hashDelegation)
  const after: Grant['delegations'][number][] = []
  for (const [at, delegation] of from.delegations.entries()) {
    const parent = before.indexOf(delegation.authority)
    const above = after[parent]
    const unsigned = {
      ...delegation,
      caveats: at === index ? caveats : delegation.caveats,
      authority: above === undefined ? delegation.authority : hashDelegation(above),
    }
    after.push(await signDelegation(principal, { delegation: unsigned, chainId, manager }))
  }
  const leaves = from.branches.map(({ links }) => hashDelegation(after[links[0] ?? 0] as Grant['delegations'][number]))
  return { ...from, delegations: after, id: grantId(manager, chainId, leaves) }
}

function cyclic(): unknown {
  const value: Record<string, unknown> = {}
  value['self'] = value
  return value
}
