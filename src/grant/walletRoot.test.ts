import { describe, expect, test } from 'vitest'
import { AGENT, PAYEES, PRINCIPAL, scopeDocument, USDC } from '../../test/arbitraries/scope.ts'
import { codeOf } from '../../test/codes.ts'
import { environment } from '../../test/fixtures/verdict.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { bindSalt } from '../compile/salt.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { MAX_UINT256 } from '../primitives/bounds.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { scopeHash } from '../scope/hash.ts'
import { parseScope } from '../scope/parse.ts'
import { assertGrantsScope } from './compare.ts'
import { grantFromWallet } from './fromWallet.ts'
import { grantId } from './id.ts'
import { parseGrant } from './parse.ts'
import { serializeGrant } from './serialize.ts'

type Document = ReturnType<typeof scopeDocument>
const PAY = { id: 'pay', class: 'transfer' as const, asset: USDC, to: [PAYEES[0]], budget: 'daily' }
const scopeOf = (rule: object = {}, budget: object = {}, more: Partial<Document> = {}) =>
  parseScope(
    scopeDocument([{ ...PAY, ...rule }], {
      budgets: { daily: { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' as const, ...budget } },
      ...more,
    }),
  )
const padded = (address: Address): Hex => `0x${'00'.repeat(12)}${address.slice(2)}`

const PERIOD = { amount: 10_000_000n, duration: 86_400n, start: 1_795_132_800n }
const NONCE: DecodedCaveat = { kind: 'nonce', nonce: 3n }
const EXPIRY: DecodedCaveat = { kind: 'timestamp', after: 0n, before: 1_797_724_800n }
const REDEEMER: DecodedCaveat = { kind: 'redeemer', redeemers: [AGENT] }
const PAYEE: DecodedCaveat = { kind: 'allowedCalldata', start: 4n, value: padded(PAYEES[0]) }
const VALUE: DecodedCaveat = { kind: 'valueLte', max: 0n }
const TOKEN: DecodedCaveat = { kind: 'erc20PeriodTransfer', token: USDC, ...PERIOD }
const ALL = [TOKEN, VALUE, EXPIRY, REDEEMER, PAYEE, NONCE]

function signed(caveats: readonly DecodedCaveat[], more: Partial<Delegation> = {}): Delegation {
  return {
    delegate: AGENT,
    delegator: PRINCIPAL,
    authority: ROOT_AUTHORITY,
    caveats: caveats.map((caveat) => encodeCaveat(environment, caveat)),
    salt: `0x${'5a'.repeat(32)}`,
    signature: '0x1234',
    ...more,
  }
}
const grantOf = (scope = scopeOf(), delegation = signed(ALL)) => grantFromWallet({ scope, delegation, environment })
const differs = (scope = scopeOf(), delegation = signed(ALL)) => {
  const error = codeOf(() => grantOf(scope, delegation))
  expect(error.code).toBe('grant.not_the_scope')
  return error.details['differs']
}

describe('grantFromWallet', () => {
  test('default: a token permission, its caveats in any order, is a grant of its scope', () => {
    const grant = grantOf()
    expect(grant).toMatchObject({
      schema: 'ambit.grant.v1',
      origin: 'wallet',
      lowering: 'framework',
      chainId: 8453,
      manager: environment.manager,
      accepted: [[]],
      branches: [{ rule: 'pay', payee: PAYEES[0], links: [0] }],
    })
    expect(grantOf(scopeOf(), signed(ALL.toReversed())).scopeHash).toBe(grant.scopeHash)
    expect(parseGrant(serializeGrant(grant), { environment })).toEqual(grant)
    expect(parseGrant(serializeGrant(grant))).toEqual(grant)
    expect(JSON.parse(serializeGrant(grant)).origin).toBe('wallet')
  })

  const native = { asset: 'native' as const }
  const coin = { assets: { native: '1' } }
  const COIN = { amount: 10n * 10n ** 18n, duration: 86_400n, start: PERIOD.start }
  const EMPTY: DecodedCaveat = { kind: 'exactCalldata', data: '0x' }

  test('behavior: an allowance is a period that never ends, and begins when the wallet says', () => {
    const { notBefore: _, ...document } = scopeDocument([PAY], {
      budgets: { daily: { assets: { [USDC]: '1' }, max: '10' } },
    })
    const open = parseScope(document)
    const forever = (start: bigint): DecodedCaveat => ({ ...TOKEN, duration: MAX_UINT256, start }) as DecodedCaveat
    const of = (start: bigint) => signed([forever(start), ...ALL.slice(1)])
    for (const start of [1n, 1_795_000_000n]) expect(grantOf(open, of(start)).scopes).toEqual([open])
    const dated = scopeOf({}, { per: undefined, window: undefined })
    expect(grantOf(dated, of(PERIOD.start)).scopes).toEqual([dated])
    expect(differs(dated, of(PERIOD.start + 1n))).toBe('caveats')
    expect(differs(open)).toBe('caveats')
  })

  test('behavior: the native coin, to one, several, or anyone', () => {
    const limit: DecodedCaveat = { kind: 'nativePeriodTransfer', ...COIN }
    const targets = (targets: readonly Address[]): DecodedCaveat => ({ kind: 'allowedTargets', targets })
    const of = (...payees: DecodedCaveat[]) => signed([limit, EMPTY, EXPIRY, REDEEMER, ...payees, NONCE])
    const two = [PAYEES[0], PAYEES[1]]
    expect(grantOf(scopeOf(native, coin), of(targets([PAYEES[0]]))).branches).toEqual([
      { rule: 'pay', payee: PAYEES[0], links: [0] },
    ])
    expect(grantOf(scopeOf({ ...native, to: two }, coin), of(targets(two))).branches).toEqual([
      { rule: 'pay', links: [0] },
    ])
    expect(grantOf(scopeOf({ ...native, to: 'anyone' }, coin), of()).branches).toEqual([{ rule: 'pay', links: [0] }])
    expect(differs(scopeOf({ ...native, to: two }, coin), of(targets([PAYEES[0]])))).toBe('caveats')
    expect(differs(scopeOf(native, coin), of())).toBe('caveats')
  })

  test('behavior: what is handed on may name who redeems in the end; what is not names the delegate', () => {
    const deep = scopeOf({}, {}, { redelegation: { maxDepth: 1 } })
    const others: DecodedCaveat = { kind: 'redeemer', redeemers: [PAYEES[1], PAYEES[2]] }
    const of = (...redeemers: DecodedCaveat[]) => signed([TOKEN, VALUE, EXPIRY, ...redeemers, PAYEE, NONCE])
    for (const redeemers of [[], [REDEEMER], [others]]) expect(grantOf(deep, of(...redeemers)).origin).toBe('wallet')
    expect(differs(scopeOf(), of())).toBe('caveats')
    expect(differs(scopeOf(), of(others))).toBe('caveats')
  })

  const changed: [what: string, caveats: DecodedCaveat[]][] = [
    ['more', [{ ...TOKEN, amount: 10_000_001n } as DecodedCaveat, ...ALL.slice(1)]],
    ['less', [{ ...TOKEN, amount: 9_999_999n } as DecodedCaveat, ...ALL.slice(1)]],
    ['a shorter period', [{ ...TOKEN, duration: 86_399n } as DecodedCaveat, ...ALL.slice(1)]],
    ['other windows', [{ ...TOKEN, start: PERIOD.start + 1n } as DecodedCaveat, ...ALL.slice(1)]],
    ['another token', [{ ...TOKEN, token: PAYEES[2] } as DecodedCaveat, ...ALL.slice(1)]],
    ['a later end', ALL.map((it) => (it === EXPIRY ? ({ ...EXPIRY, before: 1_797_724_801n } as DecodedCaveat) : it))],
    ['no end', ALL.filter((it) => it !== EXPIRY)],
    ['native value', ALL.map((it) => (it === VALUE ? ({ ...VALUE, max: 1n } as DecodedCaveat) : it))],
    ['another payee', ALL.map((it) => (it === PAYEE ? ({ ...PAYEE, value: padded(PAYEES[1]) } as DecodedCaveat) : it))],
    ['the payee at another place', ALL.map((it) => (it === PAYEE ? ({ ...PAYEE, start: 36n } as DecodedCaveat) : it))],
    ['one caveat more', [...ALL, { kind: 'limitedCalls', limit: 1n }]],
    ['one caveat twice', [...ALL, VALUE]],
    ['no nonce', ALL.filter((it) => it !== NONCE)],
    ['no limit', ALL.filter((it) => it !== TOKEN)],
  ]
  test.each(changed.map(([what, caveats], index) => [what, index, caveats] as const))('error: %s', (_, __, caveats) => {
    expect(differs(scopeOf(), signed(caveats))).toBe('caveats')
  })

  test('error: an unknown enforcer, other accounts, a scope that no permission says', () => {
    const foreign = signed(ALL)
    const [first, ...rest] = foreign.caveats
    expect(differs(scopeOf(), { ...foreign, caveats: [{ ...first, enforcer: PAYEES[2] } as never, ...rest] })).toBe(
      'caveats',
    )
    for (const scope of [scopeOf({}, {}, { calls: { max: 3 } }), scopeOf({ to: [PAYEES[0], PAYEES[1]] })]) {
      expect(differs(scope)).toBe('no token permission')
    }
    const two = parseScope(
      scopeDocument([PAY, { ...PAY, id: 'more', budget: 'more' }], {
        budgets: Object.fromEntries(
          ['daily', 'more'].map((name) => [
            name,
            { assets: { [USDC]: '1' }, max: '10', per: 'P1D', window: 'fixed' as const },
          ]),
        ),
      }),
    )
    expect(differs(two)).toBe('no token permission')
    for (const more of [{ delegator: PAYEES[1] }, { delegate: PAYEES[1] }]) {
      expect(codeOf(() => grantOf(scopeOf(), signed(ALL, more))).code).toBe('grant.wrong_actor')
    }
  })
})

describe('assertGrantsScope', () => {
  test('error: of a wallet, and accepted by name, for another manager, or with two delegations', () => {
    const grant = grantOf()
    const of = (change: object) =>
      codeOf(() => assertGrantsScope({ ...grant, ...change }, environment)).details['differs']
    expect(of({ accepted: [['/calls']] })).toBe('accepted')
    expect(of({ manager: PAYEES[2] })).toBe('manager')
    const [first] = grant.delegations as [Delegation]
    const second = { ...first, salt: `0x${'5b'.repeat(32)}` as Hex }
    expect(
      of({
        delegations: [first, second],
        branches: [...grant.branches, { rule: 'pay', payee: PAYEES[0], links: [1] }],
      }),
    ).toBe('links')
    expect(of({ branches: [{ rule: 'pay', links: [0] }] })).toBe('payee')
    expect(of({ branches: [{ rule: 'other', payee: PAYEES[0], links: [0] }] })).toBe('rule')
  })
})

describe('parseGrant', () => {
  const document = (change: object) => ({ ...JSON.parse(serializeGrant(grantOf())), ...change })
  test("error: a wallet's delegation that does not say so is bound to no scope", () => {
    const { origin: _, ...unsaid } = document({})
    expect(codeOf(() => parseGrant(unsaid)).code).toBe('grant.not_the_signed_scope')
    expect(codeOf(() => parseGrant(document({ origin: 'page' }))).code).toBe('grant.malformed')
  })

  test('error: only the root is the wallet’s: what is handed on under it is bound to its scope', () => {
    const deep = scopeOf({}, {}, { redelegation: { maxDepth: 1 } })
    const root = signed([TOKEN, VALUE, EXPIRY, PAYEE, NONCE])
    const grant = grantOf(deep, root)
    const child = parseScope({ ...scopeOf(), delegate: PAYEES[2] })
    const leaf = signed(ALL, { delegator: AGENT, delegate: PAYEES[2], authority: hashDelegation(root) })
    const file = JSON.parse(
      JSON.stringify({
        ...grant,
        id: grantId(grant.manager, 8453, [hashDelegation(leaf)]),
        scopeHash: scopeHash(child),
        scopes: [deep, child],
        accepted: [[], []],
        delegations: [root, leaf],
        branches: [{ ...grant.branches[0], links: [1, 0] }],
      }),
    )
    expect(codeOf(() => parseGrant(file)).details).toMatchObject({ delegation: 1, scope: 1 })
    const bound = { ...leaf, salt: bindSalt(scopeHash(child), `0x${'77'.repeat(32)}`) }
    const id = grantId(grant.manager, 8453, [hashDelegation(bound)])
    const good = parseGrant({ ...file, id, delegations: [root, bound] })
    expect(good).toMatchObject({ origin: 'wallet', id })
  })
})
