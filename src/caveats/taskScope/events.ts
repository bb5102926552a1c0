import { keccak256, stringToHex } from 'viem'
import { createAbiReader } from '../../primitives/abi.ts'
import { ZERO_ADDRESS } from '../../primitives/address.ts'
import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes } from '../../primitives/hex.ts'
import { notCanonical } from '../terms.ts'

/** A budget after a redemption, base units; what is left of its cap. `index` as in the terms. */
export type BudgetReport = { index: number; spent: bigint; left: bigint }

/** What the contract says in one log. */
export type TaskScopeEvent =
  /**
   * A redemption passed. `action`: keccak-256 of mode ‖ execution. `rule`: of the first execution. `budget`: the first that was
   * charged. `request`: number of the signed request that it carried.
   */
  | {
      event: 'redeemed'
      delegation: Hex
      action: Hex
      rule: number
      executions: number
      budget: BudgetReport | null
      request: bigint | null
    }
  /** Comes right before its `redeemed`: the rule of each execution where they differ, all budgets where there are several. */
  | { event: 'redeemed_more'; delegation: Hex; rules: readonly number[]; budgets: readonly BudgetReport[] }
  /** What a measured account lost, base units of the asset, and the budget that counts it. */
  | { event: 'measured'; delegation: Hex; rule: number; decrease: bigint; budget: BudgetReport }
  | { event: 'group_closed'; delegator: Address; group: Hex; guardian: Address | null; by: Address }
  | { event: 'request_burned'; delegation: Hex; key: Address; number: bigint }

/**
 * A log of the contract, read. Total: `null` for any other, also for one that the contract could not have written. That the
 * log is the contract's is for whoever reads to check.
 */
export function decodeTaskScopeEvent({ topics, data }: { topics: readonly Hex[]; data: Hex }): TaskScopeEvent | null {
  const [topic, ...indexed] = topics
  if (topic === undefined || !Object.hasOwn(READ, topic) || !isHex(data)) return null
  if (!indexed.every((word) => isHex(word) && byteLength(word) === 32)) return null
  return READ[topic]?.(indexed, data) ?? null
}

type Reader = (indexed: readonly Hex[], data: Hex) => TaskScopeEvent | null

const READ: Readonly<Record<Hex, Reader>> = {
  [topicOf('Redeemed(bytes32,bytes32,uint256)')]: (indexed, data) => readRedeemed(indexed, data, false),
  [topicOf('RequestRedeemed(bytes32,bytes32,uint256,uint256)')]: (indexed, data) => readRedeemed(indexed, data, true),
  [topicOf('RedeemedMore(bytes32,bytes,uint256[])')]: readMore,
  [topicOf('Measured(bytes32,uint256,uint256,uint256)')]: readMeasured,
  [topicOf('GroupClosed(address,bytes8,address,address)')]: readGroupClosed,
  [topicOf('RequestBurned(bytes32,address,uint256)')]: readBurned,
}

/** Largest number of a rule, and of a budget: those above stand for none. */
const LAST_RULE = 253n
const LAST_BUDGET = 254n
const NO_BUDGET = 0xffffn
const REPORT_BITS = 112n

function readRedeemed([delegation, ...more]: readonly Hex[], data: Hex, requested: boolean): TaskScopeEvent | null {
  const [action, first, number] = wordsOf(data, requested ? 3 : 2)
  if (delegation === undefined || more.length > 0 || action === undefined || first === undefined) return null
  const packed = bytesToUint(first)
  const [rule, executions] = [packed >> 248n, (packed >> 240n) & 0xffn]
  if (rule > LAST_RULE || executions === 0n) return null
  const none = (packed & ONES_240) === NO_BUDGET << 224n
  const budget = none ? null : readReport(packed & ONES_240)
  const request = number === undefined ? null : bytesToUint(number)
  if (budget === undefined || (request ?? 0n) >> 64n !== 0n) return null
  return { event: 'redeemed', delegation, action, rule: Number(rule), executions: Number(executions), budget, request }
}

function readMore([delegation, ...more]: readonly Hex[], data: Hex): TaskScopeEvent | null {
  if (delegation === undefined || more.length > 0) return null
  try {
    const reader = createAbiReader(data.slice(2), notCanonical)
    reader.offset(64)
    const second = reader.uint()
    const rules = [...bytesOf(reader.bytes())]
    if (second !== reader.position()) return null
    const reports = Array.from({ length: reader.count() }, () => readReport(bytesToUint(reader.word())))
    reader.end()
    const budgets = reports.filter((report) => report !== undefined)
    if (rules.some((rule) => rule > LAST_RULE) || budgets.length < reports.length) return null
    return { event: 'redeemed_more', delegation, rules, budgets }
  } catch {
    return null
  }
}

function readMeasured([delegation, ...more]: readonly Hex[], data: Hex): TaskScopeEvent | null {
  const [rule, decrease, packed] = wordsOf(data, 3).map(bytesToUint)
  if (delegation === undefined || more.length > 0) return null
  if (rule === undefined || rule > LAST_RULE || decrease === undefined || packed === undefined) return null
  const budget = readReport(packed)
  return budget === undefined ? null : { event: 'measured', delegation, rule: Number(rule), decrease, budget }
}

function readGroupClosed([first, group, second, ...more]: readonly Hex[], data: Hex): TaskScopeEvent | null {
  const [third] = wordsOf(data, 1)
  const [delegator, guardian, by] = [addressOf(first), addressOf(second), addressOf(third)]
  if (group === undefined || more.length > 0 || !/0{48}$/.test(group)) return null
  if (delegator === undefined || guardian === undefined || by === undefined) return null
  const named = guardian === ZERO_ADDRESS ? null : guardian
  return { event: 'group_closed', delegator, group: sliceBytes(group, 0, 8), guardian: named, by }
}

function readBurned([delegation, signer, ...more]: readonly Hex[], data: Hex): TaskScopeEvent | null {
  const [number] = wordsOf(data, 1).map(bytesToUint)
  const key = addressOf(signer)
  if (delegation === undefined || key === undefined || more.length > 0) return null
  return number === undefined || number >> 64n !== 0n ? null : { event: 'request_burned', delegation, key, number }
}

/** Number, spent and left of a budget; spent and left together are its cap, which has 112 bits too. */
function readReport(packed: bigint): BudgetReport | undefined {
  const index = packed >> (2n * REPORT_BITS)
  const spent = (packed >> REPORT_BITS) & ONES_112
  const left = packed & ONES_112
  if (index > LAST_BUDGET || spent + left > ONES_112) return undefined
  return { index: Number(index), spent, left }
}

const ONES_112 = 2n ** 112n - 1n
const ONES_240 = 2n ** 240n - 1n

/** Exactly so many words, or none. */
function wordsOf(data: Hex, count: number): Hex[] {
  if (byteLength(data) !== 32 * count) return []
  return Array.from({ length: count }, (_, at) => sliceBytes(data, 32 * at, 32 * at + 32))
}

function addressOf(word: Hex | undefined): Address | undefined {
  return word !== undefined && /^0x0{24}/.test(word) ? sliceBytes(word, 12) : undefined
}

function bytesOf(value: Hex): number[] {
  return Array.from({ length: byteLength(value) }, (_, at) => Number(bytesToUint(sliceBytes(value, at, at + 1))))
}

function topicOf(signature: string): Hex {
  return keccak256(stringToHex(signature))
}
