import type { Grant } from '../grant/types.ts'
import type { Limit, STAGES } from './codes.ts'
import { describeGrant, partiesOf } from './describe.ts'
import { commitEvidence, type Evidence } from './evidence.ts'
import type { EvidenceType } from './parts.ts'
import { type Draft, type Kind, type Statement, vct } from './statement.ts'
import { caip10 } from './values.ts'

/** What is to be issued, and the bytes that go beside it. */
export type Drafted<kind extends Kind> = { draft: Draft<kind>; evidence: Evidence }

/** Where in the stack the issuer stands. */
export type Layer = Statement['layer']
export type Stage = (typeof STAGES)[number]

/** Kind and version of a draft. */
export function kindOf<kind extends Kind>(kind: kind) {
  return { vct: vct(kind), kind }
}

/** What every kind says of its grant. */
export function about(
  grant: Grant,
  layer: Layer,
  evidence: Readonly<Partial<Record<EvidenceType, Uint8Array>>>,
  claims: Statement['claims'],
  limits: Limit[],
) {
  const { principal, agent } = partiesOf(grant)
  return {
    layer,
    principal: caip10(grant.chainId, principal),
    agent: caip10(grant.chainId, agent),
    grant: describeGrant(grant),
    claims,
    evidence: commitEvidence(evidence),
    limits: limits.sort(),
  }
}
