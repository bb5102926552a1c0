import { toChecksum } from '../../primitives/address.ts'
import { actorText, arrange, MAX_DRAWN, oneLine, type Placed, shortHash, type TreeNode } from './nodes.ts'

/** Fill, border and text for each state; what it is stands in the label too. */
const CLASSES = [
  'classDef live fill:#e8f5ee,stroke:#1b6e47,color:#12261d',
  'classDef open fill:#f2f4f7,stroke:#57606a,color:#1f2328',
  'classDef ended fill:#fbeceb,stroke:#a3261b,color:#3b0d09',
]

/**
 * An authority tree as a Mermaid flowchart. Labels are quoted and every character in them that is no plain letter, digit
 * or blank is written as its number: no text can end a label, start a directive, a link or markup.
 */
export function drawMermaid(nodes: readonly TreeNode[]): string {
  const placed = arrange(nodes)
  const drawn = placed.slice(0, MAX_DRAWN)
  const lines = [
    'flowchart TD',
    '  accTitle: Authority tree',
    `  accDescr: ${drawn.length} delegations, each under the one that it comes from`,
    ...CLASSES.map((line) => `  ${line}`),
    ...drawn.flatMap((one, index) => [
      `  d${index}["${labelOf(one)}"]:::${one.node.state.kind}`,
      ...(one.parent === null ? [] : [`  d${one.parent} --> d${index}`]),
    ]),
  ]
  if (placed.length > drawn.length) lines.push(`  more["${placed.length - drawn.length} more are not drawn"]:::open`)
  return `${lines.join('\n')}\n`
}

function labelOf({ node }: Placed): string {
  const { delegator, delegate, hash, says, meters, until, state } = node
  const who =
    delegator === delegate
      ? [`${toChecksum(delegator)}`, 'limits shared by what is below']
      : [actorText(delegate), `acts for ${toChecksum(delegator)}`]
  const rows = [...who, `${state.text}, ${shortHash(hash)}`, ...(until === null ? [] : [`until ${until}`])]
  return [...rows, ...meters.map(({ text }) => text), ...says].map(encode).join('<br/>')
}

/** Mermaid reads `#60;` as the character with that number. */
function encode(text: string): string {
  return oneLine(text).replace(/[^A-Za-z0-9 ]/gu, (unit) => `#${unit.codePointAt(0) ?? 0};`)
}
