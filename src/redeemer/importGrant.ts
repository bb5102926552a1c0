import { assertEnvironment } from '../chain/readState.ts'
import { parseGrant } from '../grant/parse.ts'
import { serializeGrant } from '../grant/serialize.ts'
import type { Grant } from '../grant/types.ts'
import type { Address } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { RedeemerError } from './errors.ts'
import type { Service } from './service.ts'
import { keepGrant } from './store/grants.ts'

/**
 * Takes a grant file in: read strictly, of this chain and manager, and of a kind whose requests the chain itself checks. Its
 * signatures are for the chain to judge at each redemption.
 *
 * @throws {@link RedeemerError} `redeemer.grant_unasked`; what `parseGrant` refuses; `chain.wrong_chain`.
 */
export async function importGrant({ database, environment, now }: Service, text: string): Promise<Grant> {
  const grant = parseGrant(text)
  assertEnvironment(grant, environment)
  const scope = grant.scopes.at(-1)
  const root = grant.scopes[0]
  const key = scope?.request?.key
  if (scope === undefined || root === undefined || key === undefined) {
    throw new RedeemerError('redeemer.grant_unasked', 'This grant has no request key.', {
      details: { grant: grant.id },
      fix: 'Name the agent’s key in the scope’s `request`: then the chain checks what it signed, and this service alone can move nothing.',
    })
  }
  await keepGrant(database.query, {
    id: grant.id,
    chainId: grant.chainId,
    principal: root.principal,
    agent: key,
    document: serializeGrant(grant),
    importedAt: now(),
  })
  return grant
}

/** Who may submit under a scope: accounts that it pins, or whoever submits. */
export function maySubmit({ request }: Scope, redeemer: Address): boolean {
  return request !== undefined && (request.redeemers === 'anyone' || request.redeemers.includes(redeemer))
}
