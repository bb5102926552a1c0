import { ANY_DELEGATE } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { isAddress, isData, isUint, MAX_DATA_BYTES, readAction, TRANSFER_SELECTOR } from './facts.ts'
import { wordOf } from './held.ts'
import type { Judgement } from './judge.ts'
import { largestAllowed, measuredOf } from './largest.ts'
import type { PreparedBranch, PreparedGrant } from './prepared.ts'
import type { Action, Fix, State } from './types.ts'

/** Entries of a list in a fix: each is tried before it is offered. */
const MAX_LISTED = 16

/** What might be done about a denial, likeliest first. Whether it helps is for the caller to try. */
export function candidates(
  prepared: PreparedGrant,
  action: Action,
  state: State,
  denial: Extract<Judgement, { verdict: 'deny' }>,
): Fix[] {
  const { finding, branch } = denial
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
      return branch === null ? [] : [...bytesFor(branch, finding.hop, finding.caveat, action), ...lengths(action)]
    case 'value_not_allowed':
    case 'budget_exceeded':
    case 'period_budget_exceeded':
    case 'action_maximum_exceeded':
      return amounts(prepared, action, state, finding.measured)
    default:
      return []
  }
}

/** Lower amounts that pass: without anybody's confirmation first, with it otherwise. */
function amounts(prepared: PreparedGrant, action: Action, state: State, measured: 'token' | 'value' | null): Fix[] {
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
    if (extra || (measured === 'value' && to === 0n && facts.data !== '0x')) fixes.push({ do: 'set_value', to })
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
  const pins = lists(branch, (meaning) => (meaning.kind === 'redeemer' ? meaning.redeemers : null))
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

const ADDRESS_PADDING = `0x${'00'.repeat(12)}`

/** Contracts and functions of every branch, without repetition. */
function callsOf(prepared: PreparedGrant): { target: Address; selector?: Hex }[] {
  const calls = new Map<string, { target: Address; selector?: Hex }>()
  for (const branch of prepared.branches) {
    const selectors = intersect(
      lists(branch, (meaning) =>
        meaning.kind === 'allowedMethods'
          ? meaning.selectors
          : meaning.kind === 'erc20TransferAmount' || meaning.kind === 'erc20PeriodTransfer'
            ? [TRANSFER_SELECTOR]
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
  return lists(branch, (meaning) =>
    meaning.kind === 'allowedTargets'
      ? meaning.targets
      : meaning.kind === 'erc20TransferAmount' || meaning.kind === 'erc20PeriodTransfer'
        ? [meaning.token]
        : null,
  )
}

/** The bytes that the refusing caveat, or the refusing constraint of the redeemer, wants to see. */
function bytesFor(branch: PreparedBranch, hop: number | null, caveat: number | null, action: Action): Fix[] {
  if (hop === null || caveat === null) return heldBytes(branch)
  const meaning = branch.links[hop]?.caveats[caveat]?.meaning
  if (meaning?.kind === 'exactCalldata') return [{ do: 'set_calldata', data: meaning.data }]
  if (meaning?.kind === 'allowedCalldata' && meaning.start <= BigInt(MAX_DATA_BYTES)) {
    return [{ do: 'set_bytes', at: meaning.start, bytes: meaning.value }]
  }
  const data = action.calls[0]?.data ?? '0x'
  return [{ do: 'set_calldata', data: `0x${data.slice(2, 138).padEnd(136, '0')}` }]
}

function heldBytes(branch: PreparedBranch): Fix[] {
  const fixes: Fix[] = []
  for (const { constraints } of branch.held) {
    for (const constraint of constraints) {
      const word = constraint.kind === 'argument' ? wordOf(constraint.test) : null
      if (constraint.kind === 'argument' && word !== null) {
        fixes.push({ do: 'set_bytes', at: BigInt(constraint.at), bytes: `0x${word.toString(16).padStart(64, '0')}` })
      }
    }
  }
  return fixes
}

/** A token transfer has 68 bytes: what is beyond is cut, what lacks is zero. */
function lengths(action: Action): Fix[] {
  const data = action.calls[0]?.data ?? '0x'
  if (!data.startsWith(TRANSFER_SELECTOR) || data.length === 138) return []
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
