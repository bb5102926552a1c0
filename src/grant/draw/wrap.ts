/**
 * Text in lines no wider than `most` pixels, as wide as letters of any common font may be: there is no font to measure
 * here, and what is clipped or runs over is not read.
 */
export function wrap(text: string, most: number, size: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((it) => pieces(it, most, size))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(longer, size) > most) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return [...lines, line]
}

/** Pixels that text takes at most, in a proportional font of this size. */
export function widthOf(text: string, size: number): number {
  let ems = 0
  for (const unit of text) ems += emsOf(unit)
  return ems * size
}

function emsOf(unit: string): number {
  if (unit > '\u007e') return 1.1
  if (/[MW@%]/.test(unit)) return 1
  if (/[A-Zmw&#]/.test(unit)) return 0.85
  return /[ .,:;'|!()[\]ijlt]/.test(unit) ? 0.4 : 0.62
}

/** A word that fits, or the parts of one that does not. */
function pieces(word: string, most: number, size: number): string[] {
  const parts: string[] = []
  let part = ''
  for (const unit of word) {
    if (part !== '' && widthOf(part + unit, size) > most) {
      parts.push(part)
      part = unit
    } else part += unit
  }
  return [...parts, part]
}
