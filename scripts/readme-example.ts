/** The README shows an example that is a file: it compiles, a test runs it, and the two texts are one. */

const START = '<!-- example -->'
const END = '<!-- /example -->'

/** The README with the example between its marks replaced by the part of `file` after its first comment. */
export function withExample(readme: string, file: string): string {
  const start = readme.indexOf(START)
  const end = readme.indexOf(END)
  if (start === -1 || end < start) throw new RangeError(`README.md needs ${START} and ${END}`)
  const shown = file.replace(/^\/\*\*[\s\S]*?\*\/\n/, '').trim()
  if (shown === '') throw new RangeError('the example of the README is missing')
  return `${readme.slice(0, start)}${START}\n\`\`\`ts\n${shown}\n\`\`\`\n${readme.slice(end)}`
}
