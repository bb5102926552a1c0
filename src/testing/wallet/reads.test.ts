import { describe, expect, it } from 'vitest'
import { useChain } from '../../../test/rig/chain.ts'
import { openWallet } from '../../../test/rig/devWallet.ts'

const chain = useChain()

describe('readThrough', () => {
  it('default: what a page reads comes from the node, connected or not', async () => {
    const { request, addresses, asked } = await openWallet(chain, { connect: false })
    expect(await request('eth_blockNumber')).toMatch(/^0x[0-9a-f]+$/)
    expect(await request('eth_getBalance', addresses[0], 'latest')).toBe('0xde0b6b3a7640000')
    expect(await request('eth_getBlockByNumber', '0x0', false)).toMatchObject({ number: '0x0' })
    expect(asked).toEqual([])
  })

  it('behavior: a revert reaches the page with the node’s code and data', async () => {
    const { refusal, addresses } = await openWallet(chain)
    // `transfer` of what nobody has: the token's own error.
    const data = `0xa9059cbb${'12'.padStart(64, '0')}${'01'.padStart(64, '0')}`
    const error = await refusal('eth_call', { from: addresses[0], to: chain.token.address, data }, 'latest')
    expect({ code: error.code, data: String(error.data).slice(0, 10) }).toEqual({ code: 3, data: '0xe450d38c' })
  })

  it('error: nothing that would let a page change the chain, sign unseen, or ask for what is not there', async () => {
    const { refusal, asked } = await openWallet(chain)
    for (const method of [
      'anvil_setBalance',
      'evm_mine',
      'hardhat_setCode',
      'debug_traceCall',
      'eth_sign',
      'eth_signTransaction',
      'eth_signTypedData',
      'wallet_grantPermissions',
      'toString',
      '__proto__',
      '',
    ]) {
      expect([method, (await refusal(method)).code]).toEqual([method, -32601])
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })
})
