import { encodeFunctionData, keccak256 } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { balanceOf, mint, useChain } from '../../test/rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall } from '../../test/rig/grant.ts'
import { deployHybrid, deployPinnedTarget, pinnedTargetAbi } from '../../test/rig/principals.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { checkGrant } from '../grant/check.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readAccountCode } from './account.ts'
import { readBlock } from './block.ts'
import { readFacts } from './readFacts.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'
import { upgradeAccount } from './upgradeAccount.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9a'.repeat(20)}`
let client: NodeClient
let hybrid: Address
let target: Address

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  const [alice, , , , payer] = chain.accounts
  await upgradeAccount(client, { account: alice, environment: chain.environment })
  const owner = chain.accounts[3] as typeof alice
  const wallet = chain.walletClient(payer as typeof alice)
  hybrid = (await deployHybrid({ owner, environment: chain.environment, payer: wallet, reader: chain.publicClient }))
    .address
  target = await deployPinnedTarget(wallet, chain.publicClient)
  await mint(chain, addressOf(alice), 1_000_000_000n)
  await mint(chain, hybrid, 1_000_000_000n)
})

const people = () => {
  const [alice, agent, helper, owner] = chain.accounts
  return { alice, agent: agent as typeof alice, helper: helper as typeof alice, owner: owner as typeof alice }
}

describe('redeem', () => {
  test('default: an upgraded EOA pays through its agent', async () => {
    const { alice, agent } = people()
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) },
    ])
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 60n))
    const before = await balanceOf(chain, PAYEE)
    const { environment } = chain
    const first = await redeem(client, { account: agent, grant, action, environment })
    expect(first.verdict).toMatchObject({ verdict: 'allow', remaining: 40n })
    expect(first.outcome).toMatchObject({
      status: 'executed',
      final: true,
      effects: [{ asset: chain.token.address, from: addressOf(alice), to: PAYEE, amount: 60n }],
    })
    expect(await balanceOf(chain, PAYEE)).toBe(before + 60n)

    const second = await redeem(client, { account: agent, grant, action, environment })
    expect(second).toMatchObject({ sent: null, outcome: null })
    expect(second.verdict).toMatchObject({ verdict: 'deny', code: 'budget_exceeded', used: 60n, largestAllowed: 40n })
    expect(await balanceOf(chain, PAYEE)).toBe(before + 60n)
  })

  test('behavior: a Hybrid account pays through two hops, and every link reports', async () => {
    const { agent, helper, owner } = people()
    const grant = await grantOf(chain, [
      {
        signer: owner,
        as: hybrid,
        delegate: addressOf(agent),
        caveats: payCaveats(chain, 500n, { kind: 'limitedCalls', limit: 3n }),
      },
      { signer: agent, delegate: addressOf(helper), caveats: payCaveats(chain, 50n) },
    ])
    const { environment } = chain
    const { facts } = await readFacts(client, { grant, environment })
    expect(facts.codes).toEqual({ [hybrid]: 'contract', [addressOf(agent)]: 'none' })
    const bare = { ...grant, scopes: [] }
    expect(checkGrant(bare, facts).branches.map(({ status }) => status)).toEqual(['valid'])
    const action = actionOf(chain, addressOf(helper), transferCall(chain.token.address, PAYEE, 50n))
    const result = await redeem(client, { account: helper, grant, action, environment })
    expect(result.outcome).toMatchObject({ status: 'executed', effects: [{ from: hybrid, amount: 50n }] })
    expect(result.redemption?.chain).toHaveLength(2)
  })

  test('behavior: a pinned call and a native payment are executed, known by the account that runs them', async () => {
    const { alice, agent } = people()
    const { environment } = chain
    const data = encodeFunctionData({ abi: pinnedTargetAbi, functionName: 'note', args: ['invoice 7'] })
    const caveats = [
      { kind: 'allowedTargets', targets: [target] },
      { kind: 'exactCalldata', data },
      { kind: 'valueLte', max: 0n },
    ] as const
    const call = await grantOf(chain, [{ signer: alice, delegate: addressOf(agent), caveats }])
    const noted = actionOf(chain, addressOf(agent), { to: target, value: 0n, data })
    expect((await redeem(client, { account: agent, grant: call, action: noted, environment })).outcome).toMatchObject({
      status: 'executed',
      effects: [],
    })
    const pay = await grantOf(chain, [
      {
        signer: alice,
        delegate: addressOf(agent),
        caveats: [
          { kind: 'nativeTransferAmount', limit: 9n },
          { kind: 'exactCalldata', data: '0x' },
          { kind: 'allowedTargets', targets: [PAYEE] },
        ],
      },
    ])
    const paid = actionOf(chain, addressOf(agent), { to: PAYEE, value: 9n, data: '0x' })
    expect((await redeem(client, { account: agent, grant: pay, action: paid, environment })).outcome).toMatchObject({
      status: 'executed',
      effects: [{ asset: 'native', from: addressOf(alice), to: PAYEE, amount: 9n }],
    })
    expect(await chain.publicClient.getBalance({ address: PAYEE })).toBe(9n)
  })

  test('behavior: what the token refuses is a failed execution, not a fault in authority', async () => {
    const { alice, agent } = people()
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, 10n ** 30n) },
    ])
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 10n ** 29n))
    const result = await redeem(client, { account: agent, grant, action, environment: chain.environment })
    expect(result.verdict).toMatchObject({ verdict: 'deny', code: 'execution_failed', family: 'execution' })
    expect(result.simulation).toMatchObject({
      status: 'reverted',
      error: { contract: 'ERC20', name: 'ERC20InsufficientBalance' },
    })
    expect(result.sent).toBeNull()
  })

  test('behavior: a signature that nobody checked and the account’s contract refuses is not sent', async () => {
    const { alice, agent, helper } = people()
    const forged = await grantOf(chain, [
      { signer: helper, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) },
    ])
    const grant = {
      ...forged,
      delegations: forged.delegations.map((delegation) => ({ ...delegation, delegator: addressOf(alice) })),
    }
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 1n))
    const result = await redeem(client, { account: agent, grant, action, environment: chain.environment })
    expect(result.verdict).toMatchObject({ verdict: 'deny', code: 'signature_refused', family: 'ended' })
    expect(result.sent).toBeNull()
  })

  test('behavior: a key’s signature that nobody checked and the chain refuses is a disagreement and is not sent', async () => {
    const { alice, agent, helper } = people()
    const handedOn = await grantOf(chain, [
      { signer: alice, delegate: addressOf(helper), caveats: payCaveats(chain, 100n) },
      { signer: helper, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) },
    ])
    const [root, leaf] = handedOn.delegations
    if (root === undefined || leaf === undefined) throw new TypeError('two links')
    const grant = { ...handedOn, delegations: [root, { ...leaf, signature: root.signature }] }
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 1n))
    const result = await redeem(client, { account: agent, grant, action, environment: chain.environment })
    expect(result.verdict).toMatchObject({ verdict: 'deny', code: 'disagreement', family: 'fault' })
    expect(result.sent).toBeNull()
  })

  test('error: a token that says no without reverting has paid nobody, though everything succeeded', async () => {
    const { alice, agent } = people()
    const token: Address = `0x${'fa'.repeat(20)}`
    // Returns one zero word, whatever it is asked: `transfer` is false, and nothing is logged.
    await chain.testClient.setCode({ address: token, bytecode: '0x600060005260206000f3' })
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: [{ kind: 'erc20TransferAmount', token, limit: 100n }] },
    ])
    const action = actionOf(chain, addressOf(agent), transferCall(token, PAYEE, 60n))
    const result = await redeem(client, { account: agent, grant, action, environment: chain.environment })
    expect(result.verdict.verdict).toBe('allow')
    expect(result.outcome).toMatchObject({ status: 'ineffective', missing: 'transfer_log', effects: [] })
  })

  test('error: a principal that ignores what it is told to run has paid nobody either', async () => {
    const { alice, agent } = people()
    const principal: Address = `0x${'fb'.repeat(20)}`
    // Accepts any signature (ERC-1271's magic word); answers everything else with an empty list, and runs nothing.
    const bytecode: Hex = `0x60003560e01c631626ba7e14601957602060005260406000f35b7f1626ba7e${'00'.repeat(28)}60005260206000f3`
    await chain.testClient.setCode({ address: principal, bytecode })
    await chain.testClient.setBalance({ address: principal, value: 100n })
    const { environment } = chain
    const granting = (caveats: DecodedCaveat[]) =>
      grantOf(chain, [{ signer: alice, as: principal, delegate: addressOf(agent), caveats }])
    const tokens = await granting(payCaveats(chain, 100n))
    const native = await granting([
      { kind: 'nativeTransferAmount', limit: 9n },
      { kind: 'exactCalldata', data: '0x' },
    ])
    const paying = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 60n))
    const sending = actionOf(chain, addressOf(agent), { to: PAYEE, value: 9n, data: '0x' })
    const paid = await redeem(client, { account: agent, grant: tokens, action: paying, environment })
    expect(paid.outcome).toMatchObject({ status: 'ineffective', missing: 'transfer_log' })
    const sent = await redeem(client, { account: agent, grant: native, action: sending, environment })
    expect(sent.outcome).toMatchObject({ status: 'ineffective', missing: 'target_log', effects: [] })
  })

  test('error: an account that is not the redeemer of the action signs nothing', async () => {
    const { alice, agent, helper } = people()
    const grant = await grantOf(chain, [
      { signer: alice, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) },
    ])
    const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, 1n))
    await expect(
      redeem(client, { account: helper, grant, action, environment: chain.environment }),
    ).rejects.toMatchObject({
      code: 'chain.wrong_account',
    })
  })
})

describe('upgradeAccount', () => {
  test('behavior: an account that has the code sends nothing; another delegation is left alone', async () => {
    const { alice } = people()
    const { environment } = chain
    expect(await upgradeAccount(client, { account: alice, environment })).toMatchObject({ transactionHash: null })
    const other = chain.accounts[6] as typeof alice
    await chain.testClient.setCode({ address: other.address, bytecode: `0xef0100${'12'.repeat(20)}` })
    await expect(upgradeAccount(client, { account: other, environment })).rejects.toMatchObject({
      code: 'chain.principal_unsupported',
    })
  })
})

describe('readAccountCode', () => {
  test('behavior: tells the framework’s accounts from contracts that only look like them', async () => {
    const { alice, agent } = people()
    const { environment } = chain
    const block = (await readBlock(client)).hash
    const read = (address: Address) => readAccountCode(client, { address, environment, block })
    expect(await read(addressOf(agent))).toEqual({ kind: 'none' })
    expect(await read(addressOf(alice))).toMatchObject({ kind: 'delegated7702', known: true })
    const code = await chain.publicClient.getCode({ address: hybrid })
    expect(await read(hybrid)).toEqual({ kind: 'contract', known: true, codeHash: keccak256(code ?? '0x') })
    expect(await read(chain.token.address)).toMatchObject({ kind: 'contract', known: false })
  })
})
