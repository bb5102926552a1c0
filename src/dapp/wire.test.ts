import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { LAST_INSTANT, MAX_UINT256 } from '../primitives/bounds.ts'
import type { Address } from '../primitives/hex.ts'
import type { Permission, PermissionRequest, PermissionResponse, PermissionRule } from './types.ts'
import { fromWireRequest, fromWireResponse, readGranted, toWireRequest, toWireResponse } from './wire.ts'

const A: Address = `0x${'a1'.repeat(20)}`
const B: Address = `0x${'b2'.repeat(20)}`
const LAST = Number(LAST_INSTANT)

const anyAddress = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Address => `0x${Buffer.from(bytes).toString('hex')}`)
const amount = (min: bigint) => fc.oneof(fc.constantFrom(min, MAX_UINT256), fc.bigInt({ min, max: MAX_UINT256 }))
const seconds = fc.oneof(fc.constantFrom(1, LAST), fc.integer({ min: 1, max: LAST }))
const text = fc.string({ minLength: 0, maxLength: 500 })
const optional = { startTime: seconds, justification: text }
const stream = { initialAmount: amount(0n), maxAmount: amount(1n), amountPerSecond: amount(1n), ...optional }
const periodic = { periodAmount: amount(1n), periodDuration: seconds, ...optional }
const allowance = { allowanceAmount: amount(1n), ...optional }
const token = { tokenAddress: anyAddress }
const flags = Object.fromEntries(
  [
    'erc20Approve',
    'erc721Approve',
    'erc721SetApprovalForAll',
    'permit2Approve',
    'permit2Lockdown',
    'permit2InvalidateNonces',
  ].map((flag) => [flag, fc.boolean()]),
)
const SHAPES = {
  'native-token-stream': [stream, ['amountPerSecond']],
  'native-token-periodic': [periodic, ['periodAmount', 'periodDuration']],
  'native-token-allowance': [allowance, ['allowanceAmount']],
  'erc20-token-stream': [{ ...token, ...stream }, ['tokenAddress', 'amountPerSecond']],
  'erc20-token-periodic': [{ ...token, ...periodic }, ['tokenAddress', 'periodAmount', 'periodDuration']],
  'erc20-token-allowance': [{ ...token, ...allowance }, ['tokenAddress', 'allowanceAmount']],
  'token-approval-revocation': [{ ...flags, justification: text }, Object.keys(flags)],
} as const

const anyPermission = fc.oneof(
  ...Object.entries(SHAPES).map(([type, [shape, requiredKeys]]) =>
    fc.record({
      type: fc.constant(type),
      isAdjustmentAllowed: fc.boolean(),
      data: fc.record(shape as Record<string, fc.Arbitrary<unknown>>, { requiredKeys: [...requiredKeys] }),
    }),
  ),
) as unknown as fc.Arbitrary<Permission>

const anyRules: fc.Arbitrary<readonly PermissionRule[]> = fc.uniqueArray(
  fc.oneof(
    fc.record({ type: fc.constant('expiry' as const), data: fc.record({ timestamp: seconds }) }),
    fc.record({
      type: fc.constantFrom('redeemer' as const, 'payee' as const),
      data: fc.record({ addresses: fc.array(anyAddress, { minLength: 1, maxLength: 4 }) }),
    }),
  ),
  { selector: ({ type }) => type },
)

const anyRequest = fc.record(
  {
    chainId: fc.oneof(fc.constantFrom(1, Number.MAX_SAFE_INTEGER), fc.integer({ min: 1, max: 2 ** 40 })),
    from: anyAddress,
    to: anyAddress,
    permission: anyPermission,
    rules: anyRules,
  },
  { requiredKeys: ['chainId', 'to', 'permission', 'rules'] },
) as fc.Arbitrary<PermissionRequest>

const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}` as const)
const anyResponse: fc.Arbitrary<PermissionResponse> = fc
  .tuple(
    anyRequest,
    anyBytes,
    fc.array(fc.record({ factory: anyAddress, factoryData: anyBytes }), { maxLength: 8 }),
    anyAddress,
  )
  .map(([request, context, dependencies, delegationManager]) => ({
    ...request,
    context,
    dependencies,
    delegationManager,
  }))

const request: PermissionRequest = {
  chainId: 8453,
  from: A,
  to: B,
  permission: {
    type: 'erc20-token-periodic',
    isAdjustmentAllowed: false,
    data: { tokenAddress: A, periodAmount: 10n, periodDuration: 86_400, startTime: 7, justification: 'bills' },
  },
  rules: [
    { type: 'expiry', data: { timestamp: 9 } },
    { type: 'payee', data: { addresses: [A, B] } },
  ],
}
const response: PermissionResponse = { ...request, context: '0x1234', dependencies: [], delegationManager: B }
const wire = toWireResponse(response)

describe('toWireRequest', () => {
  test('default: chain and amounts in hexadecimal, times as numbers, rules as they are', () => {
    expect(toWireRequest(request)).toEqual({
      chainId: '0x2105',
      from: A,
      to: B,
      permission: {
        type: 'erc20-token-periodic',
        isAdjustmentAllowed: false,
        data: { tokenAddress: A, periodAmount: '0xa', periodDuration: 86_400, startTime: 7, justification: 'bills' },
      },
      rules: request.rules,
    })
    const { from: _, ...anyone } = request
    expect(toWireRequest(anyone)).not.toHaveProperty('from')
  })

  test('behavior: what is written is JSON, and is read again alike', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyRequest, (request) => {
        seen.add(request.permission.type)
        expect(fromWireRequest(JSON.parse(JSON.stringify(toWireRequest(request))))).toEqual(request)
      }),
      { numRuns: 300 },
    )
    expect(seen.size).toBe(7)
  })

  test('behavior: a member that is undefined is absent', () => {
    const data = { ...request.permission.data, startTime: undefined }
    const written = toWireRequest({ ...request, from: undefined, permission: { ...request.permission, data } } as never)
    expect(written).not.toHaveProperty('from')
    expect(written.permission.data).not.toHaveProperty('startTime')
  })

  test('error: the retired type is never asked for', () => {
    const permission = { type: 'erc20-token-revocation' as const, isAdjustmentAllowed: false, data: {} }
    expect(codeOf(() => toWireRequest({ ...request, permission })).code).toBe('dapp.retired_type')
  })

  const data = (change: object) => ({
    permission: { ...request.permission, data: { ...request.permission.data, ...change } },
  })
  test.each([
    ['/chainId', { chainId: 0 }],
    ['/chainId', { chainId: -1 }],
    ['/chainId', { chainId: 1.5 }],
    ['/chainId', { chainId: Number.MAX_SAFE_INTEGER + 1 }],
    ['/from', { from: '0x12' }],
    ['/to', { to: `${B}00` }],
    ['/permission/type', { permission: { ...request.permission, type: 'all' } }],
    ['/permission/isAdjustmentAllowed', { permission: { ...request.permission, isAdjustmentAllowed: 'no' } }],
    ['/permission/data/periodAmount', data({ periodAmount: 0n })],
    ['/permission/data/periodAmount', data({ periodAmount: -5n })],
    ['/permission/data/periodAmount', data({ periodAmount: MAX_UINT256 + 1n })],
    ['/permission/data/periodAmount', data({ periodAmount: 5 })],
    ['/permission/data/periodAmount', data({ periodAmount: undefined })],
    ['/permission/data/periodDuration', data({ periodDuration: 0 })],
    ['/permission/data/startTime', data({ startTime: LAST + 1 })],
    ['/permission/data/startTime', data({ startTime: 0 })],
    ['/permission/data/justification', data({ justification: 'x'.repeat(501) })],
    ['/permission/data/allowanceAmount', data({ allowanceAmount: 1n })],
    ['/rules/0/data/timestamp', { rules: [{ type: 'expiry', data: { timestamp: 0.5 } }] }],
    ['/rules/0/data/addresses', { rules: [{ type: 'payee', data: { addresses: [] } }] }],
    [
      '/rules/0/data/addresses',
      { rules: [{ type: 'payee', data: { addresses: Array.from({ length: 257 }, () => A) } }] },
    ],
    ['/rules/0/type', { rules: [{ type: 'gas', data: {} }] }],
    ['/rules/1', { rules: [request.rules[0], request.rules[0], request.rules[0]] }],
    ['/permission/data/first', data({ first: 1, second: 2 })],
    [
      '/permission/data/maxAmount',
      {
        permission: {
          ...request.permission,
          type: 'native-token-stream',
          data: { amountPerSecond: 1n, maxAmount: 0n },
        },
      },
    ],
  ])('error: %s, which a wallet could not grant: %#', (member, change) => {
    const error = codeOf(() => toWireRequest({ ...request, ...change } as never))
    expect(error.code).toBe('dapp.bad_request')
    expect(error.details['member']).toBe(member)
  })

  test('behavior: at the bounds', () => {
    for (const change of [
      data({ periodAmount: 1n }),
      data({ periodAmount: MAX_UINT256 }),
      data({ startTime: LAST }),
      data({ startTime: 1 }),
      data({ justification: 'x'.repeat(500) }),
      { rules: [{ type: 'payee', data: { addresses: Array.from({ length: 256 }, () => A) } }] },
    ]) {
      expect(toWireRequest({ ...request, ...change } as never).to).toBe(B)
    }
  })
})

describe('fromWireResponse', () => {
  test('default: what any wallet answers, in any case, with null for what is absent', () => {
    fc.assert(
      fc.property(anyResponse, (response) => {
        expect(fromWireResponse(JSON.parse(JSON.stringify(toWireResponse(response))))).toEqual(response)
      }),
      { numRuns: 200 },
    )
    const shouted = JSON.parse(
      JSON.stringify(wire).replaceAll(/0x([0-9a-f]+)/g, (_, digits) => `0x${digits.toUpperCase()}`),
    )
    expect(fromWireResponse(shouted)).toEqual(response)
    const { rules: _, from: __, ...bare } = wire
    for (const nothing of [null, undefined]) {
      expect(fromWireResponse({ ...bare, rules: nothing, from: nothing })).toEqual({
        ...fromWireResponse(bare),
        rules: [],
      })
    }
    expect(fromWireResponse({ ...bare, chainId: '0x02105', more: 'from a later wallet' }).chainId).toBe(8453)
  })

  const without = (key: string) => Object.fromEntries(Object.entries(wire).filter(([name]) => name !== key))
  test.each(['chainId', 'to', 'permission', 'context', 'dependencies', 'delegationManager'])(
    'error: without %s',
    (key) => {
      const error = codeOf(() => fromWireResponse(without(key)))
      expect(error.code).toBe('dapp.answer_member_missing')
      expect(error.details['member']).toBe(`/${key}`)
    },
  )

  test.each([
    ['dapp.answer_bad_chain_id', { chainId: '0x' }],
    ['dapp.answer_bad_chain_id', { chainId: '8453' }],
    ['dapp.answer_bad_chain_id', { chainId: '0x0' }],
    ['dapp.answer_bad_chain_id', { chainId: '0x20000000000000' }],
    ['dapp.answer_bad_chain_id', { chainId: `0x${'0'.repeat(64)}1` }],
    ['dapp.answer_bad_address', { delegationManager: `x${B}` }],
    ['dapp.answer_bad_address', { from: 7 }],
    ['dapp.answer_bad_bytes', { context: '0x123' }],
    ['dapp.answer_bad_bytes', { context: '1234' }],
    ['dapp.answer_bad_bytes', { context: `0x${'00'.repeat(32_769)}` }],
    ['dapp.answer_bad_bytes', { context: ['0x12'] }],
    ['dapp.answer_not_a_list', { dependencies: {} }],
    ['dapp.answer_not_a_list', { rules: { 0: { type: 'expiry' } } }],
    ['dapp.answer_too_large', { dependencies: Array.from({ length: 9 }, () => ({ factory: A, factoryData: '0x' })) }],
    ['dapp.answer_too_large', { rules: Array.from({ length: 257 }, () => request.rules[0]) }],
    ['dapp.answer_member_missing', { dependencies: [{ factory: A }] }],
    ['dapp.answer_bad_address', { dependencies: [{ factory: '0x', factoryData: '0x' }] }],
    ['dapp.answer_bad_bytes', { dependencies: [{ factory: A, factoryData: 1 }] }],
    ['dapp.answer_not_an_object', { permission: 'erc20-token-periodic' }],
    ['dapp.answer_not_an_object', { permission: [] }],
    ['dapp.answer_not_an_object', { rules: [null] }],
    ['dapp.answer_not_an_object', { permission: { ...wire.permission, data: [] } }],
    [
      'dapp.answer_too_large',
      {
        permission: { ...wire.permission, data: Object.fromEntries(Array.from({ length: 257 }, (_, at) => [at, at])) },
      },
    ],
  ])('error: %s: %#', (code, change) => {
    expect(codeOf(() => fromWireResponse({ ...wire, ...change })).code).toBe(code)
  })

  test('behavior: at the bounds', () => {
    expect(fromWireResponse({ ...wire, chainId: '0x1fffffffffffff' }).chainId).toBe(Number.MAX_SAFE_INTEGER)
    expect(fromWireResponse({ ...wire, context: `0x${'00'.repeat(32_768)}` }).context).toHaveLength(65_538)
    const dependencies = Array.from({ length: 8 }, () => ({ factory: A, factoryData: '0x' }))
    expect(fromWireResponse({ ...wire, dependencies }).dependencies).toHaveLength(8)
  })

  test('error: members that are computed, inherited, in a hole, or behind a trap; none is looked at twice', () => {
    const looked: string[] = []
    const getter = (at: object, key: string) =>
      Object.defineProperty({ ...at }, key, { enumerable: true, get: () => looked.push(key) })
    const setter = Object.defineProperty({ ...wire }, 'to', { enumerable: true, set: () => {} })
    const list = Object.defineProperty([request.rules[0]], 0, { get: () => looked.push('0') })
    const written = Object.defineProperty([request.rules[0]], 0, { set: () => {} })
    for (const [code, answer] of [
      ['dapp.answer_getter', getter(wire, 'context')],
      ['dapp.answer_getter', setter],
      ['dapp.answer_getter', { ...wire, rules: list }],
      ['dapp.answer_getter', { ...wire, rules: written }],
      ['dapp.answer_getter', { ...wire, permission: getter(wire.permission, 'type') }],
      ['dapp.answer_member_missing', Object.create(wire)],
      ['dapp.answer_not_an_object', { ...wire, rules: new Array(1) }],
      [
        'dapp.answer_unreadable',
        new Proxy(wire, {
          getOwnPropertyDescriptor: () => {
            throw new Error('<b>')
          },
        }),
      ],
      [
        'dapp.answer_unreadable',
        {
          ...wire,
          rules: new Proxy([], {
            get: () => {
              throw 'no error'
            },
          }),
        },
      ],
    ] as const) {
      const error = codeOf(() => fromWireResponse(answer))
      expect(error.code).toBe(code)
      expect(error.cause).toBeUndefined()
    }
    expect(looked).toEqual([])
    const counted = new Map<PropertyKey, number>()
    fromWireResponse(
      new Proxy(wire, {
        getOwnPropertyDescriptor(target, key) {
          counted.set(key, (counted.get(key) ?? 0) + 1)
          return Object.getOwnPropertyDescriptor(target, key)
        },
      }),
    )
    expect(counted.get('context')).toBe(1)
    expect(counted.get('permission')).toBe(1)
  })

  test('error: a value is shown short, and never as the object that it is', () => {
    const long = codeOf(() => fromWireResponse({ ...wire, to: 'x'.repeat(100_000) }))
    expect(long.details['value']).toHaveLength(80)
    expect(codeOf(() => fromWireResponse({ ...wire, to: { toString: () => 'y' } })).details['value']).toBe('object')
    expect(codeOf(() => fromWireResponse(null)).details['value']).toBe('null')
    const data = { ...wire.permission.data, ['k'.repeat(1_000_000)]: 1 }
    const named = codeOf(() => fromWireResponse({ ...wire, permission: { ...wire.permission, data } }))
    expect(named).toMatchObject({ code: 'dapp.answer_member_unknown' })
    expect(named.details['member']).toBe('/permission/data/'.padEnd(160, 'k'))
  })
})

describe('readGranted', () => {
  const read = (value: unknown) => readGranted({ value, path: '' })
  test('default: known, retired, and what is younger than this release', () => {
    expect(read(wire)).toEqual({ ...response, status: 'known' })
    const retired = { type: 'erc20-token-revocation', isAdjustmentAllowed: true, data: {} }
    expect(read({ ...wire, permission: retired })).toMatchObject({ status: 'known', permission: retired })
    const envelope = { chainId: 8453, from: A, to: B, context: '0x1234', dependencies: [], delegationManager: B }
    expect(read({ ...wire, permission: { type: 'contract-call', data: 7 } })).toEqual({
      ...envelope,
      status: 'unknown',
      type: 'contract-call',
    })
    const { permission } = wire
    expect(read({ ...wire, permission: { ...permission, data: { ...permission.data, weekends: true } } })).toEqual({
      ...envelope,
      status: 'unknown',
      type: 'erc20-token-periodic',
    })
    expect(read({ ...wire, rules: [...wire.rules, { type: 'weekends' }] })).toEqual({
      ...envelope,
      status: 'unknown',
      type: 'erc20-token-periodic',
    })
  })

  test('error: of a known type, and not of its form; of an unknown one, without an envelope', () => {
    expect(codeOf(() => read({ ...wire, permission: { ...wire.permission, data: {} } })).code).toBe(
      'dapp.answer_member_missing',
    )
    expect(codeOf(() => read({ ...wire, permission: { type: 'new' }, to: '' })).code).toBe('dapp.answer_bad_address')
    expect(codeOf(() => read({ ...wire, permission: { type: 7 } })).code).toBe('dapp.answer_bad_text')
  })
})
