import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KnownCaveat } from '../../src/caveats/codec.ts'
import { compile } from '../../src/compile/compile.ts'
import { MAX_UINT256 } from '../../src/primitives/amount.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import { scopeFromPermissionRequest } from '../../src/scope/fromPermissionRequest.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { PermissionRequest } from '../../src/scope/permissionRequest.ts'
import { scopeToPermissionRequests } from '../../src/scope/toPermissionRequests.ts'
import type { Scope } from '../../src/scope/types.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import { scopeDocument } from '../arbitraries/scope.ts'
import {
  act,
  agent,
  alice,
  dai,
  environment,
  grantOf,
  mallory,
  NOW,
  otherVendor,
  pay,
  stateOf,
  transfer,
  usdc,
  vendor,
  word,
} from '../fixtures/verdict.ts'

/** What travels in another format means there what it meant here: told by verdicts, not by texts. */

const assets = { [usdc]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 18 } }

/** Scopes of one rule that a token permission can say. */
const expressible: fc.Arbitrary<Scope> = fc
  .record({
    asset: fc.constantFrom<Address | 'native'>(usdc, dai, 'native'),
    to: fc.constantFrom<readonly Address[] | 'anyone'>([vendor], [otherVendor], [vendor, otherVendor], 'anyone'),
    weight: fc.constantFrom('1', '0.5', '3', '2000'),
    max: fc.integer({ min: 1, max: 500 }),
    redundant: fc.boolean(),
    per: fc.constantFrom(undefined, 'PT1H', 'P1D', 'P7DT1S'),
    starts: fc.constantFrom(undefined, 0n, NOW - 90_000n, NOW, NOW + 90_000n),
    lasts: fc.integer({ min: 100_000, max: 3_000_000 }),
  })
  .map(({ asset, to, weight, max, redundant, per, starts, lasts }) => {
    const rule = {
      id: 'pay',
      class: 'transfer' as const,
      asset,
      to: asset !== 'native' && to !== 'anyone' ? to.slice(0, 1) : [...to],
      budget: 'b',
      ...(redundant ? { max: '1000' } : {}),
    }
    const document = scopeDocument([{ ...rule, to: to === 'anyone' ? to : rule.to } as never], {
      principal: alice,
      delegate: agent,
      budgets: {
        b: {
          assets: { [asset]: weight },
          max: `${max}`,
          ...(per === undefined ? {} : { per, window: 'fixed' as const }),
        },
      } as never,
      assets,
      expiry: formatInstant(NOW + BigInt(lasts)),
    })
    delete document.notBefore
    return parseScope(starts === undefined ? document : { ...document, notBefore: formatInstant(starts) })
  })

/** The caveats of a plan of one delegation. */
function compiled(scope: Scope): ReturnType<typeof compile>['drafts'][number]['caveats'] {
  const { drafts } = compile(scope, environment, { salt: () => `0x${'5a'.repeat(32)}`, nonce: 0n })
  const [draft, ...others] = drafts
  if (draft === undefined || others.length > 0) throw new TypeError(`${drafts.length} delegations`)
  return draft.caveats
}

/** What the one wallet that grants such requests signs for them, read from its documentation: not from our compiler. */
function grantedBy({ permission: { data, type }, rules }: PermissionRequest): KnownCaveat[] {
  const start = BigInt(data.startTime ?? NOW - 1_000_000n)
  const amount = BigInt(data.periodAmount ?? data.allowanceAmount ?? 0)
  const duration = data.periodDuration === undefined ? MAX_UINT256 : BigInt(data.periodDuration)
  const caveats: KnownCaveat[] = type.startsWith('native')
    ? [
        { kind: 'nativePeriodTransfer', amount, duration, start },
        { kind: 'exactCalldata', data: '0x' },
      ]
    : [
        { kind: 'erc20PeriodTransfer', token: data.tokenAddress as Address, amount, duration, start },
        { kind: 'valueLte', max: 0n },
      ]
  for (const rule of rules) {
    if (rule.type === 'expiry') caveats.push({ kind: 'timestamp', after: 0n, before: BigInt(rule.data.timestamp) })
    else if (rule.type === 'redeemer') caveats.push({ kind: 'redeemer', redeemers: rule.data.addresses })
    else if (type.startsWith('native')) caveats.push({ kind: 'allowedTargets', targets: rule.data.addresses })
    else caveats.push({ kind: 'allowedCalldata', start: 4n, value: `0x${word(rule.data.addresses[0] as Address)}` })
  }
  return [...caveats, { kind: 'nonce', nonce: 0n }]
}

/** Actions next to what a scope allows, and times around its beginning and end. */
function probes(scope: Scope, request: PermissionRequest) {
  const { data } = request.permission
  const most = BigInt(data.periodAmount ?? data.allowanceAmount ?? 0)
  const calls = [most, most + 1n, 1n, 0n].flatMap((amount) =>
    [vendor, otherVendor, mallory].flatMap((to) => [transfer(amount, to), transfer(amount, to, dai), pay(amount, to)]),
  )
  const shaped = [
    { ...transfer(1n), value: 1n },
    { ...transfer(1n), data: `${transfer(1n).data}00` as const },
    { to: usdc, value: 0n, data: `0x095ea7b3${word(vendor)}${word(1n)}` as const },
    { ...pay(1n), data: '0x00' as const },
  ]
  const end = BigInt(request.rules.flatMap((rule) => (rule.type === 'expiry' ? [rule.data.timestamp] : []))[0] ?? 0)
  const start = scope.notBefore === undefined ? [] : [BigInt(data.startTime ?? 0)]
  const times = [NOW, NOW + 90_000n, end - 1n, end, ...start.flatMap((at) => (at > NOW ? [at - 1n, at] : []))]
  const actions = [...calls, ...shaped].flatMap((call) => [
    act(call),
    ...(call === calls[0] ? [act(call, mallory)] : []),
  ])
  return actions.flatMap((action) => times.map((now) => ({ action, now })))
}

describe('scopeFromPermissionRequest', () => {
  const options = {
    principal: alice,
    task: { id: 'back' },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant' as const], retain: 'P1Y' },
    assets,
  }

  test('behavior: a scope that went out as a permission request comes back with the same caveats', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(expressible, (scope) => {
        const [request, ...others] = scopeToPermissionRequests(scope)
        expect(others).toEqual([])
        seen.add(request?.permission.type ?? '')
        const back = scopeFromPermissionRequest(JSON.parse(JSON.stringify(request)), options)
        expect(compiled(back)).toEqual(compiled(scope))
      }),
      { numRuns: 300 },
    )
    expect(seen.size).toBe(4)
  })

  test('behavior: what a wallet grants for it passes exactly what our own caveats pass', () => {
    const tally = { allow: 0, deny: 0 }
    fc.assert(
      fc.property(expressible, (scope) => {
        const [request] = scopeToPermissionRequests(scope)
        if (request === undefined) throw new TypeError('no request')
        const [ours, theirs] = [grantOf([...compiled(scope)]), grantOf(grantedBy(request))]
        for (const { action, now } of probes(scope, request)) {
          const mine = evaluate(ours, action, stateOf(ours, { now })).verdict
          const wallets = evaluate(theirs, action, stateOf(theirs, { now })).verdict
          expect({ action, now, verdict: wallets }).toEqual({ action, now, verdict: mine })
          tally[mine === 'allow' ? 'allow' : 'deny']++
        }
      }),
      { numRuns: 60 },
    )
    expect(tally.allow).toBeGreaterThan(500)
    expect(tally.deny).toBeGreaterThan(2_000)
  })

  test('behavior: a request changed in one place means something else', () => {
    const scope = fc.sample(
      expressible.filter(
        (any) =>
          any.notBefore !== undefined &&
          any.rules[0]?.class === 'transfer' &&
          any.rules[0].to !== 'anyone' &&
          any.budgets['b']?.per !== undefined,
      ),
      { numRuns: 1, seed: 7 },
    )[0] as Scope
    const [request] = scopeToPermissionRequests(scope)
    const { permission, rules } = request as PermissionRequest
    const data = (more: object) => ({
      ...request,
      permission: { ...permission, data: { ...permission.data, ...more } },
    })
    const [expiry, redeemer, payee] = rules
    const others = [
      data({ periodAmount: '0x1' }),
      data({ periodDuration: 7 }),
      data({ startTime: (permission.data.startTime ?? 0) + 1 }),
      { ...request, rules: [{ type: 'expiry', data: { timestamp: Number(NOW) + 99_999 } }, redeemer, payee] },
      { ...request, rules: [expiry, redeemer, { type: 'payee', data: { addresses: [mallory] } }] },
      { ...request, rules: [expiry, redeemer] },
      { ...request, to: mallory, rules: [expiry, { type: 'redeemer', data: { addresses: [mallory] } }, payee] },
    ]
    for (const other of others) {
      expect(compiled(scopeFromPermissionRequest(other, options))).not.toEqual(compiled(scope))
    }
  })
})
