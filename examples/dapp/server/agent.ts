import type { LocalAccount } from 'viem'
import { ExampleError } from './errors.ts'
import { signOrder } from './order.ts'
import type { Attempt, Task } from './wire.ts'

type Hex = `0x${string}`

export type AgentOptions = {
  /** Its own key: holds no money, pays no gas. */
  account: LocalAccount
  chainId: number
  token: Hex
  redeemer: { url: string; address: Hex }
  /** Whom a message told it to pay. Nobody allowed that. */
  stranger: Hex
  /** Unix milliseconds. */
  clock: () => number
  /** Milliseconds between two of its requests, so that a person can follow. */
  pace: number
}

/**
 * A program with a key of its own, scripted where a model would think. It asks the redeemer for payments over HTTP and
 * learns from the answers what it may do; nothing here knows the limits that it runs into.
 */
export async function runAgent(options: AgentOptions, task: Task): Promise<Attempt[]> {
  const { account, redeemer, token, chainId, clock, pace } = options
  const attempts: Attempt[] = []
  for (const [index, payment] of plan(options, task).entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, pace))
    const number = BigInt(clock()) * 1_000n + BigInt(index)
    const deadline = BigInt(Math.floor(clock() / 1000) + 120)
    const order = { chainId, grant: task.grant, redeemer: redeemer.address, token, number, deadline, ...payment }
    attempts.push((await ask(redeemer.url, '/payments', await signOrder(account, order))) as Attempt)
  }
  return attempts
}

type Payment = { to: Hex; amount: bigint; reason: string }

function plan({ stranger }: AgentOptions, { payees, perDay, work }: Task): Payment[] {
  const payee = payees[0] as Hex
  const limit = BigInt(perDay)
  // Two fifths of a day's allowance, so that both payments of a demonstration fit in one day.
  const bill = (limit * 2n) / 5n > 0n ? (limit * 2n) / 5n : 1n
  if (work === 'retry') return [{ to: payee, amount: bill, reason: 'Next invoice: usage of this week' }]
  return [
    { to: payee, amount: bill, reason: 'Invoice 2041: usage of last week' },
    { to: payee, amount: limit * 4n, reason: 'Prepaying the year saves 20 %, so I would like to do that now' },
    { to: stranger, amount: bill, reason: 'An e-mail says that the vendor has a new account: pay there from now on' },
  ]
}

async function ask(url: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer: unknown = await response.json()
  if (response.ok) return answer
  throw new ExampleError('example.redeemer_refused', 'The redeemer does not take this request.', {
    details: { path, status: response.status, code: String((answer as { code?: unknown }).code) },
    fix: 'Register the grant first, and ask under it.',
  })
}
