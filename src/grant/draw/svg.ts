import { toChecksum } from '../../primitives/address.ts'
import {
  actorText,
  arrange,
  MAX_DRAWN,
  oneLine,
  type Placed,
  shortHash,
  type TreeNode,
  type TreeState,
} from './nodes.ts'
import { widthOf, wrap } from './wrap.ts'

/** Pixels. */
const MARGIN = 24
const INDENT = 32
const GAP = 14
const CARD = 680
const PADDING = 16
const LINE = 19
const BAR = 120
const INNER = CARD - 2 * PADDING

const MONO = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace'
const SANS = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif'
const INK = '#1a1f24'
const SOFT = '#4a525a'

/** Text on its badge at 4.5:1 or more; the word says the state, colour only repeats it. */
const COLOURS: Readonly<Record<TreeState['kind'], { edge: string; badge: string; ink: string }>> = {
  live: { edge: '#1b6e47', badge: '#e3f3ea', ink: '#0f4a2e' },
  open: { edge: '#7a838d', badge: '#eef0f3', ink: '#3d444d' },
  ended: { edge: '#a3261b', badge: '#fbe7e5', ink: '#7a1b12' },
}

/** Sentences of one card; the rest is counted. */
const MAX_SAYS = 12
/** Characters of the description that a screen reader reads at once. */
const MAX_DESCRIPTION = 2_000

/**
 * An authority tree as an SVG document: self-contained, without script, style sheet, link or font, the same bytes for the
 * same nodes. Each delegation is a card, indented under the one it comes from.
 */
export function drawSvg(nodes: readonly TreeNode[]): string {
  const placed = arrange(nodes)
  const drawn = placed.slice(0, MAX_DRAWN)
  const left = placed.length - drawn.length
  const boxes: Box[] = []
  let bottom = MARGIN
  for (const one of drawn) {
    const x = MARGIN + (one.trail.length - 1) * INDENT
    const rows = rowsOf(one.node)
    const height = PADDING * 2 + rows.length * LINE
    boxes.push({ one, x, y: bottom, height, rows })
    bottom += height + GAP
  }
  const width = Math.max(...boxes.map(({ x }) => x), MARGIN) + CARD + MARGIN
  const height = bottom - GAP + MARGIN + (left > 0 ? LINE : 0)
  const id = `tree-${drawn[0]?.node.hash.slice(2, 10).replace(/[^0-9a-f]/g, '') ?? ''}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">Authority tree</title>`,
    `<desc id="${id}-description">${escaped(description(drawn))}</desc>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...boxes.flatMap((box) => connector(box, boxes[box.one.parent ?? -1])),
    ...boxes.map(card),
    ...(left > 0 ? [line(MARGIN, height - MARGIN, `${left} more are not drawn`, { fill: SOFT })] : []),
    '</svg>',
    '',
  ].join('\n')
}

type Box = { one: Placed; x: number; y: number; height: number; rows: readonly Row[] }
type Look = { fill: string; mono?: true; bold?: true; size?: number }
/** One line of a card, `indent` pixels in; a bar, filled from 0 to 1, stands in the indent. */
type Row = { text: string; look: Look; indent?: number; bar?: number }

function rowsOf({ delegator, delegate, hash, says, meters, until }: TreeNode): Row[] {
  const acts = delegator === delegate ? 'limits shared by everything below' : `acts for ${toChecksum(delegator)}`
  const end = until === null ? ', without an end' : `, until ${oneLine(until)}`
  const soft: Look = { fill: SOFT }
  const more = says.length - MAX_SAYS
  return [
    { text: actorText(delegate), look: { fill: INK, mono: true, bold: true } },
    { text: acts, look: { fill: SOFT, mono: true, size: 12 } },
    ...wrap(`delegation ${shortHash(hash)}${end}`, INNER, 13).map((text): Row => ({ text, look: soft })),
    ...meters.flatMap(({ text, left }) => {
      const indent = left === null ? 0 : BAR + 12
      return wrap(oneLine(text), INNER - indent, 13).map((part, index): Row => {
        const bar = index === 0 && left !== null ? { bar: left } : {}
        return { text: part, look: { fill: INK }, indent, ...bar }
      })
    }),
    ...says
      .slice(0, MAX_SAYS)
      .flatMap((sentence) =>
        wrap(`– ${oneLine(sentence)}`, INNER - 14, 13).map(
          (part, index): Row => ({ text: part, look: soft, indent: index === 0 ? 0 : 14 }),
        ),
      ),
    ...(more > 0 ? [{ text: `and ${more} more`, look: soft }] : []),
  ]
}

function card({ one, x, y, height, rows }: Box): string {
  const { node } = one
  const { edge } = COLOURS[node.state.kind]
  return [
    '<g>',
    `<title>${escaped(node.hash)}</title>`,
    `<rect x="${x}" y="${y}" width="${CARD}" height="${height}" rx="6" fill="#ffffff" stroke="${edge}" stroke-width="1.5"/>`,
    badge(node.state, x + CARD - PADDING, y + PADDING),
    ...rows.map(({ text, look, indent = 0, bar }, index) => {
      const baseline = y + PADDING + index * LINE + 14
      const filled = bar === undefined ? '' : meter(x + PADDING, baseline - 9, bar, edge)
      return `${filled}${line(x + PADDING + indent, baseline, text, look)}`
    }),
    '</g>',
  ].join('\n')
}

function badge({ kind, text }: TreeState, right: number, top: number): string {
  const { badge: fill, ink } = COLOURS[kind]
  const shown = oneLine(text, 34)
  const width = Math.ceil(widthOf(shown, 12)) + 16
  return [
    `<rect x="${right - width}" y="${top - 2}" width="${width}" height="20" rx="10" fill="${fill}"/>`,
    line(right - width + 8, top + 12, shown, { fill: ink, size: 12, bold: true }),
  ].join('')
}

function meter(x: number, y: number, left: number, fill: string): string {
  return [
    `<rect x="${x}" y="${y}" width="${BAR}" height="9" rx="4.5" fill="#e4e7eb"/>`,
    !(left > 0)
      ? ''
      : `<rect x="${x}" y="${y}" width="${Math.max(Math.round(BAR * Math.min(left, 1)), 4)}" height="9" rx="4" fill="${fill}"/>`,
  ].join('')
}

/** Down from the parent's left edge, then across to the card. The cards between are further to the right. */
function connector({ x, y }: Box, parent: Box | undefined): string[] {
  if (parent === undefined) return []
  const from = `M${parent.x + INDENT / 2} ${parent.y + parent.height}`
  return [`<path d="${from}V${y + 24}H${x}" fill="none" stroke="#8a939d" stroke-width="1.5"/>`]
}

function line(x: number, y: number, text: string, { fill, mono, bold, size = 13 }: Look): string {
  const weight = bold === true ? ' font-weight="600"' : ''
  const family = mono === true ? MONO : SANS
  return `<text x="${x}" y="${y}" font-family="${family}" font-size="${size}"${weight} fill="${fill}" xml:space="preserve">${escaped(text)}</text>`
}

function description(drawn: readonly Placed[]): string {
  const said = drawn.map(({ node: { delegator, delegate, state, meters } }) => {
    const left = meters.map(({ text }) => `; ${oneLine(text)}`).join('')
    return `${toChecksum(delegator)} to ${actorText(delegate)}: ${oneLine(state.text)}${left}.`
  })
  return oneLine(`${drawn.length} delegations. ${said.join(' ')}`, MAX_DESCRIPTION)
}

/** The five characters that XML gives a meaning; every character that XML forbids is gone before. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (unit) => `&#${unit.charCodeAt(0)};`)
}
