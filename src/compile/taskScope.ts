import type { TaskScopeCondition, TaskScopeRule } from '../caveats/taskScope/types.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { TRANSFER_SELECTOR } from './dangers.ts'

/** What can be read off a caveat that holds a whole scope, for whoever judges it beside others. */
export type TaskScopeCaveat = Extract<DecodedCaveat, { kind: 'taskScope' }>

export function isTaskScope(caveat: DecodedCaveat): caveat is TaskScopeCaveat {
  return caveat.kind === 'taskScope'
}

/** A payment of native coin: no calldata. */
export function isPlain({ selector }: TaskScopeRule): boolean {
  return selector === '0x'
}

/** The values that a word of the arguments can have, where a rule lists them; else `null`. */
export function listedOn(conditions: readonly TaskScopeCondition[], word: number): readonly bigint[] | null {
  for (const condition of conditions) {
    if (condition.word !== word) continue
    if (condition.op === 'equal') return [condition.operand]
    if (condition.op === 'one_of') return condition.operands
  }
  return null
}

/** The largest value of a word, where a rule says one; else `null`. What it lists is {@link listedOn}. */
export function mostOn(conditions: readonly TaskScopeCondition[], word: number): bigint | null {
  const bounds = conditions.flatMap((c) => (c.op === 'at_most' && c.word === word ? [c.operand] : []))
  return bounds[0] ?? null
}

/** The one calldata that a rule admits; `null` where it leaves any bit of it open. */
export function exactCalldata({ selector, length, longer, conditions }: TaskScopeRule): Hex | null {
  if (selector === '0x') return '0x'
  if (longer || (length - 4) % 32 !== 0) return null
  const words = Array.from({ length: (length - 4) / 32 }, (_, word) => listedOn(conditions, word))
  if (words.some((listed) => listed?.length !== 1)) return null
  return concatBytes(selector, ...words.map((listed) => uintToBytes(listed?.[0] ?? 0n, 32)))
}

/** True for a rule by which a token is transferred to whom the redeemer likes. */
export function paysAnyToken({ selector, conditions }: TaskScopeRule): boolean {
  return selector === TRANSFER_SELECTOR && listedOn(conditions, 0) === null
}
