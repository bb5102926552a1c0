import { compareAmounts } from '../primitives/amount.ts'
import { childPointer } from '../primitives/json.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import { abiType } from './abi.ts'
import { inputNamed, parseFunction } from './function.ts'
import { implies } from './implies.ts'
import { same } from './narrow.ts'
import type { CallRule, Condition, Scope } from './types.ts'

export type Direction = 'narrower' | 'wider' | 'changed'

export type Difference = {
  /** JSON pointer into the later scope; into the earlier one for what was removed. */
  pointer: string
  /** `undefined` where there was, or is, nothing. */
  before: unknown
  after: unknown
  /** What this difference does, all else equal; `changed` where it is neither or cannot be told. */
  direction: Direction
}

/**
 * What differs between two scopes, in the order of the fields, rules matched by id. For people: whether the whole is
 * narrower is for `isSubset` to say.
 */
export function diffScopes(before: Scope, after: Scope): Difference[] {
  const out: Difference[] = []
  const walk = (pattern: string, pointer: string, a: unknown, b: unknown): void => {
    if (same(a, b)) return
    if (!isRecord(a) || !isRecord(b)) {
      out.push({ pointer, before: a, after: b, direction: DIRECTIONS[pattern]?.(a, b) ?? 'changed' })
      return
    }
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const [own, other] = [Object.hasOwn(a, key) ? a[key] : undefined, Object.hasOwn(b, key) ? b[key] : undefined]
      const next = NAMED.has(pattern) ? `${pattern}/*` : childPointer(pattern, key)
      walk(next, childPointer(pointer, key), own, other)
    }
  }
  const { rules: rulesBefore, ...restBefore } = before
  const { rules: rulesAfter, ...restAfter } = after
  walk('', '', restBefore, restAfter)
  const earlier = new Map(rulesBefore.map((rule) => [rule.id, rule]))
  const later = new Map(rulesAfter.map((rule) => [rule.id, rule]))
  for (const [index, rule] of rulesAfter.entries()) {
    const old = earlier.get(rule.id)
    if (old?.class === 'call' && rule.class === 'call') {
      const { args, ...rest } = rule
      const { args: oldArgs, ...oldRest } = old
      walk('/rules/*', `/rules/${index}`, oldRest, rest)
      out.push(...diffArguments(`/rules/${index}/args`, old, rule, before, after))
    } else walk('/rules/*', `/rules/${index}`, old?.class === rule.class ? old : undefined, rule)
  }
  for (const [index, rule] of rulesBefore.entries()) {
    if (later.get(rule.id)?.class !== rule.class) walk('/rules/*', `/rules/${index}`, rule, undefined)
  }
  return out
}

type Compare = (before: unknown, after: unknown) => Direction

/** Objects whose keys are names and not fields. */
const NAMED: ReadonlySet<string> = new Set([
  '/budgets',
  '/budgets/*/assets',
  '/escalation/above',
  '/assets',
  '/provenance',
])

const added =
  (direction: Direction): Compare =>
  (before, after) => {
    if (before === undefined) return direction
    return after === undefined ? opposite(direction) : 'changed'
  }

/** More is wider, and none at all is widest. */
const limit =
  (compare: (before: string, after: string) => number): Compare =>
  (before, after) => {
    if (before === undefined) return 'narrower'
    if (after === undefined) return 'wider'
    const order = compare(String(before), String(after))
    return order < 0 ? 'wider' : order > 0 ? 'narrower' : 'changed'
  }

/** `P1D` and `PT24H` are the same. */
const duration = (a: string, b: string) => compareAmounts(`${parseDuration(a)}`, `${parseDuration(b)}`)
const instant = (a: string, b: string) => compareAmounts(`${parseInstant(a)}`, `${parseInstant(b)}`)

/** A list that names more admits more; `anyone` admits everybody. */
const list: Compare = (before, after) => {
  if (before === 'anyone') return 'narrower'
  if (after === 'anyone') return 'wider'
  const [old, next] = [before, after] as [readonly unknown[], readonly unknown[]]
  const gained = next.some((item) => !old.includes(item))
  const lost = old.some((item) => !next.includes(item))
  return gained === lost ? 'changed' : gained ? 'wider' : 'narrower'
}

/** By pattern of the pointer. What is not here is `changed`. */
const DIRECTIONS: Readonly<Record<string, Compare | undefined>> = {
  '/calls': added('narrower'),
  '/calls/max': limit(compareAmounts),
  '/calls/per': period,
  '/calls/window': windowKind,
  '/notBefore': (before, after) => {
    if (before === undefined) return 'narrower'
    return after === undefined ? 'wider' : opposite(limit(instant)(before, after))
  },
  '/expiry': limit(instant),
  '/redelegation/maxDepth': limit(compareAmounts),
  '/revocation/guardian': added('narrower'),
  '/revocation/maxLatencySeconds': limit(compareAmounts),
  '/request/redeemers': list,
  '/escalation': added('narrower'),
  '/escalation/above/*': limit(compareAmounts),
  '/evidence/receipts': (before, after) => opposite(list(before, after)),
  '/evidence/retain': (before, after) => opposite(limit(duration)(before, after)),
  '/budgets/*/max': limit(compareAmounts),
  '/budgets/*/per': period,
  '/budgets/*/window': windowKind,
  '/budgets/*/assets/*': (before, after) => {
    return before === undefined || after === undefined ? 'changed' : opposite(limit(compareAmounts)(before, after))
  },
  '/rules/*': added('wider'),
  '/rules/*/to': list,
  '/rules/*/max': limit(compareAmounts),
  '/rules/*/budget': added('narrower'),
  '/rules/*/value/lte': limit(compareAmounts),
  '/rules/*/acknowledge': list,
}

/** A budget that fills again admits more than one that does not, and one that fills later less. */
function period(before: unknown, after: unknown): Direction {
  return opposite(limit(duration)(before, after))
}

function windowKind(before: unknown, after: unknown): Direction {
  if (before === undefined) return 'wider'
  return after === 'fixed' ? 'wider' : 'narrower'
}

function diffArguments(pointer: string, old: CallRule, rule: CallRule, before: Scope, after: Scope): Difference[] {
  const parsed = parseFunction(rule.function)
  return [...new Set([...Object.keys(old.args), ...Object.keys(rule.args)])].flatMap((name) => {
    const a = Object.hasOwn(old.args, name) ? old.args[name] : undefined
    const b = Object.hasOwn(rule.args, name) ? rule.args[name] : undefined
    if (same(a, b)) return []
    // In another function the same name is another argument.
    const direction =
      old.function === rule.function
        ? directionOf(inputNamed(parsed, name)?.type ?? '', a, b, before, after)
        : 'changed'
    return [{ pointer: childPointer(pointer, name), before: a, after: b, direction }]
  })
}

function directionOf(
  type: string,
  a: Condition | undefined,
  b: Condition | undefined,
  before: Scope,
  after: Scope,
): Direction {
  if (a === undefined) return 'narrower'
  if (b === undefined) return 'wider'
  const [old, next] = [
    { condition: a, accounts: before },
    { condition: b, accounts: after },
  ]
  if (implies(abiType(type), next, old)) return implies(abiType(type), old, next) ? 'changed' : 'narrower'
  return implies(abiType(type), old, next) ? 'wider' : 'changed'
}

function opposite(direction: Direction): Direction {
  return OPPOSITES[direction]
}

const OPPOSITES = { narrower: 'wider', wider: 'narrower', changed: 'changed' } as const

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
