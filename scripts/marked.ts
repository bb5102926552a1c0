/** Parts of a document that come from elsewhere stand between `<!-- name -->` and `<!-- /name -->`. */

/** The document with the part called `name` replaced. A document that lost its marks is a fault, not a document without. */
export function withPart(document: string, name: string, part: string): string {
  const open = `<!-- ${name} -->`
  const start = document.indexOf(open)
  const end = document.indexOf(`<!-- /${name} -->`)
  if (start === -1 || end < start) throw new RangeError(`the marks of ${name} are missing`)
  if (part.trim() === '') throw new RangeError(`there is nothing to show as ${name}`)
  return `${document.slice(0, start)}${open}\n${part.trim()}\n${document.slice(end)}`
}

/** A source file as a code block, without its first comment: that one speaks to whoever opens the file. */
export function codeBlock(file: string): string {
  const code = file.replace(/^\/\*\*[\s\S]*?\*\/\n/, '').trim()
  return code === '' ? '' : `\`\`\`ts\n${code}\n\`\`\``
}

/** Values (not types) that an index file exports by name, in its order. */
export function exportedNames(index: string): string[] {
  return [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, onlyTypes, list = '']) =>
    onlyTypes
      ? []
      : list
          .split(',')
          .map((name) => name.replace(/\/\/.*$/gm, '').trim())
          .filter((name) => name !== '' && !name.startsWith('type '))
          .map((name) => name.split(' as ').at(-1) ?? name),
  )
}
