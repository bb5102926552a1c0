import { request } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { countingRandom, memorySource, NOW } from '../../test/fixtures/console.ts'
import { type Served, serveConsole } from './server.ts'

let served: Served[] = []
afterEach(async () => {
  await Promise.all(served.map((one) => one.close()))
  served = []
})

async function serve(hostname?: string, port = 0): Promise<Served> {
  const one = await serveConsole({
    source: memorySource([]),
    port,
    now: () => NOW,
    random: countingRandom(),
    ...(hostname === undefined ? {} : { hostname }),
  })
  served.push(one)
  return one
}

/** A request as bytes: `fetch` lets nobody choose a Host. */
function ask(origin: string, path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((answered, failed) => {
    const { hostname, port } = new URL(origin)
    request({ host: hostname.replace(/[[\]]/g, ''), port, path, headers }, (response) => {
      response.resume()
      answered(response.statusCode)
    })
      .on('error', failed)
      .end()
  })
}

describe('serveConsole', () => {
  test('default: at the loopback address, opened once', async () => {
    const { url, origin } = await serve()
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\?token=[A-Za-z0-9_-]{43}$/)
    const open = () => fetch(url, { redirect: 'manual' })
    expect([(await open()).status, (await open()).status]).toEqual([303, 403])
  })

  test('behavior: by its names and no other', async () => {
    const { origin } = await serve()
    const { port } = new URL(origin)
    const names = [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `127.0.0.1:${Number(port) + 1}`,
      'evil.example',
      `evil.example:${port}`,
    ]
    const answers = await Promise.all(names.map((host) => ask(origin, '/', { host })))
    expect(answers).toEqual([401, 401, 403, 403, 403])
  })

  test('behavior: at another address when told so, and then by that name too', async () => {
    const { origin } = await serve('::1')
    expect(origin).toMatch(/^http:\/\/\[::1\]:\d+$/)
    const { port } = new URL(origin)
    expect(await ask(origin, '/', { host: `[::1]:${port}` })).toBe(401)
    expect(await ask(origin, '/', { host: `[::2]:${port}` })).toBe(403)
  })

  test('behavior: closes, and twice is as good as once', async () => {
    const one = await serve()
    await fetch(one.origin)
    await one.close()
    await one.close()
    await expect(fetch(one.origin)).rejects.toThrow()
  })

  test('error: a port that is taken', async () => {
    const { origin } = await serve()
    const port = Number(new URL(origin).port)
    await expect(serve(undefined, port)).rejects.toMatchObject({
      code: 'console.port_unusable',
      details: { hostname: '127.0.0.1', port, reason: 'EADDRINUSE' },
    })
  })
})
