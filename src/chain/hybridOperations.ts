import { encodeFunctionData, type LocalAccount, parseAbi } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { type Address, concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'
import { readUint, readWords } from './answers.ts'
import { ChainError } from './errors.ts'
import { callAt, getAt, type NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'

const abi = parseAbi([
  'struct PackedUserOperation { address sender; uint256 nonce; bytes initCode; bytes callData; bytes32 accountGasLimits; uint256 preVerificationGas; bytes32 gasFees; bytes paymasterAndData; bytes signature; }',
  'function handleOps(PackedUserOperation[] ops, address payable beneficiary)',
  'function getNonce(address sender, uint192 key) view returns (uint256)',
  'function owner() view returns (address)',
])

const types = {
  PackedUserOperation: [
    { name: 'sender', type: 'address' },
    { name: 'nonce', type: 'uint256' },
    { name: 'initCode', type: 'bytes' },
    { name: 'callData', type: 'bytes' },
    { name: 'accountGasLimits', type: 'bytes32' },
    { name: 'preVerificationGas', type: 'uint256' },
    { name: 'gasFees', type: 'bytes32' },
    { name: 'paymasterAndData', type: 'bytes' },
    { name: 'entryPoint', type: 'address' },
  ],
} as const

const VERIFICATION_GAS = 200_000n
const CALL_GAS = 400_000n

/**
 * Calls that a Hybrid account makes on itself, which only its entry point may ask of it: user operations that the owner
 * signs and submits in one transaction of its own. No bundler takes part, and the account needs no deposit: the operations
 * offer no fee, the owner's transaction pays for the gas.
 *
 * @throws {@link ChainError} `chain.principal_unsupported` where the account is not owned by this key; those of `send`.
 */
export async function sendAsHybrid(
  client: NodeClient,
  parameters: {
    account: LocalAccount
    sender: Address
    calls: readonly Hex[]
    environment: Environment
    block: Hex
    onSigned?: (sent: Sent) => void | Promise<void>
  },
): Promise<Sent> {
  const { account, sender, calls, environment, block, onSigned } = parameters
  const owner = account.address.toLowerCase()
  if (typeof account.signTypedData !== 'function' || (await ownerOf(client, sender, block)) !== owner) {
    throw new ChainError('chain.principal_unsupported', 'This account does not own the smart account.', {
      details: { account: owner, smartAccount: sender },
      fix: 'Give the account of its owner. Passkey and multi-signature owners have to revoke in their own wallet.',
    })
  }
  const nonce = await nonceOf(client, environment.entryPoint, sender, block)
  const operations = await Promise.all(
    calls.map(async (callData, index) => {
      const operation = {
        sender,
        nonce: nonce + BigInt(index),
        initCode: '0x',
        callData,
        accountGasLimits: concatBytes(uintToBytes(VERIFICATION_GAS, 16), uintToBytes(CALL_GAS, 16)),
        preVerificationGas: 0n,
        gasFees: uintToBytes(0n, 32),
        paymasterAndData: '0x',
      } as const
      const signature = await account.signTypedData({
        domain: { name: 'HybridDeleGator', version: '1', chainId: environment.chainId, verifyingContract: sender },
        types,
        primaryType: 'PackedUserOperation',
        message: { ...operation, entryPoint: environment.entryPoint },
      })
      return { ...operation, signature }
    }),
  )
  return send(client, {
    account,
    chainId: environment.chainId,
    to: environment.entryPoint,
    data: encodeFunctionData({ abi, functionName: 'handleOps', args: [operations, account.address] }),
    // An estimate would find the least at which nothing reverts: an operation that ran out of gas does not revert.
    gas: 150_000n + BigInt(calls.length) * (VERIFICATION_GAS + CALL_GAS),
    ...(onSigned === undefined ? {} : { onSigned }),
  })
}

async function ownerOf(client: NodeClient, sender: Address, block: Hex): Promise<Address | null> {
  const answer = await callAt(client, { to: sender, data: encodeFunctionData({ abi, functionName: 'owner' }), block })
  if (answer.status === 'reverted') return null
  readWords('eth_call', answer.data, 1)
  return sliceBytes(answer.data, 12)
}

async function nonceOf(client: NodeClient, entryPoint: Address, sender: Address, block: Hex): Promise<bigint> {
  const data = encodeFunctionData({ abi, functionName: 'getNonce', args: [sender, 0n] })
  return readUint('eth_call', await getAt(client, { to: entryPoint, data, block }))
}
