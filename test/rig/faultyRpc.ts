import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type RpcRequest = { id: unknown; method: string; params: unknown[] }
export type RpcAnswer = { result?: unknown; error?: { code: number; message: string; data?: unknown } }

/** What goes wrong with one request. */
export type Fault =
  /** The node never hears it; the connection breaks. */
  | { kind: 'drop' }
  /** The node does it, the answer is lost. */
  | { kind: 'loseAnswer' }
  | { kind: 'status'; status: number }
  | { kind: 'text'; text: string }
  /** The node hears it and never says a word. */
  | { kind: 'silence' }
  /** The node is asked, and something else is said. */
  | { kind: 'lie'; answer: (truth: RpcAnswer) => unknown }

export type FaultyRpc = {
  url: string
  /** Every request that came in, in order. */
  seen: RpcRequest[]
  /** Decides each request's fate; `null` passes it on. */
  fault: (request: RpcRequest) => Fault | null
  stop: () => Promise<void>
}

/** A real HTTP proxy before a real node, which drops, loses, breaks and lies as it is told. */
export async function startFaultyRpc(upstream: string): Promise<FaultyRpc> {
  const rpc: FaultyRpc = { url: '', seen: [], fault: () => null, stop: async () => {} }
  const server = createServer((request, response) => {
    handle(rpc, upstream, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  rpc.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  rpc.stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(() => resolve()))
  }
  return rpc
}

async function handle(
  rpc: FaultyRpc,
  upstream: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = JSON.parse(await text(request)) as RpcRequest | RpcRequest[]
  const requests = Array.isArray(body) ? body : [body]
  rpc.seen.push(...requests)
  const faults = requests.map((one) => rpc.fault(one))
  const blunt = faults.find((fault) => fault !== null && fault.kind !== 'lie')
  if (blunt?.kind === 'drop') return void response.destroy()
  if (blunt?.kind === 'silence') return
  if (blunt?.kind === 'status') return void response.writeHead(blunt.status).end('the node is unwell')
  if (blunt?.kind === 'text')
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(blunt.text)

  const answered = await fetch(upstream, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const truth = (await answered.json()) as (RpcAnswer & { id: unknown }) | (RpcAnswer & { id: unknown })[]
  if (blunt?.kind === 'loseAnswer') return void response.destroy()
  const said = (Array.isArray(truth) ? truth : [truth]).map((answer) => {
    const fault = faults[requests.findIndex(({ id }) => id === answer.id)]
    return fault?.kind === 'lie' ? { jsonrpc: '2.0', id: answer.id, ...(fault.answer(answer) as object) } : answer
  })
  response
    .writeHead(200, { 'content-type': 'application/json' })
    .end(JSON.stringify(Array.isArray(body) ? said : said[0]))
}

async function text(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request) body += chunk
  return body
}
