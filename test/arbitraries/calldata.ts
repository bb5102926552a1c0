import { type Abi, encodeFunctionData, parseAbi } from 'viem'
import type { Hex } from '../../src/primitives/hex.ts'

/** Calldata of a function by its canonical signature, as an honest caller writes it: `encodeCalldata('note(string)', ['x'])`. */
export function encodeCalldata(signature: string, args: readonly unknown[]): Hex {
  const abi: Abi = parseAbi([`function ${signature}`] as readonly string[])
  return encodeFunctionData({ abi, functionName: signature.slice(0, signature.indexOf('(')), args })
}
