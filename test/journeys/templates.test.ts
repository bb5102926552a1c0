import { encodeFunctionData, type LocalAccount, parseAbi, parseEther } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { readBlock } from '../../src/chain/block.ts'
import { decide } from '../../src/chain/decide.ts'
import { getEnvironment } from '../../src/chain/deployments.ts'
import { readAsset } from '../../src/chain/readAsset.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { simulate } from '../../src/chain/simulate.ts'
import { compile } from '../../src/compile/compile.ts'
import type { Lowering, Plan } from '../../src/compile/types.ts'
import { signGrant } from '../../src/grant/create.ts'
import type { Grant } from '../../src/grant/types.ts'
import { classifyOutcome } from '../../src/outcome/classify.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { parseInstant } from '../../src/primitives/time.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import { requestOf, signRequest, unsignedRequest } from '../../src/redemption/request.ts'
import { lintScope } from '../../src/scope/lint.ts'
import { parseScope } from '../../src/scope/parse.ts'
import { type Answers, scopeFromTemplate, templateNamed, templates } from '../../src/scope/templates/index.ts'
import type { Scope } from '../../src/scope/types.ts'
import { deployTestToken } from '../../src/testing/framework.ts'
import { abi as nftAbi, bytecode as nftBytecode } from '../../src/testing/generated/testNft.ts'
import { abi as routerAbi, bytecode as routerBytecode } from '../../src/testing/generated/testRouter.ts'
import type { Action, Call, Verdict } from '../../src/verdict/types.ts'
import { codeOf } from '../codes.ts'
import { examplesOf, without } from '../fixtures/templates.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { actionOf, addressOf, nodeOf, transferCall, upgraded } from '../rig/grant.ts'
import { recordRedemption } from '../rig/recording.ts'

/** What each template allows is executed on a real chain, and what comes near it is refused, by the verdict and by the chain. */

const chain = useChain()
const DAY = 86_400n
const USDC = 1_000_000n
const PRICE = 200_000_000n
const [FIRST, SECOND, STRANGER] = [`0x${'9e'.repeat(20)}`, `0x${'4d'.repeat(20)}`, `0x${'66'.repeat(20)}`] as const
const DOCUMENT_ASSETS = {
  '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913': { symbol: 'USDC', decimals: 6 },
  '0x4200000000000000000000000000000000000006': { symbol: 'WETH', decimals: 18 },
} as const

let client: NodeClient
let alice: LocalAccount
let agent: LocalAccount
let guardian: LocalAccount
let weth: Address
let router: Address
let collection: Address
let salts = 0n
const salt = (): Hex => `0x${(++salts).toString(16).padStart(64, '7')}`

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  const [first, second, third] = chain.accounts
  alice = first
  agent = second
  guardian = third
  await upgraded(chain, alice)
  await mint(chain, addressOf(alice), 1_000_000n * USDC)
  const wallet = chain.walletClient(chain.accounts[0])
  weth = await deployTestToken(wallet as never, chain.publicClient, { symbol: 'WETH', decimals: 18 })
  router = await deployed(wallet.deployContract({ abi: routerAbi, bytecode: routerBytecode, args: [PRICE] }))
  collection = await deployed(wallet.deployContract({ abi: nftAbi, bytecode: nftBytecode, args: [parseEther('0.05')] }))
  await mint(chain, router, parseEther('100'), weth)
})

async function deployed(sent: Promise<Hex>): Promise<Address> {
  const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash: await sent })
  return String(contractAddress).toLowerCase() as Address
}

/** The scope of a template on this chain, read as a command line would read it. */
async function scopeOn(name: string, answers: Answers): Promise<Scope> {
  const { timestamp: now } = await chain.publicClient.getBlock()
  const who = { principal: addressOf(alice), delegate: addressOf(agent), guardian: addressOf(guardian) }
  const tokens = [chain.token.address, weth]
  const read = tokens.map(async (asset) => [asset, await readAsset(client, { asset })] as const)
  const assets = Object.fromEntries(await Promise.all(read))
  const frame = { chainId: chain.chainId, now, id: `${name}-${salts}`, assets }
  const scope = parseScope(scopeFromTemplate(templateNamed(name), { ...who, until: '60d', ...answers }, frame), {
    now,
    assets,
  })
  expect(lintScope(scope, { now })).toEqual([])
  return scope
}

async function grantOn(name: string, answers: Answers, lowering: Lowering = 'fused'): Promise<Grant> {
  const scope = await scopeOn(name, answers)
  const plan = compile(scope, chain.environment, { salt, nonce: 0n, lowering })
  return signGrant(scope, plan, alice as never)
}

/** A fixed window warns of itself: two limits can go at its boundary. */
async function frameworkGrant(name: string, answers: Answers): Promise<Grant> {
  const { timestamp: now } = await chain.publicClient.getBlock()
  const who = { principal: addressOf(alice), delegate: addressOf(agent), until: '60d', window: 'fixed' }
  const info = { symbol: 'USDC', decimals: 6 }
  const assets = { [chain.token.address]: info }
  const frame = { chainId: chain.chainId, now, id: `${name}-${salts}`, assets }
  const scope = parseScope(scopeFromTemplate(templateNamed(name), { ...who, ...answers }, frame), { now, assets })
  const plan = compile(scope, chain.environment, { salt, nonce: 0n, lowering: 'framework' })
  return signGrant(scope, plan, alice as never)
}

const act = (...calls: Call[]): Action => actionOf(chain, addressOf(agent), ...calls)
const pay = (to: Address, amount: bigint) => transferCall(chain.token.address, to, amount * USDC)
const judge = async (grant: Grant, action: Action): Promise<Verdict> =>
  (await decide(client, { grant, action, environment: chain.environment })).verdict

async function executes(grant: Grant, action: Action): Promise<void> {
  const outcome = classifyOutcome(await recordRedemption(chain, client, { account: agent, grant, action }))
  expect(outcome).toMatchObject({ status: 'executed' })
}

/** Refused by our verdict with this code, and by the contracts when it is tried all the same. */
async function refuses(grant: Grant, action: Action, code: string): Promise<void> {
  expect(await judge(grant, action)).toMatchObject({ verdict: 'deny', code })
  const redemption = encodeRedemption(grant, 0, action)
  const block = (await readBlock(client)).hash
  expect(await simulate(client, { redemption, from: addressOf(agent), block })).toMatchObject({ status: 'reverted' })
}

async function pass(seconds: bigint): Promise<void> {
  await chain.testClient.increaseTime({ seconds: Number(seconds) })
  await chain.testClient.mine({ blocks: 1 })
}

describe('allowance', () => {
  const answers = () => ({
    asset: chain.token.address,
    payees: `${FIRST}, ${SECOND}`,
    limit: '100',
    per: '1d',
    most: '60',
  })

  test('default: bills are paid up to the limit, and again when a day is over', async () => {
    const grant = await grantOn('allowance', answers())
    const before = await balanceOf(chain, SECOND)
    await executes(grant, act(pay(FIRST, 60n)))
    await executes(grant, act(pay(SECOND, 40n)))
    expect((await balanceOf(chain, SECOND)) - before).toBe(40n * USDC)
    await refuses(grant, act(pay(FIRST, 1n)), 'period_budget_exceeded')
    await pass((DAY * 9n) / 8n)
    await executes(grant, act(pay(FIRST, 60n)))
  })

  test('error: another payee, a larger bill, another token, coin beside it', async () => {
    const grant = await grantOn('allowance', answers())
    await refuses(grant, act(pay(STRANGER, 1n)), 'recipient_not_allowed')
    await refuses(grant, act(pay(FIRST, 61n)), 'action_maximum_exceeded')
    await refuses(grant, act(transferCall(weth, FIRST, 1n)), 'target_not_allowed')
    await refuses(grant, act({ ...pay(FIRST, 1n), value: 1n }), 'value_not_allowed')
    await refuses(grant, act({ to: FIRST, value: 1n, data: '0x' }), 'target_not_allowed')
  })

  test('behavior: with fixed windows the framework’s caveats hold it', async () => {
    const { most: _, ...plain } = answers()
    const grant = await frameworkGrant('allowance', { ...plain, payees: FIRST })
    await executes(grant, act(pay(FIRST, 100n)))
    await refuses(grant, act(pay(FIRST, 1n)), 'period_budget_exceeded')
    await refuses(grant, act(pay(STRANGER, 1n)), 'recipient_not_allowed')
  })
})

describe('subscription', () => {
  test('default: one price each interval, never early, and as many as there are intervals', async () => {
    const grant = await grantOn('subscription', { asset: chain.token.address, payee: FIRST, price: '20', every: '30d' })
    await executes(grant, act(pay(FIRST, 20n)))
    await refuses(grant, act(pay(FIRST, 20n)), 'period_budget_exceeded')
    await pass(25n * DAY)
    await refuses(grant, act(pay(FIRST, 20n)), 'period_budget_exceeded')
    await pass(5n * DAY)
    await executes(grant, act(pay(FIRST, 20n)))
    await pass(29n * DAY)
    // Inside its sixty days, and both intervals are paid.
    await refuses(grant, act(pay(FIRST, 20n)), 'calls_exceeded')
  })

  test('error: another price, another payee', async () => {
    const grant = await grantOn('subscription', { asset: chain.token.address, payee: FIRST, price: '20', every: '30d' })
    await refuses(grant, act(transferCall(chain.token.address, FIRST, 20n * USDC + 1n)), 'action_maximum_exceeded')
    await refuses(grant, act(pay(SECOND, 20n)), 'recipient_not_allowed')
  })

  test('behavior: with fixed windows the framework’s caveats hold it', async () => {
    const answers = { asset: chain.token.address, payee: FIRST, price: '20', every: '30d' }
    const grant = await frameworkGrant('subscription', answers)
    await executes(grant, act(pay(FIRST, 20n)))
    await refuses(grant, act(pay(FIRST, 20n)), 'period_budget_exceeded')
    await pass(30n * DAY)
    await executes(grant, act(pay(FIRST, 20n)))
  })
})

describe('dca-swap', () => {
  const ERC20 = parseAbi(['function approve(address spender, uint256 amount)'])
  const answers = () => ({
    asset: chain.token.address,
    amount: '50',
    buy: weth,
    least: '0.01',
    every: '7d',
    router,
    fee: '500',
  })
  const approve = (amount: bigint, token = chain.token.address): Call => ({
    to: token,
    value: 0n,
    data: encodeFunctionData({ abi: ERC20, functionName: 'approve', args: [router, amount] }),
  })
  const swap = (change: Record<string, unknown> = {}): Call => {
    const params = {
      tokenIn: chain.token.address,
      tokenOut: weth,
      fee: 500,
      recipient: addressOf(alice),
      amountIn: 50n * USDC,
      amountOutMinimum: 50n * USDC * PRICE,
      sqrtPriceLimitX96: 0n,
      ...change,
    }
    const data = encodeFunctionData({ abi: routerAbi, functionName: 'exactInputSingle', args: [params as never] })
    return { to: router, value: 0n, data }
  }
  const buying = (change: Record<string, unknown> = {}) => act(approve(50n * USDC), swap(change), approve(0n))

  test('default: buys for the amount, into the principal’s account, and leaves no allowance', async () => {
    const grant = await grantOn('dca-swap', answers())
    const before = await balanceOf(chain, addressOf(alice), weth)
    await executes(grant, buying())
    expect((await balanceOf(chain, addressOf(alice), weth)) - before).toBe(parseEther('0.01'))
    const left = await chain.publicClient.readContract({
      address: chain.token.address,
      abi: parseAbi(['function allowance(address, address) view returns (uint256)']),
      functionName: 'allowance',
      args: [addressOf(alice), router],
    })
    expect(left).toBe(0n)
    await refuses(grant, buying(), 'period_budget_exceeded')
    await pass(7n * DAY)
    await executes(grant, buying())
  })

  test('error: a worse price, another amount, token, pool, recipient', async () => {
    const grant = await grantOn('dca-swap', answers())
    for (const change of [
      { amountOutMinimum: parseEther('0.01') - 1n },
      { recipient: addressOf(agent) },
      { tokenOut: chain.token.address },
      { tokenIn: weth },
      { fee: 100 },
      { sqrtPriceLimitX96: 1n },
    ])
      await refuses(grant, buying(change), 'argument_not_allowed')
    for (const amountIn of [50n * USDC - 1n, 50n * USDC + 1n])
      await refuses(grant, act(approve(amountIn), swap({ amountIn }), approve(0n)), 'argument_not_allowed')
  })

  test('error: an allowance that stays, is larger, or is for another token', async () => {
    const grant = await grantOn('dca-swap', answers())
    await refuses(grant, act(approve(50n * USDC), swap(), approve(1n)), 'allowance_not_returned')
    await refuses(grant, act(approve(51n * USDC), swap(), approve(0n)), 'allowance_not_returned')
    await refuses(grant, act(approve(50n * USDC, weth), swap(), approve(0n)), 'target_not_allowed')
    await refuses(grant, act(approve(50n * USDC)), 'allowance_not_returned')
    await refuses(grant, act(swap()), 'target_not_allowed')
  })
})

describe('treasury-payouts', () => {
  const answers = () => ({
    asset: chain.token.address,
    payees: `${FIRST} ${SECOND}`,
    limit: '1000',
    per: '30d',
    most: '500',
    above: '100',
  })

  test('default: small payments go, a large one waits for a signature over this very payment', async () => {
    const grant = await grantOn('treasury-payouts', answers())
    await executes(grant, act(pay(FIRST, 100n)))
    const large = act(pay(SECOND, 500n))
    const deadline = 4_000_000_000n
    const { request, confirmer } = requestOf(grant, {
      environment: chain.environment,
      action: large,
      number: 7n,
      deadline,
    })
    expect(confirmer).toBe(addressOf(alice))
    expect(await judge(grant, { ...large, request: unsignedRequest(request) })).toMatchObject({
      verdict: 'escalate',
      threshold: 100n * USDC,
      requested: 500n * USDC,
      timeout: DAY,
    })
    const confirmation = await signRequest(alice as never, request)
    const confirmed = { number: 7n, deadline, signature: null, confirmation }
    // One base unit more or somebody else is not what was signed.
    for (const other of [act(pay(FIRST, 500n)), act(pay(SECOND, 499n))])
      expect(await judge(grant, { ...other, request: confirmed })).toMatchObject({ verdict: 'escalate' })
    await executes(grant, { ...large, request: confirmed })
  })

  test('error: what nobody can confirm away', async () => {
    const grant = await grantOn('treasury-payouts', answers())
    await refuses(grant, act(pay(STRANGER, 200n)), 'recipient_not_allowed')
    await refuses(grant, act(pay(FIRST, 501n)), 'action_maximum_exceeded')
  })
})

describe('nft-mint', () => {
  const mintOne = (change: { to?: Address; quantity?: bigint; value?: bigint } = {}): Action => {
    const { to = addressOf(alice), quantity = 1n, value = parseEther('0.05') } = change
    const data = encodeFunctionData({ abi: nftAbi, functionName: 'mint', args: [to, quantity] })
    return act({ to: collection, value, data })
  }
  const answers = () => ({ contract: collection, price: '0.05', count: '2' })
  const owned = () =>
    chain.publicClient.readContract({
      address: collection,
      abi: nftAbi,
      functionName: 'balanceOf',
      args: [addressOf(alice)],
    })

  test('default: mints as many as were asked for, into the principal’s account', async () => {
    const grant = await grantOn('nft-mint', answers())
    const before = await owned()
    await executes(grant, mintOne())
    await executes(grant, mintOne())
    expect((await owned()) - before).toBe(2n)
    await refuses(grant, mintOne(), 'budget_exceeded')
    await refuses(grant, mintOne({ value: 0n }), 'calls_exceeded')
  })

  test('error: for somebody else, several at once, for more, from elsewhere', async () => {
    const grant = await grantOn('nft-mint', answers())
    await refuses(grant, mintOne({ to: addressOf(agent) }), 'argument_not_allowed')
    await refuses(grant, mintOne({ quantity: 2n }), 'argument_not_allowed')
    await refuses(grant, mintOne({ value: parseEther('0.05') + 1n }), 'value_not_allowed')
    const [call] = mintOne().calls as [Call]
    await refuses(grant, act({ ...call, to: router }), 'target_not_allowed')
  })
})

describe('gas-top-up', () => {
  const answers = { accounts: `${FIRST},${SECOND}`, limit: '0.05', per: '7d', most: '0.03' }
  const send = (to: Address, value: bigint) => act({ to, value, data: '0x' })

  test('default: tops up named accounts, up to the limit of the week', async () => {
    const grant = await grantOn('gas-top-up', answers)
    const before = await chain.publicClient.getBalance({ address: FIRST })
    await executes(grant, send(FIRST, parseEther('0.03')))
    // A rolling limit counts in parts of its 2^23rd, rounded up: two payments cannot add up to it to the last wei.
    await executes(grant, send(SECOND, parseEther('0.0199')))
    expect((await chain.publicClient.getBalance({ address: FIRST })) - before).toBe(parseEther('0.03'))
    await refuses(grant, send(FIRST, parseEther('0.001')), 'period_budget_exceeded')
    await pass(8n * DAY)
    await executes(grant, send(FIRST, parseEther('0.03')))
  })

  test('error: another account, more at once, a call with the coin', async () => {
    const grant = await grantOn('gas-top-up', answers)
    await refuses(grant, send(STRANGER, 1n), 'recipient_not_allowed')
    await refuses(grant, send(FIRST, parseEther('0.03') + 1n), 'action_maximum_exceeded')
    await refuses(grant, act({ to: FIRST, value: 1n, data: '0x12345678' }), 'method_not_allowed')
  })

  test('behavior: with fixed windows the framework’s caveats hold it', async () => {
    const grant = await frameworkGrant('gas-top-up', { accounts: FIRST, limit: '0.05', per: '7d' })
    await executes(grant, send(FIRST, parseEther('0.05')))
    await refuses(grant, send(FIRST, 1n), 'period_budget_exceeded')
  })
})

describe('templates', () => {
  const NOW = parseInstant('2026-11-20T12:00:00Z')
  const frame = { chainId: 8453, now: NOW, id: 'task-1', assets: DOCUMENT_ASSETS }
  const scopeOf = (name: string, answers: Answers): Scope =>
    parseScope(scopeFromTemplate(templateNamed(name), answers, frame), { now: NOW, assets: DOCUMENT_ASSETS })
  const planOf = (scope: Scope, lowering: Lowering): Plan =>
    compile(scope, getEnvironment(8453), { salt, nonce: 0n, lowering })

  test.each(templates.map(({ name }) => [name] as const))('default: %s is held by one caveat whole', (name) => {
    const plan = planOf(scopeOf(name, examplesOf(name)), 'fused')
    expect(plan.drafts).toHaveLength(1)
    const open = plan.coverage.filter(({ held }) => held.by !== 'chain').map(({ constraint }) => constraint)
    const said = /^\/(?:evidence|revocation\/maxLatencySeconds|escalation\/(?:timeout|onTimeout))/
    expect(open.filter((pointer) => !said.test(pointer))).toEqual([])
  })

  test.each(templates.map(({ name, lowering }) => [name, lowering] as const))(
    'behavior: what %s says of the framework’s caveats is so (%s)',
    (name, lowering) => {
      const asks = templateNamed(name).questions.some((question) => question.name === 'window')
      const answers = { ...without(name, 'most', 'guardian'), ...(asks ? { window: 'fixed' } : {}) }
      if (lowering === 'any') expect(planOf(scopeOf(name, answers), 'framework').accepted).toEqual([])
      else expect(codeOf(() => planOf(scopeOf(name, answers), 'framework')).code).toMatch(/^compile\./)
    },
  )
})
