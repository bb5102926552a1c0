import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { NOW } from '../../test/fixtures/console.ts'
import { askingGrant, escalationOf } from '../../test/fixtures/escalation.ts'
import { commandContext } from '../../test/rig/context.ts'
import type { Grant } from '../grant/types.ts'
import type { Escalation, Settled } from '../redemption/escalation.ts'
import type { ActionRequest, Escalate } from '../verdict/types.ts'
import { rejectEscalation } from './answering.ts'
import type { Context } from './command.ts'
import {
  escalationNumbered,
  findEscalation,
  leaveEscalation,
  MAX_OPEN,
  MAX_REASON,
  readEscalations,
  withEscalation,
} from './escalations.ts'

let grant: Grant
let sample: Escalation
let path: string
let now: bigint
let context: Context
beforeAll(async () => {
  grant = await askingGrant()
  sample = escalationOf(grant)
})
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'ambit-queue-'))
  now = NOW
  context = { ...commandContext(path), now: () => now }
})
afterEach(() => rmSync(path, { recursive: true, force: true }))

const verdict: Escalate = {
  verdict: 'escalate',
  code: 'above_threshold',
  branch: 0,
  rule: 'pay',
  message: 'm',
  threshold: 25_000_000n,
  requested: 30_000_000n,
  confirmer: `0x${'c0'.repeat(20)}`,
  timeout: 900n,
}
const requestUntil = (deadline = NOW + 1_000n) => ({
  ...(sample.request as NonNullable<Escalation['request']>),
  deadline,
})
type Leaving = {
  value?: bigint
  reason?: string
  deadline?: bigint
  grant?: Grant
  request?: Escalation['request']
  carried?: ActionRequest
}
function leave(more: Leaving = {}) {
  const [call] = sample.action.calls
  const { request: _, reason: __, ...action } = sample.action
  return leaveEscalation(context, {
    grant: more.grant ?? grant,
    action: {
      ...action,
      calls: [{ ...(call as NonNullable<typeof call>), value: more.value ?? 0n }],
      ...(more.reason === undefined ? {} : { reason: more.reason }),
      ...(more.carried === undefined ? {} : { request: more.carried }),
    },
    verdict,
    request: more.request === undefined ? requestUntil(more.deadline) : more.request,
    decision: 'D'.repeat(43),
  })
}

describe('leaveEscalation', () => {
  test('default: is read back as it was left, numbered from 1', async () => {
    const left = await leave({ reason: 'The November \u202einvoice' })
    expect(left).toMatchObject({
      number: 1,
      at: NOW,
      expires: NOW + 900n,
      reasonLength: 21,
      action: { request: { number: 7n, deadline: NOW + 1_000n, signature: null, confirmation: null } },
      settled: null,
    })
    expect(await readEscalations(context.home())).toEqual([left])
    expect(await escalationNumbered(context.home(), 1)).toEqual(left)
    expect(await findEscalation(context.home(), '#1')).toEqual(left)
    expect((await leave({ value: 1n }))?.number).toBe(2)
  })

  test('behavior: a request that ends first ends the question', async () => {
    expect((await leave({ deadline: NOW + 899n }))?.expires).toBe(NOW + 899n)
    expect((await leave({ value: 1n, deadline: NOW + 900n }))?.expires).toBe(NOW + 900n)
    expect((await leave({ value: 2n, deadline: NOW + 901n }))?.expires).toBe(NOW + 900n)
  })

  test('behavior: the same calls are one question while it stands, and a new one afterwards', async () => {
    const first = await leave()
    now += 899n
    expect(await leave({ reason: 'please' })).toEqual(first)
    now += 1n
    expect((await leave())?.number).toBe(2)
    await rejectEscalation(context, 2, undefined)
    expect((await leave())?.number).toBe(3)
    const other = await askingGrant({ task: { id: 'other', purpose: 'p' } })
    expect((await leave({ grant: other }))?.number).toBe(4)
  })

  test('behavior: one grant cannot bury a question under others', async () => {
    for (let value = 0n; value < BigInt(MAX_OPEN); value++)
      expect((await leave({ value }))?.number).toBe(Number(value) + 1)
    expect(await leave({ value: 99n })).toBeUndefined()
    expect((await leave({ value: 3n }))?.number).toBe(4)
    const other = await askingGrant({ task: { id: 'other', purpose: 'p' } })
    expect((await leave({ grant: other }))?.number).toBe(MAX_OPEN + 1)
    await rejectEscalation(context, 2, undefined)
    expect((await leave({ value: 99n }))?.number).toBe(MAX_OPEN + 2)
  })

  test('behavior: words are cut at a bound, and counted', async () => {
    const kept = async (length: number, value: bigint) => {
      const left = await leave({ reason: 'x'.repeat(length), value })
      return [left?.action.reason?.length, left?.reasonLength]
    }
    expect(await kept(MAX_REASON, 0n)).toEqual([MAX_REASON, MAX_REASON])
    expect(await kept(MAX_REASON + 1, 1n)).toEqual([MAX_REASON, MAX_REASON + 1])
    expect(await kept(1_000_000, 2n)).toEqual([MAX_REASON, 1_000_000])
    expect((await leave({ value: 3n }))?.action).not.toHaveProperty('reason')
  })

  test('behavior: where the chain asks for no signature there is no request', async () => {
    const left = await leave({ request: null })
    expect(left).toMatchObject({ request: null, expires: NOW + 900n })
    expect(left?.action).not.toHaveProperty('request')
    expect(await escalationNumbered(context.home(), 1)).toEqual(left)
  })

  test('behavior: where a link above asks, what the leaf carries is kept beside it', async () => {
    const carried = {
      number: 5n,
      deadline: NOW + 400n,
      signature: `0x${'11'.repeat(65)}`,
      confirmation: '0x22',
    } as const
    const request = { ...requestUntil(), delegation: `0x${'ab'.repeat(32)}` } as const
    expect(await leave({ request, carried })).toMatchObject({ request, action: { request: carried } })
    const own = await leave({ value: 1n, carried })
    const { number, deadline } = requestUntil()
    expect(own?.action.request).toEqual({ number, deadline, signature: carried.signature, confirmation: null })
    expect((await leave({ value: 2n, request }))?.action).not.toHaveProperty('request')
  })

  test('behavior: asked at once by many, each has a number of its own', async () => {
    const left = await Promise.all([0n, 1n, 2n, 3n, 4n].map((value) => leave({ value })))
    expect(left.map((one) => one?.number).sort()).toEqual([1, 2, 3, 4, 5])
  })
})

describe('withEscalation', () => {
  test('default: what became of it is written whole', async () => {
    await leave()
    const settled: Settled = {
      as: 'confirmed',
      at: NOW,
      confirmation: '0x12',
      submission: {
        at: NOW + 1n,
        status: 'executed',
        code: null,
        transactionHash: `0x${'cd'.repeat(32)}`,
        receipts: { decision: 'd', outcome: 'o' },
      },
    }
    const next = await withEscalation(context, 1, async (_, change) => change({ settled }))
    expect(next.settled).toEqual(settled)
    expect(await escalationNumbered(context.home(), 1)).toEqual(next)
    const open: Settled = { ...settled, submission: null }
    await withEscalation(context, 1, async (_, change) => change({ settled: open }))
    expect((await escalationNumbered(context.home(), 1))?.settled).toEqual(open)
    const above = { number: 9n, deadline: NOW, signature: null, confirmation: '0x33' } as const
    const action = { ...next.action, requestsAbove: { [`0x${'ab'.repeat(32)}`]: above } }
    await withEscalation(context, 1, async (_, change) => change({ action }))
    expect((await escalationNumbered(context.home(), 1))?.action).toEqual(action)
  })

  test('behavior: two answers at once are one: the second sees the first', async () => {
    await leave()
    const answers = await Promise.allSettled([
      rejectEscalation(context, 1, 'first'),
      rejectEscalation(context, 1, 'second'),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(readdirSync(join(path, 'locks'))).toEqual([])
  })
})

describe('rejectEscalation', () => {
  test('error: not after its time, and not twice', async () => {
    await leave()
    now = NOW + 900n
    expect((await codeOfAsync(() => rejectEscalation(context, 1, undefined))).details).toMatchObject({ status: 'over' })
    now = NOW + 899n
    const rejected = await rejectEscalation(context, 1, 'w'.repeat(600))
    expect(rejected.settled).toEqual({ as: 'rejected', at: now, why: 'w'.repeat(500) })
    const again = await codeOfAsync(() => rejectEscalation(context, 1, undefined))
    expect([again.code, again.details['status']]).toEqual(['cli.escalation_settled', 'rejected'])
    expect((await codeOfAsync(() => rejectEscalation(context, 2, undefined))).code).toBe('cli.not_found')
  })
})

describe('readEscalations', () => {
  test('error: a file that is torn, of another number or of another grant is damaged, not skipped', async () => {
    await leave()
    const file = join(path, 'escalations', '000000001.json')
    const text = readFileSync(file, 'utf8')
    const whole = JSON.parse(text)
    const changed = [
      '',
      text.slice(0, -20),
      '[]',
      JSON.stringify({ ...whole, number: 2 }),
      JSON.stringify({ ...whole, at: 'yesterday' }),
      JSON.stringify({ ...whole, action: { ...whole.action, calls: 'none' } }),
      JSON.stringify({ ...whole, settled: { as: 'confirmed', at: '1', submission: 'x' } }),
      JSON.stringify({ ...whole, settled: { as: 'confirmed', at: 'x', submission: null } }),
    ]
    for (const one of changed) {
      writeFileSync(file, one)
      expect([one.slice(0, 40), (await codeOfAsync(() => readEscalations(context.home()))).code]).toEqual([
        one.slice(0, 40),
        'home.damaged',
      ])
    }
    writeFileSync(file, JSON.stringify({ ...whole, grant: { ...whole.grant, id: `0x${'00'.repeat(32)}` } }))
    expect((await codeOfAsync(() => readEscalations(context.home()))).code).toMatch(/^(?:home\.damaged|grant\.)/)
  })

  test.each(['0', '-1', '1.0', '01', 'x', '', '##1', '1234567890'])(
    'error: %s names no escalation',
    async (reference) => {
      await leave()
      expect((await codeOfAsync(() => findEscalation(context.home(), reference))).code).toBe('cli.not_found')
    },
  )
})
