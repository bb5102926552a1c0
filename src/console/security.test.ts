import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Browser,
  closedConsole,
  factsOf,
  HOST,
  type MemorySource,
  memorySource,
  ORIGIN,
  openConsole,
  payingGrant,
} from '../../test/fixtures/console.ts'
import type { Grant } from '../grant/types.ts'
import { limitBody, sameSecret, TOKEN_SECONDS } from './security.ts'

let grant: Grant
beforeAll(async () => {
  grant = await payingGrant()
})

const source = () => memorySource([factsOf(grant)])
const codeOf = async (response: Response) => /<code>(console\.[a-z_]+)<\/code>/.exec(await response.text())?.[1]
const refusal = async (response: Response) => [response.status, await codeOf(response)]

describe('createGate: hosts', () => {
  test('default: answers under its own names', async () => {
    const browser = await openConsole(source())
    for (const host of [HOST, 'localhost:7710', 'LOCALHOST:7710']) {
      expect([host, (await browser.get('/', { host })).status]).toEqual([host, 200])
    }
  })

  // A page of evil.example lets its name point to 127.0.0.1 and reads us as its own origin.
  test.each([
    ['another name', 'evil.example:7710'],
    ['the name without its port', '127.0.0.1'],
    ['another port', '127.0.0.1:7711'],
    ['a name that begins like ours', '127.0.0.1:7710.evil.example'],
    ['a name that ends like ours', 'evil.example@127.0.0.1:7710'],
    ['nothing', ''],
  ])('error: DNS rebinding: %s', async (_what, host) => {
    const browser = await openConsole(source())
    expect(await refusal(await browser.get('/', { host }))).toEqual([403, 'console.foreign_host'])
    expect(await refusal(await closedConsole(source()).ask('/enter', { headers: { host } }))).toEqual([
      403,
      'console.foreign_host',
    ])
  })
})

describe('createGate: token and session', () => {
  test('default: the token becomes a strict cookie, and leads to the overview', async () => {
    const browser = closedConsole(source())
    const response = await browser.ask(browser.entry)
    expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie.split('; ').slice(1).sort()).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict'])
    expect(cookie).not.toContain(browser.entry.split('=')[1])
    expect((await browser.get('/')).status).toBe(200)
  })

  test('error: a token is useless after use, also for who made it so', async () => {
    const browser = closedConsole(source())
    await browser.ask(browser.entry)
    expect(await refusal(await browser.ask(browser.entry))).toEqual([403, 'console.token_unusable'])
    expect(await refusal(await browser.get(browser.entry))).toEqual([403, 'console.token_unusable'])
    expect((await browser.get('/')).status).toBe(200)
  })

  test('error: a token is useless after ten minutes, to the second', async () => {
    const early = closedConsole(source())
    early.wait(TOKEN_SECONDS - 1n)
    expect((await early.ask(early.entry)).status).toBe(303)
    const late = closedConsole(source())
    late.wait(TOKEN_SECONDS)
    expect(await refusal(await late.ask(late.entry))).toEqual([403, 'console.token_unusable'])
  })

  test.each([
    ['none', '/enter'],
    ['an empty one', '/enter?token='],
    ['another of the same length', `/enter?token=${'A'.repeat(43)}`],
  ])('error: a wrong token opens nothing, and uses nothing up: %s', async (_what, path) => {
    const browser = closedConsole(source())
    const response = await browser.ask(path)
    expect(response.headers.get('set-cookie')).toBeNull()
    expect(await refusal(response)).toEqual([403, 'console.token_unusable'])
    expect((await browser.ask(browser.entry)).status).toBe(303)
  })

  test.each([
    ['none', ''],
    ['an empty one', 'ambit_console='],
    ['the token itself', 'token'],
    ['another of the same length', `ambit_console=${'A'.repeat(43)}`],
    ['that of another console', 'other'],
  ])('error: without its cookie there is nothing to see, not even whether it is there: %s', async (_what, given) => {
    const browser = await openConsole(source())
    const other = closedConsole(source())
    const token = browser.entry.split('=')[1]
    const foreign = other.entry.split('=')[1]
    const cookie =
      given === 'token' ? `ambit_console=${token}` : given === 'other' ? `ambit_console=${foreign}x` : given
    for (const path of ['/', '/health', `/grants/${grant.id}`, '/nothing-here']) {
      expect([path, ...(await refusal(await browser.ask(path, { headers: { cookie } })))]).toEqual([
        path,
        401,
        'console.no_session',
      ])
    }
    expect(await (await browser.ask('/', { headers: { cookie } })).text()).not.toContain('<nav')
  })

  test('error: before anybody entered no cookie is right', async () => {
    const browser = closedConsole(source())
    expect(await refusal(await browser.ask('/', { headers: { cookie: 'ambit_console=' } }))).toEqual([
      401,
      'console.no_session',
    ])
  })
})

describe('createGate: effects', () => {
  const open = async (): Promise<Browser & { source: MemorySource }> => (await openConsole(source())) as never
  const stop = () => `/grants/${grant.id}/stop`

  test('default: a form of our own page has its effect once, and leads back', async () => {
    const browser = await open()
    const response = await browser.post(stop())
    expect([response.status, response.headers.get('location')]).toEqual([303, `/grants/${grant.id}?done=stop`])
    expect(browser.source.done).toEqual([`stop ${grant.id}`])
    expect((await browser.post(stop(), {}, { 'sec-fetch-site': 'same-origin' })).status).toBe(303)
  })

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['our host by another scheme', { origin: `https://${HOST}` }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000' }],
    ['a name that begins like ours', { origin: `${ORIGIN}.evil.example` }],
    ['a sandboxed frame', { origin: 'null' }],
    ['nobody', { origin: '' }],
    ['the same site, another origin', { origin: ORIGIN, 'sec-fetch-site': 'same-site' }],
    ['another site that forged our origin', { origin: ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ])('error: cross-site POST: %s', async (_what, headers) => {
    const browser = await open()
    expect(await refusal(await browser.post(stop(), {}, headers))).toEqual([403, 'console.foreign_origin'])
    expect(browser.source.done).toEqual([])
  })

  test.each([
    ['none', ''],
    ['another of the same length', 'B'.repeat(43)],
    ['half of it', 'half'],
  ])('error: a form without the session’s own token: %s', async (_what, csrf) => {
    const browser = await open()
    expect(await refusal(await browser.post(stop(), { csrf }))).toEqual([403, 'console.bad_csrf'])
    expect(browser.source.done).toEqual([])
  })

  test('error: a form without a session, with the right token', async () => {
    const browser = await open()
    expect(await refusal(await browser.post(stop(), {}, { cookie: '' }))).toEqual([401, 'console.no_session'])
    expect(browser.source.done).toEqual([])
  })

  test('error: no effect by GET, nor by any other method', async () => {
    const browser = await open()
    expect(await refusal(await browser.get(stop()))).toEqual([404, 'console.not_found'])
    for (const method of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      expect([method, (await browser.get(stop(), { origin: ORIGIN }, method)).status]).toEqual([method, 404])
    }
    expect(browser.source.done).toEqual([])
  })

  test('error: a huge body is refused by what it says and by what it sends', async () => {
    const browser = await open()
    const filler = { filler: 'x'.repeat(65_536) }
    expect(await refusal(await browser.post(stop(), filler))).toEqual([413, 'console.too_large'])
    expect(await refusal(await browser.post(stop(), {}, { 'content-length': '9999999999' }))).toEqual([
      413,
      'console.too_large',
    ])
    expect(browser.source.done).toEqual([])
  })

  test.each([
    ['JSON', { 'content-type': 'application/json' }],
    ['plain text, which a form of anybody can send', { 'content-type': 'text/plain' }],
    ['multipart without a boundary', { 'content-type': 'multipart/form-data' }],
  ])('error: a body that is no form: %s', async (_what, headers) => {
    const browser = await open()
    expect(await refusal(await browser.post(stop(), {}, headers))).toEqual([400, 'console.bad_form'])
  })

  test('error: more fields than any page of ours sends', async () => {
    const browser = await open()
    const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, '']))
    // The CSRF token is one of the 64.
    expect((await browser.post(stop(), fields(63))).status).toBe(303)
    expect(await refusal(await browser.post(stop(), fields(64)))).toEqual([400, 'console.bad_form'])
  })
})

describe('createGate: headers', () => {
  const POLICY =
    /^default-src 'none'; style-src 'nonce-([A-Za-z0-9_-]{43})'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/

  test('default: the same strict ones on every answer, refusals and redirects too', async () => {
    const browser = closedConsole(source())
    const answers = [
      await browser.ask('/', { headers: { host: 'evil' } }),
      await browser.ask('/'),
      await browser.ask(browser.entry),
      await browser.get('/'),
      await browser.get('/nothing'),
      await browser.get(`/grants/${grant.id}/file`),
      await browser.post(`/grants/${grant.id}/stop`, {}, { origin: 'https://evil.example' }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 401, 303, 200, 404, 200, 403])
    for (const { headers } of answers) {
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      })
      expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'/)
      expect(headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test('behavior: style by a nonce that is new each time; no script but where a wallet signs', async () => {
    const browser = await openConsole(source())
    const nonces = new Set<string>()
    for (const path of ['/', `/grants/${grant.id}`, '/health', '/']) {
      const response = await browser.get(path)
      const [, nonce = ''] = POLICY.exec(response.headers.get('content-security-policy') ?? '') ?? []
      nonces.add(nonce)
      const page = await response.text()
      expect(page).toContain(`<style nonce="${nonce}">`)
      expect(page).not.toMatch(/<script| style="| on[a-z]+=/)
    }
    expect(nonces.size).toBe(4)
    const delegator = grant.delegations[0]?.delegator
    const wallet = await browser.get(`/grants/${grant.id}/revoke/${delegator}`)
    const [, nonce] = /script-src 'nonce-([^']+)'/.exec(wallet.headers.get('content-security-policy') ?? '') ?? []
    const page = await wallet.text()
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).toContain(`<script nonce="${nonce}">`)
  })
})

describe('createConsole: path tricks', () => {
  test.each([
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/grants/..%2f..%2fissuer.jwk',
    '/grants/%00',
    '/grants/0x12',
    `/grants/0x${'AB'.repeat(32)}`,
    `/grants/0x${'ab'.repeat(32)}`,
    `/grants/0x${'ab'.repeat(32)}/file`,
    `/grants/0x${'zz'.repeat(32)}`,
    '//evil.example/',
    '/issuer.jwk',
    '/<script>alert(1)</script>',
  ])('error: %s', async (path) => {
    const browser = await openConsole(source())
    const response = await browser.get(path)
    const text = await response.text()
    expect([response.status, response.headers.get('location')]).toEqual([404, null])
    // Nothing of what was asked for comes back.
    expect(text).not.toMatch(/etc|passwd|issuer|evil|alert|ab{8}/)
  })
})

describe('createConsole: what nobody foresaw', () => {
  test('error: is told to the terminal, and not to the page', async () => {
    const told: unknown[] = []
    const failing = source()
    failing.grants.overview = async () => {
      throw new TypeError('secret of the machine')
    }
    const browser = await openConsole(failing, (error) => told.push(error))
    const response = await browser.get('/')
    const text = await response.text()
    expect(response.status).toBe(500)
    expect(text).toContain('console.unexpected')
    expect(text).not.toContain('secret of the machine')
    expect(told).toEqual([new TypeError('secret of the machine')])
  })
})

describe('sameSecret', () => {
  test('default: the same text, and no other', () => {
    expect(sameSecret('abc', 'abc')).toBe(true)
    for (const other of ['abd', 'bbc', 'ab', 'abcd', '', 'ABC'])
      expect([other, sameSecret(other, 'abc')]).toEqual([other, false])
    expect(sameSecret('', '')).toBe(true)
  })
})

describe('limitBody', () => {
  test('default: at the limit and one past it', async () => {
    const { Hono } = await import('hono')
    const app = new Hono()
    app.post('/', limitBody(8), async (context) => context.text(await context.req.text()))
    app.onError((error, context) => context.text((error as { code?: string }).code ?? '', 500))
    const post = async (body: string) => (await app.request('/', { method: 'POST', body })).text()
    expect(await post('12345678')).toBe('12345678')
    expect(await post('123456789')).toBe('console.too_large')
  })
})
