import type { LocalAccount } from 'viem'
import { type Group, groupFate, groupsOf } from '../grant/ending.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Context, Data, Result } from './command.ts'
import { confirm } from './confirm.ts'
import { CliError, KeyError } from './errors.ts'
import { EXIT } from './exit.ts'
import { storedGrants } from './grantStore.ts'
import { facts, lines, type Rich, styled } from './output.ts'
import { type EndedLink, recordEndings } from './recordEnding.ts'
import type { Session } from './session.ts'

/**
 * Ends the group that a grant names, by its delegator or its guardian: every grant of it, those not known here and those to
 * come included, for ever.
 *
 * @throws {@link CliError} `cli.usage` where no link of the grant names a group on chain; `key.wrong_signer` where the
 * account may end none of them.
 */
export async function revokeGroup(
  context: Context,
  session: Session,
  { grant, signer, delegator }: { grant: Grant; signer: LocalAccount; delegator: Address | undefined },
): Promise<Result> {
  const { environment } = session
  const account = delegator ?? (signer.address.toLowerCase() as Address)
  const group = groupToEnd(groupsOf(grant, environment), account)
  const { groupId } = await import('../compile/fused/lowerScope.ts')
  const scope = grant.scopes.find(({ revocation }) => groupId(revocation.group) === group.group)
  const name = scope?.revocation.group ?? group.group
  const grants = await grantsOf(context, session, grant, group)
  const others = grants.filter(({ id }) => id !== grant.id)
  const about = lines(
    facts([
      ['group', `${name} of ${group.delegator}`],
      ['guardian', group.guardian ?? 'none'],
      ...grants.map((one): [string, Rich] => ['ends', describe(one)]),
    ]),
    styled(
      'yellow',
      'Every other grant of this group ends too, known here or not, and none can be made in it any more.',
    ),
  )
  await confirm(context, about, `End group ${name} of ${group.delegator}, for ever?`)
  context.output.progress('Ending the group, and waiting for the chain…')
  const { endGroup } = await import('../chain/endGroup.ts')
  const { transactionHash, blockNumber } = await endGroup(session.node, { account: signer, group, environment })
  await session.save()
  const links = linksOf(grants, { group, session, transactionHash, blockNumber })
  const receipts = await recordEndings(context, session, { grants, links, act: { act: 'end_group', group } })
  return {
    data: {
      group: { name, ...group },
      alreadyEnded: transactionHash === null,
      transactionHash,
      blockNumber,
      ended: links.map(({ hash }) => hash),
      grantsEnded: grants.map(({ id }) => id),
      receipts: receipts.map(({ id }) => id),
    } satisfies Data,
    text: lines(
      styled(
        'green',
        transactionHash === null ? 'It had ended before: nothing was sent.' : 'Ended, and proven on chain.',
      ),
      facts([
        ['group', `${name}, at block ${blockNumber}`],
        transactionHash === null ? undefined : ['transaction', transactionHash],
        ['ended', describe(grant)],
        ...others.map((one): [string, Rich] => ['ended', describe(one)]),
        ...receipts.map(({ id }): [string, Rich] => ['receipt', id]),
      ]),
    ),
  }
}

function groupToEnd(groups: readonly Group[], account: Address): Group {
  if (groups.length === 0) {
    throw new CliError('cli.usage', EXIT.usage, 'No link of this grant names a group that the chain knows.', {
      fix: 'Revoke the grant itself, or everything of the account with --all.',
    })
  }
  const own = groups.find(({ delegator, guardian }) => delegator === account || guardian === account)
  if (own !== undefined) return own
  throw new KeyError('key.wrong_signer', 'This account may not end the group of this grant.', {
    details: {
      account,
      delegators: groups.map(({ delegator }) => delegator),
      guardians: groups.flatMap(({ guardian }) => guardian ?? []),
    },
    fix: 'Sign with the account of the delegator or of the guardian; name a contract account with --delegator.',
  })
}

/** The named one, and every other that is kept here and ends with it. */
async function grantsOf(context: Context, { environment }: Session, grant: Grant, group: Group): Promise<Grant[]> {
  const stored = (await storedGrants(context)).flatMap((entry) => ('grant' in entry ? [entry.grant] : []))
  const all = [grant, ...stored.filter(({ id }) => id !== grant.id)]
  return all.filter((one) => groupFate(one, { environment, ...group }).fate === 'ends')
}

function linksOf(
  grants: readonly Grant[],
  { group, session, ...where }: { group: Group; session: Session } & Omit<EndedLink, 'hash'>,
): EndedLink[] {
  const hashes = grants.flatMap((grant): readonly Hex[] => {
    const fate = groupFate(grant, { environment: session.environment, ...group })
    return fate.fate === 'ends' ? fate.delegations : []
  })
  return [...new Set(hashes)].map((hash) => ({ hash, ...where }))
}

function describe({ id, scopes }: Grant): string {
  const scope = scopes.at(-1)
  return `grant ${id} (task ${scope?.task.id ?? ''}, delegate ${scope?.delegate ?? ''})`
}
