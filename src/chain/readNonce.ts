import type { Environment } from '../caveats/types.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import { readUint } from './answers.ts'
import { type BlockName, readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { callAt, malformed, type NodeClient } from './rpc.ts'

/** `currentNonce(address delegationManager, address delegator)`. */
const CURRENT_NONCE: Hex = '0x2bd4ed21'

/**
 * The nonce that NonceEnforcer holds for a delegator: what a new delegation must carry. One that carries another is born
 * revoked.
 *
 * @throws {@link ChainError} `chain.not_deployed` where this deployment has no NonceEnforcer; `chain.rpc_…`.
 */
export async function readNonce(
  client: NodeClient,
  { delegator, environment, block }: { delegator: Address; environment: Environment; block?: BlockName },
): Promise<bigint> {
  const enforcer = environment.enforcers['NonceEnforcer']
  if (enforcer === undefined) {
    throw new ChainError('chain.not_deployed', 'This deployment has no NonceEnforcer.', {
      details: { chainId: environment.chainId },
      fix: 'Give the address of NonceEnforcer in the deployment.',
    })
  }
  const { hash } = await readBlock(client, block)
  const words = [environment.manager, delegator].map((account): Hex => `0x${'00'.repeat(12)}${account.slice(2)}`)
  const answer = await callAt(client, { to: enforcer, data: concatBytes(CURRENT_NONCE, ...words), block: hash })
  if (answer.status === 'reverted')
    throw malformed('eth_call', 'the answer of a getter that cannot revert', answer.data)
  return readUint('eth_call', answer.data)
}
