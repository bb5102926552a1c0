import type { Hex } from '../../src/primitives/hex.ts'
import { chainFailed } from '../errors.ts'

/** One JSON-RPC request of a batch. */
export type RpcRequest = { method: string; params: readonly unknown[] }

export type RpcAnswer = { result?: unknown; error?: { code: number; message: string; data?: unknown } }

/** Requests in one HTTP exchange: more would only make both sides hold larger texts. */
const BATCH = 200

/** Sends JSON-RPC batches and returns the answers in order. Errors of single requests are answers. */
export async function sendBatch(rpcUrl: string, requests: readonly RpcRequest[]): Promise<RpcAnswer[]> {
  const answers: RpcAnswer[] = []
  for (let from = 0; from < requests.length; from += BATCH) {
    const slice = requests.slice(from, from + BATCH)
    const body = JSON.stringify(slice.map((request, id) => ({ jsonrpc: '2.0', id, ...request })))
    const response = await fetch(rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const batch = (await response.json()) as (RpcAnswer & { id: number })[]
    if (!Array.isArray(batch) || batch.length !== slice.length) throw chainFailed('batch', batch)
    const ordered: RpcAnswer[] = []
    for (const answer of batch) ordered[answer.id] = answer
    answers.push(...ordered)
  }
  return answers
}

/** One request whose failure ends the run. */
export async function send(rpcUrl: string, method: string, params: readonly unknown[]): Promise<unknown> {
  const [answer] = await sendBatch(rpcUrl, [{ method, params }])
  if (answer === undefined || answer.error !== undefined) {
    throw chainFailed(method, answer)
  }
  return answer.result
}

/** The newest block. */
export async function head(rpcUrl: string): Promise<{ hash: Hex; timestamp: bigint; number: bigint }> {
  const { hash, timestamp, number } = (await send(rpcUrl, 'eth_getBlockByNumber', ['latest', false])) as {
    hash: Hex
    timestamp: Hex
    number: Hex
  }
  return { hash, timestamp: BigInt(timestamp), number: BigInt(number) }
}
