import { byteLength, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { callAt, type NodeClient } from './rpc.ts'

/** `isValidSignature(bytes32,bytes)`, and what it answers when it agrees: these 32 bytes and no others. */
const IS_VALID_SIGNATURE: Hex = '0x1626ba7e'
const MAGIC: Hex = `0x1626ba7e${'00'.repeat(28)}`

/** Gas for one account to judge a signature: P-256 in Solidity takes some 300,000. A hostile account gets no more. */
const SIGNATURE_GAS = 1_500_000n

/**
 * Whether a contract account agrees with a signature (ERC-1271), as the manager asks it. An account that reverts or says
 * anything else does not accept; a node that cannot be asked is an error, not a no.
 */
export async function acceptsSignature(
  client: NodeClient,
  parameters: { account: Hex; digest: Hex; signature: Hex; block: Hex },
): Promise<boolean> {
  const { account, digest, signature, block } = parameters
  const size = byteLength(signature)
  const padding: Hex = `0x${'00'.repeat((32 - (size % 32)) % 32)}`
  const data = concatBytes(IS_VALID_SIGNATURE, digest, uint(64), uint(size), signature, padding)
  const answer = await callAt(client, { to: account, data, block, gas: SIGNATURE_GAS })
  return answer.status === 'ok' && answer.data === MAGIC
}

function uint(value: number): Hex {
  return uintToBytes(BigInt(value), 32)
}
