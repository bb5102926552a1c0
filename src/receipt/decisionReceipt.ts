import type { Grant } from '../grant/types.ts'
import type { Action, Allow, Deny, RefusedRule, State, Verdict } from '../verdict/types.ts'
import { type Limit, resultOf } from './codes.ts'
import { branchDelegations, describeChain, describeState, disagree, rootsOf } from './describe.ts'
import { about, type Drafted, kindOf, type Layer, type Stage } from './draft.ts'
import { encodeContextEvidence, encodeGrantEvidence, encodeRequestEvidence } from './evidence.ts'
import { describeIntent, requestLimits } from './intent.ts'
import { type ActionRequest, hashCalls, hashRequest, type SignedRequest } from './request.ts'
import type { Statement, StatementOf } from './statement.ts'

/**
 * An action was decided.
 *
 * @param parameters.state - What the verdict was made from; left out where nothing was read.
 * @param parameters.stage - Which look decided. An allowed action that was simulated says `simulation`.
 * @throws {@link ReceiptError} `receipt.inputs_disagree`.
 */
export function decisionReceipt(parameters: {
  grant: Grant
  action: Action
  verdict: Verdict
  state?: State
  request: SignedRequest
  stage: Stage
  layer: Layer
}): Drafted<'decision'> {
  const { grant, action, verdict, state, request, stage, layer } = parameters
  assertRequestOf(request.request, grant, action)
  const branch = verdict.verdict === 'deny' ? decidingBranch(grant, verdict) : verdict.branch
  const described = branch === undefined ? undefined : describeChain(grant.chainId, branchDelegations(grant, branch))
  const evidence = {
    grant: encodeGrantEvidence(grant),
    request: encodeRequestEvidence(request),
    ...(described === undefined ? {} : { context: encodeContextEvidence(described.context) }),
  }
  const signed = request.signature !== undefined
  const claims: Statement['claims'] = [
    ...(described === undefined ? [] : [{ path: '/delegation' as const, basis: 'signature' as const }]),
    { path: '/grant', basis: 'signature' },
    { path: '/intent', basis: signed ? 'signature' : 'attestation' },
    ...(state === undefined ? [] : [{ path: '/state' as const, basis: 'attestation' as const }]),
    { path: '/verdict', basis: state === undefined ? 'attestation' : 're-execution' },
  ]
  const limits: Limit[] = [
    'not_logged',
    state === undefined ? 'state_not_read' : 'chain_not_proven',
    ...requestLimits(request),
  ]
  if (described === undefined) limits.push('chain_not_identified')
  return {
    draft: {
      ...kindOf('decision'),
      ...about(grant, layer, evidence, claims, limits),
      ...(described === undefined ? {} : { actorChain: described.actorChain, delegation: described.delegation }),
      action: { id: hashRequest(request.request) },
      intent: describeIntent(grant, request),
      verdict: describeVerdict(verdict, stage),
      ...(state === undefined ? {} : { state: describeState(state) }),
      roots: described === undefined ? rootsOf(grant) : described.delegation.chain.slice(-1).map(({ hash }) => hash),
    },
    evidence,
  }
}

/** A verdict as a statement has it: absent where something does not apply. */
export function describeVerdict(verdict: Verdict, stage: Stage): StatementOf<'decision'>['verdict'] {
  switch (verdict.verdict) {
    case 'allow':
      return describeAllow(verdict, stage)
    case 'deny':
      return describeDeny(verdict, stage)
    case 'escalate': {
      const { code, branch, threshold, requested, confirmer, timeout, delegation } = verdict
      const numbers = { threshold: `${threshold}`, requested: `${requested}`, timeout: `${timeout}` }
      const where = delegation === undefined ? {} : { delegation }
      return { result: 'escalated', stage, code, branch, ...describeRules(verdict), confirmer, ...numbers, ...where }
    }
  }
}

function describeDeny(deny: Deny, stage: Stage): StatementOf<'decision'>['verdict'] {
  const numbers = ['limit', 'used', 'requested', 'remaining', 'resetsAt', 'largestAllowed'] as const
  return {
    result: resultOf(deny.family),
    stage,
    code: deny.code,
    family: deny.family,
    ...(deny.hop === null ? {} : { hop: deny.hop }),
    ...(deny.delegator === null ? {} : { delegator: deny.delegator }),
    ...(deny.delegation === null ? {} : { delegation: deny.delegation }),
    ...(deny.caveat === null ? {} : { caveat: deny.caveat }),
    ...(deny.rule === undefined ? {} : { rule: describeRule(deny.rule) }),
    ...Object.fromEntries(numbers.flatMap((name) => (deny[name] === null ? [] : [[name, `${deny[name]}`]]))),
  }
}

function describeRule({ call, index, id, part, at }: RefusedRule) {
  return { call, ...(index === null ? {} : { index }), ...(id === null ? {} : { id }), part, at }
}

function describeAllow(allow: Allow, stage: Stage): StatementOf<'decision'>['verdict'] {
  const { branch, remaining } = allow
  const left = remaining === null ? {} : { remaining: remaining.toString() }
  return { result: 'allowed', stage, branch, ...describeRules(allow), ...left }
}

function describeRules({ rule, rules }: Pick<Allow, 'rule' | 'rules'>) {
  return { rule, ...(rules === undefined ? {} : { rules: [...rules] }) }
}

/** The one branch that a denial is about; `undefined` where several could be, or all. */
function decidingBranch(grant: Grant, deny: Deny): number | undefined {
  if (grant.branches.length === 1) return 0
  if (deny.delegation === null || deny.hop === null) return undefined
  const { hop, delegation } = deny
  const found = grant.branches.flatMap((_, index) =>
    describeChain(grant.chainId, branchDelegations(grant, index)).delegation.chain[hop]?.hash === delegation
      ? [index]
      : [],
  )
  return found.length === 1 ? found[0] : undefined
}

function assertRequestOf(request: ActionRequest, grant: Grant, action: Action): void {
  if (request.grant !== grant.id) throw disagree('request.grant', request.grant)
  if (request.chainId !== action.chainId) throw disagree('request.chainId', String(request.chainId))
  if (request.redeemer !== action.redeemer) throw disagree('request.redeemer', request.redeemer)
  if (hashCalls(request.calls) !== hashCalls(action.calls)) throw disagree('request.calls', hashCalls(request.calls))
}
