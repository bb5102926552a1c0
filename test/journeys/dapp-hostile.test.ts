import { encodeAbiParameters, type LocalAccount, serializeErc6492Signature } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeDisable } from '../../src/chain/disable.ts'
import { requestGrant, type WirePermissionRequest, type WirePermissionResponse } from '../../src/dapp/index.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { useChain } from '../rig/chain.ts'
import { dailyScope, OTHER } from '../rig/dappScope.ts'
import { addressOf, nodeOf, upgraded } from '../rig/grant.ts'
import { type Draft, type MetamaskWalletOptions, metamaskWallet } from '../rig/metamaskWallet.ts'

const chain = useChain()
let alice: LocalAccount
let agent: LocalAccount
let plain: LocalAccount
let foreign: LocalAccount
/** A context of the right content that its delegator has revoked. */
let revoked: Hex

type Bend = Omit<MetamaskWalletOptions, 'chain' | 'signer'> & Partial<Pick<MetamaskWalletOptions, 'signer'>>
type Case = [
  code: string,
  attack: string,
  bend: () => Bend,
  scope?: () => Partial<Parameters<typeof dailyScope>[2]> & { by?: LocalAccount },
]

const data = (change: object) => (response: WirePermissionResponse) => ({
  ...response,
  permission: { ...response.permission, data: { ...response.permission.data, ...change } },
})
const member = (change: object) => ({ answer: (response: WirePermissionResponse) => ({ ...response, ...change }) })
const items = (make: (response: unknown) => unknown): Bend => ({
  methods: {
    wallet_requestExecutionPermissions: () => make({}),
  },
})
const adjust =
  (change: object) =>
  (request: WirePermissionRequest): WirePermissionRequest => ({
    ...request,
    permission: { ...request.permission, data: { ...request.permission.data, ...change } },
  })
const sign = (change: (draft: Draft) => Partial<Draft>): Bend => ({ sign: (draft) => ({ ...draft, ...change(draft) }) })
/** The caveat at a place of [period, valueLte, timestamp, redeemer, payee, nonce], changed. */
const caveat = (at: number, change: Partial<Draft['caveats'][number]>) =>
  sign(({ caveats }) => ({ caveats: caveats.map((it, index) => (index === at ? { ...it, ...change } : it)) }))
const enforcer = (name: string) => chain.environment.enforcers[name] as Address
const uint = (value: bigint) => encodeAbiParameters([{ type: 'uint256' }], [value])
const FACTORY: Address = `0x${'fa'.repeat(20)}`
const dependency = (factory: Address) => member({ dependencies: [{ factory, factoryData: '0x1234' }] })

const CASES: readonly Case[] = [
  ['dapp.answer_not_a_list', 'no list', () => items(() => ({ 0: {} }))],
  ['dapp.answer_not_an_object', 'nothing in the list', () => ({ answer: () => null })],
  ['dapp.answer_too_large', 'a list without end', () => items(() => Array.from({ length: 257 }, () => ({})))],
  ['dapp.answer_too_short', 'no answer', () => items(() => [])],
  ['dapp.answer_too_long', 'one answer more', () => items(() => [{}, {}])],
  [
    'dapp.answer_getter',
    'a context that is another one at the second look',
    () => ({
      answer: (response) =>
        Object.defineProperty({ ...response }, 'context', { get: () => response.context, enumerable: true }),
    }),
  ],
  ['dapp.answer_member_missing', 'members of a prototype', () => ({ answer: (response) => Object.create(response) })],
  ['dapp.answer_member_unknown', 'a member that nobody knows', () => ({ answer: data({ unlimited: true }) })],
  ['dapp.answer_bad_chain_id', 'a number for the chain', () => member({ chainId: 31_337 })],
  ['dapp.answer_bad_address', 'a short address', () => member({ to: '0x1234' })],
  ['dapp.answer_bad_amount', 'a decimal amount', () => ({ answer: data({ periodAmount: '10' }) })],
  ['dapp.answer_bad_time', 'a time as text', () => ({ answer: data({ periodDuration: '86400' }) })],
  ['dapp.answer_bad_text', 'a megabyte of reason', () => ({ answer: data({ justification: 'x'.repeat(1_000_000) }) })],
  [
    'dapp.answer_bad_flag',
    'a word for a flag',
    () => ({
      answer: (response) => ({ ...response, permission: { ...response.permission, isAdjustmentAllowed: 'false' } }),
    }),
  ],
  ['dapp.answer_bad_bytes', 'a context that is no bytes', () => member({ context: '0xabc' })],
  [
    'dapp.answer_unknown_permission',
    'a type that nobody knows',
    () => ({ answer: (response) => ({ ...response, permission: { ...response.permission, type: 'everything' } }) }),
  ],
  [
    'dapp.answer_retired_permission',
    'a retired type',
    () => member({ permission: { type: 'erc20-token-revocation', isAdjustmentAllowed: false, data: {} } }),
  ],
  [
    'dapp.answer_unknown_rule',
    'a rule that nobody knows',
    () => ({ answer: (response) => ({ ...response, rules: [...response.rules, { type: 'weekends', data: {} }] }) }),
  ],
  [
    'dapp.answer_rule_twice',
    'two expiries',
    () => ({ answer: (response) => ({ ...response, rules: [...response.rules, response.rules[0]] }) }),
  ],
  [
    'dapp.answer_unreadable',
    'an answer that throws when looked at',
    () => ({
      answer: () =>
        new Proxy(
          {},
          {
            getOwnPropertyDescriptor: () => {
              throw new TypeError('<script>')
            },
          },
        ),
    }),
  ],
  ['dapp.other_chain', 'another chain', () => member({ chainId: '0x1' })],
  ['dapp.other_account', 'another account', () => member({ from: OTHER })],
  ['dapp.other_delegate', 'another delegate', () => member({ to: OTHER })],
  ['dapp.other_manager', 'a manager of its own', () => member({ delegationManager: OTHER })],
  ['dapp.other_permission', 'another token', () => ({ adjust: adjust({ tokenAddress: OTHER }) })],
  [
    'dapp.context_unreadable',
    'a context with something behind it',
    () => ({ answer: (response) => ({ ...response, context: `${response.context}00` }) }),
  ],
  ['dapp.context_several_links', 'two links', () => ({ sign: (draft) => [draft, { ...draft, salt: 7n }] })],
  ['dapp.context_not_root', 'a link under another one', () => sign(() => ({ authority: `0x${'12'.repeat(32)}` }))],
  ['dapp.context_unknown_enforcer', 'an enforcer of its own', () => caveat(0, { enforcer: OTHER })],
  [
    'dapp.context_other_enforcer',
    'a caveat more',
    () =>
      sign(({ caveats }) => ({
        caveats: [...caveats, { enforcer: enforcer('LimitedCallsEnforcer'), terms: uint(9n), args: '0x' }],
      })),
  ],
  [
    'dapp.context_duplicate_enforcer',
    'a caveat twice',
    () => sign(({ caveats }) => ({ caveats: [...caveats, ...caveats.slice(1, 2)] })),
  ],
  [
    'dapp.context_missing_enforcer',
    'native value left open',
    () => sign(({ caveats }) => ({ caveats: caveats.filter((_, index) => index !== 1) })),
  ],
  ['dapp.context_other_terms', 'a wei of native value', () => caveat(1, { terms: uint(1n) })],
  [
    'dapp.context_other_account',
    'signed from another account than it says',
    () => ({ as: OTHER, ...member({ from: addressOf(alice) }) }),
  ],
  ['dapp.context_other_delegate', 'signed for another delegate than it says', () => sign(() => ({ delegate: OTHER }))],
  [
    'dapp.context_open_delegate',
    'signed for anyone',
    () => sign(() => ({ delegate: '0x0000000000000000000000000000000000000a11' })),
  ],
  [
    'dapp.context_other_permission',
    'ten times signed, once said',
    () => ({ adjust: adjust({ periodAmount: '0x5f5e100' }), answer: data({ periodAmount: '0x989680' }) }),
  ],
  ['dapp.context_args', 'args that nobody signed', () => caveat(0, { args: '0x12' })],
  ['dapp.raised', 'ten times as much', () => ({ adjust: adjust({ periodAmount: '0x5f5e100' }) })],
  ['dapp.lowered', 'a tenth', () => ({ adjust: adjust({ periodAmount: '0xf4240' }) })],
  ['dapp.changed', 'windows that begin at another hour', () => ({ adjust: adjust({ startTime: 1_704_070_800 }) })],
  ['dapp.bad_signature', "somebody else's signature", () => ({ signer: agent, as: addressOf(alice) })],
  [
    'dapp.wrapped_signature',
    'a signature that brings its own factory',
    () => ({ signature: (signature) => serializeErc6492Signature({ address: FACTORY, data: '0x12', signature }) }),
  ],
  ['dapp.account_not_upgraded', 'an account without code', () => ({ signer: plain }), () => ({ by: plain })],
  ['dapp.account_unknown', 'an account that runs something else', () => ({ signer: foreign }), () => ({ by: foreign })],
  [
    'dapp.foreign_factory',
    'an account that a stranger would deploy',
    () => ({ as: OTHER, ...dependency(FACTORY) }),
    () => ({ principal: OTHER }),
  ],
  ['dapp.needless_dependency', 'a contract to call for an account that is there', () => dependency(FACTORY)],
  ['dapp.revoked', 'an old context, revoked', () => ({ answer: (response) => ({ ...response, context: revoked }) })],
  ['dapp.nonce_ended', 'a nonce that is not the current one', () => ({ nonce: 1n })],
  ['dapp.expired', 'granted when it is over', () => ({}), () => ({ expiry: '2024-02-01T00:00:00Z' })],
]

const scopeFor = ({ by = alice, ...more }: { by?: LocalAccount } = {}) =>
  dailyScope(chain, { principal: addressOf(by), delegate: addressOf(agent) }, more)

beforeAll(async () => {
  ;[alice, agent, plain, foreign] = chain.accounts as unknown as [
    LocalAccount,
    LocalAccount,
    LocalAccount,
    LocalAccount,
  ]
  await upgraded(chain, alice)
  const client = nodeOf(chain.rpcUrl)
  const granted = await requestGrant(metamaskWallet({ chain, signer: alice }).client, {
    scope: scopeFor(),
    publicClient: client,
    environment: chain.environment,
  })
  if (granted.status !== 'granted' || granted.path !== 'permission') throw granted
  revoked = granted.grant.response.context
  const owner = chain.walletClient(alice)
  const hash = await owner.sendTransaction({
    to: chain.environment.manager,
    data: encodeDisable(granted.grant.delegation),
  })
  await chain.publicClient.waitForTransactionReceipt({ hash })
  const authorization = await chain.walletClient(foreign).signAuthorization({ contractAddress: chain.token.address })
  const upgrade = await owner.sendTransaction({ to: addressOf(agent), authorizationList: [authorization] })
  await chain.publicClient.waitForTransactionReceipt({ hash: upgrade })
})

describe('requestGrant', () => {
  test.each(CASES)('error: %s, %s', async (code, _, bend, more) => {
    const { client } = metamaskWallet({ chain, signer: alice, ...bend() })
    const publicClient = nodeOf(chain.rpcUrl)
    const result = await requestGrant(client, {
      scope: scopeFor(more?.()),
      publicClient,
      environment: chain.environment,
    })
    expect(result).toMatchObject({ status: 'refused', code })
    if (result.status !== 'refused') return
    expect(result.error.message).not.toContain('<script>')
    // What was read as a permission of these parties can be ended, whatever else is wrong with it.
    expect(result.grant === null).toBe(/^dapp\.(?:answer|other|context)_/.test(code))
  })

  test.each<[string, () => NonNullable<MetamaskWalletOptions['domain']>]>([
    ['another chain', () => ({ chainId: 1 })],
    ["another chain's manager", () => ({ verifyingContract: OTHER })],
  ])('error: signed for %s, and answered as if for this one', async (_, domain) => {
    const { client } = metamaskWallet({ chain, signer: alice, domain: domain() })
    const publicClient = nodeOf(chain.rpcUrl)
    const { environment } = chain
    const result = await requestGrant(client, { scope: scopeFor(), publicClient, environment })
    expect(result).toMatchObject({ status: 'refused', code: 'dapp.bad_signature' })
  })

  test('behavior: each attack is refused for its own reason', () => {
    const codes = CASES.map(([code]) => code)
    expect(new Set(codes).size).toBe(codes.length)
    expect(codes.length).toBeGreaterThanOrEqual(40)
  })
})
