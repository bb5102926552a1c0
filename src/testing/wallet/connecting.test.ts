import { describe, expect, it } from 'vitest'
import { useChain } from '../../../test/rig/chain.ts'
import { openWallet } from '../../../test/rig/devWallet.ts'

const chain = useChain()
const other = { chainId: '0x539' }

describe('chainMethods', () => {
  it('default: a page goes to another chain of the wallet after the person agreed', async () => {
    const { request, asked, heard } = await openWallet(chain, { chains: [{ chainId: 1_337, rpcUrl: chain.rpcUrl }] })
    expect([await request('eth_chainId'), await request('net_version')]).toEqual(['0x7a69', '31337'])
    expect(await request('wallet_switchEthereumChain', other)).toBeNull()
    expect(asked.at(-1)).toMatchObject({ kind: 'chain', chainId: 1_337, name: 'Local chain (1337)', added: false })
    expect(heard.at(-1)).toEqual(['chainChanged', '0x539'])
    expect([await request('eth_chainId'), await request('net_version')]).toEqual(['0x539', '1337'])
  })

  it('behavior: where the page is already nothing is asked and nothing happens', async () => {
    const { request, asked, heard } = await openWallet(chain)
    const before = [asked.length, heard.length]
    expect(await request('wallet_switchEthereumChain', { chainId: '0x7a69' })).toBeNull()
    expect(await request('wallet_addEthereumChain', { chainId: '0x7a69', rpcUrls: ['https://example.org'] })).toBeNull()
    expect([asked.length, heard.length]).toEqual(before)
  })

  it('behavior: a test chain is added, after a look that its node serves it', async () => {
    const { request, refusal, asked } = await openWallet(chain, { chainId: 1_337, environment: undefined as never })
    expect((await refusal('wallet_switchEthereumChain', { chainId: '0x7a69' })).code).toBe(4902)
    const wrong = await refusal('wallet_addEthereumChain', { chainId: '0xaa36a7', rpcUrls: [chain.rpcUrl] })
    expect(wrong.data).toEqual({ code: 'chain.wrong_chain' })
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
    expect(await request('wallet_addEthereumChain', { chainId: '0x7a69', rpcUrls: [chain.rpcUrl] })).toBeNull()
    expect(asked.at(-1)).toMatchObject({ kind: 'chain', chainId: 31_337, added: true })
    expect(await request('eth_chainId')).toBe('0x7a69')
    expect(await request('wallet_switchEthereumChain', other)).toBeNull()
    expect(await request('wallet_switchEthereumChain', { chainId: '0x7a69' })).toBeNull()
  })

  it('error: a person who does not want the chain does not have it afterwards', async () => {
    const confirm = ({ kind }: { kind: string }) => (kind === 'chain' ? ('reject' as const) : ('confirm' as const))
    const { refusal, request, heard } = await openWallet(chain, {
      chainId: 1_337,
      environment: undefined as never,
      confirm,
    })
    const added = await refusal('wallet_addEthereumChain', { chainId: '0x7a69', rpcUrls: [chain.rpcUrl] })
    expect(added.code).toBe(4001)
    expect((await refusal('wallet_switchEthereumChain', { chainId: '0x7a69' })).code).toBe(4902)
    expect(await request('eth_chainId')).toBe('0x539')
    expect(heard.some(([event]) => event === 'chainChanged')).toBe(false)
  })

  it('error: a chain with money on it is neither switched to nor added', async () => {
    const { refusal, asked } = await openWallet(chain)
    for (const method of ['wallet_switchEthereumChain', 'wallet_addEthereumChain']) {
      const { code, data } = await refusal(method, { chainId: '0x1', rpcUrls: [chain.rpcUrl] })
      expect({ code, data }).toEqual({ code: -32602, data: { code: 'wallet.not_a_test_chain' } })
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('error: what is no chain, and an address that no page should have asked', async () => {
    const { refusal } = await openWallet(chain)
    for (const given of [undefined, null, [], 'x', {}, { chainId: 1_337 }, { chainId: '0x0' }, { chainId: '0xg' }]) {
      expect((await refusal('wallet_switchEthereumChain', given)).code).toBe(-32602)
    }
    for (const rpcUrls of [undefined, [], [1], ['file:///etc/passwd'], ['xhttp://127.0.0.1']]) {
      const { code, data } = await refusal('wallet_addEthereumChain', { ...other, rpcUrls })
      expect({ code, field: (data as { field: string }).field.slice(0, 7) }).toEqual({ code: -32602, field: 'rpcUrls' })
    }
  })
})
