import type { Block, BlockName } from '../../chain/block.ts'
import { rowsOf } from '../../grant/checkRows.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { NodeMeters } from '../../verdict/meters.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { knownEnvironment } from '../deployments.ts'
import { findGrant, readGrant } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { inspectContext } from '../inspectContext.ts'
import { type Inspected, linkData, openNamed, renderTroubles, unknownDeployment, usage } from '../inspected.ts'
import { type Looked, lookAtGrant } from '../lookAtGrant.ts'
import { facts, lines, type Rich, styled, table } from '../output.ts'
import { section } from '../scopeText.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'
import { readStops, type Stop, stopOf, stoppable } from '../stops.ts'

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show grants or a permission context: who hands what to whom, in plain words',
  description:
    'Reads what the caveats say, never what somebody says of them. Takes contexts of other tools too (0x…). Several grants are shown as one tree. With a chain it also checks signatures and what each link has left at one block.',
  arguments: [
    {
      name: 'grants',
      description: 'files, ids, beginnings of ids, tasks, one 0x context, or -',
      variadic: true,
    },
  ],
  options: [
    ...CHAIN_OPTIONS,
    { flags: '--block <block>', description: 'number, hash, latest, safe or finalized (default latest)' },
    { flags: '--tree <form>', description: 'print the authority tree alone: text, mermaid or svg' },
  ],
  examples: [
    'ambit inspect invoices-2026-11',
    'ambit inspect invoices-2026-11 --chain base --tree svg > tree.svg',
    'ambit inspect 0x0000…0000 --chain base',
    'cat grant.json | ambit inspect - --json',
  ],
  async run(context) {
    const form = readForm(context)
    const texts: string[] = []
    for (const reference of context.args) {
      const text = isContext(reference) ? reference : (await findGrant(context, reference)).text
      texts.push(isContext(text.trim()) ? text.trim() : text)
    }
    const foreign = texts.find(isContext)
    if (foreign === undefined) return drawnAs(form, await inspectGrants(context, texts))
    if (texts.length > 1) throw usage('A permission context is shown by itself.', 'Give one context, or grants only.')
    return drawnAs(form, await inspectContext(context, foreign))
  },
}

type Form = 'text' | 'mermaid' | 'svg'
function readForm(context: Context): Form | undefined {
  const form = context.options['tree'] as string | undefined
  if (form === undefined || form === 'text' || form === 'mermaid' || form === 'svg') return form
  throw usage('There is no such form of a tree.', 'Give --tree text, --tree mermaid or --tree svg.')
}

/** The tree alone, so that it can go to a file or into a page; as data it stands beside the rest. */
async function drawnAs(form: Form | undefined, { nodes, data, text }: Inspected): Promise<Result> {
  if (form === undefined) return { data, text }
  if (form === 'text') return { data, text: (await import('../tree.ts')).renderTree(nodes) }
  const drawn = nodes.map((node) => node.drawn)
  const tree =
    form === 'svg'
      ? (await import('../../grant/draw/svg.ts')).drawSvg(drawn)
      : (await import('../../grant/draw/mermaid.ts')).drawMermaid(drawn)
  return { data: { ...(data as { [key: string]: Data }), tree: { form, text: tree } }, text: tree }
}

/** Longer than any hash: the bytes of a permission context. */
function isContext(text: string): boolean {
  // Searched, not matched: a pattern that repeats over megabytes of hostile text fills the stack.
  return text.length >= 69 && text.startsWith('0x') && text.slice(2).search(/[^0-9a-fA-F]/) === -1
}

type Shown = Looked & { stopped: Stop | undefined }

async function inspectGrants(context: Context, texts: readonly string[]): Promise<Inspected> {
  const chains = await Promise.all(texts.map(async (text) => (await readGrant(text)).chainId))
  const chainId = chains[0] ?? 0
  if (chains.some((other) => other !== chainId)) throw usage('These grants are of several chains.', 'Show each alone.')
  const session = await openNamed(context, chainId)
  const environment = session?.environment ?? (await knownEnvironment(context, chainId))
  const grants = await Promise.all(texts.map((text) => readGrant(text, environment)))
  if (environment === undefined) throw unknownDeployment(chainId)
  const block = session === undefined ? undefined : await nameBlock(context, session)
  const live = new Map<Hex, NodeMeters>()
  const looked: Shown[] = []
  for (const grant of grants) {
    const stopped = stopOf(context.home(), await stoppable(grant))
    looked.push({ ...(await lookAtGrant(grant, environment, session, block, live)), stopped })
  }
  const rows = looked.flatMap(({ check }) => rowsOf(check))
  const { nodesOf } = await import('../treeNodes.ts')
  const nodes = nodesOf({
    delegations: grants.flatMap(({ delegations }) => delegations),
    environment,
    assets: Object.assign({}, ...grants.flatMap(({ scopes }) => scopes.map(({ assets }) => assets))),
    rowsOf: (hash) => rows.filter((row) => row.hash === hash),
    stops: readStops(context.home()),
    ...(session === undefined ? {} : { live }),
  })
  const { renderUndone, undoneOf } = await import('../undone.ts')
  const { renderTree } = await import('../tree.ts')
  const hashes = nodes.map(({ drawn }) => drawn.hash)
  const undone = session === undefined || block === undefined ? [] : await undoneOf(context, session, hashes, block)
  return {
    nodes,
    data: {
      ...(looked.length === 1 ? { kind: 'grant', ...dataOf(looked[0] as Shown) } : {}),
      ...(looked.length === 1 ? {} : { kind: 'grants', grants: looked.map((one) => dataOf(one)) }),
      chainAsked: session !== undefined,
      block: block === undefined ? null : { number: block.number, hash: block.hash, timestamp: block.timestamp },
      links: nodes.map(linkData),
      undone: undone as unknown as Data,
    },
    text: lines(
      ...looked.map(({ grant }) => renderScopeHead(grant.scopes.at(-1) as Scope)),
      renderTree(nodes),
      ...looked.map((one) => renderLook(one, block)),
      renderUndone(undone),
      renderTroubles(rows),
    ),
  }
}

function dataOf({ grant, check, remaining, groups, stopped }: Shown): { [key: string]: Data } {
  return {
    grant: grantData(grant),
    status: check.status,
    stopped: stopped?.grant ?? null,
    checks: [...check.rows, ...rowsOf(check).map(({ hash: _, ...row }) => row)] as unknown as Data,
    remaining: remaining as unknown as Data,
    lowering: grant.lowering,
    groups: groups as unknown as Data,
    heldByRedeemerOnly: grant.accepted.flat(),
  }
}

function renderLook({ grant, check, remaining, groups, stopped }: Shown, block: Block | undefined): Rich {
  return lines(
    facts([
      ['grant', grant.id],
      ['lowering', grant.lowering],
      ...groups.map((group): [string, Rich] => ['group', renderGroup(group)]),
      ['chain says', block === undefined ? 'not asked (give --chain or --rpc-url)' : renderStatus(check.status)],
      block === undefined ? undefined : ['at block', `${block.number} ${block.hash}`],
      stopped === undefined ? undefined : ['stopped', styled('red', `here, by the stop of grant ${stopped.grant}`)],
      ...grant.accepted.flat().map((pointer): [string, Rich] => ['redeemer only', styled('yellow', pointer)]),
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
  )
}

function renderGroup({ name, group, delegator, guardian, ended }: Looked['groups'][number]): Rich {
  const by = guardian === null ? delegator : `${delegator} or guardian ${guardian}`
  const state = ended === null ? '' : ended ? styled('red', ', ended for ever') : styled('green', ', not ended')
  return [`${name ?? group}, ended by ${by}`, state]
}

/** The block that everything is read at: named once, then asked for by its hash. */
async function nameBlock(context: Context, session: Session): Promise<Block> {
  const { readBlock } = await import('../../chain/block.ts')
  const given = context.options['block'] as string | undefined
  if (given === undefined) await session.freshen(60n)
  return readBlock(session.node, given === undefined ? 'latest' : blockName(given))
}

function blockName(text: string): BlockName {
  if (text === 'latest' || text === 'safe' || text === 'finalized') return text
  if (/^0x[0-9a-f]{64}$/.test(text)) return { hash: text as Hex }
  if (/^(?:0|[1-9][0-9]{0,17})$/.test(text)) return { number: BigInt(text) }
  throw usage('This is not a block.', 'Give --block <number>, a hash, latest, safe or finalized.')
}

function renderStatus(status: string): Rich {
  return styled(status === 'valid' ? 'green' : status === 'invalid' ? 'red' : 'yellow', status)
}
