import { encodeAbiParameters, encodeFunctionData, erc20Abi, keccak256, zeroHash } from 'viem'
import { describe, expect, it } from 'vitest'
import { balanceOf, mint, useChain } from '../../../test/rig/chain.ts'
import { openWallet } from '../../../test/rig/devWallet.ts'
import type { Address, Hex } from '../../primitives/hex.ts'

const chain = useChain()
const payee: Address = `0x${'5a'.repeat(20)}`
const idle: Address = `0x${'5b'.repeat(20)}`

const transfer = (to: Address, amount: bigint) => ({
  to: chain.token.address,
  data: encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] }),
})

async function mined(hash: unknown) {
  return chain.publicClient.waitForTransactionReceipt({ hash: hash as Hex, pollingInterval: 20 })
}

describe('eth_sendTransaction', () => {
  it('default: signed here and sent through the RPC, from the account that the page names', async () => {
    const { request, addresses, asked } = await openWallet(chain)
    const [, second] = addresses
    const hash = await request('eth_sendTransaction', { from: second, to: idle, value: '0x05', chainId: '0x7a69' })
    const { status, from } = await mined(hash)
    expect({ status, from }).toEqual({ status: 'success', from: second })
    expect(await chain.publicClient.getBalance({ address: idle })).toBe(5n)
    const calls = [{ to: idle, value: 5n, data: '0x' }]
    expect(asked.at(-1)).toMatchObject({ kind: 'transaction', account: second, chainId: 31_337, calls })
  })

  it('behavior: calldata as `data` or as `input`, and the gas that the page wants', async () => {
    const { request, addresses } = await openWallet(chain)
    const [from] = addresses
    await mint(chain, from, 100n)
    const { to, data } = transfer(payee, 10n)
    const gases: boolean[] = []
    for (const more of [
      { data, gas: '0x30d40' },
      { input: data, gas: null, value: null },
    ]) {
      const hash = (await request('eth_sendTransaction', { from, to, ...more })) as Hex
      await mined(hash)
      gases.push((await chain.publicClient.getTransaction({ hash })).gas === 200_000n)
    }
    expect(await balanceOf(chain, payee)).toBe(20n)
    expect(gases).toEqual([true, false])
  })

  it('error: what is no transaction, and another chain', async () => {
    const { refusal, addresses, asked } = await openWallet(chain)
    const [from] = addresses
    for (const given of [
      undefined,
      {},
      { from },
      { from, to: '0x12' },
      { from, to: idle, value: 5 },
      { from, to: idle, data: '0x1' },
      { from, to: idle, gas: 'much' },
      { from, to: idle, chainId: '0x1' },
    ]) {
      expect((await refusal('eth_sendTransaction', given)).code).toBe(-32602)
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('error: calldata to an account of the person’s: the account would run it for itself', async () => {
    const { refusal, request, addresses } = await openWallet(chain)
    const [from, to] = addresses
    expect((await refusal('eth_sendTransaction', { from, to, data: '0x00' })).code).toBe(4100)
    expect((await refusal('wallet_sendCalls', { from, calls: [{ to: idle }, { to: from, data: '0x00' }] })).code).toBe(
      4100,
    )
    expect((await mined(await request('eth_sendTransaction', { from, to, value: '0x1' }))).status).toBe('success')
  })

  it('error: what the node refuses is the wallet’s failure, with our code', async () => {
    const { refusal, addresses } = await openWallet(chain)
    const [from] = addresses
    const { code, data } = await refusal('eth_sendTransaction', {
      from,
      to: idle,
      value: `0x${(10n ** 20n).toString(16)}`,
    })
    expect({ code, data }).toEqual({ code: -32603, data: { code: 'chain.send_refused' } })
  })
})

describe('wallet_sendCalls', () => {
  it('default: several calls in one transaction, after the account was upgraded for it', async () => {
    const { request, addresses, asked } = await openWallet(chain)
    const [from] = addresses
    await mint(chain, from, 100n)
    const before = await balanceOf(chain, payee)
    const calls = [transfer(payee, 30n), transfer(payee, 40n)]
    expect(await request('wallet_getCapabilities', from)).toEqual({ '0x7a69': { atomic: { status: 'ready' } } })
    const { id } = (await request('wallet_sendCalls', { version: '2.0.0', chainId: '0x7a69', from, calls })) as {
      id: Hex
    }
    await mined(id)
    expect(await balanceOf(chain, payee)).toBe(before + 70n)
    expect(asked.filter(({ kind }) => kind === 'transaction')).toHaveLength(1)
    expect(await request('wallet_getCallsStatus', id)).toMatchObject({
      version: '2.0.0',
      id,
      chainId: '0x7a69',
      status: 200,
      atomic: true,
      receipts: [{ status: '0x1', transactionHash: id }],
    })
    expect(await request('wallet_getCapabilities', from)).toEqual({ '0x7a69': { atomic: { status: 'supported' } } })
  })

  it('behavior: one call is a plain transaction, under the id that the page gives', async () => {
    const { request, addresses } = await openWallet(chain)
    const [from] = addresses
    expect(await request('wallet_sendCalls', { id: 'mine', calls: [{ to: idle, value: '0x1' }] })).toEqual({
      id: 'mine',
    })
    const code = await chain.publicClient.getCode({ address: from })
    expect(code).toBeUndefined()
    expect(await request('wallet_getCallsStatus', 'mine')).toMatchObject({ id: 'mine', status: 200 })
  })

  it('behavior: what is not mined yet is pending, and what failed says so', async () => {
    const { request, addresses } = await openWallet(chain)
    const [from] = addresses
    await chain.testClient.setAutomine(false)
    const { id } = (await request('wallet_sendCalls', { from, calls: [{ to: idle }] })) as { id: Hex }
    expect(await request('wallet_getCallsStatus', id)).toEqual({
      version: '2.0.0',
      id,
      chainId: '0x7a69',
      status: 100,
      atomic: true,
    })
    await chain.testClient.setAutomine(true)
    await chain.testClient.mine({ blocks: 1 })
    await mined(id)
    expect(await request('wallet_getCallsStatus', id)).toMatchObject({ status: 200 })
    // The money goes between the look and the block.
    await mint(chain, from, 1n)
    await chain.testClient.setAutomine(false)
    const failed = (await request('wallet_sendCalls', { from, calls: [transfer(payee, 1n)] })) as { id: Hex }
    const index = keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'uint256' }], [from, 0n]))
    await chain.testClient.setStorageAt({ address: chain.token.address, index, value: zeroHash })
    await chain.testClient.setAutomine(true)
    await chain.testClient.mine({ blocks: 1 })
    await mined(failed.id)
    expect(await request('wallet_getCallsStatus', failed.id)).toMatchObject({ status: 500 })
  })

  it('error: no calls, calls of nobody, an id that nobody gave, a chain the wallet does not have', async () => {
    const { refusal } = await openWallet(chain)
    expect((await refusal('wallet_sendCalls', { calls: [] })).code).toBe(-32602)
    expect((await refusal('wallet_sendCalls', { calls: [{ value: '0x1' }] })).code).toBe(-32602)
    expect((await refusal('wallet_sendCalls', { chainId: '0x539', calls: [{ to: idle }] })).code).toBe(5710)
    expect((await refusal('wallet_getCallsStatus', 'other')).code).toBe(5730)
    expect((await refusal('wallet_getCallsStatus')).code).toBe(-32602)
  })
})

describe('wallet_getCapabilities', () => {
  it('behavior: of the chains that the page names; none where the account stays as it is', async () => {
    const chains = [{ chainId: 1_337, rpcUrl: chain.rpcUrl }]
    const { request, addresses, wallet } = await openWallet(chain, { chains })
    const [from] = addresses
    const ready = { atomic: { status: 'ready' } }
    const none = { atomic: { status: 'unsupported' } }
    expect(await request('wallet_getCapabilities', from)).toEqual({ '0x7a69': ready, '0x539': none })
    expect(await request('wallet_getCapabilities', from, ['0x539'])).toEqual({ '0x539': none })
    expect(await request('wallet_getCapabilities', from, [])).toEqual({})
    wallet.setMode('notUpgraded')
    expect(await request('wallet_getCapabilities', from, ['0x7a69'])).toEqual({ '0x7a69': none })
    const asIs = await openWallet(chain, { upgrade: false })
    expect(await asIs.request('wallet_getCapabilities', asIs.addresses[0])).toEqual({ '0x7a69': none })
  })
})
