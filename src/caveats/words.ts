import { renderValue } from '../errors.ts'
import { toChecksum } from '../primitives/address.ts'
import { formatAmount, MAX_UINT256 } from '../primitives/amount.ts'
import { type Address, byteLength, type Hex } from '../primitives/hex.ts'
import { formatDuration, formatInstant, LAST_INSTANT } from '../primitives/time.ts'
import type { AssetInfo } from '../scope/types.ts'

/** A value in words, and what a signer should be warned of. */
export type Worded = { text: string; warnings: readonly string[] }

/** Entries of a list, or bytes, shown in one sentence. More would hide the rest of the sentence. */
const MAX_LISTED = 16
const MAX_BYTES_SHOWN = 68
/** Digits before the point from which no token's supply is meant: said as a power of ten. */
const MAX_WHOLE_DIGITS = 24
/** A hundred years, in seconds: longer than any grant. */
const PRACTICALLY_EVER = 36_500n * 86_400n
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/**
 * Base units as people write money: `200 USDC`, `unlimited USDC`, `12500000 base units`. Never a 78-digit number: nobody
 * reads one, and an attacker hides "everything" in it.
 *
 * @param info - Symbol and decimals; the symbol is untrusted text.
 */
export function amountInWords(amount: bigint, info: AssetInfo | undefined): Worded {
  const unit = info === undefined ? 'base units' : symbolText(info.symbol)
  if (amount === MAX_UINT256) return { text: `unlimited ${unit}`, warnings: ['The amount is unlimited.'] }
  const text = formatAmount(amount, info?.decimals ?? 0)
  const digits = text.split('.')[0]?.length ?? 0
  if (digits <= MAX_WHOLE_DIGITS) return { text: `${text} ${unit}`, warnings: [] }
  return {
    text: `more than 10^${digits - 1} ${unit}`,
    warnings: ['The amount is so large that it is as good as unlimited.'],
  }
}

/** `20 Nov 2026 00:00 UTC`, with seconds where there are any. */
export function instantInWords(seconds: bigint): string {
  if (seconds > LAST_INSTANT) return 'a time after the year 9999'
  const [year, month, day, time = ''] = formatInstant(seconds).split(/[-TZ]/)
  const clock = time.endsWith(':00') ? time.slice(0, 5) : time
  return `${Number(day)} ${MONTHS[Number(month) - 1]} ${year} ${clock} UTC`
}

export function durationInWords(seconds: bigint): Worded {
  if (seconds < PRACTICALLY_EVER) return { text: formatDuration(seconds), warnings: [] }
  return { text: 'more than 100 years', warnings: ['The period is longer than any grant: it is a lifetime limit.'] }
}

export function bytesInWords(bytes: Hex): string {
  const size = byteLength(bytes)
  return size <= MAX_BYTES_SHOWN ? bytes : `${bytes.slice(0, 2 + MAX_BYTES_SHOWN * 2)}… (${size} bytes)`
}

/** Checksummed addresses, `a, b or c`. */
export function addressesInWords(addresses: readonly Address[]): Worded {
  return listInWords(addresses.map(toChecksum))
}

export function listInWords(items: readonly string[]): Worded {
  const shown = items.slice(0, MAX_LISTED)
  if (shown.length < items.length) {
    return {
      text: `${shown.join(', ')} or one of ${items.length - shown.length} more`,
      warnings: [`Only ${MAX_LISTED} of ${items.length} entries are shown.`],
    }
  }
  const last = shown.at(-1) ?? ''
  return { text: shown.length < 2 ? last : `${shown.slice(0, -1).join(', ')} or ${last}`, warnings: [] }
}

/** Longest text that several entries together make. */
const MAX_SHOWN = 600

/** Entries in a row while they fit; of the rest only how many they are, with a warning. The first is always there. */
export function shownInWords(entries: readonly Worded[], separator: string): Worded {
  let text = ''
  let count = 0
  for (const entry of entries) {
    if (count > 0 && text.length + entry.text.length > MAX_SHOWN) break
    text += count === 0 ? entry.text : separator + entry.text
    count++
  }
  const warnings = entries.flatMap((entry) => entry.warnings)
  if (count === entries.length) return { text, warnings }
  return {
    text: `${text}${separator}${entries.length - count} more`,
    warnings: [...warnings, `Only ${count} of ${entries.length} entries are shown.`],
  }
}

/** A number that is no amount, never longer than a reader counts. */
export function integerInWords(value: bigint): string {
  const text = value.toString()
  return text.length <= MAX_WHOLE_DIGITS ? text : `more than 10^${text.length - 1}`
}

/** A token names itself: escaped, short, never taken for our words. */
export function symbolText(symbol: string): string {
  const rendered = renderValue(symbol).slice(1, -1)
  return rendered.length > 40 ? `${rendered.slice(0, 40)}…` : rendered
}
