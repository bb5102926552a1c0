import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAmount } from '../../examples/dapp/page/draft.ts'
import { check } from '../../examples/dapp/server/check.ts'
import { buildPage } from '../../examples/dapp/server/page.ts'
import { type Example, startExample } from '../../examples/dapp/server/start.ts'

let example: Example
beforeAll(async () => {
  example = await startExample({ page: await buildPage(), pace: 0 })
}, 60_000)
afterAll(() => example?.stop())

const MAIN = resolve(import.meta.dirname, '../../examples/dapp/server/main.ts')

/** The example in a process of its own, once it says where it is. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const text of child.stdout.setEncoding('utf8')) {
    const [, url] = /Allowance {2}(http:\S+)/.exec(String(text)) ?? []
    if (url !== undefined) return { child, url }
  }
  throw new TypeError('the example did not start')
}

describe('npm run example:dapp', () => {
  it('default: without a browser a wallet grants, and the agent pays, is refused, and is ended', async () => {
    const lines: string[] = []
    for await (const line of check()) lines.push(line.trim().split(/\s+/).slice(0, 3).join(' '))
    expect(lines.map((line) => line.replace(/ by its$/, ''))).toEqual(
      ['permission,', 'taskAccount,'].flatMap((path) => [
        `granted by ${path}`,
        'paid 10 USDC',
        'period_budget_exceeded 100 USDC',
        'recipient_not_allowed 10 USDC',
        'ended',
        'revoked 10 USDC',
      ]),
    )
  })

  it('behavior: prints where it is, ends with Ctrl-C, and leaves nothing behind', async () => {
    const { child, url } = await run('--port', '0')
    expect((await fetch(url)).status).toBe(200)
    const { redeemer } = (await (await fetch(`${url}/config.json`)).json()) as Example['config']
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    for (const address of [url, redeemer.url]) await expect(fetch(address)).rejects.toThrow('fetch failed')
  }, 60_000)

  it('error: a port that is taken', async () => {
    const { port } = new URL(example.url)
    const child = spawn(process.execPath, [MAIN, '--port', port], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const [code] = await once(child, 'close')
    expect({ code, said }).toEqual({
      code: 1,
      said: `Port ${port} is taken. Choose another: npm run example:dapp -- --port 5711\n`,
    })
  }, 60_000)

  it('behavior: what is stopped answers no more', async () => {
    const other = await startExample({ page: null })
    const { url, config, chain } = other
    expect((await fetch(`${url}/config.json`)).status).toBe(200)
    await other.stop()
    for (const address of [`${url}/config.json`, config.redeemer.url, chain.rpcUrl]) {
      await expect(fetch(address)).rejects.toThrow('fetch failed')
    }
  })
})

describe('the page', () => {
  it('default: is served whole, from itself alone, under a policy that lets nothing else in', async () => {
    const response = await fetch(example.url)
    const html = await response.text()
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self' ${example.config.redeemer.url}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path)
    expect(files.length).toBeGreaterThan(2)
    for (const path of files) {
      expect(path).toMatch(/^\/assets\//)
      expect((await fetch(example.url + path)).status).toBe(200)
    }
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
  })

  it('error: nothing else is there', async () => {
    for (const path of ['/../package.json', '/server/main.ts', '/assets/']) {
      expect((await fetch(example.url + path)).status).toBe(404)
    }
  })
})

describe('readAmount', () => {
  it('default: base units a day', () => {
    expect(readAmount('25', 6)).toEqual({ amount: 25_000_000n })
    expect(readAmount(' 0.000001 ', 6)).toEqual({ amount: 1n })
    expect(readAmount('999999999999', 6)).toEqual({ amount: 999_999_999_999_000_000n })
  })

  it.each(['', '0', '0.0', '1.0000001', '1000000000000', '-1', '1e3', '1,5', '1.', '0x10', '∞'])(
    'error: %s is no amount, and the person is told why',
    (text) => {
      expect(readAmount(text, 6)).toEqual({ trouble: expect.stringMatching(/\.$/) })
    },
  )
})
