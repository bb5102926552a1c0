/** Reads the closed unions of error and reason codes out of the sources and renders them as one page. */

export type Source = { path: string; text: string }
export type ErrorClass = { name: string; path: string; codes: readonly string[] }
export type CodeFault = { code: string; why: string }

/** Every class that extends AmbitError, with its codes; a named union is looked up in the same file. */
export function errorClasses(sources: readonly Source[]): ErrorClass[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(/class (\w+) extends AmbitError<([^>]*)>/g)].map(([, name = '', union = '']) => {
      const alias = /^\s*(\w+)\s*$/.exec(union)?.[1]
      return { name, path, codes: literals(alias === undefined ? union : unionOf(text, alias)) }
    }),
  )
}

/** Reason codes of a denial, under the headings that stand as comments in the union. */
export function reasonCodes(verdictTypes: string): { heading: string; codes: string[] }[] {
  const groups: { heading: string; codes: string[] }[] = []
  for (const line of unionOf(verdictTypes, 'ReasonCode').split('\n')) {
    const heading = /^\s*\/\/ (.+)$/.exec(line)?.[1]
    if (heading !== undefined) groups.push({ heading, codes: [] })
    groups.at(-1)?.codes.push(...literals(line))
  }
  return groups
}

/** A code declared twice is reused; one that nothing throws is a promise nobody keeps. */
export function codeFaults(classes: readonly ErrorClass[], sources: readonly Source[]): CodeFault[] {
  const all = sources.map(({ text }) => text).join('\n')
  const seen = new Map<string, string>()
  const faults: CodeFault[] = []
  for (const { name, path, codes } of classes) {
    if (codes.length === 0) faults.push({ code: name, why: `no code could be read in ${path}` })
    for (const item of codes) {
      const other = seen.get(item)
      if (other !== undefined) faults.push({ code: item, why: `declared by ${other} and by ${name}` })
      seen.set(item, name)
      if (!used(all, item)) faults.push({ code: item, why: `declared by ${name} and used nowhere` })
    }
  }
  return faults
}

export function errorsPage(sources: readonly Source[]): string {
  const classes = errorClasses(sources).sort((a, b) => compare(a.codes[0] ?? '', b.codes[0] ?? ''))
  const all = sources.map(({ text }) => text).join('\n')
  const verdict = sources.find(({ path }) => path === 'src/verdict/types.ts')?.text ?? ''
  const sections = classes.map(({ name, path, codes }) => {
    const rows = [...codes].sort(compare).map((code) => `| \`${code}\` | ${meaning(all, code)} |`)
    return [`## ${name}`, '', `\`${path}\``, '', '| Code | Says, for example |', '|---|---|', ...rows].join('\n')
  })
  const reasons = reasonCodes(verdict).map(
    ({ heading, codes }) => `| ${heading} | ${codes.map((code) => `\`${code}\``).join(', ')} |`,
  )
  return [
    '<!-- Generated from the code unions in src by scripts/docs.ts. Do not edit. -->',
    '# Errors and reasons',
    '',
    'Switch on `code`: it is stable and never reused. The first line holds no varying value; the offending value and the',
    'bound are in `details`, what to do is in `fix`, and `retry` is `never`, `safe` or `reconcile` (look before trying again).',
    '',
    '## Why an action is denied',
    '',
    'Not an error: a verdict carries one of these.',
    '',
    '| Family | Codes |',
    '|---|---|',
    ...reasons,
    '',
    sections.join('\n\n'),
    '',
  ].join('\n')
}

/** Twice as it stands (declared, thrown), or made by a template: `context_${what}`. */
function used(text: string, code: string): boolean {
  const starts = [...text.matchAll(/`([a-z0-9]+\.[a-z0-9_]*)\$\{/g)].map(([, start = '']) => start)
  return text.split(`'${code}'`).length > 2 || starts.some((start) => code.startsWith(start))
}

/** A first line that goes with a code, `—` where none stands near: the next sentence in the source, with no other code and no blank line between. */
function meaning(text: string, code: string): string {
  const between = `(?:(?!'[a-z0-9]+\\.[a-z0-9_]+'|\\n\\n|\\n\\s*(?:\\||case|if|return)\\b)[\\s\\S]){1,160}?`
  const sentence = `(?:'([A-Z](?:[^'\\\\\\n]|\\\\.)*\\.)'|"([A-Z][^"\\n]*\\.)")`
  const found = new RegExp(`'${code.replace('.', '\\.')}'${between}${sentence}`).exec(text)
  return (found?.[1] ?? found?.[2] ?? '—').replaceAll("\\'", "'").replaceAll('|', '\\|')
}

/** Text of `type name = …` up to the next statement. */
function unionOf(text: string, name: string): string {
  return (
    new RegExp(`type ${name} =([\\s\\S]*?)(?:\\n\\n|\\n(?=export|class|type|const|function)|$)`).exec(text)?.[1] ?? ''
  )
}

function literals(text: string): string[] {
  return [...text.replace(/\/\/.*$/gm, '').matchAll(/'([a-z0-9_]+(?:\.[a-z0-9_]+)*)'/g)].map(([, code = '']) => code)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
