import type { Environment } from '../../caveats/types.ts'
import type { ExplanationRow } from '../../compile/types.ts'
import type { CheckRow } from '../../delegation/facts.ts'
import type { Delegation } from '../../delegation/types.ts'
import type { Grant } from '../../grant/types.ts'
import type { Scope } from '../../scope/types.ts'
import { chainName } from '../chains.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { knownEnvironment } from '../deployments.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { findGrant, readGrant } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { facts, lines, type Rich, styled, table } from '../output.ts'
import { section } from '../scopeText.ts'
import { CHAIN_OPTIONS, chooseChain, namesChain, openChain, type Session } from '../session.ts'
import { type Node, renderTree } from '../tree.ts'

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show a grant or a permission context: who hands what to whom, in plain words',
  description:
    'Reads what the caveats say, never what somebody says of them. Takes contexts of other tools too (0x…). With a chain it also checks signatures and what is left.',
  arguments: [{ name: 'grant', description: 'file, id, beginning of an id, task, 0x context, or -' }],
  options: CHAIN_OPTIONS,
  examples: [
    'ambit inspect invoices-2026-11',
    'ambit inspect 0x0000…0000 --chain base',
    'cat grant.json | ambit inspect - --json',
  ],
  async run(context) {
    const reference = context.args[0] ?? ''
    if (isContext(reference)) return inspectContext(context, reference)
    const { text } = await findGrant(context, reference)
    if (isContext(text.trim())) return inspectContext(context, text.trim())
    return inspectGrant(context, text)
  },
}

/** Longer than any hash: the bytes of a permission context. */
function isContext(text: string): boolean {
  return /^0x[0-9a-fA-F]{67,}$/.test(text)
}

async function inspectGrant(context: Context, text: string): Promise<Result> {
  const { chainId } = await readGrant(text)
  const session = namesChain(context) ? await openChain(context, chooseChain(context, chainId)) : undefined
  const environment = session?.environment ?? (await knownEnvironment(context, chainId))
  const grant = await readGrant(text, environment)
  if (environment === undefined) throw unknownDeployment(chainId)
  const { checkGrant } = await import('../../grant/check.ts')
  const live = session === undefined ? undefined : await readLive(session, grant)
  const check = checkGrant(grant, live?.facts ?? { environment })
  const rows = check.branches.flatMap(({ rows: all }, branch) => all.map((row) => ({ ...row, branch })))
  const scope = grant.scopes.at(-1) as Scope
  const nodes = await nodesOf(grant.delegations, environment, scope.assets, (hash) =>
    rows.filter((row) => row.link !== null && check.branches[row.branch]?.hashes[row.link] === hash),
  )
  const remaining = live?.remaining ?? []
  const { stopOf, stoppable } = await import('../stops.ts')
  const stopped = stopOf(context.home(), await stoppable(grant))
  const accepted = grant.accepted.flat()
  return {
    data: {
      kind: 'grant',
      grant: grantData(grant),
      status: check.status,
      chainAsked: session !== undefined,
      stopped: stopped?.grant ?? null,
      links: nodes.map(linkData),
      checks: [...check.rows, ...rows] as unknown as Data,
      remaining: remaining as unknown as Data,
      heldByRedeemerOnly: accepted,
    },
    text: lines(
      renderScopeHead(scope),
      renderTree(nodes),
      facts([
        ['grant', grant.id],
        ['chain says', session === undefined ? 'not asked (give --chain or --rpc-url)' : renderStatus(check.status)],
        stopped === undefined ? undefined : ['stopped', styled('red', `here, by the stop of grant ${stopped.grant}`)],
        ...accepted.map((pointer): [string, Rich] => ['redeemer only', styled('yellow', pointer)]),
      ]),
      remaining.length === 0
        ? undefined
        : section(
            'What may still leave in one action',
            table(
              ['RULE', 'PAYEE', 'LEFT', 'WHY NOT'],
              remaining.map((row) => [row.rule, row.payee ?? 'any allowed', row.text, row.refused ?? '']),
            ),
          ),
      renderTroubles(rows),
    ),
  }
}

async function inspectContext(context: Context, text: string): Promise<Result> {
  const { decodeContext } = await import('../../delegation/context.ts')
  const delegations = decodeContext(text.toLowerCase())
  const session = namesChain(context) ? await openChain(context, chooseChain(context)) : undefined
  // A context does not say its chain. Most chains share one set of addresses: those are assumed, and said.
  const environment = session?.environment ?? (await knownEnvironment(context, 1))
  if (environment === undefined) throw unknownDeployment(1)
  if (session === undefined)
    context.output.warn('No chain is named: read with the addresses of Ethereum mainnet. Give --chain.')
  const { checkChain } = await import('../../delegation/check.ts')
  const check = checkChain(delegations, { environment })
  const assets = session === undefined ? {} : await assetsOf(session, delegations)
  const nodes = await nodesOf(delegations, environment, assets, (hash) =>
    check.rows.filter((row) => row.link !== null && check.hashes[row.link] === hash),
  )
  return {
    data: {
      kind: 'context',
      chainId: environment.chainId,
      status: check.status,
      chainAsked: session !== undefined,
      links: nodes.map(linkData),
      checks: check.rows as unknown as Data,
    },
    text: lines(
      facts([
        ['context', `${delegations.length} links, leaf first`],
        ['read for', chainName(environment.chainId)],
      ]),
      renderTree(nodes),
      renderTroubles(check.rows),
    ),
  }
}

async function readLive(session: Session, grant: Grant) {
  const { readFacts } = await import('../../chain/readFacts.ts')
  const { remainingOf } = await import('../remaining.ts')
  const { environment, node } = session
  await session.freshen(60n)
  const { facts: read, state } = await readFacts(node, { grant, environment })
  return { facts: read, remaining: remainingOf(grant, environment, state) }
}

async function nodesOf(
  delegations: readonly Delegation[],
  environment: Environment,
  assets: Scope['assets'],
  rowsOf: (hash: string) => readonly CheckRow[],
): Promise<Node[]> {
  const { explainDelegations } = await import('../../compile/explain.ts')
  const { hashDelegation } = await import('../../delegation/hash.ts')
  const explanation: readonly ExplanationRow[] = explainDelegations(delegations, environment, assets, {
    hash: hashDelegation,
  })
  return delegations.map((delegation, index) => {
    const hash = hashDelegation(delegation)
    const sentences = explanation.filter(({ draft }) => draft === index)
    return { hash, delegation, sentences, troubles: rowsOf(hash).filter(({ result }) => result !== 'pass') }
  })
}

/** Symbols and decimals of the tokens that a foreign context speaks of; what is no token stays without a name. */
async function assetsOf(session: Session, delegations: readonly Delegation[]): Promise<Scope['assets']> {
  const { decodeCaveat } = await import('../../caveats/caveat.ts')
  const { readAsset } = await import('../../chain/readAsset.ts')
  const { ChainError } = await import('../../chain/errors.ts')
  const tokens = delegations.flatMap(({ caveats }) =>
    caveats.flatMap((caveat) => {
      const decoded = decodeCaveat(session.environment, caveat)
      return 'token' in decoded ? [decoded.token] : []
    }),
  )
  const found = await Promise.all(
    [...new Set(tokens)].map(async (asset) => {
      try {
        return [[asset, await readAsset(session.node, { asset })] as const]
      } catch (error) {
        if (error instanceof ChainError) return []
        throw error
      }
    }),
  )
  return Object.fromEntries(found.flat())
}

function linkData({ hash, delegation, sentences }: Node): Data {
  return {
    hash,
    delegator: delegation.delegator,
    delegate: delegation.delegate,
    authority: delegation.authority,
    caveats: delegation.caveats.map(({ enforcer, terms }) => ({ enforcer, terms })),
    says: sentences.map(({ sentence, warning }) => ({ sentence, warning: warning ?? null })),
  }
}

function renderStatus(status: string): Rich {
  return styled(status === 'valid' ? 'green' : status === 'invalid' ? 'red' : 'yellow', status)
}

function renderTroubles(rows: readonly CheckRow[]): Rich | undefined {
  const wrong = rows.filter(({ result }) => result === 'fail')
  if (wrong.length === 0) return undefined
  const unique = [...new Map(wrong.map((row) => [`${row.check}${row.link}`, row])).values()]
  return section(
    'Checks that failed',
    table(
      ['CHECK', 'LINK', 'WHY'],
      unique.map((row) => [row.check, row.link === null ? '' : String(row.link), row.detail]),
    ),
  )
}

function unknownDeployment(chainId: number): CliError {
  return new CliError('cli.chain_unknown', EXIT.usage, 'The framework has no known deployment on this chain.', {
    details: { chainId },
    fix: 'Give its addresses with --deployment <file>.',
  })
}
