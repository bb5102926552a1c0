import type { Environment } from '../caveats/types.ts'
import type { Bundle } from '../receipt/bundle.ts'
import { caip10Account, caipChainId } from '../receipt/values.ts'
import { checkAction, checkRequest, isAsker } from './action.ts'
import { checkDelegation, checkDelegationSignatures, checkGrantEvidence } from './authority.ts'
import { found, resultOf } from './checks.ts'
import { checkSignature, type Envelope, openEnvelope } from './envelope.ts'
import { checkEvidence } from './evidence.ts'
import { checkLinks } from './links.ts'
import { createMemory } from './memory.ts'
import { checkOutcome } from './outcome.ts'
import { checkRevocation } from './revocation.ts'
import { loadTrust } from './trust.ts'
import type { Check, Verification, VerifyOptions } from './types.ts'
import { checkState, checkVerdict } from './verdict.ts'

/**
 * Checks one receipt, with nothing but the bundle and what the verifier knows: whom to trust, which deployments there are,
 * and, if it asked, what the chain says. No network, no clock; never throws on a bad receipt.
 *
 * What each absence means:
 *
 * | absent | check | is |
 * |---|---|---|
 * | the issuer in `trust` | issuer | unavailable: nobody said to believe it; nothing else is looked at |
 * | the key among the issuer's | issuer | refuted: somebody poses as it |
 * | a blob that the statement commits to | evidence, and each check that needs it | unavailable |
 * | a commitment to a blob that is there | evidence | refuted: the issuer did not put it there |
 * | the deployment (`environment`) | grant, verdict | unavailable: the caveats cannot be compared, nothing evaluated |
 * | an evaluator for a constraint of the grant | verdict | unavailable |
 * | a form for this kind, in this version | form | unavailable; a kind without a name is refuted |
 * | the delegator's kind of account (`facts.codes`) | delegation_signature | proven if its key signed, else unavailable |
 * | a contract's answer (`facts.contractSignatures`) | delegation_signature | unavailable |
 * | the asker's signature | request | unavailable: the attempt is the issuer's word |
 * | the state, at an allowed decision | verdict | refuted: nothing can be allowed unseen |
 * | the state, at a refusal | verdict | unavailable; attested where the reason is that it could not be read |
 * | `facts` | state, outcome, revocation | attested: the issuer's word |
 * | a block, state or transaction in given `facts` | state, outcome, revocation | unavailable: asked, and not answered |
 * | a transaction that the chain does not have (`null`) | outcome, revocation | refuted |
 * | `previous` | links | attested: one receipt cannot show that none is missing, see `verifyJournal` |
 */
export async function verifyBundle(input: string | Bundle, options: VerifyOptions): Promise<Verification> {
  const envelope = openEnvelope(input)
  if ('check' in envelope) {
    const { check, id } = envelope
    return { result: resultOf([check]), checks: [check], ...(id === undefined ? {} : { id }) }
  }
  const { id } = envelope.token
  const trust = 'loaded' in options.trust ? options.trust : await loadTrust(options.trust)
  const form = found('form', 'proven', 'ok', 'This has the form of a receipt.')
  const signature = [form, ...(await checkSignature(envelope, trust))]
  // What nobody trusted has signed says nothing: nothing in it is worth a look.
  if (resultOf(signature) !== 'valid') return { result: resultOf(signature), checks: signature, id }
  const checks = [...signature, ...checkContent(envelope, options)]
  return { result: resultOf(checks), checks, id, statement: envelope.statement }
}

function checkContent(envelope: Envelope, options: VerifyOptions): Check[] {
  const { statement } = envelope
  const { facts } = options
  const memory = options.memory ?? createMemory()
  const environment = deploymentOf(statement.grant.manager, options.environment)
  const { checks, evidence } = checkEvidence(envelope)

  const { check: grant, read } = checkGrantEvidence(statement, evidence, environment, memory)
  const chain = checkDelegation(statement, evidence, read)
  checks.push(grant, ...chain.checks, ...checkDelegationSignatures(statement, chain.delegations, { facts, memory }))

  const action = checkAction(statement, evidence)
  checks.push(...action.checks)
  const { request } = action
  if (request !== undefined) {
    checks.push(
      read !== undefined && !isAsker(statement, read)
        ? found('request', 'refuted', 'request_other_signer', 'The receipt names another asker than the grant.')
        : checkRequest(statement, request, read, memory),
    )
  }
  if (statement.kind === 'ticket') {
    const detail = 'When it was taken in, and as which one, is the issuer’s word: see its other receipts.'
    checks.push(found('ticket', 'attested', 'ticket_attested', detail))
  }
  if (statement.kind === 'decision') {
    checks.push(checkVerdict(statement, read, request), ...checkState(statement, facts))
  }
  if (statement.kind === 'outcome') checks.push(...checkOutcome(statement, read, request, environment, facts))
  if (statement.kind === 'revocation') checks.push(...checkRevocation(statement, read, environment, facts))
  checks.push(checkLinks(statement, options.previous))
  return checks
}

/** The deployment on the chain of the receipt; the one with its manager if the verifier knows several there. */
function deploymentOf(
  manager: string,
  known: Environment | readonly Environment[] | undefined,
): Environment | undefined {
  const list: readonly Environment[] = known === undefined ? [] : Array.isArray(known) ? known : [known as Environment]
  const there = list.filter(({ chainId }) => chainId === caipChainId(manager))
  return there.find((environment) => environment.manager === caip10Account(manager)) ?? there[0]
}
