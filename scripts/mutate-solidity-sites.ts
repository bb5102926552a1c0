import { nameSites, type Site, type Unnamed } from './mutate-sites.ts'
import {
  childrenOf,
  type Edit,
  isAfterTurn,
  isNode,
  type Node,
  otherNumber,
  placesOf,
  type Units,
} from './mutate-solidity-tree.ts'
import { findYulSites } from './mutate-solidity-yul.ts'

/** A change of one place, and how it is compiled beside others: a constant's value is switched wherever it is used. */
export type SoliditySite = Site & { edits: readonly Edit[] }

type Found = Unnamed & { edits: readonly Edit[] }

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>'],
  '<=': ['<', '>'],
  '>': ['>=', '<'],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '&&': ['||'],
  '||': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
}

/**
 * Every change that can be made in Solidity sources, in the order of each text. Types, imports, declarations and
 * documentation decide nothing and are left alone; what is thrown and what is emitted is not: a refusal is explained from it.
 */
export function findSoliditySites(units: Units): Map<string, SoliditySite[]> {
  return new Map(
    [...units].map(([file, { source, ast }]) => {
      const found: Found[] = []
      visit(ast, { file, source, units, found, at: placesOf(source), parents: [] })
      return [file, nameSites(source, found)]
    }),
  )
}

type Context = {
  file: string
  source: string
  units: Units
  found: Found[]
  at: (node: Node) => { start: number; end: number }
  /** From the outermost to the one that holds the node. */
  parents: readonly Node[]
}

function visit(node: Node, context: Context): void {
  if (/TypeName$|^ImportDirective$|^PragmaDirective$|^StructuredDocumentation$|^UsingForDirective$/.test(node.nodeType))
    return
  if (node.nodeType === 'InlineAssembly') {
    context.found.push(...findYulSites(node, context))
    return
  }
  look(node, context)
  const parents = [...context.parents, node]
  for (const child of childrenOf(node)) visit(child, { ...context, parents })
}

function look(node: Node, context: Context): void {
  const { source, at } = context
  const text = (part: unknown) => source.slice(at(part as Node).start, at(part as Node).end)
  const add = (kind: Site['kind'], { start, end }: { start: number; end: number }, to: string, scope = node) => {
    const edits = editsOf({ start, end, to }, scope, context)
    if (edits.length > 0) context.found.push({ kind, start, end, from: source.slice(start, end), to, edits })
  }
  /** An operator, between what stands on its two sides. */
  const operator = (own: string, left: unknown, right: unknown) => {
    const start = source.indexOf(own, at(left as Node).end)
    return start < 0 || start >= at(right as Node).start ? undefined : { start, end: start + own.length }
  }
  switch (node.nodeType) {
    case 'BinaryOperation': {
      const own = String(node['operator'])
      const [left, right] = [node['leftExpression'], node['rightExpression']]
      const place = operator(own, left, right)
      if (place === undefined) break
      for (const to of OPERATORS[own] ?? []) add(kindOf(own), place, to)
      if (own === '-' && !isLiteral(left) && !isLiteral(right))
        add('order', at(node), `${text(right)} - (${text(left)})`)
      break
    }
    case 'Assignment': {
      const own = String(node['operator'])
      const place = operator(own, node['leftHandSide'], node['rightHandSide'])
      const to = OPERATORS[own.slice(0, -1)]?.[0]
      if (own !== '=' && place !== undefined && to !== undefined) add('arithmetic', place, `${to}=`)
      break
    }
    case 'UnaryOperation': {
      const own = String(node['operator'])
      if (own === '!') add('negation', at(node), `(${text(node['subExpression'])})`)
      if (own === '~') add('arithmetic', at(node), `(${text(node['subExpression'])})`)
      if (own === '++' || own === '--') {
        const { start, end } = at(node)
        const begin = node['prefix'] === true ? start : end - 2
        add('arithmetic', { start: begin, end: begin + 2 }, own === '++' ? '--' : '++')
      }
      break
    }
    case 'IfStatement':
    case 'Conditional': {
      const condition = node['condition'] as Node
      if (node.nodeType === 'IfStatement' && !isNode(node['falseBody']))
        add('condition', at(condition), 'false', condition)
      if (!isChangedItself(condition)) add('condition', at(condition), `!(${text(condition)})`, condition)
      break
    }
    case 'Literal': {
      // Bytes are compared with no number but zero.
      const common = context.parents.at(-1)?.['commonType'] as { typeString?: string } | undefined
      const to = common?.typeString?.startsWith('bytes') === true ? undefined : otherLiteral(node, text(node))
      if (to !== undefined) add(node['kind'] === 'bool' ? 'answer' : 'bound', at(node), to)
      break
    }
    case 'EmitStatement':
    case 'ExpressionStatement': {
      const isCall = node.nodeType === 'EmitStatement' || (node['expression'] as Node).nodeType === 'FunctionCall'
      const { start } = at(node)
      // The semicolon is no part of the statement's place.
      const end = source.indexOf(';', at(node).end) + 1
      if (isCall && !isAfterTurn(node, context.parents)) {
        const edits: Edit[] = [{ file: context.file, start, end, instead: '', how: 'statement' }]
        context.found.push({ kind: 'statement', start, end, from: source.slice(start, end), to: '{}', edits })
      }
      break
    }
  }
}

/** How a change of a value is switched on: in the expression it is part of; in a constant, wherever that is used. */
function editsOf(change: { start: number; end: number; to: string }, scope: Node, context: Context): Edit[] {
  const { file, source, at, parents } = context
  const within = ({ start, end }: { start: number; end: number }) =>
    source.slice(start, change.start) + change.to + source.slice(change.end, end)
  const constant = parents.find(({ nodeType, constant: is }) => nodeType === 'VariableDeclaration' && is === true)
  if (constant !== undefined) {
    const type = String((constant['typeDescriptions'] as { typeString: string }).typeString)
    return usesOf(constant, `${type}(${within(at(constant['value'] as Node))})`, context.units)
  }
  // What a literal is converted to, it stays with the change.
  const parent = parents.at(-1)
  const whole = scope.nodeType === 'Literal' && parent?.['kind'] === 'typeConversion' ? parent : scope
  const isNumber = whole.nodeType === 'Literal' && whole['kind'] === 'number'
  return [{ file, ...at(whole), instead: isNumber ? `uint256(${change.to})` : within(at(whole)), how: 'value' }]
}

/** Uses of a constant in code; none where assembly or another constant uses it too, which cannot be switched. */
function usesOf({ id }: Node, instead: string, units: Units): Edit[] {
  const edits: Edit[] = []
  let outOfReach = false
  for (const [file, { source, ast }] of units) {
    const at = placesOf(source)
    const look = (node: Node, within: boolean): void => {
      if (node.nodeType === 'ImportDirective') return
      const inner = within || (node.nodeType === 'VariableDeclaration' && node['constant'] === true)
      if (node.nodeType === 'Identifier' && node['referencedDeclaration'] === id) {
        if (inner) outOfReach = true
        edits.push({ file, ...at(node), instead, how: 'value' })
      }
      const references = (node['externalReferences'] ?? []) as readonly { declaration: unknown }[]
      if (references.some(({ declaration }) => declaration === id)) outOfReach = true
      for (const child of childrenOf(node)) look(child, inner)
    }
    look(ast, false)
  }
  return outOfReach ? [] : edits
}

function kindOf(operator: string): Site['kind'] {
  if (operator === '&&' || operator === '||') return 'logic'
  return /^(?:[<>]=?|[!=]=)$/.test(operator) ? 'comparison' : 'arithmetic'
}

/** The opposite of these is a change of their own operator already. */
function isChangedItself({ nodeType, operator }: Node): boolean {
  return (
    (nodeType === 'UnaryOperation' && operator === '!') ||
    (nodeType === 'BinaryOperation' && /^[!=<>]=?$/.test(String(operator)))
  )
}

function isLiteral(node: unknown): boolean {
  return (node as Node).nodeType === 'Literal'
}

function otherLiteral(node: Node, text: string): string | undefined {
  if (node['kind'] === 'bool') return text === 'true' ? 'false' : 'true'
  if (node['kind'] !== 'number' || node['subdenomination'] != null) return undefined
  return otherNumber(text)
}
