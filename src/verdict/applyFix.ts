import type { Address, Hex } from '../primitives/hex.ts'
import { VerdictError } from './errors.ts'
import { isAddress, isData, isUint, MAX_DATA_BYTES, TRANSFER_SELECTOR } from './facts.ts'
import type { Action, Call, Fix } from './types.ts'

/**
 * The action that follows a fix, as an agent would write it; of a list the first entry. Fixes that change no action
 * (waiting, asking) return it as it is.
 *
 * @throws {@link VerdictError} `verdict.invalid_fix` for bytes outside any call data: fixes travel, and may come back changed.
 */
export function applyFix(fix: Fix, action: Action): Action {
  switch (fix.do) {
    case 'lower_amount':
      return change(action, (call) => withCallAmount(call, fix.to))
    case 'set_value':
      return change(action, (call) => ({ ...call, value: fix.to }))
    case 'set_calldata':
      return change(action, (call) => ({ ...call, data: fix.data }))
    case 'set_bytes':
      return change(action, (call) => ({ ...call, data: withBytes(call.data, Number(fix.at), fix.bytes) }))
    case 'pay_one_of':
      return change(action, (call) => withRecipient(call, fix.recipients[0]))
    case 'call_one_of':
      return change(action, (call) => withTarget(call, fix.targets[0]))
    case 'redeem_as':
      return { ...action, redeemer: fix.redeemers[0] ?? action.redeemer }
    case 'use_chain':
      return { ...action, chainId: fix.chainId }
    case 'send_one_call':
      return { ...action, calls: action.calls.slice(0, 1) }
    case 'send_calls':
      return { ...action, calls: fix.calls }
    case 'send_fewer_calls':
      return { ...action, calls: action.calls.slice(0, fix.to) }
    case 'in_call':
      return inCall(fix.call, fix.fix, action)
    case 'sign_request':
      return unsigned(action)
    case 'wait_until':
    case 'simulate':
    case 'ask_for_a_new_grant':
    case 'retry_later':
    case 'report_a_fault':
      return action
  }
}

/** Changes the first call, which is made up where the action has none that can be read. */
function change(action: Action, edit: (call: Call) => Call): Action {
  const [given, ...rest] = Array.isArray(action.calls) ? action.calls : []
  const call: Call = {
    to: isAddress(given?.to) ? given.to : '0x',
    value: isUint(given?.value) ? given.value : 0n,
    data: isData(given?.data) ? given.data : '0x',
  }
  return { ...action, calls: [edit(call), ...rest] }
}

/** Only the key can sign; what it or a confirmer signed before is of no use. */
function unsigned({ request: _, ...action }: Action): Action {
  return action
}

/** A fix of one call of a batch, as if that were the only one. */
function inCall(at: number, fix: Fix, action: Action): Action {
  const call = action.calls[at]
  if (call === undefined) return action
  const [changed = call] = applyFix(fix, { ...action, calls: [call] }).calls
  return { ...action, calls: action.calls.with(at, changed) }
}

function isTransfer(data: Hex): boolean {
  return data.startsWith(TRANSFER_SELECTOR) && data.length === 138
}

function withCallAmount(call: Call, amount: bigint): Call {
  if (!isTransfer(call.data)) return { ...call, value: amount }
  return { ...call, data: `0x${call.data.slice(2, 74)}${amount.toString(16).padStart(64, '0')}` }
}

function withRecipient(call: Call, recipient: Address | undefined): Call {
  if (recipient === undefined) return call
  if (!isTransfer(call.data)) return { ...call, to: recipient }
  return { ...call, data: withBytes(call.data, 4, `0x${recipient.slice(2).padStart(64, '0')}`) }
}

function withTarget(call: Call, target: { target: Address; selector?: Hex } | undefined): Call {
  if (target === undefined) return call
  const { target: to, selector } = target
  return selector === undefined ? { ...call, to } : { ...call, to, data: withBytes(call.data, 0, selector) }
}

/** Overwrites bytes; what lies between the end of the data and `at` is filled with zeros. */
function withBytes(data: Hex, at: number, bytes: Hex): Hex {
  if (!(at >= 0 && at <= MAX_DATA_BYTES) || !isData(bytes)) {
    throw new VerdictError('verdict.invalid_fix', 'This fix cannot be applied.', {
      details: { at: String(at), bound: MAX_DATA_BYTES },
      fix: 'Apply the fix of a verdict as it was given.',
    })
  }
  const digits = data.slice(2).padEnd(at * 2, '0')
  return `0x${digits.slice(0, at * 2)}${bytes.slice(2)}${digits.slice(at * 2 + bytes.length - 2)}`
}
