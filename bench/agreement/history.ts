import { encodeFunctionData, keccak256, numberToHex } from 'viem'
import { hashDelegation } from '../../src/delegation/index.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { PreparedGrant } from '../../src/verdict/prepared.ts'
import type { State } from '../../src/verdict/types.ts'
import { nearAction } from '../../test/arbitraries/action.ts'
import { chance, type Draw, pick } from '../../test/arbitraries/draw.ts'
import type { World } from '../../test/arbitraries/grantSketch.ts'
import { chainFailed } from '../errors.ts'
import { redemptionData } from './chainAnswer.ts'
import type { Subject } from './grants.ts'
import { managerAbi, type Rig } from './rig.ts'
import { type RpcRequest, send, sendBatch } from './rpc.ts'

export type Transaction = { from: Address; to: Address; data: Hex }

/** What a history did to a grant's links, kept apart from what the chain says of them. */
export type Ledger = { disabled: Set<Hex> }

/** Redemptions, revocations and ended groups before the actions are judged: real transactions, some of which revert. */
export async function makeHistory(
  draw: Draw,
  rig: Rig,
  world: World,
  subject: Subject,
  prepared: PreparedGrant,
  state: State,
): Promise<Ledger> {
  const { grant, bases, corner } = subject
  const ledger: Ledger = { disabled: new Set() }
  if (corner === 'spoiled') {
    await spoilPeriod(rig, grant.delegations.map(hashDelegation))
    return ledger
  }
  if (corner === 'used') {
    const redeemer = grant.delegations[0]?.delegate as Address
    const action = { chainId: world.chainId, redeemer, calls: bases[0] ?? [] }
    await transact(rig, redeemer, rig.manager, redemptionData(grant, 0, action))
    return ledger
  }
  // What works once has mostly been used otherwise before anybody judges it.
  for (let count = pick(draw, subject.brief ? [0, 0, 0, 1, 2] : [0, 1, 1, 2, 3]); count > 0; count--) {
    const index = draw.int(grant.branches.length)
    const branch = prepared.branches[index]
    const base = bases[index]
    if (branch === undefined || base === undefined) continue
    const near = nearAction(draw, world, branch, state, base)
    const action = { ...near, chainId: world.chainId, calls: chance(draw, 30) ? near.calls : base }
    await transact(rig, near.redeemer, rig.manager, redemptionData(grant, index, action))
  }
  if (corner === 'revoked' || chance(draw, 4)) {
    await disable(rig, pick(draw, grant.delegations), ledger)
  }
  if (chance(draw, 4)) await fillCounter(draw, rig, grant.delegations.map(hashDelegation))
  return ledger
}

/** Revokes a delegation, and keeps that in the books. */
export async function disable(rig: Rig, delegation: Delegation, ledger: Ledger): Promise<void> {
  const { from, to, data } = disabling(rig, delegation)
  await transact(rig, from, to, data)
  ledger.disabled.add(hashDelegation(delegation))
}

export function disabling({ manager }: Rig, delegation: Delegation): Transaction {
  const args = [{ ...delegation, salt: BigInt(delegation.salt) }] as const
  const data = encodeFunctionData({ abi: managerAbi, functionName: 'disableDelegation', args })
  return { from: delegation.delegator, to: manager, data }
}

/** Ends every delegation of one account that carries a nonce. */
export async function endGroup(rig: Rig, delegator: Address): Promise<void> {
  const enforcer = rig.environment.enforcers['NonceEnforcer'] as Address
  const data = encodeFunctionData({ abi: managerAbi, functionName: 'incrementNonce', args: [rig.manager] })
  await transact(rig, delegator, enforcer, data)
}

export async function setPaused(rig: Rig, paused: boolean): Promise<void> {
  const owner = await rig.chain.publicClient.readContract({
    address: rig.manager,
    abi: managerAbi,
    functionName: 'owner',
  })
  const data = encodeFunctionData({ abi: managerAbi, functionName: paused ? 'pause' : 'unpause' })
  await transact(rig, owner.toLowerCase() as Address, rig.manager, data)
}

/** A mined transaction of an account of the local chain; a revert is mined too. */
export async function transact(rig: Rig, from: Address, to: Address, data: Hex): Promise<void> {
  const hash = await send(rig.chain.rpcUrl, 'eth_sendTransaction', [{ from, to, data, gas: GAS }])
  // The node answers before it has mined: without this the state would be read a block too early.
  for (;;) {
    const receipt = await send(rig.chain.rpcUrl, 'eth_getTransactionReceipt', [hash])
    if (receipt !== null) return
  }
}

/**
 * All of them in one block, where the chain mines on demand only.
 *
 * @throws `bench.chain_failed` where one is not in it: what comes after would be about another history.
 */
export async function transactAll({ chain: { rpcUrl } }: Rig, transactions: readonly Transaction[]): Promise<void> {
  const senders = [...new Set(transactions.map(({ from }) => from))]
  const nonces = await sendBatch(
    rpcUrl,
    senders.map((from): RpcRequest => ({ method: 'eth_getTransactionCount', params: [from, 'latest'] })),
  )
  const next = new Map(senders.map((from, index) => [from, Number(nonces[index]?.result)]))
  const requests = transactions.map(({ from, to, data }): RpcRequest => {
    const nonce = next.get(from) ?? 0
    next.set(from, nonce + 1)
    return { method: 'eth_sendTransaction', params: [{ from, to, data, gas: GAS, nonce: numberToHex(nonce) }] }
  })
  const sent = await sendBatch(rpcUrl, requests)
  await send(rpcUrl, 'evm_mine', [])
  const { transactions: mined } = (await send(rpcUrl, 'eth_getBlockByNumber', ['latest', false])) as {
    transactions: unknown[]
  }
  const lost = sent.find(({ result }) => !mined.includes(result))
  if (lost !== undefined) throw chainFailed('eth_sendTransaction', lost)
}

/** Counters that no history reaches: just below where the contract's addition panics. */
async function fillCounter(draw: Draw, rig: Rig, hashes: readonly Hex[]): Promise<void> {
  const name = pick(draw, ['ERC20TransferAmountEnforcer', 'NativeTokenTransferAmountEnforcer', 'LimitedCallsEnforcer'])
  await setStorage(rig, name, pick(draw, hashes), 0n, MAX - BigInt(draw.int(name === 'LimitedCallsEnforcer' ? 2 : 40)))
}

/** A started period without a duration, by which the contract divides. No history makes one. */
async function spoilPeriod(rig: Rig, hashes: readonly Hex[]): Promise<void> {
  for (const hash of hashes) await setStorage(rig, 'ERC20PeriodTransferEnforcer', hash, 2n, 1n)
}

/** Word `member` of what an enforcer keeps: slot 0, by manager, by delegation. */
async function setStorage(rig: Rig, enforcer: string, hash: Hex, member: bigint, value: bigint): Promise<void> {
  const inner = keccak256(`0x${rig.manager.slice(2).padStart(64, '0')}${'0'.repeat(64)}`)
  const slot = BigInt(keccak256(`${hash}${inner.slice(2)}`)) + member
  const address = rig.environment.enforcers[enforcer]
  const words = [numberToHex(slot, { size: 32 }), numberToHex(value, { size: 32 })]
  await send(rig.chain.rpcUrl, 'anvil_setStorageAt', [address, ...words])
}

const MAX = (1n << 256n) - 1n
/** Of one transaction: more than a batch of the longest calls takes for its calldata alone, and as much as one may have. */
const GAS = '0xf42400'
