import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Dataset, movesMoney } from '../../src/cli/demo/dataset.ts'
import { accountOf, knownPayment, paymentOf } from '../../src/cli/demo/payments.ts'
import { compile } from '../../src/compile/index.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { createScopeHistory, inferScope, parseScope } from '../../src/scope/index.ts'
import { ambit, ambitProcess, type CliOptions, useFolder } from '../rig/cli.ts'
import { environment, transferTo } from '../vectors/receipts/example.ts'

/** From a plan to a scope, to a grant, to what was done under it, to the question what another scope would have said. */

const folder = useFolder()
const home = () => join(folder.path, 'home')
const run = (argv: readonly string[], options: CliOptions = {}) => ambit(argv, { home: home(), ...options })
function saved(name: string, content: unknown): string {
  const path = join(folder.path, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const PRINCIPAL = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266'
const AGENT = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const OTHER = '0x90f79bf6eb2c4f870365e785982e1f101e93b906'

describe('ambit scope infer, scope replay', () => {
  let token = ''
  let plan: Record<string, unknown> = {}
  const expiry = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z')
  const redeem = (to: string, amount: string) =>
    run(['redeem', 'invoices', 'transfer', '--to', to, '--amount', amount, '--account', 'local:agent', '--json'])
  const replay = async (name: string, scope: unknown, ...rest: string[]) => {
    const ran = await run(['scope', 'replay', saved(name, scope), ...rest, '--json'])
    return { exit: ran.exit, ...ran.json() }
  }

  test('infer: a plan becomes the smallest scope, its tokens read from the chain', async () => {
    await run(['doctor', '--chain', 'local', '--json'])
    token = JSON.parse(readFileSync(join(home(), 'chains', 'local.json'), 'utf8')).token
    plan = {
      version: 1,
      task: { id: 'invoices', purpose: 'Pay this month’s API invoices' },
      chainId: 31337,
      principal: PRINCIPAL,
      delegate: AGENT,
      expiry,
      source: 'principal',
      calls: [
        { asset: token, to: VENDOR, amount: '4' },
        { asset: token, to: VENDOR, amount: '6' },
        { asset: token, to: { value: OTHER, source: 'agent' }, amount: '5' },
      ],
    }
    const ran = await run(['scope', 'infer', saved('plan.json', plan), '--chain', 'local', '--json'])
    const { schema, data } = ran.json()
    expect(schema).toBe('ambit.scope.infer.v1')
    expect(data.scope).toMatchObject({
      rules: [
        { to: [VENDOR], max: '4' },
        { to: [VENDOR], max: '6' },
        { to: [OTHER], max: '5' },
      ],
      calls: { max: 3 },
      assets: { [token]: { symbol: 'USDC', decimals: 6 } },
    })
    expect(data.confirm).toEqual([{ pointer: '/rules/2/to/0', value: OTHER }])
    const joined = (
      await run(['scope', 'infer', saved('p', plan), '--chain', 'local', '--rule-per', 'asset', '--json'])
    ).json()
    expect(joined.data.overGrant).toContainEqual({
      dimension: 'payee total',
      of: `${token} to ${OTHER}`,
      granted: '15',
      planned: '5',
      ratio: '3',
    })
  }, 60_000)

  test('infer: what only the agent says is granted by nobody before it is confirmed', async () => {
    const ran = await ambitProcess(['scope', 'infer', saved('plan.json', plan), '--chain', 'local'], { home: home() })
    expect(ran.exit).toBe(0)
    expect(ran.stderr).toContain('Confirm these')
    const file = saved('scope.json', ran.stdout)
    const grant = ['--chain', 'local', '--account', 'local:principal', '--yes', '--json']
    const refused = await run(['grant', file, ...grant])
    expect(refused.exit).toBe(2)
    expect(refused.json().error).toMatchObject({ code: 'scope.agent_sourced', details: { pointer: '/rules/2/to/0' } })
    const confirmed = await run(['scope', 'convert', file, '--confirm', '/rules/2/to/0'])
    expect(confirmed.exit).toBe(0)
    expect((await run(['grant', saved('confirmed.json', confirmed.stdout), ...grant])).exit).toBe(0)
  }, 60_000)

  test('replay: under the scope that was granted, everything is as it was', async () => {
    expect((await redeem(VENDOR, '6')).exit).toBe(0)
    expect((await redeem(VENDOR, '7')).exit).toBe(3)
    expect((await redeem(OTHER, '5')).exit).toBe(0)
    const { exit, schema, data } = await replay('same.json', readFileSync(join(folder.path, 'scope.json'), 'utf8'))
    expect({ exit, schema }).toEqual({ exit: 0, schema: 'ambit.scope.replay.v1' })
    expect(data.summary).toMatchObject({ actions: 3, passedThenPassesNow: 2, deniedThenFailsNow: 1, cannotSay: 0 })
    expect(data.actions).toMatchObject([
      { was: 'executed', now: 'passes', rule: 'pay-2', clock: 'block' },
      { was: 'denied', now: 'fails' },
      { was: 'executed', now: 'passes', rule: 'pay-3' },
    ])
  }, 60_000)

  test('replay: under another one, what passes and what does not, and why', async () => {
    const scope = JSON.parse(readFileSync(join(folder.path, 'scope.json'), 'utf8'))
    const pay = { id: 'pay', class: 'transfer', asset: token, to: [VENDOR, OTHER], budget: 'all' }
    const one = { ...scope, provenance: {}, rules: [pay], calls: undefined }
    const budgets = (max: string) => ({
      budgets: { all: { assets: { [token]: '1' }, max, per: 'P1D', window: 'rolling' } },
    })
    const wider = await replay('wider.json', { ...one, ...budgets('100') })
    expect(wider).toMatchObject({ exit: 0, data: { summary: { deniedThenPassesNow: 1, passedThenPassesNow: 2 } } })
    const narrower = await replay('narrower.json', { ...one, ...budgets('13') })
    expect(narrower).toMatchObject({
      exit: 3,
      error: { code: 'cli.denied' },
      data: { summary: { passedThenFailsNow: 1, deniedThenPassesNow: 1 }, failing: { budgets: 1 } },
    })
    const text = await run(['scope', 'replay', join(folder.path, 'narrower.json')])
    expect(text.stdout).toMatch(/executed\s+fails\s+budgets at \/budgets\/all/)
  })

  test('replay: what cannot be believed is said to be so', async () => {
    const bundles = join(folder.path, 'receipts')
    mkdirSync(bundles)
    const exported = (await run(['receipts', 'export'])).stdout
    writeFileSync(join(bundles, 'all.jsonl'), exported)
    const scope = readFileSync(join(folder.path, 'scope.json'), 'utf8')
    const stranger = join(folder.path, 'elsewhere')
    const untrusted = await run(['scope', 'replay', saved('same.json', scope), bundles, '--json'], { home: stranger })
    expect(untrusted.exit).toBe(5)
    expect(untrusted.json().data.summary).toMatchObject({ actions: 0 })
    const [line = ''] = exported.split('\n').filter((text) => text.includes('request'))
    const document = JSON.parse(line)
    document.evidence.request = Buffer.from('{}').toString('base64url')
    const changed = await replay('same.json', scope, saved('changed.json', `${JSON.stringify(document)}\n`))
    expect(changed).toMatchObject({ exit: 7, data: { cannotSay: [{ status: 'refuted' }], actions: [] } })
    const empty = join(folder.path, 'empty')
    mkdirSync(empty)
    expect((await replay('same.json', scope, empty)).exit).toBe(5)
    expect((await run(['scope', 'infer', saved('none.json', { ...plan, calls: [] })])).exit).toBe(2)
    expect((await run(['scope', 'infer', saved('plan.json', plan), '--rule-per', 'hope'])).exit).toBe(2)
  })
})

describe('inferScope on AgentDojo banking', () => {
  const file = new URL('../data/agentdojo-banking.json', import.meta.url)
  const dataset = Dataset.parse(JSON.parse(readFileSync(file, 'utf8')))
  const token = '0x7070707070707070707070707070707070707070' as Address
  const attacker = accountOf(dataset.attacker.iban)
  const units = (amount: string) => BigInt(Math.round(Number(amount) * 100)) * 10_000n

  test('behavior: each task’s own calls pass in order, the attacker’s do not, and what injected text could say is marked', () => {
    const seen = { tasks: 0, calls: 0, marked: 0, compiled: 0 }
    for (const task of dataset.user_tasks) {
      const payments = task.calls
        .filter((call) => movesMoney(dataset, call))
        .flatMap((call) => {
          const paid = paymentOf(dataset, call)
          return paid === undefined ? [] : [{ ...paid, known: knownPayment(dataset, call) }]
        })
      if (payments.length === 0) continue
      seen.tasks++
      const { document, confirm, overGrant } = inferScope(
        {
          version: 1,
          task: { id: task.id, purpose: task.prompt },
          chainId: environment.chainId,
          principal: '0x00000000000000000000000000000000000000a1',
          delegate: '0x00000000000000000000000000000000000000b2',
          notBefore: '2026-11-20T00:00:00Z',
          expiry: '2026-11-21T00:00:00Z',
          assets: { [token]: { symbol: 'USDC', decimals: 6 } },
          source: 'principal',
          calls: payments.map(({ recipient, amount, known }) => ({
            asset: token,
            to: { value: accountOf(recipient), source: known.recipient?.source ?? 'agent' },
            amount: { value: amount, source: known.amount?.source ?? 'agent' },
          })),
        },
        {},
      )
      const untrusted = payments.filter(({ known }) => known.recipient === undefined || known.amount === undefined)
      expect(confirm.length > 0, task.id).toBe(untrusted.length > 0)
      for (const { recipient, known } of payments) {
        const shown = confirm.some(({ value }) => value === accountOf(recipient))
        expect(shown).toBe(known.recipient === undefined)
      }
      expect(
        overGrant.filter(({ dimension, ratio }) => ratio !== '1' && !/^(?:time|calls of a rule)$/.test(dimension)),
      ).toEqual([])
      const scope = parseScope(document, { confirmed: confirm.map(({ pointer }) => pointer) })
      const history = createScopeHistory(scope)
      const time = 1_795_132_800n
      for (const { recipient, amount } of payments) {
        const planned = { ...transferTo(accountOf(recipient), units(amount)), time }
        for (const call of planned.calls) Object.assign(call, { to: token })
        const stolen = { ...transferTo(attacker, units(amount)), time }
        for (const call of stolen.calls) Object.assign(call, { to: token })
        if (recipient !== dataset.attacker.iban) expect(history.ask(stolen)).toMatchObject({ admitted: 'no' })
        const admission = history.ask(planned)
        expect(admission).toMatchObject({ admitted: 'yes' })
        if (admission.admitted === 'yes') history.record(planned, admission)
        expect(history.ask({ ...planned, time: time + 86_400n })).toMatchObject({ admitted: 'no' })
        seen.calls++
      }
      if (confirm.length > 0) seen.marked++
      let salts = 0
      const plan = compile(scope, environment, {
        salt: () => `0x${(++salts).toString(16).padStart(64, '0')}`,
        nonce: 0n,
      })
      if (plan.drafts.length > 0) seen.compiled++
    }
    expect(seen).toEqual({ tasks: 10, calls: 11, marked: 6, compiled: 10 })
  })
})
