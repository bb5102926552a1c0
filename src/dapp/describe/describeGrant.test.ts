import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../../test/arbitraries/environment.ts'
import { contextOf, theirCaveats } from '../../../test/arbitraries/walletPermission.ts'
import { encodeCaveat } from '../../caveats/caveat.ts'
import type { Caveat, DecodedCaveat } from '../../caveats/types.ts'
import { decodeContext, encodeContext } from '../../delegation/context.ts'
import { hashDelegation } from '../../delegation/hash.ts'
import { ANY_DELEGATE, type Delegation } from '../../delegation/types.ts'
import { toChecksum } from '../../primitives/address.ts'
import { MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Permission, PermissionRequest, PermissionRule } from '../types.ts'
import {
  type DescribeGrantOptions,
  describeGrant,
  describeRequest,
  type Granted,
  type GrantView,
} from './describeGrant.ts'
import { loadExplanation } from './loadExplanation.ts'
import type { OtherGrant, WarningId } from './warnings.ts'

const environment = await baseEnvironment()
const [ALICE, AGENT, VENDOR, OTHER, TOKEN] = ['a1', 'de', '9a', '9b', 'ab'].map((byte) => `0x${byte.repeat(20)}`) as [
  Address,
  Address,
  Address,
  Address,
  Address,
]
const tokens = { [TOKEN]: { symbol: 'USDC', decimals: 6 }, native: { symbol: 'ETH', decimals: 18 } }
const now = 1_795_132_800
const DAY = 86_400
const UNIT = 1_000_000n

const expiry = (timestamp: number): PermissionRule => ({ type: 'expiry', data: { timestamp } })
const payee = (...addresses: Address[]): PermissionRule => ({ type: 'payee', data: { addresses } })
const redeemer = (...addresses: Address[]): PermissionRule => ({ type: 'redeemer', data: { addresses } })
const permission = (type: Permission['type'], data: object) =>
  ({ type, data, isAdjustmentAllowed: false }) as Permission
const daily = permission('erc20-token-periodic', {
  tokenAddress: TOKEN,
  periodAmount: 10n * UNIT,
  periodDuration: DAY,
  startTime: now,
})
const safe = [expiry(now + 30 * DAY), redeemer(AGENT), payee(VENDOR)]

const request = (more: Partial<PermissionRequest> = {}): PermissionRequest => ({
  chainId: 8453,
  from: ALICE,
  to: AGENT,
  permission: daily,
  rules: safe,
  ...more,
})
const asked = (more: Partial<PermissionRequest> = {}, options = {}) =>
  describeRequest(request(more), { now, tokens, chainName: 'Base', ...options })
const ids = ({ warnings }: GrantView) => warnings.map(({ id }) => id)

/** What MetaMask would sign for it. */
function granted(
  own: Permission = daily,
  rules: readonly PermissionRule[] = safe,
  more: readonly Caveat[] = [],
  link: Partial<Delegation> = {},
): Granted {
  const caveats = [...theirCaveats(environment, own, rules, 0n), ...more]
  return { chainId: 8453, delegationManager: environment.manager, context: contextOf(caveats, link) }
}
const told = (grant: Granted, options: Partial<DescribeGrantOptions> = {}) =>
  describeGrant(grant, { environment, now, tokens, chainName: 'Base', ...options })
const caveat = (meaning: DecodedCaveat) => encodeCaveat(environment, meaning)

describe('describeRequest', () => {
  test('default: one sentence, the rows, what it exposes and what it cannot do', () => {
    const view = asked({}, { agentName: 'shopper' })
    expect(view.sentence).toBe(
      'Agent shopper may send up to 10 USDC per day from 0xa1A1…A1A1 on Base until 20 Dec 2026 00:00 UTC, only to 0x9A9a…9a9a.'
        .replace('0xa1A1…A1A1', short(ALICE))
        .replace('0x9A9a…9a9a', short(VENDOR)),
    )
    expect(view.exposure).toEqual({
      asset: TOKEN,
      perPeriod: { amount: 10n * UNIT, seconds: DAY },
      untilExpiry: 300n * UNIT,
    })
    expect(ids(view)).toEqual(['fixed_window_doubling'])
    expect(view.cannot).toEqual([
      `Move anything but the token ${toChecksum(TOKEN)}`,
      'Call anything but its transfer',
      'Pay anyone but the payee',
      'Be redeemed by anyone but the redeemers',
      'Be used from 20 Dec 2026 00:00 UTC on',
      'Be widened without a new signature',
    ])
    expect(view.diff).toEqual([])
    expect(
      view.rows.filter(({ views }) => views.includes('confirmation')).map(({ label, text }) => [label, text]),
    ).toEqual([
      ['Justification', 'None given'],
      ['Account', toChecksum(ALICE)],
      ['Request from', ''],
      ['Recipient', toChecksum(AGENT)],
      ['Network', 'Base'],
      ['Redeemer', toChecksum(AGENT)],
      ['Payee', toChecksum(VENDOR)],
      ['Allowance', '10 USDC'],
      ['Frequency', 'Every day'],
      ['Start date', '20 Nov 2026 00:00 UTC'],
      ['Expiration date', '20 Dec 2026 00:00 UTC'],
    ])
  })

  test.each<[string, Partial<PermissionRequest>, string]>([
    [
      'an allowance',
      { permission: permission('native-token-allowance', { allowanceAmount: 5n * 10n ** 17n }) },
      'send up to 0.5 ETH in all',
    ],
    [
      'a stream',
      {
        permission: permission('erc20-token-stream', {
          tokenAddress: TOKEN,
          amountPerSecond: 1n,
          initialAmount: UNIT,
          maxAmount: 5n * UNIT,
        }),
      },
      'send 1 USDC and then 0.0864 USDC more per day, 5 USDC in all,',
    ],
    [
      'a stream that says nothing more',
      { permission: permission('native-token-stream', { amountPerSecond: 10n ** 18n }) },
      'send 86400 ETH more per day,',
    ],
    [
      'a stream of its own',
      {
        permission: permission('erc20-token-stream', {
          tokenAddress: TOKEN,
          amountPerSecond: 1n,
          initialAmount: 0n,
          maxAmount: MAX_UINT256,
        }),
      },
      'send 0.0864 USDC more per day,',
    ],
    [
      'twelve hours',
      { permission: permission('native-token-periodic', { periodAmount: 1n, periodDuration: DAY / 2 }) },
      'send up to 0.000000000000000001 ETH per 12 hours',
    ],
    [
      'an hour',
      { permission: permission('native-token-periodic', { periodAmount: 10n ** 18n, periodDuration: 3_600 }) },
      'send up to 1 ETH per hour',
    ],
    [
      'a day and an hour',
      { permission: permission('native-token-periodic', { periodAmount: 10n ** 18n, periodDuration: DAY + 3_600 }) },
      'send up to 1 ETH per 1 day 1 hour',
    ],
    ['approvals', { permission: permission('erc20-token-revocation', {}) }, 'take back token approvals given'],
  ])('behavior: in a sentence: %s', (_, more, what) => {
    expect(asked(more).sentence).toBe(
      `Agent ${short(AGENT)} may ${what} from ${short(ALICE)} on Base until 20 Dec 2026 00:00 UTC, only to ${short(VENDOR)}.`,
    )
  })

  test('behavior: who, from where, until when and to whom, where they are not said', () => {
    const { from: _, ...unowned } = request({ rules: [payee(VENDOR, OTHER)], to: ANY_DELEGATE })
    expect(describeRequest(unowned, { now }).sentence).toBe(
      `Anyone may send up to 10000000 base units of ${toChecksum(TOKEN)} per day from the account chosen in the wallet on chain 8453 without an end, only to 2 payees.`,
    )
    expect(asked({ rules: [] }).sentence).toMatch(/on Base without an end\.$/)
    expect(describeRequest(unowned, { now }).rows.find(({ id }) => id === 'account')).toMatchObject({
      value: null,
      text: 'As chosen in the wallet',
    })
  })

  test('behavior: rows say when nothing was said', () => {
    const open = asked({ permission: permission('native-token-allowance', { allowanceAmount: 1n }), rules: [] })
    const text = (id: string) => open.rows.find((row) => row.id === id)?.text
    expect(text('gatorPermissionsStartDate')).toBe('When it is granted')
    expect(text('gatorPermissionsExpirationDate')).toBe('Never')
  })

  test('behavior: streams show their rate, their day and their whole', () => {
    const stream = permission('erc20-token-stream', {
      tokenAddress: TOKEN,
      amountPerSecond: 10n,
      initialAmount: 0n,
      maxAmount: MAX_UINT256,
      startTime: now,
    })
    const { rows } = asked({ permission: stream })
    const text = (id: string) => rows.find((row) => row.id === id)?.text
    expect(text('gatorPermissionsInitialAllowance')).toBe('0 USDC')
    expect(text('gatorPermissionsMaxAllowance')).toBe('unlimited USDC')
    expect(text('gatorPermissionsStreamRate')).toBe('0.00001 USDC')
    expect(text('confirmFieldAvailablePerDay')).toBe('0.864 USDC')
    expect(text('confirmFieldTotalExposure')).toBe('25.91999 USDC')
    expect(rows.map(({ label }) => label)).toContain('Available per day')
  })

  test('behavior: ways to take an approval back, in words', () => {
    const some = permission('token-approval-revocation', {
      erc20Approve: true,
      erc721Approve: false,
      erc721SetApprovalForAll: true,
      permit2Approve: false,
      permit2Lockdown: false,
      permit2InvalidateNonces: true,
    })
    const view = asked({ permission: some, rules: [expiry(now + DAY)] })
    expect(view.rows.find(({ id }) => id === 'gatorPermissionsRevocationMethods')?.text).toBe(
      'ERC-20 approve, ERC-721 set approval for all, Permit2 invalidate nonces',
    )
    expect(view.exposure.untilExpiry).toBe(0n)
    // Nobody is paid, and who redeems has no say.
    expect(ids(view)).toEqual([])
    expect(view.cannot.slice(0, 2)).toEqual(['Move tokens or the native coin', 'Give approvals'])
  })

  test.each<[WarningId, Partial<PermissionRequest>, object]>([
    ['open_delegate', { to: ANY_DELEGATE }, {}],
    ['no_expiry', { rules: safe.slice(1) }, {}],
    ['long_life', { rules: [expiry(now + 90 * DAY + 1), ...safe.slice(1)] }, {}],
    [
      'unlimited',
      { permission: permission('erc20-token-allowance', { tokenAddress: TOKEN, allowanceAmount: MAX_UINT256 }) },
      {},
    ],
    [
      'unlimited',
      { permission: permission('erc20-token-allowance', { tokenAddress: TOKEN, allowanceAmount: 10n ** 30n }) },
      {},
    ],
    ['no_payee', { rules: safe.slice(0, 2) }, {}],
    ['no_redeemer', { rules: [safe[0], safe[2]] as PermissionRule[] }, {}],
    ['unknown_token', {}, { tokens: {} }],
    [
      'start_in_past',
      { permission: permission('native-token-allowance', { allowanceAmount: 1n, startTime: now - 3_601 }) },
      {},
    ],
    ['chain_not_supported', {}, { supported: {} }],
    ['chain_not_supported', {}, { supported: { 'erc20-token-periodic': { chainIds: [1], ruleTypes: [] } } }],
  ])('behavior: warns of %s', (id, more, options) => {
    const view = asked(more, options)
    expect(ids(view)).toContain(id)
    expect(view.warnings.find((warning) => warning.id === id)?.text).toMatch(/^[A-Z].+\.$/)
  })

  test('behavior: warns of nothing one step before', () => {
    const allowance = permission('erc20-token-allowance', {
      tokenAddress: TOKEN,
      allowanceAmount: 10n ** 30n - 1n,
      startTime: now - 3_600,
    })
    const supported = { 'erc20-token-allowance': { chainIds: [1, 8453], ruleTypes: [] } }
    expect(
      ids(asked({ permission: allowance, rules: [expiry(now + 90 * DAY), ...safe.slice(1)] }, { supported })),
    ).toEqual([])
    // A life is counted from its start.
    const late = permission('native-token-allowance', { allowanceAmount: 1n, startTime: now + 10 * DAY })
    expect(ids(asked({ permission: late, rules: [expiry(now + 100 * DAY), ...safe.slice(1)] }))).toEqual([])
    expect(ids(asked({ permission: late, rules: [expiry(now + 100 * DAY + 1), ...safe.slice(1)] }))).toEqual([
      'long_life',
    ])
  })

  const beside = (more: Partial<OtherGrant> = {}): OtherGrant => ({
    chainId: 8453,
    principal: ALICE,
    permission: daily,
    rules: safe,
    delegation: linkOf(granted()),
    ...more,
  })

  test('behavior: what other grants of the same account expose adds up', () => {
    const view = asked({}, { others: [beside(), beside()] })
    expect(ids(view)).toContain('stacked_exposure')
    expect(view.warnings.find(({ id }) => id === 'stacked_exposure')?.text).toBe(
      'With the account’s other grants, up to this can leave: 900 USDC.',
    )
    const endless = asked({}, { others: [beside({ rules: [] })] })
    expect(endless.warnings.find(({ id }) => id === 'stacked_exposure')?.text).toMatch(/: unlimited USDC\.$/)
  })

  test.each<[string, Partial<OtherGrant>]>([
    ['another chain', { chainId: 1 }],
    ['another account', { principal: OTHER }],
    ['another token', { permission: permission('native-token-allowance', { allowanceAmount: 1n }) }],
    ['another time', { rules: [expiry(now)] }],
  ])('behavior: grants of %s do not', (_, more) => {
    expect(ids(asked({}, { others: [beside(more)] }))).not.toContain('stacked_exposure')
  })

  test('behavior: without an account, any of them may be the one', () => {
    const { from: _, ...unowned } = request()
    expect(ids(describeRequest(unowned, { now, tokens, others: [beside()] }))).toContain('stacked_exposure')
  })

  test('error: text of strangers is inert, wherever it stands', () => {
    const hostile = '<img src=x>\u202e\u0007'
    const view = asked(
      { permission: { ...daily, data: { ...daily.data, justification: hostile.repeat(100_000) } } as Permission },
      {
        chainName: hostile,
        origin: hostile,
        agentName: hostile,
        tokens: { [TOKEN]: { symbol: hostile, decimals: 6 } },
      },
    )
    const all = JSON.stringify([view.sentence, view.rows.map(({ text }) => text), view.warnings, view.cannot])
    for (const character of ['\u202e', '\u0007']) expect(all).not.toContain(character)
    expect(all.length).toBeLessThan(10_000)
    expect(view.rows[0]?.text).toMatch(/…$/)
    const shown = (length: number) =>
      asked({ permission: { ...daily, data: { ...daily.data, justification: 'a'.repeat(length) } } as Permission })
        .rows[0]?.text
    expect(shown(500)).toBe('a'.repeat(500))
    expect(shown(501)).toBe(`${'a'.repeat(500)}…`)
  })
})

describe('describeGrant', () => {
  test('default: the same of what was signed as of what was asked for', () => {
    const [preview, view] = [asked(), told(granted(), { differences: [] })]
    expect({ ...view, rows: view.rows }).toEqual(preview)
  })

  test('behavior: what the wallet says beside the bytes is not believed, but its justification is shown', () => {
    const lied = {
      ...granted(),
      permission: { type: 'native-token-allowance', data: { justification: 'Bills', allowanceAmount: 1n } },
      from: OTHER,
      to: OTHER,
    }
    const view = told(lied)
    expect(view.sentence).toBe(asked().sentence)
    expect(view.rows[0]).toMatchObject({ id: 'gatorPermissionsJustification', text: 'Bills' })
  })

  test('behavior: differences are shown and warned of', () => {
    const differences = [{ what: 'periodAmount', requested: 5n, granted: 10n, change: 'higher' as const }]
    const view = told(granted(), { differences })
    expect(view.diff).toEqual(differences)
    expect(ids(view)).toContain('wallet_adjusted')
    expect(ids(told(granted(), { differences: [] }))).not.toContain('wallet_adjusted')
    expect(told(granted()).diff).toEqual([])
  })

  test.each<[WarningId, Granted, Partial<DescribeGrantOptions>]>([
    ['foreign_manager', { ...granted(), delegationManager: OTHER }, {}],
    ['foreign_manager', { ...granted(), chainId: 1 }, {}],
    ['not_upgraded', granted(), { upgraded: false }],
    ['salt_reused', granted(daily, safe, [], { salt: `0x${'00'.repeat(32)}` }), {}],
    ['unknown_enforcer', granted(daily, safe, [{ enforcer: OTHER, terms: '0x', args: '0x' }]), {}],
    ['other_permission', granted(daily, safe, [{ enforcer: OTHER, terms: '0x', args: '0x' }]), {}],
    ['other_permission', granted(daily, safe, [caveat({ kind: 'limitedCalls', limit: 1n })]), {}],
    ['start_in_past', granted(), { differences: [], now: now + 3_601 }],
    ['open_delegate', granted(daily, safe, [], { delegate: ANY_DELEGATE }), {}],
  ])('behavior: warns of %s', (id, grant, options) => {
    expect(ids(told(grant, options))).toContain(id)
  })

  test('behavior: warns of none of them without a cause', () => {
    expect(ids(told(granted(), { upgraded: true, differences: [], now: now + 3_600 }))).toEqual([
      'fixed_window_doubling',
    ])
    // Once it is in use, its start always lies behind.
    expect(ids(told(granted(), { now: now + 2 * DAY }))).toEqual(['fixed_window_doubling'])
    expect(ids(told(granted(daily, safe, [caveat({ kind: 'limitedCalls', limit: 1n })])))).not.toContain(
      'unknown_enforcer',
    )
  })

  test('behavior: a salt that another grant has', () => {
    const [grant, fresh] = [granted(), granted(daily, safe, [], { salt: `0x${'5b'.repeat(32)}` })]
    const other: OtherGrant = {
      chainId: 8453,
      principal: ALICE,
      permission: daily,
      rules: safe,
      delegation: linkOf(grant),
    }
    expect(ids(told(granted(daily, [expiry(now + DAY)]), { others: [other] }))).toContain('salt_reused')
    expect(ids(told(fresh, { others: [other] }))).not.toContain('salt_reused')
  })

  test.each<[string, readonly Caveat[], boolean]>([
    ['no bound on native coin', [caveat({ kind: 'erc20TransferAmount', token: TOKEN, limit: 1n })], true],
    [
      'a bound above zero',
      [caveat({ kind: 'erc20TransferAmount', token: TOKEN, limit: 1n }), caveat({ kind: 'valueLte', max: 1n })],
      true,
    ],
    [
      'a bound of zero',
      [caveat({ kind: 'erc20TransferAmount', token: TOKEN, limit: 1n }), caveat({ kind: 'valueLte', max: 0n })],
      false,
    ],
    ['no token', [caveat({ kind: 'nativeTransferAmount', limit: 1n })], false],
    ['one NFT', [caveat({ kind: 'erc721Transfer', token: TOKEN, tokenId: 1n })], true],
  ])('behavior: native coin beside a token transfer: %s', (_, caveats, warned) => {
    const grant = { chainId: 8453, delegationManager: environment.manager, context: contextOf(caveats) }
    expect(ids(told(grant)).includes('native_value_unbound')).toBe(warned)
  })

  test('behavior: of what is no wallet’s permission nothing is promised: each caveat is a row', () => {
    const strange: Caveat = { enforcer: OTHER, terms: '0xc0ffee', args: '0x' }
    const view = told(granted(daily, safe, [strange]))
    expect(view.sentence).toBe(
      `Agent ${short(AGENT)} may do what the caveats below allow, for ${short(ALICE)} on Base.`,
    )
    expect(view.exposure).toEqual({ asset: null, perPeriod: null, untilExpiry: 'unknown' })
    expect(view.cannot).toEqual([])
    const rows = view.rows.filter(({ id }) => id === 'caveat')
    expect(rows).toHaveLength(7)
    expect(rows.at(-1)).toEqual({
      id: 'caveat',
      label: 'Caveat',
      value: null,
      text: `Checked by the unknown contract ${OTHER}: 0xc0ffee`,
      views: [],
    })
    expect(view.rows.find(({ id }) => id === 'unknownPermissionType')).toMatchObject({
      value: 'unknown',
      views: ['reviewSummary'],
    })
    // What the wallet itself does not show either.
    expect(view.rows.some(({ id }) => id === 'gatorPermissionsExpirationDate')).toBe(false)
  })

  test('behavior: a grant of ours is told from all its caveats, once they are loaded', async () => {
    const caveats = [
      caveat({ kind: 'erc20TransferAmount', token: TOKEN, limit: 5n * UNIT }),
      caveat({ kind: 'timestamp', after: 0n, before: BigInt(now + DAY) }),
    ]
    const root = linkOf({ context: contextOf(caveats, { delegate: OTHER }) })
    const leaf: Delegation = {
      ...root,
      delegator: OTHER,
      delegate: AGENT,
      authority: hashDelegation(root),
      caveats: [caveat({ kind: 'limitedCalls', limit: 1n })],
    }
    const context = encodeContext([leaf, root])
    const explanation = await loadExplanation(context, environment, tokens)
    const view = told({ chainId: 8453, delegationManager: environment.manager, context }, { explanation })
    const texts = view.rows.filter(({ id }) => id === 'caveat').map(({ text }) => text)
    expect(texts).toEqual(explanation.map(({ sentence }) => sentence))
    expect(texts.join('\n')).toMatch(/At most 5 USDC in all[\s\S]*Expires 21 Nov 2026 00:00 UTC/)
    expect(view.rows.filter(({ warning }) => warning !== undefined).length).toBe(
      explanation.filter(({ warning }) => warning !== undefined).length,
    )
    expect(view.sentence).toMatch(/^Agent .* may do what the caveats below allow/)
    expect(ids(view)).toContain('other_permission')
  })

  test.each<unknown>(['0x', '0x00', `${granted().context}00`, undefined, null])(
    'error: bytes that are no grant: %s',
    (context) => {
      expect(told({ ...granted(), context: context as Hex })).toEqual({
        sentence: 'These bytes are no grant that could be read.',
        rows: [],
        warnings: [{ id: 'unreadable', text: expect.any(String) }],
        exposure: { asset: null, perPeriod: null, untilExpiry: 'unknown' },
        cannot: [],
        diff: [],
      })
    },
  )
})

function linkOf({ context }: Pick<Granted, 'context'>): Delegation {
  return decodeContext(context)[0] as Delegation
}

function short(address: Address): string {
  return `${toChecksum(address).slice(0, 6)}…${toChecksum(address).slice(-4)}`
}
