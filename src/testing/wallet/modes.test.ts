import { describe, expect, it } from 'vitest'
import type { Permission } from '../../dapp/types.ts'
import { MAX_UINT256 } from '../../primitives/amount.ts'
import { faultOf, halved } from './modes.ts'

const of = (type: Permission['type'], data: object) =>
  ({ type, isAdjustmentAllowed: false, data }) as unknown as Permission
const methods = (...flags: boolean[]) =>
  of('token-approval-revocation', {
    erc20Approve: flags[0],
    erc721Approve: flags[1],
    erc721SetApprovalForAll: flags[2],
    permit2Approve: false,
    permit2Lockdown: false,
    permit2InvalidateNonces: false,
    justification: 'Tidy up',
  })

describe('halved', () => {
  it('default: every amount, rounded down; times and tokens stay', () => {
    const data = { tokenAddress: '0x12', periodAmount: 7n, periodDuration: 86_400, startTime: 5 }
    expect(halved(of('erc20-token-periodic', data)).data).toEqual({ ...data, periodAmount: 3n })
    const stream = { initialAmount: 8n, maxAmount: 100n, amountPerSecond: 3n, startTime: 5 }
    expect(halved(of('native-token-stream', stream)).data).toEqual({
      initialAmount: 4n,
      maxAmount: 50n,
      amountPerSecond: 1n,
      startTime: 5,
    })
  })

  it('behavior: never nothing of something, and what is unlimited stays so', () => {
    expect(halved(of('native-token-allowance', { allowanceAmount: 1n })).data).toEqual({ allowanceAmount: 1n })
    expect(halved(of('native-token-allowance', { allowanceAmount: 2n })).data).toEqual({ allowanceAmount: 1n })
    const stream = { initialAmount: 0n, maxAmount: MAX_UINT256, amountPerSecond: 2n }
    expect(halved(of('native-token-stream', stream)).data).toEqual({ ...stream, amountPerSecond: 1n })
  })

  it('behavior: of several ways to take an approval back the last is left out; of one none', () => {
    expect(halved(methods(true, false, true))).toEqual(methods(true, false, false))
    expect(halved(methods(true, true, false))).toEqual(methods(true, false, false))
    expect(halved(methods(false, true, false))).toEqual(methods(false, true, false))
  })
})

describe('faultOf', () => {
  const raised = (permission: Permission) => faultOf('raise').permission?.(permission)

  it('default: raise is twice the amount, and every way to take an approval back', () => {
    const data = { allowanceAmount: 7n, startTime: 5 }
    expect(raised(of('native-token-allowance', data))?.data).toEqual({ ...data, allowanceAmount: 14n })
    expect(Object.values(raised(methods(false, true, false))?.data ?? {})).toEqual([...Array(6).fill(true), 'Tidy up'])
  })

  it('behavior: twice as much as there can be is all there can be', () => {
    for (const [allowanceAmount, most] of [
      [MAX_UINT256 / 2n, MAX_UINT256 - 1n],
      [MAX_UINT256 / 2n + 1n, MAX_UINT256],
      [MAX_UINT256, MAX_UINT256],
    ] as const) {
      expect(raised(of('native-token-allowance', { allowanceAmount }))?.data).toEqual({ allowanceAmount: most })
    }
  })

  it('behavior: who is on the chain that others are led to is led to another', () => {
    const { chainId } = faultOf('wrongChain')
    expect([chainId?.(31_337), chainId?.(84_532), chainId?.(11_155_111)]).toEqual([11_155_111, 11_155_111, 84_532])
  })

  it('behavior: who does as they should has no fault', () => {
    for (const mode of ['confirm', 'reject', 'slow', 'disconnect'] as const) expect(faultOf(mode)).toEqual({})
  })
})
