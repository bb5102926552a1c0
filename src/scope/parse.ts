import { compareAmounts } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import { AssetTable } from './assets.ts'
import { budgetDecimals, checkBudgets, readBudgets } from './budgets.ts'
import { checkLifetime, LAST_EXPIRY, readDuration, readPeriod } from './periods.ts'
import { normalPointer, readProvenance } from './provenance.ts'
import { Report } from './report.ts'
import { readRules } from './rules.ts'
import { parseShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import { type PlainDocument, splitSources } from './sources.ts'
import type { AssetInfo, Budget, Scope } from './types.ts'

export type ParseOptions = {
  /** Facts about assets, as read from the chain. They win over what the document says; a difference is refused. */
  assets?: Readonly<Record<Address, AssetInfo>>
  /** Unix seconds. Without it an expiry in the past is not noticed. */
  now?: bigint
  /** Pointers of values that came from the agent and that the principal has seen and confirmed. */
  confirmed?: readonly string[]
}

/** Delegate that the framework reads as anyone. */
const OPEN_DELEGATE = '0x0000000000000000000000000000000000000a11'

/**
 * Reads a scope from anything and gives its normal form; `parseScope` of a normal form is the same normal form.
 *
 * Default deny: what is not understood, unlimited, contradictory or nonsense is refused, all issues in one error. Whether
 * it can be enforced is for `compile` to say.
 *
 * @throws {@link ScopeError} `scope.*`, with `issues`.
 */
export function parseScope(input: unknown, options: ParseOptions = {}): Scope {
  const { plain: document, sources } = splitSources(parseShape(snapshot(input)))
  const report = new Report()
  const accounts = readAccounts(report, document)
  checkLifetime(report, document, options.now)
  const assets = new AssetTable(report, document.assets ?? {}, options.assets ?? {})
  const budgets = readBudgets(report, document.budgets ?? {}, assets)
  const used = new Set<string>()
  const rules = readRules({ report, assets, budgets, used, ...accounts }, document.rules)
  if (report.issues.length === 0) checkBudgets(report, budgets, assets.used(), used)

  const request = readRequest(report, document, accounts)
  const calls = document.calls && { max: document.calls.max, ...readPeriod(report, '/calls', document.calls) }
  const escalation = readEscalation(report, document, accounts, budgets, assets.used(), request?.key)
  const scope: Omit<Scope, 'provenance'> = {
    version: 1,
    task: document.task,
    chainId: document.chainId,
    ...accounts,
    ...(request && { request }),
    rules,
    budgets,
    ...(calls && { calls }),
    ...(document.notBefore !== undefined && { notBefore: document.notBefore }),
    expiry: document.expiry,
    redelegation: document.redelegation,
    revocation: readRevocation(report, document),
    ...(escalation && { escalation }),
    evidence: readEvidence(report, document),
    assets: assets.used(),
  }
  const confirmed = new Set((options.confirmed ?? []).map(normalPointer))
  const provenance = readProvenance(report, sources, document.provenance ?? {}, scope, confirmed)
  report.finish()
  return { ...scope, provenance }
}

function readAccounts(report: Report, document: PlainDocument): { principal: Address; delegate: Address } {
  const principal = report.account('/principal', document.principal)
  const delegate = closedAccount(report, '/delegate', document.delegate)
  if (principal === delegate) {
    const rest = { value: delegate, fix: 'Name the account of the agent as delegate.' }
    report.add('scope.principal_is_delegate', '/delegate', 'An account cannot delegate to itself.', rest)
  }
  return { principal, delegate }
}

/** An account that is somebody: the open delegate would hand the authority to the whole world. */
function closedAccount(report: Report, pointer: string, value: string): Address {
  const address = report.account(pointer, value)
  if (address === OPEN_DELEGATE) {
    const fix = 'Name one account.'
    report.add('scope.open_delegate', pointer, 'This address stands for anyone.', { value: address, fix })
  }
  return address
}

function readRequest(
  report: Report,
  document: PlainDocument,
  accounts: { principal: Address },
): NonNullable<Scope['request']> | undefined {
  if (document.request === undefined) return undefined
  const key = closedAccount(report, '/request/key', document.request.key)
  if (key === accounts.principal) {
    const rest = { value: key, fix: 'Give the agent a key of its own.' }
    report.add('scope.request_key_is_principal', '/request/key', 'The agent would sign as the principal.', rest)
  }
  if (document.redelegation.maxDepth > 0) {
    // What a sub-agent does would not carry the signature that the scope asks for.
    const rest = { value: document.redelegation.maxDepth, bound: 0, fix: 'Set maxDepth to 0, or remove request.' }
    const message = 'A scope that binds one request key cannot be handed on.'
    report.add('scope.request_with_redelegation', '/redelegation/maxDepth', message, rest)
  }
  const stated = document.request.redeemers
  if (stated === 'anyone') return { key, redeemers: stated }
  const redeemers = stated.map((value, index) => closedAccount(report, `/request/redeemers/${index}`, value))
  report.distinct('scope.duplicate_value', '/request/redeemers', redeemers, 'redeemer')
  return { key, redeemers }
}

function readRevocation(report: Report, { revocation }: PlainDocument): Scope['revocation'] {
  const { group, guardian, maxLatencySeconds } = revocation
  if (guardian === undefined) return { group, maxLatencySeconds }
  return { group, guardian: report.account('/revocation/guardian', guardian), maxLatencySeconds }
}

function readEscalation(
  report: Report,
  { escalation }: PlainDocument,
  accounts: { principal: Address; delegate: Address },
  budgets: Readonly<Record<string, Budget>>,
  assets: Readonly<Record<string, AssetInfo>>,
  requestKey: Address | undefined,
): NonNullable<Scope['escalation']> | undefined {
  if (escalation === undefined) return undefined
  const above = new Map<string, string>()
  for (const [name, threshold] of Object.entries(escalation.above)) {
    above.set(name, readThreshold(report, childPointer('/escalation/above', name), name, threshold, budgets, assets))
  }
  if (above.size === 0) {
    const fix = 'Name a budget and its threshold, or remove escalation.'
    report.add('scope.empty_escalation', '/escalation/above', 'No threshold is named.', { fix })
  }
  const at = '/escalation/confirmer'
  const stated = escalation.confirmer
  const account = stated === 'principal' ? accounts.principal : closedAccount(report, at, stated)
  if (account === accounts.delegate || account === requestKey) {
    const rest = { value: account, fix: 'Name the principal or another person.' }
    report.add('scope.confirmer_is_delegate', at, 'The agent would confirm its own requests.', rest)
  }
  readDuration(report, '/escalation/timeout', escalation.timeout, LAST_EXPIRY)
  return {
    above: Object.fromEntries(above),
    confirmer: account === accounts.principal ? 'principal' : account,
    timeout: escalation.timeout,
    onTimeout: escalation.onTimeout,
  }
}

/** A threshold of 0 is meant: every spend asks. One that is not below the budget would never ask. */
function readThreshold(
  report: Report,
  pointer: string,
  name: string,
  threshold: string,
  budgets: Readonly<Record<string, Budget>>,
  assets: Readonly<Record<string, AssetInfo>>,
): string {
  const budget = Object.hasOwn(budgets, name) ? budgets[name] : undefined
  if (budget === undefined) {
    const rest = { value: name, fix: 'Add it under budgets, or correct the name.' }
    report.add('scope.unknown_budget', pointer, 'There is no budget of this name.', rest)
    return threshold
  }
  const text = report.amount(pointer, threshold, budgetDecimals(budget, assets), 'zero')
  if (compareAmounts(text, budget.max) >= 0) {
    const rest = { value: text, bound: budget.max, fix: 'Write a threshold below the maximum of the budget.' }
    report.add('scope.threshold_not_below_budget', pointer, 'This threshold can never be passed.', rest)
  }
  return text
}

function readEvidence(report: Report, { evidence }: PlainDocument): Scope['evidence'] {
  report.distinct('scope.duplicate_value', '/evidence/receipts', evidence.receipts, 'receipt')
  readDuration(report, '/evidence/retain', evidence.retain)
  return { receipts: evidence.receipts, retain: evidence.retain }
}
