import { keccak256 } from 'viem'
import { readQuantity } from '../chain/answers.ts'
import { readBlock } from '../chain/block.ts'
import { ChainError } from '../chain/errors.ts'
import { ask, type NodeClient } from '../chain/rpc.ts'
import { broadcast, readFees } from '../chain/send.ts'
import { simulate } from '../chain/simulate.ts'
import type { Address } from '../primitives/hex.ts'
import { encodeRedemption } from '../redemption/encode.ts'
import { movedOn } from './errors.ts'
import { actionOf, askedOf } from './request.ts'
import { openGrant, type Service } from './service.ts'
import { claimActions, moveAction, type StoredAction } from './store/actions.ts'
import type { Query } from './store/database.ts'
import { stopOf, subjectsOf } from './store/stops.ts'
import { bindActions, inFlight, keepSubmission, type Submission, takeNonce } from './store/submissions.ts'

/**
 * Signs the oldest actions that were allowed, each in a transaction of its own, and sends them. Gives how many it took.
 *
 * **Sign, commit, then broadcast**: nonce, bytes and the action's new state are one durable write, made before any byte
 * leaves. After it every process may send those bytes any number of times, and none ever signs others in their place.
 */
export async function submitNext(service: Service, limit = 16): Promise<number> {
  const { database, now, settings } = service
  const taken = await database.transaction((query) =>
    claimActions(query, database.dialect, { state: 'allowed', now: now(), until: now() + settings.claimMs, limit }),
  )
  // One after the other: their nonces follow one another.
  for (const action of taken) await submitOne(service, action).catch(unsent)
  return taken.length
}

async function submitOne(service: Service, stored: StoredAction): Promise<void> {
  const { database, node, environment, settings } = service
  const { grant } = await openGrant(service, database.query, stored.grantId)
  const action = actionOf(askedOf(stored))
  const account = service.signers.get(action.redeemer)
  // Kept by another replica's key, or by one that is gone: it waits for whoever has it.
  if (account === undefined) return
  if ((await inFlight(database.query, action.redeemer)) >= settings.mostInFlight) return
  const redemption = encodeRedemption(grant, stored.branch ?? 0, action)
  const gas = settings.gas.redemption + settings.gas.call * BigInt(action.calls.length)
  const { head, fees, nonce } = await readLane(node, action.redeemer)
  const simulation = await simulate(node, { redemption, from: action.redeemer, block: head.hash, gas })
  if (simulation.status === 'doubt') throw simulation.error
  if (simulation.status === 'reverted') {
    // What was allowed is not any more: it is decided anew, with the reason, and waits or ends there.
    await database.transaction((query) => back(service, query, stored)).catch(movedOn)
    return
  }
  if (fees.maxFeePerGas > settings.feeCap) return
  const raw = await database
    .transaction(async (query) => {
      if ((await stopOf(query, subjectsOf(stored))) !== undefined) {
        await back(service, query, stored)
        return null
      }
      await moveAction(query, { id: stored.id, from: 'allowed', to: 'submitted', at: service.now() })
      const place = { signer: action.redeemer, atLeast: nonce }
      const taken = await takeNonce(query, database.dialect, place)
      const { manager: to, data } = redemption
      const transaction = {
        type: 'eip1559',
        chainId: environment.chainId,
        to,
        data,
        gas,
        nonce: taken,
        ...fees,
      } as const
      const signed = await account.signTransaction(transaction)
      await bindActions(query, { signer: action.redeemer, nonce: taken }, [stored.id])
      await keepSubmission(query, {
        hash: keccak256(signed),
        signer: action.redeemer,
        nonce: taken,
        kind: 'redemption',
        raw: signed,
        fee: fees.maxFeePerGas,
        sinceBlock: Number(head.number),
        signedAt: service.now(),
      } satisfies Omit<Submission, 'block'>)
      return signed
    })
    .catch(movedOn)
  if (raw === null || raw === undefined) return
  await broadcast(node, { hash: keccak256(raw), raw, nonce: BigInt(nonce) })
}

/** The head, what gas costs, and the nonce from which a lane goes on where nothing of ours is known. */
async function readLane(node: NodeClient, signer: Address) {
  const method = 'eth_getTransactionCount'
  const [head, fees, count] = await Promise.all([
    readBlock(node),
    readFees(node),
    ask(node, method, [signer, 'latest']).then((answer) => readQuantity(method, answer)),
  ])
  return { head, fees, nonce: Number(count) }
}

async function back({ now }: Service, query: Query, { id }: StoredAction): Promise<void> {
  await moveAction(query, { id, from: 'allowed', to: 'ticketed', at: now() })
}

/** The chain could not be asked, or did not take the bytes now: `follow` sends them again. */
function unsent(error: unknown): void {
  if (!(error instanceof ChainError)) throw error
}
