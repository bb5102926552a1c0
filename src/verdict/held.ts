import { keccak256 } from 'viem'
import type { Address, Hex } from '../primitives/hex.ts'
import { max, min } from '../primitives/integer.ts'
import { type Facts, MAX_UINT256 } from './facts.ts'
import { type Finding, finding } from './finding.ts'

/** What was accepted as held by the redeemer only: one rule of one scope that a branch serves, with its constraints. */
export type Held = {
  rule: string
  /** The contract that the rule is about; `null` for native transfers, whose target is the payee. */
  target: Address | null
  constraints: readonly Constraint[]
}

/** JSON pointer of the accepted constraint, and what has to hold. */
export type Constraint =
  | { kind: 'maximum'; pointer: string; reads: 'token' | 'value'; limit: bigint }
  | { kind: 'argument'; pointer: string; at: number; test: WordTest }
  | ({ kind: 'threshold'; pointer: string } & Threshold)

/** An amount in an action: tokens of a transfer, wei, or the word at a byte offset of the call data. */
export type Quantity = 'token' | 'value' | { at: number }

/** Above `limit` a confirmer decides. The weighted sum counts in units in which every weight is whole. */
export type Threshold = {
  terms: readonly { reads: Quantity; weight: bigint }[]
  limit: bigint
  confirmer: Address
  /** Seconds. */
  timeout: bigint
}

/** A test of one head word. `length` and `hash` follow the word as an offset, as the callee's decoder does. */
export type WordTest =
  | { is: 'eq' | 'neq'; word: bigint }
  | { is: 'lte' | 'gte'; word: bigint; signed: boolean }
  | { is: 'in'; words: readonly bigint[] }
  | { is: 'mask'; mask: bigint; word: bigint }
  | { is: 'length'; most: bigint }
  | { is: 'hash'; hash: Hex }

/** A threshold that the action is above. */
export type Crossing = {
  confirmer: Address
  timeout: bigint
  threshold: bigint
  requested: bigint
  /** Where the chain asks for the confirmer: whose request that is. */
  delegation?: Hex
}

/** What the redeemer refuses of an action that the chain would run; a crossing only where nothing is refused. */
export function checkHeld(scopes: readonly Held[], facts: Facts): Finding | Crossing | null {
  let crossing: Crossing | null = null
  for (const held of scopes) {
    if (held.target !== null && held.target !== facts.to) return finding('target_not_allowed')
    const result = checkRule(held, facts)
    if (result === null) continue
    if ('code' in result) return result
    crossing ??= result
  }
  return crossing
}

/** The largest amount that no held bound forbids by itself. */
export function largestHeld(
  scopes: readonly Held[],
  facts: Facts,
  measured: 'token' | 'value',
  passing: 'allow' | 'not_denied',
): bigint {
  let bound = MAX_UINT256
  for (const held of scopes) {
    bound = min(bound, largestOf(held, facts, measured, passing))
  }
  return bound
}

function checkRule(rule: Held, facts: Facts): Finding | Crossing | null {
  let crossing: Crossing | null = null
  for (const constraint of rule.constraints) {
    switch (constraint.kind) {
      case 'maximum': {
        const requested = read(constraint.reads, facts)
        if (requested === null) return finding('calldata_not_allowed')
        if (requested <= constraint.limit) continue
        const { limit, reads: measured } = constraint
        return finding('action_maximum_exceeded', { limit, requested, remaining: limit, measured })
      }
      case 'argument': {
        const refused = checkWord(constraint, facts)
        if (refused !== null) return refused
        continue
      }
      case 'threshold': {
        const requested = weigh(constraint, facts)
        if (requested === null) return finding('calldata_not_allowed')
        const { limit: threshold, confirmer, timeout } = constraint
        if (requested > threshold) crossing ??= { confirmer, timeout, ...inUnits(constraint, threshold, requested) }
      }
    }
  }
  return crossing
}

/** In the asset's base units where one amount is weighed, in units of the weighted sum otherwise. */
function inUnits({ terms }: Threshold, threshold: bigint, requested: bigint): { threshold: bigint; requested: bigint } {
  const weight = terms.length === 1 ? (terms[0]?.weight ?? 1n) : 1n
  return { threshold: threshold / weight, requested: requested / weight }
}

function largestOf(rule: Held, facts: Facts, measured: 'token' | 'value', passing: 'allow' | 'not_denied'): bigint {
  let bound = MAX_UINT256
  for (const constraint of rule.constraints) {
    if (constraint.kind === 'maximum' && constraint.reads === measured) {
      bound = min(bound, constraint.limit)
    } else if (constraint.kind === 'threshold' && passing === 'allow') {
      const weight = constraint.terms.reduce(
        (sum, term) => sum + (sameQuantity(term.reads, measured) ? term.weight : 0n),
        0n,
      )
      const rest = constraint.terms.reduce(
        (sum, term) => sum + (sameQuantity(term.reads, measured) ? 0n : (read(term.reads, facts) ?? 0n) * term.weight),
        0n,
      )
      if (weight === 0n) continue
      bound = min(bound, max(constraint.limit - rest, 0n) / weight)
    }
  }
  return bound
}

function sameQuantity(reads: Quantity, measured: 'token' | 'value'): boolean {
  return reads === measured || (measured === 'token' && typeof reads !== 'string' && reads.at === 36)
}

function weigh({ terms }: Threshold, facts: Facts): bigint | null {
  let sum = 0n
  for (const { reads, weight } of terms) {
    const amount = read(reads, facts)
    if (amount === null) return null
    sum += amount * weight
  }
  return sum
}

function read(reads: Quantity, facts: Facts): bigint | null {
  if (reads === 'value') return facts.value
  if (reads === 'token') return facts.tokenAmount
  return wordAt(facts, reads.at)
}

/** `null` where the call data ends first. */
function wordAt({ data, size }: Facts, at: number): bigint | null {
  return at + 32 > size ? null : BigInt(`0x${data.slice(2 + at * 2, 66 + at * 2)}`)
}

function checkWord({ at, test }: Extract<Constraint, { kind: 'argument' }>, facts: Facts): Finding | null {
  const word = wordAt(facts, at)
  if (word === null) return finding('calldata_not_allowed')
  switch (test.is) {
    case 'eq':
      return word === test.word ? null : finding('argument_not_allowed')
    case 'neq':
      return word !== test.word ? null : finding('argument_not_allowed')
    case 'lte':
    case 'gte': {
      const [value, bound] = test.signed ? [signed(word), signed(test.word)] : [word, test.word]
      if (test.is === 'lte' ? value <= bound : value >= bound) return null
      return finding('argument_not_allowed', { limit: bound, requested: value })
    }
    case 'in':
      return test.words.includes(word) ? null : finding('argument_not_allowed')
    case 'mask':
      return (word & test.mask) === test.word ? null : finding('argument_not_allowed')
    case 'length':
    case 'hash': {
      const bytes = tailAt(word, facts)
      if (bytes === null) return finding('calldata_not_allowed')
      if (test.is === 'hash') return keccak256(bytes) === test.hash ? null : finding('argument_not_allowed')
      const length = BigInt((bytes.length - 2) >> 1)
      return length <= test.most ? null : finding('argument_not_allowed', { limit: test.most, requested: length })
    }
  }
}

/** Bytes of a dynamic argument, wherever its offset points; `null` where they are not all there. */
function tailAt(offset: bigint, facts: Facts): Hex | null {
  // Beyond the end of any call data it matters no more where exactly.
  const at = 4 + Number(offset)
  const length = wordAt(facts, at)
  if (length === null || length > BigInt(facts.size - at - 32)) return null
  const from = 2 + (at + 32) * 2
  return `0x${facts.data.slice(from, from + Number(length) * 2)}`
}

/** A word that passes the test; `null` where none can be named. */
export function wordOf(test: WordTest): bigint | null {
  switch (test.is) {
    case 'eq':
    case 'lte':
    case 'gte':
    case 'mask':
      return test.word
    case 'in':
      return test.words[0] ?? null
    default:
      return null
  }
}

function signed(word: bigint): bigint {
  return BigInt.asIntN(256, word)
}
