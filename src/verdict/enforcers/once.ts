import type { DecodedCaveat } from '../../caveats/types.ts'
import { usedOf } from '../counters.ts'
import { type Finding, finding } from '../finding.ts'
import type { Check, Look } from './check.ts'

/** IdEnforcer: each id once for each delegator, whichever of its delegations uses it. */
export const id: Check<'id'> = (_meaning, { caveat, state }) => {
  const used = usedOf(caveat, state)
  if (used === null) return finding('state_missing')
  return used || caveat.earlier > 0 ? finding('id_used') : null
}

type Batch = Extract<DecodedCaveat, { kind: 'specificActionBatch' }>

/**
 * SpecificActionERC20TransferBatchEnforcer: exactly two calls, the first one as named, the second one a transfer of `amount`
 * tokens; once. The recipient's word is cut to 20 bytes: what is in front of it may be anything.
 */
export const specificActionBatch: Check<'specificActionBatch'> = (meaning, { caveat, facts, state }) => {
  const used = usedOf(caveat, state)
  if (used === null) return finding('state_missing')
  if (used || caveat.earlier > 0) return finding('delegation_used')
  return specificActionShape(meaning, { facts })
}

export function specificActionShape(meaning: Batch, { facts }: Pick<Look, 'facts'>): Finding | null {
  const [first, second] = facts.calls
  if (facts.calls.length !== 2) return finding('batch_size_not_allowed')
  const { target, value, data } = meaning.first
  if (first?.to !== target || first.value !== value || first.data !== data) return finding('execution_not_allowed')
  const transfer = second?.to === meaning.token && second.value === 0n && isTransfer(meaning, second.data)
  return transfer ? null : finding('execution_not_allowed')
}

function isTransfer({ recipient, amount }: Batch, data: string): boolean {
  return (
    data.length === 138 &&
    data.startsWith('0xa9059cbb') &&
    data.slice(34, 74) === recipient.slice(2) &&
    BigInt(`0x${data.slice(74)}`) === amount
  )
}
