import type { Account, Chain, Client, Transport } from 'viem'
import { type Hex, isHex } from '../primitives/hex.ts'
import { ChainError } from './errors.ts'

/** Any viem client; the actions use its `request` only. */
export type NodeClient = Client<Transport, Chain | undefined, Account | undefined>

type Request = (
  args: { method: string; params: readonly unknown[] },
  options?: { retryCount?: number; dedupe?: boolean },
) => Promise<unknown>

/**
 * One JSON-RPC request, its answer not yet believed.
 *
 * @param retryCount - 0 for everything that spends: a lost answer is not a lost transaction. Absent: the transport's own.
 * @throws {@link ChainError} `chain.rpc_refused` when the node answered with an error, `chain.rpc_unreachable` when it did
 * not answer. Neither carries the node's text or its address: both may hold credentials.
 */
export async function ask(
  client: NodeClient,
  method: string,
  params: readonly unknown[],
  retryCount?: number,
): Promise<unknown> {
  try {
    return await (client.request as Request)({ method, params }, retryCount === undefined ? {} : { retryCount })
  } catch (cause) {
    const rpcCode = rpcCodeOf(cause)
    if (rpcCode !== null) {
      throw new ChainError('chain.rpc_refused', 'The node refused a request.', {
        details: { method, rpcCode },
        fix: 'Try again, or use another node.',
        retry: 'safe',
        cause,
      })
    }
    throw new ChainError('chain.rpc_unreachable', 'The node did not answer.', {
      details: { method },
      fix: 'Check that the RPC address is right and the node is up, then try again.',
      retry: 'safe',
      cause,
    })
  }
}

/** What an `eth_call` did. */
export type CallAnswer = { status: 'ok'; data: Hex } | { status: 'reverted'; data: Hex }

export type CallParameters = {
  to: Hex
  data: Hex
  from?: Hex
  value?: bigint
  /** The call's own gas. Absent: the node's cap. */
  gas?: bigint
  /** Hash of the block whose state is asked. A block that is no longer canonical is refused. */
  block: Hex
}

/**
 * `eth_call` at one named block. A revert is an answer, every other failure is a doubt and throws.
 *
 * @throws {@link ChainError} `chain.rpc_unreachable`, `chain.rpc_refused`, `chain.rpc_malformed`.
 */
export async function callAt(
  client: NodeClient,
  { to, data, from, value, gas, block }: CallParameters,
): Promise<CallAnswer> {
  const transaction = {
    to,
    data,
    ...(from === undefined ? {} : { from }),
    ...(value === undefined || value === 0n ? {} : { value: toQuantity(value) }),
    ...(gas === undefined ? {} : { gas: toQuantity(gas) }),
  }
  try {
    const answer = await ask(client, 'eth_call', [transaction, atBlock(block)])
    if (!isHexAnyCase(answer)) throw malformed('eth_call', 'bytes', answer)
    return { status: 'ok', data: answer.toLowerCase() as Hex }
  } catch (error) {
    const reverted = error instanceof ChainError && error.code === 'chain.rpc_refused' ? revertData(error.cause) : null
    if (reverted === null) throw error
    return { status: 'reverted', data: reverted }
  }
}

/**
 * What a getter of a framework contract returns. It cannot revert: a node that says so is not to be believed, and revert
 * data is never taken for an answer.
 */
export async function getAt(
  client: NodeClient,
  { to, data, block }: Pick<CallParameters, 'to' | 'data' | 'block'>,
): Promise<Hex> {
  const answer = await callAt(client, { to, data, block })
  if (answer.status === 'ok') return answer.data
  throw malformed('eth_call', 'the answer of a getter', answer.data)
}

/** EIP-1898: by hash, so that what several requests read is one state or a refusal. */
export function atBlock(hash: Hex): { blockHash: Hex; requireCanonical: true } {
  return { blockHash: hash, requireCanonical: true }
}

export function toQuantity(value: bigint): Hex {
  return `0x${value.toString(16)}`
}

/** The node answered something that cannot be an answer. */
export function malformed(method: string, expected: string, value: unknown): ChainError {
  return new ChainError('chain.rpc_malformed', 'The node gave an answer that cannot be right.', {
    // A hostile node or account can answer with megabytes: what was wrong with them shows at their beginning.
    details: {
      method,
      expected,
      got: value === null ? 'null' : typeof value === 'string' ? value.slice(0, 200) : typeof value,
    },
    fix: 'Use another node; do not act on what this one says.',
    retry: 'safe',
  })
}

const MAX_DEPTH = 16

/** How nodes say that the EVM stopped without returning: geth's words and revm's names. */
const HALTED = /revert|out ?of ?gas|invalid ?(?:opcode|jump)|stack ?(?:under|over)flow|EVM error/i

/** The JSON-RPC error code, where the node itself answered; `null` where the way to it failed. */
function rpcCodeOf(cause: unknown): number | null {
  let code: number | null = null
  each(cause, (error) => {
    const found = error['code']
    // The ranges that JSON-RPC and EIP-1193 use. Aborted requests and viem's "unknown" (-1) have codes too, from no node.
    if (code === null && typeof found === 'number' && (found === 3 || found <= -32_000 || found >= 4_001)) code = found
  })
  return code
}

/** Data of a revert, `0x` where the EVM halted without any; `null` where the node failed and not the call. */
function revertData(cause: unknown): Hex | null {
  let found: Hex | null = null
  let reverted = false
  each(cause, (error) => {
    if (error['code'] === 3) reverted = true
    for (const text of [error['message'], error['details']]) {
      if (typeof text === 'string' && HALTED.test(text)) reverted = true
    }
    found ??= dataIn(error['data'])
  })
  if (found !== null) return found
  return reverted ? '0x' : null
}

function dataIn(data: unknown): Hex | null {
  if (isHexAnyCase(data)) return data.toLowerCase() as Hex
  // Parity's form, and Hardhat's.
  if (typeof data === 'string') {
    const prefixed = /^Reverted (0x[0-9a-fA-F]*)$/.exec(data)?.[1]
    return isHexAnyCase(prefixed) ? (prefixed.toLowerCase() as Hex) : null
  }
  if (typeof data === 'object' && data !== null && 'data' in data) return dataIn(data.data)
  return null
}

function each(error: unknown, visit: (error: Record<string, unknown>) => void): void {
  let current = error
  for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth++) {
    visit(current as Record<string, unknown>)
    current = (current as { cause?: unknown }).cause
  }
}

function isHexAnyCase(value: unknown): value is Hex {
  return typeof value === 'string' && /^0x/.test(value) && isHex(value.toLowerCase())
}
