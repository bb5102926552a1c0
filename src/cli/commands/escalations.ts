import type { LocalAccount } from 'viem'
import type { Address, Hex } from '../../primitives/hex.ts'
import { parseHex } from '../../primitives/hex.ts'
import type { Escalation } from '../../redemption/escalation.ts'
import { escalationStatus } from '../../redemption/escalation.ts'
import type { Scope } from '../../scope/types.ts'
import { confirmEscalation, maySubmit, rejectEscalation, submitEscalation } from '../answering.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { findEscalation, readEscalations } from '../escalations.ts'
import { escalationData, escalationTable, renderEscalation } from '../escalationText.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { facts, lines, type Rich } from '../output.ts'
import { CHAIN_OPTIONS, chooseChain, openChain, type Session } from '../session.ts'
import { outcomeData, outcomeFailure, renderVerdict, verdictFailure } from '../verdictText.ts'

const NUMBER = { name: 'escalation', description: 'its number' }
const SUBMITTER = {
  flags: '--submit-as <account>',
  description: 'who submits it then (default: the confirmer, where the grant lets it)',
}

export const escalationsLs: Command = {
  name: 'escalations ls',
  summary: 'List the questions that wait for a confirmation',
  options: [{ flags: '--all', description: 'also those that were answered or whose time is over' }],
  examples: ['ambit escalations ls', 'ambit escalations ls --all --json'],
  async run(context) {
    const now = context.now()
    const every = await readEscalations(context.home())
    const all = context.options['all'] === true
    const shown = all ? every : every.filter((one) => ['open', 'confirmed'].includes(escalationStatus(one, now)))
    return {
      data: { escalations: shown.map((one) => escalationData(one, now)) },
      text: shown.length === 0 ? lines('Nothing waits.') : await escalationTable(shown, now),
    }
  },
}

export const escalationsShow: Command = {
  name: 'escalations show',
  summary: 'Show one question: what the bytes would do, what the agent says, and what limits hold',
  arguments: [NUMBER],
  examples: ['ambit escalations show 1'],
  async run(context) {
    const escalation = await findEscalation(context.home(), context.args[0] ?? '')
    return shown(context, escalation)
  },
}

export const escalationsConfirm: Command = {
  name: 'escalations confirm',
  summary: 'Sign the request of a question as its confirmer, and submit it',
  description:
    'Only the confirmer’s signature over that very request counts, and the chain is asked before it is kept. Where several links of what was handed on ask, each takes a signature of its own. Without an account that may submit it stays confirmed for `ambit escalations submit`. A question that nobody answered in time is a no.',
  arguments: [NUMBER],
  options: [
    { flags: '--confirmation <signature>', description: 'what the confirmer signed elsewhere, instead of --account' },
    SUBMITTER,
    { flags: '--timeout <seconds>', description: 'how long to wait for the chain (default 60)' },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit escalations confirm 1 --account local:principal --submit-as local:agent',
    'ambit escalations confirm 1 --confirmation 0x… --rpc-url $RPC',
  ],
  async run(context) {
    const escalation = await findEscalation(context.home(), context.args[0] ?? '')
    const session = await openChain(context, chooseChain(context, escalation.grant.chainId))
    const given = context.options['confirmation'] as string | undefined
    const confirmer = given === undefined ? await loadSigner(context, session.choice) : undefined
    const sign = async (request: Parameters<Parameters<typeof confirmEscalation>[3]>[0]): Promise<Hex> => {
      if (confirmer === undefined) return parseHex(given ?? '')
      await confirm(context, await renderEscalation(escalation, context), `Sign this as ${confirmer.address}?`)
      const { signRequest } = await import('../../redemption/request.ts')
      return signRequest(confirmer as never, request)
    }
    let confirmed = await confirmEscalation(context, session, escalation.number, sign)
    const waits = () => escalationStatus(confirmed, context.now()) === 'open'
    // Each link that asks counts by itself: who confirms for several of them signs for each.
    while (waits() && confirmer?.address.toLowerCase() === confirmed.confirmer) {
      confirmed = await confirmEscalation(context, session, escalation.number, sign)
    }
    if (waits()) {
      const told = await shown(context, confirmed)
      const next = `Kept. A link above asks as well: \`ambit escalations confirm ${confirmed.number}\` as ${confirmed.confirmer}.`
      return { ...told, text: lines(told.text, next) }
    }
    const submitter = await submitterOf(context, session, confirmed, confirmer)
    if (submitter !== undefined) return submitted(context, session, confirmed.number, submitter)
    const told = await shown(context, confirmed)
    const next = `Confirmed. Who may redeem submits it: \`ambit escalations submit ${confirmed.number} --account <account>\`.`
    return { ...told, text: lines(told.text, next) }
  },
}

export const escalationsSubmit: Command = {
  name: 'escalations submit',
  summary: 'Redeem what was confirmed: decide anew, leave receipts, send once, follow the outcome',
  arguments: [NUMBER],
  options: [
    { flags: '--timeout <seconds>', description: 'how long to wait for the chain (default 60)' },
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: ['ambit escalations submit 1 --account local:agent'],
  async run(context) {
    const escalation = await findEscalation(context.home(), context.args[0] ?? '')
    const session = await openChain(context, chooseChain(context, escalation.grant.chainId))
    return submitted(context, session, escalation.number, await loadSigner(context, session.choice))
  },
}

export const escalationsReject: Command = {
  name: 'escalations reject',
  summary: 'Say no to a question',
  description:
    'Needs no key: whoever may write to the state folder can refuse, as with a stop. Silence is a no as well.',
  arguments: [NUMBER],
  options: [{ flags: '--why <text>', description: 'shown to whoever asks what became of it' }],
  examples: ['ambit escalations reject 1 --why "Not this vendor."'],
  async run(context) {
    const { number } = await findEscalation(context.home(), context.args[0] ?? '')
    return shown(context, await rejectEscalation(context, number, context.options['why'] as string | undefined))
  },
}

async function shown(context: Context, escalation: Escalation): Promise<Result> {
  return { data: escalationData(escalation, context.now()), text: await renderEscalation(escalation, context) }
}

/** An account that is named, else the confirmer's own where the grant lets it redeem. */
async function submitterOf(
  context: Context,
  session: Session,
  escalation: Escalation,
  confirmer: LocalAccount | undefined,
): Promise<LocalAccount | undefined> {
  const name = context.options['submitAs'] as string | undefined
  if (name !== undefined) {
    const { keystore: _, ...options } = context.options
    return loadSigner({ ...context, options: { ...options, account: name } }, session.choice)
  }
  const own = confirmer?.address.toLowerCase() as Address | undefined
  return own !== undefined && maySubmit(escalation, own) ? confirmer : undefined
}

async function submitted(context: Context, session: Session, number: number, signer: LocalAccount): Promise<Result> {
  const { escalation, action, attempted } = await submitEscalation(context, session, number, signer)
  const data = escalationData(escalation, context.now())
  if (attempted === null) return shown(context, escalation)
  const { verdict, outcome } = attempted
  const failure = verdictFailure(verdict) ?? (outcome === undefined ? undefined : outcomeFailure(outcome))
  const text: Rich = lines(
    await renderVerdict(verdict, escalation.grant.scopes.at(-1) as Scope, action),
    facts([
      ['escalation', `#${number}`],
      outcome === undefined ? undefined : ['outcome', outcome.status],
      attempted.sent === undefined ? undefined : ['transaction', attempted.sent.hash],
    ]),
  )
  return {
    data: {
      ...data,
      verdict: verdict as unknown as Data,
      outcome: outcome === undefined ? null : outcomeData(outcome),
    },
    text,
    ...(failure === undefined ? {} : { failure }),
  }
}
