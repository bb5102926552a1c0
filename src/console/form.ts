import { ConsoleError } from './errors.ts'
import { type Html, html } from './html.ts'
import type { PageContext } from './page.ts'

/** Most fields of a form: what a page of ours sends has a handful. */
const MAX_FIELDS = 64

/** The fields of one POST: text from whoever holds the session. The first of a name counts. */
export type Form = {
  /** The text of a field; `''` where it is not there. */
  text(name: string): string
  /** The text of a chosen file, or of a field of that name; `undefined` where there is neither or it is empty. */
  file(name: string): Promise<string | undefined>
}

/** Every form with an effect carries it: another page cannot read it, hence cannot post in its name. */
export function csrfField({ csrf }: PageContext): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}">`
}

/**
 * Reads urlencoded and multipart bodies. Their size was bounded before.
 *
 * @throws {@link ConsoleError} `console.bad_form`.
 */
export async function readForm(request: Request): Promise<Form> {
  let data: FormData
  try {
    data = await request.formData()
  } catch (cause) {
    throw unreadable(cause)
  }
  if ([...data.keys()].length > MAX_FIELDS) throw unreadable()
  return {
    text: (name) => {
      const value = data.get(name)
      return typeof value === 'string' ? value : ''
    },
    file: async (name) => {
      const value = data.get(name)
      const text = value === null || typeof value === 'string' ? value : await value.text()
      return text === null || text === '' ? undefined : text
    },
  }
}

function unreadable(cause?: unknown): ConsoleError {
  return new ConsoleError('console.bad_form', 'This is not a form of the console.', {
    fix: 'Go back, reload the page and send it again.',
    cause,
  })
}
