import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { getEnvironment } from '../chain/deployments.ts'
import { encodeContext } from '../delegation/context.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { grantId } from '../grant/id.ts'
import type { Address } from '../primitives/hex.ts'
import { assertNoMore, compareGranted, type Difference } from './compare.ts'
import type { PermissionRequest, PermissionResponse } from './types.ts'
import { readWalletGrant } from './walletGrant.ts'

const environment = getEnvironment(8453)
const A: Address = `0x${'a1'.repeat(20)}`
const B: Address = `0x${'b2'.repeat(20)}`
const C: Address = `0x${'c3'.repeat(20)}`
const TOKEN: Address = `0x${'70'.repeat(20)}`

const request: PermissionRequest = {
  chainId: 8453,
  from: A,
  to: B,
  permission: {
    type: 'erc20-token-periodic',
    isAdjustmentAllowed: false,
    data: { tokenAddress: TOKEN, periodAmount: 10n, periodDuration: 100, startTime: 1_000 },
  },
  rules: [{ type: 'expiry', data: { timestamp: 9_000 } }],
}
function answer(
  { amount = 10n, nonce = 4n, start = 1_000n }: { amount?: bigint; nonce?: bigint; start?: bigint } = {},
  more: Partial<Delegation> = {},
): PermissionResponse {
  const caveats: DecodedCaveat[] = [
    { kind: 'erc20PeriodTransfer', token: TOKEN, amount, duration: 100n, start },
    { kind: 'valueLte', max: 0n },
    { kind: 'timestamp', after: 0n, before: 9_000n },
    { kind: 'nonce', nonce },
  ]
  const delegation: Delegation = {
    delegate: B,
    delegator: A,
    authority: ROOT_AUTHORITY,
    caveats: caveats.map((caveat) => encodeCaveat(environment, caveat)),
    salt: `0x${'07'.repeat(32)}`,
    signature: '0x12',
    ...more,
  }
  const data = { ...request.permission.data, periodAmount: amount, startTime: Number(start) }
  return {
    ...request,
    permission: { ...request.permission, data } as PermissionRequest['permission'],
    context: encodeContext([delegation]),
    dependencies: [],
    delegationManager: environment.manager,
  }
}
const compare = (response: PermissionResponse, asked = request) => compareGranted(asked, response, { environment })
const coded = (response: PermissionResponse, asked = request) => codeOf(() => compare(response, asked))

describe('compareGranted', () => {
  test('default: what was signed, and no difference', () => {
    const { read, permission, differences } = compare(answer())
    expect(differences).toEqual([])
    expect(permission).toEqual({ ...request.permission })
    expect(read).toMatchObject({ delegator: A, delegate: B, nonce: 4n, rules: request.rules })
  })

  test('behavior: the account is of no matter where neither side named it, and holds where either did', () => {
    const { from: _, ...anyone } = request
    const { from: __, ...unsaid } = answer()
    expect(compare(unsaid, anyone).read.delegator).toBe(A)
    expect(compare(answer(), anyone).differences).toEqual([])
    expect(compare(unsaid).differences).toEqual([])
    expect(coded({ ...answer(), from: C })).toMatchObject({
      code: 'dapp.other_account',
      details: { requested: A, granted: C },
    })
    expect(coded({ ...answer(), from: C }, anyone)).toMatchObject({ code: 'dapp.context_other_account' })
    const { from: ___, ...signedByOther } = answer({}, { delegator: C })
    expect(coded(signedByOther)).toMatchObject({
      code: 'dapp.context_other_account',
      details: { requested: A, granted: C },
    })
  })

  test('error: for another chain than the page knows the deployment of', () => {
    const other = { ...request, chainId: 10 }
    expect(coded({ ...answer(), chainId: 10 }, other)).toMatchObject({
      code: 'dapp.other_chain',
      details: { requested: 8453, granted: 10 },
      retry: 'reconcile',
    })
    expect(coded({ ...answer(), chainId: 10 })).toMatchObject({
      code: 'dapp.other_chain',
      details: { requested: 8453 },
    })
  })

  test('error: another type or token than was asked for, whatever was signed', () => {
    const data = { tokenAddress: TOKEN, allowanceAmount: 1n }
    const allowance = {
      ...answer(),
      permission: { type: 'erc20-token-allowance' as const, isAdjustmentAllowed: false, data },
    }
    expect(coded(allowance)).toMatchObject({
      code: 'dapp.other_permission',
      details: { requested: 'erc20-token-periodic', granted: 'erc20-token-allowance' },
    })
    const native = {
      type: 'native-token-allowance' as const,
      isAdjustmentAllowed: false,
      data: { allowanceAmount: 1n },
    }
    expect(coded(answer(), { ...request, permission: native }).code).toBe('dapp.other_permission')
  })

  test('error: what the wallet says of it is compared with what was signed, in both directions, rules too', () => {
    const said = (change: object) => ({ ...answer({ amount: 11n }), ...change })
    for (const periodAmount of [10n, 12n]) {
      const data = { ...request.permission.data, periodAmount }
      expect(coded(said({ permission: { ...request.permission, data } }))).toMatchObject({
        code: 'dapp.context_other_permission',
        details: { what: 'periodAmount', requested: periodAmount.toString(), granted: '11' },
      })
    }
    expect(coded({ ...answer(), rules: [] })).toMatchObject({
      code: 'dapp.context_other_permission',
      details: { what: 'expiry' },
    })
    const payee = { type: 'payee' as const, data: { addresses: [C] } }
    expect(coded({ ...answer(), rules: [...request.rules, payee] })).toMatchObject({
      details: { requested: [C], granted: null },
    })
  })

  test('error: what is no permission, or has what nobody signed', () => {
    expect(coded(answer({}, { authority: `0x${'12'.repeat(32)}` })).code).toBe('dapp.context_not_root')
    expect(coded(answer({}, { caveats: [] })).code).toBe('dapp.context_missing_enforcer')
    const { caveats } = readWalletGrant(request, answer(), { environment }).delegation
    const args = caveats.map((caveat, index) => ({ ...caveat, args: index === 2 ? ('0x12' as const) : caveat.args }))
    expect(coded(answer({}, { caveats: args })).code).toBe('dapp.context_args')
  })

  test('error: the code of what cannot be read', () => {
    expect(coded({ ...answer(), context: '0x' })).toMatchObject({
      code: 'dapp.context_unreadable',
      details: { problem: 'delegation.context_empty' },
    })
  })

  test('behavior: a start that was left to the wallet is looked at where the page says when it asked', () => {
    const { startTime: _, ...data } = request.permission.data as { startTime: number; periodAmount: bigint }
    const asked = { ...request, permission: { ...request.permission, data } as PermissionRequest['permission'] }
    const at = (askedAt?: number) =>
      compareGranted(asked, answer({ start: 1_000n }), { environment, askedAt }).differences
    expect(at()).toEqual([])
    expect(at(4_600)).toEqual([])
    expect(at(4_601)).toMatchObject([{ what: 'startTime', requested: null, granted: 1_000, change: 'higher' }])
  })
})

describe('assertNoMore', () => {
  const of = (...changes: Difference['change'][]) =>
    changes.map((change, index): Difference => ({ what: `w${index}`, requested: 1n, granted: [A], change }))
  test('default: nothing, or less where that may be', () => {
    expect(assertNoMore([])).toBeUndefined()
    expect(assertNoMore(of('lower', 'lower'), true)).toBeUndefined()
  })

  test.each([
    ['dapp.lowered', of('lower'), false, 'w0'],
    ['dapp.raised', of('lower', 'other', 'higher'), false, 'w2'],
    ['dapp.raised', of('lower', 'other', 'higher'), true, 'w2'],
    ['dapp.changed', of('lower', 'other'), false, 'w1'],
    ['dapp.changed', of('other', 'lower'), true, 'w0'],
    ['dapp.lowered', of('lower', 'lower'), false, 'w0'],
  ] as const)('error: %s', (code, differences, acceptLower, what) => {
    const error = codeOf(() => assertNoMore(differences, acceptLower))
    expect(error).toMatchObject({ code, retry: 'reconcile', details: { what, requested: '1', granted: [A] } })
  })
})

describe('readWalletGrant', () => {
  test('default: an id as grants have, what was signed, and both sides of the question', () => {
    const response = answer()
    const grant = readWalletGrant(request, response, { environment })
    expect(grant).toMatchObject({
      schema: 'ambit.walletGrant.v1',
      chainId: 8453,
      manager: environment.manager,
      principal: A,
      delegate: B,
      nonce: 4n,
      request,
      response,
      differences: [],
    })
    expect(grant.hash).toBe(hashDelegation(grant.delegation))
    expect(grant.id).toBe(grantId(environment.manager, 8453, [grant.hash]))
  })

  test('error: more; less unless that may be', () => {
    const read = (amount: bigint, acceptLower?: boolean) =>
      readWalletGrant(request, answer({ amount }), { environment, acceptLower })
    expect(codeOf(() => read(11n, true)).code).toBe('dapp.raised')
    expect(codeOf(() => read(9n)).code).toBe('dapp.lowered')
    expect(read(9n, true)).toMatchObject({
      permission: { data: { periodAmount: 9n } },
      differences: [{ change: 'lower' }],
    })
  })
})
