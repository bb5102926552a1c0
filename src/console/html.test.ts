import { describe, expect, test } from 'vitest'
import { html, json, say, verbatim } from './html.ts'

const HIDDEN = '\u0000\u0007\u001b\u007f\u0085\u200b\u200e\u202e\u2028\u2029\u2066\ufeff\ud800\u{e0041}\ue000'

describe('html', () => {
  test('default: texts, numbers and markup of its own; nothing for what is nothing', () => {
    const inner = html`<b>${'bold'}</b>`
    expect(`${html`<p>${inner} ${1} ${2n} ${null}${undefined}${false}${['a', ['b', inner]]}</p>`}`).toBe(
      '<p><b>bold</b> 1 2 ab<b>bold</b></p>',
    )
  })

  test.each([
    ['an element', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['the end of an attribute', '" onload="alert(1)', '&quot; onload=&quot;alert(1)'],
    ['the end of another', "' onload='alert(1)", '&#39; onload=&#39;alert(1)'],
    ['an entity', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
    ['several lines', 'a\nb', 'a\nb'],
    ['a tab and a return', 'a\tb\r', 'a\\u{9}b\\u{d}'],
  ])('error: text that would be markup: %s', (_what, text, written) => {
    expect(`${html`<p title="${text}">${text}</p>`}`).toBe(`<p title="${written}">${written}</p>`)
  })

  test('error: text that hides: each character is shown as its number', () => {
    const written = `${html`<p>${HIDDEN}</p>`}`
    expect(written).toMatch(/^<p>(?:\\u\{[0-9a-f]+\}){15}<\/p>$/)
    expect(`${html`<p>${['\u202e', ['\u202e']]}</p>`}`).toBe('<p>\\u{202e}\\u{202e}</p>')
  })

  test('error: what only looks like markup of ours', () => {
    const forged = JSON.parse('{"isEscaped":true,"callbacks":[]}')
    expect(`${html`<p>${forged}</p>`}`).toBe('<p>[object Object]</p>')
  })
})

describe('say', () => {
  test('behavior: cut, one line, harmless', () => {
    expect(say('x'.repeat(1_000_000)).length).toBe(241)
    expect(say('abcd', 4)).toBe('abcd')
    expect(say('abcde', 4)).toBe('abcd…')
    expect(say('a\nb\u202e')).toBe('a\\u{a}b\\u{202e}')
  })
})

describe('json', () => {
  test('behavior: ASCII that reads back as the very same', () => {
    const value = { text: `${HIDDEN}"<>&' é 漢 \u007f`, list: [1, null, 'x'] }
    expect(json(value)).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(json(value))).toEqual(value)
    // As an attribute it survives the template too.
    expect(`${html`<p data-x="${json({ a: '\u202e' })}">`}`).toBe('<p data-x="{&quot;a&quot;:&quot;\\u202e&quot;}">')
  })
})

describe('verbatim', () => {
  test('default: as it stands', () => {
    expect(`${html`<style>${verbatim('a>b{}')}</style>`}`).toBe('<style>a>b{}</style>')
  })
})
