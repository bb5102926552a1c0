/** The value that a JSON pointer leads to; `undefined` where it leads nowhere. */
export function valueAt(root: unknown, pointer: string): unknown {
  let at = root
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}
