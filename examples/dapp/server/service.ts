import { type ServerType, serve } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { AmbitError } from '../../../src/errors.ts'
import { ExampleError } from './errors.ts'

/** A loopback service that runs. */
export type Service = { url: string; stop: () => Promise<void> }

/** Longest body of a request, bytes. A permission context is at most 32 KiB, twice that as hexadecimal. */
const MAX_BODY = 80 * 1024

/**
 * Starts a service on the loopback interface. Before any route is asked: the `Host` is our own, so that a name that was
 * rebound to 127.0.0.1 reaches nothing; the `Origin`, where a browser sends one, is one of `origins`; a body is JSON that
 * says so, which no form of another site can send. Every answer of `AmbitError` is a problem document (RFC 9457).
 *
 * @param port - 0: any that is free.
 * @param origins - Pages that may call it from a browser, beside itself.
 * @param headers - Put on every answer.
 */
export async function startService(options: {
  port: number
  origins: readonly string[]
  headers?: Readonly<Record<string, string>>
  routes: (app: Hono, self: () => string) => void
}): Promise<Service> {
  const { port, origins, headers = {}, routes } = options
  const app = new Hono()
  let url = ''
  app.use(async (context, next) => {
    for (const [name, value] of Object.entries({ ...ALWAYS, ...headers })) context.header(name, value)
    requireHost(context, url)
    const origin = context.req.header('origin')
    const known = origin === undefined || origin === url || origins.includes(origin)
    if (!known) throw refuse('example.foreign_origin', 'Another page asks.', 'Ask from the page of this example.')
    if (origin !== undefined) {
      context.header('access-control-allow-origin', origin)
      context.header('vary', 'origin')
    }
    if (context.req.method === 'OPTIONS') {
      context.header('access-control-allow-methods', 'GET, POST')
      context.header('access-control-allow-headers', 'content-type')
      return context.body(null, 204)
    }
    if (context.req.method === 'POST' && mediaType(context) !== 'application/json') {
      throw refuse('example.not_json', 'This body is not declared as JSON.', 'Send content-type: application/json.')
    }
    return next()
  })
  app.use(
    bodyLimit({ maxSize: MAX_BODY, onError: () => answer(refuse('example.too_large', 'Too large.', 'Send less.')) }),
  )
  routes(app, () => url)
  app.notFound(() => answer(refuse('example.not_found', 'There is nothing here.', 'Check the address.')))
  app.onError((error, context) => {
    if (!(error instanceof AmbitError)) {
      console.error(error)
      return context.body('The service failed.', 500)
    }
    return answer(error, context)
  })
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, (address) => {
      url = `http://127.0.0.1:${address.port}`
      resolve({ url, stop: () => close(server) })
    })
    server.once('error', reject)
  })
}

/** The body of a request: an object, not yet believed. */
export async function readBody(context: Context): Promise<Record<string, unknown>> {
  const value: unknown = await context.req.json().catch(() => undefined)
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw refuse('example.malformed', 'This body is not a JSON object.', 'Send one JSON object.')
}

/** Answers that no other page can read, frame, sniff or keep. */
const ALWAYS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

function requireHost(context: Context, url: string): void {
  const { port } = new URL(url)
  const host = context.req.header('host')
  if (host === `127.0.0.1:${port}` || host === `localhost:${port}`) return
  throw refuse('example.foreign_host', 'This service does not answer to that name.', `Use ${url}.`)
}

function mediaType(context: Context): string | undefined {
  return context.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
}

function refuse(code: ConstructorParameters<typeof ExampleError>[0], what: string, fix: string): ExampleError {
  return new ExampleError(code, what, { fix })
}

/** @param context - Where headers were set that the answer has to keep. */
function answer(error: AmbitError, context?: Context): Response {
  const status = error.status as ContentfulStatusCode
  const type = { 'content-type': 'application/problem+json' }
  if (context !== undefined) return context.body(JSON.stringify(error.toProblem()), status, type)
  return new Response(JSON.stringify(error.toProblem()), { status, headers: type })
}

function close(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // A page that polls would keep its connection, and us, alive.
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
}
