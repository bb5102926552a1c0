import { ANY_DELEGATE } from '../delegation/types.ts'
import { callsOf, usedOf } from './counters.ts'
import { allowedCalldata } from './enforcers/allowedCalldata.ts'
import { allowedMethods } from './enforcers/allowedMethods.ts'
import { allowedTargets } from './enforcers/allowedTargets.ts'
import { approvalRevocation, revocationShape } from './enforcers/approvalRevocation.ts'
import { blockNumber } from './enforcers/blockNumber.ts'
import type { Look } from './enforcers/check.ts'
import { exactCalldataBatch, exactExecution, exactExecutionBatch } from './enforcers/exact.ts'
import { exactCalldata } from './enforcers/exactCalldata.ts'
import { argsEqualityCheck, balanceBefore, deployed } from './enforcers/foreign.ts'
import { erc721Transfer, ownershipTransfer } from './enforcers/handover.ts'
import { limitedCalls } from './enforcers/limitedCalls.ts'
import { multiTokenPeriod, multiTokenShape } from './enforcers/multiTokenPeriod.ts'
import { nonce } from './enforcers/nonce.ts'
import { id, specificActionBatch, specificActionShape } from './enforcers/once.ts'
import { erc20PeriodTransfer, nativePeriodTransfer } from './enforcers/period.ts'
import { redeemer } from './enforcers/redeemer.ts'
import { erc20TransferAmount, nativeTransferAmount, tokenShape } from './enforcers/spending.ts'
import { erc20Streaming, nativeStreaming } from './enforcers/streaming.ts'
import { taskScope, taskScopeShape } from './enforcers/taskScope.ts'
import { timestamp } from './enforcers/timestamp.ts'
import { valueLte } from './enforcers/valueLte.ts'
import type { Facts } from './facts.ts'
import { type Finding, finding } from './finding.ts'
import type { Note } from './note.ts'
import type { PreparedBranch, PreparedCaveat, PreparedLink } from './prepared.ts'
import { checkEffect } from './taskScope/effect.ts'
import { isOverForTerms } from './taskScope/judgeTerms.ts'
import type { State } from './types.ts'

/**
 * The first thing that the manager or an enforcer refuses about one branch, or `null`. In the chain's order: paused, who
 * redeems, disabled links from the leaf up, then the hooks from the leaf up, each link's caveats as they stand.
 *
 * Signatures, authorities and delegates of the links are not looked at again: a prepared grant has been checked.
 */
export function walk(branch: PreparedBranch, facts: Facts, state: State, notes: Note[] = []): Finding | null {
  if (state.paused !== false) return finding(state.paused === true ? 'paused' : 'state_missing')
  if (!isDelegate(branch, facts)) return { ...finding('redeemer_not_allowed'), hop: 0, passed: 1 }
  let passed = 2
  for (const link of branch.links) {
    const disabled = state.disabled[link.hash]
    if (disabled !== false) {
      return { ...finding(disabled === true ? 'revoked' : 'state_missing'), hop: link.hop, passed }
    }
    passed++
  }
  // Wrappers of other enforcers are asked for their choice before all hooks.
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      if (caveat.choice === null || caveat.choice.is === 'group') continue
      const code = caveat.choice.is === 'none' ? 'args_not_allowed' : 'choice_unknown'
      return at(finding(code), link, caveat, passed)
    }
  }
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      const refused = checkCaveat({ branch, link, caveat, facts, state, notes })
      if (refused !== null) return at(refused, link, caveat, passed)
      passed++
    }
  }
  // No caveat closes batch mode (FACTS C9). The chain would run the batch; no scope grants one, so it is refused here,
  // and where the redeemer holds something, which it does of one call.
  const granted = facts.single || (branch.batch && branch.held.length === 0)
  return granted ? afterwards(branch, notes, passed) : { ...finding('batch_not_allowed'), passed }
}

/**
 * What enforcers look at when the execution is over, which nobody but the chain can know before it: in the chain's order, from
 * the root down and from the last caveat of a link to its first; payments when all of that is done.
 */
function afterwards({ links }: PreparedBranch, notes: readonly Note[], passed: number): Finding | null {
  let payment: Finding | null = null
  for (const link of links.toReversed()) {
    for (const caveat of link.caveats.toReversed()) {
      switch (caveat.meaning.kind) {
        case 'nativeBalanceChange':
        case 'erc20BalanceChange':
        case 'erc721BalanceChange':
        case 'erc1155BalanceChange':
          return at(finding('effect_unknown'), link, caveat, passed)
        case 'taskScope': {
          const note = notes.find(({ hop, passage }) => hop === link.hop && passage.measured)
          const refused = note === undefined ? null : checkEffect(note.passage)
          if (refused !== null) return at(refused, link, caveat, passed)
          continue
        }
        case 'nativePayment':
          payment ??= at(finding('payment_unknown'), link, caveat, passed)
      }
    }
  }
  return payment
}

/** True when the action has a form that the branch admits, whatever has been used, revoked or expired. */
export function hasShape(branch: PreparedBranch, facts: Facts, state: State): boolean {
  if (!isDelegate(branch, facts)) return false
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      if (checkShape({ branch, link, caveat, facts, state, notes: [] }) !== null) return false
    }
  }
  return true
}

/** True when no action and no waiting makes the branch pass again: revoked, expired, used up or not to be read. */
export function hasEnded(branch: PreparedBranch, state: State): boolean {
  return branch.links.some(
    (link) => state.disabled[link.hash] !== false || link.caveats.some((caveat) => isOver(link, caveat, state)),
  )
}

function isOver(link: PreparedLink, caveat: PreparedCaveat, state: State): boolean {
  const { meaning, earlier, choice } = caveat
  switch (meaning.kind) {
    case 'logicalOr':
      return choice?.is !== 'group' || choice.caveats.some((inner) => isOver(link, inner, state))
    case 'taskScope':
      return caveat.taskScope === null || earlier > 0 || isOverForTerms(caveat.taskScope, state)
    case 'unknown':
      return true
    case 'timestamp':
      return meaning.before !== 0n && state.block.timestamp >= meaning.before
    case 'nonce':
      return state.nonces[link.delegator] !== meaning.nonce
    case 'blockNumber':
      return blockNumber(meaning, { caveat, state })?.code === 'block_passed'
    case 'argsEqualityCheck':
      return caveat.args !== meaning.args
    case 'id':
    case 'specificActionBatch':
      return usedOf(caveat, state) !== false || earlier > 0
    case 'nativePayment':
    case 'nativeBalanceChange':
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
    case 'erc1155BalanceChange':
      return true
    case 'limitedCalls': {
      const count = callsOf(caveat, state)
      return count === null || count + BigInt(earlier) >= meaning.limit
    }
    default:
      return false
  }
}

function isDelegate({ links }: PreparedBranch, { redeemer }: Facts): boolean {
  const delegate = links[0]?.delegate
  return delegate === redeemer || delegate === ANY_DELEGATE
}

function at(refused: Finding, link: PreparedLink, caveat: PreparedCaveat, passed: number): Finding {
  refused.hop = link.hop
  refused.caveat = caveat.index
  refused.passed = passed
  return refused
}

function checkCaveat(look: Look): Finding | null {
  const { meaning } = look.caveat
  switch (meaning.kind) {
    case 'nonce':
      return nonce(meaning, look)
    case 'redeemer':
      return redeemer(meaning, look)
    case 'timestamp':
      return timestamp(meaning, look)
    case 'limitedCalls':
      return limitedCalls(meaning, look)
    case 'blockNumber':
      return blockNumber(meaning, look)
    case 'id':
      return id(meaning, look)
    case 'argsEqualityCheck':
      return argsEqualityCheck(meaning, look)
    case 'deployed':
      return deployed(meaning, look)
    case 'nativeBalanceChange':
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
    case 'erc1155BalanceChange':
      return balanceBefore(look)
    case 'nativePayment':
      // It asks for everything after the execution.
      return null
    case 'logicalOr':
      return firstOf(look, checkCaveat)
    case 'taskScope':
      return taskScope(meaning, look)
    case 'unknown':
      return finding('unknown_caveat')
    // Those for batches ask for that mode before anything else, and every other one for single mode.
    case 'exactCalldataBatch':
      return look.facts.single ? finding('batch_required') : exactCalldataBatch(meaning, look)
    case 'exactExecutionBatch':
      return look.facts.single ? finding('batch_required') : exactExecutionBatch(meaning, look)
    case 'specificActionBatch':
      return look.facts.single ? finding('batch_required') : specificActionBatch(meaning, look)
  }
  if (!look.facts.single) return finding('batch_not_allowed')
  switch (meaning.kind) {
    case 'approvalRevocation':
      return approvalRevocation(meaning, look)
    case 'erc20Streaming':
      return erc20Streaming(meaning, look)
    case 'erc721Transfer':
      return erc721Transfer(meaning, look)
    case 'exactExecution':
      return exactExecution(meaning, look)
    case 'multiTokenPeriod':
      return multiTokenPeriod(meaning, look)
    case 'nativeStreaming':
      return nativeStreaming(meaning, look)
    case 'ownershipTransfer':
      return ownershipTransfer(meaning, look)
    case 'allowedCalldata':
      return allowedCalldata(meaning, look)
    case 'allowedMethods':
      return allowedMethods(meaning, look)
    case 'allowedTargets':
      return allowedTargets(meaning, look)
    case 'erc20PeriodTransfer':
      return erc20PeriodTransfer(meaning, look)
    case 'erc20TransferAmount':
      return erc20TransferAmount(meaning, look)
    case 'exactCalldata':
      return exactCalldata(meaning, look)
    case 'nativePeriodTransfer':
      return nativePeriodTransfer(meaning, look)
    case 'nativeTransferAmount':
      return nativeTransferAmount(meaning, look)
    case 'valueLte':
      return valueLte(meaning, look)
    default:
      return finding('unknown_caveat')
  }
}

/** What the first caveat of the chosen group refuses. */
function firstOf(look: Look, check: (look: Look) => Finding | null): Finding | null {
  const { choice } = look.caveat
  for (const caveat of choice?.is === 'group' ? choice.caveats : []) {
    const refused = check({ ...look, caveat })
    if (refused !== null) return refused
  }
  return null
}

function checkShape(look: Look): Finding | null {
  const { meaning } = look.caveat
  switch (meaning.kind) {
    case 'logicalOr':
      return firstOf(look, checkShape)
    case 'erc20PeriodTransfer':
    case 'erc20Streaming':
    case 'erc20TransferAmount':
      return tokenShape(meaning.token, look)
    case 'approvalRevocation':
      return revocationShape(meaning, look)
    case 'multiTokenPeriod':
      return multiTokenShape(meaning, look)
    case 'taskScope':
      return taskScopeShape(meaning, look)
    case 'specificActionBatch':
      return look.facts.single ? finding('batch_required') : specificActionShape(meaning, look)
    case 'erc721Transfer':
    case 'exactCalldataBatch':
    case 'exactExecution':
    case 'exactExecutionBatch':
    case 'ownershipTransfer':
    case 'allowedCalldata':
    case 'allowedMethods':
    case 'allowedTargets':
    case 'exactCalldata':
    case 'valueLte':
    case 'redeemer':
      return checkCaveat(look)
    default:
      return null
  }
}
