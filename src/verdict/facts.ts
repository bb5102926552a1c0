import type { Address, Hex } from '../primitives/hex.ts'
import { type Finding, finding } from './finding.ts'
import type { Measured } from './measured.ts'
import type { Action, ActionRequest, Call } from './types.ts'

/** `transfer(address,uint256)`: the only selector that the framework's ERC-20 enforcers accept. */
export const TRANSFER_SELECTOR: Hex = '0xa9059cbb'
export const MAX_UINT256 = (1n << 256n) - 1n
/** Nodes relay no larger transaction. Also what keeps a hostile action from costing time. */
export const MAX_DATA_BYTES = 131_072

/** What the checks look at, read from an action once. */
export type Facts = {
  chainId: number
  redeemer: Address
  /** One call is single mode, several are batch mode. */
  single: boolean
  /** All of them; what follows is the first one. */
  calls: readonly Call[]
  to: Address
  value: bigint
  data: Hex
  /** Bytes of `data`. */
  size: number
  /** Amount of a `transfer(address,uint256)` of exactly 68 bytes; `null` for any other call. */
  tokenAmount: bigint | null
  request: ActionRequest | null
  requestsAbove: Readonly<Record<Hex, ActionRequest>> | null
  /** The action is another than was asked: whoever takes it up has it signed anew. */
  renewed: boolean
}

const ADDRESS = /^0x[0-9a-f]{40}$/
const HEX = /^0x[0-9a-f]*$/

/** Reads an action, which comes from an agent and is not to be trusted to have its type. */
export function readAction(action: Action): Facts | Finding {
  const { calls, redeemer, chainId, request = null, requestsAbove = null } = (action ?? {}) as Action
  const first = Array.isArray(calls) ? calls[0] : undefined
  if (first === undefined || typeof chainId !== 'number' || !isAddress(redeemer)) return finding('malformed_action')
  for (const call of calls) {
    if (call === null || typeof call !== 'object' || !isAddress(call.to) || !isUint(call.value) || !isData(call.data)) {
      return finding('malformed_action')
    }
  }
  if (!isRequest(request) || !Object.values(requestsAbove ?? {}).every(isRequest)) return finding('malformed_action')
  const { to, value, data } = first
  const single = calls.length === 1
  return { chainId, redeemer, single, calls, to, value, data, ...measure(data), request, requestsAbove, renewed: false }
}

/** One that fits in a caveat's `args`, or none. */
function isRequest(request: ActionRequest | null): boolean {
  if (request === null) return true
  if (typeof request !== 'object') return false
  const { number, deadline, signature, confirmation } = request
  const fits = isUint(number) && number < 2n ** 64n && isUint(deadline) && deadline < 2n ** 40n
  const signed = signature === null || (isData(signature) && signature.length === 132)
  return fits && signed && (confirmation === null || (isData(confirmation) && confirmation !== '0x'))
}

export function isUint(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= MAX_UINT256
}

export function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && ADDRESS.test(value)
}

/** Canonical call data, not larger than a transaction may be. */
export function isData(value: unknown): value is Hex {
  return (
    typeof value === 'string' && value.length % 2 === 0 && value.length <= 2 + 2 * MAX_DATA_BYTES && HEX.test(value)
  )
}

/** The amount that an action is about: tokens for a transfer call, wei for everything else. */
export function amountOf(facts: Facts): bigint {
  return facts.tokenAmount ?? facts.value
}

/** The same facts with another amount: of tokens, of wei, or in another word of the arguments. */
export function withAmount(facts: Facts, measured: Measured, amount: bigint): Facts {
  if (measured === 'value') return withCall(facts, { value: amount })
  const at = measured === 'token' ? 74 : 10 + 64 * measured
  const { data: old } = facts
  const data: Hex = `${old.slice(0, at) as Hex}${amount.toString(16).padStart(64, '0')}${old.slice(at + 64)}`
  return { ...withCall(facts, { data }), ...measure(data) }
}

function withCall(facts: Facts, change: Partial<Call>): Facts {
  const { to, value, data } = facts
  return { ...facts, ...change, renewed: true, calls: [{ to, value, data, ...change }, ...facts.calls.slice(1)] }
}

function measure(data: Hex): { size: number; tokenAmount: bigint | null } {
  const size = (data.length - 2) >> 1
  const token = size === 68 && data.startsWith(TRANSFER_SELECTOR)
  return { size, tokenAmount: token ? BigInt(`0x${data.slice(74)}`) : null }
}
