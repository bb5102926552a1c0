import type { Grant } from '../grant/types.ts'
import type { Context } from './command.ts'
import { findGrant, readGrant } from './grantStore.ts'
import { chooseChain, openChain, type Session } from './session.ts'

/** The grant that a command line names, on its open chain, held against the caveats that its scopes compile to. */
export async function openGrant(context: Context, reference: string): Promise<{ grant: Grant; session: Session }> {
  const { text } = await findGrant(context, reference)
  const { chainId } = await readGrant(text)
  const session = await openChain(context, chooseChain(context, chainId))
  return { grant: await readGrant(text, session.environment), session }
}
