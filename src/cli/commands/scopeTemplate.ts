import type { Address } from '../../primitives/hex.ts'
import { formatInstant } from '../../primitives/time.ts'
import type { Warning } from '../../scope/index.ts'
import type { Answers, Question, Template } from '../../scope/templates/index.ts'
import type { AssetInfo } from '../../scope/types.ts'
import { parseToken } from '../assets.ts'
import type { Command, Context, Data, OptionSpec, Result } from '../command.ts'
import { readAccount } from '../grantFlags.ts'
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
  const { questionsOf, scopeFromTemplate } = await import('../../scope/templates/index.ts')
  const { lintScope } = await import('../../scope/index.ts')
  const answers = await answersFrom(context, session, questionsOf(template))
  const now = context.now()
  const id = `${template.name}-${formatInstant(now).slice(0, 10)}-${Buffer.from(context.random(3)).toString('hex')}`
  const assets = await tokensOf(session, template, answers)
  const document = scopeFromTemplate(template, answers, { chainId: session.choice.id, now, id, assets })
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

/** Names of this machine's accounts and of known tokens become addresses; everything else is left to the template. */
async function answersFrom(context: Context, session: Session, questions: readonly Question[]): Promise<Answers> {
  const given = ANSWERS.flatMap(({ flags }) => {
    const name = /^--([a-z]+)/.exec(flags)?.[1] ?? ''
    const value = context.options[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const kinds = new Map(questions.map(({ name, kind }) => [name, kind]))
  const read = given.map(async ([name, value]) => {
    const kind = kinds.get(name)
    if (kind === 'account') return [name, await readAccount(context, value)] as const
    if (kind === 'token') return [name, await parseToken(session, value)] as const
    if (kind !== 'accounts') return [name, value] as const
    const accounts = value.split(',').map((one) => readAccount(context, one.trim()))
    return [name, (await Promise.all(accounts)).join()] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

async function tokensOf(session: Session, template: Template, answers: Answers): Promise<Record<Address, AssetInfo>> {
  const { readAsset } = await import('../../chain/readAsset.ts')
  const tokens = template.questions.flatMap(({ name, kind }) => {
    const answer = answers[name]
    return kind === 'token' && answer?.startsWith('0x') ? [answer as Address] : []
  })
  const read = tokens.map(async (asset) => [asset, await readAsset(session.node, { asset })] as const)
  return Object.fromEntries(await Promise.all(read))
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
