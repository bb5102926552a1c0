import { CaveatError } from '../caveats/errors.ts'
import {
  decodeExecutions,
  encodeExecutions,
  MAX_EXECUTIONS,
  packExecution,
  unpackExecution,
} from '../caveats/execution.ts'
import { type Address, byteLength, type Hex, isHex } from '../primitives/hex.ts'
import { DelegationError } from './errors.ts'

/** What an account is to run: address, wei, call data. */
export type Call = { to: Address; value: bigint; data: Hex }

/** How the manager runs what is redeemed: an ERC-7579 mode, and the bytes that go with it. */
export type Execution = { mode: Hex; execution: Hex }

/** ERC-7579 mode of one call that reverts when it fails. The try mode would count what did not happen. */
export const SINGLE_DEFAULT_MODE: Hex = `0x${'00'.repeat(32)}`

/** ERC-7579 mode of several calls, all of which revert when one of them fails. */
export const BATCH_DEFAULT_MODE: Hex = `0x01${'00'.repeat(31)}`

/** Nodes relay no larger transaction, and a larger one costs more than a block. */
export const MAX_CALLDATA_BYTES = 131_072

/**
 * The one way in which Ambit has calls run: one in single mode, several as one batch in their order.
 *
 * @throws {@link DelegationError} `delegation.malformed_call`, `delegation.no_calls`, `delegation.too_many_calls`.
 */
export function encodeCalls(calls: readonly Call[]): Execution {
  const [call, ...more] = calls
  if (call === undefined) {
    throw new DelegationError('delegation.no_calls', 'There is no call to run.', { fix: 'Give at least one call.' })
  }
  if (more.length === 0) return { mode: SINGLE_DEFAULT_MODE, execution: encodeExecution(call) }
  return { mode: BATCH_DEFAULT_MODE, execution: encodeBatch(calls) }
}

/**
 * The calls that these bytes run, if they are exactly those that {@link encodeCalls} writes: a batch of one is not.
 *
 * @throws {@link DelegationError} `delegation.unsupported_mode` (try mode and calls of other kinds),
 * `delegation.malformed_execution`.
 */
export function decodeCalls({ mode, execution }: Execution): Call[] {
  if (mode === SINGLE_DEFAULT_MODE) return [readExecution(execution)]
  if (mode === BATCH_DEFAULT_MODE) return readBatch(execution)
  throw new DelegationError('delegation.unsupported_mode', 'This runs in another mode than single or batch.', {
    details: { mode },
    fix: 'Read it with a tool for that mode; Ambit sends single and batch calls that revert when they fail.',
  })
}

/** Single-mode execution: `target(20) ‖ value(32) ‖ call data`, packed. */
export function encodeExecution(call: Call): Hex {
  assertCall(call)
  return packExecution(toItem(call))
}

/** The call inside a single-mode execution. */
export function readExecution(execution: Hex): Call {
  if (byteLength(execution) < 52) {
    throw malformed('This execution is too short to hold a call.', { bytes: byteLength(execution), least: 52 })
  }
  return toCall(unpackExecution(execution))
}

/** Batch-mode execution: canonical `abi.encode(Execution[])` of at least two calls. */
export function encodeBatch(calls: readonly Call[]): Hex {
  if (calls.length > MAX_EXECUTIONS) {
    throw new DelegationError('delegation.too_many_calls', 'This batch holds more calls than a block.', {
      details: { calls: calls.length, bound: MAX_EXECUTIONS },
      fix: `Give at most ${MAX_EXECUTIONS} calls.`,
    })
  }
  for (const call of calls) assertCall(call)
  return encodeExecutions(calls.map(toItem))
}

/** The calls inside a batch-mode execution. */
export function readBatch(execution: Hex): Call[] {
  const calls = readItems(execution).map(toCall)
  if (calls.length < 2) throw malformed('A batch of one call is not how one call is written.', { calls: calls.length })
  return calls
}

function readItems(execution: Hex) {
  try {
    return decodeExecutions(execution)
  } catch (cause) {
    if (!(cause instanceof CaveatError)) throw cause
    throw malformed('This batch is not canonically encoded.', { bytes: byteLength(execution) }, cause)
  }
}

function assertCall({ to, value, data }: Call): void {
  if (/^0x[0-9a-f]{40}$/.test(to) && isHex(data) && byteLength(data) <= MAX_CALLDATA_BYTES && isUint256(value)) return
  throw new DelegationError('delegation.malformed_call', 'This call cannot be encoded.', {
    details: { to: String(to), value: String(value), bytes: typeof data === 'string' ? data.length : 0 },
    fix: 'Give a lower-case address, a value from 0 to 2^256 - 1 and lower-case call data of at most 128 KiB.',
  })
}

function malformed(message: string, details: Record<string, number>, cause?: unknown): DelegationError {
  return new DelegationError('delegation.malformed_execution', message, {
    details,
    fix: 'Write it with encodeCalls; do not redeem these bytes.',
    ...(cause === undefined ? {} : { cause }),
  })
}

function toItem({ to, value, data }: Call) {
  return { target: to, value, data }
}

function toCall({ target, value, data }: ReturnType<typeof toItem>): Call {
  return { to: target, value, data }
}

function isUint256(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value < 1n << 256n
}
