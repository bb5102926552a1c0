import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build, type Rolldown } from 'vite'

export type Site = { url: string; walletScript: string; stop: () => Promise<void> }

const PAGES = join(import.meta.dirname, '../pages')
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
}

/** Builds the test pages as a dApp would be built, and serves them from memory on 127.0.0.1. */
export async function startSite(): Promise<Site> {
  const input = { granting: join(PAGES, 'granting.html'), wagmi: join(PAGES, 'wagmi.html') }
  const pages = await bundle({ root: PAGES, build: { rolldownOptions: { input } } })
  const wallet = await bundle({
    build: {
      lib: { entry: join(PAGES, 'wallet.ts'), formats: ['iife'], name: 'devWallet', fileName: () => 'wallet.js' },
    },
  })
  const server = createServer((request, response) => {
    const file = pages.get((request.url ?? '/').split('?')[0] ?? '/')
    if (file === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': TYPES[file.extension] ?? 'application/octet-stream' }).end(file.body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    walletScript: String(wallet.get('/wallet.js')?.body),
    stop: () => closed(server),
  }
}

type Files = ReadonlyMap<string, { extension: string; body: string | Uint8Array }>

async function bundle(config: Parameters<typeof build>[0]): Promise<Files> {
  const { build: options, ...rest } = config ?? {}
  const made = await build({
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    ...rest,
    build: { write: false, target: 'es2022', modulePreload: { polyfill: false }, ...options },
  })
  const [output] = (Array.isArray(made) ? made : [made]) as Rolldown.RolldownOutput[]
  return new Map(
    (output?.output ?? []).map((file) => [
      `/${file.fileName}`,
      {
        extension: file.fileName.split('.').at(-1) ?? '',
        body: file.type === 'chunk' ? file.code : file.source,
      },
    ]),
  )
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}
