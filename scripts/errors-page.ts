/** Reads the closed unions of error and reason codes out of the sources and renders them as one page. */

export type Source = { path: string; text: string }
export type ErrorClass = { name: string; path: string; codes: readonly string[] }
export type CodeFault = { code: string; why: string }

/** Lists of codes that are no errors: answers, found by the name of their type. */
const ANSWERS = [
  {
    path: 'src/verdict/types.ts',
    type: 'ReasonCode',
    title: 'Why an action is denied',
    of: 'A verdict carries one of these.',
  },
  {
    path: 'src/scope/lint.ts',
    type: 'WarningId',
    title: 'What a scope is warned of',
    of: 'Before anything is signed.',
  },
  {
    path: 'src/delegation/facts.ts',
    type: 'CheckCode',
    title: 'Why a chain of delegations does not pass',
    of: 'One row a question; what was not read is no pass.',
  },
  {
    path: 'src/verification/types.ts',
    type: 'CheckCode',
    title: 'What a check of a receipt found',
    of: 'Beside its status: proven, attested, refuted or unavailable.',
  },
  {
    path: 'src/verification/journal.ts',
    type: 'JournalCode',
    title: 'What is wrong between receipts',
    of: 'Found over all receipts of an issuer.',
  },
] as const

/** Every class that extends AmbitError, with its codes; a named union is looked up in the same file. */
export function errorClasses(sources: readonly Source[]): ErrorClass[] {
  return sources.flatMap(({ path, text }) =>
    [...text.matchAll(/class (\w+) extends AmbitError<([^>]*)>/g)].map(([, name = '', union = '']) => ({
      name,
      path,
      codes: codesOf(text, union),
    })),
  )
}

/** Codes of a named union, under the headings that stand as comments in it. */
export function grouped(text: string, type: string): { heading: string; codes: string[] }[] {
  const groups: { heading: string; codes: string[] }[] = []
  for (const line of unionOf(text, type).split('\n')) {
    const heading = /^\s*(?:\/\/|\/\*\*) (.+?)(?: \*\/)?$/.exec(line)?.[1]
    if (heading !== undefined) groups.push({ heading, codes: [] })
    const codes = literals(line)
    if (codes.length > 0 && groups.length === 0) groups.push({ heading: '', codes: [] })
    groups.at(-1)?.codes.push(...codes)
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

/** Lists that moved or were renamed: the page would lose them without a word. */
export function answerFaults(sources: readonly Source[]): CodeFault[] {
  return ANSWERS.filter(({ path, type }) => answersOf(sources, path, type).length === 0).map(({ path, type }) => ({
    code: type,
    why: `no code could be read in ${path}`,
  }))
}

export function errorsPage(sources: readonly Source[]): string {
  const classes = errorClasses(sources).sort((a, b) => compare(a.codes[0] ?? '', b.codes[0] ?? ''))
  const all = sources.map(({ text }) => text).join('\n')
  const sections = classes.map(({ name, path, codes }) => {
    const rows = [...codes].sort(compare).map((code) => `| \`${code}\` | ${meaning(all, code)} |`)
    return [`## ${name}`, '', `\`${path}\``, '', '| Code | Says, for example |', '|---|---|', ...rows].join('\n')
  })
  const answers = ANSWERS.flatMap(({ path, type, title, of }) => {
    const rows = answersOf(sources, path, type).map(
      ({ heading, codes }) => `| ${heading} | ${codes.map((code) => `\`${code}\``).join(', ')} |`,
    )
    return [`## ${title}`, '', `${of} \`${path}\``, '', '| | Codes |', '|---|---|', ...rows, '']
  })
  return [
    '<!-- Generated from the code unions in src by scripts/docs.ts. Do not edit. -->',
    '# Errors and reasons',
    '',
    'Switch on `code`: it is stable and never reused. The first line holds no varying value; the offending value and the',
    'bound are in `details`, what to do is in `fix`, and `retry` is `never`, `safe` or `reconcile` (look before trying again).',
    '',
    ...answers,
    sections.join('\n\n'),
    '',
  ].join('\n')
}

function answersOf(sources: readonly Source[], path: string, type: string): { heading: string; codes: string[] }[] {
  return grouped(sources.find((source) => source.path === path)?.text ?? '', type)
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

/** Literals of a union, and of the unions of the same file that it names. */
function codesOf(text: string, union: string): string[] {
  const named = [...union.replace(/\/\/.*$/gm, '').matchAll(/(?:^|\|)\s*([A-Z]\w*)/g)].map(([, name = '']) => name)
  return [...literals(union), ...named.flatMap((name) => codesOf(text, unionOf(text, name)))]
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
