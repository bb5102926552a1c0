import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/index.ts'
import { descendantsOf } from '../grant/descendants.ts'
import { type Group, groupFate, nonceFate } from '../grant/ending.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { caip10Account, caipChainId } from '../receipt/values.ts'
import { groupSlot } from '../verdict/taskScope/slots.ts'
import { counterKey, type State } from '../verdict/types.ts'
import { found, proven } from './checks.ts'
import type { GrantRead } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'
import { checkBlock } from './verdict.ts'

type Revocation = StatementOf<'revocation'>

/** Did these delegations end, and with them all that hang on them? */
export function checkRevocation(
  statement: Revocation,
  read: GrantRead | undefined,
  environment: Environment | undefined,
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
  const wrong = checkEnded(revocation, read, environment)
  if (wrong !== undefined) return [wrong]
  if (!('block' in revocation)) {
    return [
      found('revocation', 'attested', 'revocation_local', 'The issuer says what it does itself; no chain shows it.'),
    ]
  }
  if (facts === undefined) {
    const detail = 'That they ended on chain is the issuer’s word: no chain was asked.'
    return [found('revocation', 'attested', 'revocation_attested', detail)]
  }
  return [compare(statement, revocation, facts, environment)]
}

type Said = Revocation['revocation']

/** Do the delegations that are said to have ended with a nonce, or with a group, carry it? */
function checkEnded(said: Said, { grant }: GrantRead, environment: Environment | undefined): Check | undefined {
  if (said.act !== 'raise_nonce' && said.act !== 'end_group') return undefined
  if (environment === undefined) {
    const detail = 'Without the deployment it is not known which caveat looks at the nonce or the group.'
    return found('revocation', 'unavailable', 'environment_missing', detail)
  }
  const [what, fate] =
    said.act === 'raise_nonce'
      ? (['the nonce', nonceFate(grant, { environment, account: said.account, nonce: BigInt(said.nonce) })] as const)
      : (['the group', groupFate(grant, { environment, ...groupOf(said) })] as const)
  const carriers: readonly string[] = fate.fate === 'ends' ? fate.delegations : []
  const strange = said.delegations.find((hash) => !carriers.includes(hash))
  const forgotten = carriers.find((hash) => !said.delegations.some((it) => it === hash))
  const at = strange ?? forgotten
  if (at === undefined) return undefined
  const detail =
    strange === undefined
      ? `This delegation carries ${what}, and the receipt does not say that it ended.`
      : `This delegation does not carry ${what}.`
  return found('revocation', 'refuted', 'revocation_mismatch', detail, { at })
}

function groupOf({ delegator, group, guardian }: Extract<Said, { act: 'end_group' }>): Group {
  return { delegator, group, guardian: guardian ?? null }
}

function compare(
  statement: Revocation,
  revocation: Extract<Said, { block: unknown }>,
  facts: ChainFacts,
  environment: Environment | undefined,
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
  const still = isStillThere(revocation, state, environment)
  if (still !== undefined) return still
  if (tx === undefined) return proven('revocation', 'They had ended at that block.')
  const seen = facts.transactions?.[tx]
  if (seen === undefined)
    return found('revocation', 'unavailable', 'facts_missing', 'The transaction was not looked up.', { at: tx })
  const done =
    seen?.receipt.status === 'success' && seen.receipt.blockHash === block.hash && seen.transaction.hash === tx
  return done
    ? proven('revocation', 'They had ended at that block, and the transaction succeeded in it.')
    : found('revocation', 'refuted', 'revocation_contradicted', 'The transaction did not succeed in that block.', {
        at: tx,
      })
}

function isStillThere(
  said: Extract<Said, { block: unknown }>,
  state: State,
  environment: Environment | undefined,
): Check | undefined {
  switch (said.act) {
    case 'disable':
      return checkDisabled(said, state)
    case 'raise_nonce':
      return checkRaised(said, state)
    case 'end_group':
      return checkGroup(said, state, environment)
  }
}

function checkGroup(
  said: Extract<Said, { act: 'end_group' }>,
  state: State,
  environment: Environment | undefined,
): Check | undefined {
  const enforcer = environment?.enforcers['TaskScopeEnforcer'] ?? '0x'
  const stored = state.counters[counterKey(enforcer, groupSlot(groupOf(said)))]
  if (stored?.kind !== 'word') {
    const detail = 'Whether the group had ended at that block was not read.'
    return found('revocation', 'unavailable', 'facts_missing', detail, { at: said.group })
  }
  if (stored.word !== 0n) return undefined
  return found('revocation', 'refuted', 'revocation_contradicted', 'The group had not ended at that block.', {
    at: said.group,
  })
}

function checkDisabled({ delegations }: { delegations: readonly Hex[] }, state: State): Check | undefined {
  for (const hash of delegations) {
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
  return undefined
}

function checkRaised({ account, nonce }: { account: Address; nonce: string }, state: State): Check | undefined {
  const current = state.nonces[account]
  if (current === undefined) {
    return found('revocation', 'unavailable', 'facts_missing', 'The nonce at that block was not read.', { at: account })
  }
  if (current > BigInt(nonce)) return undefined
  return found('revocation', 'refuted', 'revocation_contradicted', 'The nonce had not been raised at that block.', {
    at: account,
  })
}
