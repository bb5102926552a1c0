import { AmbitError } from '../errors.ts'
import type { Address } from '../primitives/hex.ts'
import { formatInstant } from '../primitives/time.ts'
import type { Answers, Question, Template } from '../scope/index.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import type { AssetInfo } from '../scope/types.ts'
import { parseToken } from './assets.ts'
import type { Context } from './command.ts'
import { CliError, HomeError } from './errors.ts'
import { readAccount } from './grantFlags.ts'
import type { Session } from './session.ts'

/**
 * The scope document of answers as people of this machine give them: names of its accounts and of known tokens stand for
 * their addresses, and decimals are read from the chain.
 *
 * @throws {@link ScopeError}; `ChainError`.
 */
export async function documentFrom(
  context: Context,
  session: Session,
  template: Template,
  given: Answers,
): Promise<ScopeDocument> {
  const { questionsOf, scopeFromTemplate } = await import('../scope/templates/index.ts')
  const answers = await withAddresses(context, session, questionsOf(template), given)
  const now = context.now()
  const id = `${template.name}-${formatInstant(now).slice(0, 10)}-${Buffer.from(context.random(3)).toString('hex')}`
  const assets = await tokensOf(session, template, answers)
  return scopeFromTemplate(template, answers, { chainId: session.choice.id, now, id, assets })
}

/** What is neither a name nor an address is left to the template, which says so at its question. */
async function withAddresses(
  context: Context,
  session: Session,
  questions: readonly Question[],
  given: Answers,
): Promise<Answers> {
  const kinds = new Map(questions.map(({ name, kind }) => [name, kind]))
  const read = Object.entries(given).map(async ([name, value]) => {
    const kind = kinds.get(name)
    const known = (one: string) =>
      orAsWritten(one, () => (kind === 'token' ? parseToken(session, one) : readAccount(context, one)))
    if (kind !== 'account' && kind !== 'accounts' && kind !== 'token') return [name, value] as const
    const parts = value.split(/[\s,]+/).filter((one) => one !== '')
    return [name, (await Promise.all(parts.map(known))).join()] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

async function orAsWritten(text: string, read: () => Promise<string>): Promise<string> {
  try {
    return await read()
  } catch (error) {
    // By its code: the class of an address's error brings along what help must not load.
    const noAddress = error instanceof AmbitError && error.code.startsWith('address.')
    if (noAddress || error instanceof CliError || error instanceof HomeError) return text
    throw error
  }
}

async function tokensOf(session: Session, template: Template, answers: Answers): Promise<Record<Address, AssetInfo>> {
  const { readAsset } = await import('../chain/readAsset.ts')
  const tokens = template.questions.flatMap(({ name, kind }) => {
    const answer = answers[name]
    return kind === 'token' && /^0x[0-9a-f]{40}$/.test(answer ?? '') ? [answer as Address] : []
  })
  const read = tokens.map(async (asset) => [asset, await readAsset(session.node, { asset })] as const)
  return Object.fromEntries(await Promise.all(read))
}
