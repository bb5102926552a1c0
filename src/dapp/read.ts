import { CONTEXT_LIMITS } from '../delegation/decodeContext.ts'
import { LAST_INSTANT, MAX_UINT256 } from '../primitives/bounds.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { DappError, type DappErrorCode } from './errors.ts'
import { MAX_TEXT } from './fields.ts'

/**
 * Strict readers of what a wallet answers. A page's provider is an object of another script: a member may be missing,
 * inherited, computed anew at each look, or a megabyte. Each member is looked at once, and only if it is the object's own.
 */
export type At = { value: unknown; path: string }

/** Longest list in an answer: permissions, chains, rules. */
const MAX_ITEMS = 256
/** Longest path in an error, characters. */
const MAX_PATH = 160

/** @throws {@link DappError} `dapp.answer_…` for whatever `read` meets, traps of a proxy included. */
export function readAnswer<read>(value: unknown, read: (at: At) => read): read {
  try {
    return read({ value, path: '' })
  } catch (cause) {
    if (cause instanceof DappError) throw cause
    // No cause: what a trap throws is the page's own to shape, and nothing that anybody should print.
    throw new DappError('dapp.answer_unreadable')
  }
}

export function refuse(code: DappErrorCode, { path, value }: At): DappError {
  const shown = typeof value === 'string' ? value.slice(0, 80) : value === null ? 'null' : typeof value
  // A path has names in it that the answer chose.
  return new DappError(code, { details: { member: path.slice(0, MAX_PATH), value: shown } })
}

/** A member of an object; `value` is undefined where it is absent or null. */
export function member({ value, path }: At, key: string): At {
  const at = { value, path: `${path}/${key}` }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('dapp.answer_not_an_object', { value, path })
  const found = Object.getOwnPropertyDescriptor(value, key)
  if (found?.get !== undefined || found?.set !== undefined) throw refuse('dapp.answer_getter', at)
  return { ...at, value: found?.value ?? undefined }
}

export function required(at: At, key: string): At {
  const found = member(at, key)
  if (found.value === undefined) throw refuse('dapp.answer_member_missing', found)
  return found
}

/** Own keys of an object. */
export function keysOf(at: At): string[] {
  if (typeof at.value !== 'object' || at.value === null || Array.isArray(at.value))
    throw refuse('dapp.answer_not_an_object', at)
  const keys = Object.keys(at.value)
  if (keys.length > MAX_ITEMS) throw refuse('dapp.answer_too_large', at)
  return keys
}

/** A hole is undefined, and refused by what reads the item. */
export function list({ value, path }: At, limit = MAX_ITEMS): At[] {
  if (!Array.isArray(value)) throw refuse('dapp.answer_not_a_list', { value, path })
  const { length } = value
  if (length > limit) throw refuse('dapp.answer_too_large', { value, path })
  return Array.from({ length }, (_, index) => {
    const found = Object.getOwnPropertyDescriptor(value, index)
    const at = { value: found?.value, path: `${path}/${index}` }
    if (found?.get !== undefined || found?.set !== undefined) throw refuse('dapp.answer_getter', at)
    return at
  })
}

export function readChainId(at: At): number {
  const chainId = typeof at.value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(at.value) ? Number(at.value) : 0
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw refuse('dapp.answer_bad_chain_id', at)
  return chainId
}

/** Any case: checksums are for people, and wallets of different ages write them differently. */
export function readAddress(at: At): Address {
  if (typeof at.value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(at.value)) throw refuse('dapp.answer_bad_address', at)
  return at.value.toLowerCase() as Address
}

/** Base units. */
export function readAmount(at: At, least: 0n | 1n): bigint {
  const text = typeof at.value === 'string' && /^0x[0-9a-fA-F]{1,64}$/.test(at.value) ? at.value : '-1'
  const amount = BigInt(text)
  if (amount < least || amount > MAX_UINT256) throw refuse('dapp.answer_bad_amount', at)
  return amount
}

/** Seconds of a period or since 1970. */
export function readSeconds(at: At): number {
  const { value } = at
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > LAST_INSTANT)
    throw refuse('dapp.answer_bad_time', at)
  return value as number
}

export function readText(at: At, limit = MAX_TEXT): string {
  if (typeof at.value !== 'string' || at.value.length > limit) throw refuse('dapp.answer_bad_text', at)
  return at.value
}

export function readFlag(at: At): boolean {
  if (typeof at.value !== 'boolean') throw refuse('dapp.answer_bad_flag', at)
  return at.value
}

/** At most as many as a permission context may have. */
export function readBytes(at: At): Hex {
  const { value } = at
  if (
    typeof value !== 'string' ||
    value.length > 2 + 2 * CONTEXT_LIMITS.bytes ||
    !/^0x(?:[0-9a-fA-F]{2})*$/.test(value)
  ) {
    throw refuse('dapp.answer_bad_bytes', at)
  }
  return value.toLowerCase() as Hex
}
