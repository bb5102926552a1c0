import { createClient, http } from 'viem'
import type { NodeClient } from './rpc.ts'

/**
 * A client for one RPC address whose requests of one moment travel as one JSON-RPC batch. It retries what it reads;
 * whatever sends asks for no retry by itself.
 *
 * @param timeout - Milliseconds for one request. Default 10,000.
 */
export function createNode(rpcUrl: string, { timeout = 10_000, retryCount = 2 } = {}): NodeClient {
  return createClient({
    transport: http(rpcUrl, { batch: { batchSize: 500, wait: 0 }, retryCount, retryDelay: 100, timeout }),
    pollingInterval: 500,
  })
}
