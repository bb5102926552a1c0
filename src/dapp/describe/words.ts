import { formatUnits, getAddress } from 'viem'
import { renderValue } from '../../errors.ts'
import { LAST_INSTANT, MAX_UINT256 } from '../../primitives/bounds.ts'
import type { Address } from '../../primitives/hex.ts'

/**
 * Values in words, made with what a page with viem has anyway: the words of `ambit/caveats` would weigh it down by another
 * 0.6 kB. A test holds that both write the same.
 */
export type TokenInfo = { symbol: string; decimals: number }

/** By address in lower case, and `native`. A token names itself: its symbol is untrusted text. */
export type Tokens = Readonly<Record<string, TokenInfo | undefined>>

/** Base units, or that nothing bounds it. */
export type Amount = bigint | 'unlimited'

/** An ERC-20 in lower case, or the native coin. */
export type Asset = Address | 'native'

/** Digits before the point from which no token's supply is meant. */
const MAX_WHOLE_DIGITS = 24
const MAX_LISTED = 16

/** Never a 78-digit number: nobody reads one, and an attacker hides "everything" in it. */
export function money(amount: Amount, asset: Asset, tokens: Tokens): string {
  const info = infoOf(asset, tokens)
  const unit = info === undefined ? `base units of ${checksum(asset)}` : inert(info.symbol, 40)
  if (amount === 'unlimited' || amount === MAX_UINT256) return `unlimited ${unit}`
  const text = formatUnits(amount, info?.decimals ?? 0)
  const digits = text.split('.')[0]?.length ?? 0
  return digits > MAX_WHOLE_DIGITS ? `more than 10^${digits - 1} ${unit}` : `${text} ${unit}`
}

/** Whether an amount bounds anything at all. */
export function isLimit(amount: Amount, asset: Asset, tokens: Tokens): boolean {
  return amount !== 'unlimited' && amount < 10n ** BigInt(MAX_WHOLE_DIGITS + (infoOf(asset, tokens)?.decimals ?? 0))
}

export function infoOf(asset: Asset, tokens: Tokens): TokenInfo | undefined {
  const known = Object.hasOwn(tokens, asset) ? tokens[asset] : undefined
  const info = known ?? (asset === 'native' ? { symbol: 'native coin', decimals: 18 } : undefined)
  return info !== undefined && Number.isInteger(info.decimals) && info.decimals >= 0 && info.decimals <= 77
    ? info
    : undefined
}

/** `20 Nov 2026 00:00 UTC`, with seconds where there are any. Unix seconds. */
export function instant(seconds: number): string {
  if (!(seconds <= LAST_INSTANT)) return 'a time after the year 9999'
  const written = new Date(seconds * 1000).toUTCString()
  return written
    .slice(5)
    .replace(/^0/, '')
    .replace(/(?::00)? GMT$/, ' UTC')
}

/** `1 day 12 hours`. Whole seconds. */
export function span(seconds: number): string {
  const parts: string[] = []
  let left = seconds
  for (const [size, unit] of [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
  }
  return parts.join(' ') || '0 seconds'
}

/** `day`, `12 hours`: what stands behind "per" and "every". */
export function each(seconds: number): string {
  return span(seconds).replace(/^1 (\w+)$/, '$1')
}

/** Text of a stranger: control and bidirectional characters escaped, never longer than `most` characters of it. */
export function inert(text: string, most: number): string {
  const escaped = text
    .slice(0, most)
    // In pieces that no escape can make longer than what is rendered whole.
    .replace(/.{1,30}/gsu, (piece) => renderValue(piece).slice(1, -1))
    .replace(/\\(["\\])/g, '$1')
  return text.length > most ? `${escaped}…` : escaped
}

/** With its checksum. */
export function checksum(address: string): string {
  return /^0x[0-9a-f]{40}$/i.test(address) ? getAddress(address.toLowerCase()) : inert(address, 42)
}

/** `0xf39F…2266`. Only beside the whole: who can make addresses makes two that look alike. */
export function short(address: string): string {
  const whole = checksum(address)
  return `${whole.slice(0, 6)}…${whole.slice(-4)}`
}

export function listed(addresses: readonly Address[]): string {
  const shown = addresses.slice(0, MAX_LISTED).map(checksum).join(', ')
  return addresses.length > MAX_LISTED ? `${shown} and ${addresses.length - MAX_LISTED} more` : shown
}

export function network(chainId: number, name: string | undefined): string {
  return name === undefined ? `chain ${chainId}` : inert(name, 40)
}
