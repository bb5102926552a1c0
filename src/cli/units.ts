import { readHumanDuration } from '../primitives/humanDuration.ts'
import { parseDuration, parseInstant } from '../primitives/time.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'

/** ISO 8601 form of what people write: `30d`, `12h`, `day`, `P1D`. No months: they have no length. */
export function parseHumanDuration(text: string, flag: string): string {
  const iso = readHumanDuration(text)
  if (iso === undefined) {
    throw new CliError('cli.usage', EXIT.usage, 'This is not a length of time.', {
      details: { flag, value: text },
      fix: 'Write a number and s, m, h, d, w or y, for example 30d or 12h; for a month write 30d.',
    })
  }
  parseDuration(iso)
  return iso
}

/** Unix seconds at which something ends: `30d` from now, or an instant as it is. */
export function parseEnd(text: string, now: bigint, flag: string): bigint {
  return /^[0-9]{4}-/.test(text) ? parseInstant(text) : now + parseDuration(parseHumanDuration(text, flag))
}

/** `10/day`, `10/12h`, or `10` for the whole life. The amount stays text: only its asset knows how to read it. */
export function parseLimit(text: string, flag: string): { max: string; per?: string } {
  const [max = '', per, ...rest] = text.split('/')
  if (!/^[0-9]+(?:\.[0-9]+)?$/.test(max) || rest.length > 0) {
    throw new CliError('cli.usage', EXIT.usage, 'This is not a limit.', {
      details: { flag, value: text },
      fix: 'Write an amount, with a period if it comes again: 10/day, 250/week, 100.',
    })
  }
  return per === undefined ? { max } : { max, per: parseHumanDuration(per, flag) }
}

/** A whole number from 0 on, at most nine digits. */
export function readCount(text: string, flag: string): number {
  if (/^(?:0|[1-9][0-9]{0,8})$/.test(text)) return Number(text)
  throw new CliError('cli.usage', EXIT.usage, 'This is not a count.', {
    details: { flag, value: text },
    fix: 'Give a whole number from 0 on.',
  })
}
