import type { LocalAccount } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { balanceOf, mint, useChain } from '../../test/rig/chain.ts'
import { type FaultyRpc, startFaultyRpc } from '../../test/rig/faultyRpc.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall } from '../../test/rig/grant.ts'
import { deployHybrid } from '../../test/rig/principals.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Grant } from '../grant/types.ts'
import type { Address } from '../primitives/hex.ts'
import { readState } from './readState.ts'
import { redeem } from './redeem.ts'
import { revoke } from './revoke.ts'
import type { NodeClient } from './rpc.ts'
import { upgradeAccount } from './upgradeAccount.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9d'.repeat(20)}`
let client: NodeClient
let rpc: FaultyRpc
let doubtful: NodeClient
let [alice, agent, helper, owner]: LocalAccount[] = []
let hybrid: Address

const who = (account: LocalAccount | undefined) => {
  if (account === undefined) throw new TypeError('no account')
  return account
}

beforeAll(async () => {
  ;[alice, agent, helper, owner] = chain.accounts
  client = nodeOf(chain.rpcUrl)
  rpc = await startFaultyRpc(chain.rpcUrl)
  doubtful = nodeOf(rpc.url)
  const { environment } = chain
  await upgradeAccount(client, { account: who(alice), environment })
  hybrid = (
    await deployHybrid({
      owner: who(owner),
      environment,
      payer: chain.walletClient(who(owner)),
      reader: chain.publicClient,
    })
  ).address
  await mint(chain, addressOf(who(alice)), 1_000n)
  await mint(chain, hybrid, 1_000n)
})
afterAll(() => rpc.stop())
beforeEach(() => {
  rpc.fault = () => null
  rpc.seen.length = 0
})

/** Principal → agent → helper. */
async function twoHops(principal: LocalAccount, as?: Address): Promise<Grant> {
  return grantOf(chain, [
    {
      signer: principal,
      ...(as === undefined ? {} : { as }),
      delegate: addressOf(who(agent)),
      caveats: payCaveats(chain, 100n),
    },
    { signer: who(agent), delegate: addressOf(who(helper)), caveats: payCaveats(chain, 50n) },
  ])
}

const hashes = (grant: Grant) => grant.delegations.map(hashDelegation)

async function pay(grant: Grant) {
  const action = actionOf(chain, addressOf(who(helper)), transferCall(chain.token.address, PAYEE, 1n))
  return redeem(client, { account: who(helper), grant, action, environment: chain.environment })
}

describe('revoke', () => {
  test('default: the principal ends its link, and what hung under it dies', async () => {
    const grant = await twoHops(who(alice))
    const [root, leaf] = hashes(grant)
    expect((await pay(grant)).outcome).toMatchObject({ status: 'executed' })
    const result = await revoke(client, { account: who(alice), grant, environment: chain.environment })
    expect(result.revoked).toEqual([
      { hash: root, transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/), blockNumber: expect.any(BigInt) },
    ])
    expect(result.died).toEqual([leaf])
    expect(result.seconds).toBeGreaterThan(0)
    const before = await balanceOf(chain, PAYEE)
    const after = await pay(grant)
    expect(after.verdict).toMatchObject({ verdict: 'deny', code: 'revoked', hop: 1, delegator: addressOf(who(alice)) })
    expect(after.sent).toBeNull()
    expect(await balanceOf(chain, PAYEE)).toBe(before)
  })

  test('behavior: idempotent: a second time sends nothing and proves the same', async () => {
    const grant = await twoHops(who(alice))
    const { environment } = chain
    await revoke(client, { account: who(alice), grant, environment })
    const again = await revoke(doubtful, { account: who(alice), grant, environment })
    expect(again.revoked).toMatchObject([{ hash: hashes(grant)[0], transactionHash: null }])
    expect(again.died).toEqual([hashes(grant)[1]])
    expect(rpc.seen.map(({ method }) => method)).not.toContain('eth_sendRawTransaction')
  })

  test('behavior: an agent ends what it handed on, not what it was given', async () => {
    const grant = await twoHops(who(alice))
    const { environment } = chain
    const result = await revoke(client, { account: who(agent), grant, environment })
    expect(result.revoked.map(({ hash }) => hash)).toEqual([hashes(grant)[1]])
    expect(result.died).toEqual([])
    const [root, leaf] = hashes(grant)
    expect((await readState(client, { grant, environment })).disabled).toEqual({
      [root as string]: false,
      [leaf as string]: true,
    })
  })

  test('behavior: a Hybrid principal revokes through its own account, by its owner', async () => {
    const grant = await twoHops(who(owner), hybrid)
    const { environment } = chain
    expect((await pay(grant)).outcome).toMatchObject({ status: 'executed' })
    const result = await revoke(client, { account: who(owner), delegator: hybrid, grant, environment })
    expect(result.revoked).toMatchObject([{ hash: hashes(grant)[0], transactionHash: expect.any(String) }])
    expect((await pay(grant)).verdict).toMatchObject({ code: 'revoked', delegator: hybrid })
    const again = await revoke(client, { account: who(owner), delegator: hybrid, grant, environment })
    expect(again.revoked).toMatchObject([{ transactionHash: null }])
  })

  test('behavior: of a principal’s own links only the topmost is disabled; the others die with it', async () => {
    const principal = addressOf(who(alice))
    const grant = await grantOf(chain, [
      { signer: who(alice), delegate: principal, caveats: payCaveats(chain, 100n) },
      { signer: who(alice), delegate: addressOf(who(helper)), caveats: payCaveats(chain, 50n) },
    ])
    const result = await revoke(client, { account: who(alice), grant, environment: chain.environment })
    expect(result.revoked.map(({ hash }) => hash)).toEqual([hashes(grant)[0]])
    expect(result.died).toEqual([hashes(grant)[1]])
    expect((await pay(grant)).verdict).toMatchObject({ verdict: 'deny', code: 'revoked', hop: 1 })
  })

  test('behavior: two revocations at once both succeed', async () => {
    const grant = await twoHops(who(owner), hybrid)
    const { environment } = chain
    const parameters = { account: who(owner), delegator: hybrid, grant, environment }
    await chain.testClient.setAutomine(false)
    const first = revoke(client, parameters)
    await expect.poll(pooled, { interval: 10 }).toBe(1)
    const second = revoke(client, parameters)
    await expect.poll(pooled, { interval: 10 }).toBe(2)
    await chain.testClient.mine({ blocks: 1 })
    await chain.testClient.setAutomine(true)
    const results = await Promise.all([first, second])
    expect(results.map(({ revoked }) => revoked[0]?.hash)).toEqual([hashes(grant)[0], hashes(grant)[0]])
  })

  test('error: a node that reports success of what did not happen proves nothing', async () => {
    const grant = await twoHops(who(alice))
    const receipts: unknown[] = []
    rpc.fault = ({ method, params }) => {
      // Sent into nothing; then another transaction's success is shown under our hash.
      if (method === 'eth_sendRawTransaction')
        return { kind: 'lie', answer: () => ({ result: `0x${'11'.repeat(32)}` }) }
      if (method !== 'eth_getTransactionReceipt') return null
      return { kind: 'lie', answer: () => ({ result: { ...(receipts[0] as object), transactionHash: params[0] } }) }
    }
    const other = await chain.walletClient(who(helper)).sendTransaction({ to: PAYEE, value: 1n })
    await chain.publicClient.waitForTransactionReceipt({ hash: other })
    receipts.push(await chain.publicClient.request({ method: 'eth_getTransactionReceipt', params: [other] }))
    // The proxy passes the request on, so the transaction does happen: it is put out of the way first.
    await chain.testClient.setAutomine(false)
    await expect(
      revoke(doubtful, { account: who(alice), grant, environment: chain.environment, timeout: 2_000 }),
    ).rejects.toMatchObject({ code: 'chain.revocation_unproven', retry: 'reconcile' })
    await chain.testClient.request({ method: 'anvil_dropAllTransactions', params: [] } as never)
    await chain.testClient.setAutomine(true)
  })

  test('error: time is up before a block comes: it may still land', async () => {
    const grant = await twoHops(who(alice))
    const { environment } = chain
    await chain.testClient.setAutomine(false)
    const revoking = revoke(client, { account: who(alice), grant, environment, timeout: 100 })
    await expect(revoking).rejects.toMatchObject({ code: 'chain.send_unknown', retry: 'reconcile' })
    await chain.testClient.mine({ blocks: 1 })
    await chain.testClient.setAutomine(true)
    expect((await revoke(client, { account: who(alice), grant, environment })).revoked).toMatchObject([
      { transactionHash: null },
    ])
  })

  test('error: a delegation that another chain has disabled does not look ended here', async () => {
    const grant = await twoHops(who(alice))
    rpc.fault = ({ method }) =>
      method === 'eth_chainId' ? { kind: 'lie', answer: () => ({ result: '0x2105' }) } : null
    const revoking = revoke(doubtful, { account: who(alice), grant, environment: chain.environment })
    await expect(revoking).rejects.toMatchObject({ code: 'chain.wrong_chain' })
  })

  test('error: nobody else can end it', async () => {
    const { environment } = chain
    const grant = await twoHops(who(owner), hybrid)
    await expect(revoke(client, { account: who(alice), grant, environment })).rejects.toMatchObject({
      code: 'chain.nothing_to_revoke',
    })
    await expect(revoke(client, { account: who(alice), delegator: hybrid, grant, environment })).rejects.toMatchObject({
      code: 'chain.principal_unsupported',
    })
    const agents = { account: who(alice), delegator: addressOf(who(agent)), grant, environment }
    await expect(revoke(client, agents)).rejects.toMatchObject({ code: 'chain.wrong_account' })
  })
})

async function pooled(): Promise<number> {
  const status = (await chain.publicClient.request({ method: 'txpool_status' } as never)) as {
    pending: string
    queued: string
  }
  return Number(status.pending) + Number(status.queued)
}
