import { MAX_JSON_BYTES, parseJson } from '../primitives/json.ts'
import type { Scope } from '../scope/types.ts'
import { readAssets } from './assets.ts'
import type { Context } from './command.ts'
import type { Session } from './session.ts'
import { readInput } from './stdin.ts'

/** The document in a scope file (`-` for standard input), not yet read as a scope. */
export async function readScopeDocument(context: Context, path: string): Promise<unknown> {
  return parseJson(path === '-' ? await context.stdin() : readInput(path, MAX_JSON_BYTES))
}

/** The chain that a scope document names, with or without its source; anything else is left to the parser. */
export function chainIdOf(document: unknown): unknown {
  const stated = (document as { chainId?: unknown } | null | undefined)?.chainId
  return typeof stated === 'object' && stated !== null ? (stated as { value?: unknown }).value : stated
}

/**
 * The scope in a document. With a chain, symbol and decimals of its tokens are read there, and what the document says of
 * them must agree.
 *
 * @throws `ScopeError`, `ChainError`.
 */
export async function readScope(context: Context, document: unknown, session?: Session): Promise<Scope> {
  const { parseScope } = await import('../scope/parse.ts')
  const assets = session === undefined ? {} : await readAssets(session, document)
  return parseScope(document, { assets, now: context.now() })
}
