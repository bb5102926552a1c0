import { request as httpRequest } from 'node:http'
import { createWalletClient, custom, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scopeOf } from '../../examples/dapp/page/draft.ts'
import { MAX_ORDER_SECONDS, signOrder } from '../../examples/dapp/server/order.ts'
import { type Example, startExample } from '../../examples/dapp/server/start.ts'
import type { Attempt } from '../../examples/dapp/server/wire.ts'
import { requestGrant, revokeGrant, storedGrant, toGrant } from '../../src/dapp/index.ts'
import { serializeGrant } from '../../src/grant/index.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { createDevWallet } from '../../src/testing/wallet/index.ts'

let example: Example
beforeAll(async () => {
  example = await startExample({ page: null, pace: 0 })
}, 60_000)
afterAll(() => example?.stop())

const JSON_TYPE = { 'content-type': 'application/json' }

async function post(url: string, body: unknown, headers: Record<string, string> = JSON_TYPE) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(url, { method: 'POST', headers, body: text })
  return { status: response.status, answer: (await response.json()) as Record<string, unknown>, response }
}

const codeOf = async (asked: ReturnType<typeof post>) => (await asked).answer['code']

/** What the wallet granted to the redeemer for one payee, and its file. */
async function granted({ delegate = example.config.redeemer.address } = {}) {
  const { chain, config, principal } = example
  const { environment, chainId } = config
  const wallet = createDevWallet({ chainId, environment, rpcUrl: chain.rpcUrl, accounts: [principal] })
  await wallet.provider.request({ method: 'eth_requestAccounts' })
  const draft = { amount: '25', payees: [payee()], days: 1, purpose: 'Test' }
  const now = Math.floor(Date.now() / 1000)
  const answers = { draft, amount: 25_000_000n, principal: principal.address, now }
  const scope = scopeOf({ ...config, redeemer: { ...config.redeemer, address: delegate } }, answers)
  const client = createWalletClient({ account: principal.address, transport: custom(wallet.provider) })
  const { publicClient } = chain
  const answer = await requestGrant(client, { scope, environment, publicClient })
  if (answer.status !== 'granted' || answer.path !== 'permission') throw new TypeError('no grant', { cause: answer })
  const grant = await toGrant({ grant: answer.grant, scope, environment })
  const end = () => revokeGrant(client, { grant: answer.grant, publicClient })
  return { root: answer.grant, scope, grant, file: serializeGrant(grant), end }
}

const payee = () => example.config.payees[0]?.address as Hex

type Order = Parameters<typeof signOrder>[1]

let number = 1n
function orderOf(grant: Hex, more: Partial<Order> = {}): Order {
  const { chainId, redeemer, token } = example.config
  const deadline = BigInt(Math.floor(Date.now() / 1000) + 60)
  const parts = { chainId, grant, redeemer: redeemer.address, token: token.address, to: payee(), amount: 1_000_000n }
  return { ...parts, number: number++, deadline, reason: 'A bill', ...more }
}

describe('the services', () => {
  const both = () => [`${example.url}/config.json`, `${example.config.redeemer.url}/grants/x/attempts`]

  it('error: a name that was rebound to this machine reaches nothing', async () => {
    for (const url of both()) {
      const status = await new Promise((resolve, reject) => {
        const asked = httpRequest(url, { headers: { host: 'rebound.example' } }, ({ statusCode }) =>
          resolve(statusCode),
        )
        asked.on('error', reject).end()
      })
      expect(status).toBe(421)
    }
  })

  it('error: another page asks', async () => {
    for (const url of [`${example.url}/agent/tasks`, `${example.config.redeemer.url}/payments`]) {
      const asked = await post(url, {}, { ...JSON_TYPE, origin: 'http://elsewhere.example' })
      expect(asked).toMatchObject({ status: 403, answer: { code: 'example.foreign_origin' } })
      expect(asked.response.headers.get('access-control-allow-origin')).toBeNull()
    }
    // The redeemer is asked by the page; the page's own server by nobody else, the redeemer included.
    const asked = post(`${example.url}/agent/tasks`, {}, { ...JSON_TYPE, origin: example.config.redeemer.url })
    expect(await codeOf(asked)).toBe('example.foreign_origin')
  })

  it('behavior: the redeemer lets the page, and names it', async () => {
    const headers = { origin: example.url }
    const preflight = await fetch(`${example.config.redeemer.url}/grants`, { method: 'OPTIONS', headers })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe(example.url)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    expect(preflight.headers.get('vary')).toBe('origin')
    const asked = await post(`${example.config.redeemer.url}/grants`, {}, { ...JSON_TYPE, ...headers })
    expect(asked.response.headers.get('access-control-allow-origin')).toBe(example.url)
    expect(asked.response.headers.get('content-type')).toBe('application/problem+json')
  })

  it('error: what a form of another site could send', async () => {
    const url = `${example.config.redeemer.url}/grants`
    expect(await codeOf(post(url, '{}', { 'content-type': 'text/plain' }))).toBe('example.not_json')
    expect(await codeOf(post(url, '[]'))).toBe('example.malformed')
    expect(await codeOf(post(url, '{'))).toBe('example.malformed')
    expect(await codeOf(post(url, JSON.stringify({ a: 'x'.repeat(81 * 1024) })))).toBe('example.too_large')
  })

  it('error: a page gets at no more of the node than reads and signed transactions', async () => {
    const ask = (method: string) => post(`${example.url}/rpc`, { jsonrpc: '2.0', id: 1, method, params: [] })
    expect((await ask('eth_chainId')).answer['result']).toBe(toHex(31337))
    for (const method of [
      'anvil_setBalance',
      'eth_sendTransaction',
      'eth_sign',
      'eth_signTypedData_v4',
      'eth_accounts',
      'evm_mine',
      'debug_traceCall',
    ]) {
      expect((await ask(method)).answer['code'], method).toBe('example.malformed')
    }
    const many = (count: number) =>
      Array.from({ length: count }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId' }))
    expect((await post(`${example.url}/rpc`, many(50))).status).toBe(200)
    expect(await codeOf(post(`${example.url}/rpc`, many(51)))).toBe('example.malformed')
  })

  it('error: a task that is none', async () => {
    const task = { grant: `0x${'ab'.repeat(32)}`, payees: [payee()], perDay: '25', work: 'retry' }
    const ask = (more: object) => codeOf(post(`${example.url}/agent/tasks`, { ...task, ...more }))
    for (const wrong of [
      { grant: '0x12' },
      { payees: [] },
      { payees: [`0x${'ab'.repeat(20)}`] },
      { payees: payee() },
      { perDay: '-1' },
      { perDay: 25 },
      { work: 'anything' },
    ]) {
      expect(await ask(wrong), JSON.stringify(wrong)).toBe('example.malformed')
    }
  })
})

describe('the redeemer', () => {
  const grants = () => `${example.config.redeemer.url}/grants`
  const payments = () => `${example.config.redeemer.url}/payments`
  const agent = () => example.agent

  it('default: carries out what the agent signed, once, however often it is asked', async () => {
    const { grant, file } = await granted()
    expect(await post(grants(), file)).toMatchObject({ status: 201, answer: { id: grant.id } })
    const order = await signOrder(agent(), orderOf(grant.id))
    const [first, second] = [await post(payments(), order), await post(payments(), order)]
    expect(first.answer).toMatchObject({ to: payee(), amount: '1000000', reason: 'A bill', result: { status: 'paid' } })
    expect(second.answer).toEqual(first.answer)
    const list = (await (await fetch(`${grants()}/${grant.id}/attempts`)).json()) as Attempt[]
    expect(list).toEqual([first.answer])
    // Registered again, nothing that was done is forgotten.
    await post(grants(), file)
    expect(await (await fetch(`${grants()}/${grant.id}/attempts`)).json()).toEqual(list)
  })

  it('error: an order that the agent did not sign so', async () => {
    const { grant, file } = await granted()
    await post(grants(), file)
    const stranger = privateKeyToAccount(generatePrivateKey())
    const signed = await signOrder(agent(), orderOf(grant.id))
    for (const [order, code] of [
      [await signOrder(stranger, orderOf(grant.id)), 'receipt.request_signer_mismatch'],
      [{ ...signed, reason: 'Another' }, 'receipt.request_signer_mismatch'],
      [{ ...signed, number: '77' }, 'receipt.request_signer_mismatch'],
      [
        await signOrder(agent(), orderOf(grant.id, { redeemer: `0x${'ab'.repeat(20)}` })),
        'receipt.request_signer_mismatch',
      ],
      [await signOrder(agent(), orderOf(grant.id, { chainId: 1 })), 'receipt.request_signer_mismatch'],
      [{ ...signed, signature: 'none' }, 'example.request_refused'],
      [{ ...signed, signature: 1 }, 'example.request_refused'],
      [{ ...signed, number: '-1' }, 'receipt.request_refused'],
      [{ ...signed, grant: `0x${'ab'.repeat(32)}` }, 'example.unknown_grant'],
    ] as const) {
      expect(await codeOf(post(payments(), order)), JSON.stringify(order)).toBe(code)
    }
    expect(await (await fetch(`${grants()}/${grant.id}/attempts`)).json()).toEqual([])
  })

  it('error: an order too late, too long ahead, too wordy, or of anything but a payment', async () => {
    const { grant, file } = await granted()
    await post(grants(), file)
    const now = BigInt(Math.floor(Date.now() / 1000))
    const ask = async (more: Partial<Order>) =>
      codeOf(post(payments(), await signOrder(agent(), orderOf(grant.id, more))))
    expect(await ask({ deadline: now })).toBe('example.request_refused')
    expect(await ask({ deadline: now + BigInt(MAX_ORDER_SECONDS + 5) })).toBe('example.request_refused')
    expect(await ask({ deadline: now + BigInt(MAX_ORDER_SECONDS - 5) })).toBeUndefined()
    expect(await ask({ reason: 'x'.repeat(281) })).toBe('example.request_refused')
    expect(await ask({ reason: 'x'.repeat(280) })).toBeUndefined()
    const signed = await signOrder(agent(), orderOf(grant.id))
    expect(await codeOf(post(payments(), { ...signed, data: '0x095ea7b3' }))).toBe('receipt.request_signer_mismatch')
  })

  it('error: a grant for somebody else, a changed one, and one that has ended', async () => {
    const foreign = await granted({ delegate: `0x${'ab'.repeat(20)}` })
    expect(await codeOf(post(grants(), foreign.file))).toBe('example.grant_refused')
    const { grant, file, end } = await granted()
    expect(await codeOf(post(grants(), file.replaceAll('"25"', '"26"')))).toMatch(/^grant\./)
    expect(await codeOf(post(grants(), { schema: 'ambit.grant.v1' }))).toMatch(/^grant\./)
    await end()
    expect(await codeOf(post(grants(), file))).toBe('example.grant_refused')
    expect((await fetch(`${grants()}/${grant.id}/attempts`)).status).toBe(404)
  })
})

describe('the task account', () => {
  it('error: hands on nothing but to the redeemer, and nothing under what was not granted or has ended', async () => {
    const url = `${example.url}/task-account/grants`
    const { root, scope, end } = await granted()
    const body = { root: storedGrant(root), rootScope: scope, scope }
    const elsewhere = { ...scope, delegate: `0x${'ab'.repeat(20)}` }
    expect((await post(url, { ...body, scope: elsewhere })).answer).toMatchObject({
      code: 'example.grant_refused',
      details: { what: 'delegate' },
    })
    // The wallet granted to the redeemer, not to the task account: nothing here is its to hand on.
    expect(await codeOf(post(url, body))).toMatch(/^(?:grant|compile)\./)
    expect(await codeOf(post(url, { ...body, scope: { ...scope, rules: [] } }))).toMatch(/^scope\./)
    expect((await post(url, { ...body, root: {} })).answer).toMatchObject({ code: 'example.grant_refused' })
    await end()
    expect((await post(url, body)).answer).toMatchObject({ details: { what: 'dapp.revoked' } })
  })
})
