import type { TreeState } from '../grant/draw/nodes.ts'
import { arrange } from '../grant/draw/nodes.ts'
import { type Rich, type Style, styled } from './output.ts'
import type { Node } from './treeNodes.ts'

const STYLES: Readonly<Record<TreeState['kind'], Style>> = { live: 'green', open: 'dim', ended: 'red' }

/** Links under the ones that they come under, roots first; a link whose parent is not here is a root of its own. */
export function renderTree(nodes: readonly Node[]): Rich {
  const byHash = new Map(nodes.map((node) => [node.drawn.hash, node]))
  return arrange(nodes.map(({ drawn }) => drawn)).flatMap(({ node, trail, children }) => {
    const bars = (ends: readonly boolean[]) => ends.map((last) => (last ? '   ' : '│  ')).join('')
    const lead = `${bars(trail.slice(0, -1))}${trail.at(-1) ? '└─ ' : '├─ '}`
    const under = styled('dim', `${bars(trail)}${children > 0 ? '│ ' : '  '}`)
    return renderNode(byHash.get(node.hash), lead, under)
  })
}

function renderNode(node: Node | undefined, lead: string, under: Rich): Rich[] {
  if (node === undefined) return []
  const { delegation, drawn, sentences } = node
  const { kind, text } = drawn.state
  return [
    [styled('dim', lead), styled('bold', `${delegation.delegator} → ${delegation.delegate}`)],
    [' ', styled(STYLES[kind], `[${text}]`), '\n'],
    [under, styled('dim', drawn.hash), '\n'],
    ...drawn.meters.map((meter): Rich => [under, styled('cyan', meter.text), '\n']),
    ...sentences.flatMap(({ sentence, caveat, warning }): Rich[] => [
      ...(caveat === undefined ? [] : [[under, `- ${sentence}`, '\n']]),
      ...(warning === undefined ? [] : [[under, styled('yellow', `  ! ${warning}`), '\n']]),
    ]),
  ]
}
