import type { Environment } from '../../caveats/types.ts'
import type { CoverageRow } from '../../compile/types.ts'
import { effective, leavesOf } from '../../console/exposure.ts'
import type { Ender, GrantFacts } from '../../console/source.ts'
import type { Grant } from '../../grant/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { NodeMeters } from '../../verdict/meters.ts'
import type { Context } from '../command.ts'
import { endedHere, notAsked, standingOf } from '../grantStatus.ts'
import { storedGrants } from '../grantStore.ts'
import { unknownDeployment } from '../inspected.ts'
import { accountAddress, localAccounts } from '../keys.ts'
import { lookAtGrant, rowsOf } from '../lookAtGrant.ts'
import { grantsUnder } from '../recordEnding.ts'
import type { Session } from '../session.ts'
import { readStops, stopOf, stoppable } from '../stops.ts'
import { nodesOf } from '../treeNodes.ts'
import { undoneOf } from '../undone.ts'
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
    enders: await endersOf(context, own, grant, environment, block?.hash),
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

/** Every account that handed on a link of it, the principal first. */
async function endersOf(
  context: Context,
  session: Session | undefined,
  grant: Grant,
  environment: Environment,
  block: Hex | undefined,
): Promise<Ender[]> {
  const { encodeDisable } = await import('../../chain/disable.ts')
  const { isDisabled } = await import('../../chain/isDisabled.ts')
  const { readAccountCode } = await import('../../chain/account.ts')
  const { linksToEnd } = await import('../../chain/revoke.ts')
  const keys = await keysHere(context, session)
  const principal = grant.scopes[0]?.principal
  const delegators = [...new Set([principal, ...grant.delegations.map(({ delegator }) => delegator)])]
  return Promise.all(
    delegators
      .flatMap((delegator) => (delegator === undefined ? [] : [delegator]))
      .map(async (delegator): Promise<Ender> => {
        const links = linksToEnd(grant, delegator)
        const name = keys.get(delegator)
        const command = commandOf(grant, delegator, name)
        const hashes = links.map(({ hash }) => hash)
        if (session === undefined || block === undefined) {
          return { delegator, open: hashes, command, keyHere: name !== undefined, transactions: null }
        }
        const flags = await Promise.all(hashes.map((hash) => isDisabled(session.node, environment, hash, block)))
        const open = links.filter((_link, index) => !flags[index])
        const code = await readAccountCode(session.node, { address: delegator, environment, block })
        const own = code.kind === 'contract' ? null : open
        return {
          delegator,
          open: open.map(({ hash }) => hash),
          command,
          keyHere: name !== undefined,
          transactions:
            own?.map(({ delegation }) => ({ to: environment.manager, data: encodeDisable(delegation) })) ?? null,
        }
      }),
  )
}

function commandOf(grant: Grant, delegator: Address, name: string | undefined): string {
  const key = name ?? '<its key>'
  const flags = name === undefined ? `--account ${key} --delegator ${delegator}` : `--account ${key}`
  return `ambit revoke ${grant.id.slice(0, 12)} ${flags}`
}

/** Names of the accounts whose keys are here, by address; on the embedded chain also those that everybody has. */
async function keysHere(context: Context, session: Session | undefined): Promise<ReadonlyMap<Address, string>> {
  const names = context.home().list('keystores')
  const kept = await Promise.all(names.map(async (name) => [await accountAddress(context, name), name] as const))
  const local =
    session?.local === undefined
      ? []
      : (await localAccounts()).map(({ name, account }) => [account.address.toLowerCase() as Address, name] as const)
  return new Map([...local, ...kept].flatMap(([address, name]) => (address === undefined ? [] : [[address, name]])))
}
