import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { act, budget, counting, pay, refusal } from '../../test/arbitraries/plan.ts'
import { AGENT, PRINCIPAL, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import type { Scope } from '../scope/types.ts'
import { compile } from './compile.ts'
import { explainDelegations } from './explain.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

const environment = await baseEnvironment()
/** Most that hostile input may cost. */
const MILLISECONDS = 1_000
const MEGABYTES = 50

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Memory that is held. How much lies about uncollected is the engine's choice; peaks are measured in `test/journeys/hostile`. */
function heldBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

/** Time of this process, not of the clock: other work on the machine is not the input's fault. */
function bounded<value>(run: () => value): value {
  const before = heldBytes()
  const started = process.cpuUsage()
  const result = run()
  const { user, system } = process.cpuUsage(started)
  expect((user + system) / 1_000).toBeLessThan(MILLISECONDS)
  expect((heldBytes() - before) / 2 ** 20).toBeLessThan(MEGABYTES)
  return result
}

const word = (value: number): Hex => `0x${value.toString(16).padStart(64, '0')}`
const account = (value: number): Address => `0x${value.toString(16).padStart(40, '0')}`
const encoded = (...caveats: KnownCaveat[]): Caveat[] => caveats.map((caveat) => encodeCaveat(environment, caveat))
const bound: KnownCaveat[] = [
  { kind: 'timestamp', after: 0n, before: 2_000_000_000n },
  { kind: 'nonce', nonce: 0n },
  { kind: 'valueLte', max: 0n },
]
const draft = (salt: number, caveats: readonly Caveat[], more: Partial<Draft> = {}): Draft => ({
  delegate: AGENT,
  delegator: PRINCIPAL,
  parent: null,
  salt: word(salt),
  caveats,
  ...more,
})
const codesOf = (drafts: readonly Draft[]): Set<string> =>
  bounded(() => {
    explainDelegations(drafts, environment, {})
    return new Set(inspectLinks(linksOf(drafts), environment).map(({ code }) => code))
  })

describe('inspectLinks', () => {
  test('attack: 10,000 caveats on one delegation', () => {
    const [caveat] = encoded({ kind: 'allowedTargets', targets: [TARGET] })
    const caveats = Array.from({ length: 10_000 }, () => caveat as Caveat)
    expect(codesOf([draft(1, caveats)])).toEqual(new Set(['compile.link_too_large']))
  })

  test('attack: lists of thousands against lists of thousands', () => {
    const targets = Array.from({ length: 1_600 }, (_, at) => account(at + 1))
    const wide = encoded(...bound, { kind: 'allowedTargets', targets })
    const path = Array.from({ length: 8 }, (_, at) =>
      draft(at + 1, wide, { parent: at === 0 ? null : at - 1, delegator: at === 0 ? PRINCIPAL : AGENT }),
    )
    expect(codesOf(path)).toContain('compile.any_method')
    const long = encoded(...bound, {
      kind: 'allowedTargets',
      targets: [...targets, ...targets.map((it) => `${it.slice(0, 40)}ff` as Address)],
    })
    expect(codesOf([draft(1, long)])).toEqual(new Set(['compile.link_too_large']))
  })

  test('attack: a chain of 1,000 links', () => {
    const links = Array.from({ length: 1_000 }, (_, at) =>
      draft(at + 1, encoded(...bound), { parent: at === 0 ? null : at - 1, delegator: at === 0 ? PRINCIPAL : AGENT }),
    )
    expect(codesOf(links)).toContain('compile.chain_too_long')
  })

  test('attack: 10,000 delegations of one salt, each to the principal itself', () => {
    const calls = encoded(
      ...bound,
      { kind: 'allowedTargets', targets: [PRINCIPAL] },
      { kind: 'allowedMethods', selectors: ['0x12345678'] },
    )
    const drafts = Array.from({ length: 10_000 }, () => draft(1, calls))
    const found = bounded(() => inspectLinks(linksOf(drafts), environment))
    expect(new Set(found.map(({ code }) => code))).toEqual(
      new Set(['compile.salt_reused', 'compile.target_is_principal']),
    )
    expect(found).toHaveLength(19_999)
  })

  test('attack: 500 branches under a root whose one call carries a hundred, all dangerous', () => {
    const approve = encodeCalldata('approve(address,uint256)', [account(7), 1n])
    const data = encodeCalldata('aggregate((address,bytes)[])', [
      Array.from({ length: 110 }, (_, at) => [account(at + 1), approve]),
    ])
    const root = encoded(...bound, { kind: 'allowedTargets', targets: [TARGET] }, { kind: 'exactCalldata', data })
    const leaf = encoded({ kind: 'limitedCalls', limit: 1n })
    const drafts = [
      draft(1, root, { delegate: PRINCIPAL }),
      ...Array.from({ length: 500 }, (_, at) => draft(at + 2, leaf, { parent: 0 })),
    ]
    expect(codesOf(drafts)).toEqual(new Set(['compile.forbidden_selector']))
  })
})

describe('compile', () => {
  const scope = parseScope(scopeDocument([pay()], budget()))
  const run = (changed: Partial<Scope>) =>
    bounded(() =>
      refusal(() => compile({ ...scope, ...changed } as Scope, environment, { salt: counting(), nonce: 0n })),
    )

  test('attack: 10,000 rules', () => {
    const [rule] = scope.rules
    const rules = Array.from({ length: 10_000 }, (_, at) => ({ ...rule, id: `r${at}` }) as Scope['rules'][number])
    expect(run({ rules })).toBe('compile.too_many_delegations')
  })

  test('attack: 10,000 budgets that no rule uses', () => {
    const budgets = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [`b${at}`, { assets: { [USDC]: '1' }, max: '1' }]),
    )
    expect(run({ budgets: { ...scope.budgets, ...budgets } as Scope['budgets'] })).toBe('none')
  })

  test('attack: a million payees in one rule', () => {
    const to = Array.from({ length: 1_000_000 }, () => TARGET)
    const rules = [{ ...scope.rules[0], to: [...to, ...Array.from({ length: 600 }, (_, at) => account(at + 1))] }]
    expect(run({ rules: rules as unknown as Scope['rules'] })).toBe('compile.too_many_delegations')
  })

  test('attack: more pins than a link can carry', () => {
    const names = Array.from({ length: 40 }, (_, at) => `a${at}`)
    const rule = act({
      function: `function f(${names.map((name) => `uint256 ${name}`).join(', ')})`,
      // Every other one, so that none has a neighbour.
      args: Object.fromEntries(names.flatMap((name, at) => (at % 2 === 0 ? [] : [[name, { eq: '1' }]]))),
    })
    expect(run({ rules: parseScope(scopeDocument([rule])).rules })).toBe('compile.link_too_large')
  })
})
