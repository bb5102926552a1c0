import { ANY_DELEGATE } from '../delegation/types.ts'
import { callsOf } from './counters.ts'
import { allowedCalldata } from './enforcers/allowedCalldata.ts'
import { allowedMethods } from './enforcers/allowedMethods.ts'
import { allowedTargets } from './enforcers/allowedTargets.ts'
import type { Look } from './enforcers/check.ts'
import { exactCalldata } from './enforcers/exactCalldata.ts'
import { limitedCalls } from './enforcers/limitedCalls.ts'
import { nonce } from './enforcers/nonce.ts'
import { erc20PeriodTransfer, nativePeriodTransfer } from './enforcers/period.ts'
import { redeemer } from './enforcers/redeemer.ts'
import { erc20TransferAmount, nativeTransferAmount, tokenShape } from './enforcers/spending.ts'
import { timestamp } from './enforcers/timestamp.ts'
import { valueLte } from './enforcers/valueLte.ts'
import type { Facts } from './facts.ts'
import { type Finding, finding } from './finding.ts'
import type { PreparedBranch, PreparedCaveat, PreparedLink } from './prepared.ts'
import type { State } from './types.ts'

/**
 * The first thing that the manager or an enforcer refuses about one branch, or `null`. In the chain's order: paused, who
 * redeems, disabled links from the leaf up, then the hooks from the leaf up, each link's caveats as they stand.
 *
 * Signatures, authorities and delegates of the links are not looked at again: a prepared grant has been checked.
 */
export function walk(branch: PreparedBranch, facts: Facts, state: State): Finding | null {
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
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      const refused = checkCaveat({ branch, link, caveat, facts, state })
      if (refused !== null) return at(refused, link, caveat, passed)
      passed++
    }
  }
  // No caveat closes batch mode (FACTS C9). The chain would run the batch; no scope grants one, so it is refused here.
  return facts.single ? null : { ...finding('batch_not_allowed'), passed }
}

/** True when the action has a form that the branch admits, whatever has been used, revoked or expired. */
export function hasShape(branch: PreparedBranch, facts: Facts, state: State): boolean {
  if (!isDelegate(branch, facts)) return false
  for (const link of branch.links) {
    for (const caveat of link.caveats) {
      if (checkShape({ branch, link, caveat, facts, state }) !== null) return false
    }
  }
  return true
}

/** True when no action and no waiting makes the branch pass again: revoked, expired, used up or not to be read. */
export function hasEnded(branch: PreparedBranch, state: State): boolean {
  const now = state.block.timestamp
  return branch.links.some(
    (link) =>
      state.disabled[link.hash] !== false ||
      link.caveats.some((caveat) => {
        const { meaning, earlier } = caveat
        switch (meaning.kind) {
          case 'unknown':
            return true
          case 'timestamp':
            return meaning.before > 0n && now >= meaning.before
          case 'nonce':
            return state.nonces[link.delegator] !== meaning.nonce
          case 'limitedCalls': {
            const count = callsOf(caveat, state)
            return count === null || count + BigInt(earlier) >= meaning.limit
          }
          default:
            return false
        }
      }),
  )
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
    case 'unknown':
      return finding('unknown_caveat')
  }
  // Every other enforcer asks for single mode before anything else.
  if (!look.facts.single) return finding('batch_not_allowed')
  switch (meaning.kind) {
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
  }
}

function checkShape(look: Look): Finding | null {
  const { meaning } = look.caveat
  switch (meaning.kind) {
    case 'erc20PeriodTransfer':
    case 'erc20TransferAmount':
      return tokenShape(meaning.token, look)
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
