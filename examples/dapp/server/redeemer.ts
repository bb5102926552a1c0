import type { Hono } from 'hono'
import type { LocalAccount } from 'viem'
import type { Environment } from '../../../src/caveats/index.ts'
import { type NodeClient, readFacts, redeem } from '../../../src/chain/index.ts'
import { AmbitError } from '../../../src/errors.ts'
import { checkGrant, type Grant, parseGrant } from '../../../src/grant/index.ts'
import { REASONS } from '../../../src/verdict/index.ts'
import { ExampleError } from './errors.ts'
import { type Order, readOrder } from './order.ts'
import { readBody } from './service.ts'
import type { Attempt, AttemptResult, RegisteredGrant } from './wire.ts'

type Hex = `0x${string}`

/** More than anyone looks at; an example must not grow without a bound. */
const MAX_GRANTS = 50
const MAX_ATTEMPTS = 200

type Held = { grant: Grant; attempts: Attempt[] }

/**
 * A submitter: takes what an agent signed, decides as `ambit/chain` does, sends once, and keeps what became of it in memory.
 * Its account is the delegate and pays the gas; the agent holds a key that signs orders, and nothing else. It has no queue that
 * outlives the process, no receipts and no stops: the redeemer service is for that.
 *
 * Routes: `POST /grants`, `GET /grants/:id/attempts`, `POST /payments`.
 */
export function redeemerRoutes(options: {
  node: NodeClient
  environment: Environment
  account: LocalAccount
  /** Whose orders it takes. */
  agent: Hex
  /** Unix milliseconds. */
  clock: () => number
}): (app: Hono) => void {
  const { node, environment, account, agent, clock } = options
  const redeemer = account.address.toLowerCase() as Hex
  const grants = new Map<string, Held>()
  // One account, one nonce: the next transaction is signed when the one before it is in a block.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <value>(work: () => Promise<value>): Promise<value> => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  return (app) => {
    app.post('/grants', async (context) => {
      const grant = await accept(await readBody(context))
      if (!grants.has(grant.id)) grants.set(grant.id, { grant, attempts: [] })
      return context.json({ id: grant.id } satisfies RegisteredGrant, 201)
    })
    app.get('/grants/:id/attempts', (context) => context.json(find(context.req.param('id')).attempts))
    app.post('/payments', async (context) => {
      const body = await readBody(context)
      const held = find(body['grant'])
      const now = BigInt(Math.floor(clock() / 1000))
      const order = readOrder(body, { chainId: environment.chainId, agent, redeemer, now })
      // Asked again, answered again: an order is carried out once, also where the first answer was lost.
      const known = held.attempts.find(({ id }) => id === order.hash)
      if (known !== undefined) return context.json(known)
      if (held.attempts.length >= MAX_ATTEMPTS) throw busy()
      const attempt: Attempt = {
        id: order.hash,
        at: clock(),
        to: order.payment.to,
        amount: order.payment.amount.toString(),
        reason: order.request.reason ?? '',
        result: { status: 'deciding' },
      }
      held.attempts.push(attempt)
      try {
        attempt.result = await inTurn(() => submit(held, order))
      } catch (error) {
        // A fault of ours: whoever looks is not left waiting.
        attempt.result = { status: 'failed', code: 'example.fault', message: 'The redeemer failed.' }
        throw error
      }
      return context.json(attempt)
    })
  }

  function find(id: unknown): Held {
    const held = typeof id === 'string' ? grants.get(id) : undefined
    if (held !== undefined) return held
    throw new ExampleError('example.unknown_grant', 'This grant is not known here.', { fix: 'Register it first.' })
  }

  /** Nothing that the page says is believed: the file is read strictly, and the chain is asked whether it can be redeemed. */
  async function accept(file: Record<string, unknown>): Promise<Grant> {
    if (grants.size >= MAX_GRANTS) throw busy()
    const grant = parseGrant(file, { environment })
    if (grant.scopes.at(-1)?.delegate !== redeemer) throw refused('delegate')
    const { facts } = await readFacts(node, { grant, environment })
    const { status } = checkGrant(grant, facts)
    if (status !== 'valid') throw refused(status)
    return grant
  }

  async function submit({ grant }: Held, { request }: Order): Promise<AttemptResult> {
    const { chainId, calls, reason } = request
    try {
      const { verdict, outcome } = await redeem(node, {
        grant,
        environment,
        account,
        action: { chainId, redeemer, calls, ...(reason === undefined ? {} : { reason }) },
        pollingInterval: 100,
      })
      if (verdict.verdict === 'deny') {
        const { code, limit, remaining, resetsAt } = verdict
        const text = (value: bigint | null) => value?.toString() ?? null
        const numbers = { limit: text(limit), left: text(remaining), resetsAt: text(resetsAt) }
        return { status: 'denied', code, sentence: REASONS[code].sentence, ...numbers }
      }
      if (outcome?.status === 'executed') return { status: 'paid', transactionHash: outcome.transactionHash }
      return { status: 'failed', code: outcome?.status ?? verdict.verdict, message: 'The chain shows no payment.' }
    } catch (error) {
      if (!(error instanceof AmbitError)) throw error
      return { status: 'failed', code: error.code, message: error.shortMessage }
    }
  }
}

function refused(what: string): ExampleError {
  return new ExampleError('example.grant_refused', 'The redeemer cannot use this grant.', {
    details: { what },
    fix: 'Register a grant whose delegate is the redeemer, while it can be redeemed.',
  })
}

function busy(): ExampleError {
  return new ExampleError('example.busy', 'This example has seen enough.', { fix: 'Start it again.', retry: 'safe' })
}
