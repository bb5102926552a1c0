import type { Hono } from 'hono'
import { NODE_METHODS } from '../testing/wallet/nodeMethods.ts'
import { type Html, html } from './html.ts'
import { type Gate, limitBody, type Variables } from './security.ts'

/**
 * The wallet of `ambit/testing/wallet` on the console's own pages, for who wants to try granting and has none installed. Only
 * the embedded chain of this machine has one: its keys are everybody's, so that it may stand nowhere that money is.
 */
export type DemoWallet = {
  /** A script for a page: the wallet, and before it what it has to know. */
  script(): Promise<string>
  /** Asks the embedded chain. What the node refuses is an answer too. */
  ask(request: { method: string; params: readonly unknown[] }): Promise<NodeAnswer>
}

/** As in JSON-RPC. */
export type NodeAnswer = { result: unknown } | { error: { code: number; message: string; data?: unknown } }

/** Where the script lies, and where the wallet asks the chain. */
const SCRIPT_PATH = '/wallet.js'
const RPC_PATH = '/rpc'

/** Bytes of requests that travel together: one transaction is at most half of that, in hex. */
const MAX_RPC_BYTES = 262_144
/** Requests that travel together. */
export const MAX_BATCH = 50

/** The same, for people who see a wallet where they installed none. */
export function demoWalletNotice(): Html {
  return html`<p class="card notice warn"><strong>Demonstration.</strong> This page brings a wallet of its own, “Ambit dev wallet”. Everybody has its keys, and its chain is on this machine alone: never send anything of worth to its accounts.</p>`
}

/** Before the page's own script, which asks for wallets once. */
export function demoWalletTag(nonce: string): Html {
  return html`<script nonce="${nonce}" src="${SCRIPT_PATH}"></script>`
}

/** Serves the script and the way to the chain to who has a session: `GET /wallet.js`, `POST /rpc`. */
export function mountDemoWallet(app: Hono<{ Variables: Variables }>, gate: Gate, wallet: DemoWallet): void {
  app.get(SCRIPT_PATH, async (context) =>
    context.body(await wallet.script(), 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
  )
  app.post(RPC_PATH, gate.origin, limitBody(MAX_RPC_BYTES), async (context) => {
    const body: unknown = await context.req.json().catch(() => undefined)
    const requests = Array.isArray(body) ? body : [body]
    if (requests.length === 0 || requests.length > MAX_BATCH || !requests.every(isRequest)) {
      return context.json({ jsonrpc: '2.0', id: null, ...NO_REQUEST }, 400)
    }
    const answers = await Promise.all(requests.map((request) => answer(wallet, request)))
    return context.json(Array.isArray(body) ? answers : answers[0])
  })
}

type Request = { id: number | string; method: string; params?: readonly unknown[] }

function isRequest(given: unknown): given is Request {
  if (typeof given !== 'object' || given === null) return false
  const { id, method, params = [] } = given as Record<string, unknown>
  return (typeof id === 'number' || typeof id === 'string') && typeof method === 'string' && Array.isArray(params)
}

/** The engine's own methods (`anvil_…`) are nobody's, and its unlocked accounts (`eth_sendTransaction`) neither. */
async function answer(wallet: DemoWallet, { id, method, params = [] }: Request): Promise<object> {
  const allowed = NODE_METHODS.has(method) || method === 'eth_chainId'
  const given = allowed ? await wallet.ask({ method, params }) : NO_SUCH_METHOD
  return { jsonrpc: '2.0', id, ...given }
}

const NO_REQUEST: NodeAnswer = { error: { code: -32_600, message: `This is no request, or more than ${MAX_BATCH}.` } }
const NO_SUCH_METHOD: NodeAnswer = { error: { code: -32_601, message: 'The console passes no such method on.' } }
