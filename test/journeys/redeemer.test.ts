import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { accept } from '../../src/redeemer/accept.ts'
import { decideNext } from '../../src/redeemer/decideNext.ts'
import { follow } from '../../src/redeemer/follow.ts'
import { run } from '../../src/redeemer/run.ts'
import { listReceipts } from '../../src/redeemer/store/receipts.ts'
import { stop } from '../../src/redeemer/store/stops.ts'
import { openSubmissions, submissionsOf } from '../../src/redeemer/store/submissions.ts'
import { submitNext } from '../../src/redeemer/submitNext.ts'
import { verifyJournal } from '../../src/verification/journal.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { fusedGrant, units } from '../rig/fusedGrant.ts'
import { addressOf, transferCall, upgraded } from '../rig/grant.ts'
import { type RedeemerRig, redeemerOn } from '../rig/redeemer.ts'
import { trust } from '../vectors/receipts/example.ts'

const chain = useChain()
const PAYEES = Array.from(
  { length: 40 },
  (_, index): Address => `0x${(0xbeef00 + index).toString(16).padStart(40, '0')}`,
)

describe('the redeemer', () => {
  let rig: RedeemerRig
  let grant: Grant
  let payee: Address
  let next = 0
  let number = 0n

  beforeAll(async () => {
    const [, principal] = chain.accounts
    await upgraded(chain, principal)
    await mint(chain, addressOf(principal), units(1_000_000n))
  }, 60_000)
  beforeEach(async () => {
    await rig?.close()
    const [, principal, agent, redeemer] = chain.accounts
    grant = await fusedGrant(chain, {
      principal,
      agent,
      payees: PAYEES,
      more: { request: { key: addressOf(agent), redeemers: 'anyone' } },
    })
    rig = await redeemerOn(chain, [redeemer as typeof agent])
    payee = PAYEES[next++] as Address
    number = 0n
  }, 60_000)
  afterAll(() => rig?.close())

  const agent = () => chain.accounts[2]
  const pay = (amount: bigint, to = payee) => transferCall(chain.token.address, to, units(amount))
  const ask = (amount: bigint) => rig.ask(grant, agent(), [pay(amount)], number++)
  const paid = () => balanceOf(chain, payee)

  it('pays what an agent asked, once, and its receipts verify', async () => {
    const action = await ask(5n)
    expect(action).toMatchObject({ ticket: 1, state: 'ticketed' })
    await rig.settle()
    expect(await rig.stateOf(action)).toBe('final')
    expect(await paid()).toBe(units(5n))
    const receipts = await listReceipts(rig.service.database.query, { limit: 10 })
    expect(receipts.map(({ kind, terminal }) => [kind, terminal])).toEqual([
      ['ticket', false],
      ['decision', false],
      ['outcome', true],
    ])
    const bundles = receipts.map(({ bundle }) => bundle)
    const journal = await verifyJournal(bundles, { trust, environment: chain.environment })
    expect(journal).toMatchObject({ result: 'valid', open: [], owed: [], findings: [] })
  }, 60_000)

  it('behavior: the same request again is the same action, under its key and under another', async () => {
    const { service } = rig
    const first = await ask(1n)
    const body = await rig.body(grant, agent(), [pay(1n)], 0n)
    const again = await accept(service, { body, idempotencyKey: `${grant.id}-0` }).catch((error) => error)
    // Made anew a moment later it has another deadline, and is another request.
    expect([first.id, 'redeemer.key_reused']).toContain(again.action?.id ?? again.code)
    const kept = new TextEncoder().encode(first.document)
    const other = await accept(service, { body: kept, idempotencyKey: 'another' })
    expect(other).toMatchObject({ repeated: true, action: { id: first.id } })
    await rig.settle()
    expect(await paid()).toBe(units(1n))
  }, 60_000)

  it('behavior: eight at once never promise more than the budget holds', async () => {
    const actions = await Promise.all(Array.from({ length: 8 }, () => ask(50n)))
    while ((await decideNext(rig.service)) > 0);
    const states = await Promise.all(actions.map(rig.stateOf))
    // 200 a day: nothing is in a block yet, and four are refused all the same.
    expect(states.toSorted()).toEqual([...Array(4).fill('allowed'), ...Array(4).fill('denied')])
    await rig.settle()
    expect(await paid()).toBe(units(200n))
    const ended = await Promise.all(actions.map(rig.stateOf))
    expect(ended.filter((state) => state === 'final')).toHaveLength(4)
  }, 60_000)

  it('behavior: what is paid is counted once, by the chain or as a promise', async () => {
    for (let count = 0; count < 3; count++) {
      await ask(50n)
      await rig.settle()
    }
    const [fits, doesNot] = [await ask(50n), await ask(1n)]
    await rig.settle()
    expect([await rig.stateOf(fits), await rig.stateOf(doesNot)]).toEqual(['final', 'denied'])
    expect(await paid()).toBe(units(200n))
  }, 60_000)

  it('behavior: one number under two payments at once is one payment', async () => {
    const other = PAYEES[next++] as Address
    const first = await rig.ask(grant, agent(), [pay(5n)], 7n)
    const body = await rig.body(grant, agent(), [pay(6n, other)], 7n)
    const { action: second } = await accept(rig.service, { body, idempotencyKey: 'same-number' })
    while ((await decideNext(rig.service)) > 0);
    // Nothing is in a block: the promise alone has used the number up.
    expect([await rig.stateOf(first), await rig.stateOf(second)]).toEqual(['allowed', 'denied'])
    await rig.settle()
    expect([await paid(), await balanceOf(chain, other)]).toEqual([units(5n), 0n])
  }, 60_000)

  it('behavior: runs by itself, is woken, and stops', async () => {
    const running = run(rig.service, { lookEvery: 60_000, followEvery: 20 })
    const action = await ask(5n)
    running.wake()
    await expect
      .poll(
        async () => {
          await rig.mine()
          return rig.stateOf(action)
        },
        { timeout: 20_000 },
      )
      .toBe('final')
    await running.stop()
    const late = await ask(5n)
    running.wake()
    await rig.mine()
    expect([await rig.stateOf(late), await paid()]).toEqual(['ticketed', units(5n)])
  }, 60_000)

  it('behavior: signed and then killed: the next process sends the same bytes', async () => {
    const action = await ask(5n)
    await decideNext(rig.service)
    // The bytes are durable, and the node never got them.
    await submitNext({ ...rig.service, node: deaf(rig.service.node) })
    expect(await rig.stateOf(action)).toBe('submitted')
    const [signed] = await submissionsOf(rig.service.database.query, action.id)
    const second = rig.restarted()
    await follow(second)
    await rig.mine()
    await rig.settle(second)
    expect(await rig.stateOf(action)).toBe('final')
    expect((await submissionsOf(rig.service.database.query, action.id)).map(({ hash }) => hash)).toEqual([signed?.hash])
    expect(await paid()).toBe(units(5n))
  }, 60_000)

  it('behavior: what a reorganisation takes away comes back, and is paid once', async () => {
    const action = await ask(5n)
    await decideNext(rig.service)
    await submitNext(rig.service)
    await rig.mine()
    await follow(rig.service)
    expect(await rig.stateOf(action)).toBe('included')
    await chain.testClient.request({ method: 'anvil_reorg', params: [2, []] } as never)
    expect(await paid()).toBe(0n)
    await follow(rig.service)
    expect(await rig.stateOf(action)).toBe('submitted')
    await rig.settle()
    expect(await rig.stateOf(action)).toBe('final')
    expect(await paid()).toBe(units(5n))
  }, 60_000)

  it('behavior: a nonce that somebody else used is given up at finality only, and the action goes on', async () => {
    const action = await ask(5n)
    await decideNext(rig.service)
    await submitNext({ ...rig.service, node: deaf(rig.service.node) })
    const redeemer = chain.accounts[3] as (typeof chain.accounts)[2]
    await chain.walletClient(redeemer).sendTransaction({ to: payee, value: 1n })
    await rig.mine()
    await follow(rig.service)
    expect(await rig.stateOf(action)).toBe('submitted')
    await rig.mine(2)
    await follow(rig.service)
    expect(await rig.stateOf(action)).toBe('allowed')
    await rig.settle()
    expect(await rig.stateOf(action)).toBe('final')
    expect(await paid()).toBe(units(5n))
    expect(await openSubmissions(rig.service.database.query)).toEqual([])
  }, 60_000)

  it('behavior: what is priced too low is replaced under the same nonce, and paid once', async () => {
    const service = { ...rig.service, settings: { ...rig.service.settings, replaceAfter: 1 } }
    const action = await ask(5n)
    await decideNext(service)
    await submitNext(service)
    const [offered] = await submissionsOf(service.database.query, action.id)
    await chain.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: (offered?.fee ?? 0n) + 1n })
    await rig.mine()
    await follow(service)
    const signed = await submissionsOf(service.database.query, action.id)
    expect(signed).toHaveLength(2)
    const [first, second] = signed as [(typeof signed)[0], (typeof signed)[0]]
    expect([second.nonce, second.fee >= (first.fee * 9n) / 8n]).toEqual([first.nonce, true])
    await rig.settle(service)
    expect(await rig.stateOf(action)).toBe('final')
    expect(await paid()).toBe(units(5n))
    expect(await openSubmissions(service.database.query)).toEqual([])
  }, 60_000)

  it('behavior: at the cap nothing dearer is signed', async () => {
    const service = { ...rig.service, settings: { ...rig.service.settings, replaceAfter: 1 } }
    const action = await ask(5n)
    await decideNext(service)
    await submitNext(service)
    const [first] = await submissionsOf(service.database.query, action.id)
    const capped = { ...service, settings: { ...service.settings, feeCap: first?.fee ?? 0n } }
    await chain.testClient.setNextBlockBaseFeePerGas({ baseFeePerGas: (first?.fee ?? 0n) + 1n })
    await rig.mine()
    await follow(capped)
    expect(await submissionsOf(service.database.query, action.id)).toHaveLength(1)
    expect(await rig.stateOf(action)).toBe('submitted')
    await rig.settle(service)
    expect(await rig.stateOf(action)).toBe('final')
  }, 60_000)

  it('behavior: what is out of date gives its nonce up to nothing, and holds up no other', async () => {
    const service = { ...rig.service, settings: { ...rig.service.settings, replaceAfter: 1 } }
    const action = await ask(5n)
    await decideNext(service)
    await submitNext({ ...service, node: deaf(service.node) })
    await rig.pass(1_000)
    await rig.mine(2)
    await follow(service)
    const [open] = (await openSubmissions(service.database.query)).toReversed()
    expect(open?.kind).toBe('nothing')
    await rig.settle(service)
    // Decided anew: the request is too old, and that is the end of it.
    expect(await rig.stateOf(action)).toBe('denied')
    expect(await paid()).toBe(0n)
    expect(await openSubmissions(service.database.query)).toEqual([])
  }, 60_000)

  it('behavior: a stop ends what is not signed, and follows what is', async () => {
    const sent = await ask(5n)
    await decideNext(rig.service)
    await submitNext(rig.service)
    const late = await ask(6n)
    await decideNext(rig.service)
    await stop(rig.service.database.query, { subject: `grant:${grant.id}`, reason: 'enough', stoppedAt: 1 })
    await rig.settle(rig.restarted())
    expect([await rig.stateOf(sent), await rig.stateOf(late)]).toEqual(['final', 'stopped'])
    expect(await paid()).toBe(units(5n))
  }, 60_000)

  it('error: what the grant does not allow is denied, and nothing is sent', async () => {
    const action = await ask(51n)
    await rig.settle()
    expect(await rig.stateOf(action)).toBe('denied')
    expect(await submissionsOf(rig.service.database.query, action.id)).toEqual([])
  }, 60_000)

  it('error: a request that another key signed, for another redeemer or for too long is not taken', async () => {
    const { service } = rig
    await ask(1n)
    const stranger = chain.accounts[4] as (typeof chain.accounts)[2]
    const forged = await rig.body(grant, stranger, [pay(1n)], 9n)
    const refused = async (body: Uint8Array, on = service) =>
      accept(on, { body, idempotencyKey: 'x' }).then(
        () => 'taken',
        (error: { code: string; details: { what?: string } }) => `${error.code} ${error.details.what ?? ''}`.trim(),
      )
    expect(await refused(forged)).toBe('redeemer.request_refused signature')
    const good = await rig.body(grant, agent(), [pay(1n)], 10n)
    expect(await refused(good, { ...service, signers: new Map() })).toBe('redeemer.request_refused redeemer')
    const short = { ...service, settings: { ...service.settings, longestRequest: 100 } }
    expect(await refused(good, short)).toBe('redeemer.request_refused deadline')
    const late = { ...service, now: () => service.now() + 3_600_000 }
    expect(await refused(good, late)).toBe('redeemer.request_refused deadline')
    expect(await refused(new Uint8Array(70_000))).toBe('redeemer.request_refused bytes')
    // A request that would make the service's own receipts of it look late.
    for (const later of [-1_000n, -1n, 1n]) {
      const twofold = await rig.body(grant, agent(), [pay(1n)], 11n, later)
      expect(await refused(twofold)).toBe('redeemer.request_refused deadline')
    }
    expect(await refused(good)).toBe('taken')
  }, 60_000)
})

/** A node that hears everything but what is sent to it. */
function deaf<client extends { request: unknown }>(node: client): client {
  const request = (args: { method: string }, ...rest: unknown[]) =>
    args.method === 'eth_sendRawTransaction'
      ? Promise.reject(new Error('timeout'))
      : (node.request as (...all: unknown[]) => unknown)(args, ...rest)
  return { ...node, request } as client
}
