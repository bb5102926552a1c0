import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createElement, type ReactElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { WagmiProvider } from 'wagmi'
import { useChain } from '../../test/rig/chain.ts'
import { periodicRequest } from '../../test/rig/devWallet.ts'
import { openWagmi, type Wagmi } from '../../test/rig/wagmi.ts'
import type { ExplanationRow } from '../compile/types.ts'
import { describeRequest, type GrantView } from '../dapp/describe/describeGrant.ts'
import type { GetGrantStatusReturnType } from '../dapp/getGrantStatus.ts'
import type { RestoreGrantReturnType } from '../dapp/restoreGrant.ts'
import type { SupportedPermissions } from '../dapp/types.ts'
import { encodeContext } from '../delegation/context.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { explanationQueryOptions } from '../query/explanation.ts'
import { grantedPermissionsQueryOptions } from '../query/grantedPermissions.ts'
import { grantStatusQueryOptions } from '../query/grantStatus.ts'
import { grantsQueryOptions } from '../query/grants.ts'
import { restoredGrantQueryOptions } from '../query/restoredGrant.ts'
import { supportedPermissionsQueryOptions } from '../query/supportedPermissions.ts'
import { GrantSummary } from './GrantSummary.ts'
import { useExplanation } from './useExplanation.ts'
import { useGrantedPermissions } from './useGrantedPermissions.ts'
import { useGrantStatus } from './useGrantStatus.ts'
import { useGrants } from './useGrants.ts'
import { useRequestGrant } from './useRequestGrant.ts'
import { useRestoredGrant } from './useRestoredGrant.ts'
import { useRevokeGrant } from './useRevokeGrant.ts'
import { useSupportedPermissions } from './useSupportedPermissions.ts'

const chain = useChain()
let wagmi: Wagmi
beforeAll(async () => {
  wagmi = await openWagmi(chain)
})

/** What a hook returns where a page renders it, with what the cache holds already. */
function use<result>(hook: () => result, cache = new QueryClient()): result {
  const results: result[] = []
  const probe = createElement(Probe, { look: () => results.push(hook()) })
  const page = createElement(QueryClientProvider, { client: cache }, probe)
  const { config } = wagmi
  renderToStaticMarkup(createElement(WagmiProvider, { config, reconnectOnMount: false } as never, page))
  return results.at(-1) as result
}

function Probe({ look }: { look: () => void }) {
  look()
  return null
}

/** As `useWallet` names it: the connected one. */
const connected = ({ config, addresses: [account] }: Wagmi) => {
  const [connector] = config.connectors
  return { connector, account }
}

describe('useSupportedPermissions', () => {
  it('default: of the connected wallet, under the key of its query', async () => {
    const cache = new QueryClient()
    await cache.prefetchQuery(supportedPermissionsQueryOptions(wagmi.config, connected(wagmi)))
    const { data } = use(() => useSupportedPermissions(), cache)
    expect(data?.['erc20-token-periodic']?.chainIds).toEqual([chain.chainId])
    expectTypeOf(data).toEqualTypeOf<SupportedPermissions | undefined>()
  })

  it('behavior: a config that is given stands above the provider’s, and its wallet with it', async () => {
    const other = await openWagmi(chain, { connect: false })
    expect(use(() => useSupportedPermissions({ config: other.config })).fetchStatus).toBe('idle')
    expect(use(() => useSupportedPermissions()).fetchStatus).toBe('fetching')
  })

  it('behavior: a wallet and an account that are named stand above the connected ones', async () => {
    const cache = new QueryClient()
    const account = wagmi.addresses[1]
    const named = { ...connected(wagmi), account }
    await cache.prefetchQuery(supportedPermissionsQueryOptions(wagmi.config, named))
    expect(use(() => useSupportedPermissions({ account }), cache).status).toBe('success')
    expect(use(() => useSupportedPermissions(), cache).status).toBe('pending')
  })

  it('behavior: a selection has its own type', () => {
    const { data } = use(() => useSupportedPermissions({ query: { select: (all) => Object.keys(all).length } }))
    expectTypeOf(data).toEqualTypeOf<number | undefined>()
  })
})

describe('useGrantedPermissions', () => {
  it('default: of the connected wallet, under the key of its query', async () => {
    const cache = new QueryClient()
    await cache.prefetchQuery(grantedPermissionsQueryOptions(wagmi.config, connected(wagmi)))
    expect(use(() => useGrantedPermissions(), cache)).toMatchObject({ status: 'success', data: [] })
    expect(use(() => useGrantedPermissions()).status).toBe('pending')
  })
})

describe('useGrants', () => {
  it('default: of the connected wallet, under the key of its query', async () => {
    const cache = new QueryClient()
    const { environment } = chain
    await cache.prefetchQuery(grantsQueryOptions(wagmi.config, { ...connected(wagmi), environment }))
    expect(use(() => useGrants({ environment }), cache)).toMatchObject({ status: 'success', data: [] })
    expect(use(() => useGrants(), cache)).toMatchObject({ status: 'pending', fetchStatus: 'idle' })
  })
})

describe('useGrantStatus', () => {
  const grant = {
    chainId: 31337,
    principal: `0x${'aa'.repeat(20)}`,
    hash: `0x${'01'.repeat(32)}`,
    nonce: 0n,
    rules: [],
    permission: { type: 'native-token-allowance', isAdjustmentAllowed: false, data: { allowanceAmount: 5n } },
  } as const

  it('default: under the key of its query', async () => {
    const cache = new QueryClient()
    const { environment } = chain
    await cache.prefetchQuery(grantStatusQueryOptions(wagmi.config, { grant, environment }))
    const { data } = use(() => useGrantStatus({ grant, environment }), cache)
    expect(data).toMatchObject({ status: 'not_upgraded', spending: { spent: 0n, available: 5n } })
    expectTypeOf(data).toEqualTypeOf<GetGrantStatusReturnType | undefined>()
  })

  it('behavior: without a grant it waits', () => {
    expect(use(() => useGrantStatus())).toMatchObject({ status: 'pending', fetchStatus: 'idle' })
  })
})

describe('useRestoredGrant', () => {
  it('default: under the key of its query', async () => {
    const cache = new QueryClient()
    const { environment } = chain
    const stored = { schema: 'ambit.grant.v1' }
    await cache.prefetchQuery(restoredGrantQueryOptions(wagmi.config, { stored, environment }))
    const { data } = use(() => useRestoredGrant({ stored, environment }), cache)
    expect(data).toMatchObject({ status: 'refused', grant: null })
    expectTypeOf(data).toEqualTypeOf<RestoreGrantReturnType | undefined>()
  })

  it('behavior: without anything kept it waits', () => {
    const { environment } = chain
    const waiting = { status: 'pending', fetchStatus: 'idle' }
    expect(use(() => useRestoredGrant())).toMatchObject(waiting)
    expect(use(() => useRestoredGrant({ stored: null, environment }))).toMatchObject(waiting)
  })
})

describe('useExplanation', () => {
  it('default: under the key of its query', async () => {
    const cache = new QueryClient()
    const { environment } = chain
    const context = encodeContext([delegation])
    await cache.prefetchQuery(explanationQueryOptions({ context, environment }))
    const { data } = use(() => useExplanation({ context, environment }), cache)
    expect(data?.length).toBeGreaterThan(0)
    expectTypeOf(data).toEqualTypeOf<readonly ExplanationRow[] | undefined>()
  })

  it('behavior: without a context it waits', () => {
    expect(use(() => useExplanation())).toMatchObject({ status: 'pending', fetchStatus: 'idle' })
  })

  const delegation: Delegation = {
    delegate: `0x${'de'.repeat(20)}`,
    delegator: `0x${'aa'.repeat(20)}`,
    authority: ROOT_AUTHORITY,
    caveats: [{ enforcer: `0x${'ee'.repeat(20)}`, terms: '0x01', args: '0x' }],
    salt: `0x${'01'.repeat(32)}`,
    signature: '0x01',
  }
})

describe('useRequestGrant', () => {
  it('default: a plain mutation that has asked nobody', () => {
    const mutation = use(() => useRequestGrant())
    expect(mutation).toMatchObject({ status: 'idle', data: undefined })
    expect(Object.keys(mutation)).not.toContain('requestGrant')
    expect(wagmi.asked.filter(({ kind }) => kind !== 'connect')).toEqual([])
  })
})

describe('useRevokeGrant', () => {
  it('default: a plain mutation that has asked nobody', () => {
    expect(use(() => useRevokeGrant())).toMatchObject({ status: 'idle', data: undefined })
  })
})

describe('GrantSummary', () => {
  const view = (): GrantView =>
    describeRequest(periodicRequest(chain), {
      now: 1_800_000_000,
      tokens: { [chain.token.address]: chain.token },
      agentName: 'Quill',
    })
  const markup = (properties: Partial<Parameters<typeof GrantSummary>[0]> = {}) =>
    renderToStaticMarkup(createElement(GrantSummary, { view: view(), ...properties }) as ReactElement)

  it('default: sentence, the rows of the wallet’s question, warnings by their ids, and what it cannot do', () => {
    const { sentence, rows, warnings, cannot } = view()
    const html = markup()
    expect(html).toContain(`<p data-ambit="sentence">${sentence}</p>`)
    const asked = rows.filter(({ views }) => views.includes('confirmation'))
    expect(asked.length).toBeLessThan(rows.length)
    expect([...html.matchAll(/data-ambit-row="(\w+)"/g)].map(([, id]) => id)).toEqual(asked.map(({ id }) => id))
    for (const { label, text } of asked) expect(html).toContain(`<dt>${label}</dt><dd>${text}</dd>`)
    expect([...html.matchAll(/data-ambit-warning="(\w+)"/g)].map(([, id]) => id)).toEqual(warnings.map(({ id }) => id))
    expect(warnings.length).toBeGreaterThan(0)
    for (const { text } of warnings) expect(html).toContain(`>${text}</li>`)
    for (const text of cannot) expect(html).toContain(`<li>${text}</li>`)
    expect(html).toMatch(/aria-label="Warnings".*aria-label="It cannot"/s)
  })

  it('behavior: another screen has other rows; what is not the wallet’s is on each', () => {
    const { rows } = view()
    const caveat = { id: 'caveat', label: 'Caveat', value: null, text: 'Only on Sundays', views: [] }
    const html = markup({ view: { ...view(), rows: [...rows, caveat] }, screen: 'reviewSummary' })
    const ids = [...html.matchAll(/data-ambit-row="(\w+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([...rows.filter(({ views }) => views.includes('reviewSummary')).map(({ id }) => id), 'caveat'])
  })

  it('behavior: no list where there is nothing to list', () => {
    const html = markup({ view: { ...view(), warnings: [], cannot: [] } })
    expect(html).not.toContain('<ul')
  })

  it('behavior: labels in another language, and a class', () => {
    const html = markup({ labels: { cannot: 'Kann nicht', warnings: 'Warnungen' }, className: 'mine' })
    expect(html).toContain('aria-label="Warnungen"')
    expect(html).toContain('aria-label="Kann nicht"')
    expect(html).toContain('<section data-ambit="grant" class="mine">')
    expect(html).not.toContain('It cannot')
  })

  it('behavior: a hostile text stays text', () => {
    const request = periodicRequest(chain)
    const { permission } = request
    const justification = '<img src=x onerror=alert(1)>'
    const hostile = { ...request, permission: { ...permission, data: { ...permission.data, justification } } }
    const html = markup({ view: describeRequest(hostile as typeof request, { now: 1_800_000_000 }) })
    expect(html).toContain('&lt;img src=x')
    expect(html).not.toContain('<img')
  })
})
