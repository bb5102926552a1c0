import { type Context, seen } from './context.ts'
import { NO_SUCH_METHOD, ProviderError } from './errors.ts'
import { NODE_METHODS } from './nodeMethods.ts'

/** Hands a request on to the node. Everything else is refused: a local chain's own methods would let a page set balances. */
export async function readThrough(context: Context, method: string, params: readonly unknown[]): Promise<unknown> {
  if (!NODE_METHODS.has(method))
    throw new ProviderError(NO_SUCH_METHOD, `The wallet has no method ${method.slice(0, 80)}.`)
  const chain = await seen(context.chain())
  try {
    return await (chain.node.request as (args: object, options: object) => Promise<unknown>)(
      { method, params },
      { retryCount: 0 },
    )
  } catch (error) {
    throw nodeErrorIn(error) ?? error
  }
}

/** The node's own error, with its code and data: a page must see a revert as it was. */
export function nodeErrorIn(error: unknown): ProviderError | undefined {
  let found: ProviderError | undefined
  let current = error as NodeError | undefined
  for (let depth = 0; depth < 8 && current !== undefined && current !== null; depth++) {
    if (typeof current.code === 'number' && current.code !== -1) {
      found = new ProviderError(current.code, current.details ?? current.message ?? '', current.data as never)
    }
    current = current.cause
  }
  return found
}

type NodeError = { code?: unknown; message?: string; details?: string; data?: unknown; cause?: NodeError }
