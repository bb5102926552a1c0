import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalAccount } from 'viem'
import { createNode } from '../../src/chain/node.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { encodeRequestEvidence } from '../../src/receipt/evidence.ts'
import { createRequest, signRequest as signAsked } from '../../src/receipt/request.ts'
import { accept } from '../../src/redeemer/accept.ts'
import { decideNext } from '../../src/redeemer/decideNext.ts'
import { follow } from '../../src/redeemer/follow.ts'
import { importGrant } from '../../src/redeemer/importGrant.ts'
import { DEFAULTS, type Service, type Settings } from '../../src/redeemer/service.ts'
import { findAction, type StoredAction } from '../../src/redeemer/store/actions.ts'
import { migrate } from '../../src/redeemer/store/schema.ts'
import { openSqlite } from '../../src/redeemer/store/sqlite.ts'
import { submitNext } from '../../src/redeemer/submitNext.ts'
import { requestOf, signRequest } from '../../src/redemption/request.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Action, Call } from '../../src/verdict/types.ts'
import { issuer, signer } from '../vectors/receipts/example.ts'
import { addressOf } from './grant.ts'

export type RedeemerRig = {
  service: Service
  /** Another process on the same store: nothing of the first one's memory. */
  restarted: () => Service
  /** What the agent sends for these calls. */
  body: (
    grant: Grant,
    agent: LocalAccount,
    calls: readonly Call[],
    number: bigint,
    /** Seconds by which the request of the receipts outlives the one that the chain checks. */
    later?: bigint,
  ) => Promise<Uint8Array>
  ask: (grant: Grant, agent: LocalAccount, calls: readonly Call[], number: bigint) => Promise<StoredAction>
  stateOf: (action: StoredAction) => Promise<string | undefined>
  /** Blocks, with whatever waits in the first of them. */
  mine: (blocks?: number) => Promise<void>
  /** Time goes by, for the chain and for the service. */
  pass: (seconds: number) => Promise<void>
  /** Every step there is, until nothing moves any more: a block between two rounds. */
  settle: (service?: Service) => Promise<void>
  close: () => Promise<void>
}

/** A redeemer on an embedded store, one step at a time. The chain mines by hand. */
export async function redeemerOn(
  chain: LocalChain,
  redeemers: readonly LocalAccount[],
  settings: Partial<Settings> = {},
): Promise<RedeemerRig> {
  const folder = mkdtempSync(join(tmpdir(), 'ambit-redeemer-'))
  const database = await openSqlite(join(folder, 'ambit.db'))
  await migrate(database)
  await chain.testClient.setAutomine(false)
  const { timestamp } = await chain.publicClient.getBlock()
  // The chain's clock may have been put forward before: ours goes with it.
  let ahead = Math.max(0, Number(timestamp) * 1_000 - Date.now())
  const service = (): Service => ({
    database,
    node: createNode(chain.rpcUrl, { retryCount: 0 }),
    environment: chain.environment,
    issuer: { identity: issuer, signer },
    signers: new Map(redeemers.map((account) => [addressOf(account), account])),
    now: () => Date.now() + ahead,
    settings: { ...DEFAULTS, ...settings },
    grants: new Map(),
  })
  const first = service()
  const [redeemer] = first.signers.keys()
  const imported = new Set<string>()

  const rig: RedeemerRig = {
    service: first,
    restarted: service,
    async body(grant, agent, calls, number, later = 0n) {
      const deadline = BigInt(Math.floor(first.now() / 1_000)) + 300n
      const plain: Action = { chainId: chain.chainId, redeemer: redeemer as Address, calls }
      const requested = requestOf(grant, { environment: chain.environment, action: plain, number, deadline })
      const signature = await signRequest(agent as never, requested.request)
      const carried = { number, deadline, signature, confirmation: null }
      const request = createRequest(
        { ...plain, request: carried },
        { grant: grant.id, number, deadline: deadline + later },
      )
      return encodeRequestEvidence(
        await signAsked({ address: addressOf(agent), signTypedData: (data) => agent.signTypedData(data) }, request),
      )
    },
    async ask(grant, agent, calls, number) {
      if (!imported.has(grant.id)) await importGrant(first, serializeGrant(grant))
      imported.add(grant.id)
      const body = await rig.body(grant, agent, calls, number)
      const { action } = await accept(first, { body, idempotencyKey: `${grant.id}-${number}` })
      return action
    },
    stateOf: async (action) => (await findAction(database.query, action.id))?.state,
    mine: (blocks = 1) => chain.testClient.mine({ blocks }),
    async pass(seconds) {
      ahead += seconds * 1_000
      await chain.testClient.increaseTime({ seconds })
    },
    async settle(on = first) {
      for (let round = 0; round < 6; round++) {
        while ((await decideNext(on)) > 0);
        while ((await submitNext(on)) > 0);
        await rig.mine()
        await follow(on)
      }
    },
    async close() {
      await chain.testClient.setAutomine(true)
      await database.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return rig
}
