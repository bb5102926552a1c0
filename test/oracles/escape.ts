import type { Address } from '../../src/primitives/hex.ts'
import type { Asset, Scope } from '../../src/scope/types.ts'
import { AGENTS, CONFIRMER, PAYEES, PRINCIPAL, T0, TOKENS } from './scopePairs.ts'
import {
  type Act,
  type Choices,
  extend,
  type Meaning,
  NOTHING_YET,
  readMeaning,
  readSignature,
  type Way,
} from './scopeSemantics.ts'

/** Longest sequence that is tried, and when something may happen, unix seconds. */
const MAX_LENGTH = 3
const TIMES = [0, 1, 2, 3, 4, 5, 6].map((second) => T0 + second)

export type Escape = readonly { time: number; act: Act }[]

export type Search =
  /** A sequence that the child admits and the parent does not. */
  | { found: 'escape'; escape: Escape }
  /** There is none on the grid. */
  | { found: 'none' }
  /** None among the sequences that were looked at. */
  | { found: 'none_yet' }

/** Acts that neither scope can tell apart, with the ways in which each admits them. */
type Kind = { act: Act; child: readonly Way[]; parent: readonly Way[] }

/**
 * Looks for something that the child admits and the parent does not, over every sequence of acts of the grid.
 *
 * @param most - Sequences that the child admits, looked at before giving up.
 */
export function findEscape(child: Scope, parent: Scope, most: number): Search {
  const [inner, outer] = [readMeaning(child), readMeaning(parent)]
  const kinds = kindsOf(child, parent, inner, outer)
  let left = most
  const search = (prefix: readonly Step[], own: Choices, above: Choices): Escape | undefined => {
    const last = prefix.at(-1)
    const times = prefix.map(({ time }) => time)
    for (const time of TIMES) {
      if (time < inner.start || time >= inner.end || (last !== undefined && time < last.time)) continue
      for (const [index, kind] of kinds.entries()) {
        // Within one second the order changes no sum: each set of acts is tried once.
        if (last !== undefined && time === last.time && index < last.index) continue
        const next = extend(inner, own, times, time, kind.child)
        if (next.length === 0) continue
        if (left-- <= 0) return undefined
        const steps = [...prefix, { time, index, act: kind.act }]
        const admitted = extend(outer, above, times, time, kind.parent)
        if (admitted.length === 0) return steps
        const deeper = steps.length === MAX_LENGTH ? undefined : search(steps, next, admitted)
        if (deeper !== undefined) return deeper
      }
    }
    return undefined
  }
  const found = search([], NOTHING_YET, NOTHING_YET)
  if (found !== undefined) return { found: 'escape', escape: found }
  return { found: left > 0 ? 'none' : 'none_yet' }
}

type Step = { time: number; index: number; act: Act }

function kindsOf(child: Scope, parent: Scope, inner: Meaning, outer: Meaning): Kind[] {
  const kinds = new Map<string, Kind>()
  for (const act of actsFor(child, parent)) {
    const own = inner.ways(act)
    if (own.length === 0) continue
    const above = outer.ways(act)
    const key = JSON.stringify([own, above])
    if (!kinds.has(key)) kinds.set(key, { act, child: own, parent: above })
  }
  return [...kinds.values()]
}

/** Every act of the grid that is about an asset or function that the child names: it admits no other. */
export function actsFor(child: Scope, parent: Scope): Act[] {
  const asks = child.escalation !== undefined || parent.escalation !== undefined
  const confirmers = asks ? [null, PRINCIPAL, CONFIRMER] : [null]
  const allowances = [...child.rules, ...parent.rules].some((rule) => rule.class === 'call' && rule.allowance)
  const does = new Map<string, Act['does']>()
  for (const rule of child.rules) {
    const some = rule.class === 'transfer' ? transfers(rule.asset) : calls(rule.target, rule.function, allowances)
    const key = rule.class === 'transfer' ? rule.asset : `${rule.target} ${readSignature(rule.function).signature}`
    for (const [index, one] of some.entries()) does.set(`${key} ${index}`, one)
  }
  const losses = lossesOf([...child.rules, ...parent.rules])
  return [...does.values()].flatMap((one) =>
    confirmers.flatMap((confirmedBy) =>
      (one.kind === 'call' ? losses : [{}]).map((lost): Act => ({ does: one, confirmedBy, lost })),
    ),
  )
}

/** Every loss of the grid, in each asset that somebody measures. */
function lossesOf(rules: Scope['rules']): Act['lost'][] {
  const assets = new Set(
    rules
      .flatMap((rule) => (rule.class === 'call' ? rule.spends : []))
      .flatMap((it) => (it.measured ? [it.asset] : [])),
  )
  let losses: Act['lost'][] = [{}]
  for (const asset of assets) losses = losses.flatMap((lost) => AMOUNTS.map((amount) => ({ ...lost, [asset]: amount })))
  return losses
}

const AMOUNTS = [0n, 1n, 2n, 3n, 4n, 6n]
const WORDS = [0n, 1n, 2n, 3n, 4n, 255n]

function transfers(asset: Asset): Act['does'][] {
  return PAYEES.flatMap((to) => AMOUNTS.map((amount) => ({ kind: 'transfer' as const, asset, to, amount })))
}

const GRIDS: Readonly<Record<string, readonly (Address | bigint)[]>> = {
  address: [PAYEES[0], PAYEES[1], PAYEES[3], PRINCIPAL, ...AGENTS],
  uint8: WORDS,
  int8: [-128n, -2n, -1n, 0n, 1n, 127n],
}

function calls(target: Address, text: string, allowances: boolean): Act['does'][] {
  const { signature, types } = readSignature(text)
  const [first = [], second = []] = types.map((type) => GRIDS[type] ?? [])
  return first.flatMap((one) =>
    second.flatMap((other) =>
      [0n, 1n, 2n].flatMap((value) => {
        const wrapped = allowances ? [null, ...TOKENS.map((asset) => ({ asset, amount: other as bigint }))] : [null]
        return wrapped.map((approved) => {
          return { kind: 'call' as const, target, signature, args: [one, other], value, approved }
        })
      }),
    ),
  )
}
