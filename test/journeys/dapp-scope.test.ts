import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { type RequestGrantParameters, redelegateScope, requestGrant } from '../../src/dapp/index.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Scope } from '../../src/scope/types.ts'
import { useChain } from '../rig/chain.ts'
import { dailyScope, OTHER, PAYEE } from '../rig/dappScope.ts'
import { addressOf, nodeOf, upgraded } from '../rig/grant.ts'
import { type MetamaskWalletOptions, metamaskWallet, rpcError } from '../rig/metamaskWallet.ts'

const chain = useChain()
let alice: LocalAccount
let agent: LocalAccount
let task: LocalAccount
let plain: LocalAccount

beforeAll(async () => {
  ;[alice, agent, task, plain] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
})

/** Two payees, a maximum and three calls: more than a token permission says. */
const richScope = (more: object = {}, principal = alice): Scope =>
  dailyScope(
    chain,
    { principal: addressOf(principal), delegate: addressOf(agent) },
    {
      rules: [
        { id: 'pay', class: 'transfer', asset: chain.token.address, to: [PAYEE, OTHER], max: '4', budget: 'daily' },
      ],
      calls: { max: 3 },
      ...more,
    },
  )

function request(parameters: Partial<RequestGrantParameters>, options: Partial<MetamaskWalletOptions> = {}) {
  const wallet = metamaskWallet({ chain, signer: alice, ...options })
  const given = {
    scope: richScope(),
    publicClient: nodeOf(chain.rpcUrl),
    environment: chain.environment,
    ...parameters,
  }
  return { ...wallet, result: requestGrant(wallet.client, given) }
}

type Redelegation = Parameters<NonNullable<RequestGrantParameters['taskAccount']>['redelegate']>[0]

const redelegated = (parameters: Redelegation, account = task) =>
  redelegateScope({
    ...parameters,
    account,
    environment: chain.environment,
    publicClient: nodeOf(chain.rpcUrl),
    lowering: 'fused',
  })

const under = (redelegate: (parameters: Redelegation) => Promise<unknown>) => ({
  taskAccount: { address: task.address, keyHeldBy: 'backend' as const, redelegate },
})

describe('signScope', () => {
  test.each(['fused', 'framework'] as const)('default: the principal signs the scope itself, %s', async (lowering) => {
    const scope =
      lowering === 'fused'
        ? richScope()
        : dailyScope(chain, { principal: addressOf(alice), delegate: addressOf(agent) })
    const { result, asked } = request({ scope, signature: { lowering }, paths: ['signature'] })
    const granted = await result
    if (granted.status !== 'granted' || granted.path !== 'signature') throw granted
    expect(granted.grant).toMatchObject({ schema: 'ambit.grant.v1', lowering, scopes: [scope] })
    expect(granted.grant).not.toHaveProperty('origin')
    expect(asked.filter((method) => method === 'eth_signTypedData_v4')).toHaveLength(granted.grant.delegations.length)
    expect(asked).not.toContain('wallet_requestExecutionPermissions')
  })

  const answers: [code: string, answer: () => unknown][] = [
    ['dapp.rejected', () => Promise.reject(rpcError(4001))],
    ['dapp.unauthorized', () => Promise.reject(rpcError(4100))],
    ['dapp.bad_signature', () => '0x1234'],
    ['dapp.bad_signature', () => 7],
  ]
  test.each(answers)('error: %s', async (code, answer) => {
    const methods = { eth_signTypedData_v4: answer }
    const { result } = request({ signature: { lowering: 'fused' }, paths: ['signature'] }, { methods })
    expect(await result).toMatchObject({ status: 'refused', code })
  })

  test("error: somebody else's signature, an account that is not upgraded, a scope that has ended", async () => {
    const options = { signature: { lowering: 'fused' as const }, paths: ['signature' as const] }
    expect(await request(options, { signer: agent }).result).toMatchObject({ code: 'dapp.bad_signature' })
    const without = request({ ...options, scope: richScope({}, plain) }, { signer: plain })
    expect(await without.result).toMatchObject({ code: 'dapp.account_not_upgraded' })
    expect(without.asked).not.toContain('eth_signTypedData_v4')
    const ended = { ...options, scope: richScope({ expiry: '2024-02-01T00:00:00Z' }) }
    expect(await request(ended).result).toMatchObject({ code: 'dapp.expired' })
  })
})

describe('checkRedelegated', () => {
  test('default: a grant or its file', async () => {
    const { result } = request(under(async (parameters) => serializeGrant(await redelegated(parameters))))
    const granted = await result
    if (granted.status !== 'granted' || granted.path !== 'taskAccount') throw granted
    const roots = granted.grant.delegations.filter(({ delegator }) => delegator === addressOf(alice))
    expect(roots.map(hashDelegation)).toEqual([granted.root.hash])
    expect(granted.grant.scopes).toHaveLength(2)
    expect(granted.grant.scopes.at(-1)).toEqual(granted.scope)
  })

  const attacks: [code: string, attack: string, redelegate: (parameters: Redelegation) => Promise<unknown>][] = [
    ['json.invalid', 'no grant', async () => 'nothing'],
    ['json.not_canonical', 'nothing at all', async () => undefined],
    [
      'dapp.redelegated_other_scope',
      'a wider scope',
      (parameters) => redelegated({ ...parameters, scope: richScope({ calls: { max: 4 } }) }),
    ],
    [
      'dapp.redelegated_other_root',
      'under an older root',
      async () => {
        let old: unknown
        await request(
          under(async (parameters) => {
            old = await redelegated(parameters)
            return old
          }),
        ).result
        return old
      },
    ],
    [
      'grant.id_mismatch',
      'a scope swapped under the same delegations',
      async (parameters) => {
        const grant = await redelegated(parameters)
        const [leaf] = grant.delegations.slice(-1)
        return { ...grant, delegations: [...grant.delegations.slice(0, -1), { ...leaf, salt: `0x${'12'.repeat(32)}` }] }
      },
    ],
    [
      'grant.not_the_scope',
      "a first scope that says more than the wallet's caveats",
      async (parameters) => {
        const grant = await redelegated(parameters)
        const [root, own] = grant.scopes as [Scope, Scope]
        return { ...grant, scopes: [{ ...root, expiry: '2037-01-01T00:00:00Z' }, own] }
      },
    ],
    [
      'dapp.bad_signature',
      'not signed by the task account',
      async (parameters) => {
        const grant = await redelegated(parameters)
        const other = await redelegated(parameters)
        const delegations = grant.delegations.map((it, index) => ({
          ...it,
          signature: other.delegations[index]?.signature,
        }))
        return { ...grant, delegations }
      },
    ],
    ['grant.wrong_account', 'by another account', (parameters) => redelegated(parameters, plain)],
  ]
  test.each(attacks)('error: %s, %s', async (code, _, redelegate) => {
    const refused = await request(under(redelegate)).result
    expect(refused).toMatchObject({ status: 'refused', code, response: { chainId: chain.chainId } })
  })

  test('error: a backend that fails is a refusal, with its error as the cause', async () => {
    const cause = new TypeError('no backend')
    const refused = await request(under(() => Promise.reject(cause))).result
    expect(refused).toMatchObject({ status: 'refused', code: 'dapp.failed', error: { cause } })
  })

  test('error: a task account does not hand on a whole scope under less, whatever the page accepts', async () => {
    const refused = await request(
      { ...under(redelegated), acceptLower: true },
      {
        adjust: (asked) => ({
          ...asked,
          permission: { ...asked.permission, data: { ...asked.permission.data, periodAmount: '0x1' } },
        }),
      },
    ).result
    expect(refused).toMatchObject({ status: 'refused', code: 'dapp.lowered' })
  })
})

describe('requestGrant', () => {
  test('behavior: shows before it asks, and asks nobody when the page says no', async () => {
    const seen: unknown[] = []
    const preview = (shown: unknown) => seen.push(shown) === 0
    const { result, asked } = request({ ...under(redelegated), preview })
    expect(await result).toMatchObject({ status: 'refused', code: 'dapp.preview_declined', response: null })
    expect(asked).toEqual(['wallet_getSupportedExecutionPermissions'])
    expect(seen).toMatchObject([
      {
        path: 'taskAccount',
        taskAccount: addressOf(task),
        keyHeldBy: 'backend',
        scope: richScope(),
        request: { to: addressOf(task), permission: { type: 'erc20-token-periodic' } },
        missing: [{ path: 'permission', what: 'a number of calls' }, { path: 'permission' }, { path: 'permission' }],
      },
    ])
  })

  test('behavior: a wallet that knows nothing of the standard leaves the signature', async () => {
    const methods = { wallet_getSupportedExecutionPermissions: () => Promise.reject(rpcError(-32601)) }
    expect(await request({ signature: { lowering: 'fused' } }, { methods }).result).toMatchObject({ path: 'signature' })
    const refused = await request({}, { methods }).result
    expect(refused).toMatchObject({ status: 'refused', code: 'dapp.not_expressible' })
    if (refused.status !== 'refused') return
    expect(refused.error.details['missing']).toContain('permission: a number of calls at /calls')
    expect(refused.error.details['missing']).toContain('signature: an account that signs delegations')
    expect(refused.missing.map(({ path }) => path)).toContain('taskAccount')
  })

  test('behavior: what the page knows already is not asked again', async () => {
    const scope = dailyScope(chain, { principal: addressOf(alice), delegate: addressOf(agent) })
    const supported = {
      'erc20-token-periodic': { chainIds: [chain.chainId], ruleTypes: ['expiry', 'redeemer', 'payee'] },
    }
    const { result, asked } = request({ scope, supported })
    expect((await result).status).toBe('granted')
    expect(asked).toEqual(['wallet_requestExecutionPermissions'])
    const none = request({ scope, supported: null })
    expect(await none.result).toMatchObject({ code: 'dapp.not_expressible' })
    expect(none.asked).toEqual([])
  })

  test('error: a wallet that fails before the question, a chain without a deployment', async () => {
    const methods = { wallet_getSupportedExecutionPermissions: () => Promise.reject(rpcError(4900)) }
    expect(await request({}, { methods }).result).toMatchObject({ status: 'refused', code: 'dapp.disconnected' })
    expect(await request({ environment: undefined }).result).toMatchObject({ code: 'chain.unknown_chain' })
    expect(await request({ scope: null as never }).result).toMatchObject({ status: 'refused', code: 'dapp.failed' })
  })
})
