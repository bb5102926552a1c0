import { keccak256 } from 'viem'
import type { Grant } from '../grant/types.ts'
import type { Counted } from '../outcome/counted.ts'
import type { Effect, Inclusion, Outcome } from '../outcome/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import type { Redemption } from '../redemption/types.ts'
import type { Limit } from './codes.ts'
import { branchDelegations, describeChain, disagree } from './describe.ts'
import { about, type Drafted, kindOf, type Layer } from './draft.ts'
import { encodeContextEvidence, encodeGrantEvidence, encodeRequestEvidence } from './evidence.ts'
import { hashRequest, type SignedRequest } from './request.ts'
import type { Statement, StatementOf } from './statement.ts'
import { cleanText } from './values.ts'

/**
 * What became of an allowed action.
 *
 * @param parameters.decision - Id of the receipt that allowed it.
 * @throws {@link ReceiptError} `receipt.inputs_disagree`.
 */
export function outcomeReceipt(parameters: {
  grant: Grant
  request: SignedRequest
  redemption: Redemption
  outcome: Outcome
  decision: string
  layer: Layer
}): Drafted<'outcome'> {
  const { grant, request, redemption, outcome, decision, layer } = parameters
  const branch = grant.branches.findIndex((_, index) => {
    const { delegation } = describeChain(grant.chainId, branchDelegations(grant, index))
    return delegation.chain.map(({ hash }) => hash).join() === redemption.chain.join()
  })
  if (branch === -1) throw disagree('redemption.chain', redemption.chain.join())
  if (redemption.manager !== grant.manager) throw disagree('redemption.manager', redemption.manager)
  const described = describeChain(grant.chainId, branchDelegations(grant, branch))
  if (request.request.grant !== grant.id) throw disagree('request.grant', request.request.grant)
  // What a verifier does with grant and request: their redemption, with what the caveats carried, is this one to the byte.
  const rebuilt = encodeRedemption(grant, branch, request.request)
  for (const part of ['context', 'data'] as const) {
    if (rebuilt[part] !== redemption[part]) throw disagree(`redemption.${part}`, keccak256(redemption[part]))
  }
  const evidence = {
    grant: encodeGrantEvidence(grant),
    request: encodeRequestEvidence(request),
    context: encodeContextEvidence(described.context),
  }
  const claims: Statement['claims'] = [
    { path: '/delegation', basis: 'signature' },
    { path: '/grant', basis: 'signature' },
    { path: '/outcome', basis: 'attestation' },
  ]
  const limits: Limit[] = ['chain_not_proven', 'not_logged']
  if (request.signature === undefined) limits.push('request_unsigned')
  if (outcome.status === 'pending' || outcome.status === 'unknown') limits.push('outcome_open')
  if ('final' in outcome && !outcome.final) limits.push('not_final')
  if (outcome.status === 'reverted' && outcome.reason !== undefined) limits.push('revert_reason_attested')
  return {
    draft: {
      ...kindOf('outcome'),
      ...about(grant, layer, evidence, claims, limits),
      actorChain: described.actorChain,
      delegation: described.delegation,
      decision,
      action: { id: hashRequest(request.request) },
      outcome: describeOutcome(outcome, keccak256(redemption.data)),
      roots: described.delegation.chain.slice(-1).map(({ hash }) => hash),
    },
    evidence,
  }
}

/** An outcome as a statement has it. */
export function describeOutcome(outcome: Outcome, data: Hex): StatementOf<'outcome'>['outcome'] {
  const included = (inclusion: Inclusion & { gasUsed: bigint }) => ({
    data,
    tx: inclusion.transactionHash,
    block: { number: inclusion.blockNumber.toString(), hash: inclusion.blockHash },
    final: inclusion.final,
    gasUsed: inclusion.gasUsed.toString(),
  })
  const effects = (list: readonly Effect[]) =>
    list.map(({ amount, ...rest }) => ({ ...rest, amount: amount.toString() }))
  switch (outcome.status) {
    case 'executed': {
      const counted = outcome.counted?.map(describeCounted)
      const all = { ...included(outcome), effects: effects(outcome.effects) }
      return { status: 'executed', ...all, ...(counted === undefined ? {} : { counted }) }
    }
    case 'reverted': {
      const reason = outcome.reason === undefined ? undefined : cleanText(outcome.reason)
      return { status: 'reverted', ...included(outcome), ...(reason === undefined ? {} : { reason }) }
    }
    case 'ineffective': {
      const missing = cleanText(outcome.missing) ?? 'not said'
      return { status: 'ineffective', ...included(outcome), effects: effects(outcome.effects), missing }
    }
    case 'pending':
      return { status: 'pending', data, tx: outcome.transactionHash }
    case 'replaced':
      return {
        status: 'replaced',
        data,
        tx: outcome.transactionHash,
        ...(outcome.by === null ? {} : { by: outcome.by }),
      }
    case 'not_executed': {
      const { because, transactionHash: tx, blockNumber, blockHash } = outcome
      const block = { number: blockNumber.toString(), hash: blockHash }
      return { status: 'not_executed', data, because, block, ...(tx === null ? {} : { tx }) }
    }
    case 'unknown': {
      const tx = outcome.transactionHash
      return { status: 'unknown', data, ...(tx === null ? {} : { tx }), doubt: cleanText(outcome.doubt) ?? 'not said' }
    }
  }
}

function describeCounted({ delegation, rules, budgets, measured, request }: Counted) {
  const budget = ({ index, spent, left }: Counted['budgets'][number]) => ({ index, spent: `${spent}`, left: `${left}` })
  const lost = measured?.map((it) => ({ decrease: `${it.decrease}`, budget: budget(it.budget) }))
  return {
    delegation,
    rules: [...rules],
    budgets: budgets.map(budget),
    ...(lost === undefined ? {} : { measured: lost }),
    ...(request === null ? {} : { request: request.toString() }),
  }
}
