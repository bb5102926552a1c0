import { ANY_DELEGATE } from '../../delegation/types.ts'
import { toChecksum } from '../../primitives/address.ts'
import type { Address, Hex } from '../../primitives/hex.ts'

/** One delegation as it is drawn. Whatever is text may come from anybody: every drawing makes it harmless by itself. */
export type TreeNode = {
  hash: Hex
  /** Hash of the delegation above; anything else makes it a root. */
  authority: Hex
  delegator: Address
  delegate: Address
  /** What it permits, a short sentence each. */
  says: readonly string[]
  meters: readonly TreeMeter[]
  /** Until when, in words; `null` where nothing ends it by time. */
  until: string | null
  state: TreeState
}

/** What is left of one thing, in words, and as a part of the whole from 0 to 1 where both are known. */
export type TreeMeter = { text: string; left: number | null }

export type TreeState =
  | { kind: 'live'; text: string }
  /** The chain was not asked, so nobody here knows. */
  | { kind: 'open'; text: string }
  | { kind: 'ended'; text: string }

/** A node with its place in the drawing. */
export type Placed = {
  node: TreeNode
  /** Index of the parent in the list; `null` for a root. */
  parent: number | null
  /** From the root's level to its own: whether the node of that level is the last of its siblings. */
  trail: readonly boolean[]
  children: number
}

/**
 * The nodes in the order in which they are drawn: each under its parent, roots and siblings in the order given, each hash
 * once, so that grants which share a root become one tree. A node whose parent is not here is a root.
 */
export function arrange(nodes: readonly TreeNode[]): Placed[] {
  const byHash = new Map(nodes.map((node) => [node.hash, node]))
  const known = [...byHash.values()]
  const children = new Map<Hex, TreeNode[]>()
  for (const node of known) {
    if (byHash.has(node.authority)) children.set(node.authority, [...(children.get(node.authority) ?? []), node])
  }
  const placed: Placed[] = []
  const seen = new Set<Hex>()
  const place = (siblings: readonly TreeNode[], parent: number | null, above: readonly boolean[]) => {
    const fresh = siblings.filter(({ hash }) => !seen.has(hash))
    fresh.forEach((node, index) => {
      seen.add(node.hash)
      const below = children.get(node.hash) ?? []
      const trail = [...above, index === fresh.length - 1]
      const at = placed.push({ node, parent, trail, children: below.length }) - 1
      place(below, at, trail)
    })
  }
  place(
    known.filter(({ authority }) => !byHash.has(authority)),
    null,
    [],
  )
  // Hashes cannot form a circle, a forged list of nodes could: what hangs in one is shown, not lost.
  for (const node of known) place([node], null, [])
  return placed
}

/** Nodes of one drawing. A grant has at most 512; nobody reads more. */
export const MAX_DRAWN = 512

/** Characters of one piece of text in a drawing. */
const MAX_TEXT = 240

/**
 * Text from anybody as one line that shows what it is: control, format (bidi, zero-width), private and unassigned
 * characters and halves of pairs as their numbers, long text cut.
 */
export function oneLine(text: string, most = MAX_TEXT): string {
  // Cut before it is looked at: ten thousand characters must not cost ten thousand replacements.
  const head = text.slice(0, most)
  const shown = head.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`)
  return text.length > most ? `${shown}…` : shown
}

/** Who acts by a delegation; the one account that stands for everybody is nobody's name. */
export function actorText(delegate: Address): string {
  return delegate === ANY_DELEGATE ? 'Whoever submits it' : toChecksum(delegate)
}

export function shortHash(hash: string): string {
  return `${hash.slice(0, 10)}…`
}
