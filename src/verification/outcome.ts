import { keccak256 } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/index.ts'
import { classifyOutcome } from '../outcome/index.ts'
import type { Hex } from '../primitives/hex.ts'
import type { RequestRead } from '../receipt/evidence.ts'
import { describeOutcome } from '../receipt/outcomeReceipt.ts'
import type { StatementOf } from '../receipt/statement.ts'
import { caip10Account, caipChainId } from '../receipt/values.ts'
import { encodeRedemption, type Redemption } from '../redemption/index.ts'
import { equal } from './authority.ts'
import { causeOf, found, proven } from './checks.ts'
import type { GrantRead } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'
import { checkBlock } from './verdict.ts'

type Outcome = StatementOf<'outcome'>

/** Could this transaction have been the one for this request, and what did it do? */
export function checkOutcome(
  statement: Outcome,
  read: GrantRead | undefined,
  request: RequestRead | undefined,
  environment: Environment | undefined,
  facts: ChainFacts | undefined,
): Check[] {
  if (read === undefined || request === undefined) {
    return [found('outcome', 'unavailable', 'evidence_missing', 'The grant or the request is not here.')]
  }
  const rebuilt = rebuild(statement, read, request)
  if ('check' in rebuilt) return [rebuilt]
  const { outcome } = statement
  if (outcome.status === 'replaced' && isIncluded(outcome.tx, statement, facts)) {
    const detail = 'The chain has the transaction that the issuer says was replaced.'
    return [found('outcome', 'refuted', 'outcome_contradicted', detail)]
  }
  if (outcome.status === 'pending' || outcome.status === 'unknown' || outcome.status === 'replaced') {
    return [found('outcome', 'attested', 'outcome_open', 'The issuer makes no claim that the chain could prove.')]
  }
  if (facts === undefined) {
    return [
      found('outcome', 'attested', 'outcome_attested', 'What the chain did is the issuer’s word: no chain was asked.'),
    ]
  }
  if (facts.chainId !== caipChainId(statement.grant.manager)) {
    return [found('outcome', 'unavailable', 'facts_other_chain', 'The facts are about another chain.')]
  }
  const block = checkBlock('outcome', outcome.block.number, outcome.block.hash, facts)
  if (block !== undefined) return [block]
  if (outcome.status === 'not_executed') {
    // Whether its number was used stands in the enforcer's storage at that block, which nobody was asked for.
    const detail = 'That its request can never pass any more is the issuer’s word.'
    return isIncluded(outcome.tx, statement, facts)
      ? [found('outcome', 'refuted', 'outcome_contradicted', 'The chain has a transaction of what never ran.')]
      : [found('outcome', 'attested', 'outcome_attested', detail)]
  }
  return [compare(statement, outcome, rebuilt, request, environment, facts)]
}

/** Without this, an issuer could hide a payment by calling it replaced. What is pending may be included later, and stay true. */
function isIncluded(tx: Hex | undefined, statement: Outcome, facts: ChainFacts | undefined): boolean {
  if (tx === undefined || facts?.chainId !== caipChainId(statement.grant.manager)) return false
  const seen = facts.transactions?.[tx]
  return seen?.transaction.hash === tx && seen.receipt.transactionHash === tx
}

/** The redemption that this grant and this request give: its call data has to be the one that the receipt commits to. */
function rebuild(statement: Outcome, { grant }: GrantRead, { request }: RequestRead): Redemption | Check {
  // The chain has been found to be a branch of this grant; which one, its leaf tells: no two branches share one.
  const leaf = statement.delegation.chain[0]?.hash
  const hashes = grant.delegations.map(hashDelegation)
  const branch = grant.branches.findIndex(({ links }) => hashes[links[0] ?? -1] === leaf)
  try {
    const redemption = encodeRedemption(grant, branch, request)
    if (keccak256(redemption.data) === statement.outcome.data) return redemption
  } catch (error) {
    const cause = causeOf(error)
    return found('outcome', 'refuted', 'redemption_mismatch', 'No redemption could be made of this request.', { cause })
  }
  return found('outcome', 'refuted', 'redemption_mismatch', 'What was sent is not what was asked under this grant.')
}

/** Classifies the transaction anew, from the chain's own data. */
function compare(
  statement: Outcome,
  outcome: Extract<Outcome['outcome'], { gasUsed: unknown }>,
  redemption: Redemption,
  { request }: RequestRead,
  environment: Environment | undefined,
  facts: ChainFacts,
): Check {
  const seen = facts.transactions?.[outcome.tx]
  if (seen === undefined) return found('outcome', 'unavailable', 'facts_missing', 'The transaction was not looked up.')
  const contradicted = found('outcome', 'refuted', 'outcome_contradicted', 'The chain says otherwise.')
  // The block is canonical, so a node that serves it serves what is in it.
  if (seen === null) return contradicted
  if (environment === undefined) {
    return found('outcome', 'unavailable', 'environment_missing', 'The deployment of the framework is not known.')
  }
  const principal = caip10Account(statement.principal)
  const classify = (accountRuns: boolean) => {
    const found = classifyOutcome({
      ...seen,
      redemption,
      action: request,
      principal,
      environment,
      head: facts.head ?? seen.receipt.blockNumber,
      confirmations: 1,
      accountRuns,
    })
    return withoutHindsight(describeOutcome(found, outcome.data))
  }
  const said = withoutHindsight(outcome)
  const quiet = equal(classify(false), said)
  const ran = equal(classify(true), said)
  if (!quiet && !ran) return contradicted
  // Where only one of them is said, the account's code decides. To prove its silence as well would let an issuer hide a
  // payment of native coin, which leaves no log; to refute it takes the code of that block, and this one may be newer.
  const runs = facts.codes?.[principal] === 'delegated7702'
  return ran && (quiet || runs)
    ? proven('outcome', 'The chain says the same.')
    : found(
        'outcome',
        'attested',
        'account_unknown',
        'The transaction is there; whether the account ran the call left no trace.',
      )
}

/** Without what depends on when one looks, and without the reason of a revert, which is from a re-run. */
function withoutHindsight(outcome: Outcome['outcome']) {
  const { final: _final, reason: _reason, ...rest } = { final: undefined, reason: undefined, ...outcome }
  return rest
}
