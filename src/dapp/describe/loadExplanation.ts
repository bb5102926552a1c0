import type { Environment } from '../../caveats/types.ts'
import type { ExplanationRow } from '../../compile/types.ts'
import { decodeContext } from '../../delegation/decodeContext.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Tokens } from './words.ts'

/**
 * Every caveat of a grant in words, and what the always-rules say against it, for `describeGrant`: our own grants, by the
 * framework's caveats or the one that holds a whole scope, are no permissions of a wallet. Loads all codecs, which weigh more
 * than everything else that a page needs: ask for it when such a grant is to be shown.
 *
 * @throws `DelegationError` `delegation.context_…` where the bytes cannot be read.
 */
export async function loadExplanation(
  context: Hex,
  environment: Environment,
  tokens: Tokens = {},
): Promise<readonly ExplanationRow[]> {
  const links = decodeContext(context)
  const { explainDelegations } = await import('../../compile/explain.ts')
  return explainDelegations(links, environment, tokens)
}
