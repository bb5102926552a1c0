import { hexToString, recoverMessageAddress, recoverTypedDataAddress, stringToHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { useChain } from '../../../test/rig/chain.ts'
import { openWallet } from '../../../test/rig/devWallet.ts'
import { delegationTypedData } from '../../delegation/sign.ts'
import { ROOT_AUTHORITY } from '../../delegation/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'

const chain = useChain()

const typedData = (chainId: unknown = 31_337) => ({
  domain: { name: 'Test', version: '1', ...(chainId === null ? {} : { chainId }) },
  types: {
    EIP712Domain: [
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      { name: 'chainId', type: 'uint256' },
    ],
    Order: [
      { name: 'to', type: 'address' },
      { name: 'amount', type: 'uint256' },
    ],
  },
  primaryType: 'Order',
  message: { to: `0x${'12'.repeat(20)}`, amount: '115792089237316195423570985008687907853269984665640564039457' },
})

/** A delegation that a page wrote. */
function delegationOf(delegator: Address) {
  const { domain, types, primaryType, message } = delegationTypedData({
    chainId: chain.chainId,
    manager: chain.environment.manager,
    delegation: {
      delegate: `0x${'de'.repeat(20)}`,
      delegator,
      authority: ROOT_AUTHORITY,
      caveats: [],
      salt: `0x${'01'.repeat(32)}`,
      signature: '0x',
    },
  })
  const json = JSON.stringify({ domain, types, primaryType, message }, (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  )
  return JSON.parse(json) as object
}

describe('personal_sign', () => {
  it('default: bytes, or text, signed by the account that the page names', async () => {
    const { request, addresses, asked } = await openWallet(chain)
    const [, second] = addresses
    for (const [given, message] of [
      [stringToHex('Hello'), 'Hello'],
      ['Guten Tag', 'Guten Tag'],
    ] as const) {
      const signature = (await request('personal_sign', given, second)) as Hex
      expect((await recoverMessageAddress({ message, signature })).toLowerCase()).toBe(second)
      const question = asked.at(-1)
      expect(question).toMatchObject({ kind: 'message', account: second })
      expect(hexToString((question as { message: Hex }).message)).toBe(message)
    }
  })

  it('error: without a message, or an account', async () => {
    const { refusal, addresses } = await openWallet(chain)
    expect((await refusal('personal_sign', 7, addresses[0])).code).toBe(-32602)
    expect((await refusal('personal_sign', '0x00')).code).toBe(-32602)
    expect((await refusal('personal_sign', '0x00', '0x1234')).code).toBe(-32602)
  })
})

describe('eth_signTypedData_v4', () => {
  it('default: as JSON or as an object, signed by the account that the page names', async () => {
    const { request, addresses, asked } = await openWallet(chain)
    const [first] = addresses
    for (const given of [typedData(), JSON.stringify(typedData('31337')), typedData('0x7a69'), typedData(31_337n)]) {
      const signature = (await request('eth_signTypedData_v4', first.toUpperCase().replace('0X', '0x'), given)) as Hex
      const signer = await recoverTypedDataAddress({ ...typedData(), signature } as never)
      expect(signer.toLowerCase()).toBe(first)
      expect(asked.at(-1)).toMatchObject({ kind: 'typedData', account: first, typedData: { primaryType: 'Order' } })
    }
  })

  it('error: for another chain, or for every chain', async () => {
    const { refusal, addresses, asked } = await openWallet(chain)
    for (const chainId of [1, '1', '0x1', 31_338, null, '', ' ', true, {}]) {
      const { code, data } = await refusal('eth_signTypedData_v4', addresses[0], typedData(chainId))
      expect({ code, data }).toEqual({ code: -32602, data: { field: 'domain.chainId' } })
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('error: a delegation that the page wrote for an account of the person’s', async () => {
    const { refusal, addresses, asked } = await openWallet(chain)
    for (const delegator of addresses) {
      expect((await refusal('eth_signTypedData_v4', addresses[0], delegationOf(delegator))).code).toBe(4100)
    }
    expect(asked.map(({ kind }) => kind)).toEqual(['connect'])
  })

  it('behavior: unless the wallet is told to, or it is somebody else’s', async () => {
    const open = await openWallet(chain, { rawDelegations: true })
    const [own] = open.addresses
    expect(await open.request('eth_signTypedData_v4', own, delegationOf(own))).toMatch(/^0x[0-9a-f]{130}$/)
    const strict = await openWallet(chain)
    const foreign = delegationOf(`0x${'fe'.repeat(20)}`)
    expect(await strict.request('eth_signTypedData_v4', strict.addresses[0], foreign)).toMatch(/^0x[0-9a-f]{130}$/)
  })

  it('error: what is no typed data', async () => {
    const { refusal, addresses } = await openWallet(chain)
    const { domain, types, primaryType, message } = typedData()
    for (const given of [
      undefined,
      '{',
      '[]',
      'null',
      7,
      { types, primaryType, message },
      { domain, primaryType, message },
      { domain, types: { Order: {} }, primaryType, message },
      { domain, types, primaryType: 7, message },
      { domain, types, primaryType },
    ]) {
      expect((await refusal('eth_signTypedData_v4', addresses[0], given)).code).toBe(-32602)
    }
  })
})
