import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { getCookie, setCookie } from 'hono/cookie'
import { encodeBase64url } from '../receipt/base64url.ts'
import { ConsoleError } from './errors.ts'

/**
 * The cookie of the session. Without a `Domain` it is for this host alone; of ports cookies know nothing, so that another server
 * under the same name of this machine is sent it too. Who runs hostile servers there has lost more than a console.
 */
export const COOKIE = 'ambit_console'

/** Seconds for which the address that was printed opens the console. */
export const TOKEN_SECONDS = 600n

/** Bytes of a token, a session or a nonce. */
const SECRET_BYTES = 32

/** Hono's variables for one request. */
export type Variables = { nonce: string; csrf: string }

export type Gate = {
  /** Opens the console once; part of the address that is printed. */
  readonly token: string
  /** Changes the token for the session's cookie; a token is used up by that, and by time. */
  enter(context: Context, token: string): void
  /** Headers of every answer, and a nonce of its own for what stands inline. */
  headers: MiddlewareHandler<{ Variables: Variables }>
  /** Refuses another Host: a name of somebody else that resolves to this machine is theirs, not ours (DNS rebinding). */
  hosts: MiddlewareHandler<{ Variables: Variables }>
  /** Refuses who has no session. */
  session: MiddlewareHandler<{ Variables: Variables }>
  /** Refuses effects that no page of ours asked for. */
  origin: MiddlewareHandler<{ Variables: Variables }>
  /** Refuses a form without the session's own token. */
  checkCsrf(context: Context<{ Variables: Variables }>, given: string): void
}

export type GateOptions = {
  /** Values of `Host` under which the console is reached, port included: `127.0.0.1:7715`. */
  hosts: readonly string[]
  /** Unix seconds. */
  now: () => bigint
  random: (bytes: number) => Uint8Array
}

/** All that stands between a request and a page. The secrets live here, in memory, and nowhere else. */
export function createGate({ hosts, now, random }: GateOptions): Gate {
  const secret = () => encodeBase64url(random(SECRET_BYTES))
  const allowed = new Set(hosts.map((host) => host.toLowerCase()))
  const token = secret()
  const until = now() + TOKEN_SECONDS
  let open = true
  let session: { cookie: string; csrf: string } | undefined

  return {
    token,
    enter(context, given) {
      // Looked at in full before it is said whether it would still open anything: both answers are the same.
      const right = sameSecret(given, token)
      if (!right || !open || now() >= until) throw unusable()
      open = false
      session = { cookie: secret(), csrf: secret() }
      setCookie(context, COOKIE, session.cookie, { httpOnly: true, sameSite: 'Strict', path: '/' })
    },
    headers: async (context, next) => {
      context.set('nonce', secret())
      await next()
      for (const [name, value] of Object.entries(HEADERS)) context.header(name, value)
      // A page says more where it holds more than text; what forgot to say gets nothing at all.
      if (!context.res.headers.has('Content-Security-Policy')) {
        context.header('Content-Security-Policy', contentPolicy({}))
      }
    },
    hosts: async (context, next) => {
      const host = context.req.header('host')
      if (host === undefined || !allowed.has(host.toLowerCase())) throw foreignHost()
      await next()
    },
    session: async (context, next) => {
      const given = getCookie(context, COOKIE) ?? ''
      if (session === undefined || !sameSecret(given, session.cookie)) throw noSession()
      context.set('csrf', session.csrf)
      await next()
    },
    origin: async (context, next) => {
      const origin = context.req.header('origin') ?? ''
      const site = context.req.header('sec-fetch-site')
      const ours = origin.startsWith('http://') && allowed.has(origin.slice('http://'.length))
      if (!ours || (site !== undefined && site !== 'same-origin')) throw foreignOrigin()
      await next()
    },
    checkCsrf(context, given) {
      if (sameSecret(given, context.get('csrf'))) return
      throw new ConsoleError('console.bad_csrf', 'This form is not of this session.', {
        fix: 'Go back, reload the page and send it again.',
      })
    },
  }
}

/** Refuses a body that is larger, by what it says and by what it sends. */
export function limitBody(maxBytes: number): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new ConsoleError('console.too_large', 'This is too large.', {
        details: { most: maxBytes },
        fix: 'Send less at once.',
      })
    },
  })
}

/**
 * What a page may load: nothing but the one style sheet that stands in it, pictures that are written into it, and where a
 * wallet signs, the one script. It posts to us alone, and stands in no frame. Scripts ask us only where `connect` says so.
 */
export function contentPolicy({ style, script, connect = false }: Policy): string {
  return [
    "default-src 'none'",
    ...(style === undefined ? [] : [`style-src 'nonce-${style}'`]),
    ...(script === undefined ? [] : [`script-src 'nonce-${script}'`]),
    ...(connect ? ["connect-src 'self'"] : []),
    'img-src data:',
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

type Policy = {
  /** Nonce of the style sheet, and of scripts. */
  style?: string
  script?: string
  connect?: boolean
}

/** True for the same text. Takes as long for any two texts of one length. */
export function sameSecret(given: string, secret: string): boolean {
  if (given.length !== secret.length) return false
  let difference = 0
  for (let index = 0; index < secret.length; index++) difference |= given.charCodeAt(index) ^ secret.charCodeAt(index)
  return difference === 0
}

/** `same-origin`, not `no-referrer`: with that, browsers send `Origin: null` with our own forms. */
const HEADERS: Readonly<Record<string, string>> = {
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

function foreignHost(): ConsoleError {
  return new ConsoleError('console.foreign_host', 'The console is not reached under this name.', {
    fix: 'Use the address that `ambit console` printed.',
  })
}

function foreignOrigin(): ConsoleError {
  return new ConsoleError('console.foreign_origin', 'This was not asked by a page of the console.', {
    fix: 'Open the console, and do it there.',
  })
}

function noSession(): ConsoleError {
  return new ConsoleError('console.no_session', 'This browser has no session here.', {
    fix: 'Open the address that `ambit console` printed. It works once; run the command again for another.',
  })
}

function unusable(): ConsoleError {
  return new ConsoleError('console.token_unusable', 'This address does not open the console, or not any more.', {
    fix: 'Run `ambit console` again: each address it prints works once, for ten minutes.',
  })
}
