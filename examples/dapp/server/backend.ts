import type { Context, Hono } from 'hono'
import { type HDAccount, toHex } from 'viem'
import type { LocalChain } from '../../../src/testing/index.ts'
import { ExampleError } from './errors.ts'
import { readBody } from './service.ts'
import type { Attempt, DevWalletKeys, ExampleConfig, Task } from './wire.ts'

const HASH = /^0x[0-9a-f]{64}$/
const ADDRESS = /^0x[0-9a-f]{40}$/
/** Base units: a number that fits a token. */
const AMOUNT = /^[1-9][0-9]{0,30}$/

/** Methods of a node that a page and its wallet need; no one gets at the engine's own (`anvil_…`) through a web page. */
const METHODS = /^(?:eth_(?!sign|accounts$|sendTransaction$)\w+|net_version|web3_clientVersion)$/
const MAX_BATCH = 50

/**
 * The page's own server beside its files: what the page has to know, the way to the chain, and the agent that works for it.
 *
 * Routes: `GET /config.json`, `GET /dev-wallet.json`, `POST /rpc`, `POST /task-account/grants`, `POST /agent/tasks`.
 */
export function backendRoutes(options: {
  chain: LocalChain
  config: ExampleConfig
  /** Of the development wallet, the selected one first: of the public test mnemonic, so everybody has their keys anyway. */
  wallet: readonly HDAccount[]
  work: (task: Task) => Promise<readonly Attempt[]>
  /** Of the task account. */
  handOn: (request: Record<string, unknown>) => Promise<string>
}): (app: Hono) => void {
  const { chain, config, wallet, work, handOn } = options
  return (app) => {
    app.get('/config.json', (context) => context.json(config))
    app.get('/dev-wallet.json', (context) =>
      context.json({
        privateKeys: wallet.map((account) => toHex(account.getHdKey().privateKey ?? new Uint8Array())),
      } satisfies DevWalletKeys),
    )
    app.post('/rpc', (context) => forward(context, chain.rpcUrl))
    app.post('/task-account/grants', async (context) =>
      context.body(await handOn(await readBody(context)), 201, { 'content-type': 'application/json' }),
    )
    app.post('/agent/tasks', async (context) => {
      const task = readTask(await readBody(context), config)
      // The page sees what comes of it at the redeemer, as it happens; the agent is not waited for.
      work(task).catch((error: unknown) => console.error(error instanceof Error ? error.message : error))
      return context.json({ accepted: task.grant }, 202)
    })
  }
}

async function forward(context: Context, rpcUrl: string): Promise<Response> {
  const body: unknown = await context.req.json().catch(() => undefined)
  const requests = Array.isArray(body) ? body : [body]
  if (requests.length > MAX_BATCH || !requests.every(isAllowed)) {
    throw new ExampleError('example.malformed', 'This is not a request for a node.', {
      fix: `Send JSON-RPC, at most ${MAX_BATCH} reads or transactions at a time.`,
    })
  }
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return context.body(await response.text(), response.status as 200, { 'content-type': 'application/json' })
}

function isAllowed(request: unknown): boolean {
  const method = (request as { method?: unknown } | null | undefined)?.method
  return typeof method === 'string' && METHODS.test(method)
}

function readTask({ grant, payees, perDay, work }: Record<string, unknown>, config: ExampleConfig): Task {
  const known = new Set<unknown>(config.payees.map(({ address }) => address))
  const fits =
    typeof grant === 'string' &&
    HASH.test(grant) &&
    Array.isArray(payees) &&
    payees.length > 0 &&
    payees.length <= known.size &&
    payees.every((payee) => typeof payee === 'string' && ADDRESS.test(payee) && known.has(payee)) &&
    typeof perDay === 'string' &&
    AMOUNT.test(perDay) &&
    (work === 'shift' || work === 'retry')
  if (fits) return { grant, payees, perDay, work } as Task
  throw new ExampleError('example.malformed', 'This is not a task for the agent.', {
    fix: 'Give the grant, its payees, its limit a day in base units, and the work: shift or retry.',
  })
}
