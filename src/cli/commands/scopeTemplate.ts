import type { Warning } from '../../scope/index.ts'
import type { Answers, Question, Template } from '../../scope/templates/index.ts'
import type { Command, Context, Data, OptionSpec, Result } from '../command.ts'
import { lines, type Rich, styled, table, toJson } from '../output.ts'
import { readScope } from '../scopeFile.ts'
import { renderWarnings, section } from '../scopeText.ts'
import { CHAIN_OPTIONS, chooseChain, openChain, type Session } from '../session.ts'

/**
 * A flag for each question of any template, by its name. Written out, since help must not load what a scope needs; a test
 * compares it with the templates.
 */
const ANSWERS: readonly OptionSpec[] = [
  { flags: '--asset <token>', description: 'the token that is paid with or spent: an address, or USDC' },
  { flags: '--payees <accounts>', description: 'who may be paid, comma separated' },
  { flags: '--payee <account>', description: 'subscription: who is paid' },
  { flags: '--accounts <accounts>', description: 'gas-top-up: which accounts, comma separated' },
  { flags: '--limit <amount>', description: 'the most that may leave in a period' },
  { flags: '--per <duration>', description: 'how long a period is, for example 30d' },
  { flags: '--most <amount>', description: 'the most for one payment' },
  { flags: '--window <kind>', description: 'rolling (default) or fixed' },
  { flags: '--price <amount>', description: 'subscription: of one interval; nft-mint: of one item' },
  { flags: '--every <duration>', description: 'subscription, dca-swap: how long an interval is' },
  { flags: '--amount <amount>', description: 'dca-swap: how much is spent each time' },
  { flags: '--buy <token>', description: 'dca-swap: the token that is bought' },
  { flags: '--least <amount>', description: 'dca-swap: the least of it to get each time' },
  { flags: '--router <account>', description: 'dca-swap: the swap router' },
  { flags: '--fee <millionths>', description: 'dca-swap: fee tier of the pool' },
  { flags: '--above <amount>', description: 'treasury-payouts: more than this waits for a confirmation' },
  { flags: '--confirmer <account>', description: 'treasury-payouts: who confirms (default: the principal)' },
  { flags: '--timeout <duration>', description: 'treasury-payouts: how long a question stands' },
  { flags: '--contract <account>', description: 'nft-mint: the collection' },
  { flags: '--count <number>', description: 'nft-mint: how many items' },
  { flags: '--mint <signature>', description: 'nft-mint: the function that mints one' },
  { flags: '--principal <account>', description: 'whose account it is' },
  { flags: '--delegate <account>', description: 'the agent’s account' },
  { flags: '--until <time>', description: 'when it ends: 60d, or 2026-12-20T00:00:00Z' },
  { flags: '--guardian <account>', description: 'who else may end it' },
  { flags: '--purpose <text>', description: 'what it is for' },
  { flags: '--task <name>', description: 'name of the task' },
]

export const scopeTemplate: Command = {
  name: 'scope template',
  summary: 'Scopes to start from: an allowance, a subscription, regular swaps, payouts, mints, gas',
  description:
    'Without a name it lists the templates and what each asks. With one it prints the scope of your answers, ready for a file; warnings go to stderr. Tokens are read from the chain.',
  arguments: [{ name: 'template', description: 'one of the list', optional: true }],
  options: [...ANSWERS, ...CHAIN_OPTIONS],
  examples: [
    'ambit scope template',
    'ambit scope template allowance --chain local --asset USDC --payees local:vendor --limit 200 --principal local:principal --delegate local:agent --guardian local:guardian --until 60d > scope.json',
  ],
  async run(context) {
    const { templateNamed, templates } = await import('../../scope/templates/index.ts')
    const name = context.args[0]
    if (name === undefined) return list(templates)
    const template = templateNamed(name)
    const session = await openChain(context, chooseChain(context))
    return make(context, session, template)
  },
}

async function make(context: Context, session: Session, template: Template): Promise<Result> {
  const { lintScope } = await import('../../scope/index.ts')
  const { documentFrom } = await import('../templateAnswers.ts')
  const now = context.now()
  const document = await documentFrom(context, session, template, given(context))
  const scope = await readScope(context, document, session)
  const warnings = lintScope(scope, { now })
  if (!context.output.json) context.output.note(renderNotes(template, warnings))
  return {
    data: {
      template: template.name,
      lowering: template.lowering,
      scope: document as unknown as Data,
      warnings: warnings as unknown as Data,
    },
    text: `${toJson(document, 2)}\n`,
  }
}

function given(context: Context): Answers {
  return Object.fromEntries(
    ANSWERS.flatMap(({ flags }) => {
      const name = /^--([a-z]+)/.exec(flags)?.[1] ?? ''
      const value = context.options[name]
      return typeof value === 'string' ? [[name, value] as const] : []
    }),
  )
}

function renderNotes(template: Template, warnings: readonly Warning[]): Rich {
  return lines(
    template.lowering === 'fused' ? 'It needs the TaskScopeEnforcer: `ambit grant --lowering fused`.' : undefined,
    warnings.length === 0 ? undefined : section('Warnings', renderWarnings(warnings)),
  )
}

async function list(templates: readonly Template[]): Promise<Result> {
  const { FRAME_QUESTIONS, questionsOf } = await import('../../scope/templates/index.ts')
  return {
    data: {
      templates: templates.map((template) => ({
        name: template.name,
        title: template.title,
        summary: template.summary,
        lowering: template.lowering,
        questions: questionsOf(template) as unknown as Data,
      })),
    },
    text: [
      ...templates.map((template) => [
        lines(styled('bold', `${template.name}: ${template.title}`), template.summary),
        template.lowering === 'fused' ? lines('Needs the TaskScopeEnforcer.') : '',
        questionTable(template.questions),
        '\n',
      ]),
      lines(styled('bold', 'Every template asks besides')),
      questionTable(FRAME_QUESTIONS),
    ],
  }
}

function questionTable(questions: readonly Question[]): Rich {
  return table(
    ['FLAG', 'ASKS'],
    questions.map((question) => [`--${question.name}`, asks(question)]),
  )
}

function asks({ ask, default: otherwise, optional }: Question): string {
  if (otherwise !== undefined) return `${ask} (default ${otherwise})`
  return optional === true ? `${ask} (optional)` : ask
}
