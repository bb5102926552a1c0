import { hashKey, QueryClient } from '@tanstack/query-core'
import { disconnect, getConnection } from '@wagmi/core'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { useChain } from '../../test/rig/chain.ts'
import { DELEGATE, grantedBy, openWagmi, type Wagmi } from '../../test/rig/wagmi.ts'
import type { GetGrantStatusReturnType } from '../dapp/getGrantStatus.ts'
import type { ListGrantsReturnType } from '../dapp/listGrants.ts'
import type { SupportedPermissions } from '../dapp/types.ts'
import type { WalletGrant } from '../dapp/walletGrant.ts'
import { grantedPermissionsQueryKey, grantedPermissionsQueryOptions } from './grantedPermissions.ts'
import { grantStatusQueryKey, grantStatusQueryOptions } from './grantStatus.ts'
import { grantsQueryKey, grantsQueryOptions } from './grants.ts'
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
