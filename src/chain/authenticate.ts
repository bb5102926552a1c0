import {
  formatTransaction,
  keccak256,
  type RpcTransaction,
  recoverTransactionAddress,
  serializeTransaction,
  type TransactionSerializable,
} from 'viem'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Fields } from './answers.ts'
import { malformed } from './rpc.ts'

/**
 * Holds a node to the hash it was asked for: the fields it shows must be those that the hash commits to, and the sender the
 * one whose key signed them. Only that a block holds it is then still the node's word.
 *
 * @throws `ChainError` `chain.rpc_malformed`, also for transaction types other than 0, 1, 2 and 4, which nobody signs here.
 */
export async function authenticate(
  method: string,
  fields: Fields,
  expected: { hash: Hex; from: Address },
): Promise<void> {
  const serialized = serialize(fields)
  if (serialized === null || keccak256(serialized) !== expected.hash) {
    throw malformed(method, `a transaction that hashes to ${expected.hash}`, null)
  }
  const signer = await recoverTransactionAddress({ serializedTransaction: serialized as `0x02${string}` }).catch(
    () => null,
  )
  if (signer?.toLowerCase() !== expected.from) throw malformed(method, 'the sender that signed', expected.from)
}

function serialize(fields: Fields): Hex | null {
  try {
    const formatted = formatTransaction(fields as unknown as RpcTransaction)
    const { r, s, v, yParity, input, type } = formatted
    if (type !== 'legacy' && type !== 'eip2930' && type !== 'eip1559' && type !== 'eip7702') return null
    const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = formatted
    const fees = type === 'legacy' || type === 'eip2930' ? { gasPrice } : { maxFeePerGas, maxPriorityFeePerGas }
    const { chainId, nonce, to, value, gas, accessList, authorizationList } = formatted
    const rest = {
      ...(type === 'legacy' ? {} : { accessList }),
      ...(type === 'eip7702' ? { authorizationList } : {}),
    }
    const transaction = { type, chainId, nonce, to, value, gas, data: input, ...fees, ...rest }
    return serializeTransaction(
      transaction as TransactionSerializable,
      { r, s, v, yParity: yParity as number } as never,
    )
  } catch {
    // Fields that no signed transaction has: too large, missing, or of another form.
    return null
  }
}
