import { createPublicClient, custom, type LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { endGroup } from '../../src/chain/endGroup.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import {
  getGrantStatus,
  redelegateScope,
  requestGrant,
  restoreGrant,
  revokeGrant,
  storedGrant,
} from '../../src/dapp/index.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import { raiseNonceCall } from '../../src/grant/guardian.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import type { Scope } from '../../src/scope/types.ts'
import { mint, useChain } from '../rig/chain.ts'
import { dailyScope, OTHER, PAYEE } from '../rig/dappScope.ts'
import { fusedGrant, groupOf } from '../rig/fusedGrant.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { metamaskWallet } from '../rig/metamaskWallet.ts'

/** Grants of a scope, in one caveat and in the framework's: at each step the status says what the chain then does. */

const chain = useChain()
const UNIT = 1_000_000n
const DAY = 86_400
const LOWERINGS = ['fused', 'framework'] as const
type Lowering = (typeof LOWERINGS)[number]
let alice: LocalAccount
let agent: LocalAccount
let task: LocalAccount
let plain: LocalAccount
let groups = 0

beforeAll(async () => {
  ;[alice, agent, task, plain] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
  await upgraded(chain, task)
  await mint(chain, addressOf(alice), 1_000n * UNIT)
})

const node = () => nodeOf(chain.rpcUrl)
const now = async () => Number((await chain.publicClient.getBlock()).timestamp)
const statusOf = (grant: Grant) => getGrantStatus(node(), { grant, environment: chain.environment })
const restored = (stored: unknown) => restoreGrant(node(), { stored, environment: chain.environment })
const kept = (grant: Grant): Record<string, unknown> => JSON.parse(JSON.stringify(storedGrant(grant)))

async function setTime(timestamp: number): Promise<void> {
  await chain.testClient.setNextBlockTimestamp({ timestamp: BigInt(timestamp) })
  await chain.testClient.mine({ blocks: 1 })
}

/** Ten a day to one payee, in a group of its own. */
const scopeOf = (more: Parameters<typeof dailyScope>[2] = {}): Scope =>
  dailyScope(
    chain,
    { principal: addressOf(alice), delegate: addressOf(agent) },
    { revocation: { group: `own-${++groups}`, maxLatencySeconds: 60 }, ...more },
  )

/** The principal signs the scope in its wallet. */
async function signed(lowering: Lowering, scope = scopeOf()): Promise<Grant> {
  const { client } = metamaskWallet({ chain, signer: alice })
  const { environment } = chain
  const result = await requestGrant(client, {
    scope,
    publicClient: node(),
    environment,
    paths: ['signature'],
    signature: { lowering },
  })
  if (result.status !== 'granted' || result.path !== 'signature') throw result
  return result.grant
}

/** Redeems as the agent does. Whether it went through. */
async function pays(grant: Grant, amount: bigint, to: Address = PAYEE): Promise<boolean> {
  const call = transferCall(chain.token.address, to, amount)
  const { manager, data } = encodeRedemption(grant, 0, actionOf(chain, addressOf(agent), call))
  const hash = await chain.walletClient(agent).sendTransaction({ to: manager, data, gas: 1_500_000n })
  return (await chain.publicClient.waitForTransactionReceipt({ hash })).status === 'success'
}

async function revoked(grant: Grant) {
  const { client } = metamaskWallet({ chain, signer: alice })
  const result = await revokeGrant(client, { grant, publicClient: node() })
  if (result.status !== 'revoked') throw result
  return result.links[0]
}

describe('getGrantStatus of our own grants', () => {
  test.each(LOWERINGS)(
    'default: fresh, spent from, exhausted, anew in the next window, ended; %s',
    async (lowering) => {
      const grant = await signed(lowering)
      const begun = await now()
      const fresh = await statusOf(grant)
      const balance = fresh.spending?.balance as bigint
      expect(fresh).toMatchObject({
        status: 'active',
        revocation: null,
        upgraded: true,
        account: { kind: 'delegated7702' },
        spending: { asset: chain.token.address, spent: 0n, available: 10n * UNIT, movable: 10n * UNIT },
        own: { codes: [] },
      })
      const resetsAt = fresh.spending?.resetsAt as number
      expect(resetsAt).toBeGreaterThan(begun)
      expect(resetsAt).toBeLessThanOrEqual(begun + DAY)

      expect(await pays(grant, 8n * UNIT)).toBe(true)
      expect((await statusOf(grant)).spending).toMatchObject({
        spent: 8n * UNIT,
        available: 2n * UNIT,
        balance: balance - 8n * UNIT,
        resetsAt,
      })
      expect(await pays(grant, 2n * UNIT + 1n)).toBe(false)
      expect(await pays(grant, 2n * UNIT)).toBe(true)
      expect(await statusOf(grant)).toMatchObject({
        status: 'exhausted',
        spending: { spent: 10n * UNIT, available: 0n, movable: 0n },
        own: { codes: [] },
      })

      await setTime(resetsAt - 1)
      expect(await statusOf(grant)).toMatchObject({ status: 'exhausted', spending: { resetsAt } })
      await setTime(resetsAt)
      expect(await statusOf(grant)).toMatchObject({
        status: 'active',
        spending: { spent: 0n, available: 10n * UNIT, resetsAt: resetsAt + DAY },
      })

      const link = await revoked(grant)
      const status = await statusOf(grant)
      expect(status).toMatchObject({
        status: 'revoked',
        revocation: {
          how: 'disabled',
          by: addressOf(alice),
          at: { blockNumber: link?.blockNumber, transactionHash: link?.transactionHash },
        },
        own: { codes: ['revoked'] },
      })
      const block = await chain.publicClient.getBlock({ blockNumber: link?.blockNumber as bigint })
      expect(status.revocation?.at?.timestamp).toBe(block.timestamp)
      expect(await pays(grant, 1n)).toBe(false)
    },
  )

  test('behavior: the wallet holds less than the grant would let leave', async () => {
    const budgets = {
      daily: { assets: { [chain.token.address]: '1' }, max: '5000', per: 'P1D', window: 'fixed' },
    } as const
    const { spending } = await statusOf(await signed('fused', scopeOf({ budgets })))
    expect(spending).toMatchObject({ available: 5_000n * UNIT })
    expect(spending?.balance).toBeLessThan(5_000n * UNIT)
    expect(spending?.movable).toBe(spending?.balance)
  })

  test('behavior: a group that its guardian ends, or its principal, and which of the two', async () => {
    for (const account of [alice, task]) {
      const revocation = { group: `own-${++groups}`, guardian: addressOf(task), maxLatencySeconds: 60 }
      const grant = await signed('fused', scopeOf({ revocation }))
      expect((await statusOf(grant)).status).toBe('active')
      const group = groupOf(chain, grant)
      const ended = await endGroup(node(), { account, group, environment: chain.environment })
      expect(await statusOf(grant)).toMatchObject({
        status: 'revoked',
        revocation: {
          how: 'group',
          by: addressOf(account),
          at: { blockNumber: ended.blockNumber, transactionHash: ended.transactionHash },
        },
        own: { codes: ['group_revoked'] },
      })
      expect(await pays(grant, 1n)).toBe(false)
      expect(await restored(kept(grant))).toMatchObject({
        status: 'refused',
        code: 'dapp.revoked',
        grant: { id: grant.id },
      })
    }
  })

  test.each(LOWERINGS)(
    'behavior: not started, then running, then expired, each at its second; %s',
    async (lowering) => {
      const from = (await now()) + 1_000
      const until = from + 500
      const scope = scopeOf({ notBefore: formatInstant(BigInt(from)), expiry: formatInstant(BigInt(until)) })
      const grant = await signed(lowering, scope)
      await setTime(from - 1)
      expect(await statusOf(grant)).toMatchObject({ status: 'not_started', spending: { available: 0n, movable: 0n } })
      expect(await restored(kept(grant))).toMatchObject({ status: 'live', grant })
      await setTime(from + 1)
      expect(await statusOf(grant)).toMatchObject({ status: 'active', spending: { available: 10n * UNIT } })
      await setTime(until - 1)
      expect((await statusOf(grant)).status).toBe('active')
      await setTime(until)
      expect(await statusOf(grant)).toMatchObject({ status: 'expired', own: { codes: ['expired'] } })
      expect(await restored(kept(grant))).toMatchObject({ status: 'refused', code: 'dapp.expired' })
    },
  )

  test('behavior: calls that are used up stand in the way too', async () => {
    const grant = await signed('fused', scopeOf({ calls: { max: 1 } }))
    expect(await pays(grant, UNIT)).toBe(true)
    expect(await statusOf(grant)).toMatchObject({
      status: 'exhausted',
      spending: { spent: UNIT, available: 9n * UNIT },
      own: { limits: expect.arrayContaining([expect.objectContaining({ counts: 'calls', used: 1n, left: 0n })]) },
    })
    expect(await pays(grant, UNIT)).toBe(false)
  })

  test('behavior: several branches, of which one is ended', async () => {
    const asset = chain.token.address
    const rule = (id: string, to: Address) => ({ id, class: 'transfer' as const, asset, to: [to], budget: id })
    const budget = { assets: { [asset]: '1' }, max: '1', per: 'P1D', window: 'fixed' as const }
    const more = { rules: [rule('one', PAYEE), rule('two', OTHER)], budgets: { one: budget, two: budget } }
    const grant = await signed('framework', scopeOf(more))
    expect(await statusOf(grant)).toMatchObject({ status: 'active', spending: null })
    const part = { ...grant, delegations: grant.delegations.slice(0, 1), branches: grant.branches.slice(0, 1) }
    await revoked(part)
    expect(await statusOf(grant)).toMatchObject({
      status: 'partial',
      revocation: { how: 'disabled', by: addressOf(alice) },
      own: { codes: ['revoked'] },
    })
    expect(await pays(grant, 1n)).toBe(false)
    expect(await restored(kept(grant))).toMatchObject({ status: 'live', grant })
  })

  test('behavior: what a task account handed on: its own end, the end above it, and the least of both', async () => {
    const { environment } = chain
    const asset = chain.token.address
    const rule = { id: 'pay', class: 'transfer' as const, asset, budget: 'daily' }
    // What a token permission does not say, each lowering says in its own way.
    const rules = { fused: { ...rule, to: [PAYEE, OTHER], max: '4' }, framework: { ...rule, to: [PAYEE] } }
    const { client } = metamaskWallet({ chain, signer: alice })
    const granted = async (lowering: Lowering) => {
      const result = await requestGrant(client, {
        scope: scopeOf({ rules: [rules[lowering]], calls: { max: 3 } }),
        publicClient: node(),
        environment,
        paths: ['taskAccount'],
        taskAccount: {
          address: addressOf(task),
          keyHeldBy: 'backend',
          redelegate: (parameters) =>
            redelegateScope({ ...parameters, account: task as never, environment, publicClient: node(), lowering }),
        },
      })
      if (result.status !== 'granted' || result.path !== 'taskAccount') throw result
      return result
    }
    for (const lowering of LOWERINGS) {
      const { grant, root } = await granted(lowering)
      expect(await statusOf(grant)).toMatchObject({ status: 'active', spending: { asset, available: 10n * UNIT } })
      expect(await pays(grant, 4n * UNIT)).toBe(true)
      expect(await statusOf(grant)).toMatchObject({
        status: 'active',
        spending: { spent: 4n * UNIT, available: 6n * UNIT },
        own: { limits: expect.arrayContaining([expect.objectContaining({ counts: 'calls', used: 1n, left: 2n })]) },
      })
      // What the wallet granted counts the same payments.
      expect((await getGrantStatus(node(), { grant: root, environment })).spending).toMatchObject({ spent: 4n * UNIT })
      expect(await restored(kept(grant))).toMatchObject({ status: 'live', grant })
      const other = await granted(lowering)
      await revokeGrant(chain.walletClient(task) as never, {
        grant: {
          ...other.grant,
          scopes: other.grant.scopes.map((scope) => ({ ...scope, principal: addressOf(task) })),
        },
        publicClient: node(),
      })
      expect(await statusOf(other.grant)).toMatchObject({
        status: 'revoked',
        revocation: { how: 'disabled', by: addressOf(task) },
      })
      await revoked(grant)
      expect(await statusOf(grant)).toMatchObject({
        status: 'revoked',
        revocation: { how: 'disabled', by: addressOf(alice) },
      })
      expect(await pays(grant, 1n)).toBe(false)
    }
  })

  test('behavior: a signature that is not the principal’s is no grant, whatever else holds', async () => {
    const grant = await signed('fused')
    const [root, ...below] = grant.delegations as [Delegation, ...Delegation[]]
    const { signature } = (await signed('fused')).delegations[0] as Delegation
    const forged = { ...grant, delegations: [{ ...root, signature }, ...below] }
    expect(await statusOf(forged)).toMatchObject({ status: 'invalid', revocation: null })
    expect((await statusOf(forged)).own?.codes).not.toEqual([])
    expect(await restored(kept(forged))).toMatchObject({ status: 'refused', code: 'dapp.bad_signature' })
  })

  test('behavior: an account that is not upgraded', async () => {
    const grant = await fusedGrant(chain, { principal: plain, agent, payees: [PAYEE] })
    expect(await statusOf(grant)).toMatchObject({
      status: 'not_upgraded',
      upgraded: false,
      account: { kind: 'none' },
      spending: { balance: 0n, movable: 0n },
    })
    expect(await restored(kept(grant))).toMatchObject({ status: 'refused', code: 'dapp.account_not_upgraded' })
  })

  test('behavior: a raised nonce ends what carries it', async () => {
    const grant = await signed('framework')
    const { to, data } = raiseNonceCall(chain.environment)
    const hash = await chain.walletClient(alice).sendTransaction({ to, data })
    const { blockNumber } = await chain.publicClient.waitForTransactionReceipt({ hash })
    expect(await statusOf(grant)).toMatchObject({
      status: 'revoked',
      revocation: { how: 'nonce', by: addressOf(alice), at: { blockNumber, transactionHash: hash } },
      own: { codes: ['group_revoked'] },
    })
    expect(await pays(grant, 1n)).toBe(false)
    expect((await statusOf(await signed('framework'))).status).toBe('active')
  })

  test('error: the node serves another chain, or the grant is of another manager', async () => {
    const grant = await signed('fused')
    for (const other of [
      { ...grant, chainId: 1 },
      { ...grant, manager: PAYEE },
    ]) {
      await expect(statusOf(other)).rejects.toMatchObject({ code: 'chain.wrong_chain' })
    }
  })
})

describe('restoreGrant of our own grants', () => {
  test.each(LOWERINGS)(
    'default: what a page kept as JSON is the grant again, looked at on the chain; %s',
    async (lowering) => {
      const grant = await signed(lowering)
      const found = await restored(kept(grant))
      expect(found).toMatchObject({ status: 'live', grant, account: { kind: 'delegated7702' } })
      if (found.status !== 'live') return
      expect(found.grant).toEqual(grant)
      expect(found.block.number).toBeGreaterThan(0n)
    },
  )

  test('behavior: what has ended is refused with the code of its end, and can still be shown', async () => {
    const grant = await signed('fused')
    await revoked(grant)
    expect(await restored(kept(grant))).toMatchObject({ status: 'refused', code: 'dapp.revoked', grant })
  })

  test('error: nothing that storage says is believed', async () => {
    const stored = kept(await signed('fused'))
    const scopes = stored['scopes'] as Scope[]
    const wider = scopes.map((scope) => ({ ...scope, task: { ...scope.task, purpose: 'Anything' } }))
    const cases: [unknown, RegExp][] = [
      [{ schema: stored['schema'] }, /^grant\./],
      [{ ...stored, scopes: wider }, /^grant\.scope_hash_mismatch$/],
      [{ ...stored, id: `0x${'00'.repeat(32)}` }, /^grant\.id_mismatch$/],
      [{ ...stored, chainId: 1 }, /^grant\./],
      [{ ...stored, more: 1 }, /^grant\./],
      // A name that it inherits, or computes, is none that it has.
      [Object.create(stored), /^dapp\.answer_/],
      [{ ...stored, schema: 'ambit.grant.v2' }, /^dapp\.answer_/],
    ]
    for (const [value, code] of cases) {
      const found = await restored(value)
      expect(found).toMatchObject({ status: 'refused', code: expect.stringMatching(code), grant: null })
    }
  })

  test('error: a node that does not answer says nothing of the grant', async () => {
    const stored = kept(await signed('fused'))
    const down = createPublicClient({
      transport: custom({ request: () => Promise.reject(new Error('down')) }, { retryCount: 0 }),
    }) as NodeClient
    expect(await restoreGrant(down, { stored, environment: chain.environment })).toMatchObject({
      status: 'refused',
      code: 'chain.rpc_unreachable',
    })
  })
})
