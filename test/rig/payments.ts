import type { LocalAccount } from 'viem'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { type Sent, send } from '../../src/chain/send.ts'
import { type WaitForOutcomeParameters, waitForOutcome } from '../../src/chain/waitForOutcome.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Outcome } from '../../src/outcome/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import type { Redemption } from '../../src/redemption/types.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Action } from '../../src/verdict/types.ts'
import { mint } from './chain.ts'
import { type FaultyRpc, startFaultyRpc } from './faultyRpc.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall, upgraded } from './grant.ts'

export type Payment = { grant: Grant; action: Action; redemption: Redemption }

export type PaymentRig = {
  alice: LocalAccount
  agent: LocalAccount
  client: NodeClient
  /** The same node behind `rpc`. */
  doubtful: NodeClient
  rpc: FaultyRpc
  payment: (limit: bigint, amount: bigint) => Promise<Payment>
  /** Sends, and while the node mines by itself waits for the block. */
  submit: (payment: Payment, nonce?: bigint) => Promise<Sent>
  /** One look, unless a timeout is given. */
  wait: (
    payment: Payment,
    sent: WaitForOutcomeParameters['sent'],
    more?: Partial<WaitForOutcomeParameters>,
    node?: NodeClient,
  ) => Promise<Outcome>
}

/** A funded principal, its agent, and a node that fails on demand: what tests of sending and waiting start from. */
export function usePayments(chain: LocalChain, payee: Address): PaymentRig {
  // The accounts and clients come before the first test.
  const rig = {
    async payment(limit, amount) {
      const caveats = payCaveats(chain, limit)
      const grant = await grantOf(chain, [{ signer: rig.alice, delegate: addressOf(rig.agent), caveats }])
      const action = actionOf(chain, addressOf(rig.agent), transferCall(chain.token.address, payee, amount))
      return { grant, action, redemption: encodeRedemption(grant, 0, action) }
    },

    // A node answers before it mines by itself: one look afterwards would find the transaction sometimes.
    async submit({ redemption }, nonce) {
      const sent = await send(rig.client, {
        account: rig.agent,
        chainId: chain.chainId,
        to: redemption.manager,
        data: redemption.data,
        gas: 500_000n,
        ...(nonce === undefined ? {} : { nonce }),
      })
      if (await chain.testClient.getAutomine()) {
        await chain.publicClient.waitForTransactionReceipt({ hash: sent.hash })
      }
      return sent
    },

    wait({ redemption, action }, sent, more = {}, node = rig.client) {
      const { environment } = chain
      const principal = addressOf(rig.alice)
      return waitForOutcome(node, { sent, redemption, action, principal, environment, timeout: 0, ...more })
    },
  } as PaymentRig
  beforeAll(async () => {
    const [alice, agent] = chain.accounts as unknown as [LocalAccount, LocalAccount]
    const rpc = await startFaultyRpc(chain.rpcUrl)
    Object.assign(rig, { alice, agent, rpc, client: nodeOf(chain.rpcUrl), doubtful: nodeOf(rpc.url) })
    await upgraded(chain, alice)
    await mint(chain, addressOf(alice), 1_000_000n)
  })
  beforeEach(async () => {
    rig.rpc.fault = () => null
    rig.rpc.seen.length = 0
    await chain.testClient.setAutomine(true)
  })
  afterAll(() => rig.rpc.stop())
  return rig
}
