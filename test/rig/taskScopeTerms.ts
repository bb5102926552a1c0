import { concatHex, numberToHex } from 'viem'
import type { Address, Hex } from '../../src/primitives/hex.ts'

/**
 * Terms of the TaskScopeEnforcer, byte by byte as its table has them and with nothing checked: a test that speaks to the
 * chain must not rest on the codec that it is there to confirm.
 */
export type TaskScopeTerms = {
  /** Unix seconds, inclusive; origin of fixed windows. */
  notBefore: bigint
  /** Unix seconds, exclusive. */
  expiry: bigint
  /** Most executions in one redemption; absent: single mode only. */
  most?: number
  group: Hex
  guardian: Address
  key?: Address
  confirmer?: Address
  /** Period in seconds, 0 for ever. */
  calls?: { most: number; period: number }
  measured?: boolean
  redeemers?: readonly Address[]
  budgets: readonly Budget[]
  /** With a confirmer one for each budget, base units. */
  thresholds?: readonly bigint[]
  rules: readonly Hex[]
}

/** Cap in base units; period in seconds, 0 for ever. */
export type Budget = { cap: bigint; period: number; rolling?: boolean }

export type TaskScopeRule = {
  target: Address
  selector: Hex
  /** Bytes of call data. */
  length: number
  /** The call between two approvals, and the number of the word that holds its amount. */
  call?: { target: Address; selector: Hex; length: number; word: number }
  conditions?: readonly Hex[]
  charges: readonly Hex[]
  /** Whose balance is measured, and in which asset. */
  measured?: { asset: Address; account: Address }
}

/** Sources of a charge that are no word of the call data. */
export const BY_BALANCE = 253

const MOST_ROLLING_UNITS = 2n ** 24n - 2n

export function encodeTaskScopeTerms(terms: TaskScopeTerms): Hex {
  const { key, confirmer, calls, measured, redeemers = [], budgets, thresholds = [], rules } = terms
  return concatHex([
    bytes(1, 1),
    bytes((key ? 1 : 0) | (confirmer ? 2 : 0) | (calls ? 4 : 0) | (measured ? 8 : 0), 1),
    bytes(terms.notBefore, 5),
    bytes(terms.expiry, 5),
    bytes(terms.most ?? 0, 1),
    bytes(redeemers.length, 1),
    bytes(budgets.length, 1),
    bytes(rules.length, 1),
    terms.group,
    terms.guardian,
    key ?? '0x',
    confirmer ?? '0x',
    ...(calls ? [bytes(calls.most, 3), bytes(calls.period, 4)] : []),
    ...redeemers,
    ...budgets.flatMap(({ cap, period, rolling }) => [
      bytes(rolling ? 128 + shiftOf(cap) : 0, 1),
      bytes(period, 4),
      bytes(cap, 15),
    ]),
    ...thresholds.map((threshold) => bytes(threshold, 15)),
    ...rules,
  ])
}

export function encodeTaskScopeRule(rule: TaskScopeRule): Hex {
  const { call, conditions = [], charges, measured } = rule
  const body = concatHex([
    ...(call ? [call.target, call.selector, bytes(call.length, 2), bytes(call.word, 1)] : []),
    ...conditions,
    ...charges,
    ...(measured ? [measured.asset, measured.account] : []),
  ])
  return concatHex([
    rule.target,
    rule.selector,
    bytes(rule.length, 2),
    bytes((call ? 4 : 0) | (measured ? 8 : 0), 1),
    bytes(conditions.length, 1),
    bytes(charges.length, 1),
    bytes((body.length - 2) / 2, 2),
    bytes(0, 1),
    body,
  ])
}

/** ERC-20 `transfer` to one of the payees of at most `most`, charged to budget 0. */
export function encodeTransferRule(token: Address, payees: readonly Address[], most: bigint): Hex {
  return encodeTaskScopeRule({
    target: token,
    selector: '0xa9059cbb',
    length: 68,
    conditions: [isOneOf(0, payees), isAtMost(1, most)],
    charges: [chargeOf(0, 1)],
  })
}

export function isOneOf(word: number, operands: readonly Address[]): Hex {
  return concatHex([bytes(7, 1), bytes(word, 1), bytes(operands.length, 1), bytes(20, 1), ...operands])
}

export function isAtMost(word: number, operand: bigint): Hex {
  const size = Math.ceil(operand.toString(16).length / 2)
  return concatHex([bytes(3, 1), bytes(word, 1), bytes(0, 1), bytes(size, 1), bytes(operand, size)])
}

/** A charge of weight 1 to a budget; the source is the number of a word, or {@link BY_BALANCE}. */
export function chargeOf(budget: number, source: number): Hex {
  return concatHex([bytes(budget, 1), bytes(source, 1), bytes(0, 1)])
}

/** `args` of the caveat: request number, deadline in unix seconds, then the signatures that the terms ask for. */
export function encodeRequestArgs(number: bigint, deadline: bigint, ...signatures: Hex[]): Hex {
  return concatHex([bytes(number, 8), bytes(deadline, 5), ...signatures])
}

function shiftOf(cap: bigint): number {
  let shift = 0
  while (cap >> BigInt(shift) > MOST_ROLLING_UNITS) shift++
  return shift
}

function bytes(value: number | bigint, size: number): Hex {
  return numberToHex(value, { size })
}
