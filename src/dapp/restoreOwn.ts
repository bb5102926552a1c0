import type { Environment } from '../caveats/types.ts'
import { readBlock } from '../chain/block.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { parseGrant } from '../grant/parse.ts'
import type { Grant } from '../grant/types.ts'
import { readOwn } from './ownStatus.ts'
import { assertValid } from './signScope.ts'
import type { VerifyGrantedReturnType } from './verifyGranted.ts'

/**
 * A grant of our own from a page's storage, read like a stranger's file and looked at on the chain again. One that has not
 * started, or of which a part has ended, lives.
 *
 * @param found - Called with what was read, before the chain is asked.
 * @throws What `parseGrant` and `readFacts` throw; `DappError` by what fails first.
 */
export async function restoreOwn(
  client: NodeClient,
  { stored, environment }: { stored: unknown; environment: Environment },
  found: (grant: Grant) => void,
): Promise<VerifyGrantedReturnType> {
  const grant = parseGrant(stored, { environment })
  found(grant)
  const block = await readBlock(client)
  const { account, check } = await readOwn(client, { grant, environment, block })
  if (check.status !== 'partial') assertValid(check)
  return { account: account as VerifyGrantedReturnType['account'], block }
}
