import { getAddress } from 'viem'
import { AmbitError } from '../errors.ts'
import type { Address } from './hex.ts'

export class AddressError extends AmbitError<'address.invalid' | 'address.bad_checksum'> {
  override readonly name = 'AddressError'
}

export const ZERO_ADDRESS: Address = '0x0000000000000000000000000000000000000000'

/**
 * Reads an address in lower case, upper case or with a correct EIP-55 checksum, and returns it in lower case.
 *
 * @throws {@link AddressError} `address.invalid`, or `address.bad_checksum`: mixed case that is not the checksum is how
 * a mistyped address shows.
 */
export function parseAddress(value: unknown): Address {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(value)) {
    throw new AddressError('address.invalid', 'This is not an address.', {
      details: { value: typeof value === 'string' ? value : typeof value },
      fix: 'Write 0x and 40 hexadecimal digits.',
    })
  }
  const lower = value.toLowerCase() as Address
  const digits = value.slice(2)
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase()
  if (!oneCase && getAddress(lower) !== value) {
    throw new AddressError('address.bad_checksum', 'The checksum of this address is wrong.', {
      details: { value, expected: getAddress(lower) },
      fix: 'Copy the address again; if you trust it, write it in lower case.',
    })
  }
  return lower
}

/** The form for people: EIP-55. */
export function toChecksum(address: Address): Address {
  return getAddress(address)
}
