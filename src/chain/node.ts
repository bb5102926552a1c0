import { createClient, http } from 'viem'
import type { NodeClient } from './rpc.ts'

/**
 * A client for one RPC address whose requests of one moment travel as one JSON-RPC batch. It retries what it reads;
 * whatever sends asks for no retry by itself.
 *
 * @param timeout - Milliseconds for one request and its whole answer. Default 10,000.
 */
export function createNode(rpcUrl: string, { timeout = 10_000, retryCount = 2 } = {}): NodeClient {
  return createClient({
    transport: http(rpcUrl, {
      batch: { batchSize: 500, wait: 0 },
      retryCount,
      retryDelay: 100,
      timeout,
      fetchFn: (input, init) => fetch(input, { ...init, signal: bounded(init?.signal, timeout) }),
    }),
    pollingInterval: 500,
  })
}

/** The transport stops its clock at the headers: a node that sends a byte now and then would hold us for ever. */
function bounded(given: AbortSignal | null | undefined, timeout: number): AbortSignal {
  const whole = AbortSignal.timeout(timeout)
  return given ? AbortSignal.any([given, whole]) : whole
}
