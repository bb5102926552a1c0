import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  closedConsole,
  factsOf,
  HOST,
  memorySource,
  ORIGIN,
  payingGrant,
} from '../../test/fixtures/console.ts'
import { assertHarmless, words } from '../../test/fixtures/consolePage.ts'
import type { Grant } from '../grant/types.ts'
import { NODE_METHODS } from '../testing/wallet/nodeMethods.ts'
import { type DemoWallet, MAX_BATCH } from './demoWallet.ts'

let grant: Grant
let signing: string
beforeAll(async () => {
  grant = await payingGrant()
  signing = `/grants/${grant.id}/revoke/${grant.delegations[0]?.delegator}`
})

/** A wallet whose chain answers with what it was asked. */
function demo(): DemoWallet & { asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    script: async () => 'globalThis.wallet = 1',
    ask: async ({ method, params }) => {
      asked.push(method)
      if (method === 'eth_call') return { error: { code: 3, message: 'reverted', data: '0x12' } }
      return { result: [method, params] }
    },
  }
}

const source = () => memorySource([factsOf(grant)])
const codeOf = (page: string) => /<code>(console\.[a-z_]+)<\/code>/.exec(page)?.[1]

type Call = { id?: unknown; method?: unknown; params?: unknown }
async function rpc(browser: Browser, body: unknown, headers: Record<string, string> = {}) {
  const cookie = cookies.get(browser) ?? ''
  return browser.ask('/rpc', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { cookie, origin: ORIGIN, 'content-type': 'application/json', ...headers },
  })
}
const cookies = new Map<Browser, string>()
async function open(wallet?: DemoWallet): Promise<Browser> {
  const browser = closedConsole(source(), undefined, wallet)
  const entered = await browser.ask(browser.entry)
  cookies.set(browser, entered.headers.get('set-cookie')?.split(';')[0] ?? '')
  return browser
}
const call = (method: string, more: Call = {}): Call => ({ id: 1, method, params: [], ...more })
const answered = async (response: Promise<Response>) => (await response).json()

describe('mountDemoWallet: the page', () => {
  test('default: the script before the page’s own, by the same nonce, and a word about it', async () => {
    const browser = await open(demo())
    const response = await browser.get(signing)
    const policy = response.headers.get('content-security-policy') ?? ''
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(policy) ?? []
    expect(policy.split('; ')).toContain("connect-src 'self'")
    const page = await response.text()
    const tag = `<script nonce="${nonce}" src="/wallet.js"></script>`
    expect(page.match(/<script/g)).toHaveLength(2)
    expect(page.indexOf(tag)).toBeGreaterThan(0)
    expect(page.indexOf(tag)).toBeLessThan(page.indexOf(`<script nonce="${nonce}">`))
    expect(words(page)).toContain('Everybody has its keys')
    assertHarmless(page.replace(tag, ''))
  })

  test('default: the script is served as one', async () => {
    const response = await (await open(demo())).get('/wallet.js')
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(response.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(await response.text()).toBe('globalThis.wallet = 1')
  })

  test('behavior: pages where nobody signs have nothing of it', async () => {
    const browser = await open(demo())
    for (const path of ['/', `/grants/${grant.id}`, '/health', '/nowhere']) {
      const response = await browser.get(path)
      expect(response.headers.get('content-security-policy')).not.toMatch(/connect-src|script-src/)
      expect(await response.text()).not.toMatch(/<script|Demonstration/)
    }
  })

  test('behavior: off the embedded chain there is nothing of it', async () => {
    const browser = await open()
    const response = await browser.get(signing)
    expect(response.headers.get('content-security-policy')).not.toContain('connect-src')
    expect(await response.text()).not.toMatch(/wallet\.js|Demonstration/)
    expect((await browser.get('/wallet.js')).status).toBe(404)
    expect((await rpc(browser, call('eth_chainId'))).status).toBe(404)
  })

  test('error: without a session neither the script nor the chain', async () => {
    const wallet = demo()
    const browser = closedConsole(source(), undefined, wallet)
    for (const response of [await browser.ask('/wallet.js'), await rpc(browser, call('eth_chainId'))]) {
      expect([response.status, codeOf(await response.text())]).toEqual([401, 'console.no_session'])
    }
    expect(wallet.asked).toEqual([])
  })
})

describe('mountDemoWallet: the chain', () => {
  test('default: one request, or several in their order', async () => {
    const browser = await open(demo())
    expect(await answered(rpc(browser, call('eth_chainId')))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: ['eth_chainId', []],
    })
    const params = ['0x12', 'latest']
    expect(await answered(rpc(browser, [call('eth_getCode', { id: 'b', params }), call('eth_blockNumber')]))).toEqual([
      { jsonrpc: '2.0', id: 'b', result: ['eth_getCode', params] },
      { jsonrpc: '2.0', id: 1, result: ['eth_blockNumber', []] },
    ])
    expect(await answered(rpc(browser, { id: 1, method: 'eth_blockNumber' }))).toMatchObject({
      result: ['eth_blockNumber', []],
    })
  })

  test('default: what the node refuses reaches the wallet as it is', async () => {
    expect(await answered(rpc(await open(demo()), call('eth_call')))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      error: { code: 3, message: 'reverted', data: '0x12' },
    })
  })

  test('behavior: every method that the wallet passes on is passed on', async () => {
    const wallet = demo()
    const browser = await open(wallet)
    await rpc(
      browser,
      [...NODE_METHODS].map((method) => call(method)),
    )
    expect(wallet.asked).toEqual([...NODE_METHODS])
  })

  test.each([
    'anvil_setBalance',
    'anvil_impersonateAccount',
    'hardhat_setCode',
    'evm_revert',
    'debug_traceTransaction',
    'eth_accounts',
    'eth_sendTransaction',
    'eth_sign',
    'eth_signTypedData_v4',
    'personal_sign',
    'ETH_CHAINID',
    'constructor',
    '',
  ])('error: %s is refused, alone and among others', async (method) => {
    const wallet = demo()
    const browser = await open(wallet)
    expect(await answered(rpc(browser, call(method)))).toMatchObject({ id: 1, error: { code: -32_601 } })
    const [first, second] = (await answered(rpc(browser, [call('eth_chainId'), call(method)]))) as object[]
    expect(first).toHaveProperty('result')
    expect(second).not.toHaveProperty('result')
    expect(wallet.asked).toEqual(['eth_chainId'])
  })

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:7711' }],
    ['nobody', { origin: '' }],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('error: asked by %s', async (_who, headers) => {
    const wallet = demo()
    const response = await rpc(await open(wallet), call('eth_chainId'), headers as Record<string, string>)
    expect([response.status, codeOf(await response.text())]).toEqual([403, 'console.foreign_origin'])
    expect(wallet.asked).toEqual([])
  })

  test('error: under another name', async () => {
    const response = await rpc(await open(demo()), call('eth_chainId'), { host: `evil.${HOST}` })
    expect([response.status, codeOf(await response.text())]).toEqual([403, 'console.foreign_host'])
  })

  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', null],
    ['a word', '"eth_chainId"'],
    ['an empty list', []],
    ['a list in a list', [[]]],
    ['no method', { id: 1, params: [] }],
    ['a method that is none', { id: 1, method: ['eth_chainId'] }],
    ['an id that is none', { id: {}, method: 'eth_chainId' }],
    ['no id', { method: 'eth_chainId' }],
    ['parameters that are no list', { id: 1, method: 'eth_chainId', params: {} }],
    ['one that is none among others', [{ id: 1, method: 'eth_chainId' }, 7]],
  ])('error: no request: %s', async (_what, body) => {
    const wallet = demo()
    const response = await rpc(await open(wallet), body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32_600 } })
    expect(wallet.asked).toEqual([])
  })

  test('behavior: so many at once, and so large, and no more', async () => {
    const browser = await open(demo())
    const many = (count: number) => Array.from({ length: count }, (_, id) => call('eth_chainId', { id }))
    expect((await rpc(browser, many(MAX_BATCH))).status).toBe(200)
    expect((await rpc(browser, many(MAX_BATCH + 1))).status).toBe(400)
    const large = (bytes: number) => {
      const empty = JSON.stringify(call('eth_sendRawTransaction', { params: [''] }))
      return JSON.stringify(call('eth_sendRawTransaction', { params: ['0'.repeat(bytes - empty.length)] }))
    }
    expect((await rpc(browser, large(262_144))).status).toBe(200)
    expect((await rpc(browser, large(262_145))).status).toBe(413)
  })
})
