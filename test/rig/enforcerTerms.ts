import * as abis from '@metamask/delegation-abis'
import {
  type Abi,
  type AbiFunction,
  decodeAbiParameters,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  getAbiItem,
  hexToString,
} from 'viem'
import { REVOCATION_METHODS } from '../../src/caveats/approvalRevocation.ts'
import type { KnownCaveat, KnownKind } from '../../src/caveats/codec.ts'
import { codecByKind } from '../../src/caveats/registry.ts'
import type { Execution } from '../../src/caveats/types.ts'
import { readBlock } from '../../src/chain/block.ts'
import { type CallAnswer, callAt, type NodeClient } from '../../src/chain/rpc.ts'
import {
  CREATE2_DEPLOYER,
  type Deployable,
  taskScopeDeployables,
  taskScopeReaderAddress,
} from '../../src/chain/taskScope.ts'
import { type Address, concatBytes, type Hex, sliceBytes } from '../../src/primitives/hex.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import { taskScopeReaderAbi } from '../vectors/taskScope/abi.ts'
import { taskScopeInfo } from '../vectors/taskScope/info.ts'
import { nodeOf } from './grant.ts'

/** What the enforcers of one chain read in terms, at one block. */
export type EnforcerReader = {
  client: NodeClient
  block: Hex
  chain: LocalChain
}

export async function enforcerReader(chain: LocalChain): Promise<EnforcerReader> {
  const client = nodeOf(chain.rpcUrl)
  await deployTaskScopeReader(chain)
  return { chain, client, block: (await readBlock(client)).hash }
}

/** The enforcer itself answers nothing about its terms: a second contract does. */
async function deployTaskScopeReader(chain: LocalChain): Promise<void> {
  const [, { data }] = taskScopeDeployables(chain.environment) as readonly [Deployable, Deployable]
  const hash = await chain.walletClient(chain.accounts[0]).sendTransaction({ to: CREATE2_DEPLOYER, data })
  await chain.publicClient.waitForTransactionReceipt({ hash })
}

/** What is compared: the values in the order in which the contract returns them. */
export function fieldsOf(caveat: KnownCaveat): unknown[] {
  switch (caveat.kind) {
    case 'allowedCalldata':
      return [caveat.start, caveat.value]
    case 'allowedMethods':
      return [caveat.selectors]
    case 'allowedTargets':
      return [caveat.targets]
    case 'approvalRevocation':
      return [REVOCATION_METHODS.map((method) => caveat.methods.includes(method))]
    case 'argsEqualityCheck':
      return [caveat.args]
    case 'blockNumber':
    case 'timestamp':
      return [caveat.after, caveat.before]
    case 'deployed':
      return [caveat.address, caveat.salt, caveat.bytecode]
    case 'erc1155BalanceChange':
      return [isDecrease(caveat), caveat.token, caveat.recipient, caveat.tokenId, caveat.amount]
    case 'erc20BalanceChange':
    case 'erc721BalanceChange':
      return [isDecrease(caveat), caveat.token, caveat.recipient, caveat.amount]
    case 'nativeBalanceChange':
      return [isDecrease(caveat), caveat.recipient, caveat.amount]
    case 'erc20PeriodTransfer':
      return [caveat.token, caveat.amount, caveat.duration, caveat.start]
    case 'nativePeriodTransfer':
      return [caveat.amount, caveat.duration, caveat.start]
    case 'erc20Streaming':
      return [caveat.token, caveat.initial, caveat.max, caveat.perSecond, caveat.start]
    case 'nativeStreaming':
      return [caveat.initial, caveat.max, caveat.perSecond, caveat.start]
    case 'erc20TransferAmount':
      return [caveat.token, caveat.limit]
    case 'erc721Transfer':
      return [caveat.token, caveat.tokenId]
    case 'exactCalldata':
      return [caveat.data]
    case 'exactCalldataBatch':
    case 'exactExecutionBatch':
      return [caveat.executions.map(executionFields)]
    case 'exactExecution':
      return [executionFields(caveat)]
    case 'id':
      return [caveat.id]
    case 'limitedCalls':
    case 'nativeTransferAmount':
      return [caveat.limit]
    case 'logicalOr':
      return [caveat.groups.map((group) => group.length)]
    case 'multiTokenPeriod':
      return [
        caveat.periods.map(({ token }) => token),
        caveat.periods.map(({ amount }) => amount),
        caveat.periods.map(({ duration }) => duration),
        caveat.periods.map(({ start }) => start),
      ]
    case 'nativePayment':
      return [caveat.recipient, caveat.amount]
    case 'nonce':
      return [caveat.nonce]
    case 'ownershipTransfer':
      return [caveat.target]
    case 'redeemer':
      return [caveat.redeemers]
    case 'specificActionBatch': {
      const { token, recipient, amount, first } = caveat
      const [firstTarget, firstValue, firstCalldata] = [first.target, first.value, first.data]
      return [{ tokenAddress: token, recipient, amount, firstTarget, firstValue, firstCalldata }]
    }
    case 'taskScope':
      return [taskScopeInfo(caveat)]
    case 'valueLte':
      return [caveat.max]
  }
}

const isDecrease = ({ direction }: { direction: string }) => direction === 'decrease'
const executionFields = ({ target, value, data }: Execution) => ({ target, value, callData: data })

/** What the contract reads: its values, or `null` where it reverts. */
export async function readOnChain(reader: EnforcerReader, kind: KnownKind, terms: Hex): Promise<unknown[] | null> {
  if (kind === 'approvalRevocation') return readRevocation(reader, terms)
  if (kind === 'logicalOr') return readGroups(reader, terms)
  const enforcer =
    kind === 'taskScope' ? taskScopeReaderAddress(reader.chain.environment.manager) : addressOf(reader, kind)
  if (kind === 'argsEqualityCheck') {
    const passed = await hook(reader, 'beforeHook', enforcer, { terms, args: terms })
    return passed.status === 'ok' ? [terms] : null
  }
  const abi = OWN_ABIS[kind] ?? published[codecByKind[kind].name]
  if (abi === undefined) throw new RangeError(`No ABI of ${kind}`)
  const functionName = kind === 'multiTokenPeriod' ? 'getAllTermsInfo' : 'getTermsInfo'
  const data = encodeFunctionData({ abi, functionName, args: [terms] })
  const answer = await callAt(reader.client, { to: enforcer, data, block: reader.block })
  if (answer.status === 'reverted') return null
  const result = decodeFunctionResult({ abi, functionName, data: answer.data })
  const getter = getAbiItem({ abi, name: functionName }) as AbiFunction
  return lower(getter.outputs.length === 1 ? [result] : (result as unknown[])) as unknown[]
}

const published: Readonly<Record<string, Abi>> = { ...abis } as never

/** The published ABI is that of release 1.3.0, which has no first value. */
const ACTION_ABI: Abi = [
  {
    type: 'function',
    name: 'getTermsInfo',
    stateMutability: 'pure',
    inputs: [{ name: 'terms', type: 'bytes' }],
    outputs: [
      {
        type: 'tuple',
        components: [
          { name: 'tokenAddress', type: 'address' },
          { name: 'recipient', type: 'address' },
          { name: 'amount', type: 'uint256' },
          { name: 'firstTarget', type: 'address' },
          { name: 'firstValue', type: 'uint256' },
          { name: 'firstCalldata', type: 'bytes' },
        ],
      },
    ],
  },
]

/** Where what is published is not what is deployed, or nothing is published. */
const OWN_ABIS: Readonly<Partial<Record<KnownKind, Abi>>> = {
  specificActionBatch: ACTION_ABI,
  taskScope: taskScopeReaderAbi,
}

/** No getter: what it allows shows in why it refuses a call of each method that lacks everything else. */
async function readRevocation(reader: EnforcerReader, terms: Hex): Promise<unknown[] | null> {
  const permit2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'
  const word = (value: number): Hex => `0x${value.toString(16).padStart(64, '0')}`
  const calls: Hex[] = [
    concatBytes('0x095ea7b3', word(1), word(1)),
    concatBytes('0x095ea7b3', word(0), word(1)),
    concatBytes('0xa22cb465', word(1), word(1)),
    concatBytes('0x87517c45', word(1), word(1), word(1), word(1)),
    '0xcc53287f',
    '0x65d9723c',
  ]
  const reasons = await Promise.all(
    calls.map(async (data) => {
      const execution = concatBytes(permit2, word(0), data)
      const answer = await hook(reader, 'beforeHook', addressOf(reader, 'approvalRevocation'), { terms, execution })
      return answer.status === 'ok' ? 'ok' : reasonOf(answer.data)
    }),
  )
  if (reasons.every((reason) => /:(?:invalid-terms|no-methods-allowed)/.test(reason))) return null
  return [reasons.map((reason) => !reason.endsWith('-not-allowed'))]
}

/** No getter: a group is there, and of this size, where its first hook, which does nothing in any enforcer, passes. */
async function readGroups(reader: EnforcerReader, terms: Hex): Promise<unknown[] | null> {
  const sizes: number[] = []
  for (let group = 0; ; group++) {
    const size = await groupSize(reader, terms, group)
    if (size === 'none') return [sizes]
    if (size === 'reverted') return null
    sizes.push(size)
  }
}

/** `AddressEmptyCode(address)` */
const ADDRESS_EMPTY_CODE = '0x9996b315'

async function groupSize(reader: EnforcerReader, terms: Hex, group: number): Promise<number | 'none' | 'reverted'> {
  const selected = [{ type: 'tuple', components: [{ type: 'uint256' }, { type: 'bytes[]' }] }] as const
  for (let size = 0; ; size++) {
    const args = encodeAbiParameters(selected, [[BigInt(group), Array<Hex>(size).fill('0x')]])
    const wrapper = addressOf(reader, 'logicalOr')
    const answer = await hook(reader, 'beforeAllHook', wrapper, { terms, args, from: reader.chain.environment.manager })
    const reason = answer.status === 'ok' ? 'ok' : reasonOf(answer.data)
    // The terms were read, and an enforcer in them is no contract.
    if (reason === 'ok' || reason.startsWith(ADDRESS_EMPTY_CODE)) return size
    if (reason.endsWith(':invalid-group-index')) return 'none'
    if (!reason.endsWith(':invalid-caveat-args-length') || size > 8) return 'reverted'
  }
}

/** A hook of an enforcer, called by itself. */
export function hook(
  { client, block }: EnforcerReader,
  name: 'beforeHook' | 'beforeAllHook',
  to: Address,
  { terms, args = '0x', execution = '0x', from }: { terms: Hex; args?: Hex; execution?: Hex; from?: Address },
): Promise<CallAnswer> {
  const zero: Hex = `0x${'00'.repeat(32)}`
  const nobody: Address = `0x${'00'.repeat(20)}`
  const data = encodeFunctionData({
    abi: abis.CaveatEnforcer,
    functionName: name,
    args: [terms, args, zero, execution, zero, nobody, nobody],
  })
  return callAt(client, { to, data, block, ...(from === undefined ? {} : { from }) })
}

function reasonOf(data: Hex): string {
  if (!data.startsWith('0x08c379a0')) return data
  const [text] = decodeAbiParameters([{ type: 'bytes' }], sliceBytes(data, 4))
  return hexToString(text)
}

export function addressOf({ chain }: EnforcerReader, kind: KnownKind): Address {
  return chain.environment.enforcers[codecByKind[kind].name] as Address
}

function lower(value: unknown): unknown {
  if (typeof value === 'string') return value.toLowerCase()
  if (Array.isArray(value)) return value.map(lower)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, lower(item)]))
}
