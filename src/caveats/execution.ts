import { abiAddress, abiBytes, abiTuples, abiWord, createAbiReader } from '../primitives/abi.ts'
import { bytesToUint, concatBytes, type Hex, sliceBytes } from '../primitives/hex.ts'
import { CaveatError } from './errors.ts'
import { addressAt, assertBytes, assertTerms, assertUint, notCanonical, word, wordAt } from './terms.ts'
import type { Execution } from './types.ts'

/** More calls in one batch than fit in a block's gas. */
export const MAX_EXECUTIONS = 256

/** `target(20) ‖ value(32) ‖ calldata`. The caller has checked the execution. */
export function packExecution({ target, value, data }: Execution): Hex {
  return concatBytes(target, word(value), data)
}

/** The same, read back. The caller has checked that there are 52 bytes. */
export function unpackExecution(terms: Hex): Execution {
  return { target: addressAt(terms, 0), value: wordAt(terms, 20), data: sliceBytes(terms, 52) }
}

export function assertExecution({ target, value, data }: Execution): void {
  assertBytes(target, 20, 'target')
  assertUint(value, 256, 'value')
  assertTerms(data)
}

/** Canonical `abi.encode(Execution[])`. */
export function encodeExecutions(executions: readonly Execution[]): Hex {
  assertCount(executions.length)
  const tuples = executions.map((execution) => {
    assertExecution(execution)
    const { target, value, data } = execution
    return abiAddress(target) + word(value).slice(2) + abiWord(3 * 32) + abiBytes(data)
  })
  return `0x${abiWord(32)}${abiTuples(tuples)}`
}

/** Accepts exactly the bytes that {@link encodeExecutions} writes; the contract follows offsets wherever they point. */
export function decodeExecutions(terms: Hex): Execution[] {
  assertTerms(terms)
  const reader = createAbiReader(terms.slice(2), notCanonical)
  reader.offset(32)
  const count = reader.count()
  assertCount(count)
  const executions = reader.tuples(count, (): Execution => {
    const target = reader.address()
    const value = bytesToUint(reader.word())
    reader.offset(3 * 32)
    return { target, value, data: reader.bytes() }
  })
  reader.end()
  return executions
}

function assertCount(count: number): void {
  if (count === 0) {
    throw new CaveatError('caveats.empty_list', 'This batch holds no call.', { fix: 'Name at least one call.' })
  }
  if (count > MAX_EXECUTIONS) {
    throw new CaveatError('caveats.out_of_range', 'This batch holds more calls than a block.', {
      details: { calls: count, bound: MAX_EXECUTIONS },
      fix: `Name at most ${MAX_EXECUTIONS} calls.`,
    })
  }
}
