import type { Environment } from '../../caveats/types.ts'
import type { Block } from '../../chain/block.ts'
import type { Reading } from '../../console/source.ts'
import type { Grant } from '../../grant/types.ts'
import { chainName } from '../chains.ts'
import type { Context } from '../command.ts'
import { knownEnvironment } from '../deployments.ts'
import type { Session } from '../session.ts'

/** The block that one page is read at; absent where no chain is open. */
export async function latest(session: Session | undefined): Promise<Block | undefined> {
  if (session === undefined) return undefined
  const { readBlock } = await import('../../chain/block.ts')
  await session.freshen(60n)
  return readBlock(session.node)
}

export function readingOf(context: Context, chainId: number | undefined, block: Block | undefined): Reading {
  return {
    chain: chainId === undefined ? 'no chain' : chainName(chainId),
    block: block === undefined ? null : { number: block.number, hash: block.hash, timestamp: block.timestamp },
    at: context.now(),
  }
}

/** The session, where it is of the grant's chain and manager: no other one can say anything about it. */
export function sessionOf(session: Session | undefined, { chainId, manager }: Grant): Session | undefined {
  return session?.choice.id === chainId && session.environment.manager === manager ? session : undefined
}

/** The addresses that a grant's caveats are read by. */
export async function environmentFor(
  context: Context,
  session: Session | undefined,
  grant: Grant,
): Promise<Environment | undefined> {
  const own = sessionOf(session, grant)
  return own?.environment ?? knownEnvironment(context, grant.chainId)
}
