import { hexToBytes } from 'viem'
import { decodeTaskScopeRefusal, type TaskScopeRefusal } from '../caveats/taskScope/refusals.ts'
import { renderValue } from '../errors.ts'
import { byteLength, bytesToUint, type Hex, sliceBytes } from '../primitives/hex.ts'
import { customErrors } from './generated/errors.ts'

/** What a revert says. Untrusted: a target writes its own revert data, also such as looks like an enforcer's. */
export type Revert = {
  /** The contract that alone throws this, where its data says so. A claim, not a proof. */
  contract?: string
  name: string
  /** One line, bounded, escaped. */
  message: string
  /** What the TaskScopeEnforcer says of a refusal: which delegation, rule, condition or budget, and the numbers. */
  refusal?: TaskScopeRefusal
  /** The first {@link MAX_REVERT_BYTES} bytes. */
  data: Hex
}

/** A hostile target can return megabytes; no real error needs more. */
export const MAX_REVERT_BYTES = 2_048

const ERROR_STRING = '0x08c379a0'
const PANIC = '0x4e487b71'

const PANICS: Readonly<Record<string, string>> = {
  1: 'an assertion failed',
  17: 'an arithmetic operation overflowed',
  18: 'a division by zero',
  33: 'an enum had no such value',
  34: 'a storage byte array was badly encoded',
  49: 'pop on an empty array',
  50: 'an array index was out of bounds',
  65: 'too much memory was allocated',
  81: 'an uninitialised function was called',
}

/** Reads any revert data into words. Total: what it does not know has the name `unknown`. */
export function decodeRevert(data: Hex): Revert {
  const bounded = sliceBytes(data, 0, MAX_REVERT_BYTES)
  if (data === '0x') return { name: 'empty', message: 'reverted without a reason', data: '0x' }
  const selector = sliceBytes(bounded, 0, 4)
  const body = sliceBytes(bounded, 4)
  if (selector === ERROR_STRING) return decodeString(body, bounded)
  if (selector === PANIC && byteLength(body) === 32) {
    const code = bytesToUint(body).toString()
    return {
      name: 'Panic',
      message: `Panic(${code}): ${PANICS[code] ?? 'of unknown kind'}`.slice(0, 200),
      data: bounded,
    }
  }
  const refusal = decodeTaskScopeRefusal(bounded)
  if (refusal !== null) {
    return {
      contract: 'TaskScopeEnforcer',
      name: refusal.error,
      message: refusalText(refusal),
      refusal,
      data: bounded,
    }
  }
  const known = customErrors[selector]
  if (known === undefined || byteLength(selector) !== 4) {
    return { name: 'unknown', message: `reverted with ${renderValue(sliceBytes(bounded, 0, 36))}`, data: bounded }
  }
  const values = readValues(known.inputs, body)
  return {
    ...(known.contract === null ? {} : { contract: known.contract }),
    name: known.name,
    message: `${known.name}(${values.join(', ')})`,
    data: bounded,
  }
}

/** Every field by its name: numbers, addresses and hashes only, as their words were read. */
function refusalText({ error, ...fields }: TaskScopeRefusal): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name} ${value === null ? 'none' : value}`)
  return `${error}(${parts.join(', ')})`
}

/** `Error(string)`. The framework's enforcers write `<Enforcer>:<reason>`. */
function decodeString(body: Hex, data: Hex): Revert {
  const length = Number(bytesToUint(sliceBytes(body, 32, 64)) & 0xffffffffn)
  const text = new TextDecoder().decode(hexToBytes(sliceBytes(body, 64, 64 + Math.min(length, MAX_REVERT_BYTES))))
  const contract = /^([A-Za-z0-9]{1,64}Enforcer):[a-z0-9-]{1,100}$/.exec(text)?.[1]
  return {
    ...(contract === undefined ? {} : { contract }),
    name: 'Error',
    message: renderValue(text).slice(1, -1),
    data,
  }
}

/** Static arguments only: a string inside an error is not worth a decoder. */
function readValues(types: readonly string[], body: Hex): string[] {
  return types.map((type, index) => {
    const word = sliceBytes(body, index * 32, index * 32 + 32)
    if (byteLength(word) !== 32) return '?'
    if (/^uint\d+$/.test(type)) return bytesToUint(word).toString()
    if (/^int\d+$/.test(type)) return BigInt.asIntN(256, bytesToUint(word)).toString()
    if (type === 'address') return sliceBytes(word, 12)
    if (type === 'bool') return String(bytesToUint(word) !== 0n)
    const size = /^bytes(\d+)$/.exec(type)?.[1]
    return size === undefined ? '…' : sliceBytes(word, 0, Number(size))
  })
}
