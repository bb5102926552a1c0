import { describe, expect, it } from 'vitest'
import { docOf, emittedKinds, judged, layoutOf } from './enforcers-page.ts'

const CODEC = `import type { Codec } from './codec.ts'

/** Something else. */
const OTHER = 1

/**
 * Passes while \`a * b\` holds (FACTS C1), as
 * {@link OTHER} says.
 *
 * More | of it.
 *
 * Terms, 32 bytes: \`[0,32) a\`, not
 * zero.
 */
export const example: Codec<'example'> = {`

describe('docOf', () => {
  it('default: the paragraph on terms apart from the others', () => {
    expect(docOf(CODEC, 'example')).toEqual({
      terms: '32 bytes: `[0,32) a`, not zero.',
      holds: 'Passes while `a * b` holds, as `OTHER` says. More | of it.',
    })
  })

  it('error: a codec that does not say what its terms are', () => {
    expect(() => docOf(CODEC, 'other')).toThrow(RangeError)
    expect(() => docOf(CODEC.replace('Terms,', 'It has'), 'example')).toThrow(RangeError)
  })
})

describe('emittedKinds', () => {
  it('default: the kinds that the compiler orders', () => {
    const text = "const ORDER: readonly KnownKind[] = [\n  'nonce',\n  'id',\n]"
    expect([...emittedKinds(text)]).toEqual(['nonce', 'id'])
  })

  it('error: no such list', () => {
    expect(() => emittedKinds('const ORDERS = []')).toThrow(RangeError)
  })
})

describe('layoutOf', () => {
  it('default: the comment with a table, without what marks it as one', () => {
    const table = ['Bytes', '', '| Bytes | What |', '|---|---|', '| 1 | version |']
    const commented = table.map((line) => `// ${line}`.trimEnd()).join('\n')
    expect(layoutOf(`// SPDX\npragma solidity;\n\n${commented}\n\nuint256 constant A = 1;\n`)).toEqual(table)
    const natspec = ['@title X', '@notice Bytes', ...table.slice(1)].map((line) => `/// ${line}`.trimEnd()).join('\n')
    expect(layoutOf(`import "x";\n\n${natspec}\nabstract contract X {\n    // no |---| here\n}\n`)).toEqual(table)
  })

  it('error: a source without a table', () => {
    expect(() => layoutOf('// SPDX\n')).toThrow(RangeError)
    expect(() => layoutOf('')).toThrow(RangeError)
  })
})

describe('judged', () => {
  it('default: what the evaluator denies for another reason than a doubt is judged', () => {
    expect(judged({ kind: 'valueLte', max: 0n })).toBe('yes')
    expect(judged({ kind: 'nonce', nonce: 1n })).toBe('yes')
    expect(judged({ kind: 'exactExecutionBatch', executions: [EXECUTION] })).toBe('yes')
  })

  it('behavior: a doubt is named', () => {
    expect(judged({ kind: 'logicalOr', groups: [[]] })).toBe('`choice_unknown`')
    expect(judged({ kind: 'nativePayment', recipient: ADDRESS, amount: 1n })).toBe('`payment_unknown`')
    const change = { direction: 'decrease', recipient: ADDRESS, amount: 1n } as const
    expect(judged({ kind: 'nativeBalanceChange', ...change })).toBe('`effect_unknown`')
  })
})

const ADDRESS = `0x${'11'.repeat(20)}` as const
const EXECUTION = { target: ADDRESS, value: 0n, data: '0x' } as const
