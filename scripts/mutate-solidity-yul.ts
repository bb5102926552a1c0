import type { Unnamed } from './mutate-sites.ts'
import { childrenOf, type Edit, type Node, otherNumber } from './mutate-solidity-tree.ts'

const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  add: ['sub'],
  sub: ['add'],
  mul: ['add'],
  div: ['mul'],
  mod: ['div'],
  shl: ['shr'],
  shr: ['shl'],
  and: ['or'],
  or: ['and'],
  xor: ['and'],
  lt: ['gt'],
  gt: ['lt'],
  slt: ['sgt'],
  sgt: ['slt'],
}

/** Changes in a block of assembly: functions that say something else with the same operands, and numbers by one. */
export function findYulSites(
  assembly: Node,
  { file, source, at }: { file: string; source: string; at: (node: Node) => { start: number; end: number } },
): (Unnamed & { edits: readonly Edit[] })[] {
  const found: (Unnamed & { edits: readonly Edit[] })[] = []
  const visit = (node: Node): void => {
    const whole = at(node)
    const add = (kind: Unnamed['kind'], { start, end }: { start: number; end: number }, to: string) => {
      const instead = source.slice(whole.start, start) + to + source.slice(end, whole.end)
      const edits: Edit[] = [{ file, ...whole, instead, how: 'yul' }]
      found.push({ kind, start, end, from: source.slice(start, end), to, edits })
    }
    if (node.nodeType === 'YulFunctionCall') {
      const name = node['functionName'] as Node
      const own = String(name['name'])
      const kind = /^s?[lg]t$/.test(own) ? 'comparison' : 'arithmetic'
      for (const to of FUNCTIONS[own] ?? []) add(kind, at(name), to)
    }
    if (node.nodeType === 'YulLiteral' && node['kind'] === 'number')
      add('bound', whole, otherNumber(String(node['value'])))
    for (const child of childrenOf(node)) visit(child)
  }
  visit(assembly['AST'] as Node)
  return found
}
