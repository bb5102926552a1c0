/** What a caller may do after a failure. `reconcile`: the effect may have happened, look before trying again. */
export type Retry = 'never' | 'safe' | 'reconcile'

/** Values that say what was wrong: JSON-safe, no secrets, no provider text. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

export type ErrorOptions = {
  /** What would fix it, in the imperative. */
  fix: string
  details?: ErrorDetails
  retry?: Retry
  cause?: unknown
}

/** RFC 9457 problem details, plus `code`, `fix` and `retry`. */
export type Problem = {
  type: string
  title: string
  status: number
  code: string
  fix: string
  retry: Retry
  details: ErrorDetails
}

/**
 * Base of every error Ambit throws on purpose. Callers switch on `code`: stable, documented, never reused,
 * `<stage>.<what_went_wrong>`. The message is the first line, without varying values, then the values, then the fix.
 */
export class AmbitError<Code extends string = string> extends Error {
  override readonly name: string = 'AmbitError'
  /** HTTP status for a service that has to answer with this error. */
  readonly status: number = 400
  readonly code: Code
  readonly shortMessage: string
  readonly fix: string
  readonly retry: Retry
  readonly details: ErrorDetails

  constructor(code: Code, shortMessage: string, options: ErrorOptions) {
    const details = options.details ?? {}
    const values = Object.entries(details).map(([key, value]) => `  ${key}: ${renderValue(value)}`)
    super([shortMessage, ...values, `Fix: ${options.fix}`].join('\n'), { cause: options.cause })
    this.code = code
    this.shortMessage = shortMessage
    this.fix = options.fix
    this.retry = options.retry ?? 'never'
    this.details = details
  }

  /** First error in the cause chain, this one included, for which `match` holds. */
  walk(match: (error: unknown) => boolean): unknown {
    let current: unknown = this
    for (let depth = 0; current !== undefined && current !== null && depth < 32; depth++) {
      if (match(current)) return current
      current = (current as { cause?: unknown }).cause
    }
    return undefined
  }

  /** What a machine gets to see: never a stack, a secret or a provider's own text. */
  toProblem(): Problem {
    return {
      type: `urn:ambit:error:${this.code}`,
      title: this.shortMessage,
      status: this.status,
      code: this.code,
      fix: this.fix,
      retry: this.retry,
      details: this.details,
    }
  }
}

/** Longest text of one offending value in a message: hostile input must not flood a terminal or a log. */
const MAX_VALUE_LENGTH = 200

/** Renders an untrusted value for an error: control characters escaped, length bounded. */
export function renderValue(value: unknown): string {
  const text = typeof value === 'bigint' ? value.toString() : (JSON.stringify(value) ?? String(value))
  const safe = text.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu,
    escaped,
  )
  return safe.length <= MAX_VALUE_LENGTH ? safe : `${safe.slice(0, MAX_VALUE_LENGTH)}… (${safe.length} characters)`
}

function escaped(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
  return digits.length > 4 ? `\\u{${digits}}` : `\\u${digits}`
}
