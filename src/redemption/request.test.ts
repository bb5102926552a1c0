import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import { decodeTaskScopeArgs } from '../caveats/taskScope/args.ts'
import { requestDigest } from '../caveats/taskScope/requestDigest.ts'
import type { TaskScopeTerms } from '../caveats/taskScope/types.ts'
import type { Environment } from '../caveats/types.ts'
import { decodeContext } from '../delegation/context.ts'
import { encodeCalls } from '../delegation/execution.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { recoverSigner } from '../delegation/signature.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Action } from '../verdict/types.ts'
import { decodeRedemption } from './decode.ts'
import { encodeRedemption } from './encode.ts'
import { requestOf, signRequest, unsignedRequest } from './request.ts'

const at = (digit: string): Address => `0x${digit.repeat(40)}`
const key = privateKeyToAccount(`0x${'11'.repeat(32)}`)
const confirmer = privateKeyToAccount(`0x${'22'.repeat(32)}`)
const lower = (address: string) => address.toLowerCase() as Address
const enforcer = at('e')
const environment: Environment = {
  chainId: 31337,
  framework: '1.3.0',
  manager: at('d'),
  entryPoint: at('1'),
  simpleFactory: at('2'),
  implementations: { hybrid: at('3'), multiSig: at('4'), stateless7702: at('5') },
  enforcers: { TaskScopeEnforcer: enforcer, NonceEnforcer: at('6') },
}

function termsOf(parts: Partial<TaskScopeTerms> = {}): TaskScopeTerms {
  const rule = { selector: '0x', length: 0, longer: false, conditions: [], allowance: null, measured: null } as const
  return {
    notBefore: 0n,
    expiry: 2_000_000_000n,
    maxExecutions: 10,
    group: `0x${'07'.repeat(8)}`,
    guardian: null,
    requestKey: lower(key.address),
    confirmer: lower(confirmer.address),
    calls: null,
    redeemers: [],
    budgets: [{ window: 'lifetime', period: null, cap: 100n, threshold: 50n }],
    rules: [{ ...rule, target: at('f'), maxValue: 100n, charges: [{ budget: 0, source: 'value', weight: 1n }] }],
    ...parts,
  }
}

function grantOf(terms: TaskScopeTerms | null, ...more: Delegation['caveats'][number][]): Grant {
  const caveats = terms === null ? more : [encodeCaveat(environment, { kind: 'taskScope', ...terms }), ...more]
  const root: Delegation = {
    delegate: ANY_DELEGATE,
    delegator: at('a'),
    authority: ROOT_AUTHORITY,
    caveats,
    salt: `0x${'07'.repeat(32)}`,
    signature: `0x${'11'.repeat(65)}`,
  }
  return {
    schema: 'ambit.grant.v1',
    id: `0x${'00'.repeat(32)}`,
    chainId: 31337,
    manager: environment.manager,
    lowering: 'fused',
    scopes: [],
    scopeHash: `0x${'00'.repeat(32)}`,
    accepted: [],
    delegations: [root],
    branches: [{ links: [0] }],
  }
}

const action: Action = { chainId: 31337, redeemer: at('c'), calls: [{ to: at('f'), value: 5n, data: '0x' }] }
const many = { ...action, calls: [...action.calls, { to: at('f'), value: 6n, data: '0x' as Hex }] }
const [number, deadline] = [2n ** 64n - 1n, 2n ** 40n - 1n]

describe('requestOf', () => {
  test('default: the leaf’s hash and enforcer, the bytes that will be redeemed, and who signs', () => {
    const grant = grantOf(termsOf())
    for (const asked of [action, many]) {
      expect(requestOf(grant, { environment, action: asked, number, deadline })).toEqual({
        request: {
          chainId: 31337,
          enforcer,
          delegation: hashDelegation(grant.delegations[0] as Delegation),
          ...encodeCalls(asked.calls),
          number,
          deadline,
        },
        key: lower(key.address),
        confirmer: lower(confirmer.address),
      })
    }
    const keyless = grantOf(termsOf({ requestKey: null }))
    expect(requestOf(keyless, { environment, action, number, deadline })).toMatchObject({ key: null })
    const alone = grantOf(
      termsOf({ confirmer: null, budgets: [{ ...termsOf().budgets[0], threshold: null } as never] }),
    )
    expect(requestOf(alone, { environment, action, number, deadline })).toMatchObject({ confirmer: null })
  })

  test('behavior: of a link above the leaf, by its hash, for it asks by itself', () => {
    const plain = grantOf(termsOf())
    const [root] = plain.delegations as [Delegation]
    const leaf = {
      ...root,
      delegator: root.delegate,
      authority: hashDelegation(root),
      salt: `0x${'08'.repeat(32)}` as Hex,
    }
    const two = { ...plain, delegations: [root, leaf], branches: [{ links: [1, 0] }] }
    const about = { environment, action, number, deadline }
    const of = (delegation?: Hex) => requestOf(two, { ...about, ...(delegation && { delegation }) }).request.delegation
    expect(of()).toBe(hashDelegation(leaf))
    expect(of(hashDelegation(leaf))).toBe(hashDelegation(leaf))
    expect(of(hashDelegation(root))).toBe(hashDelegation(root))
    const foreign: Hex = `0x${'ee'.repeat(32)}`
    expect(codeOf(() => of(foreign))).toMatchObject({
      code: 'redemption.no_such_branch',
      details: { delegation: foreign },
    })
  })

  test('error: no branch, no request, out of bounds', () => {
    const refused = (grant: Grant, parts: object = {}) =>
      codeOf(() => requestOf(grant, { environment, action, number, deadline, ...parts })).code
    const nonce = encodeCaveat(environment, { kind: 'nonce', nonce: 0n })
    const open = termsOf({
      requestKey: null,
      confirmer: null,
      budgets: [{ window: 'lifetime', period: null, cap: 100n, threshold: null }],
    })
    expect(refused(grantOf(termsOf()), { branch: 1 })).toBe('redemption.no_such_branch')
    expect(refused(grantOf(open))).toBe('redemption.no_request')
    expect(refused(grantOf(null, nonce))).toBe('redemption.no_request')
    expect(refused(grantOf(null))).toBe('redemption.no_request')
    expect(refused(grantOf(termsOf(), nonce))).toBe('redemption.no_request')
    expect(refused(grantOf(termsOf()), { number: 2n ** 64n })).toBe('caveats.out_of_range')
    expect(refused(grantOf(termsOf()), { deadline: 2n ** 40n })).toBe('caveats.out_of_range')
    expect(refused(grantOf(termsOf()), { action: { calls: [] } })).toBe('delegation.no_calls')
  })
})

describe('signRequest', () => {
  const { request } = requestOf(grantOf(termsOf()), { environment, action, number, deadline })

  test('default: a signature of the account over the digest', async () => {
    const signature = await signRequest(key, request)
    expect(recoverSigner(requestDigest(request), signature)).toEqual({ status: 'signed', signer: lower(key.address) })
  })

  test('behavior: of a contract’s confirmer what its owner signed, unwrapped and unjudged', async () => {
    const owner = { address: at('9'), type: 'smart', signTypedData: async () => '0x1234' as Hex }
    expect(await signRequest(owner, request)).toBe('0x1234')
  })

  test('error: a local account that answers with another one’s signature', async () => {
    const liar = { address: key.address, type: 'local', signTypedData: confirmer.signTypedData }
    expect(await codeOfAsync(() => signRequest(liar, request))).toMatchObject({
      code: 'delegation.bad_signature',
      details: { reason: 'other_signer', account: lower(key.address) },
    })
  })
})

describe('encodeRedemption', () => {
  test('behavior: what was signed goes into the leaf’s args, and nothing else of the chain changes', async () => {
    const grant = grantOf(termsOf())
    const { request } = requestOf(grant, { environment, action, number, deadline })
    const unsigned = { ...action, request: unsignedRequest({ number, deadline }) }
    const signature = await signRequest(key, request)
    const confirmation = await signRequest(confirmer, request)
    const argsOf = (asked: Action, hasKey = true) => {
      const { context, chain } = encodeRedemption(grant, 0, asked)
      expect(chain).toEqual([hashDelegation(grant.delegations[0] as Delegation)])
      return decodeTaskScopeArgs(decodeContext(context)[0]?.caveats[0]?.args as Hex, { hasKey })
    }
    expect(argsOf({ ...action, request: { number, deadline, signature, confirmation } })).toEqual({
      number,
      deadline,
      request: signature,
      confirmation,
    })
    expect(argsOf({ ...action, request: { ...unsigned.request, confirmation } }, false)).toMatchObject({
      request: null,
      confirmation,
    })
    const { data } = encodeRedemption(grant, 0, { ...many, request: { number, deadline, signature, confirmation } })
    expect(decodeRedemption(data)).toMatchObject({ calls: many.calls })
    expect(encodeRedemption(grant, 0, action).context).not.toContain(signature.slice(2))
  })

  test('behavior: a link above takes only what was signed for it', () => {
    const grant = grantOf(termsOf())
    const [root] = grant.delegations as [Delegation]
    const leaf: Delegation = { ...root, delegator: root.delegate, authority: hashDelegation(root) }
    const two = { ...grant, delegations: [root, leaf], branches: [{ links: [1, 0] }] }
    const request = { number: 1n, deadline, signature: null, confirmation: '0x77' as Hex }
    const requestsAbove = { [hashDelegation(root)]: request, [hashDelegation(leaf)]: { ...request, number: 2n } }
    const [first, second] = decodeContext(encodeRedemption(two, 0, { ...action, requestsAbove }).context)
    expect(first?.caveats[0]?.args).toBe('0x')
    expect(decodeTaskScopeArgs(second?.caveats[0]?.args as Hex, { hasKey: false })).toMatchObject({ number: 1n })
  })

  test('error: a delegation with no caveat, or with several, has no place for it', () => {
    const request = unsignedRequest({ number, deadline })
    const nonce = encodeCaveat(environment, { kind: 'nonce', nonce: 0n })
    for (const grant of [grantOf(null), grantOf(termsOf(), nonce)])
      expect(codeOf(() => encodeRedemption(grant, 0, { ...action, request })).code).toBe('redemption.no_request')
  })
})
