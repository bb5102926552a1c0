import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { type Console, type ConsoleOptions, createConsole } from './app.ts'
import { ConsoleError } from './errors.ts'

export type ServeOptions = Omit<ConsoleOptions, 'hosts'> & {
  /** 0: one that is free. */
  port: number
  /** Address to listen at. Default `127.0.0.1`; any other lets other machines in, who then need the token too. */
  hostname?: string
}

export type Served = {
  /** Opens the console once. */
  url: string
  /** Without the token. */
  origin: string
  app: Console['app']
  /** Answers what is under way, takes nothing new. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Puts the console on a port of this machine.
 *
 * @throws {@link ConsoleError} `console.port_unusable`.
 */
export async function serveConsole({ port, hostname = '127.0.0.1', ...options }: ServeOptions): Promise<Served> {
  let served: Console | undefined
  const server = createAdaptorServer({
    fetch: (request) => (served as Console).app.fetch(request),
    overrideGlobalObjects: false,
  }) as Server
  const taken = await listen(server, port, hostname)
  const host = `${isIPv6(hostname) ? `[${hostname}]` : hostname}:${taken}`
  served = createConsole({ ...options, hosts: hostsOf(host, taken) })
  return {
    url: `http://${host}${served.entry}`,
    origin: `http://${host}`,
    app: served.app,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

function hostsOf(host: string, port: number): string[] {
  return [host, `localhost:${port}`, `127.0.0.1:${port}`]
}

function listen(server: Server, port: number, hostname: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new ConsoleError('console.port_unusable', 'The console cannot listen there.', {
          details: { hostname, port, reason: cause.code ?? 'unknown' },
          fix: 'Give another --port, or 0 for one that is free.',
          cause,
        }),
      )
    })
    server.listen(port, hostname, () => resolve((server.address() as AddressInfo).port))
  })
}
