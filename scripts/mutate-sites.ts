import { parseAst } from 'vitest/node'

/** One change of one place in one file: what stands there, and what would stand there instead. */
export type Site = {
  /** Where in the text, UTF-16 units. */
  start: number
  end: number
  from: string
  to: string
  /** What kind of change it is. */
  kind: Kind
  /** The line it begins in, trimmed; with `from` and `to` it names the change, whatever moves around it. */
  line: string
  lineNumber: number
  /** Which of several equal changes in equal lines of this file, from 0. */
  nth: number
}

export type Kind =
  | 'comparison'
  | 'logic'
  | 'negation'
  | 'condition'
  | 'arithmetic'
  | 'bound'
  | 'order'
  | 'quantifier'
  | 'answer'
  | 'statement'

/** A change before it has its name. */
export type Unnamed = Omit<Site, 'line' | 'lineNumber' | 'nth'>

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>'],
  '<=': ['<', '>'],
  '>': ['>=', '<'],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
}
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+', '*': '/', '/': '*', '%': '*' }
/** Methods that say the opposite, or the same in another order. */
const METHODS: Readonly<Record<string, { to: string; kind: Kind }>> = {
  some: { to: 'every', kind: 'quantifier' },
  every: { to: 'some', kind: 'quantifier' },
  min: { to: 'max', kind: 'bound' },
  max: { to: 'min', kind: 'bound' },
  startsWith: { to: 'endsWith', kind: 'bound' },
  endsWith: { to: 'startsWith', kind: 'bound' },
  indexOf: { to: 'lastIndexOf', kind: 'order' },
  find: { to: 'findLast', kind: 'order' },
  findIndex: { to: 'findLastIndex', kind: 'order' },
  toReversed: { to: 'slice', kind: 'order' },
  reverse: { to: 'slice', kind: 'order' },
  sort: { to: 'slice', kind: 'order' },
  toSorted: { to: 'slice', kind: 'order' },
}

type Node = { type: string; start: number; end: number } & Readonly<Record<string, unknown>>

/**
 * Every change that can be made in a module, in the order of the text. Types, imports, words and what is thrown are left
 * alone: they decide nothing. So is what stands after `??`: mostly a value for the type checker, never reached.
 */
export function findSites(source: string): Site[] {
  const found: Unnamed[] = []
  const add = (kind: Kind, start: number, end: number, to: string) =>
    found.push({ kind, start, end, from: source.slice(start, end), to })
  const text = ({ start, end }: Node) => source.slice(start, end)
  /** An operator, between what stands on its two sides. */
  const operator = (node: Node, kind: Kind, targets: readonly string[]) => {
    const [left, right] = [node['left'] as Node, node['right'] as Node]
    const own = String(node['operator'])
    const start = source.indexOf(own, left.end)
    if (start < 0 || start >= right.start) return
    for (const to of targets) add(kind, start, start + own.length, to)
  }

  function visit(node: Node): void {
    switch (node.type) {
      case 'BinaryExpression': {
        const own = String(node['operator'])
        operator(node, 'comparison', COMPARISONS[own] ?? [])
        const other = ARITHMETIC[own]
        if (other !== undefined && !isText(node['left'] as Node) && !isText(node['right'] as Node))
          operator(node, 'arithmetic', [other])
        break
      }
      case 'LogicalExpression':
        if (node['operator'] !== '??') operator(node, 'logic', [node['operator'] === '&&' ? '||' : '&&'])
        break
      case 'UnaryExpression':
        if (node['operator'] === '!') add('negation', node.start, node.end, `(${text(node['argument'] as Node)})`)
        break
      case 'IfStatement': {
        const test = node['test'] as Node
        if (node['alternate'] === null || node['alternate'] === undefined)
          add('condition', test.start, test.end, 'false')
        if (!isChangedItself(test)) add('condition', test.start, test.end, `!(${text(test)})`)
        break
      }
      case 'ConditionalExpression': {
        const test = node['test'] as Node
        if (!isChangedItself(test)) add('condition', test.start, test.end, `!(${text(test)})`)
        break
      }
      case 'Literal': {
        const to = otherLiteral(node)
        if (to !== undefined) add(typeof node['value'] === 'boolean' ? 'answer' : 'bound', node.start, node.end, to)
        break
      }
      case 'CallExpression': {
        const callee = node['callee'] as Node
        const property = callee.type === 'MemberExpression' ? (callee['property'] as Node) : callee
        const method =
          property.type === 'Identifier' && Object.hasOwn(METHODS, text(property)) ? METHODS[text(property)] : undefined
        const called = callee.type === 'MemberExpression' || text(property) === 'min' || text(property) === 'max'
        // zod's .min(1) and .max(9) are bounds of another kind: their number is what is changed.
        const schema =
          /^(?:min|max)$/.test(text(property)) && callee.type === 'MemberExpression' && !/^Math\b/.test(text(callee))
        if (method !== undefined && called && !schema) add(method.kind, property.start, property.end, method.to)
        break
      }
    }
    for (const [key, value] of Object.entries(node)) {
      if (key === 'right' && node.type === 'LogicalExpression' && node['operator'] === '??') continue
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child) && !isSilent(child)) visit(child)
    }
  }
  visit(parseAst(source, { lang: 'ts' }) as unknown as Node)
  return nameSites(source, found)
}

/** The text with one change made. */
export function applySite(source: string, { start, end, to }: Site): string {
  return source.slice(0, start) + to + source.slice(end)
}

/** Gives changes of one text their names, in the order of the text. */
export function nameSites<T extends Unnamed>(source: string, found: readonly T[]): (T & Site)[] {
  const seen = new Map<string, number>()
  return [...found]
    .sort((a, b) => a.start - b.start || a.end - b.end || (a.to < b.to ? -1 : 1))
    .map((site) => {
      const begin = source.lastIndexOf('\n', site.start - 1) + 1
      const end = source.indexOf('\n', site.start)
      const line = source.slice(begin, end === -1 ? undefined : end).trim()
      const lineNumber = source.slice(0, site.start).split('\n').length
      const key = JSON.stringify([line, site.from, site.to])
      const nth = seen.get(key) ?? 0
      seen.set(key, nth + 1)
      return { ...site, line, lineNumber, nth }
    })
}

/** What decides nothing: types, imports and exports of others, what is thrown, and words. */
function isSilent(node: Node): boolean {
  if (/^TS(?!As|Satisfies|NonNull)/.test(node.type)) return true
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration' || node.type === 'ThrowStatement')
    return true
  if (node.type !== 'Property') return false
  const key = node['key'] as Node & { name?: unknown }
  return WORDS.has(String(key.name))
}

/** Properties whose values are for people. */
const WORDS: ReadonlySet<string> = new Set([
  'details',
  'message',
  'fix',
  'detail',
  'description',
  'sentence',
  'warning',
  'warnings',
  'text',
])

/** The opposite of these is a change of their own operator already. */
function isChangedItself({ type, operator }: Node): boolean {
  return type === 'UnaryExpression' || (type === 'BinaryExpression' && /^[!=<>]/.test(String(operator)))
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

function isText(node: Node): boolean {
  return node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node['value'] === 'string')
}

function otherLiteral(node: Node): string | undefined {
  const value = node['value']
  if (typeof value === 'boolean') return String(!value)
  if (typeof value === 'bigint') return `${value === 1n ? 0n : value + 1n}n`
  if (typeof value === 'number') return String(value === 1 ? 0 : value + 1)
  return undefined
}
