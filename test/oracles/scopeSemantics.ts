import type { Address } from '../../src/primitives/hex.ts'
import type {
  AbiValue,
  Asset,
  Budget,
  CallRule,
  Condition,
  Scope,
  TransferRule,
  Window,
} from '../../src/scope/types.ts'

/**
 * What a scope means, said a second time and straightforwardly: an interpreter that walks over a sequence of actions and
 * adds up. It shares nothing with `isSubset`, only the type of a normal form.
 */

/** One action without its time. Amounts in base units, integers of the ABI as bigint, addresses as text. */
export type Act = {
  does:
    | { kind: 'transfer'; asset: Asset; to: Address; amount: bigint }
    | {
        kind: 'call'
        target: Address
        signature: string
        args: readonly (Address | bigint)[]
        value: bigint
        /** Wrapped in approve → call → allowance zero, for this asset and amount. */
        approved: { asset: Address; amount: bigint } | null
      }
  /** Who confirmed this very action, if anybody. */
  confirmedBy: Address | null
  /** What the principal has less of afterwards, base units; nothing of what is missing. */
  lost: Readonly<Partial<Record<Asset, bigint>>>
}

/** What one way to admit an act charges: budget and units, in the order of the budgets. */
export type Way = readonly (readonly [budget: number, units: number])[]

type Limit = { max: number; every: Every }
type Every = { kind: 'life' } | { kind: Window; seconds: number; anchor: number }

/** A scope, ready to be asked. */
export type Meaning = {
  /** Unix seconds, `[start, end)`. */
  start: number
  end: number
  calls: Limit | null
  budgets: readonly Limit[]
  /** Every rule under which the act passes all that is not counted over time, with what it then charges. */
  ways(act: Act): readonly Way[]
}

/**
 * All choices of rules under which the sequence so far is admitted: one way for each act. None: it is not admitted.
 * The charges of later acts never help earlier ones, so a sequence is admitted if it can be extended act by act.
 */
export type Choices = readonly (readonly Way[])[]
export const NOTHING_YET: Choices = [[]]

export function readMeaning(scope: Scope): Meaning {
  const seconds = (text: string | undefined) => (text === undefined ? 0 : Date.parse(text) / 1000)
  const anchor = seconds(scope.notBefore)
  const every = ({ per, window }: { per?: string; window?: Window }): Every => {
    if (per === undefined || window === undefined) return { kind: 'life' }
    return { kind: window, seconds: Number(/^PT(\d+)S$/.exec(per)?.[1]), anchor }
  }
  const names = Object.keys(scope.budgets)
  const meters = names.map((name) => new Meter(scope, scope.budgets[name] as Budget, scope.escalation?.above[name]))
  const readers = scope.rules.map((rule) => {
    return rule.class === 'transfer' ? transferReader(scope, rule) : callReader(scope, rule)
  })
  return {
    start: anchor,
    end: seconds(scope.expiry),
    calls: scope.calls === undefined ? null : { max: scope.calls.max, every: every(scope.calls) },
    budgets: names.map((name, index) => ({
      max: (meters[index] as Meter).max,
      every: every(scope.budgets[name] as Budget),
    })),
    ways(act) {
      return readers.flatMap((read) => {
        const amounts = read(act)
        if (amounts === null) return []
        const charged = new Map<number, number>()
        for (const { asset, amount, budget } of amounts) {
          const index = names.indexOf(budget)
          charged.set(index, (charged.get(index) ?? 0) + (meters[index] as Meter).units(asset, amount))
        }
        for (const [index, units] of charged) {
          const { above } = meters[index] as Meter
          if (above !== null && units > above && act.confirmedBy !== confirmerOf(scope)) return []
        }
        return [[...charged].sort(([a], [b]) => a - b)]
      })
    },
  }
}

/** The choices after one more act, at `time`, not before the last of `times`. */
export function extend(
  meaning: Meaning,
  choices: Choices,
  times: readonly number[],
  time: number,
  ways: readonly Way[],
): Choices {
  if (time < meaning.start || time >= meaning.end || ways.length === 0) return []
  const { calls, budgets } = meaning
  if (calls !== null) {
    let made = 1
    for (const past of times) if (together(calls.every, past, time)) made++
    if (made > calls.max) return []
  }
  const out: Way[][] = []
  for (const chosen of choices) {
    for (const way of ways) {
      if (way.every(([budget, units]) => holds(budgets[budget] as Limit, budget, units, chosen, times, time))) {
        out.push([...chosen, way])
      }
    }
  }
  return out
}

function holds(
  limit: Limit,
  budget: number,
  units: number,
  chosen: readonly Way[],
  times: readonly number[],
  now: number,
): boolean {
  let sum = units
  for (let at = 0; at < chosen.length; at++) {
    if (!together(limit.every, times[at] as number, now)) continue
    for (const [other, spent] of chosen[at] as Way) if (other === budget) sum += spent
  }
  return sum <= limit.max
}

/** True if some counting of a limit that holds `now` also holds `past`, which is not later. */
function together(every: Every, past: number, now: number): boolean {
  if (every.kind === 'life') return true
  if (every.kind === 'rolling') return now - past < every.seconds
  const window = (time: number) => Math.floor((time - every.anchor) / every.seconds)
  return window(past) === window(now)
}

/** Amounts of a budget as whole numbers small enough to add without loss: the smallest unit that anything here has. */
class Meter {
  readonly max: number
  readonly above: number | null
  /** Of one base unit, by asset. */
  readonly #weights: ReadonlyMap<string, bigint>

  constructor(scope: Scope, budget: Budget, above: string | undefined) {
    this.#weights = new Map(
      Object.entries(budget.assets).map(([asset, weight]) => {
        const decimals = asset === 'native' ? 18 : (scope.assets[asset as Address]?.decimals ?? 0)
        return [asset, decimal(weight, SCALE - decimals)]
      }),
    )
    this.max = exact(decimal(budget.max, SCALE))
    this.above = above === undefined ? null : exact(decimal(above, SCALE))
  }

  units(asset: Asset, amount: bigint): number {
    return exact(amount * (this.#weights.get(asset) ?? 0n))
  }
}

/** Decimals in which everything is multiplied out, and the unit in which it is then counted: a twentieth. */
const SCALE = 20
const UNIT = 5n * 10n ** 18n

function decimal(text: string, places: number): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  const digits = whole + fraction.padEnd(40, '0')
  const scaled = BigInt(digits) * 10n ** BigInt(places)
  if (scaled % 10n ** 40n !== 0n) throw new RangeError('an amount that the oracle cannot count exactly')
  return scaled / 10n ** 40n
}

function exact(units: bigint): number {
  if (units % UNIT !== 0n || units / UNIT > 2n ** 50n) {
    throw new RangeError('an amount that the oracle cannot count exactly')
  }
  return Number(units / UNIT)
}

type Amount = { asset: Asset; amount: bigint; budget: string }

/** What an act moves that budgets count, if one rule admits it. */
type Reader = (act: Act) => Amount[] | null

function transferReader(scope: Scope, rule: TransferRule): Reader {
  const { asset, budget, max } = rule
  const decimals = asset === 'native' ? 18 : (scope.assets[asset]?.decimals ?? Number.NaN)
  const most = max === undefined ? null : decimal(max, decimals)
  return ({ does }) => {
    if (does.kind !== 'transfer' || does.asset !== asset) return null
    if (rule.to !== 'anyone' && !rule.to.includes(does.to)) return null
    if (most !== null && does.amount > most) return null
    return budget === undefined ? [] : [{ asset, amount: does.amount, budget }]
  }
}

function callReader(scope: Scope, rule: CallRule): Reader {
  const { signature, names, types } = readSignature(rule.function)
  const tests = Object.entries(rule.args).map(([name, condition]) => {
    const index = names.indexOf(name)
    return { index, test: tester(scope, condition, types[index] as string) }
  })
  const most = BigInt(rule.value.lte)
  const { allowance } = rule
  const spends = rule.spends.map((spend) => ({ ...spend, index: names.indexOf(spend.amount ?? '') }))
  return ({ does, lost }) => {
    if (does.kind !== 'call' || does.target !== rule.target || does.signature !== signature) return null
    const { args, value, approved } = does
    if (value > most || tests.some(({ index, test }) => !test(args[index] as Address | bigint))) return null
    if ((allowance === undefined) !== (approved === null)) return null
    if (allowance !== undefined && approved !== null) {
      if (approved.asset !== allowance.asset || approved.amount !== args[names.indexOf(allowance.amount)]) return null
    }
    return spends.map(({ asset, budget, index, measured }) => {
      if (measured) return { asset, amount: lost[asset] ?? 0n, budget }
      return { asset, amount: asset === 'native' ? value : (args[index] as bigint), budget }
    })
  }
}

/** Reads what the grids are made of: elementary types, each parameter with a name. */
export function readSignature(text: string): { name: string; signature: string; names: string[]; types: string[] } {
  const [, name = '', list = ''] = /^(?:function )?(\w+)\((.*)\)$/.exec(text) ?? []
  const parameters = list.split(', ').map((parameter) => parameter.split(' '))
  const types = parameters.map(([type = '']) => type)
  const names = parameters.map((parts) => parts[1] ?? '')
  return { name, signature: `${name}(${types.join(',')})`, names, types }
}

function tester(scope: Scope, condition: Condition, type: string): (value: Address | bigint) => boolean {
  const meant = (text: AbiValue): Address | bigint => {
    if (type !== 'address') return BigInt(text)
    return text === 'principal' ? scope.principal : text === 'delegate' ? scope.delegate : (text as Address)
  }
  if ('eq' in condition || 'neq' in condition) {
    const wanted = 'eq' in condition
    const named = meant('eq' in condition ? condition.eq : condition.neq)
    return (value) => (value === named) === wanted
  }
  if ('in' in condition) {
    const listed = condition.in.map(meant)
    return (value) => listed.includes(value)
  }
  if ('lte' in condition || 'gte' in condition) {
    const [most, least] = 'lte' in condition ? [BigInt(condition.lte), null] : [null, BigInt(condition.gte)]
    return (value) => (most === null || BigInt(value) <= most) && (least === null || BigInt(value) >= least)
  }
  if (!('mask' in condition)) throw new RangeError('a condition that the oracle does not know')
  const [mask, equals] = [BigInt(condition.mask), BigInt(condition.equals)]
  return (value) => (BigInt(value) & mask) === equals
}

function confirmerOf({ escalation, principal }: Scope): Address | undefined {
  return escalation?.confirmer === 'principal' ? principal : escalation?.confirmer
}
