import type { Environment } from '../caveats/types.ts'
import { AmbitError } from '../errors.ts'
import { parseAmount } from '../primitives/amount.ts'
import { childPointer } from '../primitives/json.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import { budgetCapacity } from '../scope/budgets.ts'
import { type ParsedFunction, parseFunction } from '../scope/function.ts'
import type { Asset, Budget, CallRule, Scope, TransferRule } from '../scope/types.ts'
import { MAX_DRAFTS, tooManyDelegations } from './bound.ts'
import { CompileError } from './errors.ts'
import { type Pins, pinArguments } from './pins.ts'

/** The scope with every text read: amounts in base units, times in unix seconds, arguments as calldata bytes. */
export type Resolved = {
  scope: Scope
  environment: Environment
  notBefore: bigint | null
  expiry: bigint
  /** The principal's counter in NonceEnforcer. */
  nonce: bigint
  /** Calls over the life of the grant; `null` where none are counted for life. */
  lifetimeCalls: bigint | null
  rules: readonly ResolvedRule[]
  /** By {@link capKey}: what may leave of one asset under one budget. */
  caps: ReadonlyMap<string, Cap>
}

export type ResolvedRule = ResolvedTransfer | ResolvedCall

export type ResolvedTransfer = {
  class: 'transfer'
  pointer: string
  rule: TransferRule
  /** Base units. */
  max: bigint | null
  /** Key in `caps`. */
  cap: string | null
}

export type ResolvedCall = {
  class: 'call'
  pointer: string
  rule: CallRule
  fn: ParsedFunction
  pins: Pins
  /** Wei. */
  value: bigint
}

/** One asset under one budget. */
export type Cap = {
  budget: string
  asset: Asset
  /** Base units, rounded down. */
  amount: bigint
  /** Seconds and first second of a fixed window; `null` for life. */
  window: { duration: bigint; start: bigint } | null
}

export function capKey(budget: string, asset: Asset): string {
  return `${budget}/${asset}`
}

/** Reads every text of a scope once. */
export function resolve(scope: Scope, environment: Environment, nonce: bigint): Resolved {
  if (scope.chainId !== environment.chainId) {
    throw new CompileError('compile.wrong_chain', 'The scope is for another chain.', {
      details: { scope: scope.chainId, environment: environment.chainId },
      fix: 'Use the deployment of the chain that the scope names.',
    })
  }
  const notBefore = scope.notBefore === undefined ? null : read('/notBefore', () => parseInstant(scope.notBefore ?? ''))
  const caps = new Map<string, Cap>()
  const rules = scope.rules.map((rule, index): ResolvedRule => {
    const pointer = `/rules/${index}`
    return rule.class === 'transfer' ? resolveTransfer(rule, pointer) : resolveCall(rule, pointer)
  })
  const { calls } = scope
  return {
    scope,
    environment,
    notBefore,
    expiry: read('/expiry', () => parseInstant(scope.expiry)),
    nonce,
    lifetimeCalls: calls !== undefined && calls.per === undefined ? BigInt(calls.max) : null,
    rules,
    caps,
  }

  function resolveTransfer(rule: TransferRule, pointer: string): ResolvedTransfer {
    const decimals = decimalsOf(scope, rule.asset, childPointer(pointer, 'asset'))
    const { max, budget } = rule
    const key = budget === undefined ? null : capKey(budget, rule.asset)
    if (key !== null && budget !== undefined && !caps.has(key)) caps.set(key, resolveCap(budget, rule.asset))
    const maxAmount = max === undefined ? null : read(`${pointer}/max`, () => parseAmount(max, decimals))
    if (maxAmount === 0n) throw notPositive(`${pointer}/max`)
    return { class: 'transfer', pointer, rule, max: maxAmount, cap: key }
  }

  function resolveCall(rule: CallRule, pointer: string): ResolvedCall {
    const fn = read(`${pointer}/function`, () => parseFunction(rule.function))
    const value = read(`${pointer}/value/lte`, () => BigInt(rule.value.lte))
    rule.spends.forEach(({ asset, budget }, index) => {
      readBudget(`${pointer}/spends/${index}`, budget, asset)
    })
    return { class: 'call', pointer, rule, fn, pins: pinArguments(fn, rule.args, scope), value }
  }

  function resolveCap(name: string, asset: Asset): Cap {
    const pointer = childPointer('/budgets', name)
    const budget = readBudget(pointer, name, asset)
    const amount = read(pointer, () => budgetCapacity(budget, asset, scope.assets))
    if (amount === 0n) throw notPositive(pointer)
    return { budget: name, asset, amount, window: windowOf(budget, pointer) }
  }

  function readBudget(pointer: string, name: string, asset: Asset): Budget {
    const budget = Object.hasOwn(scope.budgets, name) ? scope.budgets[name] : undefined
    if (budget === undefined || !Object.hasOwn(budget.assets, asset)) throw unresolved(pointer, asset)
    return budget
  }

  function windowOf(budget: Budget, pointer: string): Cap['window'] {
    if (budget.per === undefined) return null
    const { per } = budget
    const duration = read(`${pointer}/per`, () => parseDuration(per))
    // From `notBefore`, else from unix time zero, as `isSubset` has it: a scope alone says when its windows begin. The
    // contract takes a start of zero for "never used" and refuses it; one window later is the same windows.
    return { duration, start: notBefore === null || notBefore === 0n ? duration : notBefore }
  }
}

/**
 * Throws where the framework would need more delegations than can be signed. Asked before anything is read: a hostile scope
 * costs its sender, not us.
 */
export function requireFewDelegations({ rules }: Scope): void {
  // One for each call, each token and payee, each way to send native coin.
  const least = rules.reduce((sum, rule) => {
    const perPayee = rule.class === 'transfer' && rule.asset !== 'native' && rule.to !== 'anyone'
    return sum + (perPayee ? new Set(rule.to).size : 1)
  }, 0)
  if (least > MAX_DRAFTS) throw tooManyDelegations()
}

function decimalsOf(scope: Scope, asset: Asset, pointer: string): number {
  if (asset === 'native') return 18
  const info = Object.hasOwn(scope.assets, asset) ? scope.assets[asset] : undefined
  if (info === undefined) throw unresolved(pointer, asset)
  return info.decimals
}

/** What `reader` gives; its errors as one about this place of the scope. */
export function read<value>(pointer: string, reader: () => value): value {
  try {
    return reader()
  } catch (cause) {
    if (cause instanceof CompileError) throw cause
    throw new CompileError('compile.invalid_value', 'A value of the scope cannot be read.', {
      details: { pointer, code: cause instanceof AmbitError ? cause.code : 'unreadable' },
      fix: 'Pass a scope that `parse` returned.',
      cause,
    })
  }
}

function unresolved(pointer: string, name: string): CompileError {
  return new CompileError('compile.unresolved', 'The scope names something that it does not define.', {
    details: { pointer, name },
    fix: 'Pass a scope that `parse` returned.',
  })
}

export function notPositive(pointer: string): CompileError {
  return new CompileError('compile.amount_not_positive', 'This amount is zero in base units: nothing could be paid.', {
    details: { pointer },
    fix: 'Give an amount of at least one base unit, or leave the rule out.',
  })
}
