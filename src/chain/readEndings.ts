import { keccak256, stringToHex } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { readAddress, readFields, readHash, readQuantity } from './answers.ts'
import type { Block } from './block.ts'
import { ChainError } from './errors.ts'
import { ask, malformed, type NodeClient, toQuantity } from './rpc.ts'

/** A delegation was disabled and enabled again: what ended lives. `null`: in a block that the node does not tell. */
export type Undone = { delegation: Hex; endedAt: bigint; enabledAt: bigint | null }

const TAIL = '(bytes32,address,address,(address,address,bytes32,(address,bytes,bytes)[],uint256,bytes))'
/** Topic of the event by which the manager tells of an ending. */
export const DISABLED = keccak256(stringToHex(`DisabledDelegation${TAIL}`))
const ENABLED = keccak256(stringToHex(`EnabledDelegation${TAIL}`))
/** Logs that are read: each costs its sender some 60,000 gas, and a node could send any number. */
const MAX_LOGS = 10_000

/**
 * Those of these delegations that their delegator ended and then enabled again, as the manager's events tell up to a
 * block. A flag that is clear says that a delegation lives, and not that it always did.
 *
 * `null` where the node does not search that far: many refuse a search through the whole chain.
 *
 * @throws {@link ChainError} `chain.rpc_unreachable`, `chain.rpc_malformed`.
 */
export async function readUndone(
  client: NodeClient,
  { environment, delegations, block }: { environment: Environment; delegations: readonly Hex[]; block: Block },
): Promise<Undone[] | null> {
  const method = 'eth_getLogs'
  const filter = {
    address: environment.manager,
    fromBlock: '0x0',
    toBlock: toQuantity(block.number),
    topics: [[DISABLED, ENABLED], delegations],
  }
  let answer: unknown
  try {
    answer = await ask(client, method, [filter])
  } catch (error) {
    if (error instanceof ChainError && error.code === 'chain.rpc_refused') return null
    throw error
  }
  if (!Array.isArray(answer) || answer.length > MAX_LOGS) throw malformed(method, 'a list of logs', null)
  const events = answer.map((log) => readEvent(method, log, environment, delegations)).sort(inOrder)
  return delegations.flatMap((delegation) => {
    const own = events.filter((event) => event.delegation === delegation)
    const last = own.at(-1)
    const ended = own.findLast(({ enabled }) => !enabled)
    if (last === undefined || !last.enabled || ended === undefined) return []
    return [{ delegation, endedAt: ended.blockNumber, enabledAt: last.blockNumber }]
  })
}

type Event = { delegation: Hex; enabled: boolean; blockNumber: bigint; logIndex: bigint }

/** A log that was not asked for is no answer: a node could mix in what another contract says. */
function readEvent(method: string, log: unknown, { manager }: Environment, delegations: readonly Hex[]): Event {
  const fields = readFields(method, log)
  const topics = fields['topics']
  if (!Array.isArray(topics) || topics.length !== 4) throw malformed(method, 'four topics', null)
  const [kind, delegation] = [readHash(method, topics[0]), readHash(method, topics[1])]
  if (kind !== DISABLED && kind !== ENABLED) throw malformed(method, 'an ending', kind)
  if (readAddress(method, fields['address']) !== manager || !delegations.includes(delegation)) {
    throw malformed(method, 'logs that were asked for', delegation)
  }
  return {
    delegation,
    enabled: kind === ENABLED,
    blockNumber: readQuantity(method, fields['blockNumber']),
    logIndex: readQuantity(method, fields['logIndex']),
  }
}

function inOrder(a: Event, b: Event): number {
  const [before, after] = a.blockNumber === b.blockNumber ? [a.logIndex, b.logIndex] : [a.blockNumber, b.blockNumber]
  return before < after ? -1 : 1
}
