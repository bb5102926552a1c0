import type { LocalAccount } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { balanceOf, mint, useChain } from '../../test/rig/chain.ts'
import { type Fault, type FaultyRpc, startFaultyRpc } from '../../test/rig/faultyRpc.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall } from '../../test/rig/grant.ts'
import type { Grant } from '../grant/types.ts'
import type { Outcome } from '../outcome/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Action } from '../verdict/types.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'
import { readTransaction } from './transactions.ts'
import { upgradeAccount } from './upgradeAccount.ts'
import { type WaitForOutcomeParameters, waitForOutcome } from './waitForOutcome.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9c'.repeat(20)}`
const GAS = 500_000n
let client: NodeClient
let rpc: FaultyRpc
let doubtful: NodeClient
let alice: LocalAccount
let agent: LocalAccount

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  rpc = await startFaultyRpc(chain.rpcUrl)
  doubtful = nodeOf(rpc.url)
  alice = chain.accounts[0]
  agent = chain.accounts[1] as LocalAccount
  await upgradeAccount(client, { account: alice, environment: chain.environment })
  await mint(chain, addressOf(alice), 1_000_000n)
})
afterAll(() => rpc.stop())
beforeEach(async () => {
  rpc.fault = () => null
  rpc.seen.length = 0
  await chain.testClient.setAutomine(true)
})

type Payment = { grant: Grant; action: Action; redemption: Redemption }

async function payment(limit: bigint, amount: bigint): Promise<Payment> {
  const grant = await grantOf(chain, [{ signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, limit) }])
  const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, amount))
  return { grant, action, redemption: encodeRedemption(grant, 0, action) }
}

const submit = ({ redemption }: Payment, nonce?: bigint): Promise<Sent> =>
  send(client, {
    account: agent,
    chainId: chain.chainId,
    to: redemption.manager,
    data: redemption.data,
    gas: GAS,
    ...(nonce === undefined ? {} : { nonce }),
  })

const wait = (
  { redemption, action }: Payment,
  sent: WaitForOutcomeParameters['sent'],
  more: Partial<WaitForOutcomeParameters> = {},
  node = client,
): Promise<Outcome> =>
  waitForOutcome(node, {
    sent,
    redemption,
    action,
    principal: addressOf(alice),
    environment: chain.environment,
    timeout: 0,
    ...more,
  })

const sends = () => rpc.seen.filter(({ method }) => method === 'eth_sendRawTransaction').length

describe('waitForOutcome', () => {
  test('default: pending, then included, then final', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await payment(100n, 10n)
    const sent = await submit(paying)
    expect(await wait(paying, sent)).toEqual({ status: 'pending', transactionHash: sent.hash })
    const waiting = wait(paying, sent, { confirmations: 3, timeout: 10_000 })
    await chain.testClient.mine({ blocks: 1 })
    expect(await wait(paying, sent, { confirmations: 3 })).toMatchObject({ status: 'executed', final: false })
    await chain.testClient.mine({ blocks: 2 })
    expect(await waiting).toMatchObject({ status: 'executed', final: true, effects: [{ to: PAYEE, amount: 10n }] })
  })

  test('behavior: with only a hash left it follows what the node says the transaction is', async () => {
    const paying = await payment(100n, 10n)
    const { hash } = await submit(paying)
    expect(await wait(paying, { hash })).toMatchObject({ status: 'executed', transactionHash: hash })
    const other = await payment(100n, 11n)
    expect(await wait(other, { hash })).toMatchObject({ status: 'ineffective', missing: 'call_data' })
    expect(await wait(paying, { hash: `0x${'77'.repeat(32)}` })).toMatchObject({ status: 'pending' })
  })

  test('error: a node cannot put other content under the hash that was asked for', async () => {
    const paying = await payment(100n, 10n)
    const other = await payment(100n, 99n)
    const { hash } = await submit(paying)
    const lies: [string, object][] = [
      ['other call data', { input: other.redemption.data }],
      ['another sender', { from: addressOf(alice) }],
      ['another nonce', { nonce: '0x7' }],
      ['another value', { value: '0x1' }],
      ['another target', { to: PAYEE }],
      ['another signature', { r: `0x${'21'.repeat(32)}` }],
      ['a type that nobody signs', { type: '0x7e' }],
      ['another hash', { hash: `0x${'22'.repeat(32)}` }],
      ['no nonce', { nonce: undefined }],
    ]
    for (const [name, change] of lies) {
      rpc.fault = ({ method }) =>
        method === 'eth_getTransactionByHash'
          ? { kind: 'lie', answer: (truth) => ({ result: { ...(truth.result as object), ...change } }) }
          : null
      const outcome = await wait(paying, { hash }, {}, doubtful)
      expect(outcome, name).toEqual({ status: 'unknown', transactionHash: hash, doubt: 'chain.rpc_malformed' })
    }
  })

  test('behavior: every kind of signed transaction is read by its hash', async () => {
    const wallet = chain.walletClient(agent)
    const fresh = chain.accounts[7] as LocalAccount
    const upgrade = await upgradeAccount(client, { account: fresh, environment: chain.environment })
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
      expect(await readTransaction(client, hash)).toMatchObject({ hash, blockHash: expect.any(String) })
  })

  test('behavior: what a reorg removes was never included, until it is again', async () => {
    const paying = await payment(100n, 10n)
    const sent = await submit(paying)
    const first = await wait(paying, sent, { confirmations: 2 })
    expect(first).toMatchObject({ status: 'executed', final: false })
    await chain.testClient.setAutomine(false)
    await chain.testClient.request({ method: 'anvil_reorg', params: [1, []] } as never)
    await chain.testClient.request({ method: 'anvil_dropAllTransactions', params: [] } as never)
    expect(await wait(paying, sent, { confirmations: 2 })).toEqual({ status: 'pending', transactionHash: sent.hash })
    await chain.publicClient.sendRawTransaction({ serializedTransaction: sent.raw })
    await chain.testClient.mine({ blocks: 2 })
    const again = await wait(paying, sent, { confirmations: 2 })
    expect(again).toMatchObject({ status: 'executed', final: true })
    expect((again as { blockHash: Hex }).blockHash).not.toBe((first as { blockHash: Hex }).blockHash)
  })

  test('behavior: a nonce that another transaction used is replaced, and by which', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await payment(100n, 10n)
    const sent = await submit(paying)
    const wallet = chain.walletClient(agent)
    const by = await wallet.sendTransaction({
      to: PAYEE,
      value: 1n,
      nonce: Number(sent.nonce),
      maxFeePerGas: 10n ** 11n,
      maxPriorityFeePerGas: 10n ** 10n,
    })
    await chain.testClient.mine({ blocks: 1 })
    expect(await wait(paying, sent, { confirmations: 2 }), 'not deep enough').toMatchObject({ status: 'pending' })
    await chain.testClient.mine({ blocks: 1 })
    expect(await wait(paying, sent, { confirmations: 2 })).toEqual({
      status: 'replaced',
      transactionHash: sent.hash,
      by,
    })
  })

  test('behavior: two payments that fit one by one race, and the second is mined and reverts', async () => {
    await chain.testClient.setAutomine(false)
    const paying = await payment(100n, 60n)
    const first = await submit(paying)
    const second = await submit(paying, first.nonce + 1n)
    await chain.testClient.mine({ blocks: 1 })
    expect(await wait(paying, first)).toMatchObject({ status: 'executed' })
    expect(await wait(paying, second)).toMatchObject({
      status: 'reverted',
      final: true,
      reason: 'ERC20TransferAmountEnforcer:allowance-exceeded',
    })
  })

  test('behavior: a node that is away gives no outcome, and the wait goes on when it is back', async () => {
    const paying = await payment(100n, 10n)
    const sent = await submit(paying)
    rpc.fault = () => ({ kind: 'drop' })
    expect(await wait(paying, sent, {}, doubtful)).toEqual({
      status: 'unknown',
      transactionHash: sent.hash,
      doubt: 'chain.rpc_unreachable',
    })
    let dropped = 0
    rpc.fault = () => (dropped++ < 3 ? { kind: 'drop' } : null)
    expect(await wait(paying, sent, { timeout: 10_000 }, doubtful)).toMatchObject({ status: 'executed' })
  })

  test('error: a receipt that lies makes no payment true', async () => {
    const paying = await payment(100n, 10n)
    const sent = await submit(paying)
    const other = await submit(await payment(100n, 20n))
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
      rpc.fault = ({ method }) =>
        method === 'eth_getTransactionReceipt' ? { kind: 'lie', answer: () => ({ result }) } : null
      expect(await wait(paying, sent, {}, doubtful), name).toMatchObject(outcome)
    }
    rpc.fault = () => null
    expect(await wait(paying, sent, {}, doubtful)).toMatchObject({ status: 'executed' })
  })
})

describe('send', () => {
  const redeemThrough = ({ grant, action }: Payment, more = {}) =>
    redeem(doubtful, { account: agent, grant, action, environment: chain.environment, timeout: 3_000, ...more })
  const onSend = (fault: Fault) => {
    rpc.fault = ({ method }) => (method === 'eth_sendRawTransaction' ? fault : null)
  }

  test('behavior: a lost answer is not a lost transaction, and is never a second one', async () => {
    const before = await balanceOf(chain, PAYEE)
    onSend({ kind: 'loseAnswer' })
    const { outcome } = await redeemThrough(await payment(100n, 10n))
    expect(outcome).toMatchObject({ status: 'executed' })
    expect(sends()).toBe(1)
    expect(await balanceOf(chain, PAYEE)).toBe(before + 10n)
  })

  test('behavior: a transaction that never arrived is sent no second time and stays pending', async () => {
    const before = await balanceOf(chain, PAYEE)
    onSend({ kind: 'drop' })
    const { outcome, sent } = await redeemThrough(await payment(100n, 10n), { timeout: 200 })
    expect(outcome).toEqual({ status: 'pending', transactionHash: sent?.hash })
    expect(sends()).toBe(1)
    expect(await balanceOf(chain, PAYEE)).toBe(before)
  })

  test('behavior: a refusal of what the node has, and a wrong hash in its answer, change nothing', async () => {
    onSend({ kind: 'lie', answer: () => ({ error: { code: -32000, message: 'already known' } }) })
    expect((await redeemThrough(await payment(100n, 10n))).outcome).toMatchObject({ status: 'executed' })
    onSend({ kind: 'lie', answer: () => ({ result: `0x${'66'.repeat(32)}` }) })
    const { outcome, sent } = await redeemThrough(await payment(100n, 10n))
    expect(outcome).toMatchObject({ status: 'executed', transactionHash: sent?.hash })
    expect(sends()).toBe(2)
  })

  test('behavior: the signed bytes are handed over before any byte leaves', async () => {
    let sentWhenSigned = -1
    let raw: Hex | undefined
    const { sent } = await redeemThrough(await payment(100n, 10n), {
      onSigned: async (signed: Sent) => {
        sentWhenSigned = sends()
        raw = signed.raw
      },
    })
    expect(sentWhenSigned).toBe(0)
    expect(sent?.raw).toBe(raw)
    const failing = redeemThrough(await payment(100n, 10n), {
      onSigned: () => {
        throw new TypeError('disk full')
      },
    })
    await expect(failing).rejects.toThrow('disk full')
    expect(sends()).toBe(1)
  })

  test('error: a transaction that the node refuses says to look before another', async () => {
    const paying = await payment(100n, 10n)
    await expect(submit(paying, 0n)).rejects.toMatchObject({ code: 'chain.send_refused', retry: 'reconcile' })
    const poor = { ...agent, address: alice.address, signTransaction: undefined } as never
    await expect(send(client, { account: poor, chainId: chain.chainId, to: PAYEE, data: '0x' })).rejects.toMatchObject({
      code: 'chain.account_cannot_sign',
    })
  })

  test('error: a node without which nothing can be prepared stops before signing', async () => {
    const paying = await payment(100n, 10n)
    for (const method of ['eth_getTransactionCount', 'eth_maxPriorityFeePerGas', 'eth_estimateGas']) {
      rpc.fault = (request) => (request.method === method ? { kind: 'lie', answer: () => ({ result: 'many' }) } : null)
      await expect(redeemThrough(paying), method).rejects.toMatchObject({ code: 'chain.rpc_malformed', retry: 'safe' })
    }
    rpc.fault = ({ method }) => (method === 'eth_call' ? { kind: 'status', status: 500 } : null)
    await expect(redeemThrough(paying)).rejects.toMatchObject({ code: 'chain.rpc_unreachable', retry: 'safe' })
    expect(sends()).toBe(0)
  })
})
