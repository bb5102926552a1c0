import { childrenOf, type Edit, type Node, placesOf, type Units } from './mutate-solidity-tree.ts'

/** The library whose address says which change is on: not known until the code is linked, so that no compiler foresees it. */
export const SWITCH = {
  name: 'MutantNumber',
  text: `// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

library MutantNumber {
    function none() external {}
}

function mutant() pure returns (uint256) {
    return uint160(address(MutantNumber));
}
`,
}

/**
 * Sources in which many changes stand beside what they change, each with its number: with none of them on, they mean what
 * they meant before. So all of them are compiled at once.
 *
 * @param changes - Number 1 is the first.
 * @param path - Where {@link SWITCH} stands, for an import.
 */
export function switched(units: Units, changes: readonly (readonly Edit[])[], path: string): Map<string, string> {
  const edits = changes.flatMap((own, index) => own.map((edit) => ({ ...edit, number: index + 1 })))
  return new Map(
    [...units].map(([file, { source, ast }]) => {
      const own = edits.filter((edit) => edit.file === file)
      if (own.length === 0) return [file, source]
      const inserts = own.flatMap((edit) => insertsOf(edit))
      const yul = own.filter(({ how }) => how === 'yul')
      for (const { start, end } of assembliesOf(ast, placesOf(source))) {
        if (!yul.some((edit) => edit.start >= start && edit.end <= end)) continue
        inserts.push(...around(start, end, 0, '{ uint256 mutant_ = mutant(); ', ' }'))
      }
      return [file, `${insert(source, inserts)}\nimport {mutant} from "${path}";\n`]
    }),
  )
}

type Insert = { at: number; opens: boolean; size: number; number: number; text: string }

function insertsOf({ start, end, instead, how, number }: Edit & { number: number }): Insert[] {
  switch (how) {
    case 'value':
      return around(start, end, number, `(mutant() == ${number} ? (${instead}) : (`, '))')
    case 'statement':
      return around(start, end, number, `{ if (mutant() != ${number}) { `, ' } }')
    case 'yul': {
      // Both are worked out: what is changed in assembly has no effects of its own.
      const on = `eq(mutant_, ${number})`
      return around(start, end, number, `add(mul(${instead}, ${on}), mul(iszero(${on}), `, '))')
    }
  }
}

function around(start: number, end: number, number: number, before: string, after: string): Insert[] {
  const size = end - start
  return [
    { at: start, opens: true, size, number, text: before },
    { at: end, opens: false, size, number, text: after },
  ]
}

/** What closes comes before what opens; what is larger is outside, and of two as large the one with the smaller number. */
function insert(source: string, inserts: readonly Insert[]): string {
  const ordered = [...inserts].sort((a, b) => {
    if (a.at !== b.at) return a.at - b.at
    if (a.opens !== b.opens) return a.opens ? 1 : -1
    const inner = b.size - a.size || a.number - b.number
    return a.opens ? inner : -inner
  })
  let text = ''
  let from = 0
  for (const { at, text: own } of ordered) {
    text += source.slice(from, at) + own
    from = at
  }
  return text + source.slice(from)
}

function assembliesOf(
  node: Node,
  at: (node: Node) => { start: number; end: number },
): { start: number; end: number }[] {
  if (node.nodeType === 'InlineAssembly') return [at(node)]
  return childrenOf(node).flatMap((child) => assembliesOf(child, at))
}

/** Code in which one change is on; with 0, none. */
export function linked(code: readonly string[], number: number): string[] {
  return code.map((hex) => hex.replaceAll(/__\$[0-9a-f]{34}\$__/g, number.toString(16).padStart(40, '0')))
}
