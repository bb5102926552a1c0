import { AmbitError } from '../errors.ts'
import { MAX_UINT256 } from './bounds.ts'

export class AmountError extends AmbitError<
  'amount.invalid' | 'amount.too_many_decimals' | 'amount.overflow' | 'amount.invalid_decimals'
> {
  override readonly name = 'AmountError'
}

export { MAX_UINT256 }

const DECIMAL = /^(0|[1-9][0-9]{0,77})(?:\.([0-9]{1,77}))?$/
/** 78 digits, a point, 77 digits. */
const MAX_LENGTH = 156

/**
 * Base units of an amount in display units: `parseAmount('12.50', 6)` is `12500000n`.
 *
 * No sign, exponent, leading zero, blank or grouping: each is a way for two readers to see two amounts.
 *
 * @param decimals - 0 to 77.
 * @throws {@link AmountError} `amount.invalid`, `amount.too_many_decimals` (never rounded), `amount.overflow` past
 * uint256, `amount.invalid_decimals`.
 */
export function parseAmount(text: string, decimals: number): bigint {
  checkDecimals(decimals)
  const match = typeof text === 'string' && text.length <= MAX_LENGTH ? DECIMAL.exec(text) : null
  if (match === null) {
    throw new AmountError('amount.invalid', 'This is not an amount.', {
      details: { value: typeof text === 'string' ? text : typeof text },
      fix: 'Write digits and at most one point, for example "12.50".',
    })
  }
  const [, whole = '0', fraction = ''] = match
  if (fraction.length > decimals) {
    throw new AmountError('amount.too_many_decimals', 'This amount has more decimals than its asset.', {
      details: { value: text, decimals: fraction.length, bound: decimals },
      fix: `Write at most ${decimals} decimals.`,
    })
  }
  const value = BigInt(whole + fraction.padEnd(decimals, '0'))
  if (value > MAX_UINT256) {
    throw new AmountError('amount.overflow', 'This amount does not fit in uint256.', {
      details: { value: text, decimals, bound: formatAmount(MAX_UINT256, decimals) },
      fix: 'Write a smaller amount.',
    })
  }
  return value
}

/**
 * Display units of an amount in base units, exact, without trailing zeros: `formatAmount(12500000n, 6)` is `'12.5'`.
 *
 * @param value - Base units; a negative amount keeps its sign.
 * @throws {@link AmountError} `amount.invalid_decimals`.
 */
export function formatAmount(value: bigint, decimals: number): string {
  checkDecimals(decimals)
  const sign = value < 0n ? '-' : ''
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}

/** Which of two amounts in the same unit is larger, whatever their decimals: negative, 0 or positive, as for `sort`. */
export function compareAmounts(a: string, b: string): number {
  const [wholeA = '', fractionA = ''] = a.split('.')
  const [wholeB = '', fractionB = ''] = b.split('.')
  const digits = Math.max(fractionA.length, fractionB.length)
  const difference = BigInt(wholeA + fractionA.padEnd(digits, '0')) - BigInt(wholeB + fractionB.padEnd(digits, '0'))
  return difference === 0n ? 0 : difference < 0n ? -1 : 1
}

function checkDecimals(decimals: number): void {
  if (Number.isInteger(decimals) && decimals >= 0 && decimals <= 77) return
  throw new AmountError('amount.invalid_decimals', 'An asset cannot have this number of decimals.', {
    details: { decimals: String(decimals), bound: 77 },
    fix: 'Give an integer from 0 to 77.',
  })
}
