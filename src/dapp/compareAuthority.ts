import { MAX_UINT256 } from '../primitives/bounds.ts'
import type { Address } from '../primitives/hex.ts'
import type { Permission, PermissionRule } from './types.ts'

/** One thing in which what was granted differs from what was asked for. Amounts in base units, times in unix seconds. */
export type Difference = {
  /** The member of the permission, or the type of the rule. */
  what: string
  requested: Value
  granted: Value
  /** `lower`: nothing passes that would not have passed as requested. `higher`: something does. `other`: neither is sure. */
  change: 'lower' | 'higher' | 'other'
}

/** `null`: not there. */
type Value = bigint | number | string | boolean | readonly Address[] | null

type Data = Readonly<Record<string, Value | undefined>>

/** A wallet's clock and the chain's may differ by so much, seconds. */
const CLOCKS = 3_600
/** A person may take so long to answer, seconds. A start that lies further off than that was nobody's "now". */
const ANSWERING = 86_400

/**
 * @param askedAt - Unix seconds. A start that was left to the wallet lies not before it, and not more than a day after.
 */
export function comparePermission(requested: Permission, granted: Permission, askedAt?: number): Difference[] {
  if (requested.type !== granted.type) return [difference('type', requested.type, granted.type, 'other')]
  const [asked, got] = [requested.data as Data, granted.data as Data]
  const found: Difference[] = []
  const add = (what: string, change: Difference['change'] | null) => {
    if (change !== null) found.push(difference(what, asked[what] ?? null, got[what] ?? null, change))
  }
  for (const what of new Set([...Object.keys(asked), ...Object.keys(got)])) {
    if (what === 'startTime') add(what, startOf(asked, got, askedAt))
    else if (what === 'periodDuration') add(what, durationOf(asked[what] as number, got[what] as number))
    else if (what === 'tokenAddress') add(what, asked[what] === got[what] ? null : 'other')
    else add(what, order(sizeOf(what, asked[what]), sizeOf(what, got[what])))
  }
  return found
}

export function compareRules(requested: readonly PermissionRule[], granted: readonly PermissionRule[]): Difference[] {
  return (['expiry', 'redeemer', 'payee'] as const).flatMap((type) => {
    const asked = listed(requested, type)
    const got = listed(granted, type)
    const change = Array.isArray(asked) && Array.isArray(got) ? lists(asked, got) : order(asked, got)
    return change === null ? [] : [difference(type, asked ?? null, got ?? null, change)]
  })
}

/** How much a member admits; a reason, nothing. What a wallet fills in where a page says nothing is what the standard's wallet does. */
function sizeOf(what: string, value: Value | undefined): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  return what === 'maxAmount' ? MAX_UINT256 : 0n
}

/** Absent is unbounded. */
function order<value>(asked: value | undefined, got: value | undefined): Difference['change'] | null {
  if (asked === got) return null
  if (got === undefined) return 'higher'
  return asked === undefined || (got as bigint) < (asked as bigint) ? 'lower' : 'higher'
}

/** A start that is later by whole periods shifts no window; any other would open one where there was none. */
function startOf(asked: Data, got: Data, askedAt: number | undefined): Difference['change'] | null {
  const [from, to] = [asked['startTime'] as number | undefined, got['startTime'] as number | undefined]
  if (to === undefined || from === to) return null
  if (from === undefined) {
    if (askedAt === undefined) return null
    return to < askedAt - CLOCKS ? 'higher' : to > askedAt + ANSWERING ? 'lower' : null
  }
  if (to < from) return 'higher'
  const period = asked['periodDuration'] as number | undefined
  return period === undefined || (to - from) % period === 0 ? 'lower' : 'other'
}

/** A longer period that is no multiple has boundaries where the shorter one has none. */
function durationOf(asked: number, got: number): Difference['change'] | null {
  if (asked === got) return null
  if (got < asked) return 'higher'
  return got % asked === 0 ? 'lower' : 'other'
}

function lists(asked: readonly Address[], got: readonly Address[]): Difference['change'] | null {
  const kept = got.every((address) => asked.includes(address))
  const all = asked.every((address) => got.includes(address))
  if (kept) return all ? null : 'lower'
  return all ? 'higher' : 'other'
}

function listed(rules: readonly PermissionRule[], type: PermissionRule['type']) {
  const rule = rules.find((candidate) => candidate.type === type)
  if (rule === undefined) return undefined
  return rule.type === 'expiry' ? rule.data.timestamp : rule.data.addresses
}

function difference(what: string, requested: Value, granted: Value, change: Difference['change']): Difference {
  return { what, requested, granted, change }
}
