const UNITS: Readonly<Record<string, string>> = {
  s: 'S',
  second: 'S',
  seconds: 'S',
  m: 'M',
  min: 'M',
  minute: 'M',
  minutes: 'M',
  h: 'H',
  hour: 'H',
  hours: 'H',
  d: 'D',
  day: 'D',
  days: 'D',
  w: 'W',
  week: 'W',
  weeks: 'W',
  y: 'Y',
  year: 'Y',
  years: 'Y',
}

/**
 * ISO 8601 form of a length of time as people write it: `30d`, `12 hours`, `day`. What begins with `P` is left as it is, for
 * `parseDuration` to read. `undefined` for anything else, months among it: they have no length.
 */
export function readHumanDuration(text: string): string | undefined {
  if (text.startsWith('P')) return text
  const [, count = '1', unit = ''] = /^([1-9][0-9]{0,8})? ?([a-z]+)$/.exec(text) ?? []
  const letter = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
  if (letter === undefined) return undefined
  return /[SMH]/.test(letter) ? `PT${count}${letter}` : `P${count}${letter}`
}
