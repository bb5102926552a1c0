/** A node of the compiler's tree. */
export type Node = { nodeType: string; id: number; src: string } & Readonly<Record<string, unknown>>

/** Sources by their paths, each with its tree. */
export type Units = ReadonlyMap<string, { source: string; ast: Node }>

/** Where a change is switched on: what stands between `start` and `end`, and what stands there with the change. */
export type Edit = {
  file: string
  start: number
  end: number
  instead: string
  /** A value, a statement that is taken out, or a value in assembly. */
  how: 'value' | 'statement' | 'yul'
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as { nodeType?: unknown }).nodeType === 'string'
}

export function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

/** Whether a statement is what a `for` does after each turn, which has no semicolon to end it. */
export function isAfterTurn(node: Node, parents: readonly Node[]): boolean {
  return parents.at(-1)?.['loopExpression'] === node
}

/** The compiler counts bytes of UTF-8, a text UTF-16 units. */
export function placesOf(source: string): (node: Node) => { start: number; end: number } {
  const bytes = Buffer.from(source)
  const plain = bytes.length === source.length
  const unit = (byte: number) => (plain ? byte : bytes.subarray(0, byte).toString('utf8').length)
  return ({ src }) => {
    const [start = 0, length = 0] = src.split(':').map(Number)
    return { start: unit(start), end: unit(start + length) }
  }
}

/** By one: written as it was, and zero for one. */
export function otherNumber(text: string): string {
  const value = BigInt(text)
  const other = value === 1n ? 0n : value + 1n
  return text.startsWith('0x') ? `0x${other.toString(16).padStart(text.length - 2, '0')}` : String(other)
}
