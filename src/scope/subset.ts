import type { Address } from '../primitives/hex.ts'
import { parseDuration } from '../primitives/time.ts'
import { budgetExcess, type Charge, chargesOf } from './charges.ts'
import { type Dimension, type Excess, excess, excessOver, type ReadRule, readRule } from './cover.ts'
import { fillingsWithin, lifetimeOf, rateOf } from './rate.ts'
import type { Rule, Scope } from './types.ts'

export type { Dimension } from './cover.ts'

export type SubsetResult =
  | { subset: true }
  /** What the child has that the parent does not admit, at a pointer into the child. JSON text; `null` for nothing. */
  | { subset: false; dimension: Dimension; pointer: string; child: string | null; parent: string | null }

export type SubsetOptions = {
  /** The child is handed to a sub-agent: one level of redelegation is used up. */
  redelegated?: boolean
}

/** Longest text of one side in a result. */
const MAX_TEXT = 500

/**
 * Whether a child scope admits nothing that its parent does not, over every sequence of actions. Takes normal forms.
 *
 * Sound: a yes is always right. What it cannot decide it denies, with the dimension: for example a rule that only two
 * parent rules together would admit, payees apart. Delegates are not compared: a child is for somebody else.
 */
export function isSubset(child: Scope, parent: Scope, options: SubsetOptions = {}): SubsetResult {
  const found =
    frameExcess(child, parent) ??
    handOnExcess(child, parent, options) ??
    accountExcess(child, parent) ??
    ruleExcess(child, parent)
  if (found === undefined) return { subset: true }
  const { dimension, pointer } = found
  return { subset: false, dimension, pointer, child: show(found.child), parent: show(found.parent) }
}

function frameExcess(child: Scope, parent: Scope): Excess | undefined {
  if (child.chainId !== parent.chainId) return excess('chain', '/chainId', child.chainId, parent.chainId)
  if (child.principal !== parent.principal) return excess('principal', '/principal', child.principal, parent.principal)
  const life = lifetimeOf(child)
  const wide = lifetimeOf(parent)
  if (life.start < wide.start) return excess('lifetime', '/notBefore', child.notBefore, parent.notBefore)
  if (life.end > wide.end) return excess('lifetime', '/expiry', child.expiry, parent.expiry)
  if (parent.calls === undefined) return undefined
  if (child.calls !== undefined) {
    const fillings = fillingsWithin(rateOf(child.calls, child), rateOf(parent.calls, parent), life)
    if (fillings * BigInt(child.calls.max) <= BigInt(parent.calls.max)) return undefined
  }
  return excess('calls', '/calls', child.calls, parent.calls)
}

function handOnExcess(child: Scope, parent: Scope, { redelegated = false }: SubsetOptions): Excess | undefined {
  const depth = parent.redelegation.maxDepth - (redelegated ? 1 : 0)
  if (child.redelegation.maxDepth > depth) {
    return excess('redelegation', '/redelegation/maxDepth', child.redelegation.maxDepth, parent.redelegation.maxDepth)
  }
  if (parent.request === undefined) {
    // A key that is not the delegate's would be one more that may act.
    const key = child.request?.key
    const known = key === undefined || key === child.delegate || key === parent.delegate
    return known ? undefined : excess('request', '/request/key', key, undefined)
  }
  if (child.request?.key !== parent.request.key) {
    return excess('request', '/request/key', child.request?.key, parent.request.key)
  }
  const { redeemers } = parent.request
  if (redeemers === 'anyone') return undefined
  const own = child.request.redeemers
  const extra = own === 'anyone' ? own : own.find((redeemer) => !redeemers.includes(redeemer))
  return extra === undefined ? undefined : excess('request', '/request/redeemers', extra, redeemers)
}

function accountExcess(child: Scope, parent: Scope): Excess | undefined {
  const { group, guardian, maxLatencySeconds } = parent.revocation
  const own = child.revocation
  if (own.group !== group) return excess('revocation', '/revocation/group', own.group, group)
  if (guardian !== undefined && own.guardian !== guardian) {
    return excess('revocation', '/revocation/guardian', own.guardian, guardian)
  }
  if (own.maxLatencySeconds > maxLatencySeconds) {
    return excess('revocation', '/revocation/maxLatencySeconds', own.maxLatencySeconds, maxLatencySeconds)
  }
  const missing = parent.evidence.receipts.find((kind) => !child.evidence.receipts.includes(kind))
  if (missing !== undefined) return excess('evidence', '/evidence/receipts', child.evidence.receipts, missing)
  if (parseDuration(child.evidence.retain) < parseDuration(parent.evidence.retain)) {
    return excess('evidence', '/evidence/retain', child.evidence.retain, parent.evidence.retain)
  }
  for (const [asset, info] of Object.entries(child.assets)) {
    const known = Object.hasOwn(parent.assets, asset) ? parent.assets[asset as Address] : undefined
    // The same digits would be another amount.
    if (known !== undefined && known.decimals !== info.decimals) {
      return excess('assets', `/assets/${asset}/decimals`, info.decimals, known.decimals)
    }
  }
  return undefined
}

/** Gives every rule of the child, payee by payee, one parent rule that admits it; then adds up what their budgets count. */
function ruleExcess(child: Scope, parent: Scope): Excess | undefined {
  const wide = parent.rules.map((rule, index) => readRule(parent, rule, index))
  const charges = new Map<string, Charge[]>()
  for (const rule of child.rules.map((rule, index) => readRule(child, rule, index))) {
    const chosen = admittingRules(rule, wide)
    if ('dimension' in chosen) return chosen
    // One call of a rule charges a parent budget once, whichever parent rules its payees were given.
    const budgets = new Map<string, Charge[]>()
    for (const parentRule of chosen.rules) {
      for (const [budget, list] of chargesOf(rule, parentRule)) budgets.set(budget, list)
    }
    for (const [budget, list] of budgets) charges.set(budget, [...(charges.get(budget) ?? []), ...list])
  }
  for (const [budget, list] of charges) {
    const found = budgetExcess(child, parent, budget, list)
    if (found !== undefined) return found
  }
  return undefined
}

function admittingRules(rule: ReadRule, parents: readonly ReadRule[]): { rules: ReadonlySet<ReadRule> } | Excess {
  let nearest: (Excess & { rank: number }) | undefined
  const candidates: ReadRule[] = []
  // The rule of the same id first: it is the one meant, and whose budgets fit.
  for (const parent of [...parents].sort(
    (a, b) => Number(b.rule.id === rule.rule.id) - Number(a.rule.id === rule.rule.id),
  )) {
    const found = excessOver(rule, parent)
    if (found === undefined) candidates.push(parent)
    else if (nearest === undefined || found.rank > nearest.rank) nearest = found
  }
  const [first] = candidates
  if (first === undefined) return nearest ?? excess('class', `/rules/${rule.index}`, rule.rule, undefined)
  if (rule.payees.size === 0) return { rules: new Set([first]) }
  const rules = new Set<ReadRule>()
  for (const [index, payee] of [...rule.payees].entries()) {
    const parent = candidates.find((candidate) => mayPay(candidate.rule, candidate.payees, payee))
    if (parent === undefined) {
      const wide = first.rule.class === 'transfer' ? first.rule.to : undefined
      return excess('payees', `/rules/${rule.index}/to/${index}`, payee, wide)
    }
    rules.add(parent)
  }
  return { rules }
}

function mayPay(rule: Rule, payees: ReadonlySet<Address>, payee: Address): boolean {
  return rule.class === 'transfer' && (rule.to === 'anyone' || payees.has(payee))
}

function show(value: unknown): string | null {
  const text = value === undefined ? null : JSON.stringify(value)
  return text === null || text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`
}
