import type { Environment } from '../caveats/types.ts'
import {
  ANY_DELEGATE,
  type Delegation,
  decodeContext,
  hashDelegation,
  ROOT_AUTHORITY,
  signingHashOf,
} from '../delegation/index.ts'
import { type Grant, parseGrant } from '../grant/index.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { canonicalJson } from '../primitives/json.ts'
import { fromUtf8 } from '../receipt/bytes.ts'
import { describeChain, describeGrant, partiesOf, rootsOf } from '../receipt/describe.ts'
import { decodeContextEvidence } from '../receipt/evidence.ts'
import type { Statement, StatementOf } from '../receipt/statement.ts'
import { caip10, caip10Account, caipChainId } from '../receipt/values.ts'
import { prepareGrant } from '../verdict/index.ts'
import { causeOf, found, proven } from './checks.ts'
import type { CheckedEvidence } from './evidence.ts'
import type { GrantRead, Memory } from './memory.ts'
import type { ChainFacts, Check } from './types.ts'

/** Is the grant whole, the one that is named, and no wider than the scope in it? */
export function checkGrantEvidence(
  statement: Statement,
  evidence: CheckedEvidence,
  environment: Environment | undefined,
  memory: Memory,
): { check: Check; read?: GrantRead } {
  if (evidence.grant === undefined)
    return { check: found('grant', 'unavailable', 'evidence_missing', 'The grant is not here.') }
  const bytes = evidence.grant
  const sha256 = statement.evidence.find(({ type }) => type === 'grant')?.sha256 ?? ''
  let read: GrantRead
  try {
    read = memory.grant(sha256, environment, () => readGrant(bytes, environment))
  } catch (error) {
    const cause = causeOf(error)
    return { check: found('grant', 'refuted', 'grant_refused', 'This grant is broken or not what it says.', { cause }) }
  }
  const { grant } = read
  const { principal, agent } = partiesOf(grant)
  const named = {
    grant: describeGrant(grant),
    principal: caip10(grant.chainId, principal),
    agent: caip10(grant.chainId, agent),
  }
  const said = { grant: statement.grant, principal: statement.principal, agent: statement.agent }
  if (!equal(named, said)) {
    return { check: found('grant', 'refuted', 'grant_mismatch', 'This grant is not the one that the receipt names.') }
  }
  const roots = statement.roots.map(({ delegation }) => delegation)
  const about = 'delegation' in statement && statement.delegation !== undefined ? undefined : rootsOf(grant)
  if (about !== undefined && !equal(about, roots)) {
    return { check: found('grant', 'refuted', 'roots_mismatch', 'The receipt is filed under other root delegations.') }
  }
  if (environment === undefined) {
    const detail = 'The deployment of the framework is not known, so the caveats were not compared with the scope.'
    return { check: found('grant', 'unavailable', 'environment_missing', detail), read }
  }
  const detail =
    grant.origin === 'wallet'
      ? 'The grant is whole, and permits what its scope says. The principal signed that in a wallet, not the words of the scope.'
      : 'The grant is whole and is what its scope compiles to.'
  return { check: proven('grant', detail), read }
}

function readGrant(bytes: Uint8Array, environment: Environment | undefined): GrantRead {
  const text = fromUtf8(bytes)
  if (environment === undefined) return { grant: parseGrant(text) }
  const grant = parseGrant(text, { environment })
  try {
    return { grant, prepared: prepareGrant(grant, environment) }
  } catch (error) {
    // The grant is whole; that this evaluator cannot judge under it is no fault of the grant.
    return { grant, unprepared: causeOf(error) }
  }
}

/** Does the chain that the receipt shows follow from the context, and run from the principal to the agent inside the grant? */
export function checkDelegation(
  statement: Statement,
  evidence: CheckedEvidence,
  read: GrantRead | undefined,
): { checks: Check[]; delegations: readonly Delegation[] } {
  if (!('delegation' in statement) || statement.delegation === undefined) {
    return { checks: [], delegations: read?.grant.delegations ?? [] }
  }
  const refuse = (code: 'delegation_mismatch' | 'chain_broken' | 'roots_mismatch', detail: string, cause?: string) => ({
    checks: [found('delegation', 'refuted', code, detail, cause === undefined ? {} : { cause })],
    delegations: [],
  })
  if (evidence.context === undefined) {
    const check = found('delegation', 'unavailable', 'evidence_missing', 'The permission context is not here.')
    return { checks: [check], delegations: [] }
  }
  let delegations: Delegation[]
  try {
    delegations = decodeContext(decodeContextEvidence(evidence.context))
  } catch (error) {
    return refuse('delegation_mismatch', 'The permission context cannot be read.', causeOf(error))
  }
  const { delegation, actorChain } = describeChain(caipChainId(statement.grant.manager), delegations)
  if (!equal({ delegation, actorChain }, { delegation: statement.delegation, actorChain: statement.actorChain })) {
    return refuse('delegation_mismatch', 'The permission context is not the chain that the receipt shows.')
  }
  if (actorChain.at(0)?.account !== statement.principal || !endsAtAgent(actorChain, statement, read)) {
    return refuse('chain_broken', 'The chain does not run from the principal to the agent.')
  }
  const hashes = delegation.chain.map(({ hash }) => hash)
  if (
    !equal(
      statement.roots.map((root) => root.delegation),
      hashes.slice(-1),
    )
  ) {
    return refuse('roots_mismatch', 'The receipt is filed under another root delegation.')
  }
  if (!isChain(delegation.chain)) return refuse('chain_broken', 'The manager would not walk this chain.')
  if (read !== undefined && !isBranch(statement, read.grant, delegations)) {
    return refuse('delegation_mismatch', 'This chain is not the branch of the grant that the receipt is about.')
  }
  return {
    checks: [proven('delegation', 'Hashes and context are recomputed, and run from the principal to the agent.')],
    delegations,
  }
}

/**
 * The last actor is the agent. Or nobody by name: an open delegate redeems what the agent's request key signs, where the
 * grant's scope names one; `checkVerdict` and the redeemed bytes hold that signature.
 */
function endsAtAgent(
  actors: readonly { account: string }[],
  { agent, grant: { manager } }: Statement,
  read: GrantRead | undefined,
): boolean {
  const last = actors.at(-1)?.account
  if (last === agent) return true
  const open = last === caip10(caipChainId(manager), ANY_DELEGATE)
  return open && (read === undefined || read.grant.scopes.at(-1)?.request !== undefined)
}

/** Did each delegator sign? Keys by recovery; a contract account can only answer for itself. */
export function checkDelegationSignatures(
  statement: Statement,
  delegations: readonly Delegation[],
  { facts: given, memory }: { facts: ChainFacts | undefined; memory: Memory },
): Check[] {
  const domain = {
    chainId: caipChainId(statement.grant.manager),
    manager: caip10Account(statement.grant.manager),
  }
  const facts = given?.chainId === domain.chainId ? given : undefined
  // Where a chain is shown, its hashes have been recomputed from these very delegations.
  const chain = 'delegation' in statement ? statement.delegation?.chain : undefined
  return delegations.map((delegation, index) => {
    const hash = chain?.[index]?.hash ?? hashDelegation(delegation)
    const settled = contractAnswer(delegation.delegator, hash, facts)
    if (settled !== undefined) return settled
    const recovery = memory.recover(signingHashOf(hash, domain), delegation.signature)
    if (recovery.status === 'signed' && recovery.signer === delegation.delegator) {
      return proven('delegation_signature', 'The delegator’s key signed it.', hash)
    }
    const isKey = facts?.codes?.[delegation.delegator] !== undefined
    if (isKey) {
      return found('delegation_signature', 'refuted', 'signature_refused', 'The delegator’s key did not sign it.', {
        at: hash,
      })
    }
    const detail = 'No key of the delegator signed it; if the delegator is a contract, only the chain can say.'
    return found('delegation_signature', 'unavailable', 'signer_unsettled', detail, { at: hash })
  })
}

function contractAnswer(delegator: Address, hash: Hex, facts: ChainFacts | undefined): Check | undefined {
  if (facts?.codes?.[delegator] !== 'contract') return undefined
  const accepted = facts.contractSignatures?.[hash]
  if (accepted === undefined) {
    return found('delegation_signature', 'unavailable', 'signer_unsettled', 'The delegator’s contract was not asked.', {
      at: hash,
    })
  }
  return accepted
    ? proven('delegation_signature', 'The delegator’s contract accepts the signature.', hash)
    : found('delegation_signature', 'refuted', 'signature_refused', 'The delegator’s contract refuses the signature.', {
        at: hash,
      })
}

/** Authority and delegates, as the manager compares neighbours. The hashes have been recomputed. */
function isChain(chain: NonNullable<StatementOf<'decision'>['delegation']>['chain']): boolean {
  return chain.every(({ authority, delegator }, index) => {
    const above = chain[index + 1]
    if (above === undefined) return authority === ROOT_AUTHORITY
    return authority === above.hash && delegator === above.delegate
  })
}

/** Compared whole, with signatures: the grant is where each delegation's own hash has been computed. */
function isBranch(statement: Statement, grant: Grant, delegations: readonly Delegation[]): boolean {
  const branches = grant.branches.map(({ links }) => links.map((link) => grant.delegations[link]))
  const verdict = statement.kind === 'decision' ? statement.verdict : undefined
  const possible = verdict?.result === 'allowed' ? branches.slice(verdict.branch).slice(0, 1) : branches
  return possible.some((branch) => branch.length === delegations.length && equal(branch, delegations))
}

/** Same JSON. */
export function equal(a: unknown, b: unknown): boolean {
  return canonicalJson(a) === canonicalJson(b)
}
