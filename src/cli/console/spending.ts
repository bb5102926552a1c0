import type { Spent } from '../../console/source.ts'
import { hashDelegation } from '../../delegation/hash.ts'
import { AmbitError } from '../../errors.ts'
import type { Grant } from '../../grant/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Context } from '../command.ts'
import { Journal } from '../journal.ts'

/**
 * What left the principal's account under a grant, as the receipts of this machine tell: by itself, and by what was handed
 * on from it. Not verified here; what others redeemed elsewhere is in no receipt of ours.
 */
export async function spentUnder(context: Context, grant: Grant): Promise<Spent[]> {
  const journal = new Journal(context)
  const own = new Set(grant.branches.flatMap(({ links: [leaf] }) => hashOf(grant, leaf)))
  const principal = grant.scopes[0]?.principal
  const rules = new Map<string, string>()
  const spent: Spent[] = []
  for (const entry of journal.entries()) {
    let statement: Awaited<ReturnType<Journal['statement']>>
    try {
      statement = await journal.statement(entry)
    } catch (error) {
      // One damaged receipt hides no other: `ambit verify` says which it is.
      if (error instanceof AmbitError) continue
      throw error
    }
    if (statement.kind === 'decision' && statement.verdict.result === 'allowed') {
      rules.set(entry.id, statement.verdict.rule)
    }
    if (statement.kind !== 'outcome' || statement.outcome.status !== 'executed') continue
    if (!statement.delegation.chain.some(({ hash }) => own.has(hash))) continue
    for (const { asset, from, to, amount } of statement.outcome.effects) {
      if (from !== principal || to === principal) continue
      const rule = rules.get(statement.decision) ?? ''
      spent.push({ at: BigInt(statement.iat), rule, asset, amount: BigInt(amount), receipt: entry.id })
    }
  }
  return spent
}

function hashOf({ delegations }: Grant, link: number | undefined): Hex[] {
  const delegation = delegations[link ?? -1]
  return delegation === undefined ? [] : [hashDelegation(delegation)]
}
