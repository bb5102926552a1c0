import { fileURLToPath } from 'node:url'
import type { Hono } from 'hono'
import { build, type Rolldown } from 'vite'

/** The built page, in memory: path to bytes. */
export type Page = ReadonlyMap<string, { type: string; body: string | Uint8Array<ArrayBuffer> }>

const ROOT = fileURLToPath(new URL('../page', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

/** Builds the page with Vite. Nothing is written to disk: what is served is what stands in the source. */
export async function buildPage(): Promise<Page> {
  const { output } = (await build({
    root: ROOT,
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2022',
      // Fonts, icons and small files would become data: addresses, which the page's own policy refuses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: {
        // The libraries mark what is for the browser alone. All of this is.
        onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
      },
    },
  })) as Rolldown.RolldownOutput
  return new Map(
    output.map((file) => {
      const body = file.type === 'chunk' ? file.code : file.source
      const type = TYPES[file.fileName.split('.').at(-1) ?? ''] ?? 'application/octet-stream'
      return [`/${file.fileName}`, { type, body: typeof body === 'string' ? body : new Uint8Array(body) }]
    }),
  )
}

/**
 * What the page may load and whom it may ask: itself and the redeemer. Images also from data: addresses, in which wallets
 * announce their icons.
 */
export function contentPolicy(redeemerUrl: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${redeemerUrl}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Serves the built files, `/` as its index. */
export function pageRoutes(page: Page): (app: Hono) => void {
  return (app) => {
    app.get('*', (context, next) => {
      const file = page.get(context.req.path === '/' ? '/index.html' : context.req.path)
      if (file === undefined) return next()
      return context.body(file.body, 200, { 'content-type': file.type })
    })
  }
}
