import type { GrantCheck } from '../grant/check.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Rule, Scope } from '../scope/types.ts'
import type { Meter, NodeMeters } from '../verdict/meters.ts'
import type { PreparedGrant } from '../verdict/prepared.ts'

/** What one delegation counts, of all that the chain counts on a way the one that leaves least. */
export type Limit = Meter & { by: Hex }

/** What stands in the way on each branch, each limit once, whatever branches it serves. */
export function limitsOf(prepared: PreparedGrant, meters: ReadonlyMap<Hex, NodeMeters>): readonly Limit[] {
  const found = prepared.branches.flatMap(({ links: [leaf] }) => tightest(meters.get(leaf?.hash ?? '0x'), meters))
  const once = new Map(found.map((limit) => [[limit.by, limit.counts, limit.budget ?? ''].join('/'), limit]))
  return [...once.values()]
}

/** Whether every branch that the manager would take has something used up that each of its actions needs. */
export function isUsedUp(
  { branches }: PreparedGrant,
  { check, scope, meters }: { check: GrantCheck; scope: Scope; meters: ReadonlyMap<Hex, NodeMeters> },
): boolean {
  return branches.every(({ index, rule, links: [leaf] }) => {
    if (check.branches[index]?.status !== 'valid') return true
    const empty = (meters.get(leaf?.hash ?? '0x')?.remaining ?? []).filter(({ left }) => (left ?? 0n) === 0n)
    if (empty.some(({ budget }) => budget === undefined)) return true
    const names = new Set(empty.map(({ budget }) => budget))
    const rules = scope.rules.filter(({ id }) => rule === null || id === rule)
    return rules.every((one) => budgetsOf(one).some((name) => names.has(name)))
  })
}

function budgetsOf(rule: Rule): readonly string[] {
  if (rule.class === 'call') return rule.spends.map(({ budget }) => budget)
  return rule.budget === undefined ? [] : [rule.budget]
}

/** What a link counts of an asset as a whole stands above each budget of it. */
function tightest(node: NodeMeters | undefined, meters: ReadonlyMap<Hex, NodeMeters>): Limit[] {
  const limits = (node?.remaining ?? []).flatMap(({ by, counts, budget, unit }): Limit[] => {
    const meter = meters
      .get(by)
      ?.own.find((own) => own.counts === counts && own.budget === budget && own.unit?.amount === unit?.amount)
    return meter === undefined ? [] : [{ ...meter, by }]
  })
  return limits.flatMap((limit) => {
    const same = limits.filter(({ counts }) => counts === limit.counts)
    if (limit.budget === undefined) return same.length > 1 ? [] : [limit]
    const whole = same.find(({ budget }) => budget === undefined)
    return [whole !== undefined && (whole.left ?? 0n) < (limit.left ?? 0n) ? whole : limit]
  })
}
