import type { Address, Hex } from '../primitives/hex.ts'
import type { Redemption } from '../redemption/types.ts'
import { ChainError } from './errors.ts'
import { decodeRevert, type Revert } from './revert.ts'
import { callAt, malformed, type NodeClient } from './rpc.ts'

/** What the chain would do with these bytes at one block. `doubt`: it could not be asked, so nothing is known. */
export type Simulation =
  | { status: 'ok' }
  | { status: 'reverted'; error: Revert }
  | { status: 'doubt'; error: ChainError }

export type SimulateParameters = {
  redemption: Redemption
  /** Who will send: the manager looks at it. */
  from: Address
  /** Hash of the block. */
  block: Hex
  /** Of the whole transaction: what needs more is refused. Absent: the node's cap. */
  gas?: bigint
}

/** Runs a redemption by `eth_call` at one named block. Never throws for what the node does: a doubt is an answer here. */
export async function simulate(
  client: NodeClient,
  { redemption, from, block, gas }: SimulateParameters,
): Promise<Simulation> {
  try {
    const answer = await callAt(client, {
      to: redemption.manager,
      data: redemption.data,
      from,
      block,
      ...(gas === undefined ? {} : { gas }),
    })
    if (answer.status === 'reverted') return { status: 'reverted', error: decodeRevert(answer.data) }
    // `redeemDelegations` returns nothing: bytes here mean that something else answered.
    if (answer.data !== '0x') return { status: 'doubt', error: malformed('eth_call', 'no bytes', answer.data) }
    return { status: 'ok' }
  } catch (error) {
    if (error instanceof ChainError) return { status: 'doubt', error }
    throw error
  }
}
