import type { Statement } from '../receipt/statement.ts'
import { found, proven } from './checks.ts'
import type { Check } from './types.ts'

/**
 * The place among the issuer's receipts, as far as one receipt shows it. Whether receipts are missing is the question of
 * `verifyJournal`.
 */
export function checkLinks(statement: Statement, previous: { id: string; statement: Statement } | undefined): Check {
  if (previous === undefined) {
    return found(
      'links',
      'attested',
      'links_attested',
      'Its place is the issuer’s word: the receipt before it was not given.',
    )
  }
  const broken = (at: string) =>
    found('links', 'refuted', 'links_broken', 'It does not continue the receipt that was given as the one before.', {
      at,
    })
  const before = previous.statement
  if (before.iss !== statement.iss) return broken('iss')
  if (before.seq + 1 !== statement.seq || statement.prev !== previous.id) return broken('seq')
  for (const root of statement.roots) {
    const same = before.roots.find(({ delegation }) => delegation === root.delegation)
    if (same !== undefined && (same.seq + 1 !== root.seq || root.prev !== previous.id)) return broken(root.delegation)
  }
  return proven('links', 'It continues the receipt before it.')
}
