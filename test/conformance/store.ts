import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { grantReceipt } from '../../src/receipt/grantReceipt.ts'
import { type ActionState, isEnd, mayFollow, STATES } from '../../src/redeemer/state.ts'
import {
  acceptAction,
  claimActions,
  findAction,
  findByKey,
  listActions,
  moveAction,
  type NewAction,
  promisedActions,
} from '../../src/redeemer/store/actions.ts'
import type { Database } from '../../src/redeemer/store/database.ts'
import { findGrant, keepGrant, listGrants } from '../../src/redeemer/store/grants.ts'
import { appendReceipt, type Issuer, listReceipts } from '../../src/redeemer/store/receipts.ts'
import { migrate } from '../../src/redeemer/store/schema.ts'
import { resume, stop, stopOf } from '../../src/redeemer/store/stops.ts'
import {
  bindActions,
  boundTo,
  inFlight,
  keepSubmission,
  openSubmissions,
  placeSubmission,
  type Submission,
  settleNonce,
  submissionsAt,
  submissionsOf,
  takeNonce,
} from '../../src/redeemer/store/submissions.ts'
import { verifyJournal } from '../../src/verification/journal.ts'
import { agent, environment, issuer, lower, makeGrant, principal, signer, trust } from '../vectors/receipts/example.ts'

const OTHER: Address = `0x${'0b'.repeat(20)}`
const SIGNER: Address = `0x${'5e'.repeat(20)}`
const identity: Issuer = { identity: issuer, signer }

/** What the tables must hold and refuse, whatever database they are in. */
export async function storeConformance(open: () => Promise<{ database: Database; close: () => Promise<void> }>) {
  const grant = await makeGrant()
  let database: Database
  let close: () => Promise<void>
  let counted = 0

  beforeAll(async () => {
    ;({ database, close } = await open())
    await migrate(database)
    await keepGrant(database.query, {
      id: grant.id,
      chainId: grant.chainId,
      principal: lower(principal),
      agent: lower(agent),
      document: serializeGrant(grant),
      importedAt: 1_000,
    })
  }, 60_000)
  afterAll(() => close())
  beforeEach(async () => {
    for (const table of ['receipts', 'receipt_roots', 'submissions', 'bindings', 'actions', 'lanes', 'stops']) {
      await database.query(`DELETE FROM ${table}`)
    }
    await database.query('UPDATE counters SET value = 0')
  })

  const asked = (change: Partial<NewAction> = {}): NewAction => ({
    id: `a${++counted}`,
    grantId: grant.id,
    principal: lower(principal),
    agent: lower(agent),
    idempotencyKey: `k${counted}`,
    digest: 'd1',
    document: '{}',
    deadline: 2_000_000_000,
    acceptedAt: 5_000,
    ...change,
  })
  const accept = (action: NewAction) => database.transaction((query) => acceptAction(query, database.dialect, action))
  const stateOf = async (id: string) => (await findAction(database.query, id))?.state

  describe('migrate', () => {
    it('behavior: again, and by four at once, changes nothing', async () => {
      await Promise.all([migrate(database), migrate(database), migrate(database), migrate(database)])
      expect(await findGrant(database.query, grant.id)).toMatchObject({ id: grant.id, principal: lower(principal) })
    })

    it('error: a database of a newer version is left alone', async () => {
      await database.query('INSERT INTO schema_steps (step) VALUES (999)')
      await expect(migrate(database)).rejects.toMatchObject({ code: 'redeemer.store_unusable', details: { step: 999 } })
      await database.query('DELETE FROM schema_steps WHERE step = 999')
    })
  })

  describe('keepGrant', () => {
    it('behavior: an id is kept as it came first, and listed for its agent only', async () => {
      const first = await findGrant(database.query, grant.id)
      if (first === undefined) throw new TypeError('kept before')
      await keepGrant(database.query, { ...first, agent: OTHER, document: 'forged' })
      expect(await findGrant(database.query, grant.id)).toEqual(first)
      expect(await listGrants(database.query, OTHER)).toEqual([])
      expect(await listGrants(database.query, lower(agent))).toEqual([first])
      expect(await listGrants(database.query)).toEqual([first])
    })
  })

  describe('acceptAction', () => {
    it('gives tickets in a row, without a gap', async () => {
      const tickets = []
      for (let count = 0; count < 5; count++) tickets.push((await accept(asked())).action.ticket)
      expect(tickets).toEqual([1, 2, 3, 4, 5])
    })

    it('behavior: the same key with the same action is the same action', async () => {
      const first = await accept(asked({ idempotencyKey: 'again' }))
      const second = await accept(asked({ idempotencyKey: 'again' }))
      expect(second).toEqual({ action: first.action, repeated: true })
      expect(await findByKey(database.query, lower(agent), 'again')).toEqual(first.action)
    })

    it('behavior: fifty equal requests at once are one action and one ticket', async () => {
      const results = await Promise.all(Array.from({ length: 50 }, () => accept(asked({ idempotencyKey: 'fifty' }))))
      expect(new Set(results.map(({ action }) => action.id)).size).toBe(1)
      expect(results.filter(({ repeated }) => !repeated)).toHaveLength(1)
      expect((await accept(asked())).action.ticket).toBe(2)
    })

    it('error: the same key with another action is refused, and takes no ticket', async () => {
      const { action } = await accept(asked({ idempotencyKey: 'reused' }))
      const again = accept(asked({ idempotencyKey: 'reused', digest: 'd2' }))
      await expect(again).rejects.toMatchObject({ code: 'redeemer.key_reused', details: { action: action.id } })
      expect((await accept(asked())).action.ticket).toBe(2)
    })

    it('behavior: the key of one agent is not that of another', async () => {
      await accept(asked({ idempotencyKey: 'mine' }))
      const other = await accept(asked({ idempotencyKey: 'mine', agent: OTHER, digest: 'd2' }))
      expect(other.repeated).toBe(false)
    })

    it('error: an action of a grant that is not there', async () => {
      const unknown = accept(asked({ grantId: `0x${'77'.repeat(32)}` }))
      await expect(unknown).rejects.toMatchObject({ code: 'redeemer.store_failed' })
    })
  })

  describe('listActions', () => {
    it('gives the newest first, in pages, of one agent', async () => {
      for (let count = 0; count < 4; count++) await accept(asked(count === 2 ? { agent: OTHER } : {}))
      const tickets = async (options: { agent?: Address; before?: number; limit: number }) =>
        (await listActions(database.query, options)).map(({ ticket }) => ticket)
      expect(await tickets({ limit: 10 })).toEqual([4, 3, 2, 1])
      expect(await tickets({ limit: 2 })).toEqual([4, 3])
      expect(await tickets({ limit: 2, before: 3 })).toEqual([2, 1])
      expect(await tickets({ limit: 10, agent: OTHER })).toEqual([3])
    })
  })

  describe('moveAction', () => {
    it('goes along every arrow and no other', async () => {
      const wrong: string[] = []
      for (const from of STATES) {
        for (const to of STATES) {
          const { action } = await accept(asked())
          await database.query('UPDATE actions SET state = $1 WHERE id = $2', [from, action.id])
          const moved = await moveAction(database.query, { id: action.id, from, to, at: 6_000 }).then(
            () => true,
            (error: { code?: string }) => error.code !== 'redeemer.moved_on',
          )
          if (moved !== mayFollow(from, to)) wrong.push(`${from} → ${to}`)
          if ((await stateOf(action.id)) !== (moved ? to : from)) wrong.push(`${from} → ${to}: state`)
        }
      }
      expect(wrong).toEqual([])
    })

    it('behavior: of twenty that move one action at once, one does', async () => {
      const { action } = await accept(asked())
      const move = (to: ActionState) => moveAction(database.query, { id: action.id, from: 'ticketed', to, at: 6_000 })
      const all = Array.from({ length: 20 }, (_, index) => move(index % 2 === 0 ? 'allowed' : 'stopped'))
      const settled = await Promise.allSettled(all)
      expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    it('behavior: keeps the verdict and the branch, and when', async () => {
      const { action } = await accept(asked())
      const move = { id: action.id, from: 'ticketed', to: 'allowed', at: 7_000, branch: 1, verdict: '{"a":1}' } as const
      await moveAction(database.query, move)
      const kept = await findAction(database.query, action.id)
      expect(kept).toEqual({ ...action, state: 'allowed', branch: 1, verdict: '{"a":1}', changedAt: 7_000 })
    })
  })

  describe('claimActions', () => {
    const claim = (now: number, limit = 10) =>
      database.transaction((query) =>
        claimActions(query, database.dialect, { state: 'ticketed', now, until: now + 100, limit }),
      )

    it('behavior: what one has taken no other takes, until its time is up', async () => {
      for (let count = 0; count < 3; count++) await accept(asked())
      expect((await claim(1_000, 2)).map(({ ticket }) => ticket)).toEqual([1, 2])
      expect((await claim(1_050)).map(({ ticket }) => ticket)).toEqual([3])
      expect(await claim(1_099)).toEqual([])
      expect((await claim(1_100)).map(({ ticket }) => ticket)).toEqual([1, 2])
    })

    it('behavior: eight at once share fifty, each taken once', async () => {
      for (let count = 0; count < 50; count++) await accept(asked())
      const taken = (await Promise.all(Array.from({ length: 8 }, () => claim(1_000)))).flat()
      expect(new Set(taken.map(({ id }) => id)).size).toBe(taken.length)
      expect(taken.length + (await claim(1_000, 50)).length).toBe(50)
    })

    it('behavior: a moved action is free for its next step at once', async () => {
      const { action } = await accept(asked())
      await claim(1_000)
      await moveAction(database.query, { id: action.id, from: 'ticketed', to: 'allowed', at: 1_001 })
      const next = await database.transaction((query) =>
        claimActions(query, database.dialect, { state: 'allowed', now: 1_001, until: 1_101, limit: 1 }),
      )
      expect(next.map(({ id }) => id)).toEqual([action.id])
    })
  })

  describe('promisedActions', () => {
    it('gives what a principal has promised and the chain has not settled, in order', async () => {
      const ids: Record<string, string> = {}
      for (const state of STATES) {
        const { action } = await accept(asked())
        await database.query('UPDATE actions SET state = $1 WHERE id = $2', [state, action.id])
        ids[state] = action.id
      }
      await accept(asked({ principal: OTHER }))
      const promised = await promisedActions(database.query, lower(principal))
      expect(promised.map(({ id }) => id)).toEqual([ids['allowed'], ids['submitted'], ids['included']])
      expect(promised.some(({ state }) => isEnd(state))).toBe(false)
    })
  })

  describe('takeNonce', () => {
    const take = (atLeast: number) =>
      database.transaction((query) => takeNonce(query, database.dialect, { signer: SIGNER, atLeast }))

    it('gives each nonce once, forty at once, from what the chain says on', async () => {
      const nonces = await Promise.all(Array.from({ length: 40 }, () => take(7)))
      expect(nonces.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, index) => 7 + index))
    })

    it('behavior: a chain that is behind takes nothing back, one that is ahead is followed', async () => {
      expect([await take(3), await take(0), await take(9), await take(4)]).toEqual([3, 4, 9, 10])
    })

    it('behavior: what is undone takes no nonce', async () => {
      const undone = database.transaction(async (query) => {
        await takeNonce(query, database.dialect, { signer: SIGNER, atLeast: 5 })
        throw new RangeError('before the bytes were kept')
      })
      await expect(undone).rejects.toThrow(RangeError)
      expect(await take(5)).toBe(5)
    })
  })

  describe('keepSubmission', () => {
    const place = (nonce: number) => ({ signer: SIGNER, nonce })
    const bytes = (nonce: number, change: Partial<Submission> = {}) => ({
      hash: `0x${(nonce + 1).toString(16).padStart(64, '0')}` as Hex,
      ...place(nonce),
      kind: 'redemption' as const,
      raw: '0x02' as Hex,
      fee: 10n ** 30n,
      sinceBlock: 5,
      signedAt: 6_000,
      ...change,
    })
    const openLane = () =>
      database.transaction((query) => takeNonce(query, database.dialect, { signer: SIGNER, atLeast: 0 }))

    it('keeps signed bytes, what their nonce is for, where they were seen, and that it is settled', async () => {
      const [{ action: first }, { action: second }] = [await accept(asked()), await accept(asked())]
      const dearer = bytes(0, { hash: `0x${'ab'.repeat(32)}`, fee: 2n * 10n ** 30n, signedAt: 6_500 })
      const nothing = bytes(0, { hash: `0x${'cd'.repeat(32)}`, kind: 'nothing', signedAt: 6_600 })
      await openLane()
      await database.transaction(async (query) => {
        await bindActions(query, place(0), [second.id, first.id])
        for (const each of [bytes(0), dearer, nothing]) await keepSubmission(query, each)
      })
      expect(await boundTo(database.query, place(0))).toEqual([second.id, first.id])
      expect(await submissionsOf(database.query, first.id)).toEqual([
        { ...bytes(0), block: null },
        { ...dearer, block: null },
      ])
      expect((await submissionsAt(database.query, place(0))).map(({ kind }) => kind)).toEqual([
        'redemption',
        'redemption',
        'nothing',
      ])
      const block = { number: 9, hash: `0x${'09'.repeat(32)}` as Hex }
      await placeSubmission(database.query, dearer.hash, block)
      expect((await submissionsOf(database.query, second.id))[1]?.block).toEqual(block)
      await placeSubmission(database.query, dearer.hash, null)
      expect((await submissionsOf(database.query, second.id))[1]?.block).toBe(null)
      expect(await openSubmissions(database.query)).toHaveLength(3)
      expect([await settleNonce(database.query, place(0)), await settleNonce(database.query, place(0))]).toEqual([
        true,
        false,
      ])
      expect(await openSubmissions(database.query)).toEqual([])
      expect(await submissionsOf(database.query, first.id)).toHaveLength(2)
    })

    it('behavior: counts nonces in flight, not bytes', async () => {
      await openLane()
      await keepSubmission(database.query, bytes(0))
      await keepSubmission(database.query, bytes(0, { hash: `0x${'ab'.repeat(32)}` }))
      await keepSubmission(database.query, bytes(1))
      expect([await inFlight(database.query, SIGNER), await inFlight(database.query, OTHER)]).toEqual([2, 0])
      await settleNonce(database.query, place(0))
      expect(await inFlight(database.query, SIGNER)).toBe(1)
    })

    it('error: the same bytes twice, a place taken twice, and bytes of a lane that nobody opened', async () => {
      const { action } = await accept(asked())
      await openLane()
      await keepSubmission(database.query, bytes(0))
      await bindActions(database.query, place(0), [action.id])
      const refused = { code: 'redeemer.duplicate' }
      await expect(keepSubmission(database.query, bytes(0))).rejects.toMatchObject(refused)
      await expect(bindActions(database.query, place(0), [action.id])).rejects.toMatchObject(refused)
      const elsewhere = keepSubmission(database.query, { ...bytes(1), signer: OTHER })
      await expect(elsewhere).rejects.toMatchObject({ code: 'redeemer.store_failed' })
    })
  })

  describe('stop', () => {
    it('holds a grant, an agent or everything until it is resumed; the first stop counts', async () => {
      const subject = `grant:${grant.id}` as const
      expect(await stopOf(database.query, [subject])).toBe(undefined)
      await stop(database.query, { subject, reason: 'first', stoppedAt: 1 })
      await stop(database.query, { subject, reason: 'second', stoppedAt: 2 })
      expect(await stopOf(database.query, [subject])).toEqual({ subject, reason: 'first', stoppedAt: 1 })
      expect(await stopOf(database.query, [`agent:${OTHER}`])).toBe(undefined)
      await stop(database.query, { subject: 'everything', reason: 'all', stoppedAt: 3 })
      expect((await stopOf(database.query, [`agent:${OTHER}`]))?.reason).toBe('all')
      await resume(database.query, 'everything')
      await resume(database.query, subject)
      expect(await stopOf(database.query, [subject])).toBe(undefined)
    })
  })

  describe('appendReceipt', () => {
    const append = (actionId: string | null, terminal: boolean) =>
      database.transaction((query) =>
        appendReceipt(query, database.dialect, identity, {
          drafted: grantReceipt({ grant, layer: 'redeemer' }),
          actionId,
          terminal,
          now: 1_795_000_000_000,
        }),
      )

    it('makes one chain, however many append at once, that verifies', async () => {
      await Promise.all(Array.from({ length: 20 }, () => append(null, false)))
      const kept = await listReceipts(database.query, { limit: 100 })
      expect(kept.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
      const journal = await verifyJournal(
        kept.map(({ bundle }) => bundle),
        { trust, environment },
      )
      expect(journal).toMatchObject({ result: 'valid', findings: [] })
    })

    it('error: an action ends once', async () => {
      const { action } = await accept(asked())
      await append(action.id, false)
      await append(action.id, true)
      await expect(append(action.id, true)).rejects.toMatchObject({ code: 'redeemer.duplicate' })
      const own = await listReceipts(database.query, { actionId: action.id, limit: 10 })
      expect(own.map(({ seq, terminal }) => [seq, terminal])).toEqual([
        [1, false],
        [2, true],
      ])
      // What was refused left no hole.
      expect((await append(null, false)).seq).toBe(3)
      expect((await listReceipts(database.query, { after: 2, limit: 10 })).map(({ seq }) => seq)).toEqual([3])
    })
  })
}
