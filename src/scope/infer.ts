import type { z } from 'zod'
import type { Address } from '../primitives/hex.ts'
import { min } from '../primitives/integer.ts'
import { formatInstant } from '../primitives/time.ts'
import { AssetTable } from './assets.ts'
import { decimalsOf } from './budgets.ts'
import { ScopeError } from './errors.ts'
import type { Source } from './forms.ts'
import { type PlannedExecution, type PlannedTransfer, readPlannedCall, worst } from './inferCalls.ts'
import { type OverGrant, overGrantOf } from './inferOverGrant.ts'
import { PlanDocument } from './inferPlan.ts'
import { draftRules, type RuleDraft, type RulePer } from './inferRules.ts'
import { parseScope } from './parse.ts'
import { readInstant } from './periods.ts'
import { Report } from './report.ts'
import type { ScopeDocument } from './schema.ts'
import { readShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import { type Plain, splitSources } from './sources.ts'
import type { Asset, AssetInfo } from './types.ts'
import { valueAt } from './valueAt.ts'

export type InferOptions = {
  /** Facts about assets, as read from the chain. */
  assets?: Readonly<Record<Address, AssetInfo>>
  /** Unix seconds. */
  now?: bigint
  /**
   * What gets a rule of its own: every different call, every payee of an asset, or every asset; functions of a contract
   * where not every call. Fewer rules are fewer signatures, and grant more. Absent: the finest that fits in a scope.
   */
  rulePer?: RulePer
}

export type InferredScope = {
  /** Ready to be read by `parseScope`, which refuses it until everything in `confirm` has been. */
  document: ScopeDocument
  /** What came from the agent: to be shown to the principal, and listed as confirmed by nobody else. */
  confirm: readonly { pointer: string; value: string | number | boolean }[]
  rulePer: RulePer
  /** By how much it admits more than was planned, exact, dimension by dimension. */
  overGrant: readonly OverGrant[]
}

type Document = z.output<typeof PlanDocument>
type Frame = Plain<Omit<Document, 'calls' | 'source'>>

const MAX_RULES = 64
const MAX_PAYEES = 256
const FINEST_FIRST: readonly RulePer[] = ['call', 'payee', 'asset']

/**
 * The smallest scope that covers a list of planned calls: payments by payee and amount, calls with every argument held,
 * budgets that are their sums, as many calls as planned. The same calls in any order give the same scope.
 *
 * @throws {@link ScopeError} `scope.unknown_call`, `scope.call_not_canonical`, `scope.argument_not_pinnable`,
 * `scope.plan_too_varied`, `scope.plan_outside_lifetime`; all of `parseScope`, with pointers into the plan or the scope.
 */
export function inferScope(plan: unknown, options: InferOptions = {}): InferredScope {
  const { calls: documents, source: author = 'agent', ...stated } = readShape(PlanDocument, snapshot(plan))
  const { plain: frame, sources } = splitSources(stated)
  const { calls, decimals } = readCalls(frame, documents, author, options)
  const { rules, rulePer } = fitRules(calls, options.rulePer, decimals)
  const tags = new Map<string, Source>()
  rules.forEach(({ tags: own }, index) => {
    for (const { at, source } of own) tags.set(`/rules/${index}${at}`, source)
  })
  const budgets = rules.flatMap((rule) => rule.budgets)
  for (const { name, source } of budgets) tags.set(`/budgets/${name}/max`, source)
  const by = worst(...calls.map((call) => call.by))
  tags.set('/calls/max', by)
  const notBefore = frame.notBefore ?? firstTime(calls)
  if (notBefore !== undefined) tags.set('/notBefore', frame.notBefore === undefined ? by : author)
  tags.set('/expiry', author)
  tags.set('/delegate', author)
  const { request } = frame
  if (request !== undefined) tags.set('/request/key', author)
  for (const [pointer, source] of sources) tags.set(pointer, source)
  const document: ScopeDocument = {
    version: 1,
    task: frame.task,
    chainId: frame.chainId,
    principal: frame.principal,
    delegate: frame.delegate,
    ...(request && { request }),
    rules: rules.map(({ rule }) => rule) as ScopeDocument['rules'],
    budgets: Object.fromEntries(budgets.map(({ name, asset, max }) => [name, { assets: { [asset]: '1' }, max }])),
    calls: { max: calls.length },
    ...(notBefore !== undefined && { notBefore }),
    expiry: frame.expiry,
    redelegation: { maxDepth: 0 },
    revocation: frame.revocation ?? { group: frame.task.id, maxLatencySeconds: 60 },
    evidence: frame.evidence ?? { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    assets: { ...frame.assets, ...options.assets },
    provenance: Object.fromEntries(tags),
  }
  const confirm = [...tags].flatMap(([pointer, source]) => {
    return source === 'agent' ? [{ pointer, value: valueAt(document, pointer) as string | number | boolean }] : []
  })
  const { now } = options
  const confirmed = confirm.map(({ pointer }) => pointer)
  // Read as if all were confirmed: what else is wrong shows now, and not when the principal looks at it.
  const scope = parseScope(document, { confirmed, ...(now !== undefined && { now }) })
  const overGrant = overGrantOf(
    scope,
    calls,
    rules.map((rule) => rule.calls),
    now ?? 0n,
  )
  return { document: { ...document, assets: scope.assets }, confirm, rulePer, overGrant }
}

type Read = { calls: (PlannedTransfer | PlannedExecution)[]; decimals: (asset: Asset) => number }

function readCalls(frame: Frame, documents: Document['calls'], author: Source, options: InferOptions): Read {
  const report = new Report()
  const assets = new AssetTable(report, frame.assets ?? {}, options.assets ?? {})
  const accounts = {
    principal: report.account('/principal', frame.principal),
    delegate: report.account('/delegate', frame.delegate),
  }
  const context = { report, assets, accounts, author }
  const start = frame.notBefore === undefined ? undefined : readInstant(report, '/notBefore', frame.notBefore)
  const end = readInstant(report, '/expiry', frame.expiry)
  const calls = documents.flatMap((document, index) => {
    const pointer = `/calls/${index}`
    const call = readPlannedCall(context, pointer, document)
    if (call === undefined) return []
    const { when } = call
    if (when !== undefined && ((start !== undefined && when < start) || (end !== undefined && when >= end))) {
      const rest = { value: document.when ?? '', bound: frame.expiry, fix: 'Plan it earlier, or write a later expiry.' }
      report.add('scope.plan_outside_lifetime', `${pointer}/when`, 'This call is planned outside the lifetime.', rest)
    }
    return [call]
  })
  report.finish()
  const known = assets.used()
  return { calls, decimals: (asset) => decimalsOf(asset, known) }
}

/** The first planned instant, where every call has one. */
function firstTime(calls: readonly { when: bigint | undefined }[]): string | undefined {
  const times = calls.flatMap(({ when }) => when ?? [])
  return times.length < calls.length ? undefined : formatInstant(times.reduce(min))
}

function fitRules(
  calls: readonly (PlannedTransfer | PlannedExecution)[],
  wanted: RulePer | undefined,
  decimals: Read['decimals'],
): { rules: RuleDraft[]; rulePer: RulePer } {
  const tried = wanted === undefined ? FINEST_FIRST : [wanted]
  for (const rulePer of tried) {
    const rules = draftRules(calls, rulePer, decimals)
    const budgets = rules.reduce((sum, rule) => sum + rule.budgets.length, 0)
    const payees = rules.every(({ rule }) => rule.class === 'call' || rule.to.length <= MAX_PAYEES)
    if (rules.length <= MAX_RULES && budgets <= MAX_RULES && payees) return { rules, rulePer }
  }
  throw new ScopeError({
    code: 'scope.plan_too_varied',
    pointer: '/calls',
    message: 'This plan needs more rules than a scope has.',
    value: calls.length,
    bound: MAX_RULES,
    fix:
      wanted === undefined || wanted === 'asset'
        ? 'Split the task into several plans.'
        : 'Join more: one rule an asset.',
  })
}
