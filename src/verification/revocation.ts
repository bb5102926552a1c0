import { hashDelegation } from '../delegation/index.ts'
import { descendantsOf } from '../grant/descendants.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { caip10Account, caipChainId } from '../receipt/values.ts'
import { found, proven } from './checks.ts'
import type { GrantRead } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'
import { checkBlock } from './verdict.ts'

type Revocation = StatementOf<'revocation'>

/** Did these delegations end, and with them all that hang on them? */
export function checkRevocation(
  statement: Revocation,
  read: GrantRead | undefined,
  facts: ChainFacts | undefined,
): Check[] {
  if (read === undefined) return [found('revocation', 'unavailable', 'evidence_missing', 'The grant is not here.')]
  const { revocation } = statement
  const known = read.grant.delegations.map(hashDelegation)
  const strange = revocation.delegations.find((hash) => !known.includes(hash))
  if (strange !== undefined) {
    return [
      found('revocation', 'refuted', 'revocation_mismatch', 'This delegation is not of the grant.', { at: strange }),
    ]
  }
  if (revocation.act !== 'resume') {
    const dead = [...revocation.delegations, ...revocation.died]
    const forgotten = descendantsOf(read.grant, revocation.delegations, known).find((hash) => !dead.includes(hash))
    if (forgotten !== undefined) {
      const detail = 'This delegation hangs on an ended one, and the receipt does not say that it died.'
      return [found('revocation', 'refuted', 'revocation_mismatch', detail, { at: forgotten })]
    }
  }
  if (revocation.act !== 'disable') {
    return [
      found('revocation', 'attested', 'revocation_local', 'The issuer says what it does itself; no chain shows it.'),
    ]
  }
  if (facts === undefined) {
    const detail = 'That the chain disabled them is the issuer’s word: no chain was asked.'
    return [found('revocation', 'attested', 'revocation_attested', detail)]
  }
  return [compare(statement, revocation, facts)]
}

function compare(
  statement: Revocation,
  revocation: Extract<Revocation['revocation'], { act: 'disable' }>,
  facts: ChainFacts,
): Check {
  const { block, tx } = revocation
  if (facts.chainId !== caipChainId(statement.grant.manager)) {
    return found('revocation', 'unavailable', 'facts_other_chain', 'The facts are about another chain.')
  }
  const gone = checkBlock('revocation', block.number, block.hash, facts)
  if (gone !== undefined) return gone
  const state = facts.states?.[block.number]
  if (
    state === undefined ||
    state.block.hash !== block.hash ||
    state.manager !== caip10Account(statement.grant.manager)
  ) {
    return found('revocation', 'unavailable', 'facts_missing', 'The chain’s state at that block was not read.', {
      at: block.number,
    })
  }
  for (const hash of revocation.delegations) {
    const disabled = state.disabled[hash]
    if (disabled === undefined) {
      return found('revocation', 'unavailable', 'facts_missing', 'Whether it is disabled was not read.', { at: hash })
    }
    if (!disabled) {
      return found('revocation', 'refuted', 'revocation_contradicted', 'It was not disabled at that block.', {
        at: hash,
      })
    }
  }
  if (tx === undefined) return proven('revocation', 'They were disabled at that block.')
  const seen = facts.transactions?.[tx]
  if (seen === undefined)
    return found('revocation', 'unavailable', 'facts_missing', 'The transaction was not looked up.', { at: tx })
  const done =
    seen?.receipt.status === 'success' && seen.receipt.blockHash === block.hash && seen.transaction.hash === tx
  return done
    ? proven('revocation', 'They were disabled at that block, and the transaction succeeded in it.')
    : found('revocation', 'refuted', 'revocation_contradicted', 'The transaction did not succeed in that block.', {
        at: tx,
      })
}
