import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import {
  permission as anyPermission,
  contextOf,
  rulesFor,
  theirCaveats,
  theirReading,
} from '../../test/arbitraries/walletPermission.ts'
import { decodeCaveat } from '../caveats/caveat.ts'
import type { Caveat } from '../caveats/types.ts'
import { decodeContext, encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { toChecksum } from '../primitives/address.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import type { Hex } from '../primitives/hex.ts'
import { readPermission } from './readPermission.ts'
import type { Permission, PermissionRule } from './types.ts'

const environment = await baseEnvironment()

const granted = anyPermission.chain((permission) =>
  fc.record({
    permission: fc.constant(permission),
    rules: rulesFor(permission),
    nonce: fc.bigInt({ min: 0n, max: 9n }),
  }),
)

function read(caveats: readonly Caveat[]) {
  const reading = readPermission(contextOf(caveats), environment)
  if (reading.status !== 'read') throw new TypeError(reading.code)
  return reading
}

const [A, B, C]: [Hex, Hex, Hex] = [`0x${'a1'.repeat(20)}`, `0x${'b2'.repeat(20)}`, `0x${'c3'.repeat(20)}`]
const at = (name: string) => environment.enforcers[name] as Hex
const word = (value: number | bigint) => value.toString(16).padStart(64, '0')
const nonceCaveat: Caveat = { enforcer: at('NonceEnforcer'), terms: `0x${word(7)}`, args: '0x' }
const retired: readonly Caveat[] = [
  { enforcer: at('AllowedCalldataEnforcer'), terms: `0x${word(0)}095ea7b3`, args: '0x' },
  { enforcer: at('AllowedCalldataEnforcer'), terms: `0x${word(36)}${word(0)}`, args: '0x' },
  { enforcer: at('ValueLteEnforcer'), terms: `0x${word(0)}`, args: '0x' },
  nonceCaveat,
  { enforcer: at('TimestampEnforcer'), terms: `0x${word(1_800_000_000)}`, args: '0x' },
]

const native: readonly Caveat[] = [
  { enforcer: at('NativeTokenPeriodTransferEnforcer'), terms: `0x${word(1)}${word(1)}${word(1)}`, args: '0x' },
  { enforcer: at('ExactCalldataEnforcer'), terms: '0x', args: '0x' },
  nonceCaveat,
]

function retiredWith(index: number, terms: string): Caveat[] {
  return retired.map((caveat, place) => (place === index ? { ...caveat, terms: `0x${terms}` } : caveat))
}

/** One change of what MetaMask writes: an enforcer, a byte, a whole word at its edges, a caveat more or less. */
function mutated({
  permission,
  rules,
  nonce,
}: {
  permission: Permission
  rules: readonly PermissionRule[]
  nonce: bigint
}) {
  const caveats = theirCaveats(environment, permission, rules, nonce)
  const names = fc.constantFrom(...Object.keys(environment.enforcers), ...COMMON, ...COMMON)
  const change = fc.oneof(
    fc.constant((list: Caveat[], place: number) => void list.splice(place, 1)),
    fc.constant((list: Caveat[], place: number) => void list.push(list[place] as Caveat)),
    names.map((name) => (list: Caveat[], place: number) => edit(list, place, { enforcer: at(name) })),
    fc.constant((list: Caveat[], place: number) => edit(list, place, { enforcer: C })),
    fc.tuple(names, fc.constantFrom(0n, 1n)).map(([name, value]) => (list: Caveat[]) => {
      list.push({ enforcer: at(name), terms: `0x${word(value)}`, args: '0x' })
    }),
    fc
      .tuple(fc.nat(200), fc.constantFrom(...'0123456789abcdef'))
      .map(([digit, to]) => (list: Caveat[], place: number) => {
        const { terms } = list[place] as Caveat
        const found = 2 + (digit % Math.max(1, terms.length - 2))
        edit(list, place, {
          terms: `${terms.slice(0, found)}${terms === '0x' ? '' : to}${terms.slice(found + 1)}` as Hex,
        })
      }),
    fc.constantFrom('00', '', 'ff').map((tail) => (list: Caveat[], place: number) => {
      const { terms } = list[place] as Caveat
      edit(list, place, {
        terms: (tail === '' ? (terms.length > 2 ? terms.slice(0, -2) : terms) : `${terms}${tail}`) as Hex,
      })
    }),
    fc.tuple(fc.nat(4), fc.constantFrom(...EDGES)).map(([nth, value]) => (list: Caveat[], place: number) => {
      const { terms } = list[place] as Caveat
      const from = terms.length - 64 * (nth + 1)
      if (from >= 2)
        edit(list, place, { terms: `${terms.slice(0, from)}${word(value)}${terms.slice(from + 64)}` as Hex })
    }),
  )
  return fc.tuple(change, fc.nat()).map(([apply, place]) => {
    const list = [...caveats]
    apply(list, place % list.length)
    return list
  })
}

const COMMON = [
  'ValueLteEnforcer',
  'TimestampEnforcer',
  'RedeemerEnforcer',
  'AllowedCalldataEnforcer',
  'AllowedTargetsEnforcer',
  'NonceEnforcer',
]
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const EDGES = [0n, 1n, 315_360_000n, 315_360_001n, SAFE, SAFE + 1n, MAX_UINT256 - 1n, MAX_UINT256, 1n << 128n]

function edit(list: Caveat[], place: number, change: Partial<Caveat>): void {
  list[place] = { ...(list[place] as Caveat), ...change }
}

describe('readPermission', () => {
  test('default: what MetaMask writes for a permission is read as that permission, in any order of caveats', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(granted, fc.integer(), ({ permission, rules, nonce }, shift) => {
        const caveats = theirCaveats(environment, permission, rules, nonce)
        const at = Math.abs(shift) % caveats.length
        const reading = read([...caveats.slice(at), ...caveats.slice(0, at)])
        expect(reading).toMatchObject({
          troubles: [],
          nonce,
          delegate: `0x${'de'.repeat(20)}`,
          delegator: `0x${'a1'.repeat(20)}`,
        })
        expect(reading.permission).toEqual(permission)
        expect(reading.rules).toEqual(rules)
        seen.add(permission.type)
        for (const rule of rules) seen.add(rule.type)
      }),
      { numRuns: 400 },
    )
    expect(seen.size).toBe(10)
  })

  test('behavior: MetaMask’s own decoder makes the same of it', () => {
    fc.assert(
      fc.property(granted, ({ permission, rules, nonce }) => {
        const caveats = theirCaveats(environment, permission, rules, nonce)
        const { permission: ours, rules: ourRules } = read(caveats)
        expect({ permission: ours, rules: ourRules }).toEqual(theirReading(environment, caveats))
      }),
      { numRuns: 300 },
    )
  })

  test('behavior: a change next to a valid grant is never read as more than MetaMask reads', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(granted.chain(mutated), (caveats) => {
        const { permission, rules, troubles } = read(caveats)
        const theirs = theirReading(environment, caveats)
        expect(permission === null).toBe(troubles.length > 0)
        if (permission !== null) expect({ permission, rules }).toEqual(theirs)
        // Stricter in two things only: what no wallet writes, and the chain refuses.
        else if (theirs !== null) expect(caveats.some(dirtyPayee) || caveats.some(shortNonce)).toBe(true)
        seen.add(permission === null ? (troubles[0] as string) : 'permission')
        if (permission === null && theirs !== null) seen.add('stricter')
      }),
      { numRuns: 3_000 },
    )
    expect([...seen].sort()).toEqual([
      'duplicate_enforcer',
      'missing_enforcer',
      'other_enforcer',
      'other_terms',
      'permission',
      'stricter',
      'unknown_enforcer',
    ])
  })

  test('behavior: amounts, periods and times are those that the codecs of all enforcers read', () => {
    fc.assert(
      fc.property(granted.chain(mutated), (caveats) => {
        const { permission, rules, nonce } = read(caveats)
        if (permission === null) return
        const meanings = caveats.map((caveat) => decodeCaveat(environment, caveat))
        const data = permission.data as Record<string, unknown>
        for (const meaning of meanings) {
          if (meaning.kind === 'nonce') expect(nonce).toBe(meaning.nonce)
          if (meaning.kind === 'timestamp')
            expect(rules).toContainEqual({ type: 'expiry', data: { timestamp: Number(meaning.before) } })
          if (meaning.kind === 'redeemer')
            expect(rules).toContainEqual({ type: 'redeemer', data: { addresses: meaning.redeemers } })
          if ('token' in meaning) expect(data['tokenAddress']).toBe(meaning.token)
          if ('start' in meaning && meaning.kind !== 'allowedCalldata')
            expect(data['startTime']).toBe(Number(meaning.start))
          if ('perSecond' in meaning)
            expect(data).toMatchObject({
              initialAmount: meaning.initial,
              maxAmount: meaning.max,
              amountPerSecond: meaning.perSecond,
            })
          if ('duration' in meaning) expect([data['periodAmount'], data['allowanceAmount']]).toContain(meaning.amount)
        }
        // An expiry in the first second of 1970 is one to the wallet, and terms under which nothing passes to the codec.
        expect(meanings.filter((meaning) => meaning.kind === 'unknown' && meaning.terms !== `0x${word(1)}`)).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  test.each<[string, Hex, Hex, object | null]>([
    ['no approval to take back', '0x00', '0x', null],
    ['the first', '0x01', '0x', { erc20Approve: true, permit2InvalidateNonces: false }],
    ['the third', '0x04', '0x', { erc20Approve: false, erc721SetApprovalForAll: true }],
    ['all six', '0x3f', '0x', { erc20Approve: true, permit2InvalidateNonces: true }],
    ['a seventh', '0x40', '0x', null],
    ['two bytes', '0x0001', '0x', null],
  ])('behavior: ways to take an approval back: %s', (_, terms, args, data) => {
    const { permission, troubles } = read([{ enforcer: at('ApprovalRevocationEnforcer'), terms, args }, nonceCaveat])
    if (data === null) expect([permission, troubles]).toEqual([null, ['other_terms']])
    else expect(permission).toMatchObject({ type: 'token-approval-revocation', data })
  })

  const words = (...values: (number | bigint)[]): Hex => `0x${values.map(word).join('')}`
  const [limit, over] = [315_360_000, 315_360_001]
  test.each<[string, Hex, object | null]>([
    ['NativeTokenPeriodTransferEnforcer', words(1, 1, 1), { periodAmount: 1n, periodDuration: 1, startTime: 1 }],
    ['NativeTokenPeriodTransferEnforcer', words(0, 1, 1), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, 0, 1), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, 1, 0), null],
    [
      'NativeTokenPeriodTransferEnforcer',
      words(1, limit, SAFE),
      { periodAmount: 1n, periodDuration: limit, startTime: Number(SAFE) },
    ],
    ['NativeTokenPeriodTransferEnforcer', words(1, over, 1), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, 1, SAFE + 1n), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, MAX_UINT256 - 1n, 1), null],
    [
      'NativeTokenPeriodTransferEnforcer',
      words(MAX_UINT256, MAX_UINT256, 1),
      { allowanceAmount: MAX_UINT256, startTime: 1 },
    ],
    ['NativeTokenPeriodTransferEnforcer', words(0, MAX_UINT256, 1), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, 1, 1, 1), null],
    ['NativeTokenPeriodTransferEnforcer', words(1, 1), null],
    [
      'NativeTokenStreamingEnforcer',
      words(0, 1, 1, 1),
      { initialAmount: 0n, maxAmount: 1n, amountPerSecond: 1n, startTime: 1 },
    ],
    ['NativeTokenStreamingEnforcer', words(1, 1, 1, 1), null],
    ['NativeTokenStreamingEnforcer', words(2, 1, 1, 1), null],
    ['NativeTokenStreamingEnforcer', words(0, 1, 0, 1), null],
    ['NativeTokenStreamingEnforcer', words(0, 1, 1, 0), null],
    ['NativeTokenStreamingEnforcer', words(0, 1, 1), null],
    ['NativeTokenStreamingEnforcer', words(0, 1, 1, 1, 1), null],
  ])('behavior: amounts and times at their bounds, and one past them: %s %s', (name, terms, data) => {
    const plain: Caveat = { enforcer: at('ExactCalldataEnforcer'), terms: '0x', args: '0x' }
    const { permission, troubles } = read([{ enforcer: at(name), terms, args: '0x' }, plain, nonceCaveat])
    if (data === null) expect([permission, troubles]).toEqual([null, ['other_terms']])
    else expect(permission?.data).toEqual(data)
  })

  test.each<[string, Hex, object | null]>([
    ['TimestampEnforcer', words(1), { timestamp: 1 }],
    ['TimestampEnforcer', words(0), null],
    ['TimestampEnforcer', words(SAFE), { timestamp: Number(SAFE) }],
    ['TimestampEnforcer', words(SAFE + 1n), null],
    ['TimestampEnforcer', words((1n << 128n) + 5n), null],
    ['TimestampEnforcer', `${words(1)}00`, null],
    ['RedeemerEnforcer', `${A}${B.slice(2)}`, { addresses: [A, B] }],
    ['RedeemerEnforcer', A, { addresses: [A] }],
    ['RedeemerEnforcer', '0x', null],
    ['RedeemerEnforcer', `${A}00`, null],
    ['AllowedTargetsEnforcer', `${A}${B.slice(2)}`, { addresses: [A, B] }],
    ['AllowedTargetsEnforcer', '0x00', null],
  ])('behavior: rules at their bounds, and one past them: %s %s', (name, terms, data) => {
    const { permission, rules, troubles } = read([...native, { enforcer: at(name), terms, args: '0x' }])
    if (data === null) expect([permission, rules, troubles]).toEqual([null, [], ['other_terms']])
    else expect(rules.map((rule) => rule.data)).toEqual([data])
  })

  test('behavior: rules come in one order, whatever the order of the caveats', () => {
    const rule = (name: string, terms: Hex): Caveat => ({ enforcer: at(name), terms, args: '0x' })
    const caveats = [
      rule('AllowedTargetsEnforcer', A),
      ...native,
      rule('RedeemerEnforcer', B),
      rule('TimestampEnforcer', words(9)),
    ]
    expect(read(caveats).rules).toEqual([
      { type: 'expiry', data: { timestamp: 9 } },
      { type: 'redeemer', data: { addresses: [B] } },
      { type: 'payee', data: { addresses: [A] } },
    ])
  })

  test.each<[string, string, Hex]>([
    ['a payment with calldata', 'ExactCalldataEnforcer', '0x00'],
    ['a nonce of 31 bytes', 'NonceEnforcer', `0x${'00'.repeat(31)}`],
  ])('behavior: %s is no permission', (_, name, terms) => {
    const caveats = native.map((caveat) => (caveat.enforcer === at(name) ? { ...caveat, terms } : caveat))
    expect(read(caveats)).toMatchObject({ permission: null, troubles: ['other_terms'] })
  })

  test.each<[string, Hex]>([
    ['another position', `0x${word(5)}${'0'.repeat(24)}${A.slice(2)}`],
    ['bytes before the address', `0x${word(4)}${'0'.repeat(23)}1${A.slice(2)}`],
    ['a byte more', `0x${word(4)}${'0'.repeat(24)}${A.slice(2)}00`],
  ])('behavior: a payee at %s is none', (_, terms) => {
    const token: Caveat[] = [
      { enforcer: at('ERC20PeriodTransferEnforcer'), terms: `0x${C.slice(2)}${words(1, 1, 1).slice(2)}`, args: '0x' },
      { enforcer: at('ValueLteEnforcer'), terms: words(0), args: '0x' },
      nonceCaveat,
    ]
    expect(read(token).permission).toMatchObject({ type: 'erc20-token-periodic', data: { tokenAddress: C } })
    const payee = (bytes: Hex): Caveat => ({ enforcer: at('AllowedCalldataEnforcer'), terms: bytes, args: '0x' })
    expect(read([...token, payee(terms)])).toMatchObject({ permission: null, troubles: ['other_terms'] })
    expect(read([...token, payee(`0x${word(4)}${'0'.repeat(24)}${A.slice(2)}`)]).rules).toEqual([
      { type: 'payee', data: { addresses: [A] } },
    ])
  })

  test.each<[string, readonly string[], string]>([
    [
      'two that it could be about',
      ['NativeTokenPeriodTransferEnforcer', 'NativeTokenStreamingEnforcer', 'ExactCalldataEnforcer', 'NonceEnforcer'],
      'other_enforcer',
    ],
    [
      'a redeemer with approvals',
      ['ApprovalRevocationEnforcer', 'NonceEnforcer', 'RedeemerEnforcer'],
      'other_enforcer',
    ],
    [
      'a token’s payee with native coin',
      ['NativeTokenPeriodTransferEnforcer', 'ExactCalldataEnforcer', 'NonceEnforcer', 'AllowedCalldataEnforcer'],
      'other_enforcer',
    ],
    [
      'a native payee with a token',
      ['ERC20PeriodTransferEnforcer', 'ValueLteEnforcer', 'NonceEnforcer', 'AllowedTargetsEnforcer'],
      'other_enforcer',
    ],
    [
      'a token’s guard with native coin',
      ['NativeTokenPeriodTransferEnforcer', 'ValueLteEnforcer', 'NonceEnforcer'],
      'other_enforcer',
    ],
    ['no guard', ['NativeTokenPeriodTransferEnforcer', 'NonceEnforcer'], 'missing_enforcer'],
    [
      'two guards',
      ['ERC20StreamingEnforcer', 'NonceEnforcer', 'ValueLteEnforcer', 'ValueLteEnforcer'],
      'duplicate_enforcer',
    ],
    [
      'two expiries',
      ['ApprovalRevocationEnforcer', 'NonceEnforcer', 'TimestampEnforcer', 'TimestampEnforcer'],
      'duplicate_enforcer',
    ],
    [
      'a payee in the retired type',
      [
        'ValueLteEnforcer',
        'NonceEnforcer',
        'AllowedCalldataEnforcer',
        'AllowedCalldataEnforcer',
        'AllowedTargetsEnforcer',
      ],
      'other_enforcer',
    ],
    ['nothing', [], 'missing_enforcer'],
  ])('behavior: these do not stand together: %s', (_, names, trouble) => {
    const caveats = names.map((name): Caveat => ({ enforcer: at(name), terms: '0x', args: '0x' }))
    expect(read(caveats)).toMatchObject({ permission: null, troubles: [trouble] })
  })

  test('behavior: the retired revocation is read: approve, of nothing, of any token', () => {
    expect(read(retired)).toMatchObject({
      permission: { type: 'erc20-token-revocation', data: {} },
      rules: [{ type: 'expiry', data: { timestamp: 1_800_000_000 } }],
      troubles: [],
    })
    const order = [2, 0, 4, 3, 1].map((index) => retired[index] as Caveat)
    expect(read(order).permission?.type).toBe('erc20-token-revocation')
  })

  test.each<[string, Caveat[], string]>([
    ['another amount', retiredWith(1, `${word(36)}${'0'.repeat(63)}1`), 'other_terms'],
    ['another function', retiredWith(0, `${word(0)}a9059cbb`), 'other_terms'],
    ['the amount elsewhere', retiredWith(1, `${word(4)}${'0'.repeat(64)}`), 'other_terms'],
    ['the selector twice', retiredWith(1, `${word(0)}095ea7b3`), 'other_terms'],
    ['native coin with it', retiredWith(2, `${'0'.repeat(63)}1`), 'other_terms'],
    ['no amount', retired.filter((_, index) => index !== 1), 'missing_enforcer'],
    ['a third part', [...retired, retired[0] as Caveat], 'duplicate_enforcer'],
    ['no nonce', retired.filter((_, index) => index !== 3), 'missing_enforcer'],
  ])('behavior: it is not the retired revocation with %s', (_, caveats, trouble) => {
    expect(read(caveats)).toMatchObject({ permission: null, rules: [], troubles: [trouble] })
  })

  test('behavior: a second link, or one that hangs from nothing, is no permission, and who is who is told', () => {
    const root = { ...linkOf(retired), delegate: B, delegator: A }
    const leaf = { ...linkOf([]), delegate: C, delegator: B, authority: hashDelegation(root) }
    const chain = readPermission(encodeContext([leaf, root]), environment)
    expect(chain).toMatchObject({
      status: 'read',
      delegator: A,
      delegate: C,
      permission: null,
      troubles: ['several_links'],
      nonce: 7n,
    })
    expect(readPermission(encodeContext([leaf]), environment)).toMatchObject({
      permission: null,
      troubles: ['not_root'],
      nonce: null,
    })
    const lower = { ...leaf, caveats: [{ ...nonceCaveat, terms: `0x${word(9)}` as const }] }
    // Only the principal's own nonce ends what the principal granted.
    expect(readPermission(encodeContext([lower, root]), environment)).toMatchObject({ nonce: 7n })
  })

  test('behavior: every caveat is told with its place, its name and its terms, long ones cut', () => {
    const long: Caveat = { enforcer: C, terms: `0x${'ab'.repeat(69)}`, args: '0x' }
    const exact: Caveat = { enforcer: at('IdEnforcer'), terms: `0x${'ab'.repeat(68)}`, args: '0x' }
    const { caveats, troubles } = read([long, exact])
    expect(troubles).toEqual(['unknown_enforcer'])
    expect(caveats).toEqual([
      {
        link: 0,
        index: 0,
        enforcer: C,
        name: null,
        terms: long.terms,
        sentence: `Checked by the unknown contract ${C}: 0x${'ab'.repeat(68)}…`,
      },
      {
        link: 0,
        index: 1,
        enforcer: exact.enforcer,
        name: 'IdEnforcer',
        terms: exact.terms,
        sentence: `Checked by IdEnforcer: ${exact.terms}`,
      },
    ])
  })

  test('behavior: a deployment may write its addresses with a checksum', () => {
    const written = {
      ...environment,
      enforcers: Object.fromEntries(
        Object.entries(environment.enforcers).map(([name, address]) => [name, toChecksum(address)]),
      ),
    }
    expect(readPermission(contextOf(retired), written)).toMatchObject({ troubles: [] })
  })

  test.each<[string, unknown, string]>([
    ['nothing', '0x', 'delegation.context_empty'],
    ['no text', undefined, 'delegation.context_not_hex'],
    ['an object', { toString: () => '0x' }, 'delegation.context_not_hex'],
    ['a byte more', `${contextOf(retired)}00`, 'delegation.context_trailing_bytes'],
    ['a byte less', contextOf(retired).slice(0, -2), 'delegation.context_truncated'],
    ['a megabyte', `0x${'00'.repeat(1_000_000)}`, 'delegation.context_too_large'],
  ])('error: unreadable: %s', (_, context, code) => {
    expect(readPermission(context as Hex, environment)).toEqual({ status: 'unreadable', code })
  })

  test('error: never throws, whatever the bytes', () => {
    const valid = contextOf(retired)
    fc.assert(
      fc.property(fc.nat(valid.length - 3), fc.constantFrom(...'0123456789abcdef'), (position, digit) => {
        const context = `${valid.slice(0, position + 2)}${digit}${valid.slice(position + 3)}` as Hex
        expect(['read', 'unreadable']).toContain(readPermission(context, environment).status)
      }),
      { numRuns: 1_000 },
    )
  })
})

function linkOf(caveats: readonly Caveat[]): Delegation {
  return decodeContext(contextOf(caveats))[0] as Delegation
}

function dirtyPayee({ enforcer, terms }: Caveat): boolean {
  return enforcer === at('AllowedCalldataEnforcer') && !/^0x0{63}40{24}/.test(terms)
}

function shortNonce({ enforcer, terms }: Caveat): boolean {
  return enforcer === at('NonceEnforcer') && terms.length !== 66
}
