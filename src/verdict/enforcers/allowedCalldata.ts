import { MAX_UINT256, TRANSFER_SELECTOR } from '../facts.ts'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** AllowedCalldataEnforcer: the bytes from `start` are these. Bytes after them may be anything. */
export const allowedCalldata: Check<'allowedCalldata'> = ({ start, value }, { branch, facts }) => {
  const length = BigInt((value.length - 2) >> 1)
  // The sum overflows in the contract and panics: no call data satisfies it.
  if (start + length > MAX_UINT256) return finding('caveat_unsatisfiable')
  if (start + length > BigInt(facts.size)) return finding('calldata_not_allowed')
  const from = 2 + Number(start) * 2
  if (facts.data.startsWith(value.slice(2), from)) return null
  const recipient = !branch.native && start === 4n && length === 32n && facts.data.startsWith(TRANSFER_SELECTOR)
  return finding(recipient ? 'recipient_not_allowed' : 'argument_not_allowed')
}
