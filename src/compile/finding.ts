import type { CompileFindingCode } from './errors.ts'

/** Something that delegations must not be, and where it stands. */
export type Finding = {
  code: CompileFindingCode
  /** Index of the link; of a whole chain, its leaf. */
  link: number
  caveat?: number
  /** Index of the rule, in a caveat that holds a whole scope. */
  rule?: number
  message: string
  fix: string
  /** The word that accepts it; `null` where nothing does. */
  acknowledge: string | null
}

export function finding(
  code: CompileFindingCode,
  link: number,
  message: string,
  fix: string,
  acknowledge: string | null = null,
): Finding {
  return { code, link, message, fix, acknowledge }
}
