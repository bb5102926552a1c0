import { ADDRESS_ZEROS } from './abiReader.ts'
import { type Address, type Hex, uintToBytes } from './hex.ts'

export { type AbiFault, type AbiReader, createAbiReader } from './abiReader.ts'

/** Digits of a length, an offset or a count. */
export function abiWord(value: number): string {
  return uintToBytes(BigInt(value), 32).slice(2)
}

export function abiAddress(address: Address): string {
  return ADDRESS_ZEROS + address.slice(2)
}

/** Digits of a byte string: its length, then the bytes, padded with zeros. */
export function abiBytes(value: Hex): string {
  const digits = value.slice(2)
  return abiWord(digits.length / 2) + digits.padEnd(Math.ceil(digits.length / 64) * 64, '0')
}

/** Digits of a list of dynamic tuples, each given as its own digits. */
export function abiTuples(tuples: readonly string[]): string {
  let offset = tuples.length * 32
  const offsets = tuples.map((tuple) => {
    const here = abiWord(offset)
    offset += tuple.length / 2
    return here
  })
  return abiWord(tuples.length) + offsets.join('') + tuples.join('')
}
