import { custom, http } from 'viem'
import { type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { describe, expect, it } from 'vitest'
import { codeOf } from '../../../test/codes.ts'
import { useChain } from '../../../test/rig/chain.ts'
import { openWallet, wireRequest } from '../../../test/rig/devWallet.ts'
import { createDevWallet } from './createDevWallet.ts'
import { testChains } from './testChains.ts'
import type { DevWalletOptions } from './types.ts'

const chain = useChain()
const account = privateKeyToAccount(`0x${'77'.repeat(32)}`)

function make(options: Partial<DevWalletOptions>) {
  const { rpcUrl, chainId, environment } = chain
  return createDevWallet({ accounts: [account], rpcUrl, chainId, environment, ...options } as DevWalletOptions)
}

describe('createDevWallet', () => {
  it('default: a page connects, sees the selected account first, and hears of it', async () => {
    const { request, asked, heard, addresses } = await openWallet(chain, {
      connect: false,
      origin: 'https://page.example',
    })
    expect(await request('eth_accounts')).toEqual([])
    expect(await request('eth_requestAccounts')).toEqual(addresses)
    expect(asked).toEqual([{ kind: 'connect', origin: 'https://page.example', accounts: addresses }])
    expect(heard).toEqual([
      ['connect', { chainId: '0x7a69' }],
      ['accountsChanged', addresses],
    ])
    // Connected once: not asked again.
    expect(await request('eth_requestAccounts')).toEqual(addresses)
    expect(await request('eth_accounts')).toEqual(addresses)
    expect(asked).toHaveLength(1)
  })

  it('behavior: the person selects another account, and the page is told', async () => {
    const { wallet, request, heard, addresses } = await openWallet(chain)
    const [first, second] = addresses
    wallet.selectAccount(second)
    expect(heard.at(-1)).toEqual(['accountsChanged', [second, first]])
    expect(await request('eth_accounts')).toEqual([second, first])
    expect(codeOf(() => wallet.selectAccount(`0x${'00'.repeat(20)}`)).code).toBe('wallet.no_account')
  })

  it('behavior: before a page is connected it hears nothing of accounts', async () => {
    const { wallet, heard, addresses } = await openWallet(chain, { connect: false })
    wallet.selectAccount(addresses[1])
    expect(heard).toEqual([])
  })

  it('behavior: permissions of EIP-2255 are that connection, and end it', async () => {
    const { request, addresses, asked, heard, refusal } = await openWallet(chain, { connect: false })
    const permission = {
      parentCapability: 'eth_accounts',
      caveats: [{ type: 'restrictReturnedAccounts', value: addresses }],
    }
    expect(await request('wallet_getPermissions')).toEqual([])
    expect(await request('wallet_requestPermissions', { eth_accounts: {} })).toEqual([permission])
    expect(await request('wallet_getPermissions')).toEqual([permission])
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
    expect((await refusal('wallet_requestPermissions', { snap: {} })).code).toBe(-32602)
    expect(await request('wallet_revokePermissions', { eth_accounts: {} })).toBeNull()
    expect(heard.at(-1)).toEqual(['accountsChanged', []])
    expect(await request('eth_accounts')).toEqual([])
    expect(await request('wallet_getPermissions')).toEqual([])
  })

  it('behavior: a listener that is taken away hears no more, the others do', async () => {
    const { wallet } = await openWallet(chain, { connect: false })
    const heard: string[] = []
    const first = () => heard.push('first')
    wallet.provider.on('accountsChanged', first)
    wallet.provider.on('accountsChanged', () => heard.push('second'))
    wallet.provider.removeListener('accountsChanged', first)
    await wallet.provider.request({ method: 'eth_requestAccounts' })
    expect(heard).toEqual(['second'])
  })

  it('error: a page that is not connected may use no account', async () => {
    const { refusal, addresses, asked } = await openWallet(chain, { connect: false })
    const [own] = addresses
    for (const [method, ...params] of [
      ['personal_sign', '0x00', own],
      ['eth_signTypedData_v4', own, '{}'],
      ['eth_sendTransaction', { from: own, to: own }],
      ['wallet_sendCalls', { from: own, calls: [{ to: own }] }],
      ['wallet_getCapabilities', own],
      ['wallet_requestExecutionPermissions', wireRequest(chain)],
      ['wallet_getGrantedExecutionPermissions'],
    ] as const) {
      expect([method, (await refusal(method, ...params)).code]).toEqual([method, 4100])
    }
    expect(asked).toEqual([])
  })

  it('error: nor, once it is, an account that is none of the wallet’s', async () => {
    const { refusal, asked } = await openWallet(chain)
    expect((await refusal('personal_sign', '0x00', `0x${'12'.repeat(20)}`)).code).toBe(4100)
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('error: a person who does not want to be connected is a 4001', async () => {
    const { refusal, request, heard } = await openWallet(chain, { connect: false, confirm: () => 'reject' })
    expect((await refusal('eth_requestAccounts')).code).toBe(4001)
    expect(await request('eth_accounts')).toEqual([])
    expect(heard).toEqual([])
  })

  it('error: what cannot be lowered is not confirmed by lowering it', async () => {
    const { refusal } = await openWallet(chain, { connect: false, confirm: () => 'lower' })
    expect((await refusal('eth_requestAccounts')).code).toBe(4001)
  })

  it('error: chains with money on them, and chains that nobody knows, are refused when it is made', () => {
    for (const chainId of [1, 10, 56, 100, 137, 8_453, 42_161, 59_144, 31_338, 0, Number.NaN]) {
      const { environment } = chain
      expect(codeOf(() => make({ chainId, environment: { ...environment, chainId } })).code).toBe(
        'wallet.not_a_test_chain',
      )
      expect(codeOf(() => make({ chains: [{ chainId, rpcUrl: chain.rpcUrl }] })).code).toBe('wallet.not_a_test_chain')
    }
    expect([...testChains.keys()]).toHaveLength(15)
    for (const chainId of testChains.keys()) expect(make({ chainId, environment: undefined as never })).toBeDefined()
  })

  it('error: a deployment of another chain', () => {
    const environment = { ...chain.environment, chainId: 1_337 }
    expect(codeOf(() => make({ environment })).code).toBe('wallet.other_environment')
  })

  it('error: mode wrongAccount needs a second account', () => {
    expect(codeOf(() => make({ mode: 'wrongAccount' })).code).toBe('wallet.no_account')
    const wallet = make({})
    expect(codeOf(() => wallet.setMode('wrongAccount')).code).toBe('wallet.no_account')
    expect(wallet.mode).toBe('confirm')
    const second: LocalAccount = privateKeyToAccount(`0x${'78'.repeat(32)}`)
    expect(make({ mode: 'wrongAccount', accounts: [account, second] }).mode).toBe('wrongAccount')
  })

  it('error: a node that serves another chain than it is said to is asked for nothing', async () => {
    const { refusal, asked } = await openWallet(chain, {
      chainId: 1_337,
      environment: { ...chain.environment, chainId: 1_337 },
    })
    const request = { ...wireRequest(chain), chainId: '0x539' }
    for (const [method, ...params] of [
      ['eth_blockNumber'],
      ['wallet_requestExecutionPermissions', request],
      ['wallet_sendCalls', { chainId: '0x539', calls: [{ to: `0x${'12'.repeat(20)}` }] }],
    ] as const) {
      expect((await refusal(method, ...params)).data).toEqual({ code: 'chain.wrong_chain' })
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('error: a node that does not answer is the wallet’s failure, not the page’s', async () => {
    const { refusal } = await openWallet(chain, { rpcUrl: 'http://127.0.0.1:1' })
    const { code, data } = await refusal('eth_blockNumber')
    expect({ code, data }).toEqual({ code: -32603, data: { code: 'chain.rpc_unreachable' } })
  })
})

describe('chains of the wallet', () => {
  it('default: over a transport of the caller’s', async () => {
    const methods: string[] = []
    const rpc = http(chain.rpcUrl)({})
    const request = ({ method, params }: { method: string; params?: unknown }) => {
      methods.push(method)
      return rpc.request({ method, params } as never)
    }
    const { provider } = make({ transport: custom({ request }) } as never)
    expect(await provider.request({ method: 'eth_getBalance', params: [account.address, 'latest'] })).toBe('0x0')
    // It looked which chain it is before it asked for anything.
    expect(methods).toEqual(['eth_chainId', 'eth_getBalance'])
  })

  it('behavior: known test networks have their deployment, others grant nothing', async () => {
    const { rpcUrl } = chain
    const { provider } = make({
      environment: undefined as never,
      chainId: 84_532,
      chains: [{ chainId: 1_337, rpcUrl }],
    })
    const supported = await provider.request({ method: 'wallet_getSupportedExecutionPermissions' })
    expect(supported).toMatchObject({ 'token-approval-revocation': { chainIds: ['0x14a34'], ruleTypes: ['expiry'] } })
  })
})

describe('mode disconnect', () => {
  it('error: when it is asked for authority the wallet goes, and nothing but 4900 comes after', async () => {
    const { wallet, request, refusal, heard, asked } = await openWallet(chain, { mode: 'disconnect' })
    expect(await request('eth_chainId')).toBe('0x7a69')
    expect((await refusal('wallet_requestExecutionPermissions', wireRequest(chain))).code).toBe(4900)
    expect(heard.at(-1)).toEqual(['disconnect', expect.objectContaining({ code: 4900 })])
    for (const method of ['eth_chainId', 'eth_accounts', 'eth_blockNumber', 'nothing']) {
      expect((await refusal(method)).code).toBe(4900)
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
    wallet.setMode('confirm')
    wallet.reconnect()
    expect(heard.at(-1)).toEqual(['connect', { chainId: '0x7a69' }])
    expect(await request('wallet_getGrantedExecutionPermissions')).toEqual([])
    expect(await request('wallet_requestExecutionPermissions', wireRequest(chain))).toHaveLength(1)
  })
})

describe('mode reject', () => {
  it('error: connected, and no to everything else', async () => {
    const { refusal, addresses, asked } = await openWallet(chain, {
      mode: 'reject',
      chains: [{ chainId: 1_337, rpcUrl: chain.rpcUrl }],
    })
    const [own] = addresses
    for (const [method, ...params] of [
      ['personal_sign', '0x00', own],
      ['eth_sendTransaction', { from: own, to: own }],
      ['wallet_switchEthereumChain', { chainId: '0x539' }],
      ['wallet_requestExecutionPermissions', wireRequest(chain)],
    ] as const) {
      expect([method, (await refusal(method, ...params)).code]).toEqual([method, 4001])
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })
})

describe('mode slow', () => {
  it('behavior: it answers when it is let go, and not before', async () => {
    const { wallet, request, asked } = await openWallet(chain, { mode: 'slow', slowMs: 2_000_000 })
    let done = false
    const answer = request('personal_sign', '0x00', asked[0]?.kind === 'connect' ? asked[0].accounts[0] : '').then(
      (signature) => {
        done = true
        return signature
      },
    )
    // Two requests of the same wallet that go all the way to the node: whatever could have come has come.
    await request('eth_blockNumber')
    await request('eth_blockNumber')
    expect(asked.at(-1)?.kind).toBe('message')
    expect(done).toBe(false)
    wallet.release()
    expect(await answer).toMatch(/^0x[0-9a-f]{130}$/)
  })

  it('behavior: after its time it answers by itself', async () => {
    const { request, addresses } = await openWallet(chain, { mode: 'slow', slowMs: 1 })
    expect(await request('personal_sign', '0x00', addresses[0])).toMatch(/^0x[0-9a-f]{130}$/)
  })
})
