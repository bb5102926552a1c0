import type { Environment } from '../caveats/types.ts'
import type { Block } from '../chain/block.ts'
import type { GrantCheck } from '../grant/check.ts'
import type { Group } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { NodeMeters } from '../verdict/meters.ts'
import type { Remaining } from './remaining.ts'
import type { Session } from './session.ts'

/** A grant with what the chain says of it, where it was asked. */
export type Looked = {
  grant: Grant
  check: GrantCheck
  remaining: readonly Remaining[]
  /** By which some of its links can be ended together; `ended` is `null` where no chain was asked. */
  groups: readonly (Group & { name: string | null; ended: boolean | null })[]
}

/** Looks at one grant; meters of its links go into `live`, so that grants which share links fill one map. */
export async function lookAtGrant(
  grant: Grant,
  environment: Environment,
  session: Session | undefined,
  block: Block | undefined,
  live: Map<Hex, NodeMeters>,
): Promise<Looked> {
  const { checkGrant } = await import('../grant/check.ts')
  const named = await namedGroups(grant, environment)
  if (session === undefined || block === undefined) {
    const groups = named.map((group) => ({ ...group, ended: null }))
    return { grant, check: checkGrant(grant, { environment }), remaining: [], groups }
  }
  const { readFacts } = await import('../chain/readFacts.ts')
  const { remainingOf } = await import('./remaining.ts')
  const { prepareGrant, readMeters } = await import('../verdict/index.ts')
  const read = await readFacts(session.node, { grant, environment, block: { hash: block.hash } })
  for (const meters of readMeters(prepareGrant(grant, environment), read.state)) live.set(meters.delegation, meters)
  const { readGroupEnded } = await import('../chain/endGroup.ts')
  const groups = await Promise.all(
    named.map(async (group) => {
      const ended = await readGroupEnded(session.node, { group, environment, block: { hash: block.hash } })
      return { ...group, ended }
    }),
  )
  return { grant, check: checkGrant(grant, read.facts), remaining: remainingOf(grant, environment, read.state), groups }
}

/** Eight bytes on chain stand for a name that the scopes say. */
async function namedGroups(grant: Grant, environment: Environment) {
  const { groupsOf } = await import('../grant/ending.ts')
  const { groupId } = await import('../compile/fused/lowerScope.ts')
  const names = new Map(grant.scopes.map(({ revocation }) => [groupId(revocation.group), revocation.group]))
  return groupsOf(grant, environment).map(({ delegations: _, ...group }) => ({
    ...group,
    name: names.get(group.group) ?? null,
  }))
}
