import type { Environment } from '../../caveats/types.ts'
import type { CoverageRow } from '../../compile/types.ts'
import { effective, leavesOf } from '../../console/exposure.ts'
import type { GrantFacts } from '../../console/source.ts'
import { rowsOf } from '../../grant/checkRows.ts'
import type { Grant } from '../../grant/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import type { NodeMeters } from '../../verdict/meters.ts'
import type { Context } from '../command.ts'
import { endedHere, notAsked, standingOf } from '../grantStatus.ts'
import { storedGrants } from '../grantStore.ts'
import { unknownDeployment } from '../inspected.ts'
import { lookAtGrant } from '../lookAtGrant.ts'
import { grantsUnder } from '../recordEnding.ts'
import type { Session } from '../session.ts'
import { readStops, stopOf, stoppable } from '../stops.ts'
import { nodesOf } from '../treeNodes.ts'
import { undoneOf } from '../undone.ts'
import { endersOf } from './enders.ts'
import { environmentFor, latest, readingOf, sessionOf } from './reading.ts'
import { spentUnder } from './spending.ts'

/** All that is known of one grant of this machine; `undefined` where there is none of this id. */
export async function readGrantFacts(
  context: Context,
  session: Session | undefined,
  id: Hex,
): Promise<GrantFacts | undefined> {
  const stored = (await storedGrants(context)).find((entry) => entry.id === id)
  if (stored === undefined) return undefined
  if (!('grant' in stored)) throw stored.error
  const { grant } = stored
  const environment = await environmentFor(context, session, grant)
  if (environment === undefined) throw unknownDeployment(grant.chainId)
  const own = sessionOf(session, grant)
  const block = await latest(own)
  const live = new Map<Hex, NodeMeters>()
  const { check, remaining, groups } = await lookAtGrant(grant, environment, own, block, live)
  const rows = rowsOf(check)
  const stops = readStops(context.home())
  const links = nodesOf({
    delegations: grant.delegations,
    environment,
    assets: Object.assign({}, ...grant.scopes.map(({ assets }) => assets)),
    rowsOf: (hash) => rows.filter((row) => row.hash === hash),
    stops,
    ...(own === undefined ? {} : { live }),
  })
  const hashes = links.map(({ drawn }) => drawn.hash)
  const stop = stopOf(context.home(), await stoppable(grant))
  const asked = own === undefined ? notAsked(grant, context.now()) : standingOf(check)
  return {
    reading: readingOf(context, grant.chainId, block),
    grant,
    standing: (await endedHere(grant, stops, context.now())) ?? asked,
    coverage: await coverageOf(grant, environment),
    links,
    remaining,
    groups,
    stopped: stop === undefined ? null : { by: stop.grant, at: stop.at, own: stop.grant === grant.id },
    undone: own === undefined || block === undefined ? [] : await undoneOf(context, own, hashes, block),
    spent: await spentUnder(context, grant),
    enders: await endersOf(context, { grant, environment, session: own, block: block?.hash }),
    under: (await grantsUnder(context, grant, leavesOf({ grant, hashes }))).map((other) => ({
      id: other.id,
      task: effective(other).task.id,
    })),
  }
}

/** As the compiler says it of the effective scope, with what was accepted when it was granted. */
async function coverageOf(grant: Grant, environment: Environment): Promise<readonly CoverageRow[]> {
  const { compile } = await import('../../compile/compile.ts')
  const { uintToBytes } = await import('../../primitives/hex.ts')
  // Neither salt nor nonce is in the coverage; what is compiled here is not signed.
  let salts = 0n
  const salt = () => uintToBytes(++salts, 32)
  return compile(effective(grant), environment, {
    salt,
    nonce: 0n,
    accept: grant.accepted.at(-1) ?? [],
    lowering: grant.lowering,
  }).coverage
}
