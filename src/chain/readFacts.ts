import { decodeCaveat } from '../caveats/caveat.ts'
import type { Environment } from '../caveats/types.ts'
import type { AccountCode as AccountFact, ChainFacts } from '../delegation/facts.ts'
import { hashDelegation, signingHashOf } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { groupSlot } from '../verdict/taskScope/slots.ts'
import { counterKey, type State } from '../verdict/types.ts'
import { acceptsSignature } from './acceptsSignature.ts'
import { type AccountCode, readAccountCode } from './account.ts'
import { type ReadStateParameters, readState } from './readState.ts'
import type { NodeClient } from './rpc.ts'

/**
 * What `checkGrant` wants to know of the chain, at one block, with the state that verdicts need: code of every delegator,
 * and what contract accounts say of their signatures.
 *
 * @throws `ChainError` as `readState`.
 */
export async function readFacts(
  client: NodeClient,
  parameters: ReadStateParameters,
): Promise<{ facts: ChainFacts; state: State }> {
  const { grant, environment } = parameters
  const state = await readState(client, parameters)
  const block = state.block.hash
  const delegators = [...new Set(grant.delegations.map(({ delegator }) => delegator))]
  const codes = Object.fromEntries(
    await Promise.all(
      delegators.map(async (address) => {
        const code = await readAccountCode(client, { address, environment, block })
        return [address, factOf(code)] as const
      }),
    ),
  )
  const contractSignatures = Object.fromEntries(
    await Promise.all(
      grant.delegations
        .filter(({ delegator }) => codes[delegator] === 'contract')
        .map(async (delegation) => {
          const hash = hashDelegation(delegation)
          const { delegator: account, signature } = delegation
          const digest = signingHashOf(hash, grant)
          return [hash, await acceptsSignature(client, { account, digest, signature, block })] as const
        }),
    ),
  )
  const { paused, disabled, nonces } = state
  const endedGroups = groupsEnded(grant.delegations, environment, state)
  return {
    state,
    facts: {
      environment,
      now: state.block.timestamp,
      paused,
      disabled,
      nonces,
      codes,
      contractSignatures,
      endedGroups,
    },
  }
}

/** By delegation hash; what names no group is not in it. */
function groupsEnded(
  delegations: readonly Delegation[],
  environment: Environment,
  { counters }: State,
): Record<Hex, boolean> {
  const ended = delegations.flatMap((delegation) => {
    const words = delegation.caveats.flatMap((caveat) => {
      const decoded = decodeCaveat(environment, caveat)
      if (decoded.kind !== 'taskScope') return []
      const slot = groupSlot({ delegator: delegation.delegator, ...decoded })
      const stored = counters[counterKey(caveat.enforcer, slot)]
      return [stored?.kind === 'word' ? stored.word : null]
    })
    if (words.length === 0 || words.includes(null)) return []
    return [[hashDelegation(delegation), words.some((word) => word !== 0n)] as const]
  })
  return Object.fromEntries(ended)
}

function factOf(code: AccountCode): AccountFact {
  if (code.kind === 'delegated7702' && !code.known) return 'contract'
  return code.kind
}
