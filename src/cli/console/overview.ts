import type { GrantRow, LinkFacts, Overview } from '../../console/source.ts'
import { hashDelegation } from '../../delegation/hash.ts'
import { rowsOf } from '../../grant/checkRows.ts'
import type { Grant } from '../../grant/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { NodeMeters } from '../../verdict/meters.ts'
import type { Context } from '../command.ts'
import { endedHere, notAsked, type Standing, standingOf } from '../grantStatus.ts'
import { type Stored, storedGrants } from '../grantStore.ts'
import { type Looked, lookAtGrant } from '../lookAtGrant.ts'
import type { Session } from '../session.ts'
import { readStops } from '../stops.ts'
import { nodesOf } from '../treeNodes.ts'
import { environmentFor, latest, readingOf, sessionOf } from './reading.ts'

/** Grants that are asked about at once: each is one batch of reads. */
const AT_ONCE = 8

/** Every grant of this machine with how it stands, and every link of them, at one block. */
export async function readOverview(context: Context, session: Session | undefined): Promise<Overview> {
  const block = await latest(session)
  const stops = readStops(context.home())
  const live = new Map<Hex, NodeMeters>()
  const look = async (entry: Stored): Promise<{ row: GrantRow; looked: Looked | null }> => {
    if (!('grant' in entry)) return { row: unreadable(entry, stops), looked: null }
    const { grant } = entry
    const own = sessionOf(session, grant)
    const environment = await environmentFor(context, session, grant)
    const looked = environment === undefined ? null : await lookAtGrant(grant, environment, own, block, live)
    const asked = own === undefined || looked === null ? notAsked(grant, context.now()) : standingOf(looked.check)
    const standing = (await endedHere(grant, stops, context.now())) ?? asked
    return { row: { ...standing, id: grant.id, grant, hashes: grant.delegations.map(hashDelegation) }, looked }
  }
  const all: { row: GrantRow; looked: Looked | null }[] = []
  const stored = await storedGrants(context)
  for (let at = 0; at < stored.length; at += AT_ONCE) {
    all.push(...(await Promise.all(stored.slice(at, at + AT_ONCE).map(look))))
  }
  return {
    reading: readingOf(context, session?.choice.id, block),
    grants: all.map(({ row }) => row),
    links: await linksOf(
      context,
      session,
      all.flatMap(({ looked }) => (looked === null ? [] : [looked])),
      live,
    ),
  }
}

/** Grants of one chain share an environment, and links; those of several do not meet. */
async function linksOf(
  context: Context,
  session: Session | undefined,
  looked: readonly Looked[],
  live: ReadonlyMap<Hex, NodeMeters>,
): Promise<LinkFacts[]> {
  const chains = new Map<string, Looked[]>()
  for (const one of looked) {
    const key = `${one.grant.chainId} ${one.grant.manager}`
    chains.set(key, [...(chains.get(key) ?? []), one])
  }
  const links: LinkFacts[] = []
  for (const group of chains.values()) {
    const first = group[0]?.grant as Grant
    const environment = await environmentFor(context, session, first)
    if (environment === undefined) continue
    const rows = group.flatMap(({ check }) => rowsOf(check))
    links.push(
      ...nodesOf({
        delegations: group.flatMap(({ grant }) => grant.delegations),
        environment,
        assets: Object.assign({}, ...group.flatMap(({ grant }) => grant.scopes.map(({ assets }) => assets))),
        rowsOf: (hash) => rows.filter((row) => row.hash === hash),
        stops: readStops(context.home()),
        ...(sessionOf(session, first) === undefined ? {} : { live }),
      }),
    )
  }
  return links
}

function unreadable(entry: Stored & { error: unknown }, stops: readonly { grant: Hex }[]): GrantRow {
  const stopped = stops.some(({ grant }) => grant === entry.id)
  const standing: Standing = { status: stopped ? 'stopped' : 'unreadable', why: (entry.error as { code: string }).code }
  return { ...standing, id: entry.id as Hex, grant: null, hashes: [] }
}
