import type { LocalAccount } from 'viem'
import type { EscalationSource } from '../../console/source.ts'
import { confirmEscalation, rejectEscalation, submitEscalation } from '../answering.ts'
import { chainName } from '../chains.ts'
import type { Context } from '../command.ts'
import { CliError } from '../errors.ts'
import { escalationNumbered, readEscalations } from '../escalations.ts'
import { EXIT } from '../exit.ts'
import type { Session } from '../session.ts'
import { sessionOf } from './reading.ts'

/**
 * The queue of this machine, answered by the very functions that the commands use.
 *
 * @param submitter - Who redeems what is confirmed; absent where the agent does it by itself.
 */
export function escalationSource(
  context: Context,
  session: Session | undefined,
  submitter: LocalAccount | undefined,
): EscalationSource {
  const open = async (number: number): Promise<Session> => {
    const escalation = await escalationNumbered(context.home(), number)
    const own = escalation === undefined ? undefined : sessionOf(session, escalation.grant)
    if (own !== undefined) return own
    throw new CliError('cli.chain_mismatch', EXIT.usage, 'The console is not open on the chain of this grant.', {
      details: { grant: escalation?.grant.chainId ?? null },
      fix:
        escalation === undefined
          ? 'Run `ambit console` on its chain.'
          : `Run \`ambit console --chain ${chainName(escalation.grant.chainId)}\`.`,
    })
  }
  return {
    list: () => readEscalations(context.home()),
    escalation: (number) => escalationNumbered(context.home(), number),
    confirm: async (number, confirmation) =>
      confirmEscalation(context, await open(number), number, async () => confirmation),
    reject: async (number, why) => {
      await rejectEscalation(context, number, why)
    },
    submit:
      submitter === undefined
        ? null
        : (number) =>
            released(context, async (own) => {
              await submitEscalation(own, await open(number), number, submitter)
            }),
  }
}

/** A command gives its locks back when it ends; one effect of a console must not keep them until the console does. */
async function released(context: Context, work: (context: Context) => Promise<void>): Promise<void> {
  const cleanups: (() => Promise<void> | void)[] = []
  try {
    await work({ ...context, defer: (cleanup) => void cleanups.push(cleanup) })
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup()
  }
}
