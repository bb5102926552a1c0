import { decodeCaveat } from '../caveats/caveat.ts'
import { decodeTaskScopeEvent } from '../caveats/taskScope/events.ts'
import type { Environment } from '../caveats/types.ts'
import { readData } from '../chain/answers.ts'
import type { Block } from '../chain/block.ts'
import type { NodeClient } from '../chain/rpc.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { GrantCheck } from '../grant/check.ts'
import { rowsOf } from '../grant/checkRows.ts'
import { type Group, groupsOf } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import { placeOf, type Revocation, readRevocation, searchLogs } from './readRevocation.ts'
import { word } from './readSpending.ts'

/** `GroupClosed(address,bytes8,address,address)` */
const GROUP_CLOSED: Hex = '0x46d4d0dc0af0f2cbfbdaa5f75073a4e90e5583190e5390fe3ae18d3a7a623539'
const NOBODY: Address = `0x${'00'.repeat(20)}`

/**
 * The end that the checks found, of several the one nearest to the root: with it all that lies under it died.
 *
 * @throws `ChainError` `chain.rpc_unreachable`, `chain.rpc_malformed`.
 */
export async function readOwnEnd(
  client: NodeClient,
  parameters: { grant: Grant; check: GrantCheck; environment: Environment; block: Block },
): Promise<Revocation | null> {
  const { grant, check, environment, block } = parameters
  const [end] = rowsOf(check)
    .filter((row) => row.result === 'fail' && (row.code === 'revoked' || row.code === 'group_revoked'))
    .sort((a, b) => (b.link ?? 0) - (a.link ?? 0))
  const index = grant.delegations.findIndex((delegation) => hashDelegation(delegation) === end?.hash)
  const delegation = grant.delegations[index]
  if (end === undefined || delegation === undefined) return null
  const { delegator: principal } = delegation
  if (end.check === 'group') {
    const group = groupsOf(grant, environment).find(({ delegations }) => delegations.includes(index))
    return group === undefined ? null : readGroupEnd(client, group, environment, block)
  }
  const link = { principal, hash: hashDelegation(delegation), nonce: nonceOf(delegation, environment) }
  return readRevocation(client, link, environment, block, end.check === 'nonce' ? 'nonce' : 'disabled')
}

/** A group ends once, for ever: the first event is the only one. */
async function readGroupEnd(
  client: NodeClient,
  { delegator, group, guardian }: Group,
  { enforcers }: Environment,
  block: Block,
): Promise<Revocation> {
  const named = concatBytes(group, `0x${'00'.repeat(24)}`)
  const topics = [GROUP_CLOSED, word(delegator), named, word(guardian ?? NOBODY)]
  const [log] = await searchLogs(client, enforcers['TaskScopeEnforcer'], topics, block)
  const event = log && decodeTaskScopeEvent({ topics, data: readData('eth_getLogs', log['data']) })
  const by = event?.event === 'group_closed' ? event.by : null
  return { how: 'group', by, at: await placeOf(client, log) }
}

function nonceOf({ caveats }: Delegation, environment: Environment): bigint | null {
  const [nonce = null] = caveats.flatMap((caveat) => {
    const decoded = decodeCaveat(environment, caveat)
    return decoded.kind === 'nonce' ? [decoded.nonce] : []
  })
  return nonce
}
