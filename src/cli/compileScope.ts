import type { Environment } from '../caveats/types.ts'
import type { CompileError } from '../compile/errors.ts'
import type { Lowering, Plan } from '../compile/types.ts'
import type { Scope } from '../scope/types.ts'
import { LOCAL_CHAIN_ID } from './chains.ts'
import type { Context } from './command.ts'
import { chooseChain, environmentOf, namesChain, openChain, type Session } from './session.ts'

/** Where a scope would be compiled for: an open chain, addresses alone, or nothing known. */
export type Target = { session?: Session; environment?: Environment }

/**
 * The chain of a scope document, as far as the command line lets us look: a named chain is asked, the embedded one is
 * started, of others only the framework's addresses are known.
 */
export async function openTarget(context: Context, chainId: unknown): Promise<Target> {
  const id = typeof chainId === 'number' && Number.isSafeInteger(chainId) && chainId > 0 ? chainId : undefined
  if (namesChain(context) || id === LOCAL_CHAIN_ID) {
    const session = await openChain(context, chooseChain(context, id))
    return { session, environment: session.environment }
  }
  if (id === undefined) return {}
  try {
    return { environment: await environmentOf(context, { id, embedded: false }) }
  } catch (error) {
    const { ChainError } = await import('../chain/errors.ts')
    if (error instanceof ChainError && error.code === 'chain.unknown_chain') return {}
    throw error
  }
}

/** A plan, or why there is none. Salts are new at each call. */
export async function compileScope(
  context: Context,
  scope: Scope,
  { environment, nonce, lowering }: { environment: Environment; nonce: bigint; lowering: Lowering },
): Promise<{ plan: Plan } | { error: CompileError }> {
  const { compile } = await import('../compile/compile.ts')
  const { CompileError } = await import('../compile/errors.ts')
  try {
    const plan = compile(scope, environment, {
      salt: () => `0x${Buffer.from(context.random(32)).toString('hex')}`,
      nonce,
      lowering,
      accept: (context.options['accept'] as readonly string[] | undefined) ?? [],
    })
    return { plan }
  } catch (error) {
    if (error instanceof CompileError) return { error }
    throw error
  }
}
