import { formatAmount, parseAmount } from '../primitives/amount.ts'
import { max } from '../primitives/integer.ts'
import { childPointer } from '../primitives/json.ts'
import { formatDuration } from '../primitives/time.ts'
import { type Bounded, blastRadius } from './blastRadius.ts'
import { budgetCapacity, decimalsOf } from './budgets.ts'
import { parseFunction } from './function.ts'
import { lifetimeOf } from './rate.ts'
import type { Asset, CallRule, Scope, TransferRule } from './types.ts'

/** What a principal should look at before signing. Stable ids. */
export type WarningId =
  | 'no_payee'
  | 'long_life'
  | 'open_submission'
  | 'unlimited_uses'
  | 'uncounted_spend'
  | 'native_value_unbound'
  | 'fixed_window_doubling'
  | 'stacked_exposure'
  | 'no_guardian'
  | 'unpinned_argument'
  | 'redelegation_depth_not_enforced'
  | 'agent_sourced'
  | 'pays_delegate'
  | 'maximum_never_reached'
  | 'danger_acknowledged'
  | 'evidence_gap'

export type Warning = {
  id: WarningId
  /** JSON pointer into the scope. */
  pointer: string
  /** A sentence, made of our words, the scope's ids, addresses and numbers. */
  message: string
}

/** A life from which on a scope is called long: 90 days, in seconds. */
const LONG_LIFE = 7_776_000n

/**
 * Named warnings about a scope that is valid and may still be unwise. Nothing here is refused.
 *
 * @param now - Unix seconds.
 * @param others - Scopes that are granted already: what leaves through them adds up with this one.
 */
export function lintScope(scope: Scope, { now, others = [] }: { now: bigint; others?: readonly Scope[] }): Warning[] {
  const rules = scope.rules.flatMap((rule, index) => {
    const pointer = `/rules/${index}`
    return rule.class === 'transfer' ? lintTransfer(scope, rule, pointer) : lintCall(scope, rule, pointer)
  })
  return [
    ...rules,
    ...lintLimits(scope),
    ...lintFrame(scope, now),
    ...lintSources(scope),
    ...lintStack(scope, others, now),
  ]
}

function lintTransfer(scope: Scope, rule: TransferRule, pointer: string): Warning[] {
  const out: Warning[] = []
  if (rule.to === 'anyone') {
    out.push(warning('no_payee', `${pointer}/to`, `Rule ${rule.id} may pay anyone: the agent chooses the payee.`))
  }
  if (rule.to !== 'anyone') {
    for (const [index, payee] of rule.to.entries()) {
      if (payee !== scope.delegate && payee !== scope.request?.key) continue
      out.push(warning('pays_delegate', `${pointer}/to/${index}`, `Rule ${rule.id} pays the agent itself.`))
    }
  }
  if (rule.budget === undefined && scope.calls === undefined) {
    const message = `Rule ${rule.id} bounds each payment and not how many there are.`
    out.push(warning('unlimited_uses', pointer, message))
  }
  const budget = rule.budget === undefined ? undefined : scope.budgets[rule.budget]
  if (rule.max !== undefined && budget !== undefined) {
    const capacity = budgetCapacity(budget, rule.asset, scope.assets)
    if (parseAmount(rule.max, decimalsOf(rule.asset, scope.assets)) > capacity) {
      const message = `The maximum of rule ${rule.id} is more than budget ${rule.budget} ever holds.`
      out.push(warning('maximum_never_reached', `${pointer}/max`, message))
    }
  }
  return out
}

function lintCall(scope: Scope, rule: CallRule, pointer: string): Warning[] {
  const out: Warning[] = []
  if (rule.spends.length === 0) {
    const message = `The scope does not count what the call of rule ${rule.id} moves.`
    out.push(warning('uncounted_spend', pointer, message))
    if (scope.calls === undefined) {
      out.push(warning('unlimited_uses', pointer, `Rule ${rule.id} may be used without end.`))
    }
  }
  if (rule.value.lte !== '0' && !rule.spends.some(({ asset }) => asset === 'native')) {
    const message = `Rule ${rule.id} may send ${rule.value.lte} wei with every call, counted in no budget.`
    out.push(warning('native_value_unbound', `${pointer}/value/lte`, message))
  }
  for (const [index, { name, type }] of parseFunction(rule.function).inputs.entries()) {
    if (name !== '' && Object.hasOwn(rule.args, name)) continue
    // An amount that a budget counts is bounded there.
    if (name !== '' && rule.spends.some(({ amount, asset }) => asset !== 'native' && amount === name)) continue
    const shown = name === '' ? `argument ${index + 1}` : `argument ${name}`
    const message = `In rule ${rule.id} the ${shown} (${type}) may be anything.`
    out.push(warning('unpinned_argument', childPointer(`${pointer}/args`, name === '' ? index : name), message))
  }
  for (const [index, danger] of rule.acknowledge.entries()) {
    const message = `Rule ${rule.id} accepts a danger by name: ${JSON.stringify(danger)}.`
    out.push(warning('danger_acknowledged', `${pointer}/acknowledge/${index}`, message))
  }
  return out
}

function lintLimits(scope: Scope): Warning[] {
  const limits = Object.entries(scope.budgets).map(([name, budget]) => {
    return [childPointer('/budgets', name), budget.window, budget.max] as const
  })
  if (scope.calls !== undefined) limits.push(['/calls', scope.calls.window, String(scope.calls.max)])
  return limits.flatMap(([pointer, window, max]) => {
    if (window !== 'fixed') return []
    const message = `Fixed windows: twice ${max} can go within seconds, at the end of one and the start of the next.`
    return [warning('fixed_window_doubling', `${pointer}/window`, message)]
  })
}

function lintFrame(scope: Scope, now: bigint): Warning[] {
  const out: Warning[] = []
  const { start, end } = lifetimeOf(scope)
  const life = end - max(start, now)
  if (life > LONG_LIFE) {
    const message = `The scope lives for ${formatDuration(life)}; more than ${formatDuration(LONG_LIFE)} is long.`
    out.push(warning('long_life', '/expiry', message))
  }
  if (scope.request?.redeemers === 'anyone') {
    out.push(warning('open_submission', '/request/redeemers', 'Anyone may submit what the request key signed.'))
  }
  if (scope.revocation.guardian === undefined) {
    const message = 'No guardian: only the principal can end the group.'
    out.push(warning('no_guardian', '/revocation', message))
  }
  if (scope.redelegation.maxDepth > 0) {
    const message = 'How deep authority is handed on cannot be enforced on chain, only that it is not handed on at all.'
    out.push(warning('redelegation_depth_not_enforced', '/redelegation/maxDepth', message))
  }
  const gaps = (['grant', 'decision', 'outcome', 'revocation'] as const).filter(
    (kind) => !scope.evidence.receipts.includes(kind),
  )
  if (gaps.length > 0) {
    out.push(warning('evidence_gap', '/evidence/receipts', `There will be no receipt of: ${gaps.join(', ')}.`))
  }
  return out
}

function lintSources(scope: Scope): Warning[] {
  return Object.entries(scope.provenance).flatMap(([pointer, source]) => {
    if (source !== 'confirmed') return []
    return [warning('agent_sourced', pointer, 'This value came from the agent; the principal confirmed it.')]
  })
}

/** Each scope may be small and their sum not: they end separately and are spent separately. */
function lintStack(scope: Scope, others: readonly Scope[], now: bigint): Warning[] {
  const stacked = others.filter((other) => {
    const [a, b] = [lifetimeOf(scope), lifetimeOf(other)]
    const overlap = a.start < b.end && b.start < a.end && b.end > now
    return other.chainId === scope.chainId && other.principal === scope.principal && overlap
  })
  return blastRadius(scope, { now }).assets.flatMap(({ asset, total }) => {
    const totals = stacked.flatMap((other) => {
      return blastRadius(other, { now })
        .assets.filter((radius) => radius.asset === asset)
        .map((radius) => radius.total)
    })
    if (totals.length === 0) return []
    const sum = addAll([total, ...totals])
    const most = sum === 'unlimited' ? 'without limit' : `up to ${shownAmount(scope, asset, sum)}`
    const message = `With ${totals.length} other live ${totals.length === 1 ? 'scope' : 'scopes'}, ${asset} can leave ${most}.`
    return [warning('stacked_exposure', '/rules', message)]
  })
}

function shownAmount(scope: Scope, asset: Asset, amount: bigint): string {
  return formatAmount(amount, decimalsOf(asset, scope.assets))
}

function addAll(amounts: readonly Bounded[]): Bounded {
  let sum = 0n
  for (const amount of amounts) {
    if (amount === 'unlimited') return amount
    sum += amount
  }
  return sum
}

function warning(id: WarningId, pointer: string, message: string): Warning {
  return { id, pointer, message }
}
