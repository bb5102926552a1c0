import type { Lowering } from '../compile/types.ts'
import type { Context, OptionSpec } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Session } from './session.ts'

/** Option of every command that compiles a scope. */
export const LOWERING: OptionSpec = {
  flags: '--lowering <name>',
  description:
    'fused (the whole scope in one caveat) or framework (or AMBIT_LOWERING); default: fused where its enforcer is deployed',
}

/** A lowering, and how it came to be: said in every answer. */
export type ChosenLowering = { lowering: Lowering; why: string }

/**
 * The lowering that the command line names, else the one that the chain's code speaks for: one caveat where our enforcer
 * stands with the code that we know. Where no chain is asked, the framework's, which is everywhere.
 *
 * @throws {@link CliError} `cli.usage`.
 */
export async function chooseLowering(context: Context, session: Session | undefined): Promise<ChosenLowering> {
  const named = (context.options['lowering'] as string | undefined) ?? context.env['AMBIT_LOWERING']
  if (named === 'fused' || named === 'framework') return { lowering: named, why: 'as asked for' }
  if (named !== undefined && named !== '') {
    throw new CliError('cli.usage', EXIT.usage, 'There is no such lowering.', {
      details: { lowering: named, known: ['fused', 'framework'] },
      fix: 'Give --lowering fused or --lowering framework.',
    })
  }
  if (session === undefined) return { lowering: 'framework', why: 'no chain was asked what is deployed there' }
  const deployed = await isFusedDeployed(session)
  return deployed
    ? { lowering: 'fused', why: 'its enforcer is deployed here' }
    : { lowering: 'framework', why: 'the TaskScopeEnforcer is not deployed here' }
}

/** Other code at that address is no reason to use it, and none to be silent about: `doctor` and a signature refuse it. */
async function isFusedDeployed({ node, environment }: Session): Promise<boolean> {
  const { readBlock } = await import('../chain/block.ts')
  const { readKnownCode } = await import('../chain/knownCode.ts')
  const { ChainError } = await import('../chain/errors.ts')
  try {
    const { hash: block } = await readBlock(node)
    await readKnownCode(node, { environment, names: ['TaskScopeEnforcer'], block })
    return true
  } catch (error) {
    if (error instanceof ChainError && error.code === 'chain.not_deployed') return false
    throw error
  }
}

export function loweringText({ lowering, why }: ChosenLowering): string {
  return `${lowering}: ${why}`
}
