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
  for (const [index, rule] of rulesAfter.entries()) {
    const old = rulesBefore.find(({ id }) => id === rule.id)
    if (old?.class === 'call' && rule.class === 'call') {
      const { args, ...rest } = rule
      const { args: oldArgs, ...oldRest } = old
      walk('/rules/*', `/rules/${index}`, oldRest, rest)
      out.push(...diffArguments(`/rules/${index}/args`, old, rule, before, after))
    } else walk('/rules/*', `/rules/${index}`, old?.class === rule.class ? old : undefined, rule)
  }
  for (const [index, rule] of rulesBefore.entries()) {
    const kept = rulesAfter.find(({ id }) => id === rule.id)
    if (kept?.class !== rule.class) walk('/rules/*', `/rules/${index}`, rule, undefined)
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
    if (before === undefined || after === undefined) return before === undefined ? 'narrower' : 'wider'
    const order = compare(String(before), String(after))
    return order === 0 ? 'changed' : order < 0 ? 'wider' : 'narrower'
  }

const integer = (a: string, b: string) => sign(BigInt(a) - BigInt(b))
/** `P1D` and `PT24H` are the same. */
const duration = (a: string, b: string) => sign(parseDuration(a) - parseDuration(b))

/** A list that names more admits more; `anyone` admits everybody. */
const list: Compare = (before, after) => {
  if (before === 'anyone') return 'narrower'
  if (after === 'anyone') return 'wider'
  if (!Array.isArray(before) || !Array.isArray(after)) return 'changed'
  const gained = after.some((item) => !before.includes(item))
  const lost = before.some((item) => !after.includes(item))
  return gained === lost ? 'changed' : gained ? 'wider' : 'narrower'
}

/** By pattern of the pointer. What is not here is `changed`. */
const DIRECTIONS: Readonly<Record<string, Compare | undefined>> = {
  '/calls': added('narrower'),
  '/calls/max': limit(integer),
  '/calls/per': period,
  '/calls/window': windowKind,
  '/notBefore': (before, after) => {
    if (before === undefined || after === undefined) return before === undefined ? 'narrower' : 'wider'
    return parseInstant(String(before)) < parseInstant(String(after)) ? 'narrower' : 'wider'
  },
  '/expiry': (before, after) => (parseInstant(String(before)) < parseInstant(String(after)) ? 'wider' : 'narrower'),
  '/redelegation/maxDepth': limit(integer),
  '/revocation/guardian': added('narrower'),
  '/revocation/maxLatencySeconds': limit(integer),
  '/request/redeemers': list,
  '/escalation': added('narrower'),
  '/escalation/above/*': limit(compareAmounts),
  '/evidence/receipts': (before, after) => opposite(list(before, after)),
  '/evidence/retain': (before, after) => opposite(limit(duration)(before, after)),
  '/budgets/*/max': limit(compareAmounts),
  '/budgets/*/per': period,
  '/budgets/*/window': windowKind,
  '/budgets/*/assets/*': (before, after) => {
    if (before === undefined || after === undefined) return 'changed'
    return compareAmounts(String(before), String(after)) < 0 ? 'narrower' : 'wider'
  },
  '/rules/*': added('wider'),
  '/rules/*/to': list,
  '/rules/*/max': limit(compareAmounts),
  '/rules/*/budget': added('narrower'),
  '/rules/*/value/lte': limit(integer),
  '/rules/*/acknowledge': list,
}

/** A budget that fills again admits more than one that does not, and one that fills later less. */
function period(before: unknown, after: unknown): Direction {
  return opposite(limit(duration)(before, after))
}

function windowKind(before: unknown, after: unknown): Direction {
  if (before === undefined || after === undefined) return before === undefined ? 'wider' : 'narrower'
  return after === 'fixed' ? 'wider' : 'narrower'
}

function diffArguments(pointer: string, old: CallRule, rule: CallRule, before: Scope, after: Scope): Difference[] {
  const parsed = parseFunction(rule.function)
  return [...new Set([...Object.keys(old.args), ...Object.keys(rule.args)])].flatMap((name) => {
    const a = Object.hasOwn(old.args, name) ? old.args[name] : undefined
    const b = Object.hasOwn(rule.args, name) ? rule.args[name] : undefined
    if (same(a, b)) return []
    const type = inputNamed(parsed, name)?.type
    const direction =
      type === undefined || old.function !== rule.function ? 'changed' : directionOf(type, a, b, before, after)
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
  if (a === undefined || b === undefined) return a === undefined ? 'narrower' : 'wider'
  const [old, next] = [
    { condition: a, accounts: before },
    { condition: b, accounts: after },
  ]
  if (implies(abiType(type), next, old)) return implies(abiType(type), old, next) ? 'changed' : 'narrower'
  return implies(abiType(type), old, next) ? 'wider' : 'changed'
}

function opposite(direction: Direction): Direction {
  return direction === 'changed' ? 'changed' : direction === 'wider' ? 'narrower' : 'wider'
}

function sign(n: bigint): number {
  return n === 0n ? 0 : n < 0n ? -1 : 1
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
