import type { RevocationMethod } from '../../caveats/types.ts'
import { hookOf } from '../counters.ts'
import { type Facts, TRANSFER_SELECTOR } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import { approvalKey } from '../storage.ts'
import type { Check } from './check.ts'

const PERMIT2 = '0x000000000022d473030f116ddee9f6b43ac78ba3'
const SELECTORS = {
  approve: '0x095ea7b3',
  setApprovalForAll: '0xa22cb465',
  permit2Approve: '0x87517c45',
  permit2Lockdown: '0xcc53287f',
  permit2InvalidateNonces: '0x65d9723c',
} as const
const ZERO_WORD = '0'.repeat(64)

/**
 * ApprovalRevocationEnforcer: a call that takes an approval back, in one of the ways granted. For tokens there has to be such
 * an approval of this link's delegator: the enforcer asks the target, and so does whoever reads the state for an action.
 */
export const approvalRevocation: Check<'approvalRevocation'> = (meaning, look) => {
  const { caveat, facts, link, state } = look
  const shape = revocationShape(meaning, look)
  if (shape !== null) return shape
  if (facts.data.startsWith(SELECTORS.approve) || facts.data.startsWith(SELECTORS.setApprovalForAll)) {
    const live = hookOf(approvalKey(caveat.enforcer, link.delegator, facts), state)
    if (live === null) return finding('state_missing')
    return live ? null : finding('no_approval_to_revoke')
  }
  return null
}

export const revocationShape: Check<'approvalRevocation'> = ({ methods }, { facts }): Finding | null => {
  if (facts.value !== 0n) {
    return finding('value_not_allowed', { limit: 0n, requested: facts.value, remaining: 0n, measured: 'value' })
  }
  const method = methodOf(facts)
  if (method === 'other_length') return finding('calldata_not_allowed')
  if (method === null) return finding('method_not_allowed')
  if (!methods.includes(method)) return finding('revocation_not_allowed')
  if (method.startsWith('permit2') && facts.to !== PERMIT2) return finding('target_not_allowed')
  if (method === 'permit2Approve') {
    if (facts.size !== 132) return finding('calldata_not_allowed')
    return facts.data.slice(2 + 2 * 68) === ZERO_WORD + ZERO_WORD ? null : finding('revocation_not_allowed')
  }
  // `approve(address(0), id)` takes the approval of an id back, whatever the id is.
  if (method !== 'erc20Approve' && method !== 'setApprovalForAll') return null
  return facts.data.slice(2 + 2 * 36) === ZERO_WORD ? null : finding('revocation_not_allowed')
}

function methodOf({ data, size }: Facts): RevocationMethod | 'other_length' | null {
  switch (data.slice(0, TRANSFER_SELECTOR.length)) {
    case SELECTORS.permit2Approve:
      return 'permit2Approve'
    case SELECTORS.permit2Lockdown:
      return 'permit2Lockdown'
    case SELECTORS.permit2InvalidateNonces:
      return 'permit2InvalidateNonces'
  }
  if (size !== 68) return 'other_length'
  switch (data.slice(0, TRANSFER_SELECTOR.length)) {
    case SELECTORS.setApprovalForAll:
      return 'setApprovalForAll'
    case SELECTORS.approve:
      // Of the first word only the last 20 bytes are looked at.
      return /^0{40}$/.test(data.slice(34, 74)) ? 'erc721Approve' : 'erc20Approve'
  }
  return null
}
