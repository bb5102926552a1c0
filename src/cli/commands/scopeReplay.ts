import { formatInstant } from '../../primitives/time.ts'
import type { Scope } from '../../scope/types.ts'
import type { Replay, ReplayedAction } from '../../verification/index.ts'
import { type Found, findBundles } from '../bundles.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { facts, lines, type Rich, styled, table } from '../output.ts'
import { readScopeDocument } from '../scopeFile.ts'
import { readTrust } from '../trust.ts'
import { environmentsOf } from './verify.ts'

export const scopeReplay: Command = {
  name: 'scope replay',
  summary: 'Ask past actions again under a scope: which would still pass, and what refuses the others',
  description:
    'Reads receipts, as `ambit verify` does, and asks in the order of time, each action with those before it on its budgets and calls. Nothing is granted, so values of the agent need no confirmation here. Exits 0 when all that passed then passes now, 3 when something does not, 5 when a receipt cannot be read to its end or there is none, 7 when one is false. Without a path it reads the journal of this machine.',
  arguments: [
    { name: 'scope', description: 'scope file, or - for standard input' },
    { name: 'receipts', description: 'file with one bundle a line, folder, or -', optional: true },
  ],
  options: [
    {
      flags: '--trust <file>',
      description: 'key set of an issuer to believe (repeatable); default: this machine’s own',
      list: true,
    },
  ],
  examples: ['ambit scope replay scope.json', 'ambit scope replay narrower.json ./receipts --trust issuer.json --json'],
  async run(context) {
    const [file = '', path] = context.args
    const scope = await readForReplay(context, file)
    const bundles = await findBundles(context, path)
    const { replayReceipts } = await import('../../verification/index.ts')
    const environment = await environmentsOf(context, bundles)
    const trust = await readTrust(context)
    const replay = await replayReceipts(
      scope,
      bundles.map(({ text }) => text),
      { trust, environment },
    )
    return report(replay, bundles)
  },
}

/** A scope that nobody has granted yet, or that has ended since, may be asked, too. */
async function readForReplay(context: Context, file: string): Promise<Scope> {
  const document = await readScopeDocument(context, file)
  const { parseScope, unconfirmedIn } = await import('../../scope/index.ts')
  return parseScope(document, { confirmed: unconfirmedIn(document) })
}

function report(replay: Replay, bundles: readonly Found[]): Result {
  const { actions, cannotSay, others } = replay
  const count = (matches: (action: ReplayedAction) => boolean) => actions.filter(matches).length
  // An escalated action waited for somebody: it was not let through.
  const allowed = ({ was }: ReplayedAction) => was !== 'denied' && was !== 'escalated'
  const failing: Record<string, number> = {}
  for (const action of actions) {
    if (action.now === 'fails') failing[action.dimension] = (failing[action.dimension] ?? 0) + 1
  }
  const summary = {
    actions: actions.length,
    passedThenPassesNow: count((action) => allowed(action) && action.now === 'passes'),
    passedThenAsksNow: count((action) => allowed(action) && action.now === 'asks'),
    passedThenFailsNow: count((action) => allowed(action) && action.now === 'fails'),
    passedThenUnknownNow: count((action) => allowed(action) && action.now === 'unknown'),
    deniedThenPassesNow: count((action) => !allowed(action) && action.now === 'passes'),
    deniedThenAsksNow: count((action) => !allowed(action) && action.now === 'asks'),
    deniedThenFailsNow: count((action) => !allowed(action) && action.now === 'fails'),
    deniedThenUnknownNow: count((action) => !allowed(action) && action.now === 'unknown'),
    cannotSay: cannotSay.length,
    others,
  }
  const failure = failureOf(replay, summary)
  const from = (index: number) => bundles[index]?.from ?? ''
  return {
    data: {
      summary,
      failing,
      actions: actions.map(({ index, ...action }) => ({ from: from(index), ...action })) as unknown as Data,
      cannotSay: cannotSay.map(({ index, ...unsaid }) => ({ from: from(index), ...unsaid })) as unknown as Data,
    },
    text: lines(
      actions.length + cannotSay.length === 0
        ? 'No past actions.'
        : table(
            ['TIME', 'THEN', 'NOW', 'WHY', 'RECEIPT'],
            [
              ...actions.map(renderAction),
              ...cannotSay.map(({ index, receipt, why }) => {
                return ['-', '-', styled('yellow', 'cannot say'), why, receipt?.slice(0, 12) ?? from(index)]
              }),
            ],
          ),
      facts([
        ['passed then', countsOf(summary, 'passedThen')],
        ['denied then', countsOf(summary, 'deniedThen')],
        cannotSay.length === 0 ? undefined : ['cannot say', `${cannotSay.length}`],
        [
          'refused by',
          Object.entries(failing)
            .map(([dimension, times]) => `${dimension} ${times}`)
            .join(', ') || 'nothing',
        ],
      ]),
    ),
    ...(failure === undefined ? {} : { failure }),
  }
}

function renderAction(action: ReplayedAction): Rich[] {
  const { time, clock, was, now, receipt } = action
  const style = now === 'passes' ? 'green' : now === 'fails' ? 'red' : 'yellow'
  const why =
    now === 'fails'
      ? `${action.dimension} at ${action.pointer}`
      : now === 'asks'
        ? `confirmer, above the threshold of ${action.budget}`
        : now === 'unknown'
          ? `what it moves is measured, at ${action.pointer}`
          : `rule ${action.rule}`
  const instant = formatInstant(time)
  return [clock === 'block' ? instant : `${instant} (issuer)`, was, styled(style, now), why, receipt.slice(0, 12)]
}

type Counts = Record<`${'passed' | 'denied'}Then${'Passes' | 'Asks' | 'Fails' | 'Unknown'}Now`, number>

function countsOf(counts: Counts, then: 'passedThen' | 'deniedThen'): string {
  const unknown = counts[`${then}UnknownNow`]
  const known = `${counts[`${then}PassesNow`]} pass, ${counts[`${then}AsksNow`]} ask, ${counts[`${then}FailsNow`]} fail`
  return unknown === 0 ? known : `${known}, ${unknown} unknown`
}

function failureOf(
  { actions, cannotSay }: Replay,
  summary: Counts & { cannotSay: number; actions: number; others: number },
): Result['failure'] {
  const details = summary
  if (cannotSay.some(({ status }) => status === 'refuted')) {
    const error = new CliError('cli.not_verified', EXIT.verificationFailed, 'Something in these receipts is false.', {
      details,
      fix: 'Do not rely on them; `ambit verify` says what is refuted.',
    })
    return { error, exit: EXIT.verificationFailed }
  }
  if (cannotSay.length + summary.passedThenUnknownNow > 0 || actions.length === 0) {
    const error = new CliError('cli.unsettled', EXIT.unsettled, 'Not every past action could be asked again.', {
      details,
      fix: 'Give what is missing: --trust <file> for the issuer, or the receipts with their requests. What is measured no receipt says.',
    })
    return { error, exit: EXIT.unsettled }
  }
  if (summary.passedThenFailsNow + summary.passedThenAsksNow === 0) return undefined
  const error = new CliError('cli.denied', EXIT.denied, 'Something that passed then does not pass now.', {
    details,
    fix: 'Look at what refuses it; widen the scope there if it should still pass.',
  })
  return { error, exit: EXIT.denied }
}
