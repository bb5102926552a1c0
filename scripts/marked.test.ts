import { describe, expect, it } from 'vitest'
import { codeBlock, exportedNames, withPart } from './marked.ts'

const DOCUMENT = 'a\n<!-- part -->\nold\n<!-- /part -->\nb\n'

describe('withPart', () => {
  it('default: replaces the part, and again gives the same', () => {
    const shown = withPart(DOCUMENT, 'part', '\nnew\n')
    expect(shown).toBe('a\n<!-- part -->\nnew\n<!-- /part -->\nb\n')
    expect(withPart(shown, 'part', 'new')).toBe(shown)
  })

  it('error: a document that lost its marks, or a part that is gone, is a failure and not a pass', () => {
    expect(() => withPart('a\n', 'part', 'new')).toThrow(RangeError)
    expect(() => withPart('<!-- /part --><!-- part -->', 'part', 'new')).toThrow(RangeError)
    expect(() => withPart(DOCUMENT, 'part', codeBlock(''))).toThrow(RangeError)
  })
})

describe('codeBlock', () => {
  it('default: leaves out the first comment only', () => {
    expect(codeBlock('/** Why. */\n/** Two. */\nconst a = 1\n')).toBe('```ts\n/** Two. */\nconst a = 1\n```')
  })
})

describe('exportedNames', () => {
  it('default: values by the name they are exported under, no types', () => {
    const index =
      "export { a, type B, c as d } from './a.ts'\nexport type { E } from './e.ts'\nexport {\n  // why\n  F,\n} from './f.ts'\n"
    expect(exportedNames(index)).toEqual(['a', 'd', 'F'])
  })
})
