import { type LocalAccount, parseEther } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { readFacts } from '../../src/chain/readFacts.ts'
import {
  type Permission,
  type PermissionRequest,
  type PermissionRule,
  readWalletGrant,
  redelegateScope,
  requestExecutionPermissions,
  requestGrant,
  revokeGrant,
  toGrant,
  verifyGranted,
} from '../../src/dapp/index.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { encodeCalls } from '../../src/delegation/execution.ts'
import { checkGrant } from '../../src/grant/check.ts'
import { parseGrant } from '../../src/grant/parse.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeCall } from '../../src/redemption/encode.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import { prepareGrant } from '../../src/verdict/prepare.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { dailyScope, OTHER, PAYEE } from '../rig/dappScope.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { metamaskWallet, rpcError } from '../rig/metamaskWallet.ts'

const chain = useChain()
const UNIT = 1_000_000n
let alice: LocalAccount
let agent: LocalAccount
let principal: Address
let delegate: Address

beforeAll(async () => {
  ;[alice, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
  principal = addressOf(alice)
  delegate = addressOf(agent)
  await upgraded(chain, alice)
  await mint(chain, principal, 1_000n * UNIT)
})

/** Redeems a wallet's context as the agent does: one transfer. Whether the money moved. */
async function pay(context: Hex, to: Address, amount: bigint): Promise<boolean> {
  const before = await balanceOf(chain, to)
  const { mode, execution } = encodeCalls([transferCall(chain.token.address, to, amount)])
  const data = encodeCall(context, mode, execution)
  const wallet = chain.walletClient(agent)
  const hash = await wallet.sendTransaction({ to: chain.environment.manager, data, gas: 800_000n })
  const receipt = await chain.publicClient.waitForTransactionReceipt({ hash })
  const moved = (await balanceOf(chain, to)) - before
  expect(moved).toBe(receipt.status === 'success' ? amount : 0n)
  return moved > 0n
}

const grantWith = (options: Partial<Parameters<typeof metamaskWallet>[0]> = {}) => {
  const wallet = metamaskWallet({ chain, signer: alice, ...options })
  const scope = dailyScope(chain, { principal, delegate })
  const publicClient = nodeOf(chain.rpcUrl)
  const request = () => requestGrant(wallet.client, { scope, publicClient, environment: chain.environment })
  return { ...wallet, scope, publicClient, request }
}

describe('requestGrant', () => {
  test('default: granted by the wallet, redeemed within, refused outside, revoked by the principal, refused after', async () => {
    const { client, publicClient, request, asked } = grantWith()
    const result = await request()
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    const { grant } = result
    expect(grant).toMatchObject({ schema: 'ambit.walletGrant.v1', principal, delegate, differences: [] })
    expect(result.account).toMatchObject({ kind: 'delegated7702', known: true })
    expect(asked).toEqual(['wallet_getSupportedExecutionPermissions', 'wallet_requestExecutionPermissions'])

    const { context } = grant.response
    expect(await pay(context, PAYEE, 6n * UNIT)).toBe(true)
    expect(await pay(context, PAYEE, 5n * UNIT)).toBe(false)
    expect(await pay(context, OTHER, UNIT)).toBe(false)
    expect(await pay(context, PAYEE, 4n * UNIT)).toBe(true)

    const revoked = await revokeGrant(client, { grant, publicClient })
    expect(revoked).toMatchObject({ status: 'revoked', links: [{ hash: grant.hash, by: 'transaction' }] })
    expect(await pay(context, PAYEE, 1n)).toBe(false)
    const sent = asked.filter((method) => method === 'eth_sendTransaction').length
    expect(await revokeGrant(client, { grant, publicClient })).toMatchObject({
      status: 'revoked',
      links: [{ by: 'before', transactionHash: null }],
    })
    expect(asked.filter((method) => method === 'eth_sendTransaction')).toHaveLength(sent)
  })

  test('error: a deployment of another chain than the scope, and nobody is asked', async () => {
    const { client, scope, publicClient, asked } = grantWith()
    const environment = { ...chain.environment, chainId: 1 }
    expect(await requestGrant(client, { scope, publicClient, environment })).toMatchObject({
      status: 'refused',
      code: 'dapp.bad_request',
      error: { details: { member: 'environment', chainId: 1 } },
    })
    expect(asked).toEqual([])
  })

  test('error: the person says no', async () => {
    const { request } = grantWith({
      methods: {
        wallet_requestExecutionPermissions: () => {
          throw rpcError(4001)
        },
      },
    })
    expect(await request()).toMatchObject({ status: 'refused', code: 'dapp.rejected', response: null })
  })
})

describe('toGrant', () => {
  test('default: a wallet permission is a grant that is read again, evaluated, and that explains its refusals', async () => {
    const { publicClient, request } = grantWith()
    const result = await request()
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    const { environment } = chain
    const grant = await toGrant({ ...result, environment })
    expect(parseGrant(serializeGrant(grant), { environment })).toEqual(grant)
    expect(grant).toMatchObject({ origin: 'wallet', id: result.grant.id })
    const { facts, state } = await readFacts(publicClient, { grant, environment })
    expect(checkGrant(grant, facts).status).toBe('valid')
    const ask = (to: Address, amount: bigint) =>
      evaluate(
        prepareGrant(grant, environment),
        actionOf(chain, delegate, transferCall(chain.token.address, to, amount)),
        state,
      )
    expect(ask(PAYEE, 10n * UNIT)).toMatchObject({ verdict: 'allow' })
    expect(ask(PAYEE, 10n * UNIT + 1n)).toMatchObject({ verdict: 'deny', code: 'period_budget_exceeded' })
    expect(ask(OTHER, 1n)).toMatchObject({ verdict: 'deny' })
  })
})

describe('lowerScope', () => {
  const less = grantWith.bind(null, {
    adjust: (request) => ({
      ...request,
      permission: {
        ...request.permission,
        data: { ...request.permission.data, periodAmount: '0x2dc6c0', periodDuration: 172_800 },
      },
      rules: request.rules.map((rule) =>
        rule.type === 'expiry' ? { ...rule, data: { timestamp: 2_000_000_000 } } : rule,
      ),
    }),
  })

  test('behavior: less is refused, unless the page says that it may be; the scope then says what was granted', async () => {
    const { client, scope, publicClient, request } = less()
    const { environment } = chain
    expect(await request()).toMatchObject({
      status: 'refused',
      code: 'dapp.lowered',
      response: { delegationManager: environment.manager },
      differences: [
        { what: 'periodAmount', requested: 10n * UNIT, granted: 3n * UNIT, change: 'lower' },
        { what: 'periodDuration', change: 'lower' },
        { what: 'expiry', granted: 2_000_000_000, change: 'lower' },
      ],
    })
    const result = await requestGrant(client, { scope, publicClient, environment, acceptLower: true })
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    expect(result.grant.request.permission.isAdjustmentAllowed).toBe(true)
    expect(result.scope).toMatchObject({
      budgets: { daily: { max: '3', per: 'PT172800S' } },
      expiry: '2033-05-18T03:33:20Z',
    })
    const grant = await toGrant({ ...result, environment })
    expect(parseGrant(serializeGrant(grant), { environment })).toEqual(grant)
    expect(await pay(result.grant.response.context, PAYEE, 3n * UNIT + 1n)).toBe(false)
    expect(await pay(result.grant.response.context, PAYEE, 3n * UNIT)).toBe(true)
  })
})

describe('redelegateScope', () => {
  const rich = { calls: { max: 3 }, redelegation: { maxDepth: 0 } }
  const twoPayees = (more: object = rich) => {
    const rules = [
      {
        id: 'pay',
        class: 'transfer' as const,
        asset: chain.token.address,
        to: [PAYEE, OTHER],
        max: '4',
        budget: 'daily',
      },
    ]
    return dailyScope(chain, { principal, delegate }, { rules, ...more })
  }

  test('default: a task account hands on the whole scope, and the agent is held to it', async () => {
    const { client, publicClient } = grantWith()
    const task = chain.accounts[2] as unknown as LocalAccount
    const { environment } = chain
    const scope = twoPayees()
    const result = await requestGrant(client, {
      scope,
      publicClient,
      environment,
      taskAccount: {
        address: task.address,
        keyHeldBy: 'operator',
        redelegate: (parameters) =>
          redelegateScope({ ...parameters, environment, publicClient, account: task, lowering: 'fused' }),
      },
    })
    if (result.status !== 'granted' || result.path !== 'taskAccount') throw result
    expect(result.grant).toMatchObject({ origin: 'wallet', lowering: 'fused' })
    const context = encodeContext(result.grant.delegations.toReversed())
    expect(await pay(context, PAYEE, 4n * UNIT)).toBe(true)
    expect(await pay(context, OTHER, 4n * UNIT + 1n)).toBe(false)
    expect(await pay(context, `0x${'9c'.repeat(20)}`, UNIT)).toBe(false)
    expect(await pay(context, OTHER, 4n * UNIT)).toBe(true)
    const revoked = await revokeGrant(client, { grant: result.root, publicClient })
    expect(revoked.status).toBe('revoked')
    expect(await pay(context, PAYEE, 1n)).toBe(false)
  })
})

describe('readWalletGrant', () => {
  const common = { startTime: 1_704_067_200, justification: 'API bills' }
  const stream = { amountPerSecond: 3n, initialAmount: 1n, maxAmount: 9n, ...common }
  const periodic = { periodAmount: 5n, periodDuration: 86_400, ...common }
  const allowance = { allowanceAmount: 7n, ...common }
  const flags = { erc20Approve: true, erc721Approve: false, erc721SetApprovalForAll: true }
  const more = { permit2Approve: false, permit2Lockdown: true, permit2InvalidateNonces: false }
  const all = (token: { tokenAddress: Address }): [Permission['type'], object][] => [
    ['native-token-stream', stream],
    ['native-token-periodic', periodic],
    ['native-token-allowance', allowance],
    ['erc20-token-stream', { ...token, ...stream }],
    ['erc20-token-periodic', { ...token, ...periodic }],
    ['erc20-token-allowance', { ...token, ...allowance }],
    ['token-approval-revocation', { ...flags, ...more }],
  ]

  test('default: every live type with every rule that it takes, asked together, is what MetaMask signs for it', async () => {
    const { client, publicClient } = grantWith()
    const { environment } = chain
    const expiry: PermissionRule = { type: 'expiry', data: { timestamp: 2_000_000_000 } }
    const redeemer: PermissionRule = { type: 'redeemer', data: { addresses: [delegate, OTHER] } }
    const payee: PermissionRule = { type: 'payee', data: { addresses: [PAYEE] } }
    const requests = all({ tokenAddress: chain.token.address }).map(([type, data]) => ({
      chainId: chain.chainId,
      from: principal,
      to: delegate,
      permission: { type, isAdjustmentAllowed: false, data } as Permission,
      rules: type === 'token-approval-revocation' ? [expiry] : [expiry, redeemer, payee],
    }))
    const answers = await requestExecutionPermissions(client, requests)
    expect(answers).toHaveLength(7)
    for (const [index, response] of answers.entries()) {
      const request = requests[index] as PermissionRequest
      const grant = readWalletGrant(request, response, { environment })
      const { justification: _, ...data } = request.permission.data
      expect(grant).toMatchObject({ permission: { type: request.permission.type, data }, rules: request.rules })
      expect((await verifyGranted(publicClient, { grant, environment })).account.kind).toBe('delegated7702')
    }
  })

  test('behavior: the native coin, granted, spent and bounded', async () => {
    const { client, publicClient } = grantWith()
    const scope = dailyScope(
      chain,
      { principal, delegate },
      {
        rules: [{ id: 'pay', class: 'transfer', asset: 'native', to: [PAYEE], budget: 'daily' }],
        budgets: { daily: { assets: { native: '1' }, max: '0.5', per: 'P1D', window: 'fixed' } },
        assets: {},
      },
    )
    const { environment } = chain
    const result = await requestGrant(client, { scope, publicClient, environment })
    if (result.status !== 'granted' || result.path !== 'permission') throw result
    expect((await toGrant({ ...result, environment })).origin).toBe('wallet')
    const send = async (to: Address, value: bigint) => {
      const { mode, execution } = encodeCalls([{ to, value, data: '0x' }])
      const data = encodeCall(result.grant.response.context, mode, execution)
      const hash = await chain.walletClient(agent).sendTransaction({ to: environment.manager, data, gas: 800_000n })
      return (await chain.publicClient.waitForTransactionReceipt({ hash })).status
    }
    expect(await send(PAYEE, parseEther('0.5') + 1n)).toBe('reverted')
    expect(await send(OTHER, 1n)).toBe('reverted')
    expect(await send(PAYEE, parseEther('0.5'))).toBe('success')
    expect(await chain.publicClient.getBalance({ address: PAYEE })).toBe(parseEther('0.5'))
    expect(await send(PAYEE, 1n)).toBe('reverted')
  })
})
