import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calls, counting, decodedOf, EXPIRY, environment, noValue, payee } from '../../test/arbitraries/plan.ts'
import { anyScope } from '../../test/arbitraries/scope.ts'
import { childPointer } from '../primitives/json.ts'
import type { Scope } from '../scope/types.ts'
import { compile } from './compile.ts'
import type { CompileErrorCode } from './errors.ts'
import { CompileError } from './errors.ts'
import { guardDrafts } from './guardDrafts.ts'
import type { Plan } from './types.ts'

describe('compile', () => {
  test('behavior: any scope gives a plan that is safe, covered and explained, or a coded refusal', () => {
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    fc.assert(
      fc.property(anyScope(environment), (scope) => {
        const made = compileAccepting(scope, count)
        if (made === null) return
        count('plan')
        const acknowledged = Object.fromEntries(
          made.branches.map(({ rule: id, links }) => {
            const rule = scope.rules.find((candidate) => candidate.id === id)
            return [links[0], rule?.class === 'call' ? rule.acknowledge : []]
          }),
        )
        guardDrafts(made.drafts, environment, { acknowledged })
        expect(made.coverage.map(({ constraint }) => constraint).sort()).toEqual(constraintsOf(scope).sort())
        for (const { held, constraint } of made.coverage) {
          if (made.accepted.includes(constraint)) expect(held.by).toBe('redeemer')
          if (held.by === 'chain')
            for (const at of held.caveats) expect(made.drafts[at.draft]?.caveats[at.caveat]).toBeDefined()
          if (held.by === 'nobody')
            expect(constraint).toMatch(
              /^\/(?:redelegation|revocation\/(?:guardian|max)|evidence|budgets\/\w+\/assets|rules\/\d+\/to)/,
            )
        }
        for (const { warning } of made.explanation) if (warning !== undefined) count('warned')
        checkBranches(scope, made)
      }),
      { numRuns: 1_500, seed: 11 },
    )
    expect(seen.get('plan')).toBeGreaterThan(300)
    const codes: CompileErrorCode[] = [
      'compile.rolling_window',
      'compile.multi_asset_budget',
      'compile.calls_per_period',
      'compile.request',
      'compile.escalation',
      'compile.condition',
      'compile.max',
      'compile.unbounded',
      'compile.forbidden_target',
      'compile.forbidden_payee',
      'compile.forbidden_selector',
      'compile.unbounded_transfer',
    ]
    for (const code of codes) expect(seen.get(code) ?? 0, code).toBeGreaterThan(0)
  })
})

/** Accepts whatever may be accepted, as a careless caller would; `null` after a refusal that stands. */
function compileAccepting(scope: Scope, count: (what: string) => void): Plan | null {
  const accept: string[] = []
  for (let round = 0; round < 40; round++) {
    try {
      return compile(scope, environment, { salt: counting(), nonce: 0n, accept })
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      count(error.code)
      if (error.details['acceptable'] !== true) return null
      accept.push(String(error.details['pointer']))
    }
  }
  return expect.fail('a refusal that accepting does not lift')
}

/** The constraints of a scope, listed here a second time: from the scope's own members. */
function constraintsOf(scope: Scope): string[] {
  const out = [
    '/chainId',
    '/principal',
    '/delegate',
    '/expiry',
    '/redelegation/maxDepth',
    '/revocation/group',
    '/revocation/maxLatencySeconds',
    '/evidence',
  ]
  for (const name of ['request', 'calls', 'notBefore', 'escalation'] as const)
    if (scope[name] !== undefined) out.push(`/${name}`)
  if (scope.revocation.guardian !== undefined) out.push('/revocation/guardian')
  for (const [name, { assets, window }] of Object.entries(scope.budgets)) {
    out.push(`/budgets/${name}`)
    if (window === 'rolling') out.push(`/budgets/${name}/window`)
    if (Object.keys(assets).length > 1) out.push(`/budgets/${name}/assets`)
  }
  scope.rules.forEach((rule, index) => {
    const at = (name: string) => {
      out.push(`/rules/${index}/${name}`)
    }
    if (rule.class === 'transfer') {
      for (const name of ['asset', 'to', 'max', 'budget'] as const) if (rule[name] !== undefined) at(name)
      return
    }
    for (const name of ['target', 'function', 'value'] as const) at(name)
    for (const name of Object.keys(rule.args)) out.push(childPointer(`/rules/${index}/args`, name))
    for (const spend of rule.spends.keys()) at(`spends/${spend}`)
  })
  return out
}

/** Each way to act carries, somewhere on its path, what its rule says: read from the bytes, without the compiler's notes. */
function checkBranches(scope: Scope, made: Plan): void {
  const decoded = decodedOf(made)
  for (const rule of scope.rules) {
    const branches = made.branches.filter((branch) => branch.rule === rule.id)
    const payees = rule.class === 'transfer' && rule.asset !== 'native' && rule.to !== 'anyone' ? rule.to.length : 1
    expect(branches).toHaveLength(payees)
    for (const { links, payee: to } of branches) {
      const all = links.flatMap((link) => decoded[link] ?? [])
      expect(made.drafts[links.at(-1) ?? 0]?.parent).toBeNull()
      expect(all).toContainEqual(expect.objectContaining({ kind: 'timestamp', before: EXPIRY }))
      expect(all.some(({ kind }) => kind === 'nonce')).toBe(true)
      expect(all.some(({ kind }) => kind === 'redeemer')).toBe(scope.redelegation.maxDepth === 0)
      const limited = all.filter((caveat) => caveat.kind === 'limitedCalls')
      expect(limited).toEqual(
        scope.calls !== undefined && scope.calls.per === undefined ? [calls(BigInt(scope.calls.max))] : [],
      )
      if (rule.class === 'call') {
        expect(all).toContainEqual({ kind: 'allowedTargets', targets: [rule.target] })
        expect(all.some((caveat) => caveat.kind === 'valueLte' && caveat.max <= BigInt(rule.value.lte))).toBe(true)
      } else if (rule.asset === 'native') {
        expect(all).toContainEqual({ kind: 'exactCalldata', data: '0x' })
        expect(all.some(({ kind }) => kind === 'nativeTransferAmount' || kind === 'nativePeriodTransfer')).toBe(true)
        if (rule.to !== 'anyone') expect(all).toContainEqual({ kind: 'allowedTargets', targets: rule.to })
      } else {
        expect(all).toContainEqual(noValue)
        const spent = all.filter(
          (caveat) => caveat.kind === 'erc20TransferAmount' || caveat.kind === 'erc20PeriodTransfer',
        )
        expect(spent.length).toBeGreaterThan(0)
        for (const caveat of spent) expect(caveat.token).toBe(rule.asset)
        if (rule.to !== 'anyone') expect(all).toContainEqual(payee(to ?? '0x'))
      }
    }
  }
  // One umbrella for the whole scope when calls are counted for life: one root, so one counter.
  if (scope.calls !== undefined && scope.calls.per === undefined) {
    expect(made.drafts.filter(({ parent }) => parent === null)).toHaveLength(1)
  }
}
