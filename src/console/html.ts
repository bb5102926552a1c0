import { raw, html as template } from 'hono/html'
import type { HtmlEscapedString } from 'hono/utils/html'
import { oneLine } from '../grant/draw/nodes.ts'

/** Markup that was made by {@link html}: nothing else is written as it stands. */
export type Html = HtmlEscapedString

/** What may stand in a template. Texts are escaped; `null`, `undefined` and `false` are nothing. */
export type Piece = Html | string | number | bigint | null | undefined | false | readonly Piece[]

/**
 * A template of markup. Every text in it is data: `& < > " '` are escaped, so that it can close no element and no quoted
 * attribute, and what hides (controls, bidi, zero-width, halves of pairs) is shown as its number. A line feed stays.
 * Attributes must be quoted. Long text is cut by {@link say}, not here.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  // Without promises among the pieces the answer is no promise.
  return template(strings, ...pieces.map(harmless)) as Html
}

/** Text from anybody as one line of at most `most` characters: a megabyte of reason must not become a megabyte of page. */
export function say(text: string, most?: number): string {
  return oneLine(text, most)
}

/**
 * JSON for an attribute that a script reads. In ASCII only, by the escapes of JSON itself: what {@link html} would show as a
 * number stays the very character that a wallet is to sign.
 */
export function json(value: unknown): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Our own text, as it stands: the style sheet and the script. Never anything that came from outside. */
export function verbatim(text: string): Html {
  return raw(text)
}

/** An object is markup only where {@link raw} made it: one that was read from somewhere can carry its mark as well. */
function harmless(piece: Piece): unknown {
  if (Array.isArray(piece)) return piece.map(harmless)
  if (piece === null || piece === undefined || piece === false || piece instanceof String) return piece
  return visible(`${piece as string | number | bigint}`)
}

function visible(text: string): string {
  return text.replace(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`)
}
