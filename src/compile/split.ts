import type { KnownCaveat } from '../caveats/codec.ts'
import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import type { Asset } from '../scope/types.ts'
import { holdMax } from './obstacles.ts'
import type { Cap, Resolved, ResolvedCall, ResolvedTransfer } from './resolve.ts'
import { type Tagged, type Twig, tag } from './tree.ts'

/**
 * One twig for each way to act that the framework can express in one signature: a token and a payee, native value to a
 * list of payees, one function of one contract. Targets × methods would be a cross product, so they are never joined.
 */
export function splitRules(resolved: Resolved): Twig[] {
  return resolved.rules.flatMap((rule, index) =>
    rule.class === 'transfer' ? splitTransfer(rule, index, resolved) : [splitCall(rule, index)],
  )
}

function splitTransfer(rule: ResolvedTransfer, index: number, resolved: Resolved): Twig[] {
  const { asset, to } = rule.rule
  const limits = limitsOf(rule, resolved)
  const base = { rule: index, ...limits }
  const assetPointer = `${rule.pointer}/asset`
  const toPointer = `${rule.pointer}/to`
  if (asset === 'native') {
    const plain = tag({ kind: 'exactCalldata', data: '0x' }, assetPointer)
    const shape = to === 'anyone' ? [plain] : [tag({ kind: 'allowedTargets', targets: to }, toPointer), plain]
    const only = to !== 'anyone' && to.length === 1 ? to[0] : undefined
    const most = limits.own ?? limits.cap?.limit
    return [{ ...base, ...(only === undefined ? {} : { payee: only }), shape, value: amountOf(most) }]
  }
  const noValue = tag({ kind: 'valueLte', max: 0n }, assetPointer)
  if (to === 'anyone') return [{ ...base, shape: [noValue], value: 0n }]
  return [...new Set(to)].map((payee) => ({
    ...base,
    payee,
    shape: [tag({ kind: 'allowedCalldata', start: 4n, value: padded(payee) }, toPointer), noValue],
    value: 0n,
  }))
}

/** A dirty upper half of the payee's word would be another word: the whole word is pinned. */
function padded(payee: Address): Address {
  return `0x${payee.slice(2).padStart(64, '0')}`
}

function limitsOf(rule: ResolvedTransfer, resolved: Resolved): Pick<Twig, 'own' | 'cap'> {
  const hold = holdMax(rule, resolved)
  const maxPointer = `${rule.pointer}/max`
  const cap = rule.cap === null ? undefined : resolved.caps.get(rule.cap)
  const own =
    hold === 'lowered' && rule.max !== null
      ? tag(lifetimeLimit(rule.rule.asset, rule.max), maxPointer, `${rule.pointer}/asset`)
      : null
  if (cap === undefined || rule.cap === null) return { own, cap: null }
  const holds = [childPointer('/budgets', cap.budget), `${rule.pointer}/budget`]
  if (rule.rule.asset !== 'native') holds.push(`${rule.pointer}/asset`)
  if (hold === 'redundant') holds.push(maxPointer)
  return { own, cap: { key: rule.cap, limit: tag(limitOf(cap), ...holds) } }
}

function splitCall({ pointer, rule, fn, pins, value }: ResolvedCall, index: number): Twig {
  const functionPointer = `${pointer}/function`
  const argument = (name: string) => childPointer(`${pointer}/args`, name)
  const shape: Tagged[] = [tag({ kind: 'allowedTargets', targets: [rule.target] }, `${pointer}/target`)]
  if (pins.exact !== null) {
    shape.push(tag({ kind: 'exactCalldata', data: pins.exact }, functionPointer, ...[...pins.words].map(argument)))
  } else {
    // A pin from byte 0 holds the selector too: one caveat less, some 23,000 gas.
    if (pins.pins[0]?.start !== 0n)
      shape.push(tag({ kind: 'allowedMethods', selectors: [fn.selector] }, functionPointer))
    for (const { start, value, names } of pins.pins) {
      const holds = names.map(argument)
      if (start === 0n) holds.push(functionPointer)
      shape.push(tag({ kind: 'allowedCalldata', start, value }, ...holds))
    }
  }
  shape.push(tag({ kind: 'valueLte', max: value }, `${pointer}/value`))
  return { rule: index, shape, own: null, cap: null, value }
}

function limitOf({ asset, amount, window }: Cap): KnownCaveat {
  if (window === null) return lifetimeLimit(asset, amount)
  if (asset === 'native') return { kind: 'nativePeriodTransfer', amount, ...window }
  return { kind: 'erc20PeriodTransfer', token: asset, amount, ...window }
}

function lifetimeLimit(asset: Asset, limit: bigint): KnownCaveat {
  return asset === 'native'
    ? { kind: 'nativeTransferAmount', limit }
    : { kind: 'erc20TransferAmount', token: asset, limit }
}

function amountOf(limit: Tagged | undefined): bigint {
  if (limit === undefined) return 0n
  if ('amount' in limit.caveat) return limit.caveat.amount
  return 'limit' in limit.caveat ? limit.caveat.limit : 0n
}
