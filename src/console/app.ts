/**
 * The console as a Hono app: `createConsole(options)` knows no process, socket, file or clock; `serveConsole` (server.ts)
 * puts it on a port, and tests ask it with `app.request`.
 *
 * How a page is made:
 * - A subject is one file that exports a `PageModule` (page.ts): a label for the navigation, its path, and routes. It is
 *   listed in routes.ts. `available(source)` says whether the source can serve it; otherwise it does not exist.
 * - A GET route gives a `View` (title, body, for a wallet page `wallet: true`) or a `Download`. layout.ts frames it.
 * - A POST route gets the form after Host, Origin, session, size and CSRF token were checked; it answers with a `Redirect`
 *   (after an effect), a `View` or a `Download`. Each `<form method="post">` contains `csrfField(context)`.
 * - Markup is made by `html` (html.ts) only, which escapes every text; `say(text, most)` cuts what may be long. No
 *   inline `style` attribute and no event attribute: the policy of the page refuses both. Look in style.ts for classes.
 * - What a wallet must sign goes through `walletForm` (walletForm.ts): the server prepares the requests, the page's one script
 *   finds wallets by EIP-6963, asks, and posts the answers as the field `answers`; the server believes none of it. On the
 *   embedded chain one more wallet stands there, of the console's own (demoWallet.ts).
 * - Facts come from `context.source` (source.ts). A page that needs more adds an optional part of its own to `ConsoleSource`.
 * - What is refused is thrown: `nothingHere()` or an error with a code; the app shows it as a page with its status.
 */
import { type Context, Hono } from 'hono'
import { AmbitError } from '../errors.ts'
import { type DemoWallet, mountDemoWallet } from './demoWallet.ts'
import { ConsoleError, nothingHere } from './errors.ts'
import { readForm } from './form.ts'
import { errorView, frame } from './layout.ts'
import type { Answer, Download, PageContext, PageModule, Route } from './page.ts'
import { pages } from './routes.ts'
import { contentPolicy, createGate, type GateOptions, limitBody, type Variables } from './security.ts'
import type { ConsoleSource } from './source.ts'

/** Bytes of a form that no route says otherwise of. */
const MAX_BODY = 65_536

export type ConsoleOptions = GateOptions & {
  source: ConsoleSource
  /** On the embedded chain only: a wallet for who has none. Absent: nothing of it is served. */
  demoWallet?: DemoWallet
  /** Told of what nobody foresaw: the page says only that it happened. */
  report?: (error: unknown) => void
}

export type Console = {
  app: Hono<{ Variables: Variables }>
  /** Path and query that open the console once. */
  entry: string
}

type Request = Context<{ Variables: Variables }>

/** The console over a source of facts. */
export function createConsole(options: ConsoleOptions): Console {
  const { source, now, report, demoWallet } = options
  const gate = createGate(options)
  const shown = pages.filter((page) => page.available?.(source) !== false)
  const app = new Hono<{ Variables: Variables }>()

  app.use(gate.headers)
  app.use(gate.hosts)
  app.get('/enter', (context) => {
    gate.enter(context, context.req.query('token') ?? '')
    return context.redirect('/', 303)
  })
  app.use(gate.session)
  if (demoWallet !== undefined) mountDemoWallet(app, gate, demoWallet)

  const contextOf = (context: Request): PageContext => ({
    source,
    params: context.req.param() as Record<string, string>,
    query: new URL(context.req.url).searchParams,
    csrf: context.get('csrf'),
    now: now(),
  })
  const answer = (context: Request, given: Answer, page?: PageModule): Response => {
    if ('redirect' in given) return context.redirect(given.redirect, 303)
    if ('download' in given) return download(context, given)
    const nonce = context.get('nonce')
    const demo = demoWallet !== undefined
    const script = given.wallet === true ? { script: nonce, connect: demo } : {}
    context.header('Content-Security-Policy', contentPolicy({ style: nonce, ...script }))
    const open = context.get('csrf') !== undefined
    const markup = frame(given, { nonce, pages: shown, current: page?.path, open, demo })
    return context.html(markup, given.status ?? 200)
  }
  const mount = (page: PageModule, route: Route) => {
    if (route.method === 'get') {
      app.get(route.path, async (context) => answer(context, await route.show(contextOf(context)), page))
      return
    }
    app.post(route.path, gate.origin, limitBody(route.maxBytes ?? MAX_BODY), async (context) => {
      const form = await readForm(context.req.raw)
      gate.checkCsrf(context, form.text('csrf'))
      return answer(context, await route.act({ ...contextOf(context), form }), page)
    })
  }
  for (const page of shown) for (const route of page.routes) mount(page, route)

  app.notFound((context) => answer(context, errorView(nothingHere())))
  app.onError((error, context) => {
    if (error instanceof AmbitError) return answer(context, errorView(error))
    report?.(error)
    return answer(context, errorView(unexpected(error)))
  })
  return { app, entry: `/enter?token=${gate.token}` }
}

function download(context: Request, { download: text, name, type }: Download): Response {
  context.header('Content-Disposition', `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"`)
  return context.body(text, 200, { 'Content-Type': type })
}

function unexpected(cause: unknown): ConsoleError {
  return new ConsoleError('console.unexpected', 'Something failed that nobody foresaw.', {
    fix: 'Look at the terminal that runs `ambit console`.',
    cause,
  })
}
