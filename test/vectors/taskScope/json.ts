/** Vectors as JSON, one a line: integers of any size are decimal strings, small numbers are numbers. */
export function toJson(vectors: readonly unknown[]): string {
  const lines = vectors.map((vector) =>
    JSON.stringify(vector, (_, item) => (typeof item === 'bigint' ? `${item}` : item)),
  )
  return `[\n${lines.join(',\n')}\n]\n`
}

/** The same, read back. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_, item) => (typeof item === 'string' && /^-?[0-9]+$/.test(item) ? BigInt(item) : item))
}
