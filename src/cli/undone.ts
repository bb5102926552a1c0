import type { Block } from '../chain/block.ts'
import type { Undone } from '../chain/readEndings.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Context } from './command.ts'
import { Journal } from './journal.ts'
import { facts, type Rich, styled } from './output.ts'
import type { Session } from './session.ts'

/**
 * Delegations that had ended and live again, because their own delegator enabled them: told by the chain's events, and where
 * the node does not search them, by the receipts of this machine held against the chain's present state.
 */
export async function undoneOf(
  context: Context,
  session: Session,
  delegations: readonly Hex[],
  block: Block,
): Promise<Undone[]> {
  const { readUndone } = await import('../chain/readEndings.ts')
  const { isDisabled } = await import('../chain/isDisabled.ts')
  const { environment, node } = session
  const told = (await readUndone(node, { environment, delegations, block })) ?? []
  const rest = new Map(
    [...(await endedHere(context, delegations))].filter(
      ([hash, endedAt]) => endedAt <= block.number && !told.some(({ delegation }) => delegation === hash),
    ),
  )
  const known = await Promise.all(
    [...rest].map(async ([delegation, endedAt]): Promise<Undone[]> => {
      const disabled = await isDisabled(node, environment, delegation, block.hash)
      return disabled ? [] : [{ delegation, endedAt, enabledAt: null }]
    }),
  )
  return [...told, ...known.flat()]
}

export function renderUndone(undone: readonly Undone[]): Rich | undefined {
  if (undone.length === 0) return undefined
  return facts(
    undone.map(({ delegation, endedAt, enabledAt }): [string, Rich] => [
      'un-revoked',
      styled(
        'red',
        `${delegation} was ended at block ${endedAt}, enabled again ${enabledAt === null ? 'later' : `at block ${enabledAt}`}`,
      ),
    ]),
  )
}

/** Blocks at which receipts of this machine saw these delegations disabled, the latest of each. */
async function endedHere(context: Context, delegations: readonly Hex[]): Promise<Map<Hex, bigint>> {
  const found = new Map<Hex, bigint>()
  const journal = new Journal(context)
  for (const entry of journal.entries()) {
    const statement = await journal.statement(entry)
    if (statement.kind !== 'revocation' || statement.revocation.act !== 'disable') continue
    for (const hash of statement.revocation.delegations) {
      if (delegations.includes(hash)) found.set(hash, BigInt(statement.revocation.block.number))
    }
  }
  return found
}
