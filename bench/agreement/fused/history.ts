import { encodeFunctionData, parseAbi } from 'viem'
import { hashDelegation } from '../../../src/delegation/index.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../../src/verdict/prepared.ts'
import type { State } from '../../../src/verdict/types.ts'
import { chance, type Draw, pick } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { redemptionData } from '../chainAnswer.ts'
import { disabling, type Transaction, transactAll } from '../history.ts'
import type { Rig } from '../rig.ts'
import { head, send } from '../rpc.ts'
import { nearFused, signed } from './actions.ts'
import { type Live, readStates } from './ask.ts'
import { nearOf } from './near.ts'

type Around = { rig: Rig; draw: Draw; world: World }

/** Most redemptions of one grant before it is judged. */
const MOST = 3

/**
 * Redemptions, burned numbers, ended groups and revocations before anything is judged: real transactions, some of which fail.
 * The grants know nothing of each other, so that one block has the next transaction of each.
 */
export async function makeFusedHistories(around: Around, all: readonly Live[]): Promise<void> {
  const { rig, draw } = around
  const counts = all.map(() => draw.int(MOST + 1))
  for (let step = 0; step < MOST; step++) {
    const acting = all.filter((_, index) => (counts[index] ?? 0) > step)
    const states = await readStates(rig, acting)
    const redemptions: Transaction[] = []
    for (const [index, live] of acting.entries()) redemptions.push(await redeem(around, live, states[index] as State))
    await pass(around)
    await transactAll(rig, redemptions)
  }
  const endings = all.flatMap((live) => end(around, live))
  await pass(around)
  await transactAll(rig, endings)
}

async function redeem(around: Around, { grant, prepared, bases }: Live, state: State): Promise<Transaction> {
  const { rig, draw, world } = around
  const index = draw.int(prepared.branches.length)
  const near = nearOf(around, world, prepared.branches[index] as PreparedBranch, state)
  const [leaf] = near.branch.links
  const redeemer = leaf !== undefined && world.agents.includes(leaf.delegate) ? leaf.delegate : pick(draw, world.agents)
  const plain = { chainId: world.chainId, redeemer, calls: pick(draw, bases) }
  const action = chance(draw, 80) ? await signed(near, plain) : await nearFused(near, bases)
  return { from: action.redeemer, to: rig.manager, data: redemptionData(grant, index, action) }
}

/** A few seconds mostly, as between two actions of one agent; or so many that a short period ends. */
async function pass({ rig, draw }: Around): Promise<void> {
  if (!chance(draw, 80)) return
  const { timestamp } = await head(rig.chain.rpcUrl)
  const seconds = 1 + draw.int(chance(draw, 60) ? 5 : 40)
  await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(timestamp) + seconds])
}

/** What ends without being redeemed. */
function end({ rig, draw }: Around, { grant, prepared, ledger }: Live): Transaction[] {
  const [leaf] = prepared.branches[0]?.links ?? []
  const terms = leaf?.caveats[0]?.taskScope
  if (leaf === undefined || terms === null || terms === undefined) return []
  const { enforcer: to, hash, delegator } = terms.place
  const { group, guardian, requestKey, confirmer } = terms.terms
  const signer = requestKey ?? confirmer
  const numbers = signer === null || chance(draw, 40) ? [] : [0n, 1n, 255n, 2n ** 64n - 1n]
  const endings = numbers.map((number): Transaction => {
    const data = encodeFunctionData({ abi: ENFORCER, functionName: 'burnRequest', args: [hash, number] })
    return { from: signer as Address, to, data }
  })
  if (chance(draw, 5)) {
    const args = [delegator, group, guardian ?? NOBODY] as const
    const data = encodeFunctionData({ abi: ENFORCER, functionName: 'endGroup', args })
    endings.push({ from: guardian ?? delegator, to, data })
  }
  if (chance(draw, 4)) {
    const delegation = pick(draw, grant.delegations)
    endings.push(disabling(rig, delegation))
    ledger.disabled.add(hashDelegation(delegation))
  }
  return endings
}

const ENFORCER = parseAbi([
  'function burnRequest(bytes32 delegationHash, uint64 number)',
  'function endGroup(address delegator, bytes8 group, address guardian)',
])
const NOBODY: Address = `0x${'00'.repeat(20)}`
