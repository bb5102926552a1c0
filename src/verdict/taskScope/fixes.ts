import type { TaskScopeCondition } from '../../caveats/taskScope/types.ts'
import type { Call } from '../../delegation/execution.ts'
import { type Address, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { applyFix } from '../applyFix.ts'
import { MAX_UINT256 } from '../facts.ts'
import type { Finding } from '../finding.ts'
import type { PreparedLink } from '../prepared.ts'
import type { Action, Fix, State } from '../types.ts'
import { argumentOf, type SizedCall } from './conditions.ts'
import { sizedCalls } from './judgeTerms.ts'
import type { PreparedRule, PreparedTerms } from './prepareTerms.ts'
import { numberKey } from './requests.ts'
import { fits, selectorOf } from './rules.ts'
import { isNumberUsed } from './slots.ts'

/** Entries of a list in a fix: each is tried before it is offered. */
const MAX_LISTED = 16

/** Words of a list that are tried in place of one that is not in it. */
const MAX_WORDS = 3

/** What might be done about what terms refuse, likeliest first. Whether it helps is for the caller to try. */
export function fixesOf(link: PreparedLink, finding: Finding, action: Action, state: State): Fix[] {
  const terms = link.caveats.find(({ index }) => index === finding.caveat)?.taskScope
  if (terms === null || terms === undefined) return []
  switch (finding.code) {
    case 'request_required':
    case 'request_refused':
    case 'request_expired':
    case 'request_used':
    case 'args_not_allowed':
      return signings(terms, action, state)
    case 'batch_size_not_allowed':
    case 'calls_exceeded':
      return fewer(action, finding.code === 'calls_exceeded' ? finding.remaining : finding.limit)
  }
  const { rule } = finding
  if (rule === null) return []
  const calls = sizedCalls(action)
  const call = calls[rule.call]
  const own = rule.index === null ? undefined : terms.rules[rule.index]
  if (call === undefined) return []
  const inCall = (fix: Fix): Fix => (calls.length === 1 ? fix : { do: 'in_call', call: rule.call, fix })
  const changes = changesOf(terms, own, finding, call).map(inCall)
  // A call between two approvals has its amount in both.
  const paired = changes.flatMap((fix) => repaired(terms, applyFix(fix, action)))
  return [...changes, ...paired, ...repaired(terms, action), ...fewer(action, BigInt(rule.call))]
}

/** The list of accounts that the terms let redeem; none where they leave it to the delegation. */
export function redeemersOfTerms({ terms: { redeemers } }: PreparedTerms): (readonly Address[])[] {
  return redeemers.length === 0 ? [] : [redeemers]
}

function changesOf(terms: PreparedTerms, rule: PreparedRule | undefined, finding: Finding, call: SizedCall): Fix[] {
  switch (finding.code) {
    case 'target_not_allowed':
    case 'method_not_allowed':
      return [callOneOf(terms), ...resizings(terms, call)]
    case 'calldata_not_allowed':
      return resizings(terms, call)
  }
  const condition = finding.rule?.part === 'condition' ? rule?.conditions[finding.rule.at] : undefined
  return [...payees(terms, condition, finding), ...lower(rule, finding), ...bytesFor(condition, call)]
}

function payees({ rules }: PreparedTerms, condition: TaskScopeCondition | undefined, { code }: Finding): Fix[] {
  if (code !== 'recipient_not_allowed') return []
  const words = condition?.op === 'one_of' ? condition.operands : condition?.op === 'equal' ? [condition.operand] : []
  const recipients =
    condition === undefined
      ? rules.flatMap(({ native, shape }) => (native ? [shape.target] : []))
      : words.filter((word) => word < 2n ** 160n).map((word) => uintToBytes(word, 20))
  return [{ do: 'pay_one_of', recipients: recipients.slice(0, MAX_LISTED) }]
}

/** The amount that was left, also of a budget that weighs it. */
function lower(rule: PreparedRule | undefined, { measured, remaining, rule: refused }: Finding): Fix[] {
  if (measured === null || remaining === null) return []
  const weight = rule?.charges.find(({ budget }) => refused?.part === 'budget' && budget === refused.at)?.weight ?? 1n
  const to = remaining / weight
  if (typeof measured === 'number') return [setWord(measured, to)]
  return measured === 'value' && to === 0n ? [{ do: 'set_value', to }] : to === 0n ? [] : [{ do: 'lower_amount', to }]
}

function bytesFor(condition: TaskScopeCondition | undefined, call: SizedCall): Fix[] {
  const word = condition === undefined ? null : argumentOf(call, condition.word)
  if (condition === undefined || word === null) return []
  return wanted(condition, word).map((value) => setWord(condition.word, value))
}

/** Words that a condition would take instead of this one. */
function wanted(condition: TaskScopeCondition, word: bigint): bigint[] {
  switch (condition.op) {
    case 'equal':
    case 'at_most':
    case 'at_least':
      return [condition.operand]
    case 'signed_at_most':
    case 'signed_at_least':
      return [BigInt.asUintN(256, condition.operand)]
    case 'one_of':
      return condition.operands.slice(0, MAX_WORDS)
    case 'bits': {
      const cleaned = own(condition, word)
      return [(cleaned & (MAX_UINT256 ^ condition.mask)) | condition.bits]
    }
    case 'not_equal':
      return [own(condition, word)]
    default:
      return []
  }
}

/** A word without what stands beside the argument's own bytes. */
function own({ width, left }: { width: number; left: boolean }, word: bigint): bigint {
  if (width === 0) return word
  const beside = BigInt(8 * (32 - width))
  return left ? (word >> beside) << beside : BigInt.asUintN(8 * width, word)
}

function callOneOf({ rules }: PreparedTerms): Fix {
  const targets = new Map(
    rules.map(({ between, shape }) => {
      const { target, selector } = between ?? shape
      return [`${target}${selector}`, selector === '0x' ? { target } : { target, selector }]
    }),
  )
  return { do: 'call_one_of', targets: [...targets.values()].slice(0, MAX_LISTED) }
}

/** The call data cut, or filled with zeros, to what a rule for this target and function asks for. */
function resizings({ rules }: PreparedTerms, call: SizedCall): Fix[] {
  const lengths = rules.flatMap(({ shape }) =>
    shape.target === call.to && shape.selector === selectorOf(call) ? [shape.length] : [],
  )
  return [...new Set(lengths)].map((length) => ({
    do: 'set_calldata',
    data: `0x${call.data.slice(2, 2 + 2 * length).padEnd(2 * length, '0')}`,
  }))
}

/** For each call that a rule admits between two approvals only, the calls with these approvals around it. */
function repaired({ rules }: PreparedTerms, action: Action): Fix[] {
  const calls = sizedCalls(action)
  return calls.flatMap((call, at) =>
    rules.flatMap((rule): Fix[] => {
      const { between, shape } = rule
      if (between === null || !fits(between, call)) return []
      const amount = argumentOf(call, between.amountWord) ?? 0n
      const approve = (to: bigint): Call => ({
        to: shape.target,
        value: 0n,
        data: `${shape.selector}${wordText(BigInt(between.target))}${wordText(to)}`,
      })
      const isApproval = (other: Call | undefined) =>
        other?.to === shape.target && other.data.startsWith(shape.selector)
      const before = action.calls.slice(0, isApproval(calls[at - 1]) ? at - 1 : at)
      const after = action.calls.slice(isApproval(calls[at + 1]) ? at + 2 : at + 1)
      return [
        { do: 'send_calls', calls: [...before, approve(amount), action.calls[at] as Call, approve(0n), ...after] },
      ]
    }),
  )
}

function fewer({ calls }: Action, to: bigint | null): Fix[] {
  return to !== null && to > 0n && to < BigInt(calls.length) ? [{ do: 'send_fewer_calls', to: Number(to) }] : []
}

/** A number beside the one that was given, where the state knows a free one. */
function signings(terms: PreparedTerms, { request }: Action, state: State): Fix[] {
  const { requestKey: key, confirmer } = terms.terms
  const signer = key ?? confirmer
  if (signer === null) return []
  const stored = request === undefined ? undefined : state.counters[numberKey(terms, request.number) ?? '']
  if (request === undefined || stored?.kind !== 'word') return [{ do: 'sign_request', key: signer, number: null }]
  let number: bigint | null = request.number
  while (number !== null && isNumberUsed(stored.word, number)) number = (number & 255n) === 255n ? null : number + 1n
  return [{ do: 'sign_request', key: signer, number }]
}

/** A word of the arguments, numbered from the first after the selector. */
export function setWord(word: number, value: bigint): Fix {
  return { do: 'set_bytes', at: BigInt(4 + 32 * word), bytes: uintToBytes(value, 32) as Hex }
}

function wordText(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}
