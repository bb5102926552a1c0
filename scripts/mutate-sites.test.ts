import { describe, expect, test } from 'vitest'
import { applySite, findSites } from './mutate-sites.ts'

/** Every text that one change makes of a module of one line. */
const made = (source: string) => findSites(source).map((site) => applySite(source, site))

describe('findSites', () => {
  test.each([
    ['a < b', ['a <= b', 'a > b']],
    ['a >= b', ['a < b', 'a > b']],
    ['a === b', ['a !== b']],
    ['(a) /* < */ < (b)', ['(a) /* <= */ < (b)', '(a) /* > */ < (b)']],
    ['a && b', ['a || b']],
    ['a ?? 1n', []],
    ['!a', ['(a)']],
    ['a + 1n', ['a - 1n', 'a + 0n']],
    ["a + ' 1'", []],
    ['f(0n, 7, true)', ['f(1n, 7, true)', 'f(0n, 8, true)', 'f(0n, 7, false)']],
    ['a.some(f)', ['a.every(f)']],
    ['a.toString()', []],
    ['Math.min(a, b)', ['Math.max(a, b)']],
    ['z.string().min(2)', ['z.string().min(3)']],
    ['a.toSorted().slice(1)', ['a.slice().slice(1)', 'a.toSorted().slice(0)']],
    ['if (a.b) f()', ['if (!(a.b)) f()', 'if (false) f()']],
    ['if (a < b) f()', ['if (false) f()', 'if (a <= b) f()', 'if (a > b) f()']],
    ['if (a.b) f(); else g()', ['if (!(a.b)) f(); else g()']],
    ['a.b ? c : d', ['!(a.b) ? c : d']],
  ])('default: %s', (source, expected) => {
    expect(made(source).sort()).toEqual([...expected].sort())
  })

  test.each([
    "import { a } from './1.ts'",
    'type T = { a: 1 | 2 } & (A extends B ? 1 : 2)',
    'const a: Record<1, 2n> = b as Array<3>',
    'throw new E(1, { at: index + 1 })',
    'f({ details: { at: index + 1 }, message: a ? 1 : 2 })',
    "// 1 < 2\nf('1 < 2', `1 < 2`, /1{2}/)",
  ])('behavior: nothing in %j', (source) => {
    expect(made(source)).toEqual([])
  })

  test('behavior: a change is named by its line, and by its number among equal ones', () => {
    const source = '// ’’ é 😀\nf(1, 1)\n  f(1, 1)\n'
    expect(findSites(source).map(({ line, lineNumber, nth }) => [line, lineNumber, nth])).toEqual([
      ['f(1, 1)', 2, 0],
      ['f(1, 1)', 2, 1],
      ['f(1, 1)', 3, 2],
      ['f(1, 1)', 3, 3],
    ])
    expect(made(source).at(-1)).toBe('// ’’ é 😀\nf(1, 1)\n  f(1, 0)\n')
  })
})
