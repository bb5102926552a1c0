import type { ExplanationRow } from '../compile/types.ts'
import type { CheckRow } from '../delegation/facts.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { type Rich, styled } from './output.ts'

/** One link with what is known of it. */
export type Node = {
  hash: Hex
  delegation: Delegation
  sentences: readonly ExplanationRow[]
  /** Checks of this link that did not pass. */
  troubles: readonly CheckRow[]
}

/** Links under the ones that they come under, roots first; a link whose parent is not here is a root of its own. */
export function renderTree(nodes: readonly Node[]): Rich {
  const known = new Set(nodes.map(({ hash }) => hash))
  const roots = nodes.filter(({ delegation }) => !known.has(delegation.authority))
  return roots.map((root, index) => renderNode(root, nodes, '', index === roots.length - 1, new Set()))
}

function renderNode(node: Node, nodes: readonly Node[], indent: string, last: boolean, above: ReadonlySet<Hex>): Rich {
  // Hashes cannot form a circle; a forged list of nodes could.
  if (above.has(node.hash)) return []
  const { delegation, sentences, troubles, hash } = node
  const children = nodes.filter((child) => child.delegation.authority === hash)
  const inner = `${indent}${last ? '   ' : '│  '}`
  const bar = children.length > 0 ? '│ ' : '  '
  const state = stateOf(troubles)
  return [
    styled('dim', `${indent}${last ? '└─ ' : '├─ '}`),
    styled('bold', `${delegation.delegator} → ${delegation.delegate}`),
    state === undefined ? [] : [' ', state],
    '\n',
    styled('dim', `${inner}${bar}${hash}`),
    '\n',
    ...sentences.flatMap(({ sentence, caveat, warning }): Rich[] => [
      ...(caveat === undefined ? [] : [styled('dim', `${inner}${bar}`), `- ${sentence}`, '\n']),
      ...(warning === undefined ? [] : [styled('dim', `${inner}${bar}`), styled('yellow', `  ! ${warning}`), '\n']),
    ]),
    ...children.map((child, index) =>
      renderNode(child, nodes, inner, index === children.length - 1, new Set([...above, hash])),
    ),
  ]
}

function stateOf(troubles: readonly CheckRow[]): Rich | undefined {
  const failed = troubles.flatMap((row) => (row.result === 'fail' ? [row.code] : []))
  return failed.length === 0 ? undefined : styled('red', `[${failed.join(', ')}]`)
}
