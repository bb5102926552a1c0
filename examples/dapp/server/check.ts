import assert from 'node:assert/strict'
import { createWalletClient, custom, erc20Abi, formatUnits } from 'viem'
import { requestGrant, revokeGrant, toGrant } from '../../../src/dapp/index.ts'
import { serializeGrant } from '../../../src/grant/index.ts'
import { createDevWallet } from '../../../src/testing/wallet/index.ts'
import { scopeOf } from '../page/draft.ts'
import { handOnAt, registerGrant } from '../page/services.ts'
import { type Example, startExample } from './start.ts'
import type { Attempt } from './wire.ts'

type Hex = `0x${string}`

/** 25 USDC a day. */
const PER_DAY = 25_000_000n

/**
 * The example without a browser: a wallet grants, the agent pays, is refused twice, is ended and refused again. Once for one
 * payee, which a wallet's permission can say, and once for two, which takes the task account.
 *
 * @throws `AssertionError` where anything else happens.
 */
export async function* check(): AsyncGenerator<string> {
  const example = await startExample({ page: null, pace: 0 })
  try {
    for (const payees of [1, 2]) yield* journey(example, payees)
  } finally {
    await example.stop()
  }
}

async function* journey(example: Example, count: number): AsyncGenerator<string> {
  const { chain, config, principal } = example
  const { environment, chainId } = config
  const payees = config.payees.slice(0, count).map(({ address }) => address)
  const confirm = () => 'confirm' as const
  const wallet = createDevWallet({ chainId, environment, rpcUrl: chain.rpcUrl, accounts: [principal], confirm })
  await wallet.provider.request({ method: 'eth_requestAccounts' })
  const client = createWalletClient({ account: principal.address, transport: custom(wallet.provider) })
  const { publicClient } = chain
  const draft = { amount: '25', payees, days: 30, purpose: 'Pay for model usage' }
  const now = Math.floor(Date.now() / 1000)
  const scope = scopeOf(config, { draft, amount: PER_DAY, principal: principal.address, now })

  const taskAccount = { address: config.taskAccount, keyHeldBy: 'backend' as const, redelegate: handOnAt(example.url) }
  const answer = await requestGrant(client, { scope, environment, publicClient, taskAccount })
  if (answer.status === 'refused') throw answer.error
  assert.notEqual(answer.path, 'signature')
  if (answer.path === 'signature') return
  yield `granted by ${answer.path}, verified at block ${answer.block.number}`
  const root = answer.path === 'permission' ? answer.grant : answer.root
  const grant = answer.path === 'permission' ? await toGrant({ grant: root, scope, environment }) : answer.grant
  const { id } = await registerGrant(config, serializeGrant(grant))

  const task = { grant: id, payees, perDay: PER_DAY.toString() }
  const attempts = await example.work({ ...task, work: 'shift' })
  for (const attempt of attempts) yield line(attempt)
  assert.deepEqual(attempts.map(outcomeOf), ['paid', 'period_budget_exceeded', 'recipient_not_allowed'])
  assert.equal(await balanceOf(example, payees[0] as Hex), ((PER_DAY * 2n) / 5n) * BigInt(count))

  const ended = await revokeGrant(client, { grant: root, publicClient })
  if (ended.status === 'refused') throw ended.error
  yield `ended by its principal, proven at block ${ended.links[0]?.blockNumber}`
  const again = await example.work({ ...task, work: 'retry' })
  for (const attempt of again) yield line(attempt)
  assert.deepEqual(again.map(outcomeOf), ['revoked'])
}

function balanceOf({ chain, config }: Example, owner: Hex): Promise<bigint> {
  const call = { abi: erc20Abi, functionName: 'balanceOf', args: [owner] } as const
  return chain.publicClient.readContract({ address: config.token.address, ...call })
}

function outcomeOf({ result }: Attempt): string {
  return result.status === 'denied' ? result.code : result.status
}

function line(attempt: Attempt): string {
  const { amount, reason } = attempt
  return `  ${outcomeOf(attempt).padEnd(22)} ${formatUnits(BigInt(amount), 6).padStart(5)} USDC  ${reason}`
}
