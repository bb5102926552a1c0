import { keccak256 } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import { readData } from './answers.ts'
import { ask, atBlock, type NodeClient } from './rpc.ts'

/** What stands at an account's address at one block. */
export type AccountCode =
  /** A plain EOA, or nothing. */
  | { kind: 'none' }
  /** EIP-7702: the EOA runs this implementation's code; `known` where it is the framework's. */
  | { kind: 'delegated7702'; implementation: Address; known: boolean }
  /** `known` where it is the framework's proxy, pointing at the framework's Hybrid or MultiSig account. */
  | { kind: 'contract'; known: boolean; codeHash: Hex }

/** EIP-1967: where a proxy keeps its implementation. */
const IMPLEMENTATION_SLOT: Hex = '0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc'

/** Runtime code of the proxy that the framework's factory makes: any other code may ignore what it is told to run. */
export const PROXY_CODE_HASH: Hex = '0x8678a7d794f76a790255c0db52d6276dc7259cc7a211426bca106e5ebb4b1ddf'

/** @throws `ChainError` `chain.rpc_…` */
export async function readAccountCode(
  client: NodeClient,
  { address, environment, block }: { address: Address; environment: Environment; block: Hex },
): Promise<AccountCode> {
  const code = readData('eth_getCode', await ask(client, 'eth_getCode', [address, atBlock(block)]))
  if (code === '0x') return { kind: 'none' }
  if (byteLength(code) === 23 && code.startsWith('0xef0100')) {
    const implementation = sliceBytes(code, 3)
    return {
      kind: 'delegated7702',
      implementation,
      known: implementation === environment.implementations.stateless7702,
    }
  }
  const codeHash = keccak256(code)
  if (codeHash !== PROXY_CODE_HASH) return { kind: 'contract', known: false, codeHash }
  const answer = await ask(client, 'eth_getStorageAt', [address, IMPLEMENTATION_SLOT, atBlock(block)])
  const implementation = sliceBytes(readData('eth_getStorageAt', answer, 32), 12)
  const { hybrid, multiSig } = environment.implementations
  return { kind: 'contract', known: implementation === hybrid || implementation === multiSig, codeHash }
}

/** The account runs what the manager hands it or reverts; an unknown one may ignore it and say nothing. */
export function runsWhatItIsTold(code: AccountCode): boolean {
  return code.kind !== 'none' && code.known
}
