import type { ImportOptions } from '../../scope/imported.ts'
import type { Scope } from '../../scope/types.ts'
import { readAssets } from '../assets.ts'
import type { Command, Context, Data } from '../command.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { toJson } from '../output.ts'
import { chainIdOf, readScopeDocument } from '../scopeFile.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain } from '../session.ts'
import { readCount } from '../units.ts'

const FORMATS = ['json', 'rar', 'erc7715'] as const
type Format = (typeof FORMATS)[number]

export const scopeConvert: Command = {
  name: 'scope convert',
  summary: 'Write a scope as OAuth authorization_details or wallet permission requests, or read one out of them',
  description:
    'Formats: json (a scope, the default of both), rar (RFC 9396), erc7715. What a format cannot say is refused by name, exit 2. The document is printed alone, ready for a file. A request of erc7715 says neither task nor group: give them; decimals of its token are read from the chain.',
  arguments: [{ name: 'file', description: 'document, or - for standard input' }],
  options: [
    { flags: '--from <format>', description: 'what the document is' },
    { flags: '--to <format>', description: 'what it becomes' },
    { flags: '--principal <account>', description: 'who the principal is; another one is refused' },
    { flags: '--delegate <account>', description: 'who the delegate is; another one is refused' },
    { flags: '--source <who>', description: 'who wrote it: principal, addressBook, ledger or agent, for every value' },
    { flags: '--confirm <pointer>', description: 'a value of the agent that you have seen and confirm', list: true },
    { flags: '--task <id>', description: 'erc7715: name of the task' },
    { flags: '--purpose <text>', description: 'erc7715: what it is for (default: the justification)' },
    { flags: '--group <name>', description: 'erc7715: revocation group (default: the task)' },
    { flags: '--redelegate <depth>', description: 'erc7715: links that may follow, where it names no redeemer' },
    ...CHAIN_OPTIONS.slice(0, 2),
  ],
  examples: [
    'ambit scope convert --to rar scope.json',
    'ambit scope convert --from rar details.json --principal treasury --source agent',
    'ambit scope convert --from erc7715 request.json --principal treasury --task invoices --chain base --rpc-url https://rpc.example',
  ],
  async run(context) {
    const [from, to] = [formatOf(context, 'from'), formatOf(context, 'to')]
    const input = await readScopeDocument(context, context.args[0] ?? '')
    const scope = await READERS[from](context, input, await importOptions(context))
    const document = await write(scope, to)
    const { scopeHash } = await import('../../scope/hash.ts')
    return {
      data: { from, to, hash: scopeHash(scope), document: document as Data },
      text: `${toJson(document, 2)}\n`,
    }
  },
}

type Reader = (context: Context, input: unknown, options: ImportOptions) => Promise<Scope>

const READERS: Readonly<Record<Format, Reader>> = {
  async json(context, input, options) {
    const { readImported } = await import('../../scope/imported.ts')
    return readImported(input, { ...options, ...(await chainFacts(context, chainIdOf(input), input)) })
  },
  async rar(context, input, options) {
    const { scopeFromRar } = await import('../../scope/rar.ts')
    const stated = scopeFromRar(input, options)
    // Facts about assets travel along. A chain that is named has the last word on them.
    return namesChain(context)
      ? scopeFromRar(input, { ...options, ...(await chainFacts(context, stated.chainId, stated)) })
      : stated
  },
  async erc7715(context, input, options) {
    const { scopeFromPermissionRequest } = await import('../../scope/fromPermissionRequest.ts')
    const task = textOf(context, 'task') ?? missing('task')
    const requests: readonly unknown[] = Array.isArray(input) ? input : [input]
    if (requests.length !== 1) {
      throw new CliError('cli.usage', EXIT.usage, 'One request makes one scope.', {
        details: { requests: requests.length },
        fix: 'Give one of them: their limits do not know of each other.',
      })
    }
    const [purpose, depth] = [textOf(context, 'purpose'), textOf(context, 'redelegate')]
    const { chainId, permission } = (requests[0] ?? {}) as { chainId?: unknown; permission?: { data?: TokenData } }
    const named = { rules: [{ asset: permission?.data?.tokenAddress }] }
    return scopeFromPermissionRequest(requests[0], {
      ...options,
      ...(await chainFacts(context, Number(chainId), named)),
      principal: options.principal ?? missing('principal'),
      task: { id: task, ...(purpose === undefined ? {} : { purpose }) },
      revocation: { group: textOf(context, 'group') ?? task, maxLatencySeconds: 60 },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
      ...(depth === undefined ? {} : { maxDepth: readCount(depth, '--redelegate') }),
    })
  },
}

type TokenData = { tokenAddress?: unknown }

async function write(scope: Scope, format: Format): Promise<unknown> {
  if (format === 'json') return scope
  if (format === 'rar') return (await import('../../scope/rar.ts')).scopeToRar(scope)
  return (await import('../../scope/toPermissionRequests.ts')).scopeToPermissionRequests(scope)
}

/** Who is known, who wrote it, and what was confirmed. */
async function importOptions(context: Context): Promise<ImportOptions> {
  const [principal, delegate] = [textOf(context, 'principal'), textOf(context, 'delegate')]
  const source = textOf(context, 'source')
  const { readAccount } = await import('../grantFlags.ts')
  return {
    now: context.now(),
    confirmed: (context.options['confirm'] as readonly string[] | undefined) ?? [],
    ...(principal === undefined ? {} : { principal: await readAccount(context, principal) }),
    ...(delegate === undefined ? {} : { delegate: await readAccount(context, delegate) }),
    ...(source === undefined ? {} : { source: oneOf('source', source, await sources()) }),
  }
}

/** Symbol and decimals of the tokens that a document names, from the chain that the command line names. */
async function chainFacts(
  context: Context,
  chainId: unknown,
  document: unknown,
): Promise<Pick<ImportOptions, 'assets'>> {
  if (!namesChain(context)) return {}
  const id = typeof chainId === 'number' && Number.isSafeInteger(chainId) && chainId > 0 ? chainId : undefined
  return { assets: await readAssets(await openChain(context, chooseChain(context, id)), document) }
}

async function sources() {
  const { StatedSource } = await import('../../scope/forms.ts')
  return StatedSource.options
}

function formatOf(context: Context, flag: 'from' | 'to'): Format {
  return oneOf(flag, textOf(context, flag) ?? 'json', FORMATS)
}

function oneOf<const choice extends string>(flag: string, text: string, choices: readonly choice[]): choice {
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  throw new CliError('cli.usage', EXIT.usage, 'This is none of the choices.', {
    details: { flag: `--${flag}`, value: text, choices },
    fix: `Give --${flag} with one of the choices.`,
  })
}

function missing(name: string): never {
  throw new CliError('cli.missing_option', EXIT.usage, 'The request does not say everything that a scope does.', {
    details: { flag: `--${name}` },
    fix: 'Give this flag.',
  })
}

function textOf(context: Context, name: string): string | undefined {
  return context.options[name] as string | undefined
}
