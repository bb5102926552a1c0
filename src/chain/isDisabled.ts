import type { Environment } from '../caveats/types.ts'
import { concatBytes, type Hex } from '../primitives/hex.ts'
import { readBool } from './answers.ts'
import { getAt, type NodeClient } from './rpc.ts'

/** `disabledDelegations(bytes32)` of the manager. */
export const DISABLED_DELEGATIONS: Hex = '0x2d40d052'

/** Whether a delegation is disabled in one block's state. */
export async function isDisabled(
  client: NodeClient,
  { manager }: Pick<Environment, 'manager'>,
  hash: Hex,
  block: Hex,
): Promise<boolean> {
  const data = concatBytes(DISABLED_DELEGATIONS, hash)
  return readBool('eth_call', await getAt(client, { to: manager, data, block }))
}
