import { MutationObserver, QueryClient } from '@tanstack/query-core'
import { createPublicClient, custom } from 'viem'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { useChain } from '../../test/rig/chain.ts'
import { dailyScope } from '../../test/rig/dappScope.ts'
import { askFor, DELEGATE, grantedBy, openWagmi, scopeFor, type Wagmi } from '../../test/rig/wagmi.ts'
import type { RequestGrantReturnType } from '../dapp/requestGrant.ts'
import type { RevokeGrantReturnType } from '../dapp/revokeGrant.ts'
import type { WalletGrant } from '../dapp/walletGrant.ts'
import { grantStatusQueryOptions } from './grantStatus.ts'
import { requestGrantMutationOptions } from './requestGrant.ts'
import { revokeGrantMutationOptions } from './revokeGrant.ts'

const chain = useChain()
const client = () => new QueryClient()
/** A node that is down. */
const broken = createPublicClient({
  transport: custom({ request: () => Promise.reject(new Error('down')) }, { retryCount: 0 }),
})

let wagmi: Wagmi
let grant: WalletGrant
beforeAll(async () => {
  wagmi = await openWagmi(chain)
  grant = await grantedBy(chain, wagmi)
})

describe('requestGrantMutationOptions', () => {
  it('default: asks the connected wallet, and verifies on the config’s own node', () => {
    expect(grant).toMatchObject({ principal: wagmi.addresses[0], delegate: DELEGATE, differences: [] })
    expect(requestGrantMutationOptions(wagmi.config).mutationKey).toEqual(['requestGrant'])
  })

  it('behavior: a refusal is data', async () => {
    const answer = await askFor(chain, await openWagmi(chain, { mode: 'raise' }))
    expect(answer).toMatchObject({ status: 'refused', code: 'dapp.raised' })
    expectTypeOf(answer).toEqualTypeOf<RequestGrantReturnType>()
  })

  it('behavior: the caller’s own callbacks are called, and no key or function of theirs is', async () => {
    const rejecting = await openWagmi(chain, { mode: 'reject' })
    const seen: unknown[] = []
    const answer = await askFor(chain, rejecting, {
      mutation: { onSuccess: (data) => seen.push(data), ...{ mutationFn: () => seen.push('theirs') } },
    })
    expect(seen).toEqual([answer])
  })

  it('behavior: a node that the caller names stands above the config’s, and a wallet above the connected one', async () => {
    const other = await openWagmi(chain, { connect: false })
    const [connector] = other.config.connectors
    await other.request('eth_requestAccounts')
    const { environment } = chain
    const mutation = new MutationObserver(client(), requestGrantMutationOptions(other.config))
    const scope = scopeFor(chain, other)
    expect(await mutation.mutate({ scope, environment, connector })).toMatchObject({ status: 'granted' })
    expect(await mutation.mutate({ scope, environment, connector, publicClient: broken })).toMatchObject({
      status: 'refused',
      code: 'chain.rpc_unreachable',
    })
  })

  it('error: no wallet, and no account of the principal in it', async () => {
    const unconnected = await openWagmi(chain, { connect: false })
    await expect(askFor(chain, unconnected)).rejects.toMatchObject({ name: 'ConnectorNotConnectedError' })
    const mutation = new MutationObserver(client(), requestGrantMutationOptions(wagmi.config))
    const scope = dailyScope(chain, { principal: `0x${'77'.repeat(20)}`, delegate: DELEGATE })
    await expect(mutation.mutate({ scope, environment: chain.environment })).rejects.toMatchObject({
      name: 'ConnectorAccountNotFoundError',
    })
  })

  it('error: a chain that the config does not know is not verified on another one', async () => {
    const mutation = new MutationObserver(client(), requestGrantMutationOptions(wagmi.config))
    const scope = { ...scopeFor(chain, wagmi), chainId: 1 }
    await expect(mutation.mutate({ scope })).rejects.toMatchObject({ name: 'ChainNotConfiguredError' })
  })
})

describe('revokeGrantMutationOptions', () => {
  it('default: ends the grant with proof, and the status says so', async () => {
    const { environment } = chain
    const mutation = new MutationObserver(client(), revokeGrantMutationOptions(wagmi.config))
    const ended = await mutation.mutate({ grant })
    expect(ended).toMatchObject({ status: 'revoked', links: [{ hash: grant.hash, by: 'transaction' }] })
    expectTypeOf(ended).toEqualTypeOf<RevokeGrantReturnType>()
    const data = await client().fetchQuery(grantStatusQueryOptions(wagmi.config, { grant, environment }))
    expect(data).toMatchObject({ status: 'revoked', revocation: { how: 'disabled', by: wagmi.addresses[0] } })
    expect(revokeGrantMutationOptions(wagmi.config).mutationKey).toEqual(['revokeGrant'])
  })

  it('behavior: by a node and a wallet that the caller names', async () => {
    const other = await openWagmi(chain, { connect: false })
    const [connector] = other.config.connectors
    await other.request('eth_requestAccounts')
    const mutation = new MutationObserver(client(), revokeGrantMutationOptions(other.config))
    // It was ended above: nobody has to be asked.
    expect(await mutation.mutate({ grant, connector })).toMatchObject({ status: 'revoked', links: [{ by: 'before' }] })
    expect(await mutation.mutate({ grant, connector, publicClient: broken })).toMatchObject({ status: 'refused' })
    await expect(mutation.mutate({ grant, connector, account: `0x${'77'.repeat(20)}` })).rejects.toMatchObject({
      name: 'ConnectorAccountNotFoundError',
    })
  })

  it('behavior: a person who says no is a refusal', async () => {
    const other = await openWagmi(chain)
    const theirs = await grantedBy(chain, other)
    other.wallet.setMode('reject')
    const mutation = new MutationObserver(client(), revokeGrantMutationOptions(other.config))
    expect(await mutation.mutate({ grant: theirs })).toMatchObject({ status: 'refused', code: 'dapp.rejected' })
  })

  it('error: no wallet', async () => {
    const unconnected = await openWagmi(chain, { connect: false })
    const mutation = new MutationObserver(client(), revokeGrantMutationOptions(unconnected.config))
    await expect(mutation.mutate({ grant })).rejects.toMatchObject({ name: 'ConnectorNotConnectedError' })
  })
})
