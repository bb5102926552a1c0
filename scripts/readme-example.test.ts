import { describe, expect, it } from 'vitest'
import { withExample } from './readme-example.ts'

const README = 'a\n<!-- example -->\nold\n<!-- /example -->\nb\n'

describe('withExample', () => {
  it('default: shows the file without its first comment, and again gives the same', () => {
    const shown = withExample(README, '/** Why. */\nconst a = 1\n')
    expect(shown).toBe('a\n<!-- example -->\n```ts\nconst a = 1\n```\n<!-- /example -->\nb\n')
    expect(withExample(shown, '/** Why. */\nconst a = 1\n')).toBe(shown)
  })

  it('error: a README that lost its marks, or an example that is gone, is a failure and not a pass', () => {
    expect(() => withExample('a\n', 'const a = 1\n')).toThrow(RangeError)
    expect(() => withExample(README, '')).toThrow(RangeError)
  })
})
