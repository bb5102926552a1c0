import { describe, expect, test } from 'vitest'
import type { Address, Hex } from '../../primitives/hex.ts'
import { drawMermaid } from './mermaid.ts'
import { arrange, MAX_DRAWN, oneLine, type TreeNode } from './nodes.ts'
import { drawSvg } from './svg.ts'
import { widthOf, wrap } from './wrap.ts'

const hash = (byte: number): Hex => `0x${byte.toString(16).padStart(4, '0').repeat(16)}`
const address = (byte: number): Address => `0x${byte.toString(16).padStart(2, '0').repeat(20)}`
const ROOT: Hex = `0x${'ff'.repeat(32)}`

const nodeOf = (id: number, parent: number | null, more: Partial<TreeNode> = {}): TreeNode => ({
  hash: hash(id),
  authority: parent === null ? ROOT : hash(parent),
  delegator: address(1),
  delegate: address(2),
  says: ['At most 10 USDC every 1 day'],
  meters: [{ text: '7 USDC left of 10 USDC, 3 USDC used', left: 0.7 }],
  until: '20 Dec 2026 00:00 UTC',
  state: { kind: 'live', text: 'live' },
  ...more,
})

/** What a hostile task, token or address book writes where it hopes to be drawn. */
const HOSTILE: readonly [what: string, text: string][] = [
  ['a script', '</text><script>alert(1)</script>'],
  ['a link in Mermaid', '"]; click d0 "javascript:alert(1)"'],
  ['a line of its own', '\n  click d0 call steal()\n'],
  ['a directive of Mermaid', '%%{init: {"securityLevel": "loose"}}%%'],
  ['markup in a label, and numbers of characters', '`<img src=x onerror=alert(1)>` #lt;b#gt; &lt;i&gt;'],
  ['an attribute', "' onload='alert(1)' xmlns:x='http://x"],
  ['an entity, a comment, an instruction', '<!ENTITY x SYSTEM "file:///etc/passwd"> ]]> &x; --> <?xml?>'],
  ['characters that hide', 'paid\u202eDSU\u200b\u2066\u0007\u001b[31m\u0000\u{e0041}\ud800\uffff'],
  ['ten thousand wide letters', 'W'.repeat(10_000)],
  ['ten thousand ideographs', '漢'.repeat(10_000)],
]
const hostile = (text: string): TreeNode =>
  nodeOf(1, null, {
    says: [text, text],
    meters: [{ text, left: Number.NaN }],
    until: text,
    state: { kind: 'ended', text },
  })

describe('arrange', () => {
  test('default: each under its parent, siblings as given, grants that share a root as one tree', () => {
    const placed = arrange([nodeOf(3, 2), nodeOf(1, null), nodeOf(2, 1), nodeOf(1, null), nodeOf(4, 1), nodeOf(2, 1)])
    expect(placed.map(({ node, parent, trail }) => [node.hash, parent, trail])).toEqual([
      [hash(1), null, [true]],
      [hash(2), 0, [true, false]],
      [hash(3), 1, [true, false, true]],
      [hash(4), 0, [true, true]],
    ])
  })

  test('behavior: a parent that is not here makes a root, and a circle loses nothing', () => {
    expect(arrange([nodeOf(5, 9)]).map(({ parent }) => parent)).toEqual([null])
    const circle = arrange([nodeOf(1, 2), nodeOf(2, 1), nodeOf(3, 3)])
    expect(circle.map(({ node }) => node.hash).sort()).toEqual([hash(1), hash(2), hash(3)])
  })
})

describe('oneLine', () => {
  test('behavior: shows what hides, and cuts what is long', () => {
    expect(oneLine('a\u202eb\n\ud800')).toBe('a\\u{202e}b\\u{a}\\u{d800}')
    expect(oneLine('é漢 ok')).toBe('é漢 ok')
    expect(oneLine('x'.repeat(10_000))).toHaveLength(241)
    // Cut in the middle of a pair: half of it is no character.
    expect(oneLine('😀😀', 3)).toBe('😀\\u{d83d}…')
  })
})

describe('drawMermaid', () => {
  test('default: a flowchart of the nodes and their edges', () => {
    const drawn = drawMermaid([nodeOf(1, null), nodeOf(2, 1, { delegator: address(2), until: null, meters: [] })])
    expect(drawn.split('\n').slice(0, 3)).toEqual([
      'flowchart TD',
      '  accTitle: Authority tree',
      '  accDescr: 2 delegations, each under the one that it comes from',
    ])
    expect(drawn).toContain('7 USDC left of 10 USDC#44; 3 USDC used')
    expect(drawn).toContain('\n  d0 --> d1\n')
    expect(drawMermaid([nodeOf(1, null), nodeOf(2, 1)])).toBe(drawMermaid([nodeOf(1, null), nodeOf(2, 1)]))
  })

  test.each(HOSTILE)('error: text that would be syntax: %s', (_what, text) => {
    const drawn = drawMermaid([hostile(text), nodeOf(2, 1)])
    const lines = drawn.trimEnd().split('\n')
    // Nothing but these forms of a line, and in a label nothing but letters, digits, blanks, numbers and our own breaks.
    const label = /^ {2}d\d+\["(?:[A-Za-z0-9 ]|#\d{1,7};|<br\/>)+"\]:::(?:live|open|ended)$/
    expect(lines.slice(6, 7)).toEqual([expect.stringMatching(label)])
    expect(lines.slice(7)).toEqual([expect.stringMatching(label), '  d0 --> d1'])
    expect(drawn.length).toBeLessThan(12_000)
  })
})

describe('drawSvg', () => {
  const tree = [
    nodeOf(1, null),
    nodeOf(2, 1),
    nodeOf(3, 2, { state: { kind: 'ended', text: 'revoked' } }),
    nodeOf(4, 1),
  ]

  test('default: named and described, a card for each, connected to its parent', () => {
    const { elements, texts } = readXml(drawSvg(tree))
    const [svg] = elements
    expect(svg).toMatchObject({ name: 'svg', attributes: { role: 'img', xmlns: 'http://www.w3.org/2000/svg' } })
    const [titleId, descriptionId] = String(svg?.attributes['aria-labelledby']).split(' ')
    expect(elements.filter(({ attributes }) => attributes['id'] === titleId)).toMatchObject([{ name: 'title' }])
    expect(elements.filter(({ attributes }) => attributes['id'] === descriptionId)).toMatchObject([{ name: 'desc' }])
    expect(elements.filter(({ name }) => name === 'g')).toHaveLength(4)
    expect(elements.filter(({ name }) => name === 'path')).toHaveLength(3)
    expect(texts.filter((text) => text === 'revoked')).toHaveLength(1)
    expect(drawSvg(tree)).toBe(drawSvg(tree))
  })

  test('behavior: nothing overlaps, and no text leaves its card', () => {
    const wide = 'W@漢'.repeat(60)
    const { elements } = readXml(drawSvg([...tree, nodeOf(5, 4, { says: [wide, 'a b '.repeat(200)] }), hostile(wide)]))
    const page = elements[0]?.attributes ?? {}
    const cards = elements
      .filter(({ attributes }) => attributes['rx'] === '6')
      .map(({ attributes }) => boxOf(attributes))
    cards.forEach((card, index) => {
      const next = cards[index + 1]
      if (next !== undefined) expect(next.y).toBeGreaterThan(card.y + card.height)
      expect(card.x + card.width).toBeLessThan(Number(page['width']))
      expect(card.y + card.height).toBeLessThan(Number(page['height']))
    })
    for (const { name, attributes, text } of elements) {
      if (name !== 'text') continue
      const [x, y, size] = ['x', 'y', 'font-size'].map((key) => Number(attributes[key])) as [number, number, number]
      const card = cards.find((it) => y > it.y && y < it.y + it.height)
      if (card === undefined) throw new TypeError('text outside every card')
      expect(x + widthOf(text, size)).toBeLessThanOrEqual(card.x + card.width)
    }
  })

  test('behavior: every text stands out from what is behind it', () => {
    const states = (['live', 'open', 'ended'] as const).map((kind, index) =>
      nodeOf(index + 1, null, { state: { kind, text: kind } }),
    )
    const { elements } = readXml(drawSvg(states))
    const inks = new Set(
      elements.flatMap(({ name, attributes }) => (name === 'text' ? [attributes['fill'] ?? ''] : [])),
    )
    for (const ink of inks) expect(contrast(ink, '#e3f3ea')).toBeGreaterThan(4.5)
    expect(inks.size).toBeGreaterThan(3)
  })

  test.each(HOSTILE)('error: text that would be markup: %s', (_what, text) => {
    const drawn = drawSvg([hostile(text), nodeOf(2, 1)])
    const { elements } = readXml(drawn)
    expect(new Set(elements.map(({ name }) => name))).toEqual(
      new Set(['svg', 'title', 'desc', 'rect', 'path', 'g', 'text']),
    )
    const names = new Set(elements.flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...names].filter((name) => /^on|href|style|^xmlns:|src/.test(name))).toEqual([])
    expect(drawn.length).toBeLessThan(30_000)
  })

  test('behavior: a forest too large to read is cut, and says so', () => {
    const many = Array.from({ length: MAX_DRAWN + 3 }, (_, index) => nodeOf(index + 1, index === 0 ? null : 1))
    const { elements, texts } = readXml(drawSvg(many))
    expect(elements.filter(({ name }) => name === 'g')).toHaveLength(MAX_DRAWN)
    expect(texts).toContain('3 more are not drawn')
    expect(drawMermaid(many)).toContain('3 more are not drawn')
    expect(readXml(drawSvg([])).elements[0]?.name).toBe('svg')
  })
})

describe('wrap', () => {
  test('default: breaks at blanks, and inside what is longer than a line', () => {
    expect(wrap('one two three', 50, 13)).toEqual(['one', 'two', 'three'])
    expect(wrap('x'.repeat(30), 100, 13).every((line) => widthOf(line, 13) <= 100)).toBe(true)
    expect(wrap('', 100, 13)).toEqual([''])
  })
})

type Element = { name: string; attributes: Record<string, string>; text: string }

/** A reader that takes well-formed XML of this drawing's kind and nothing else: no comment, no entity by name, no CDATA. */
function readXml(xml: string): { elements: Element[]; texts: string[] } {
  const elements: Element[] = []
  const open: Element[] = []
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<>]+)/gy
  let at = 0
  for (let found = token.exec(xml); found !== null; found = token.exec(xml)) {
    at = token.lastIndex
    const [, closing, name = '', list = '', single, text] = found
    if (text !== undefined) {
      const element = open.at(-1)
      if (element === undefined && text.trim() !== '') throw new TypeError('text outside the document')
      if (element !== undefined) element.text += plain(text)
    } else if (closing === '/') {
      if (open.pop()?.name !== name) throw new TypeError(`</${name}> closes nothing`)
    } else {
      const pairs = [...list.matchAll(/ ([a-zA-Z:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
        key,
        plain(value),
      ])
      if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new TypeError('an attribute twice')
      const element = { name, attributes: Object.fromEntries(pairs), text: '' }
      if (open.length === 0 && elements.length > 0) throw new TypeError('a second document')
      elements.push(element)
      if (single !== '/') open.push(element)
    }
  }
  if (at !== xml.length || open.length > 0) throw new TypeError(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`)
  return { elements, texts: elements.map(({ text }) => text) }
}

function plain(text: string): string {
  if (/&(?!#\d{2,7};)/.test(text)) throw new TypeError('an ampersand that is no number')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Surrogate}]/u.test(text)) throw new TypeError('forbidden')
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
}

function boxOf(attributes: Record<string, string>) {
  const read = (name: string) => Number(attributes[name])
  return { x: read('x'), y: read('y'), width: read('width'), height: read('height') }
}

/** WCAG contrast of two colours written as `#rrggbb`. */
function contrast(one: string, other: string): number {
  const light = (colour: string) =>
    [1, 3, 5]
      .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, index) => sum + part * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0)
  const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a) as [number, number]
  return (bright + 0.05) / (dark + 0.05)
}
