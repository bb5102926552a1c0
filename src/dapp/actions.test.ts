import {
  ChainDisconnectedError,
  createWalletClient,
  custom,
  InvalidParamsRpcError,
  MethodNotFoundRpcError,
  ProviderDisconnectedError,
  UnauthorizedProviderError,
  UnsupportedNonOptionalCapabilityError,
  UnsupportedProviderMethodError,
  UserRejectedRequestError,
} from 'viem'
import { describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { Address } from '../primitives/hex.ts'
import { askWallet, walletError } from './ask.ts'
import { erc7715Actions } from './decorator.ts'
import { DappError, type DappErrorCode } from './errors.ts'
import { getGrantedExecutionPermissions } from './getGrantedExecutionPermissions.ts'
import { getSupportedExecutionPermissions } from './getSupportedExecutionPermissions.ts'
import { requestExecutionPermissions } from './requestExecutionPermissions.ts'
import { revokeExecutionPermission } from './revokeExecutionPermission.ts'
import type { PermissionRequest } from './types.ts'
import { toWireRequest } from './wire.ts'

const A: Address = `0x${'a1'.repeat(20)}`
const B: Address = `0x${'b2'.repeat(20)}`
const request: PermissionRequest = {
  chainId: 1,
  to: B,
  permission: { type: 'native-token-allowance', isAdjustmentAllowed: true, data: { allowanceAmount: 5n } },
  rules: [{ type: 'expiry', data: { timestamp: 9 } }],
}
const wire = { ...toWireRequest(request), from: A, context: '0x12', dependencies: [], delegationManager: B }

/** A provider that answers with one value or throws it, and keeps what it was asked. */
function wallet(answer: unknown, fails = false) {
  const asked: { method: string; params?: unknown }[] = []
  const provider = {
    request: async (args: { method: string; params?: unknown }) => {
      asked.push(args)
      if (fails) throw answer
      return answer
    },
  }
  return { client: createWalletClient({ transport: custom(provider, { retryCount: 3 }) }) as NodeClient, asked }
}

describe('getSupportedExecutionPermissions', () => {
  const supported = {
    'native-token-allowance': { chainIds: ['0x1', '0xAA36a7'], ruleTypes: ['expiry'] },
    'erc20-token-revocation': { chainIds: [], ruleTypes: [] },
    'nft-mint': { chainIds: ['0x01'], ruleTypes: ['weekends'], more: 1 },
  }
  test('default: chains as numbers; types and rules that nobody knows are kept', async () => {
    const { client, asked } = wallet(supported)
    expect(await getSupportedExecutionPermissions(client)).toEqual({
      'native-token-allowance': { chainIds: [1, 11_155_111], ruleTypes: ['expiry'] },
      'erc20-token-revocation': { chainIds: [], ruleTypes: [] },
      'nft-mint': { chainIds: [1], ruleTypes: ['weekends'] },
    })
    expect(asked).toEqual([{ method: 'wallet_getSupportedExecutionPermissions', params: [] }])
  })

  test('behavior: a type that is called like a prototype is a type', async () => {
    const found = await getSupportedExecutionPermissions(
      wallet(JSON.parse('{"__proto__": {"chainIds": ["0x1"], "ruleTypes": []}}')).client,
    )
    expect(Object.keys(found)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(found)).toBe(Object.prototype)
  })

  test.each([
    ['dapp.answer_not_an_object', null],
    ['dapp.answer_not_an_object', []],
    ['dapp.answer_not_an_object', { a: 7 }],
    ['dapp.answer_member_missing', { a: null }],
    ['dapp.answer_member_missing', { a: { chainIds: [] } }],
    ['dapp.answer_member_missing', { a: { ruleTypes: [] } }],
    ['dapp.answer_not_a_list', { a: { chainIds: '0x1', ruleTypes: [] } }],
    ['dapp.answer_bad_chain_id', { a: { chainIds: [1], ruleTypes: [] } }],
    ['dapp.answer_bad_text', { a: { chainIds: [], ruleTypes: [1] } }],
    ['dapp.answer_bad_text', { a: { chainIds: [], ruleTypes: ['x'.repeat(501)] } }],
    ['dapp.answer_too_large', { a: { chainIds: Array.from({ length: 257 }, () => '0x1'), ruleTypes: [] } }],
    [
      'dapp.answer_too_large',
      Object.fromEntries(Array.from({ length: 257 }, (_, at) => [at, { chainIds: [], ruleTypes: [] }])),
    ],
  ])('error: %s: %#', async (code, answer) => {
    expect((await codeOfAsync(() => getSupportedExecutionPermissions(wallet(answer).client))).code).toBe(code)
  })

  test('behavior: as many as are read', async () => {
    const chainIds = Array.from({ length: 256 }, () => '0x1')
    const many = Object.fromEntries(Array.from({ length: 256 }, (_, at) => [at, { chainIds, ruleTypes: [] }]))
    expect(Object.keys(await getSupportedExecutionPermissions(wallet(many).client))).toHaveLength(256)
  })
})

describe('requestExecutionPermissions', () => {
  test('default: the list is the parameters, and the answers stand in its order', async () => {
    const { client, asked } = wallet([wire, { ...wire, to: A }])
    const answers = await requestExecutionPermissions(client, [request, { ...request, to: A }])
    expect(answers.map(({ to }) => to)).toEqual([B, A])
    expect(answers[0]).toEqual({ ...request, from: A, context: '0x12', dependencies: [], delegationManager: B })
    expect(asked).toEqual([
      {
        method: 'wallet_requestExecutionPermissions',
        params: [toWireRequest(request), toWireRequest({ ...request, to: A })],
      },
    ])
  })

  test.each([
    ['dapp.answer_too_short', [], { asked: 1, answered: 0 }],
    ['dapp.answer_too_long', [wire, wire], { asked: 1, answered: 2 }],
    ['dapp.answer_not_a_list', wire, { member: '' }],
    ['dapp.answer_not_a_list', null, { value: 'null' }],
    ['dapp.answer_too_large', Array.from({ length: 257 }, () => wire), {}],
    ['dapp.answer_bad_address', [{ ...wire, to: '' }], { member: '/0/to' }],
    [
      'dapp.answer_retired_permission',
      [{ ...wire, permission: { type: 'erc20-token-revocation', isAdjustmentAllowed: false, data: {} } }],
      { member: '/0' },
    ],
  ])('error: %s: %#', async (code, answer, details) => {
    const error = await codeOfAsync(() => requestExecutionPermissions(wallet(answer).client, [request]))
    expect(error.code).toBe(code)
    expect(error.details).toMatchObject(details)
  })

  test('error: what no wallet could grant is not asked', async () => {
    const { client, asked } = wallet([wire])
    for (const requests of [[], [{ ...request, chainId: 0 }]]) {
      expect((await codeOfAsync(() => requestExecutionPermissions(client, requests))).code).toBe('dapp.bad_request')
    }
    expect(asked).toEqual([])
  })
})

describe('getGrantedExecutionPermissions', () => {
  test('default: each as what it is', async () => {
    const { client, asked } = wallet([wire, { ...wire, permission: { type: 'new' } }])
    const found = await getGrantedExecutionPermissions(client)
    expect(found.map(({ status }) => status)).toEqual(['known', 'unknown'])
    expect(asked).toEqual([{ method: 'wallet_getGrantedExecutionPermissions', params: [] }])
  })

  test('error: no list, or one with something else in it', async () => {
    expect((await codeOfAsync(() => getGrantedExecutionPermissions(wallet({}).client))).code).toBe(
      'dapp.answer_not_a_list',
    )
    expect((await codeOfAsync(() => getGrantedExecutionPermissions(wallet([7]).client))).code).toBe(
      'dapp.answer_not_an_object',
    )
  })
})

describe('revokeExecutionPermission', () => {
  test.each([[null], [undefined], [{}], [[]]])('default: %j is empty', async (answer) => {
    const { client, asked } = wallet(answer)
    expect(await revokeExecutionPermission(client, { permissionContext: '0x12' })).toBeUndefined()
    expect(asked).toEqual([{ method: 'wallet_revokeExecutionPermission', params: { permissionContext: '0x12' } }])
  })

  test.each([
    ['dapp.answer_not_empty', { ok: true }],
    ['dapp.answer_not_empty', [1]],
    ['dapp.answer_not_an_object', true],
    ['dapp.answer_not_an_object', '0x'],
  ])('error: %s: %j', async (code, answer) => {
    const { client } = wallet(answer)
    expect((await codeOfAsync(() => revokeExecutionPermission(client, { permissionContext: '0x' }))).code).toBe(code)
  })
})

describe('erc7715Actions', () => {
  test('default: the four on a client', async () => {
    const supported = wallet({})
    const client = supported.client.extend(erc7715Actions())
    expect(await client.getSupportedExecutionPermissions()).toEqual({})
    expect(await wallet([wire]).client.extend(erc7715Actions()).requestExecutionPermissions([request])).toHaveLength(1)
    expect(await wallet([wire]).client.extend(erc7715Actions()).getGrantedExecutionPermissions()).toHaveLength(1)
    const revoking = wallet(null)
    await revoking.client.extend(erc7715Actions()).revokeExecutionPermission({ permissionContext: '0x12' })
    expect(revoking.asked).toHaveLength(1)
  })
})

describe('askWallet', () => {
  const codes: [number, DappErrorCode, unknown, string][] = [
    [4001, 'dapp.rejected', UserRejectedRequestError, 'never'],
    [4100, 'dapp.unauthorized', UnauthorizedProviderError, 'never'],
    [4200, 'dapp.unsupported_method', UnsupportedProviderMethodError, 'never'],
    [-32601, 'dapp.unsupported_method', MethodNotFoundRpcError, 'never'],
    [-32004, 'dapp.unsupported_method', Error, 'never'],
    [-32602, 'dapp.invalid_params', InvalidParamsRpcError, 'never'],
    [4900, 'dapp.disconnected', ProviderDisconnectedError, 'reconcile'],
    [4901, 'dapp.disconnected', ChainDisconnectedError, 'reconcile'],
    [4902, 'dapp.wrong_network', Error, 'never'],
    [5710, 'dapp.wrong_network', Error, 'never'],
    [5700, 'dapp.unsupported_capability', UnsupportedNonOptionalCapabilityError, 'never'],
    [-32603, 'dapp.wallet_failed', Error, 'reconcile'],
    [-32005, 'dapp.wallet_failed', Error, 'reconcile'],
    [12, 'dapp.wallet_failed', Error, 'reconcile'],
  ]
  test.each(codes)(
    'error: %i is %s, with the error of viem as its cause, and asked once',
    async (number, code, type, retry) => {
      const { client, asked } = wallet(Object.assign(new Error('<b>secret'), { code: number }), true)
      const error = await codeOfAsync(() => askWallet(client, 'wallet_x', [1]))
      expect(error).toBeInstanceOf(DappError)
      expect(error).toMatchObject({ code, retry })
      expect(error.details['method']).toBe('wallet_x')
      expect(error.walk((it) => it instanceof (type as typeof Error))).toBeDefined()
      expect(error.message).not.toContain('secret')
      expect(asked).toHaveLength(1)
    },
  )

  test.each([[undefined], [null], ['no'], [{}], [{ code: '4001' }], [{ code: [4001] }]])(
    'error: a wallet that throws %j',
    async (thrown) => {
      const { client } = wallet(thrown, true)
      expect((await codeOfAsync(() => askWallet(client, 'wallet_x', []))).code).toBe('dapp.wallet_failed')
    },
  )

  test('behavior: two questions alike are two questions', async () => {
    const { client, asked } = wallet(7)
    await Promise.all([askWallet(client, 'wallet_x', [1]), askWallet(client, 'wallet_x', [1])])
    expect(asked).toHaveLength(2)
  })

  test('behavior: the code that counts lies anywhere in the chain of causes, but not without end', () => {
    const nested = (depth: number): unknown => (depth === 0 ? { code: 4001 } : { code: -1, cause: nested(depth - 1) })
    expect(walletError(nested(15), 'x')).toMatchObject({ code: 'dapp.rejected', details: { walletCode: 4001 } })
    expect(walletError(nested(16), 'x')).toMatchObject({ code: 'dapp.wallet_failed', details: { walletCode: null } })
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect(walletError(circle, 'x').code).toBe('dapp.wallet_failed')
    const trap = Object.defineProperty({}, 'code', {
      get: () => {
        throw new Error('no')
      },
    })
    expect(walletError(trap, 'x').code).toBe('dapp.wallet_failed')
  })
})

describe('DappError', () => {
  test.each([
    ['dapp.rejected', /said no/],
    ['dapp.preview_declined', /said no/],
    ['dapp.unauthorized', /does not let/],
    ['dapp.unsupported_method', /cannot do this/],
    ['dapp.wrong_network', /another chain/],
    ['dapp.wallet_failed', /failed/],
    ['dapp.disconnected', /failed/],
    ['dapp.failed', /failed/],
    ['dapp.bad_request', /request/],
    ['dapp.retired_type', /request/],
    ['dapp.invalid_params', /request/],
    ['dapp.not_expressible', /No way/],
    ['dapp.answer_bad_time', /answer/],
    ['dapp.lowered', /less/],
    ['dapp.account_unknown', /account/],
    ['dapp.revoked', /ended/],
    ['dapp.nonce_ended', /ended/],
    ['dapp.expired', /ended/],
    ['dapp.unproven', /proves/],
    ['dapp.raised', /something else/],
    ['dapp.context_open_delegate', /something else/],
  ] as const)('default: %s', (code, words) => {
    const error = new DappError(code)
    expect(error.shortMessage).toMatch(words)
    expect(error.fix).not.toBe('')
    expect(error).toMatchObject({ code, retry: 'never', details: {}, name: 'DappError' })
  })
})
