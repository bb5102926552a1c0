import { parseAddress } from '../primitives/address.ts'
import { byteLength, concatBytes, type Hex, parseHex, uintToBytes } from '../primitives/hex.ts'
import type { FunctionInput, ParsedFunction } from '../scope/function.ts'
import type { AbiValue, Condition, Scope } from '../scope/types.ts'

/** Bytes of the calldata that must stand there, and the arguments they pin. */
export type Pin = { start: bigint; value: Hex; names: readonly string[] }

/** What a rule's `eq` conditions come to. `loose`: arguments whose condition the framework cannot check. */
export type Pins = { exact: Hex | null; pins: readonly Pin[]; loose: readonly string[]; words: ReadonlySet<string> }

/**
 * The calldata bytes that the `eq` conditions fix. All arguments fixed: the whole calldata, dynamic parts included, so
 * that nothing can be appended. Otherwise the static ones, neighbours merged, the selector with a first word.
 */
export function pinArguments(fn: ParsedFunction, args: Readonly<Record<string, Condition>>, scope: Scope): Pins {
  const values = fn.inputs.map((input) => encodeEq(input, args, scope))
  const names = Object.keys(args)
  const complete =
    values.every((value) => value !== null) && names.every((name) => fn.inputs.some((i) => i.name === name))
  if (complete) {
    return { exact: assemble(fn, values as readonly Hex[]), pins: [], loose: [], words: new Set(names) }
  }
  const pinned: Pin[] = []
  const words = new Set<string>()
  fn.inputs.forEach((input, index) => {
    const value = values[index]
    if (value === undefined || value === null || !input.static) return
    words.add(input.name)
    append(pinned, { start: BigInt(4 + input.headOffset), value, names: [input.name] })
  })
  const first = pinned[0]
  if (first?.start === 4n) pinned[0] = { ...first, start: 0n, value: concatBytes(fn.selector, first.value) }
  return { exact: null, pins: pinned, loose: names.filter((name) => !words.has(name)), words }
}

function append(pinned: Pin[], pin: Pin): void {
  const last = pinned.at(-1)
  if (last !== undefined && last.start + BigInt(byteLength(last.value)) === pin.start) {
    pinned[pinned.length - 1] = {
      start: last.start,
      value: concatBytes(last.value, pin.value),
      names: [...last.names, ...pin.names],
    }
  } else pinned.push(pin)
}

/** Heads, then tails: the one canonical encoding. A contract reads no other from an honest caller. */
function assemble(fn: ParsedFunction, values: readonly Hex[]): Hex {
  let tail: Hex = '0x'
  const heads = fn.inputs.map((input, index) => {
    const value = values[index] ?? '0x'
    if (input.static) return value
    const head = uintToBytes(BigInt(fn.headSize + byteLength(tail)), 32)
    const padding: Hex = `0x${'00'.repeat((32 - (byteLength(value) % 32)) % 32)}`
    tail = concatBytes(tail, uintToBytes(BigInt(byteLength(value)), 32), value, padding)
    return head
  })
  return concatBytes(fn.selector, ...heads, tail)
}

/** The word of a static argument, the bare bytes of a `string` or `bytes`; `null` where no `eq` fixes it. */
function encodeEq(input: FunctionInput, args: Readonly<Record<string, Condition>>, scope: Scope): Hex | null {
  if (input.name === '' || !Object.hasOwn(args, input.name)) return null
  const condition = args[input.name]
  if (condition === undefined || !('eq' in condition)) return null
  try {
    return encodeValue(input.type, condition.eq, scope)
  } catch {
    return null
  }
}

/** `null` for what has no single text form here: arrays and structs. Throws where the value does not fit its type. */
function encodeValue(type: string, value: AbiValue, scope: Scope): Hex | null {
  if (type === 'bool') {
    if (value === true || value === 'true') return uintToBytes(1n, 32)
    return value === false || value === 'false' ? uintToBytes(0n, 32) : null
  }
  if (typeof value !== 'string') return null
  if (type === 'address') {
    const account =
      value === 'principal' ? scope.principal : value === 'delegate' ? scope.delegate : parseAddress(value)
    return `0x${account.slice(2).padStart(64, '0')}`
  }
  if (type === 'string') return `0x${Array.from(new TextEncoder().encode(value), byteText).join('')}`
  if (type === 'bytes') return parseHex(value)
  const fixed = /^bytes([0-9]+)$/.exec(type)
  if (fixed !== null) return `0x${parseHex(value, Number(fixed[1])).slice(2).padEnd(64, '0')}`
  const integer = /^(u?)int([0-9]+)$/.exec(type)
  if (integer === null || !/^(?:0|-?[1-9][0-9]*)$/.test(value)) return null
  return encodeInteger(BigInt(value), integer[1] === 'u', BigInt(integer[2] ?? 256))
}

function encodeInteger(value: bigint, unsigned: boolean, bits: bigint): Hex | null {
  const min = unsigned ? 0n : -(1n << (bits - 1n))
  const max = (1n << (unsigned ? bits : bits - 1n)) - 1n
  if (value < min || value > max) return null
  return uintToBytes(BigInt.asUintN(256, value), 32)
}

function byteText(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
