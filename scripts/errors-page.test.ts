import { describe, expect, it } from 'vitest'
import { answerFaults, codeFaults, errorClasses, errorsPage, grouped, type Source } from './errors-page.ts'

const NAMED: Source = {
  path: 'src/a/errors.ts',
  text: `export type AErrorCode =
  // reading
  | 'a.bad'
  | 'a.worse'

export class AError extends AmbitError<AErrorCode> {}
throw new AError('a.bad', 'It\\'s bad.', { fix: 'Do better.' })
throw new AError('a.worse', 2, "It is worse | than bad.", { fix: 'Stop.' })`,
}
const INLINE: Source = {
  path: 'src/b.ts',
  text: "class BError extends AmbitError<'b.one' | 'b.two'> {}\nnew BError('b.one', 'One.')\nnew BError('b.two', text)",
}

describe('errorClasses', () => {
  it('default: reads named and inline unions', () => {
    expect(errorClasses([NAMED, INLINE])).toEqual([
      { name: 'AError', path: 'src/a/errors.ts', codes: ['a.bad', 'a.worse'] },
      { name: 'BError', path: 'src/b.ts', codes: ['b.one', 'b.two'] },
    ])
  })
})

describe('errorClasses of unions in unions', () => {
  it('behavior: a union that names another one has its codes too', () => {
    const text =
      "type A =\n  | 'a.one'\n  // more\n  | B\n\ntype B =\n  | 'a.two'\n\nclass AError extends AmbitError<A> {}"
    expect(errorClasses([{ path: 'a.ts', text }])[0]?.codes).toEqual(['a.one', 'a.two'])
  })
})

describe('grouped', () => {
  it('default: groups by the comments of the union', () => {
    const text =
      "export type ReasonCode =\n  // ended\n  | 'revoked'\n  // fault: ours\n  | 'x' // why\n\nexport type Y = 'z'\n"
    expect(grouped(text, 'ReasonCode')).toEqual([
      { heading: 'ended', codes: ['revoked'] },
      { heading: 'fault: ours', codes: ['x'] },
    ])
  })
})

describe('codeFaults', () => {
  const faults = (...sources: Source[]) => codeFaults(errorClasses(sources), sources)

  it('default: codes declared once and used have no fault', () => {
    expect(faults(NAMED, INLINE)).toEqual([])
  })

  it('error: a code of two classes, a code nothing uses, a class whose codes cannot be read', () => {
    const twice = { path: 'c.ts', text: "class CError extends AmbitError<'b.one'> {}" }
    expect(faults(INLINE, twice).map(({ code }) => code)).toEqual(['b.one'])
    const unused = { path: 'd.ts', text: "class DError extends AmbitError<'d.never'> {}" }
    expect(faults(unused).map(({ code }) => code)).toEqual(['d.never'])
    const elsewhere = { path: 'e.ts', text: 'class EError extends AmbitError<ECodes> {}' }
    expect(faults(elsewhere).map(({ code }) => code)).toEqual(['EError'])
  })
})

describe('answerFaults', () => {
  it('error: a list that is not where it was', () => {
    const moved = { path: 'src/verdict/reasons.ts', text: "export type ReasonCode = 'revoked'" }
    expect(answerFaults([moved]).map(({ code }) => code)).toContain('ReasonCode')
    expect(answerFaults([{ ...moved, path: 'src/verdict/types.ts' }]).map(({ code }) => code)).not.toContain(
      'ReasonCode',
    )
  })
})

describe('errorsPage', () => {
  it('behavior: a code that a template makes is used', () => {
    const text =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a template in the source that is read.
      "class FError extends AmbitError<'f.in_a' | 'f.in_b'> {}\nfail('a', 'A.')\nfail('b', 'B.')\nnew FError(`f.in_${what}`)"
    const source = { path: 'f.ts', text }
    expect(codeFaults(errorClasses([source]), [source])).toEqual([])
  })

  it('default: one row a code, with its first line where it stands beside it, safe inside a table', () => {
    const page = errorsPage([INLINE, NAMED])
    expect(page).toContain("| `a.bad` | It's bad. |")
    expect(page).toContain('| `a.worse` | It is worse \\| than bad. |')
    expect(page).toContain('| `b.two` | — |')
    expect(page.indexOf('## AError')).toBeLessThan(page.indexOf('## BError'))
  })
})
