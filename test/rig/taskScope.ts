import {
  decodeErrorResult,
  encodeAbiParameters,
  keccak256,
  type LocalAccount,
  numberToHex,
  type TransactionReceipt,
} from 'viem'
import { beforeAll } from 'vitest'
import type { Caveat } from '../../src/caveats/types.ts'
import { bytecode, abi as taskScopeAbi } from '../../src/chain/generated/taskScopeEnforcer.ts'
import { callAt } from '../../src/chain/rpc.ts'
import { send } from '../../src/chain/send.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { createDelegations } from '../../src/delegation/create.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../../src/delegation/execution.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeCall } from '../../src/redemption/encode.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Call } from '../../src/verdict/types.ts'
import { addressOf, nodeOf } from './grant.ts'

export { taskScopeAbi }

export const BATCH_MODE: Hex = `0x01${'00'.repeat(31)}`
export const SINGLE_TRY_MODE: Hex = `0x0001${'00'.repeat(30)}`

/** A link whose only caveat is the enforcer's; `parent` is the index of the link above, absent on a root. */
export type TermsLink = { signer: LocalAccount; delegate: Address; terms: Hex; parent?: number }

/** What is given to the manager: links from leaf to root. */
export type Redeeming = { links: readonly Delegation[]; mode: Hex; execution: Hex }

/** A custom error of the enforcer by the names of its arguments. */
export type Refusal = { error: string; [argument: string]: unknown }

export type TaskScopeRig = {
  enforcer: Address
  sign: (...links: TermsLink[]) => Promise<Delegation[]>
  /** Sends, at a block time if one is given (unix seconds), and insists that it went through. */
  redeem: (account: LocalAccount, redeeming: Redeeming, at?: bigint) => Promise<TransactionReceipt>
  /** Why the enforcer refuses; sends it too, and insists that it fails. The error is read one second before that. */
  refuse: (account: LocalAccount, redeeming: Redeeming, at?: bigint) => Promise<Refusal>
  send: (account: LocalAccount, to: Address, data: Hex) => Promise<TransactionReceipt>
  signRequest: (signer: LocalAccount, request: Request) => Promise<Hex>
  now: () => Promise<bigint>
}

export type Request = { delegation: Hex; mode: Hex; execution: Hex; number: bigint; deadline: bigint }

const REASONS = ['no rule', 'value', 'condition', 'allowance', 'budget']
const GAS = 6_000_000n

/** The TaskScopeEnforcer on a chain, and the real manager in front of it. */
export function useTaskScope(chain: LocalChain): TaskScopeRig {
  const rig = {
    async sign(...links) {
      const { chainId, manager } = chain.environment
      const drafts = links.map(({ signer, delegate, terms, parent = null }) => ({
        parent,
        delegator: addressOf(signer),
        delegate,
        caveats: [{ enforcer: rig.enforcer, terms, args: '0x' } satisfies Caveat],
        salt: keccak256(numberToHex(++salts)),
      }))
      const accept = ['open_delegate'] as const
      return Promise.all(
        createDelegations(drafts).map((delegation, index) =>
          signDelegation(links[index]?.signer as LocalAccount, { delegation, chainId, manager, accept }),
        ),
      )
    },

    async redeem(account, redeeming, at) {
      if (at !== undefined) await chain.testClient.setNextBlockTimestamp({ timestamp: at })
      const receipt = await rig.send(account, chain.environment.manager, dataOf(redeeming))
      if (receipt.status !== 'success') {
        const { error } = await refusalOf(chain, account, redeeming)
        throw new Error(`The redemption was refused: ${error}`)
      }
      return receipt
    },

    async refuse(account, redeeming, at) {
      if (at !== undefined) {
        await chain.testClient.setNextBlockTimestamp({ timestamp: at - 1n })
        await chain.testClient.mine({ blocks: 1 })
      }
      const refusal = await refusalOf(chain, account, redeeming)
      if (at !== undefined) await chain.testClient.setNextBlockTimestamp({ timestamp: at })
      const { status } = await rig.send(account, chain.environment.manager, dataOf(redeeming))
      if (status !== 'reverted') throw new Error(`The call was refused, and the transaction was not: ${refusal.error}`)
      return refusal
    },

    async send(account, to, data) {
      // Hardhat's node answers with an error for what fails in a block: this asks it whether it is in one all the same.
      const { hash } = await send(nodeOf(chain.rpcUrl), { account, chainId: chain.chainId, to, data, gas: GAS })
      return chain.publicClient.waitForTransactionReceipt({ hash })
    },

    signRequest: (signer, message) =>
      signer.signTypedData({
        domain: { name: 'TaskScopeEnforcer', version: '1', chainId: chain.chainId, verifyingContract: rig.enforcer },
        types: {
          Request: [
            { name: 'delegation', type: 'bytes32' },
            { name: 'mode', type: 'bytes32' },
            { name: 'execution', type: 'bytes' },
            { name: 'number', type: 'uint256' },
            { name: 'deadline', type: 'uint256' },
          ],
        },
        primaryType: 'Request',
        message,
      }),

    now: async () => (await chain.publicClient.getBlock()).timestamp,
  } as TaskScopeRig
  beforeAll(async () => {
    const hash = await chain.walletClient(chain.accounts[0]).deployContract({
      abi: taskScopeAbi,
      bytecode,
      args: [chain.environment.manager],
    })
    const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
    rig.enforcer = (contractAddress as Address).toLowerCase() as Address
  })
  return rig
}

export function singleOf(links: readonly Delegation[], call: Call): Redeeming {
  return { links, mode: SINGLE_DEFAULT_MODE, execution: encodeExecution(call) }
}

export function batchOf(links: readonly Delegation[], calls: readonly Call[]): Redeeming {
  const components = [{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }] as const
  const executions = calls.map(({ to, value, data }) => [to, value, data] as const)
  return { links, mode: BATCH_MODE, execution: encodeAbiParameters([{ type: 'tuple[]', components }], [executions]) }
}

/** The same with `args` for the leaf's caveat, which no signature of a delegation covers. */
export function withArgs({ links, ...rest }: Redeeming, args: Hex): Redeeming {
  const [leaf, ...above] = links as readonly [Delegation, ...Delegation[]]
  return { ...rest, links: [{ ...leaf, caveats: leaf.caveats.map((caveat) => ({ ...caveat, args })) }, ...above] }
}

/** Call data for the manager. */
export function dataOf({ links, mode, execution }: Redeeming): Hex {
  return encodeCall(encodeContext(links), mode, execution)
}

export function readRefusal(data: Hex): Refusal {
  const { abiItem, args = [], errorName } = decodeErrorResult({ abi: taskScopeAbi, data })
  const named: Record<string, unknown> = Object.fromEntries(
    abiItem.inputs.map(({ name }, index) => [name, args[index]]),
  )
  if (errorName === 'NotAdmitted') named['reason'] = REASONS[Number(named['reason'])]
  return { error: errorName, ...named }
}

/** A random-looking address: no run of zero bytes, which would make call data cheaper than it is. */
export function addressFrom(seed: number): Address {
  return `0x${keccak256(numberToHex(seed)).slice(26)}`
}

let salts = 0

async function refusalOf(chain: LocalChain, account: LocalAccount, redeeming: Redeeming): Promise<Refusal> {
  const { hash: block } = await chain.publicClient.getBlock()
  const call = { from: addressOf(account), to: chain.environment.manager, data: dataOf(redeeming), gas: GAS, block }
  const answer = await callAt(nodeOf(chain.rpcUrl), call)
  if (answer.status === 'reverted') return readRefusal(answer.data)
  throw new Error('The redemption was not refused.')
}
