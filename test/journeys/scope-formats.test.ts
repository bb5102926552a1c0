import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
import { AGENT, PAYEES, PRINCIPAL, scopeDocument } from '../arbitraries/scope.ts'
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
import { ambit, ambitProcess, type CliOptions, useFolder } from '../rig/cli.ts'

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

describe('ambit scope convert', () => {
  const folder = useFolder()
  const EXAMPLE = join(import.meta.dirname, '../../docs/scope.example.json')
  const home = () => join(folder.path, 'home')
  const convert = (argv: readonly string[], options: CliOptions = {}) =>
    ambit(['scope', 'convert', ...argv], { home: home(), ...options })
  const saved = (name: string, value: unknown) => {
    const file = join(folder.path, name)
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value))
    return file
  }
  const tips = () =>
    scopeDocument([{ id: 'tip', class: 'transfer', asset: 'native', to: [...PAYEES], budget: 'b' }], {
      budgets: { b: { assets: { native: '1' }, max: '2' } },
      expiry: '2100-01-01T00:00:00Z',
    })
  const known = ['--principal', PRINCIPAL, '--task', 'tips']

  test('default: to rar and back is the same scope, through a pipe of two processes', async () => {
    const out = await ambitProcess(['scope', 'convert', '--to', 'rar', EXAMPLE], { home: home() })
    expect(out.exit).toBe(0)
    const back = await ambitProcess(['scope', 'convert', '--from', 'rar', '-', '--json'], {
      home: home(),
      stdin: out.stdout,
    })
    const plain = (await convert([EXAMPLE, '--json'])).json()
    const { schema, data } = back.json()
    expect(schema).toBe('ambit.scope.convert.v1')
    expect(data).toMatchObject({ from: 'rar', to: 'json', hash: plain.data.hash, document: plain.data.document })
    expect(data.document).toEqual(parseScope(JSON.parse(readFileSync(EXAMPLE, 'utf8'))))
  })

  test('behavior: to erc7715 and back, with what a request does not say', async () => {
    const { data } = (await convert(['--to', 'erc7715', saved('tips.json', tips()), '--json'])).json()
    expect(data.document).toMatchObject([{ to: AGENT, permission: { type: 'native-token-allowance' } }])
    const file = saved('request.json', data.document)
    const read = (await convert(['--from', 'erc7715', file, ...known, '--group', 'g', '--json'])).json()
    expect(read.data.document).toMatchObject({
      task: { id: 'tips', purpose: 'Pay the invoices' },
      rules: [{ asset: 'native', to: PAYEES }],
      budgets: { limit: { max: '2' } },
      revocation: { group: 'g' },
    })
    expect((await convert(['--from', 'erc7715', file])).exit).toBe(2)
    const other = await convert(['--from', 'erc7715', file, '--principal', AGENT, '--task', 'tips', '--json'])
    expect(other.json().error).toMatchObject({ code: 'scope.other_party', details: { pointer: '/principal' }, exit: 2 })
  })

  test('behavior: a token of a request is looked up on the chain', async () => {
    await ambit(['doctor', '--chain', 'local'], { home: home() })
    const { token } = JSON.parse(readFileSync(join(home(), 'chains', 'local.json'), 'utf8')) as { token: Address }
    const request = {
      chainId: '0x7a69',
      to: AGENT,
      permission: {
        type: 'erc20-token-periodic',
        isAdjustmentAllowed: true,
        data: { tokenAddress: token, periodAmount: '0x989680', periodDuration: 86_400, startTime: 86_400 },
      },
      rules: [
        { type: 'expiry', data: { timestamp: 4_102_444_800 } },
        { type: 'redeemer', data: { addresses: [AGENT] } },
      ],
    }
    const argv = ['--from', 'erc7715', saved('token.json', request), ...known, '--purpose', 'Test', '--json']
    expect((await convert(argv)).json().error?.code).toBe('scope.unknown_decimals')
    const open = (await convert([...argv, '--chain', 'local'])).json()
    expect(open.error?.code).toBe('scope.agent_sourced')
    const confirmed = ['/budgets/limit/max', '/budgets/limit/per', '/expiry'].flatMap((at) => ['--confirm', at])
    const { data } = (await convert([...argv, '--chain', 'local', ...confirmed])).json()
    expect(data.document).toMatchObject({
      budgets: { limit: { max: '10', per: 'P1D', window: 'fixed' } },
      assets: { [token]: { symbol: 'USDC', decimals: 6 } },
    })
    // What a document says of a token is not believed against the chain.
    const lying = { ...data.document, assets: { [token]: { symbol: 'USDC', decimals: 0 } } }
    const rar = (await convert(['--to', 'rar', saved('lying.json', lying), '--json'])).json()
    const told = await convert(['--from', 'rar', saved('rar.json', rar.data.document), '--chain', 'local', '--json'])
    expect(told.json().error?.code).toBe('scope.asset_mismatch')
  })

  test('behavior: a document of the agent enters only value by value', async () => {
    const argv = [saved('agent.json', tips()), '--source', 'agent', '--json']
    const { error } = (await convert(argv)).json()
    expect(error).toMatchObject({ code: 'scope.agent_sourced', exit: 2 })
    const own = (await convert([saved('own.json', tips()), '--source', 'ledger', '--json'])).json()
    expect(own.data.document.provenance['/rules/0/to/0']).toBe('ledger')
  })

  test.each<[string, readonly string[], unknown]>([
    ['scope.not_expressible', ['--to', 'erc7715'], { ...tips(), calls: { max: 3 } }],
    ['scope.foreign_type', ['--from', 'rar'], [{ type: 'payment_initiation', actions: ['initiate'] }]],
    ['scope.wrong_type', ['--from', 'rar'], {}],
    ['scope.missing_field', ['--from', 'erc7715', ...known], { chainId: '0x1' }],
    ['cli.usage', ['--from', 'erc7715', ...known], [{}, {}]],
    ['cli.usage', ['--from', 'erc7715', ...known], []],
    ['scope.wrong_type', ['--from', 'erc7715', ...known], [null]],
    ['cli.usage', ['--from', 'yaml'], tips()],
    ['cli.usage', ['--source', 'confirmed'], tips()],
    ['cli.missing_option', ['--from', 'erc7715'], {}],
    ['json.duplicate_key', ['--from', 'rar'], '[{"type":"a","type":"b"}]'],
    ['json.invalid', [], '{'],
  ])('error: %s, exit 2, nothing on stdout but the envelope', async (code, flags, input) => {
    const ran = await convert([...flags, saved('input.json', input), '--json'])
    expect(ran.exit).toBe(2)
    expect(ran.json().error?.code).toBe(code)
    expect(ran.json().data).toBe(null)
  })

  test('behavior: a chain with its source is the same chain to every command that reads a scope', async () => {
    const check = async (chainId: unknown) =>
      (await ambit(['scope', 'check', saved('chain.json', { ...tips(), chainId }), '--json'], { home: home() })).json()
    const [plain, stated] = [await check(8453), await check({ value: 8453, source: 'principal' })]
    expect(stated.data.plan.coverage).toEqual(plain.data.plan.coverage)
    expect(stated.data.scope.provenance).toEqual({ '/chainId': 'principal' })
  })

  test('behavior: hostile text comes out as JSON that a terminal cannot act on', async () => {
    const task = { id: 'x', purpose: 'a\u001b[2J\u009b31m\u202eb' }
    const out = await convert(['--to', 'rar', saved('hostile.json', { ...tips(), task })])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about
    expect(out.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    expect(JSON.parse(out.stdout)[0].scope.task).toEqual(task)
  })
})
