import { digest } from '../receipt/bytes.ts'
import type { EvidenceType } from '../receipt/parts.ts'
import { found, proven } from './checks.ts'
import type { Envelope } from './envelope.ts'
import type { Check } from './types.ts'

/** Blobs that are what the statement commits to. Others are not in it. */
export type CheckedEvidence = Readonly<Partial<Record<EvidenceType, Uint8Array>>>

/**
 * Compares every blob with its commitment.
 *
 * A blob that nobody committed to is refused: whoever passed the bundle on could have put anything there for a reader to find.
 */
export function checkEvidence({ bundle, statement }: Envelope): { checks: Check[]; evidence: CheckedEvidence } {
  const evidence: Partial<Record<EvidenceType, Uint8Array>> = {}
  const checks = statement.evidence.map(({ id, type, sha256, size }) => {
    const bytes = Object.hasOwn(bundle.evidence, id) ? bundle.evidence[id] : undefined
    if (bytes === undefined) {
      return found('evidence', 'unavailable', 'evidence_missing', 'The receipt commits to this, and it is not here.', {
        at: id,
      })
    }
    if (bytes.length !== size || digest(bytes) !== sha256) {
      return found('evidence', 'refuted', 'evidence_changed', 'This is not what the receipt commits to.', { at: id })
    }
    evidence[type] = bytes
    return proven('evidence', 'This is what the receipt commits to.', id)
  })
  const committed = new Set(statement.evidence.map(({ id }) => id))
  for (const id of Object.keys(bundle.evidence)) {
    if (committed.has(id)) continue
    checks.push(
      found('evidence', 'refuted', 'evidence_not_committed', 'The receipt does not commit to this.', { at: id }),
    )
  }
  return { checks, evidence }
}
