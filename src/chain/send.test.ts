import { describe, expect, test } from 'vitest'
import { balanceOf, useChain } from '../../test/rig/chain.ts'
import type { Fault } from '../../test/rig/faultyRpc.ts'
import { type Payment, usePayments } from '../../test/rig/payments.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { redeem } from './redeem.ts'
import { type Sent, send } from './send.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9c'.repeat(20)}`
const rig = usePayments(chain, PAYEE)
const sends = () => rig.rpc.seen.filter(({ method }) => method === 'eth_sendRawTransaction').length

describe('send', () => {
  const redeemThrough = ({ grant, action }: Payment, more = {}) =>
    redeem(rig.doubtful, { account: rig.agent, grant, action, environment: chain.environment, timeout: 3_000, ...more })
  const onSend = (fault: Fault) => {
    rig.rpc.fault = ({ method }) => (method === 'eth_sendRawTransaction' ? fault : null)
  }

  test('behavior: a lost answer is not a lost transaction, and is never a second one', async () => {
    const before = await balanceOf(chain, PAYEE)
    onSend({ kind: 'loseAnswer' })
    const { outcome } = await redeemThrough(await rig.payment(100n, 10n))
    expect(outcome).toMatchObject({ status: 'executed' })
    expect(sends()).toBe(1)
    expect(await balanceOf(chain, PAYEE)).toBe(before + 10n)
  })

  test('behavior: a transaction that never arrived is sent no second time and stays pending', async () => {
    const before = await balanceOf(chain, PAYEE)
    onSend({ kind: 'drop' })
    const { outcome, sent } = await redeemThrough(await rig.payment(100n, 10n), { timeout: 200 })
    expect(outcome).toEqual({ status: 'pending', transactionHash: sent?.hash })
    expect(sends()).toBe(1)
    expect(await balanceOf(chain, PAYEE)).toBe(before)
  })

  test('behavior: a refusal of what the node has, and a wrong hash in its answer, change nothing', async () => {
    onSend({ kind: 'lie', answer: () => ({ error: { code: -32000, message: 'already known' } }) })
    expect((await redeemThrough(await rig.payment(100n, 10n))).outcome).toMatchObject({ status: 'executed' })
    onSend({ kind: 'lie', answer: () => ({ result: `0x${'66'.repeat(32)}` }) })
    const { outcome, sent } = await redeemThrough(await rig.payment(100n, 10n))
    expect(outcome).toMatchObject({ status: 'executed', transactionHash: sent?.hash })
    expect(sends()).toBe(2)
  })

  test('behavior: the signed bytes are handed over before any byte leaves', async () => {
    let sentWhenSigned = -1
    let raw: Hex | undefined
    const { sent } = await redeemThrough(await rig.payment(100n, 10n), {
      onSigned: async (signed: Sent) => {
        sentWhenSigned = sends()
        raw = signed.raw
      },
    })
    expect(sentWhenSigned).toBe(0)
    expect(sent?.raw).toBe(raw)
    const failing = redeemThrough(await rig.payment(100n, 10n), {
      onSigned: () => {
        throw new TypeError('disk full')
      },
    })
    await expect(failing).rejects.toThrow('disk full')
    expect(sends()).toBe(1)
  })

  test('error: a transaction that the node refuses says to look before another', async () => {
    const paying = await rig.payment(100n, 10n)
    await expect(rig.submit(paying, 0n)).rejects.toMatchObject({ code: 'chain.send_refused', retry: 'reconcile' })
    const poor = { ...rig.agent, address: rig.alice.address, signTransaction: undefined } as never
    await expect(
      send(rig.client, { account: poor, chainId: chain.chainId, to: PAYEE, data: '0x' }),
    ).rejects.toMatchObject({
      code: 'chain.account_cannot_sign',
    })
  })

  test('error: a node without which nothing can be prepared stops before signing', async () => {
    const paying = await rig.payment(100n, 10n)
    for (const method of ['eth_getTransactionCount', 'eth_maxPriorityFeePerGas', 'eth_estimateGas']) {
      rig.rpc.fault = (request) =>
        request.method === method ? { kind: 'lie', answer: () => ({ result: 'many' }) } : null
      await expect(redeemThrough(paying), method).rejects.toMatchObject({ code: 'chain.rpc_malformed', retry: 'safe' })
    }
    rig.rpc.fault = ({ method }) => (method === 'eth_call' ? { kind: 'status', status: 500 } : null)
    await expect(redeemThrough(paying)).rejects.toMatchObject({ code: 'chain.rpc_unreachable', retry: 'safe' })
    expect(sends()).toBe(0)
  })
})
