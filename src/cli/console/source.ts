import type { LocalAccount } from 'viem'
import type { ConsoleSource } from '../../console/source.ts'
import { checkSession } from '../checkChain.ts'
import type { Context } from '../command.ts'
import { checkMachine } from '../commands/doctor.ts'
import { changeStop } from '../commands/stop.ts'
import { findEnding } from '../endingGrant.ts'
import type { Session } from '../session.ts'
import { escalationSource } from './escalations.ts'
import { readGrantFacts } from './grantFacts.ts'
import { grantingSource } from './granting.ts'
import { readOverview } from './overview.ts'
import { receiptSource } from './receipts.ts'
import { settleRevocation } from './settleRevocation.ts'

/**
 * The facts of this machine's state folder, and of a chain where one is open, by the very functions that the commands use.
 *
 * @param session - Open for as long as the console runs. Without one nothing new is granted.
 * @param options.submitter - Who redeems what is confirmed in the console.
 */
export function homeSource(
  context: Context,
  session: Session | undefined,
  { submitter }: { submitter?: LocalAccount | undefined } = {},
): ConsoleSource {
  return {
    receipts: receiptSource(context),
    escalations: escalationSource(context, session, submitter),
    ...(session === undefined ? {} : { granting: grantingSource(context, session) }),
    grants: {
      overview: () => readOverview(context, session),
      grant: (id) => readGrantFacts(context, session, id),
      stop: async (id) => {
        await changeStop(context, await findEnding(context, id), 'stop')
      },
      resume: async (id) => {
        await changeStop(context, await findEnding(context, id), 'resume')
      },
      settleRevocation: (id, delegator, transactions) =>
        settleRevocation(context, session, { id, delegator, transactions }),
    },
    health: {
      checks: async () => [
        ...(await checkMachine(context)),
        ...(session === undefined ? [] : await checkSession(context, session)),
      ],
    },
  }
}
