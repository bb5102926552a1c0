import { z } from 'zod'
import type { Address, Hex } from '../primitives/hex.ts'

/**
 * The leaves of a statement. JSON numbers are small counters only; amounts, times of the chain and block numbers are decimal
 * strings; bytes of the chain are lower-case hex, other digests base64url; no null, no fraction, nothing empty.
 */

/** Who issued: a URI, or a name under one. Printable ASCII, because it is compared and shown. */
export const Issuer = z.string().regex(/^[a-z][a-z0-9+.-]{1,31}:[!-~]{1,200}$/)
/** Counters, indices and sizes. Below 2^53. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER)
/** An unsigned integer of up to 256 bits, in decimal. */
export const Uint = z.string().regex(/^(?:0|[1-9][0-9]{0,77})$/)
/** SHA-256, base64url without padding; the last letter has two unused bits, which are zero. */
export const Digest = z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/)
export const Hash = z.string().regex(/^0x[0-9a-f]{64}$/) as unknown as z.ZodType<Hex, Hex>
export const Account = z.string().regex(/^0x[0-9a-f]{40}$/) as unknown as z.ZodType<Address, Address>
export const Bytes = z.string().regex(/^0x(?:[0-9a-f]{2}){0,8192}$/) as unknown as z.ZodType<Hex, Hex>
/** What a group of delegations is named by on chain. */
export const Group = z.string().regex(/^0x[0-9a-f]{16}$/) as unknown as z.ZodType<Hex, Hex>
/** CAIP-2, EVM chains only. */
export const Caip2 = z.string().regex(/^eip155:[1-9][0-9]{0,15}$/)
/** CAIP-10, lower case. */
export const Caip10 = z.string().regex(/^eip155:[1-9][0-9]{0,15}:0x[0-9a-f]{40}$/)
/** A name out of a scope: rule or budget. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)

/** Longest free text in a statement, in UTF-16 code units. */
export const MAX_TEXT = 500

/**
 * Words that are not ours: an agent's reason, a contract's revert text. Data for a reader, never instructions: bounded,
 * NFC, and without the characters that steer a terminal or reverse a line.
 */
export const Text = z
  .string()
  .min(1)
  .max(MAX_TEXT)
  .refine((text) => text === cleanText(text), 'not clean text')

/** Makes any text fit {@link Text}, cutting what is too long; `undefined` where nothing is left. */
export function cleanText(text: string): string | undefined {
  let clean = text
    .slice(0, MAX_TEXT * 4)
    .replace(HALF_PAIR, '\ufffd')
    .replace(STEERING, '\ufffd')
    .normalize('NFC')
    .slice(0, MAX_TEXT)
  // A cut through a surrogate pair leaves half of one; putting U+FFFD there could not compose with what precedes it.
  if (/\p{Surrogate}$/u.test(clean)) clean = clean.slice(0, -1)
  return clean.length === 0 ? undefined : clean
}

const HALF_PAIR = /\p{Surrogate}/gu
/** Controls, direction marks, separators that break a line, noncharacters, private tags. */
const STEERING =
  /[\p{Cc}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu

export function caip2(chainId: number): string {
  return `eip155:${chainId}`
}

export function caip10(chainId: number, account: Address): string {
  return `eip155:${chainId}:${account}`
}

/** The account of a CAIP-10 that {@link Caip10} accepted. */
export function caip10Account(value: string): Address {
  return value.slice(value.lastIndexOf(':') + 1) as Address
}

/** The chain of a CAIP-2 or CAIP-10 that the schema accepted. */
export function caipChainId(value: string): number {
  return Number(value.split(':')[1])
}
