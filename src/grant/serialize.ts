import type { Delegation } from '../delegation/types.ts'
import { canonicalJson } from '../primitives/json.ts'
import type { Grant } from './types.ts'

/** Largest grant file, UTF-8 bytes: what 512 delegations of the usual size take, eight times. */
export const MAX_GRANT_BYTES = 4_194_304

/**
 * The grant as a file: JSON with two blanks of indentation and a newline. Equal grants give equal text, whatever order
 * their members were made in.
 */
export function serializeGrant(grant: Grant): string {
  const document = {
    schema: grant.schema,
    id: grant.id,
    chainId: grant.chainId,
    manager: grant.manager,
    ...(grant.origin === undefined ? {} : { origin: grant.origin }),
    lowering: grant.lowering,
    scopes: grant.scopes.map((scope): unknown => JSON.parse(canonicalJson(scope))),
    scopeHash: grant.scopeHash,
    accepted: grant.accepted,
    delegations: grant.delegations.map(orderDelegation),
    branches: grant.branches.map(({ rule, payee, links }) => ({
      ...(rule === undefined ? {} : { rule }),
      ...(payee === undefined ? {} : { payee }),
      links,
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function orderDelegation({ delegate, delegator, authority, caveats, salt, signature }: Delegation): Delegation {
  return {
    delegate,
    delegator,
    authority,
    caveats: caveats.map(({ enforcer, terms, args }) => ({ enforcer, terms, args })),
    salt,
    signature,
  }
}
