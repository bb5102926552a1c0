import type { LocalAccount } from 'viem'
import { describe, expect, test } from 'vitest'
import { useChain } from '../../test/rig/chain.ts'
import { addressOf } from '../../test/rig/grant.ts'
import { usePayments } from '../../test/rig/payments.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readTransaction } from './transactions.ts'
import { upgradeAccount } from './upgradeAccount.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9c'.repeat(20)}`
const rig = usePayments(chain, PAYEE)

describe('waitForOutcome', () => {
  test('default: pending, then included, then final', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await rig.payment(100n, 10n)
    const sent = await rig.submit(paying)
    expect(await rig.wait(paying, sent)).toEqual({ status: 'pending', transactionHash: sent.hash })
    const waiting = rig.wait(paying, sent, { confirmations: 3, timeout: 10_000 })
    await chain.testClient.mine({ blocks: 1 })
    expect(await rig.wait(paying, sent, { confirmations: 3 })).toMatchObject({ status: 'executed', final: false })
    await chain.testClient.mine({ blocks: 2 })
    expect(await waiting).toMatchObject({ status: 'executed', final: true, effects: [{ to: PAYEE, amount: 10n }] })
  })

  test('behavior: with only a hash left it follows what the node says the transaction is', async () => {
    const paying = await rig.payment(100n, 10n)
    const { hash } = await rig.submit(paying)
    expect(await rig.wait(paying, { hash })).toMatchObject({ status: 'executed', transactionHash: hash })
    const other = await rig.payment(100n, 11n)
    expect(await rig.wait(other, { hash })).toMatchObject({ status: 'ineffective', missing: 'call_data' })
    expect(await rig.wait(paying, { hash: `0x${'77'.repeat(32)}` })).toMatchObject({ status: 'pending' })
  })

  test('error: a node cannot put other content under the hash that was asked for', async () => {
    const paying = await rig.payment(100n, 10n)
    const other = await rig.payment(100n, 99n)
    const { hash } = await rig.submit(paying)
    const lies: [string, object][] = [
      ['other call data', { input: other.redemption.data }],
      ['another sender', { from: addressOf(rig.alice) }],
      ['another nonce', { nonce: '0x7' }],
      ['another value', { value: '0x1' }],
      ['another target', { to: PAYEE }],
      ['another signature', { r: `0x${'21'.repeat(32)}` }],
      ['a type that nobody signs', { type: '0x7e' }],
      ['another hash', { hash: `0x${'22'.repeat(32)}` }],
      ['no nonce', { nonce: undefined }],
    ]
    for (const [name, change] of lies) {
      rig.rpc.fault = ({ method }) =>
        method === 'eth_getTransactionByHash'
          ? { kind: 'lie', answer: (truth) => ({ result: { ...(truth.result as object), ...change } }) }
          : null
      const outcome = await rig.wait(paying, { hash }, {}, rig.doubtful)
      expect(outcome, name).toEqual({ status: 'unknown', transactionHash: hash, doubt: 'chain.rpc_malformed' })
    }
  })

  test('behavior: every kind of signed transaction is read by its hash', async () => {
    const wallet = chain.walletClient(rig.agent)
    const fresh = chain.accounts[7] as LocalAccount
    const upgrade = await upgradeAccount(rig.client, { account: fresh, environment: chain.environment })
    const hashes = [
      await wallet.sendTransaction({ to: PAYEE, value: 1n, type: 'legacy' }),
      await wallet.sendTransaction({
        to: PAYEE,
        value: 1n,
        type: 'eip2930',
        accessList: [{ address: PAYEE, storageKeys: [] }],
      }),
      await wallet.sendTransaction({ to: PAYEE, value: 1n, type: 'eip1559' }),
      await wallet.sendTransaction({ value: 0n, data: '0x00' }),
      upgrade.transactionHash as Hex,
    ]
    for (const hash of hashes)
      expect(await readTransaction(rig.client, hash)).toMatchObject({ hash, blockHash: expect.any(String) })
  })

  test('behavior: what a reorg removes was never included, until it is again', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await rig.payment(100n, 10n)
    const sent = await rig.submit(paying)
    await chain.testClient.mine({ blocks: 1 })
    const first = await rig.wait(paying, sent, { confirmations: 2 })
    expect(first).toMatchObject({ status: 'executed', final: false })
    await chain.testClient.request({ method: 'anvil_reorg', params: [1, []] } as never)
    await chain.testClient.request({ method: 'anvil_dropAllTransactions', params: [] } as never)
    expect(await rig.wait(paying, sent, { confirmations: 2 })).toEqual({
      status: 'pending',
      transactionHash: sent.hash,
    })
    await chain.publicClient.sendRawTransaction({ serializedTransaction: sent.raw })
    await chain.testClient.mine({ blocks: 2 })
    const again = await rig.wait(paying, sent, { confirmations: 2 })
    expect(again).toMatchObject({ status: 'executed', final: true })
    expect((again as { blockHash: Hex }).blockHash).not.toBe((first as { blockHash: Hex }).blockHash)
  })

  test('behavior: a nonce that another transaction used is replaced, and by which', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await rig.payment(100n, 10n)
    const sent = await rig.submit(paying)
    const wallet = chain.walletClient(rig.agent)
    const by = await wallet.sendTransaction({
      to: PAYEE,
      value: 1n,
      nonce: Number(sent.nonce),
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 10n,
    })
    await chain.testClient.mine({ blocks: 1 })
    expect(await rig.wait(paying, sent, { confirmations: 2 }), 'not deep enough').toMatchObject({ status: 'pending' })
    await chain.testClient.mine({ blocks: 1 })
    expect(await rig.wait(paying, sent, { confirmations: 2 })).toEqual({
      status: 'replaced',
      transactionHash: sent.hash,
      by,
    })
  })

  test('behavior: two payments that fit one by one race, and the second is mined and reverts', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await rig.payment(100n, 60n)
    const first = await rig.submit(paying)
    const second = await rig.submit(paying, first.nonce + 1n)
    await chain.testClient.mine({ blocks: 1 })
    expect(await rig.wait(paying, first)).toMatchObject({ status: 'executed' })
    expect(await rig.wait(paying, second)).toMatchObject({
      status: 'reverted',
      final: true,
      reason: 'ERC20TransferAmountEnforcer:allowance-exceeded',
    })
  })

  test('behavior: a node that is away gives no outcome, and the wait goes on when it is back', async () => {
    const paying = await rig.payment(100n, 10n)
    const sent = await rig.submit(paying)
    rig.rpc.fault = () => ({ kind: 'drop' })
    expect(await rig.wait(paying, sent, {}, rig.doubtful)).toEqual({
      status: 'unknown',
      transactionHash: sent.hash,
      doubt: 'chain.rpc_unreachable',
    })
    let dropped = 0
    rig.rpc.fault = () => (dropped++ < 3 ? { kind: 'drop' } : null)
    expect(await rig.wait(paying, sent, { timeout: 10_000 }, rig.doubtful)).toMatchObject({ status: 'executed' })
  })

  test('error: a receipt that lies makes no payment true', async () => {
    const paying = await rig.payment(100n, 10n)
    const sent = await rig.submit(paying)
    const other = await rig.submit(await rig.payment(100n, 20n))
    const truthOf = (hash: Hex) =>
      chain.publicClient.request({ method: 'eth_getTransactionReceipt', params: [hash] }) as Promise<unknown>
    const [receipt, otherReceipt] = (await Promise.all([truthOf(sent.hash), truthOf(other.hash)])) as Record<
      string,
      unknown
    >[]
    const logs = receipt?.['logs'] as Record<string, unknown>[]
    const lies: [string, object, object][] = [
      ['another transaction’s', otherReceipt ?? {}, { status: 'unknown', doubt: 'chain.rpc_malformed' }],
      [
        'another’s under our hash',
        { ...otherReceipt, transactionHash: sent.hash },
        { status: 'ineffective', missing: 'redeemed_delegation' },
      ],
      ['no logs', { ...receipt, logs: [] }, { status: 'ineffective', missing: 'redeemed_delegation' }],
      ['a log left out', { ...receipt, logs: logs.slice(1) }, { status: 'ineffective' }],
      ['a log in the middle left out', { ...receipt, logs: [logs[0], ...logs.slice(2)] }, { status: 'unknown' }],
      ['reverted with logs', { ...receipt, status: '0x0' }, { status: 'unknown' }],
      ['no status', { ...receipt, status: undefined }, { status: 'unknown', doubt: 'chain.rpc_malformed' }],
      ['status 2', { ...receipt, status: '0x2' }, { status: 'unknown', doubt: 'chain.rpc_malformed' }],
      ['another sender', { ...receipt, from: PAYEE }, { status: 'unknown' }],
      ['another target', { ...receipt, to: PAYEE }, { status: 'unknown' }],
      ['a block that is not', { ...receipt, blockHash: `0x${'55'.repeat(32)}` }, { status: 'pending' }],
      ['removed logs', { ...receipt, logs: logs.map((log) => ({ ...log, removed: true })) }, { status: 'unknown' }],
      ['no list of logs', { ...receipt, logs: {} }, { status: 'unknown' }],
      ['nothing', [], { status: 'unknown' }],
    ]
    for (const [name, result, outcome] of lies) {
      rig.rpc.fault = ({ method }) =>
        method === 'eth_getTransactionReceipt' ? { kind: 'lie', answer: () => ({ result }) } : null
      expect(await rig.wait(paying, sent, {}, rig.doubtful), name).toMatchObject(outcome)
    }
    rig.rpc.fault = () => null
    expect(await rig.wait(paying, sent, {}, rig.doubtful)).toMatchObject({ status: 'executed' })
  })
})
