import type { Hex } from '../../primitives/hex.ts'
import { finding } from '../finding.ts'
import type { Check } from './check.ts'

/** `transferFrom`, and `safeTransferFrom` without and with data. */
export const NFT_TRANSFERS: readonly Hex[] = ['0x23b872dd', '0x42842e0e', '0xb88d4fde']
/** `transferOwnership(address)`. */
export const TRANSFER_OWNERSHIP: Hex = '0xf2fde38b'
const NO_ADDRESS = /^0{64}$/
const ADDRESS_WORD = /^0{24}[0-9a-f]{40}$/

/**
 * ERC721TransferEnforcer: one of the three transfer functions, for this token id. From and to are free, but they have to be
 * addresses other than zero. What comes behind 100 bytes is not looked at.
 */
export const erc721Transfer: Check<'erc721Transfer'> = ({ token, tokenId }, { facts }) => {
  if (facts.size < 100) return finding('calldata_not_allowed')
  const [from, to] = [facts.data.slice(10, 74), facts.data.slice(74, 138)]
  // The contract's decoder refuses a word that is no address.
  if (!ADDRESS_WORD.test(from) || !ADDRESS_WORD.test(to)) return finding('calldata_not_allowed')
  if (NO_ADDRESS.test(from) || NO_ADDRESS.test(to)) return finding('argument_not_allowed')
  if (facts.to !== token) return finding('target_not_allowed')
  if (!NFT_TRANSFERS.includes(facts.data.slice(0, 10) as Hex)) return finding('method_not_allowed')
  const requested = BigInt(`0x${facts.data.slice(138, 202)}`)
  return requested === tokenId ? null : finding('token_id_not_allowed', { limit: tokenId, requested })
}

/** OwnershipTransferEnforcer: `transferOwnership` of this contract, to anybody. */
export const ownershipTransfer: Check<'ownershipTransfer'> = ({ target }, { facts }) => {
  if (facts.size !== 36) return finding('calldata_not_allowed')
  if (!facts.data.startsWith(TRANSFER_OWNERSHIP)) return finding('method_not_allowed')
  return facts.to === target ? null : finding('target_not_allowed')
}
