import { decodeCaveat } from '../caveats/index.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/index.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import { servedRules } from '../grant/compare.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { choiceOf } from './choice.ts'
import { heldBy } from './constraints.ts'
import { VerdictError } from './errors.ts'
import type {
  PeriodTerms,
  PreparedBranch,
  PreparedCaveat,
  PreparedGrant,
  PreparedLink,
  StreamTerms,
} from './prepared.ts'
import { chosenPeriod, counterOf, sharedBy } from './storage.ts'
import { prepareTerms } from './taskScope/prepareTerms.ts'
import { scopeOfTerms } from './taskScope/scopeOfTerms.ts'

/**
 * Reads a grant once, so that many verdicts are fast. Signatures are not looked at (the grant has been checked), the links
 * between delegations are: a verdict about a chain that the manager does not walk would say nothing.
 *
 * What the redeemer is to hold stands in `accepted`, which nobody signed: the scopes are compiled again, however the grant
 * was read, so that whoever carries the file cannot strike a constraint from that list. A grant without scopes is judged by
 * its caveats alone.
 *
 * @throws {@link VerdictError} `verdict.wrong_environment` (another chain or manager), `verdict.broken_chain`,
 * `verdict.unsupported_constraint`: a constraint that the redeemer was to hold and this evaluator cannot, by name.
 * `GrantError` as `assertGrantsScope`.
 */
export function prepareGrant(grant: Grant, environment: Environment): PreparedGrant {
  if (environment.chainId !== grant.chainId || environment.manager !== grant.manager) {
    throw new VerdictError('verdict.wrong_environment', 'The grant belongs to another chain or manager.', {
      details: {
        chainId: grant.chainId,
        manager: grant.manager,
        expectedChainId: environment.chainId,
        expectedManager: environment.manager,
      },
      fix: 'Prepare it with the deployment that it names.',
    })
  }
  const rules = grant.scopes.length === 0 ? [] : servedRules(grant, environment)
  const signed = grant.delegations.map((delegation): Signed => ({ delegation, hash: hashDelegation(delegation) }))
  return {
    id: grant.id,
    chainId: grant.chainId,
    manager: grant.manager,
    lowering: grant.lowering,
    branches: grant.branches.map((branch, index) => ({
      ...prepareBranch(branch, index, { grant, signed, environment }),
      held: heldBy(grant.scopes, grant.accepted, rules[index] ?? []),
    })),
  }
}

type Signed = { delegation: Delegation; hash: Hex }

function prepareBranch(
  { links: places, rule }: Grant['branches'][number],
  index: number,
  { grant, signed, environment }: { grant: Grant; signed: readonly Signed[]; environment: Environment },
): Omit<PreparedBranch, 'held'> {
  const chain = places.map((place) => {
    const link = signed[place]
    if (link === undefined) throw broken(index, 'missing_link')
    return link
  })
  checkLinks(chain, index)
  const seen: Seen = new Map()
  const links = chain.map((link, hop) => prepareLink(link, hop, grant, environment, seen))
  return {
    index,
    rule: rule ?? null,
    links,
    native: links.some(({ caveats }) => caveats.some(({ meaning }) => isEmptyCalldata(meaning))),
    batch: links.some(({ caveats }) => caveats.some(wantsBatch)),
  }
}

/** What the manager checks of authorities and delegates, leaf first. */
function checkLinks(chain: readonly Signed[], branch: number): void {
  if (chain.length === 0) throw broken(branch, 'empty')
  chain.forEach(({ delegation }, at) => {
    const above = chain[at + 1]
    if (delegation.authority !== (above?.hash ?? ROOT_AUTHORITY)) throw broken(branch, 'authority')
    if (above === undefined || above.delegation.delegate === ANY_DELEGATE) return
    if (above.delegation.delegate !== delegation.delegator) throw broken(branch, 'delegate')
  })
}

/** By what caveats share: how many were before, and the terms of the first one. */
type Seen = Map<string, { count: number; period: PeriodTerms | null; stream: StreamTerms | null }>

function prepareLink(
  { delegation, hash }: Signed,
  hop: number,
  { scopes }: Grant,
  environment: Environment,
  seen: Seen,
): PreparedLink {
  const { delegator, delegate } = delegation
  const { chainId, manager } = environment
  const place = { hash, delegator, manager }
  const caveats = delegation.caveats.map((caveat, index): PreparedCaveat => {
    const { enforcer, args } = caveat
    const meaning = decodeCaveat(environment, caveat)
    const counter = counterOf(meaning, caveat, place)
    const shared = sharedBy(meaning, caveat, place)
    const own = { count: 0, period: periodOf(meaning, args), stream: streamOf(meaning) }
    const { count, ...terms } = (shared === null ? undefined : seen.get(shared)) ?? own
    if (shared !== null) seen.set(shared, { ...terms, count: count + 1 })
    const caveatOf = { index, enforcer, args, counter, earlier: count, ...terms }
    const choice = meaning.kind === 'logicalOr' ? choiceOf(meaning, { ...caveatOf, taskScope: null }) : null
    const taskScope =
      meaning.kind === 'taskScope'
        ? prepareTerms(meaning, { ...place, chainId, enforcer }, scopeOfTerms(scopes, delegation))
        : null
    return { ...caveatOf, meaning, choice, taskScope }
  })
  return { hop, hash, delegator, delegate, caveats }
}

function periodOf(meaning: DecodedCaveat, args: Hex): PeriodTerms | null {
  const terms =
    meaning.kind === 'multiTokenPeriod'
      ? chosenPeriod(meaning.periods, args)?.period
      : meaning.kind === 'erc20PeriodTransfer' || meaning.kind === 'nativePeriodTransfer'
        ? meaning
        : undefined
  if (terms === undefined) return null
  const { amount, duration, start } = terms
  return { amount, duration, start }
}

function streamOf(meaning: DecodedCaveat): StreamTerms | null {
  if (meaning.kind !== 'erc20Streaming' && meaning.kind !== 'nativeStreaming') return null
  const { initial, max, perSecond, start } = meaning
  return { initial, max, perSecond, start }
}

function isEmptyCalldata(meaning: DecodedCaveat): boolean {
  return (meaning.kind === 'exactCalldata' || meaning.kind === 'exactExecution') && meaning.data === '0x'
}

function wantsBatch({ meaning: { kind }, choice, taskScope }: PreparedCaveat): boolean {
  if (taskScope !== null) return taskScope.terms.maxExecutions > 0
  if (choice?.is === 'group') return choice.caveats.some(wantsBatch)
  return kind === 'exactExecutionBatch' || kind === 'exactCalldataBatch' || kind === 'specificActionBatch'
}

function broken(branch: number, what: string): VerdictError {
  return new VerdictError('verdict.broken_chain', 'The links of a branch do not make a chain.', {
    details: { branch, what },
    fix: 'Check the grant before preparing it.',
  })
}
