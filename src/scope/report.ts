import { AddressError, parseAddress } from '../primitives/address.ts'
import { AmountError, formatAmount, parseAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { attempt } from './attempt.ts'
import { type ScopeCode, ScopeError, type ScopeIssue } from './errors.ts'

/** A document with more is refused all the same. */
const MAX_ISSUES = 64

/**
 * Collects what is wrong while a document is read. Readers return a value also when they
 * report, so that one reading finds everything; `finish` throws before anybody can use such a value.
 */
export class Report {
  readonly issues: ScopeIssue[] = []

  add(code: ScopeCode, pointer: string, message: string, rest: Omit<ScopeIssue, 'code' | 'pointer' | 'message'>): void {
    if (this.issues.length < MAX_ISSUES) this.issues.push({ code, pointer, message, ...rest })
  }

  /** Lower case; a wrong checksum is reported. */
  address(pointer: string, value: string): Address {
    return attempt(
      () => parseAddress(value),
      AddressError,
      (error) => {
        const code = error.code === 'address.bad_checksum' ? 'scope.bad_checksum' : 'scope.invalid_address'
        this.add(code, pointer, error.shortMessage, { value, fix: error.fix })
        return value.toLowerCase() as Address
      },
    )
  }

  /** An address that can act or hold. The zero address is nobody, and what goes there is gone. */
  account(pointer: string, value: string): Address {
    const address = this.address(pointer, value)
    if (/^0x0{40}$/.test(address)) {
      this.add('scope.zero_address', pointer, 'The zero address is nobody.', { value, fix: 'Name an account.' })
    }
    return address
  }

  /**
   * The shortest text of an amount: equal amounts, equal scopes, equal hashes.
   *
   * @param decimals - `undefined` where they are not known, which was reported elsewhere.
   */
  amount(pointer: string, text: string, decimals: number | undefined, zero: 'zero' | 'positive' = 'positive'): string {
    if (decimals === undefined) return text
    const value = attempt(
      () => parseAmount(text, decimals),
      AmountError,
      (error) => {
        const code = error.code === 'amount.overflow' ? 'scope.amount_overflow' : 'scope.too_many_decimals'
        const rest = { value: text, bound: String(error.details['bound']), fix: error.fix }
        this.add(code, pointer, error.shortMessage, rest)
        return undefined
      },
    )
    if (value === undefined) return text
    if (value === 0n && zero === 'positive') {
      const rest = { value: text, bound: 0, fix: 'Write a positive amount.' }
      this.add('scope.amount_not_positive', pointer, 'An amount must be more than zero.', rest)
    }
    return formatAmount(value, decimals)
  }

  /** Reports every value that stands in the list a second time. */
  distinct(code: ScopeCode, pointer: string, values: readonly (string | boolean)[], what: string): void {
    const seen = new Set<string | boolean>()
    for (const [index, value] of values.entries()) {
      if (seen.has(value)) {
        const message = 'A list names the same thing twice.'
        this.add(code, `${pointer}/${index}`, message, { value, fix: `Name each ${what} once.` })
      }
      seen.add(value)
    }
  }

  /** @throws {@link ScopeError} if anything was reported. */
  finish(): void {
    const [first, ...others] = this.issues
    if (first !== undefined) throw new ScopeError(first, ...others)
  }
}
