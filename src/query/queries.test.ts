import { hashKey, QueryClient } from '@tanstack/query-core'
import { disconnect, getConnection } from '@wagmi/core'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { useChain } from '../../test/rig/chain.ts'
import { fusedGrant } from '../../test/rig/fusedGrant.ts'
import { DELEGATE, grantedBy, openWagmi, type Wagmi } from '../../test/rig/wagmi.ts'
import type { ExplanationRow } from '../compile/types.ts'
import { loadExplanation } from '../dapp/describe/loadExplanation.ts'
import type { GetGrantStatusReturnType } from '../dapp/getGrantStatus.ts'
import type { ListGrantsReturnType } from '../dapp/listGrants.ts'
import { type RestoreGrantReturnType, storedGrant } from '../dapp/restoreGrant.ts'
import type { SupportedPermissions } from '../dapp/types.ts'
import type { WalletGrant } from '../dapp/walletGrant.ts'
import { explanationQueryKey, explanationQueryOptions } from './explanation.ts'
import { grantedPermissionsQueryKey, grantedPermissionsQueryOptions } from './grantedPermissions.ts'
import { grantStatusQueryKey, grantStatusQueryOptions } from './grantStatus.ts'
import { grantsQueryKey, grantsQueryOptions } from './grants.ts'
import { restoredGrantQueryKey, restoredGrantQueryOptions } from './restoredGrant.ts'
import { supportedPermissionsQueryKey, supportedPermissionsQueryOptions } from './supportedPermissions.ts'

const chain = useChain()
/** Fails at once: what is asked twice was not asked once. */
const client = () => new QueryClient({ defaultOptions: { queries: { retry: false } } })

let wagmi: Wagmi
let grant: WalletGrant
beforeAll(async () => {
  wagmi = await openWagmi(chain)
  grant = await grantedBy(chain, wagmi)
})

const connectorOf = ({ config }: Wagmi) => getConnection(config).connector

describe('supportedPermissionsQueryOptions', () => {
  it('default: asks the wallet that is named', async () => {
    const options = supportedPermissionsQueryOptions(wagmi.config, { connector: connectorOf(wagmi) })
    expect(options.enabled).toBe(true)
    const data = await client().fetchQuery(options)
    expect(data['erc20-token-periodic']?.chainIds).toEqual([chain.chainId])
    expectTypeOf(data).toEqualTypeOf<SupportedPermissions>()
  })

  it('behavior: waits for a wallet, and for the caller', () => {
    const { config } = wagmi
    const connector = connectorOf(wagmi)
    expect(supportedPermissionsQueryOptions(config).enabled).toBe(false)
    expect(supportedPermissionsQueryOptions(config, { query: { enabled: true } }).enabled).toBe(false)
    expect(supportedPermissionsQueryOptions(config, { connector, query: { enabled: false } }).enabled).toBe(false)
  })

  it('behavior: a connector that is about to reconnect has nobody to ask', () => {
    const connector = { ...connectorOf(wagmi), getProvider: undefined } as never
    expect(supportedPermissionsQueryOptions(wagmi.config, { connector }).enabled).toBe(false)
  })

  it('behavior: what the caller says of the query stays, key and function do not', () => {
    const query = { staleTime: 5, queryKey: ['mine'], queryFn: () => ({}) }
    const options = supportedPermissionsQueryOptions(wagmi.config, { query })
    expect(options).toMatchObject({ staleTime: 5, queryKey: ['supportedPermissions', {}] })
    expect(options.queryFn).not.toBe(query.queryFn)
  })

  it('behavior: asked for a chain, the wallet has to be on it; else it may be on any', async () => {
    const two = await openWagmi(chain, { chains: [{ chainId: 1337, rpcUrl: chain.rpcUrl }] })
    const ask = (chainId?: number) => client().fetchQuery(supportedPermissionsQueryOptions(two.config, { chainId }))
    expect(Object.keys(await ask(chain.chainId))).not.toEqual([])
    await two.request('wallet_switchEthereumChain', { chainId: '0x539' })
    await expect(ask(chain.chainId)).rejects.toMatchObject({ name: 'ConnectorChainMismatchError' })
    expect(Object.keys(await ask())).not.toEqual([])
  })

  it('error: an account that the wallet does not have', async () => {
    const options = supportedPermissionsQueryOptions(wagmi.config, { account: `0x${'77'.repeat(20)}` })
    await expect(client().fetchQuery(options)).rejects.toMatchObject({ name: 'ConnectorAccountNotFoundError' })
    const own = supportedPermissionsQueryOptions(wagmi.config, { account: wagmi.addresses[1] })
    expect(Object.keys(await client().fetchQuery(own))).not.toEqual([])
  })

  it('error: a wallet that is gone', async () => {
    const gone = await openWagmi(chain)
    const options = supportedPermissionsQueryOptions(gone.config)
    await disconnect(gone.config)
    await expect(client().fetchQuery(options)).rejects.toMatchObject({ name: 'ConnectorNotConnectedError' })
  })
})

describe('supportedPermissionsQueryKey', () => {
  it('default: tells wallets, accounts, chains and scopes of a page apart, whatever the case of an address', () => {
    const connector = connectorOf(wagmi)
    const account = wagmi.accounts[0].address
    const key = supportedPermissionsQueryKey({ connector, account, chainId: 1, scopeKey: 'a' })
    expect(key).toEqual([
      'supportedPermissions',
      { connectorUid: connector?.uid, account: wagmi.addresses[0], chainId: 1, scopeKey: 'a' },
    ])
    expect(supportedPermissionsQueryKey()).toEqual(['supportedPermissions', {}])
  })
})

describe('grantedPermissionsQueryOptions', () => {
  it('default: what the wallet says it granted', async () => {
    const options = grantedPermissionsQueryOptions(wagmi.config, { connector: connectorOf(wagmi) })
    const data = await client().fetchQuery(options)
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({ status: 'known', context: grant.response.context })
  })

  it('behavior: waits for a wallet, and for the caller', () => {
    const { config } = wagmi
    const connector = connectorOf(wagmi)
    expect(grantedPermissionsQueryOptions(config, { connector }).enabled).toBe(true)
    expect(grantedPermissionsQueryOptions(config).enabled).toBe(false)
    expect(grantedPermissionsQueryOptions(config, { connector, query: { enabled: false } }).enabled).toBe(false)
    expect(grantedPermissionsQueryKey({ scopeKey: 'a' })).toEqual(['grantedPermissions', { scopeKey: 'a' }])
  })
})

describe('grantsQueryOptions', () => {
  it('default: what the wallet granted, verified on the chain again', async () => {
    const { environment } = chain
    const data = await client().fetchQuery(grantsQueryOptions(wagmi.config, { environment }))
    expect(data).toMatchObject([{ status: 'live', grant: { id: grant.id } }])
    expectTypeOf(data).toEqualTypeOf<ListGrantsReturnType>()
  })

  it('behavior: waits for a wallet, an environment, and the caller', () => {
    const { environment } = chain
    const { config } = wagmi
    const connector = connectorOf(wagmi)
    expect(grantsQueryOptions(config, { connector, environment }).enabled).toBe(true)
    expect(grantsQueryOptions(config, { connector }).enabled).toBe(false)
    expect(grantsQueryOptions(config, { environment }).enabled).toBe(false)
    expect(grantsQueryOptions(config, { connector, environment, query: { enabled: false } }).enabled).toBe(false)
  })

  it('error: asked for no chain, it asks nobody', async () => {
    const options = grantsQueryOptions(wagmi.config)
    await expect(client().fetchQuery(options)).rejects.toMatchObject({
      code: 'dapp.bad_request',
      details: { member: 'environment' },
    })
  })
})

describe('grantsQueryKey', () => {
  it('default: tells deployments and allowed factories apart', () => {
    const { environment } = chain
    const { chainId, manager } = environment
    expect(grantsQueryKey({ environment, factories: [DELEGATE], scopeKey: 'a' })).toEqual([
      'grants',
      { chainId, manager, factories: [DELEGATE], scopeKey: 'a' },
    ])
    expect(grantsQueryKey()).toEqual(['grants', {}])
  })
})

describe('grantStatusQueryOptions', () => {
  it('default: reads the chain', async () => {
    const { environment } = chain
    const data = await client().fetchQuery(grantStatusQueryOptions(wagmi.config, { grant, environment }))
    expect(data).toMatchObject({ status: 'active', spending: { spent: 0n, available: 10_000_000n }, upgraded: true })
    expectTypeOf(data).toEqualTypeOf<GetGrantStatusReturnType>()
  })

  it('behavior: waits for a grant, an environment, and the caller', () => {
    const { environment } = chain
    const { config } = wagmi
    expect(grantStatusQueryOptions(config).enabled).toBe(false)
    expect(grantStatusQueryOptions(config, { grant }).enabled).toBe(false)
    expect(grantStatusQueryOptions(config, { environment }).enabled).toBe(false)
    expect(grantStatusQueryOptions(config, { grant, environment }).enabled).toBe(true)
    expect(grantStatusQueryOptions(config, { grant, environment, query: { enabled: false } }).enabled).toBe(false)
  })

  it('behavior: a selection has its own type', () => {
    const select = ({ status }: GetGrantStatusReturnType) => status === 'active'
    const options = grantStatusQueryOptions(wagmi.config, { query: { select } })
    expectTypeOf(options.select).toEqualTypeOf<((data: GetGrantStatusReturnType) => boolean) | undefined>()
    // @ts-expect-error: the key is not the caller's.
    grantStatusQueryOptions(wagmi.config, { query: { queryKey: [] } })
  })

  it('error: asked for nothing, it asks nobody', async () => {
    const options = grantStatusQueryOptions(wagmi.config)
    await expect(client().fetchQuery(options)).rejects.toMatchObject({
      code: 'dapp.bad_request',
      details: { member: 'grant' },
    })
  })
})

describe('grantStatusQueryKey', () => {
  it('default: names a grant by its hash', () => {
    const { environment } = chain
    expect(grantStatusQueryKey({ grant, environment, scopeKey: 'a' })).toEqual([
      'grantStatus',
      { chainId: chain.chainId, grant: grant.hash, manager: environment.manager, scopeKey: 'a' },
    ])
    expect(grantStatusQueryKey()).toEqual(['grantStatus', {}])
  })

  it('behavior: no key holds a bigint, so that any cache takes it', () => {
    const { environment } = chain
    const connector = connectorOf(wagmi)
    for (const key of [grantStatusQueryKey({ grant, environment }), grantedPermissionsQueryKey({ connector })]) {
      expect(JSON.parse(hashKey(key))).toEqual(key)
    }
  })
})

describe('grantStatusQueryOptions of our own grants', () => {
  it('default: reads the chain, under a key that names it by its id', async () => {
    const { environment } = chain
    const [principal, agent] = wagmi.accounts
    const own = await fusedGrant(chain, { principal, agent, payees: [DELEGATE] })
    const options = grantStatusQueryOptions(wagmi.config, { grant: own, environment })
    expect(options.queryKey).toEqual([
      'grantStatus',
      { chainId: chain.chainId, grant: own.id, manager: environment.manager },
    ])
    expect(await client().fetchQuery(options)).toMatchObject({
      status: 'active',
      spending: { spent: 0n, available: 200_000_000n },
      own: { codes: [] },
    })
  })
})

describe('restoredGrantQueryOptions', () => {
  const kept = () => JSON.parse(JSON.stringify(storedGrant(grant)))

  it('default: what was kept, verified on the chain again', async () => {
    const { environment } = chain
    const options = restoredGrantQueryOptions(wagmi.config, { stored: kept(), environment })
    const data = await client().fetchQuery(options)
    expect(data).toMatchObject({ status: 'live', grant: { id: grant.id } })
    expectTypeOf(data).toEqualTypeOf<RestoreGrantReturnType>()
  })

  it('behavior: a refusal is data', async () => {
    const { environment } = chain
    const options = restoredGrantQueryOptions(wagmi.config, { stored: {}, environment })
    expect(await client().fetchQuery(options)).toMatchObject({
      status: 'refused',
      code: 'dapp.answer_member_missing',
      grant: null,
    })
  })

  it('behavior: waits for what was kept, an environment, and the caller', () => {
    const { environment } = chain
    const { config } = wagmi
    const stored = kept()
    expect(restoredGrantQueryOptions(config, { stored, environment }).enabled).toBe(true)
    expect(restoredGrantQueryOptions(config).enabled).toBe(false)
    expect(restoredGrantQueryOptions(config, { stored }).enabled).toBe(false)
    expect(restoredGrantQueryOptions(config, { environment }).enabled).toBe(false)
    // What an empty storage holds.
    expect(restoredGrantQueryOptions(config, { stored: null, environment }).enabled).toBe(false)
    expect(restoredGrantQueryOptions(config, { stored, environment, query: { enabled: false } }).enabled).toBe(false)
  })

  it.each([{ stored: undefined }, { stored: null }, { environment: undefined }])(
    'error: asked for nothing, it asks nobody',
    async (lacking) => {
      const options = { stored: kept(), environment: chain.environment, ...lacking }
      await expect(client().fetchQuery(restoredGrantQueryOptions(wagmi.config, options))).rejects.toMatchObject({
        code: 'dapp.bad_request',
        details: { member: 'stored' },
      })
    },
  )
})

describe('restoredGrantQueryKey', () => {
  it('default: by what was kept, as text', () => {
    const { environment } = chain
    const { chainId, manager } = environment
    const parameters = { stored: { a: 1 }, environment, factories: [DELEGATE], scopeKey: 'a' }
    expect(restoredGrantQueryKey(parameters)).toEqual([
      'restoredGrant',
      { chainId, manager, stored: '{"a":1}', factories: [DELEGATE], scopeKey: 'a' },
    ])
    expect(restoredGrantQueryKey()).toEqual(['restoredGrant', {}])
    expect(restoredGrantQueryKey({ stored: null })).toEqual(['restoredGrant', {}])
  })

  it('behavior: what is no JSON breaks no page', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    for (const stored of [circle, { amount: 1n }, () => 1]) {
      expect(restoredGrantQueryKey({ stored })).toEqual(['restoredGrant', { stored: 'no JSON' }])
    }
  })
})

describe('explanationQueryOptions', () => {
  it('default: every caveat in words, from the bytes alone', async () => {
    const { environment } = chain
    const { context } = grant.response
    const data = await client().fetchQuery(explanationQueryOptions({ context, environment }))
    expect(data).toEqual(await loadExplanation(context, environment))
    expect(data.length).toBeGreaterThan(0)
    expectTypeOf(data).toEqualTypeOf<readonly ExplanationRow[]>()
  })

  it('behavior: tokens by the names that the caller gives them', async () => {
    const { environment, token } = chain
    const options = { context: grant.response.context, environment, tokens: { [token.address]: token } }
    const rows = await client().fetchQuery(explanationQueryOptions(options))
    expect(rows.some(({ sentence }) => sentence.includes(token.symbol))).toBe(true)
  })

  it('behavior: bytes do not grow stale, unless the caller says so', () => {
    expect(explanationQueryOptions().staleTime).toBe(Number.POSITIVE_INFINITY)
    expect(explanationQueryOptions({ query: { staleTime: 5 } }).staleTime).toBe(5)
  })

  it('behavior: waits for a context, an environment, and the caller', () => {
    const { environment } = chain
    const { context } = grant.response
    expect(explanationQueryOptions({ context, environment }).enabled).toBe(true)
    expect(explanationQueryOptions().enabled).toBe(false)
    expect(explanationQueryOptions({ context }).enabled).toBe(false)
    expect(explanationQueryOptions({ environment }).enabled).toBe(false)
    expect(explanationQueryOptions({ context, environment, query: { enabled: false } }).enabled).toBe(false)
  })

  it('error: bytes that cannot be read, and none', async () => {
    const { environment } = chain
    await expect(client().fetchQuery(explanationQueryOptions({ context: '0x', environment }))).rejects.toMatchObject({
      code: expect.stringMatching(/^delegation\.context_/),
    })
    for (const lacking of [{ environment }, { context: grant.response.context }]) {
      await expect(client().fetchQuery(explanationQueryOptions(lacking))).rejects.toMatchObject({
        code: 'dapp.bad_request',
        details: { member: 'context' },
      })
    }
  })
})

describe('explanationQueryKey', () => {
  it('default: tells bytes, deployments and names of tokens apart', () => {
    const { environment, token } = chain
    const { chainId, manager } = environment
    const tokens = { [token.address]: { symbol: 'A', decimals: 6 } }
    expect(explanationQueryKey({ context: '0x01', environment, tokens, scopeKey: 'a' })).toEqual([
      'explanation',
      { chainId, manager, context: '0x01', tokens, scopeKey: 'a' },
    ])
    expect(explanationQueryKey()).toEqual(['explanation', {}])
  })
})
