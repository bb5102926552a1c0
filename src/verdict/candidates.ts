import { ANY_DELEGATE } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { NFT_TRANSFERS, TRANSFER_OWNERSHIP } from './enforcers/handover.ts'
import { isAddress, isData, isUint, MAX_DATA_BYTES, readAction, TRANSFER_SELECTOR } from './facts.ts'
import type { Finding } from './finding.ts'
import { wordOf } from './held.ts'
import type { Judgement } from './judge.ts'
import { largestAllowed, measuredOf } from './largest.ts'
import type { Measured } from './measured.ts'
import type { PreparedBranch, PreparedGrant } from './prepared.ts'
import { chosenPeriod } from './storage.ts'
import { fixesOf, redeemersOfTerms, setWord } from './taskScope/fixes.ts'
import type { Action, Call, Fix, ReasonCode, State } from './types.ts'

/** Entries of a list in a fix: each is tried before it is offered. */
const MAX_LISTED = 16

const ABOUT_BYTES: readonly ReasonCode[] = [
  'target_not_allowed',
  'method_not_allowed',
  'recipient_not_allowed',
  'argument_not_allowed',
  'calldata_not_allowed',
]

type Denial = Extract<Judgement, { verdict: 'deny' }>

/** What might be done about a denial, likeliest first, worked out one by one. Whether it helps is for the caller to try. */
export function* candidates(
  prepared: PreparedGrant,
  action: Action,
  state: State,
  denial: Denial,
): Generator<Fix, void, undefined> {
  yield* byCodeOfTerms(action, state, denial)
  yield* exactly(denial, action)
  // Rules of a whole scope say themselves what they want to see; amounts are worked out for every caveat alike.
  if (meaningOf(denial.branch, denial.finding)?.kind === 'taskScope' && ABOUT_BYTES.includes(denial.finding.code))
    return
  yield* byCode(prepared, action, state, denial)
}

/** The calls that the refusing caveat names outright, where it does. */
function exactly({ finding, branch }: Denial, { calls }: Action): Fix[] {
  const meaning = meaningOf(branch, finding)
  switch (meaning?.kind) {
    case 'exactExecution':
      return [{ do: 'send_calls', calls: [callOf(meaning)] }]
    case 'exactExecutionBatch':
      return [{ do: 'send_calls', calls: meaning.executions.map(callOf) }]
    case 'exactCalldataBatch':
      return [
        {
          do: 'send_calls',
          calls: meaning.executions.map((execution, at) => ({
            ...(calls[at] ?? callOf(execution)),
            data: execution.data,
          })),
        },
      ]
    case 'specificActionBatch': {
      const { token, recipient, amount, first } = meaning
      const data: Hex = `${TRANSFER_SELECTOR}${wordText(BigInt(recipient))}${wordText(amount)}`
      return [{ do: 'send_calls', calls: [callOf(first), { to: token, value: 0n, data }] }]
    }
    default:
      return []
  }
}

/** Where the refusing caveat carries the rules of a whole scope. */
function byCodeOfTerms(action: Action, state: State, { finding, branch }: Denial): Fix[] {
  const link = finding.hop === null ? undefined : branch?.links[finding.hop]
  return link === undefined ? [] : fixesOf(link, finding, action, state)
}

function callOf({ target, value, data }: { target: Address; value: bigint; data: Hex }): Call {
  return { to: target, value, data }
}

function byCode(prepared: PreparedGrant, action: Action, state: State, { finding, branch }: Denial): Fix[] {
  switch (finding.code) {
    case 'malformed_action':
      return repairs(prepared, action)
    case 'wrong_chain':
      return [{ do: 'use_chain', chainId: prepared.chainId }]
    case 'batch_not_allowed':
      return [{ do: 'send_one_call' }]
    case 'redeemer_not_allowed':
      return [{ do: 'redeem_as', redeemers: listed(prepared.branches.flatMap(redeemersOf)) }]
    case 'target_not_allowed':
    case 'method_not_allowed':
      return [{ do: 'call_one_of', targets: callsOf(prepared) }, ...lengths(action)]
    case 'recipient_not_allowed':
      return [{ do: 'pay_one_of', recipients: listed(prepared.branches.flatMap(payeesOf)) }]
    case 'argument_not_allowed':
    case 'calldata_not_allowed':
    case 'token_id_not_allowed':
    case 'revocation_not_allowed':
      return branch === null ? [] : [...bytesFor(branch, finding.hop, finding.caveat, action), ...lengths(action)]
    case 'value_not_allowed':
    case 'budget_exceeded':
    case 'period_budget_exceeded':
    case 'stream_exceeded':
    case 'action_maximum_exceeded':
      return amounts(prepared, action, state, finding.measured)
    default:
      return []
  }
}

/** Lower amounts that pass: without anybody's confirmation first, with it otherwise. */
function amounts(prepared: PreparedGrant, action: Action, state: State, measured: Measured | null): Fix[] {
  const facts = readAction(action)
  if ('code' in facts || measured === null) return []
  const fixes: Fix[] = []
  // Native value on a token transfer is not its amount: `lower_amount` would be read as tokens.
  const extra = measured === 'value' && measuredOf(facts) === 'token'
  // Where the redeemer holds nothing, nothing is escalated and both bounds are one.
  const held = prepared.branches.some((branch) => branch.held.length > 0)
  for (const passing of held ? (['allow', 'not_denied'] as const) : (['allow'] as const)) {
    const to = largestAllowed(prepared, facts, state, measured, passing)
    if (to === null) continue
    if (typeof measured === 'number') fixes.push(setWord(measured, to))
    else if (extra || (measured === 'value' && to === 0n && facts.data !== '0x')) fixes.push({ do: 'set_value', to })
    // Lowering to nothing is no way to pay somebody.
    else if (to > 0n) fixes.push({ do: 'lower_amount', to })
  }
  if (fixes.length === 0 && extra) fixes.push({ do: 'set_value', to: 0n })
  return fixes
}

/** A well-formed action that keeps what can be read of this one. */
function repairs(prepared: PreparedGrant, action: Action): Fix[] {
  const call: unknown = Array.isArray(action.calls) ? action.calls[0] : undefined
  if (!isAddress(action.redeemer))
    return [{ do: 'redeem_as', redeemers: listed(prepared.branches.flatMap(redeemersOf)) }]
  if (typeof action.chainId !== 'number') return [{ do: 'use_chain', chainId: prepared.chainId }]
  const { to, value, data } = (call ?? {}) as { to?: unknown; value?: unknown; data?: unknown }
  if (Array.isArray(action.calls) && action.calls.length > 1) return [{ do: 'send_one_call' }]
  if (!isAddress(to)) return [{ do: 'call_one_of', targets: callsOf(prepared) }]
  if (!isUint(value)) return [{ do: 'set_value', to: 0n }]
  const lower = typeof data === 'string' ? data.toLowerCase() : ''
  return [{ do: 'set_calldata', data: isData(lower) ? lower : '0x' }]
}

/** The accounts that every link of a branch lets redeem. */
function redeemersOf(branch: PreparedBranch): Address[] {
  const pins = [
    ...lists(branch, (meaning) => (meaning.kind === 'redeemer' ? meaning.redeemers : null)),
    ...branch.links.flatMap(({ caveats }) =>
      caveats.flatMap(({ taskScope }) => (taskScope === null ? [] : redeemersOfTerms(taskScope))),
    ),
  ]
  const leaf = branch.links[0]?.delegate
  const pinned = intersect(pins)
  if (leaf === undefined) return []
  return leaf === ANY_DELEGATE ? [...(pinned ?? [])] : pinned === null || pinned.includes(leaf) ? [leaf] : []
}

function payeesOf(branch: PreparedBranch): Address[] {
  if (branch.native) return [...(intersect(targetLists(branch)) ?? [])]
  const words = lists(branch, (meaning) =>
    meaning.kind === 'allowedCalldata' && meaning.start === 4n && meaning.value.length === 66 ? [meaning.value] : null,
  )
  return (intersect(words) ?? [])
    .filter((word) => word.startsWith(ADDRESS_PADDING))
    .map((word): Address => `0x${word.slice(26)}`)
}

const NATIVE: Address = `0x${'00'.repeat(20)}`
const ADDRESS_PADDING = `0x${'00'.repeat(12)}`

/** Contracts and functions of every branch, without repetition. */
function callsOf(prepared: PreparedGrant): { target: Address; selector?: Hex }[] {
  const calls = new Map<string, { target: Address; selector?: Hex }>()
  for (const branch of prepared.branches) {
    const selectors = intersect(
      lists(branch, (meaning) =>
        meaning.kind === 'allowedMethods'
          ? meaning.selectors
          : isTokenCap(meaning)
            ? [TRANSFER_SELECTOR]
            : meaning.kind === 'erc721Transfer'
              ? NFT_TRANSFERS
              : meaning.kind === 'ownershipTransfer'
                ? [TRANSFER_OWNERSHIP]
                : null,
      ),
    )
    for (const target of intersect(targetLists(branch)) ?? []) {
      for (const selector of selectors ?? [null]) {
        calls.set(`${target}${selector}`, selector === null ? { target } : { target, selector })
        if (calls.size === MAX_LISTED) return [...calls.values()]
      }
    }
  }
  return [...calls.values()]
}

function targetLists(branch: PreparedBranch): (readonly Address[])[] {
  return branch.links.flatMap((link) =>
    link.caveats.flatMap(({ meaning, args }): (readonly Address[])[] => {
      if (meaning.kind === 'allowedTargets') return [meaning.targets]
      if (meaning.kind === 'multiTokenPeriod') {
        const token = chosenPeriod(meaning.periods, args)?.period.token
        return token === undefined || token === NATIVE ? [] : [[token]]
      }
      if (isTokenCap(meaning) || meaning.kind === 'erc721Transfer') return [[meaning.token]]
      return meaning.kind === 'ownershipTransfer' || meaning.kind === 'exactExecution' ? [[meaning.target]] : []
    }),
  )
}

function isTokenCap(meaning: Meaning) {
  return (
    meaning.kind === 'erc20TransferAmount' ||
    meaning.kind === 'erc20PeriodTransfer' ||
    meaning.kind === 'erc20Streaming'
  )
}

/** The bytes that the refusing caveat, or the refusing constraint of the redeemer, wants to see. */
function bytesFor(branch: PreparedBranch, hop: number | null, caveat: number | null, action: Action): Fix[] {
  if (hop === null || caveat === null) return heldBytes(branch)
  const meaning = branch.links[hop]?.caveats[caveat]?.meaning
  if (meaning?.kind === 'erc721Transfer') return [{ do: 'set_bytes', at: 68n, bytes: `0x${wordText(meaning.tokenId)}` }]
  if (meaning?.kind === 'ownershipTransfer') return [{ do: 'set_calldata', data: resized(action, 36) }]
  if (meaning?.kind === 'approvalRevocation') return revocations(action)
  if (meaning?.kind === 'exactCalldata') return [{ do: 'set_calldata', data: meaning.data }]
  if (meaning?.kind === 'allowedCalldata' && meaning.start <= BigInt(MAX_DATA_BYTES)) {
    return [{ do: 'set_bytes', at: meaning.start, bytes: meaning.value }]
  }
  const data = action.calls[0]?.data ?? '0x'
  return [{ do: 'set_calldata', data: `0x${data.slice(2, 138).padEnd(136, '0')}` }]
}

/** The same call with nothing left to spend: a revocation, where it approves somebody. */
function revocations(action: Action): Fix[] {
  const zero = (at: bigint, words: number): Fix => ({ do: 'set_bytes', at, bytes: `0x${wordText(0n).repeat(words)}` })
  const size = ((action.calls[0]?.data.length ?? 2) - 2) / 2
  return size === 68 ? [zero(36n, 1)] : size === 132 ? [zero(68n, 2)] : []
}

/** The call data cut, or filled with zeros. */
function resized(action: Action, size: number): Hex {
  const data = action.calls[0]?.data ?? '0x'
  return `0x${data.slice(2, 2 + size * 2).padEnd(size * 2, '0')}`
}

function wordText(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

function meaningOf(branch: PreparedBranch | null, { hop, caveat }: Finding): Meaning | undefined {
  return branch?.links[hop ?? -1]?.caveats[caveat ?? -1]?.meaning
}

function heldBytes(branch: PreparedBranch): Fix[] {
  const fixes: Fix[] = []
  for (const { constraints } of branch.held) {
    for (const constraint of constraints) {
      const word = constraint.kind === 'argument' ? wordOf(constraint.test) : null
      if (constraint.kind === 'argument' && word !== null) {
        fixes.push({ do: 'set_bytes', at: BigInt(constraint.at), bytes: `0x${wordText(word)}` })
      }
    }
  }
  return fixes
}

/** A token transfer has 68 bytes: what is beyond is cut, what lacks is zero. One of that length stays, and leads nowhere. */
function lengths(action: Action): Fix[] {
  const data = action.calls[0]?.data ?? '0x'
  if (!data.startsWith(TRANSFER_SELECTOR)) return []
  return [{ do: 'set_calldata', data: `0x${data.slice(2, 138).padEnd(136, '0')}` }]
}

type Meaning = PreparedBranch['links'][number]['caveats'][number]['meaning']

function lists<item>(branch: PreparedBranch, read: (meaning: Meaning) => readonly item[] | null): (readonly item[])[] {
  return branch.links.flatMap((link) =>
    link.caveats.flatMap(({ meaning }) => {
      const list = read(meaning)
      return list === null ? [] : [list]
    }),
  )
}

/** `null` where there is no list at all: then anything goes. */
function intersect<item>(all: readonly (readonly item[])[]): readonly item[] | null {
  const [first, ...rest] = all
  return first === undefined ? null : first.filter((entry) => rest.every((list) => list.includes(entry)))
}

function listed<item>(entries: readonly item[]): item[] {
  return [...new Set(entries)].slice(0, MAX_LISTED)
}
