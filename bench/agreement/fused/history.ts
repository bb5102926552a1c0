import { encodeFunctionData, parseAbi } from 'viem'
import type { Address } from '../../../src/primitives/hex.ts'
import type { PreparedBranch, PreparedGrant } from '../../../src/verdict/prepared.ts'
import { chance, type Draw, pick } from '../../../test/arbitraries/draw.ts'
import type { World } from '../../../test/arbitraries/grantSketch.ts'
import { redemptionData } from '../chainAnswer.ts'
import { disable, type Ledger, transact } from '../history.ts'
import type { Rig } from '../rig.ts'
import { head, send } from '../rpc.ts'
import { nearFused, signed } from './actions.ts'
import { nearOf } from './near.ts'
import type { FusedSubject } from './subjects.ts'

/** Redemptions, burned numbers, ended groups and revocations before anything is judged: real transactions, some of which fail. */
export async function makeFusedHistory(
  run: { rig: Rig; draw: Draw },
  world: World,
  subject: FusedSubject,
  prepared: PreparedGrant,
): Promise<Ledger> {
  const { rig, draw } = run
  const { grant } = subject
  const ledger: Ledger = { disabled: new Set() }
  for (let count = draw.int(4); count > 0; count--) {
    const index = draw.int(prepared.branches.length)
    const near = await nearOf(run, world, subject, prepared.branches[index] as PreparedBranch)
    const [leaf] = near.branch.links
    const redeemer =
      leaf !== undefined && world.agents.includes(leaf.delegate) ? leaf.delegate : pick(draw, world.agents)
    const plain = { chainId: world.chainId, redeemer, calls: pick(draw, subject.bases) }
    const action = chance(draw, 80) ? await signed(near, plain) : await nearFused(near, subject.bases)
    if (chance(draw, 60)) {
      const { timestamp } = await head(rig.chain.rpcUrl)
      await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(timestamp) + 1 + draw.int(5)])
    }
    await transact(rig, action.redeemer, rig.manager, redemptionData(grant, index, action))
  }
  const [leaf] = prepared.branches[0]?.links ?? []
  const terms = leaf?.caveats[0]?.taskScope
  if (leaf === undefined || terms === null || terms === undefined) return ledger
  const { enforcer, hash, delegator } = terms.place
  const { group, guardian, requestKey, confirmer } = terms.terms
  const signer = requestKey ?? confirmer
  for (const number of signer === null || chance(draw, 40) ? [] : [0n, 1n, 255n, 2n ** 64n - 1n]) {
    const data = encodeFunctionData({ abi: ENFORCER, functionName: 'burnRequest', args: [hash, number] })
    await transact(rig, signer as Address, enforcer, data)
  }
  if (chance(draw, 5)) {
    const args = [delegator, group, guardian ?? NOBODY] as const
    await transact(
      rig,
      guardian ?? delegator,
      enforcer,
      encodeFunctionData({ abi: ENFORCER, functionName: 'endGroup', args }),
    )
  }
  if (chance(draw, 4)) await disable(rig, pick(draw, grant.delegations), ledger)
  return ledger
}

const ENFORCER = parseAbi([
  'function burnRequest(bytes32 delegationHash, uint64 number)',
  'function endGroup(address delegator, bytes8 group, address guardian)',
])
const NOBODY: Address = `0x${'00'.repeat(20)}`
