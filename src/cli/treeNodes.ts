import { decodeCaveat } from '../caveats/caveat.ts'
import type { Environment } from '../caveats/types.ts'
import { amountInWords, instantInWords } from '../caveats/words.ts'
import { explainDelegations } from '../compile/explain.ts'
import type { CountedWords, LinkFacts } from '../console/source.ts'
import type { CheckRow } from '../delegation/facts.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import { shortHash, type TreeMeter, type TreeNode, type TreeState } from '../grant/draw/nodes.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { formatBudgetUnits } from '../scope/budgets.ts'
import type { Scope } from '../scope/types.ts'
import type { Ended, Meter, NodeMeters, Remaining } from '../verdict/meters.ts'
import { familyOf } from '../verdict/reasons.ts'
import type { ReasonCode } from '../verdict/types.ts'
import type { Stop } from './stops.ts'

export type Node = LinkFacts

export type NodeParameters = {
  delegations: readonly Delegation[]
  environment: Environment
  /** Symbols and decimals: untrusted. */
  assets: Scope['assets']
  /** Rows of the checks of one link, by its hash. */
  rowsOf: (hash: Hex) => readonly CheckRow[]
  /** By delegation hash; absent where no chain was asked. */
  live?: ReadonlyMap<Hex, NodeMeters> | undefined
  stops?: readonly Stop[]
}

/** Every delegation once, with what its caveats say, what it has left, and whether it still lives. */
export function nodesOf(parameters: NodeParameters): Node[] {
  const { environment, assets, rowsOf, live } = parameters
  const byHash = new Map(parameters.delegations.map((delegation) => [hashDelegation(delegation), delegation]))
  const delegations = [...byHash.values()]
  const explanation = explainDelegations(delegations, environment, assets, { hash: hashDelegation })
  return [...byHash].map(([hash, delegation], index): Node => {
    const sentences = explanation.filter(({ draft }) => draft === index)
    const troubles = rowsOf(hash).filter(({ result }) => result !== 'pass')
    const path = pathTo(hash, byHash)
    const own = live?.get(hash)
    const stop = parameters.stops?.find((it) => path.some((above) => it.delegations.includes(above)))
    const counts = own?.own.map((meter) => wordsOf(meter, assets)) ?? []
    const above = own?.remaining.flatMap((it) => (it.inherited ? [inheritedText(it, assets)] : [])) ?? []
    const { authority, delegator, delegate } = delegation
    const state = stop === undefined ? stateOf(own, troubles) : ({ kind: 'ended', text: 'stopped here' } as const)
    const drawn: TreeNode = {
      hash,
      authority,
      delegator,
      delegate,
      says: sentences.flatMap(({ sentence, caveat, warning }) => [
        ...(caveat === undefined ? [] : [sentence]),
        ...(warning === undefined ? [] : [`! ${warning}`]),
      ]),
      meters: [
        ...counts.map((words): TreeMeter => ({ text: meterText(words), left: words.part })),
        ...above.map((text): TreeMeter => ({ text, left: null })),
      ],
      until: untilOf(path, byHash, environment),
      state,
    }
    return { delegation, sentences, troubles, live: own, counts, above, drawn }
  })
}

/** From a delegation up to its root, as far as it is here. */
function pathTo(hash: Hex, byHash: ReadonlyMap<Hex, Delegation>): Hex[] {
  const path: Hex[] = []
  for (let at: Hex = hash; byHash.has(at) && !path.includes(at); at = byHash.get(at)?.authority ?? '0x') path.push(at)
  return path
}

/** The first end by time on the way up. */
function untilOf(path: readonly Hex[], byHash: ReadonlyMap<Hex, Delegation>, environment: Environment): string | null {
  const ends = path.flatMap((hash) =>
    (byHash.get(hash)?.caveats ?? []).flatMap((caveat) => {
      const decoded = decodeCaveat(environment, caveat)
      if (decoded.kind === 'taskScope') return [decoded.expiry]
      return decoded.kind === 'timestamp' && decoded.before !== 0n ? [decoded.before] : []
    }),
  )
  const [first] = ends.sort((a, b) => (a < b ? -1 : 1))
  return first === undefined ? null : instantInWords(first)
}

function stateOf(live: NodeMeters | undefined, troubles: readonly CheckRow[]): TreeState {
  if (live !== undefined && live.ended !== null) return endOf(live.ended)
  const failed = [...new Set(troubles.flatMap((row) => (row.result === 'fail' ? [row.code] : [])))]
  if (failed.length > 0) return { kind: 'ended', text: failed.join(', ').replaceAll('_', ' ') }
  if (live === undefined) return { kind: 'open', text: 'chain not asked' }
  return troubles.length > 0 ? { kind: 'open', text: 'not settled' } : { kind: 'live', text: 'live' }
}

/** Not ended: it begins later. Nor has what could not be evaluated. */
const LATER: ReadonlySet<ReasonCode> = new Set(['not_yet_valid', 'block_not_reached'])

function endOf({ code, by, inherited }: Ended): TreeState {
  const text = code.replaceAll('_', ' ')
  const open = LATER.has(code) || familyOf(code) === 'not_evaluated'
  return { kind: open ? 'open' : 'ended', text: inherited ? `${text} at ${shortHash(by)}` : text }
}

function wordsOf(meter: Meter, assets: Scope['assets']): CountedWords {
  const { budget, limit, used, left, resetsAt } = meter
  const words = (amount: bigint | null) => (amount === null ? null : counted(amount, meter, assets))
  return {
    budget: budget ?? null,
    limit: counted(limit, meter, assets),
    used: words(used),
    left: words(left),
    resetsAt: resetsAt === null ? null : instantInWords(resetsAt),
    part: partLeft(meter),
  }
}

function meterText({ budget, limit, used, left, resetsAt }: CountedWords): string {
  const named = budget === null ? '' : `budget ${budget}: `
  if (used === null || left === null) return `${named}${limit} at most, used: not known`
  const again = resetsAt === null ? '' : `, whole again ${resetsAt}`
  return `${named}${left} left of ${limit}, ${used} used${again}`
}

function inheritedText(remaining: Remaining, assets: Scope['assets']): string {
  const { left, by } = remaining
  const rest = left === null ? 'an unknown amount' : counted(left, remaining, assets)
  return `only ${rest} left under ${shortHash(by)} above`
}

function counted(amount: bigint, { counts, unit }: Pick<Meter, 'counts' | 'unit'>, assets: Scope['assets']): string {
  if (counts === 'calls') return amount === 1n ? '1 call' : `${amount} calls`
  // Of several assets, each by its weight: no one's decimals are theirs.
  if (unit !== undefined) return `${formatBudgetUnits({ ...unit, amount: amount * unit.amount })} units`
  if (counts.startsWith('budget:')) return `${amount} units of its terms`
  return amountInWords(
    amount,
    counts === 'native' ? { symbol: 'native coin', decimals: 18 } : assets[counts as Address],
  ).text
}

/** For the length of a bar, in thousandths: nothing is decided by it. */
function partLeft({ limit, left }: Meter): number | null {
  return left === null || limit === 0n ? null : Number((left * 1_000n) / limit) / 1_000
}
