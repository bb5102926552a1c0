import type { Form } from './form.ts'
import type { Html } from './html.ts'
import type { ConsoleSource } from './source.ts'

/** What a page may look at. It decides nothing: facts come from the source. */
export type PageContext = {
  source: ConsoleSource
  /** Parts of the path that a route names (`/grants/:id`). Text from anybody: check before use. */
  params: Readonly<Record<string, string>>
  query: URLSearchParams
  /** Goes into every form that has an effect: `csrfField(context)` of form.ts. */
  csrf: string
  /** Unix seconds. */
  now: bigint
}

/** What a POST brings, after Host, Origin, session and CSRF token were checked. */
export type ActContext = PageContext & { form: Form }

/** A page without its frame: layout.ts puts head, navigation and footer around it. */
export type View = {
  /** Of the window, and the one `<h1>`; `body` begins with `<h2>`. */
  title: string
  /** Above the heading: where this page lies. */
  kicker?: Html
  /** Below the heading, one sentence. */
  lead?: Html
  body: Html
  /** Default 200. */
  status?: 200 | 400 | 403 | 404 | 409
  /** Seconds after which the browser reads it again: only where somebody asked for that. */
  refresh?: number
  /** A wallet has to sign on this page: the one script is sent along, by nonce. */
  wallet?: true
}

/** To another page of ours, after an effect: a reload then repeats nothing. `to` begins with one slash. */
export type Redirect = { redirect: `/${string}` }

/** A file to keep. */
export type Download = { download: string; name: string; type: 'application/json' | 'application/x-ndjson' }

export type Answer = View | Redirect | Download

export type Route =
  | { method: 'get'; path: string; show(context: PageContext): Promise<View | Download> }
  | {
      method: 'post'
      path: string
      /** Most bytes of the body. Default 64 KiB. */
      maxBytes?: number
      act(context: ActContext): Promise<Answer>
    }

/** Pages of one subject: one file, one entry in routes.ts. */
export type PageModule = {
  /** In the navigation; absent: in none. */
  label?: string
  /** Where the navigation leads, and which addresses it marks as current. */
  path: `/${string}`
  /** False where the source lacks what these pages show: they do not exist then. */
  available?(source: ConsoleSource): boolean
  routes: readonly Route[]
}
