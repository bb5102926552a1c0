import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { createNode } from './node.ts'
import { ask } from './rpc.ts'

describe('createNode', () => {
  test.each(['silent', 'dripping'])('error: a %s node is given up in time', async (kind) => {
    const timers: NodeJS.Timeout[] = []
    const server = createServer((_request, response) => {
      if (kind === 'silent') return
      response.writeHead(200, { 'content-type': 'application/json' })
      timers.push(setInterval(() => response.write(' '), 20))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    try {
      const { port } = server.address() as AddressInfo
      const node = createNode(`http://127.0.0.1:${port}/KEY`, { timeout: 200, retryCount: 0 })
      const started = performance.now()
      const error = await codeOfAsync(() => ask(node, 'eth_chainId', []))
      expect(error.code).toBe('chain.rpc_unreachable')
      expect(performance.now() - started).toBeLessThan(2_000)
      expect(JSON.stringify(error.toProblem())).not.toContain('KEY')
    } finally {
      for (const timer of timers) clearInterval(timer)
      server.closeAllConnections()
      server.close()
    }
  })
})
