import type { InferredScope, RulePer } from '../../scope/index.ts'
import { readAssets } from '../assets.ts'
import type { Command, Context, Data } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { lines, type Rich, styled, table, toJson, untrusted } from '../output.ts'
import { chainIdOf, readScopeDocument } from '../scopeFile.ts'
import { section } from '../scopeText.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain } from '../session.ts'

const RULE_PER: readonly RulePer[] = ['call', 'payee', 'asset']

export const scopeInfer: Command = {
  name: 'scope infer',
  summary: 'Propose the smallest scope that covers a list of planned calls, and say what it grants beyond them',
  description:
    'The scope is printed alone, ready for a file; what to confirm and what is granted beyond the plan goes to stderr. Values that nobody but the agent vouches for stay marked: no grant takes them until `ambit scope convert --confirm <pointer>` does.',
  arguments: [{ name: 'file', description: 'plan with its calls, or - for standard input' }],
  options: [
    { flags: '--rule-per <what>', description: 'call, payee or asset: fewer rules, fewer signatures, more granted' },
    ...CHAIN_OPTIONS,
  ],
  examples: ['ambit scope infer calls.json > scope.json', 'ambit scope infer calls.json --rule-per payee --json'],
  async run(context) {
    const plan = await readScopeDocument(context, context.args[0] ?? '')
    const { inferScope } = await import('../../scope/index.ts')
    const rulePer = rulePerOf(context)
    const assets = namesChain(context) ? await askChain(context, plan) : undefined
    const inferred = inferScope(plan, {
      now: context.now(),
      ...(rulePer !== undefined && { rulePer }),
      ...(assets !== undefined && { assets }),
    })
    if (!context.output.json) context.output.note(describe(inferred))
    const { document } = inferred
    return {
      data: {
        scope: document as unknown as Data,
        rulePer: inferred.rulePer,
        confirm: inferred.confirm,
        overGrant: inferred.overGrant,
      },
      text: `${toJson(document, 2)}\n`,
    }
  },
}

function rulePerOf(context: Context): RulePer | undefined {
  const text = context.options['rulePer'] as string | undefined
  const found = RULE_PER.find((one) => one === text)
  if (text === undefined || found !== undefined) return found
  throw new CliError('cli.usage', EXIT.usage, 'Rules cannot be made by this.', {
    details: { flag: '--rule-per', value: text, known: RULE_PER },
    fix: 'Give call, payee or asset.',
  })
}

/** Symbol and decimals of the tokens that a plan names, as the named chain has them. */
async function askChain(context: Context, plan: unknown) {
  const { calls } = (plan ?? {}) as { calls?: unknown }
  const id = chainIdOf(plan)
  const session = await openChain(context, chooseChain(context, Number.isSafeInteger(id) ? Number(id) : undefined))
  // Not parsed yet: what has another form is left to the parser, which refuses it.
  const rules = (Array.isArray(calls) ? calls : []).flatMap((call: unknown) => {
    const { asset, spends, to, data, function: text } = (call ?? {}) as Record<string, unknown>
    const paying = TRANSFER.test(textOf(data)) || TRANSFER.test(textOf(text))
    return [{ asset, spends }, ...(paying ? [{ asset: to }] : [])]
  })
  return readAssets(session, { rules })
}

/** A token's own transfer, as bytes or as a signature. */
const TRANSFER = /^(?:0xa9059cbb|(?:function )?transfer\(address)/

function textOf(value: unknown): string {
  const plain = typeof value === 'object' && value !== null ? (value as { value?: unknown }).value : value
  return typeof plain === 'string' ? plain : ''
}

function describe({ confirm, overGrant, rulePer }: InferredScope): Rich {
  const more = overGrant.filter(({ ratio }) => ratio !== '1')
  return lines(
    confirm.length === 0
      ? undefined
      : section(
          'Confirm these: only the agent says so',
          table(
            ['WHERE', 'VALUE'],
            confirm.map(({ pointer, value }) => [pointer, untrusted(value)]),
          ),
        ),
    section(
      more.length === 0
        ? 'Nothing is granted beyond the plan'
        : `Granted beyond the plan, with one rule per ${rulePer}`,
      table(
        ['DIMENSION', 'GRANTED', 'PLANNED', 'RATIO', 'OF'],
        overGrant.map(({ dimension, granted, planned, ratio, of }) => [
          dimension,
          granted,
          planned ?? 'not said',
          ratio === '1' ? styled('green', ratio) : styled('yellow', ratio ?? (planned === null ? '-' : 'no bound')),
          untrusted(of).slice(1, -1),
        ]),
      ),
    ),
  )
}
