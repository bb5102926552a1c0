import { periodOf, spentOf, streamOf } from './counters.ts'
import { windowAt } from './enforcers/period.ts'
import { amountOf, type Facts, readAction } from './facts.ts'
import { checkFrame, judgeBranch } from './judge.ts'
import type { PreparedCaveat, PreparedGrant, PreparedLink } from './prepared.ts'
import { approvalKey } from './storage.ts'
import { wordsAfter } from './taskScope/wordsAfter.ts'
import type { Action, Counter, State } from './types.ts'
import { unwrapped } from './unwrapped.ts'

/**
 * What the counters hold once this action has been redeemed through a branch, at the state's block and time: what the next
 * action finds. For whoever promises several actions before the first of them is in a block. `null` where the branch does
 * not allow the action.
 *
 * What only the execution could tell is left out, and what was not read denies.
 */
export function stateAfter(prepared: PreparedGrant, index: number, action: Action, state: State): State | null {
  const facts = readAction(action)
  const branch = prepared.branches.find((each) => each.index === index)
  if (branch === undefined || 'code' in facts || checkFrame(prepared, facts, state) !== null) return null
  const judged = judgeBranch(branch, facts, state)
  if (judged.verdict !== 'allow') return null
  const counters: Record<string, Counter> = { ...state.counters }
  for (const link of branch.links) {
    for (const caveat of link.caveats.flatMap(unwrapped)) {
      if (caveat.taskScope === null) {
        // Caveats that share storage count one after the other: each sees what the one before it left.
        count({ link, caveat, facts, state: { ...state, counters } }, counters)
        continue
      }
      const note = judged.notes.find((each) => each.hop === link.hop && each.caveat === caveat.index)
      if (note === undefined) continue
      for (const [key, word] of wordsAfter(note.passage, { link, caveat, facts }))
        counters[key] = { kind: 'word', word }
    }
  }
  return { ...state, counters }
}

type Look = { link: PreparedLink; caveat: PreparedCaveat; facts: Facts; state: State }

function count(look: Look, counters: Record<string, Counter>): void {
  const { link, caveat, facts } = look
  if (caveat.meaning.kind === 'approvalRevocation') {
    // The approval is gone, and whether another one is there nobody has looked.
    const { to, value, data } = facts
    delete counters[approvalKey(caveat.enforcer, link.delegator, { to, value, data })]
    return
  }
  const after = counterAfter(look)
  if (caveat.counter !== null && after !== null) counters[caveat.counter] = after
}

/** `null` where the enforcer keeps nothing, or the same as before. */
function counterAfter({ caveat, facts, state }: Look): Counter | null {
  const { meaning } = caveat
  switch (meaning.kind) {
    case 'limitedCalls': {
      const stored = state.counters[caveat.counter ?? '']
      return stored?.kind === 'calls' ? { ...stored, count: stored.count + 1n } : null
    }
    case 'erc20TransferAmount':
    case 'nativeTransferAmount': {
      const spent = spentOf(caveat, state)
      const amount = meaning.kind === 'erc20TransferAmount' ? tokensOf(facts) : facts.value
      return spent === null ? null : { kind: 'spent', spent: spent + amount }
    }
    case 'erc20PeriodTransfer':
      return periodAfter(caveat, state, tokensOf(facts))
    case 'nativePeriodTransfer':
      return periodAfter(caveat, state, facts.value)
    case 'multiTokenPeriod':
      return periodAfter(caveat, state, amountOf(facts))
    case 'erc20Streaming':
    case 'nativeStreaming': {
      const stored = streamOf(caveat, state)
      if (stored === null) return null
      const { initial, max, perSecond, start } = meaning
      // Copied in as long as nothing has been spent.
      const terms = stored.spent === 0n ? { initial, max, perSecond, start } : {}
      const amount = meaning.kind === 'erc20Streaming' ? tokensOf(facts) : facts.value
      return { ...stored, ...terms, spent: stored.spent + amount }
    }
    case 'id':
    case 'specificActionBatch':
      return { kind: 'used', used: true }
    default:
      return null
  }
}

function periodAfter(caveat: PreparedCaveat, state: State, amount: bigint): Counter | null {
  const stored = periodOf(caveat, state)
  if (stored === null || caveat.period === null) return null
  const now = state.block.timestamp
  const { used } = windowAt(stored, caveat.period, now)
  const terms = stored.start === 0n ? { ...stored, ...caveat.period } : stored
  return { ...terms, lastPeriod: (now - terms.start) / terms.duration + 1n, transferred: used + amount }
}

function tokensOf({ tokenAmount }: Facts): bigint {
  return tokenAmount ?? 0n
}
