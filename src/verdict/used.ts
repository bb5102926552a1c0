import type { Environment } from '../caveats/types.ts'
import { type ScaledBudget, scaleBudgets } from '../compile/fused/budgets.ts'
import type { Used, UsedAmount } from '../grant/replacement.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { VerdictError } from './errors.ts'
import { type Counted, type Meter, readMeters } from './meters.ts'
import { prepareGrant } from './prepare.ts'
import type { State } from './types.ts'

/**
 * What was used of the effective scope of a grant at a block, by budget: read from the counters of the chain.
 *
 * Of several links that count the same on one way, the one nearest to the root has counted what the others did; the same
 * counter on several ways is one.
 *
 * @throws {@link VerdictError} `verdict.use_unread` where the state lacks a counter; those of `prepareGrant`.
 */
export function usedOf(grant: Grant, environment: Environment, state: State): Used {
  const prepared = prepareGrant(grant, environment)
  const meters = new Map(readMeters(prepared, state).map(({ delegation, own }) => [delegation, own]))
  const scope = grant.scopes.at(-1)
  const budgets: Record<string, UsedAmount[]> = {}
  const seen = new Set<string>()
  let calls = 0n
  for (const { rule: id, links } of prepared.branches) {
    const hashes = links.map(({ hash }) => hash)
    const counted = topmost(hashes, meters, 'calls')
    if (counted !== undefined && !seen.has(`${counted.hash}/calls`)) {
      seen.add(`${counted.hash}/calls`)
      calls += usedBy(counted)
    }
    if (id === null) {
      for (const name of Object.keys(scope?.budgets ?? {})) {
        const found = topmostBudget(hashes, meters, name)
        if (found === undefined || scope === undefined || seen.has(`${found.hash}/${name}`)) continue
        seen.add(`${found.hash}/${name}`)
        budgets[name] = [...(budgets[name] ?? []), countedBy(scope, name, usedBy(found))]
      }
      continue
    }
    const rule = scope?.rules.find((it) => it.id === id)
    if (rule?.class !== 'transfer' || rule.budget === undefined) continue
    const found = topmost(hashes, meters, rule.asset)
    if (found === undefined) throw unread(hashes[0], rule.asset)
    const key = `${found.hash}/${rule.budget}/${rule.asset}`
    if (seen.has(key)) continue
    seen.add(key)
    budgets[rule.budget] = [...(budgets[rule.budget] ?? []), { asset: rule.asset, amount: usedBy(found) }]
  }
  return { now: state.block.timestamp, budgets, calls }
}

type Found = { hash: Hex; meter: Meter }

/** @param path - Leaf first. */
function topmost(path: readonly Hex[], meters: ReadonlyMap<Hex, readonly Meter[]>, counts: Counted): Found | undefined {
  for (const hash of path.toReversed()) {
    const meter = meters.get(hash)?.find((it) => it.counts === counts)
    if (meter !== undefined) return { hash, meter }
  }
  return undefined
}

/** The same for a budget by its name, where one caveat has several. */
function topmostBudget(
  path: readonly Hex[],
  meters: ReadonlyMap<Hex, readonly Meter[]>,
  name: string,
): Found | undefined {
  for (const hash of path.toReversed()) {
    const meter = meters.get(hash)?.find((it) => it.budget === name)
    if (meter !== undefined) return { hash, meter }
  }
  return undefined
}

/** What terms counted in the name of a budget: base units where one asset is counted, else units of the budget. Exact. */
function countedBy(scope: Scope, name: string, counted: bigint): UsedAmount {
  const { weights, unit } = scaleBudgets({ scope }).find((budget) => budget.name === name) as ScaledBudget
  const [only, ...others] = weights.keys()
  // One asset alone weighs 1: the unit of the terms is its base unit.
  if (only !== undefined && others.length === 0) return { asset: only, amount: counted }
  return { ...unit, amount: counted * unit.amount }
}

function usedBy({ hash, meter }: Found): bigint {
  if (meter.used === null) throw unread(hash, meter.counts)
  return meter.used
}

function unread(delegation: Hex | undefined, counts: Counted): VerdictError {
  return new VerdictError('verdict.use_unread', 'What was used is not known.', {
    details: { delegation: delegation ?? null, counts },
    fix: 'Read the whole state of the grant at one block.',
    retry: 'safe',
  })
}
