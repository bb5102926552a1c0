import { encodeErrorResult, encodeFunctionData, type Hex, type LocalAccount, maxUint256, parseAbi } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { decide } from '../../src/chain/decide.ts'
import { readEffects } from '../../src/chain/readEffects.ts'
import { readState } from '../../src/chain/readState.ts'
import { redeem } from '../../src/chain/redeem.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import {
  createIssuerKey,
  createRequest,
  decisionReceipt,
  EMPTY_HEAD,
  encodeBundle,
  issueReceipt,
  jwkSigner,
  publicJwk,
} from '../../src/receipt/index.ts'
import { narrowScope } from '../../src/scope/narrow.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import { abi as oddTokenAbi, bytecode as oddTokenBytecode } from '../../src/testing/generated/oddToken.ts'
import { evaluate } from '../../src/verdict/evaluate.ts'
import { readMeters } from '../../src/verdict/meters.ts'
import { prepareGrant } from '../../src/verdict/prepare.ts'
import { verifyBundle } from '../../src/verification/index.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { startFaultyRpc } from '../rig/faultyRpc.ts'
import { fusedGrant, units } from '../rig/fusedGrant.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { taskScopeAbi } from '../rig/taskScope.ts'

/** What a call says it spends against what the account loses: a token that takes a fee, and a target that lies. */

const chain = useChain()
const PAYEE: Address = `0x${'9e'.repeat(20)}`
let client: NodeClient
let alice: LocalAccount
let agent: LocalAccount
let helper: LocalAccount
let fee: Address
let liar: Address

/**
 * Takes from its caller, by an approval that stands, as much of the token in its first argument as its third one says; nobody
 * reads the second: `transferFrom(caller, this, word 2)`, and nothing else.
 */
const LIAR: Hex =
  '0x602a8060093d393df36323b872dd60e01b6000523360045230602452604435604452602060006064600060006004355af15000'
const LIES = 'function buy(address token, uint256 said, uint256 taken)'

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  ;[alice, agent, helper] = chain.accounts as unknown as [LocalAccount, LocalAccount, LocalAccount]
  await upgraded(chain, alice)
  fee = await deployed(oddTokenBytecode, [1])
  liar = await deployed(LIAR)
  await mint(chain, addressOf(alice), units(10_000n))
  await mint(chain, addressOf(alice), units(10_000n), fee)
  const approval = { abi: parseAbi(['function approve(address, uint256)']), functionName: 'approve' } as const
  const hash = await chain
    .walletClient(alice as never)
    .writeContract({ ...approval, address: chain.token.address, args: [liar, maxUint256] })
  await chain.publicClient.waitForTransactionReceipt({ hash })
})

async function deployed(bytecode: Hex, args: readonly unknown[] = []): Promise<Address> {
  const deployer = chain.walletClient(helper as never)
  const hash = await deployer.deployContract({ abi: args.length === 0 ? [] : oddTokenAbi, bytecode, args } as never)
  const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
  return String(contractAddress).toLowerCase() as Address
}

type Rules = ScopeDocument['rules']
type Spend = NonNullable<Extract<Rules[number], { class: 'call' }>['spends']>[number]

const granted = (asset: Address, target: Address, signature: string, spend: Spend, more: Partial<ScopeDocument> = {}) =>
  fusedGrant(chain, {
    principal: alice,
    agent,
    payees: [],
    rules: [
      {
        id: 'act',
        class: 'call',
        target,
        function: signature,
        args: signature === LIES ? { token: { eq: asset } } : signature === PAYS ? { to: { eq: PAYEE } } : {},
        spends: [spend],
      },
    ],
    more: {
      ...(asset === fee && { assets: { [fee]: { symbol: 'ODD', decimals: 6 } } }),
      budgets: { life: { assets: { [asset]: '1' }, max: '200' } },
      ...more,
    },
  })
const PAYS = 'function transfer(address to, uint256 amount)'
const feeGrant = (spend: Partial<Spend>, more?: Partial<ScopeDocument>) =>
  granted(fee, fee, PAYS, { asset: fee, budget: 'life', ...spend } as Spend, more)
const liarGrant = (spend: Partial<Spend>) =>
  granted(chain.token.address, liar, LIES, { asset: chain.token.address, budget: 'life', ...spend } as Spend)

const pay = (amount: bigint) => transferCall(fee, PAYEE, units(amount))
const buy = (said: bigint, taken: bigint) => ({
  to: liar,
  value: 0n,
  data: encodeFunctionData({ abi: parseAbi([LIES]), args: [chain.token.address, units(said), units(taken)] }),
})
const asked = (...calls: Parameters<typeof actionOf>[2][]) => actionOf(chain, addressOf(agent), ...calls)

/** What became of it, and what the principal lost by it, whole units. */
async function acts(grant: Grant, action: ReturnType<typeof asked>, asset: Address, account = agent) {
  const before = await balanceOf(chain, addressOf(alice), asset)
  const { verdict, outcome } = await redeem(client, { account, grant, action, environment: chain.environment })
  return {
    verdict,
    status: outcome?.status,
    lost: (before - (await balanceOf(chain, addressOf(alice), asset))) / units(1n),
  }
}

describe('a budget that takes the call’s word', () => {
  test('attack: a token that takes a fee for itself spends more than the budget holds', async () => {
    const grant = await feeGrant({ amount: 'amount' })
    for (const _ of [1, 2])
      expect(await acts(grant, asked(pay(100n)), fee)).toMatchObject({ status: 'executed', lost: 110n })
    expect(await acts(grant, asked(pay(1n)), fee)).toMatchObject({ verdict: { code: 'budget_exceeded' }, lost: 0n })
  })

  test('attack: a target that says little and takes much empties the account', async () => {
    const grant = await liarGrant({ amount: 'said' })
    for (const _ of [1, 2])
      expect(await acts(grant, asked(buy(1n, 450n)), chain.token.address)).toMatchObject({ lost: 450n })
  })
})

describe('a budget that measures', () => {
  test('behavior: it counts the fee, and never holds more than its cap', async () => {
    const grant = await feeGrant({ measured: true })
    const first = await acts(grant, asked(pay(100n)), fee)
    expect(first).toMatchObject({ status: 'executed', lost: 110n })
    expect(first.verdict).toEqual({ verdict: 'allow', branch: 0, rule: 'act', remaining: null })
    expect((await acts(grant, asked(pay(100n)), fee)).verdict).toMatchObject({
      verdict: 'deny',
      code: 'budget_exceeded',
      family: 'refused',
      hop: 0,
      caveat: { index: 0, kind: 'taskScope' },
      rule: { call: 0, index: 0, id: 'act', part: 'budget', at: 0 },
      limit: units(200n),
      used: units(110n),
      requested: units(110n),
      remaining: units(90n),
    })
    // 90 are left: a transfer of 81 takes 89.1 of them.
    expect(await acts(grant, asked(pay(81n)), fee)).toMatchObject({ status: 'executed', lost: 89n })
    const prepared = prepareGrant(grant, chain.environment)
    const state = await readState(client, { grant, environment: chain.environment })
    expect(readMeters(prepared, state)[0]?.own[0]).toMatchObject({ budget: 'life', used: 199_100_000n, left: 900_000n })
  })

  test('behavior: to the last base unit that is left, and not one more', async () => {
    const grant = await feeGrant({ measured: true })
    expect(await acts(grant, asked(pay(100n)), fee)).toMatchObject({ lost: 110n })
    const exactly = transferCall(fee, PAYEE, 81_818_182n)
    // A tenth of it, rounded down, is 8,181,818: 90,000,000 in all.
    const more = transferCall(fee, PAYEE, 81_818_183n)
    expect((await acts(grant, asked(more), fee)).verdict).toMatchObject({
      requested: 90_000_001n,
      remaining: 90_000_000n,
    })
    expect(await acts(grant, asked(exactly), fee)).toMatchObject({ status: 'executed', lost: 90n })
    expect((await acts(grant, asked(transferCall(fee, PAYEE, 1n)), fee)).verdict).toMatchObject({
      requested: 1n,
      remaining: 0n,
    })
    // What costs nothing still passes, as on chain.
    expect(await acts(grant, asked(transferCall(fee, PAYEE, 0n)), fee)).toMatchObject({ status: 'executed', lost: 0n })
  })

  test('behavior: a lying target gets what the budget holds', async () => {
    const grant = await liarGrant({ measured: true })
    expect(await acts(grant, asked(buy(1n, 150n)), chain.token.address)).toMatchObject({
      status: 'executed',
      lost: 150n,
    })
    expect(await acts(grant, asked(buy(1n, 51n)), chain.token.address)).toMatchObject({
      verdict: { code: 'budget_exceeded', requested: units(51n), used: units(150n) },
      lost: 0n,
    })
    expect(await acts(grant, asked(buy(1_000n, 50n)), chain.token.address)).toMatchObject({ lost: 50n })
  })

  test('behavior: the evaluator alone says what it knows, never yes; what the chain answered it takes from the state', async () => {
    const grant = await feeGrant({ measured: true })
    const prepared = prepareGrant(grant, chain.environment)
    const action = asked(pay(10n))
    const state = await readState(client, { grant, environment: chain.environment, action })
    expect(evaluate(prepared, action, state)).toMatchObject({
      verdict: 'deny',
      code: 'effect_unknown',
      family: 'not_evaluated',
      rule: { index: 0, part: 'budget', at: 0 },
      limit: units(200n),
      used: 0n,
      remaining: units(200n),
      requested: null,
      fix: { do: 'simulate' },
    })
    const decided = await decide(client, { grant, action, environment: chain.environment })
    expect(decided.verdict.verdict).toBe('allow')
    expect(evaluate(prepared, action, decided.state)).toEqual(decided.verdict)
    // The answer is of this action: another one is in doubt again.
    expect(evaluate(prepared, asked(pay(11n)), decided.state)).toMatchObject({ code: 'effect_unknown' })
    // What can be known is said first, and how it is mended.
    const elsewhere = asked(transferCall(fee, addressOf(helper), 1n))
    expect(evaluate(prepared, elsewhere, state)).toMatchObject({
      code: 'recipient_not_allowed',
      fix: { do: 'pay_one_of', recipients: [PAYEE] },
    })
    const denied = await decide(client, { grant, action: asked(pay(200n)), environment: chain.environment })
    expect(evaluate(prepared, asked(pay(200n)), denied.state)).toEqual(denied.verdict)
  })

  test('error: one action at a time, and no execution that fails by itself', async () => {
    const grant = await feeGrant({ measured: true })
    expect((await acts(grant, asked(pay(1n), pay(1n)), fee)).verdict).toMatchObject({ code: 'batch_not_allowed' })
    expect((await acts(grant, asked(pay(1_000_000n)), fee)).verdict).toMatchObject({ code: 'execution_failed' })
  })

  test('behavior: the chain is asked only where a rule measures and nothing else is wrong; a doubt is nobody’s yes', async () => {
    const [measuring, declaring] = [await feeGrant({ measured: true }), await feeGrant({ amount: 'amount' })]
    const rpc = await startFaultyRpc(chain.rpcUrl)
    try {
      const node = nodeOf(rpc.url)
      const asks = async (grant: Grant, action: ReturnType<typeof asked>) => {
        const state = await readState(client, { grant, environment: chain.environment, action })
        const prepared = prepareGrant(grant, chain.environment)
        rpc.seen.splice(0)
        const read = await readEffects(node, { grant, prepared, action, state })
        return [rpc.seen.length, read === state]
      }
      expect(await asks(declaring, asked(pay(1n)))).toEqual([0, true])
      expect(await asks(measuring, asked(transferCall(fee, addressOf(helper), 1n)))).toEqual([0, true])
      expect(await asks(measuring, asked(pay(1n)))).toEqual([1, false])
      rpc.fault = () => ({ kind: 'drop' })
      await expect(asks(measuring, asked(pay(1n)))).rejects.toMatchObject({ name: 'ChainError' })
    } finally {
      await rpc.stop()
    }
  })

  test('attack: a target that fails in the enforcer’s words has failed by itself', async () => {
    // Reverts with the bytes of its argument.
    const forger = await deployed('0x600c8060093d393df36024358060446000376000fd')
    const grant = await granted(chain.token.address, forger, 'function say(bytes words)', {
      ...{ asset: chain.token.address, measured: true, budget: 'life' },
    } as Spend)
    const [leaf] = grant.delegations
    const words = encodeErrorResult({
      abi: taskScopeAbi,
      errorName: 'NotAdmitted',
      args: [hashDelegation(leaf as Delegation), 0n, 0n, 4, 0n, units(200n), 0n, units(201n)],
    })
    const say = encodeFunctionData({ abi: parseAbi(['function say(bytes words)']), args: [words] })
    const said = await acts(grant, asked({ to: forger, value: 0n, data: say }), chain.token.address)
    expect(said.verdict).toMatchObject({ code: 'execution_failed' })
  })

  test('behavior: a receipt of it is evaluated again, and its state read again, to the same', async () => {
    const grant = await feeGrant({ measured: true })
    const key = createIssuerKey(new Uint8Array(48).fill(7))
    const issuer = { iss: 'urn:ambit:issuer:test', key: publicJwk(key) }
    const trust = { issuers: [{ iss: issuer.iss, keys: [issuer.key] }] }
    const signer = await jwkSigner(key)
    for (const [amount, result] of [
      [100n, 'allowed'],
      [200n, 'denied'],
    ] as const) {
      const action = asked(pay(amount))
      const { verdict, state } = await decide(client, { grant, action, environment: chain.environment })
      const request = { request: createRequest(action, { grant: grant.id, number: 1n, deadline: 4_000_000_000n }) }
      const drafted = decisionReceipt({
        grant,
        action,
        verdict,
        state,
        request,
        stage: 'simulation',
        layer: 'redeemer',
      })
      const issuing = { signer, issuer, head: EMPTY_HEAD, now: 1_800_000_000n }
      const { token } = await issueReceipt(drafted.draft as never, issuing)
      const text = encodeBundle({ receipt: token, disclosures: [], evidence: drafted.evidence } as never)
      const again = await readEffects(client, {
        grant,
        prepared: prepareGrant(grant, chain.environment),
        action,
        state: await readState(client, {
          grant,
          environment: chain.environment,
          action,
          block: { hash: state.block.hash },
        }),
      })
      const facts = {
        chainId: chain.chainId,
        blocks: { [`${state.block.number}`]: state.block.hash },
        states: { [`${state.block.number}`]: again },
      }
      const { checks, statement } = await verifyBundle(text, { trust, environment: chain.environment, facts } as never)
      expect((statement as { verdict: { result: string } }).verdict.result).toBe(result)
      const said = (check: string) => checks.filter((it) => it.check === check).map(({ status }) => status)
      expect([said('verdict'), said('state')]).toEqual([['proven'], ['proven']])
    }
  })

  test('behavior: what is handed on measures the principal, under the cap above it', async () => {
    const grant = await feeGrant({ measured: true }, { redelegation: { maxDepth: 1 } })
    const [scope] = grant.scopes
    const narrow = narrowScope(scope as never, {
      delegate: addressOf(helper),
      redelegation: { maxDepth: 0 },
      budgets: { life: { max: '50' } },
    })
    let salt = 0n
    const child = await attenuateGrant(grant, {
      scope: narrow,
      environment: chain.environment,
      nonce: 0n,
      lowering: 'fused',
      salt: () => `0x${(++salt).toString(16).padStart(64, 'c')}`,
      account: agent as never,
    })
    const byHelper = (amount: bigint) => actionOf(chain, addressOf(helper), pay(amount))
    expect(await acts(child, byHelper(40n), fee, helper)).toMatchObject({ status: 'executed', lost: 44n })
    expect((await acts(child, byHelper(6n), fee, helper)).verdict).toMatchObject({
      hop: 0,
      limit: units(50n),
      used: units(44n),
    })
    expect(await acts(grant, asked(pay(140n)), fee)).toMatchObject({ status: 'executed', lost: 154n })
    // Two are left above, six below.
    expect((await acts(child, byHelper(5n), fee, helper)).verdict).toMatchObject({
      hop: 1,
      limit: units(200n),
      used: units(198n),
    })
  })
})
