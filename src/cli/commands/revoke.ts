import type { Grant } from '../../grant/types.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, Data, Result } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { CONFIRM, confirmAll } from '../confirmAll.ts'
import { openEnding } from '../endingGrant.ts'
import { CliError, KeyError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { warnUnfinished } from '../intents.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { CHAIN_OPTIONS, chooseChain, openChain } from '../session.ts'

export const revoke: Command = {
  name: 'revoke',
  summary: 'End a grant on chain, or everything of an account, prove it, and list what died with it',
  description:
    'Disables the links of the signing account, waits for inclusion and reads the chain. Revoking what is revoked already is a success. Everything handed on from it dies too, and is shown before. With --all the account’s nonce is raised: every delegation of it that carries the nonce ends, permissions of wallets included; grants of one caveat have none, and end with their group.',
  arguments: [{ name: 'grant', description: 'file, id, beginning of an id, task, or -', optional: true }],
  options: [
    { flags: '--all', description: 'end everything of the account that carries its nonce' },
    {
      flags: '--group',
      description:
        'end every grant of the grant’s group, for ever; by the principal or the guardian, where its caveats name it',
    },
    {
      flags: '--delegator <account>',
      description: 'the contract account whose owner signs, where the signer is not itself a delegator',
    },
    YES,
    CONFIRM,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit revoke invoices-2026-11 --account local:principal',
    'ambit revoke 0x64365f --rpc-url $RPC --account treasury --yes',
    'ambit revoke invoices-2026-11 --group --account local:guardian',
    'ambit revoke --all --chain local --account local:principal --confirm local:principal',
  ],
  async run(context) {
    const reference = context.args[0]
    const all = context.options['all'] === true
    const group = context.options['group'] === true
    if (all !== (reference === undefined) || (all && group)) {
      throw new CliError('cli.usage', EXIT.usage, 'Either one grant ends, or everything of an account.', {
        fix: 'Give a grant (with --group: all of its group), or --all.',
      })
    }
    warnUnfinished(context)
    if (reference === undefined) return revokeEverything(context)
    return group ? revokeItsGroup(context, reference) : revokeOne(context, reference)
  },
}

async function revokeEverything(context: Context): Promise<Result> {
  const session = await openChain(context, chooseChain(context))
  const signer = await loadSigner(context, session.choice)
  const account = (await readDelegator(context)) ?? (signer.address.toLowerCase() as Address)
  const { revokeAll } = await import('../../chain/revokeAll.ts')
  const { raise } = await import('../raise.ts')
  return raise(context, session, {
    account,
    signer,
    confirm: (about) => confirmAll(context, about, `End all of this for ${account}, for good?`, account),
    send: (parameters) => revokeAll(session.node, { ...parameters, account: signer, delegator: account }),
  })
}

async function revokeItsGroup(context: Context, reference: string): Promise<Result> {
  const { grant, session } = await openEnding(context, reference)
  const signer = await loadSigner(context, session.choice)
  const { revokeGroup } = await import('../revokeGroup.ts')
  return revokeGroup(context, session, { grant, signer, delegator: await readDelegator(context) })
}

async function revokeOne(context: Context, reference: string): Promise<Result> {
  const { grant, session } = await openEnding(context, reference)
  const signer = await loadSigner(context, session.choice)
  const delegator = await readDelegator(context)
  const chain = await import('../../chain/revoke.ts')
  const { grantsUnder, recordEndings } = await import('../recordEnding.ts')
  const account = delegator ?? (signer.address.toLowerCase() as Address)
  assertDelegator(grant, account)
  const planned = chain.linksToEnd(grant, account)
  const plannedHashes = planned.map(({ hash }) => hash)
  const under = await grantsUnder(context, grant, plannedHashes)
  const head = renderScopeHead(grant.scopes.at(-1) as Scope)
  const rest = await renderRest(grant, plannedHashes, under)
  await confirm(context, lines(head, rest), `End this grant as ${account}? It cannot be used afterwards.`)
  context.output.progress('Revoking, and waiting for the chain…')
  const ended = await chain.revoke(session.node, {
    grant,
    environment: session.environment,
    account: signer,
    ...(delegator === undefined ? {} : { delegator }),
  })
  await session.save()
  const endings = { grants: [grant, ...under], links: ended.revoked, act: { act: 'disable' as const } }
  const receipts = await recordEndings(context, session, endings)
  const sent = ended.revoked.some(({ transactionHash }) => transactionHash !== null)
  return {
    data: {
      grant: grantData(grant),
      alreadyRevoked: !sent,
      revoked: ended.revoked as unknown as Data,
      died: ended.died,
      grantsDied: under.map(({ id }) => id),
      seconds: ended.seconds,
      receipts: receipts.map(({ id }) => id),
    },
    text: lines(
      head,
      styled('green', sent ? 'Revoked, and proven on chain.' : 'It was revoked already: nothing was sent.'),
      facts([
        ...ended.revoked.map(({ hash, transactionHash, blockNumber }): [string, Rich] => [
          'disabled',
          `${hash} at block ${blockNumber}${transactionHash === null ? '' : `, transaction ${transactionHash}`}`,
        ]),
        ...ended.died.map((hash): [string, Rich] => ['died', hash]),
        ...under.map(({ id }): [string, Rich] => ['died here', `grant ${id}`]),
        ...receipts.map(({ id }): [string, Rich] => ['receipt', id]),
        ['took', `${ended.seconds.toFixed(1)} s`],
      ]),
    ),
  }
}

/** Said before anybody is asked to confirm: only a delegator can end its links. */
function assertDelegator(grant: Grant, account: Address): void {
  const delegators = [...new Set(grant.delegations.map(({ delegator }) => delegator))]
  if (delegators.includes(account)) return
  throw new KeyError('key.wrong_signer', 'No link of this grant is from this account.', {
    details: { account, delegators },
    fix: 'Revoke with the account of one of its delegators; where that is a contract account, name it with --delegator.',
  })
}

/** What dies beside the grant that was named, and what above it does not. */
async function renderRest(grant: Grant, planned: readonly string[], under: readonly Grant[]): Promise<Rich> {
  const { descendantsOf } = await import('../../grant/descendants.ts')
  const died = descendantsOf(grant, planned as never)
  const above = grant.delegations.length - planned.length - died.length
  return lines(
    facts([
      ['disables', `${planned.length} of ${grant.delegations.length} links; ${died.length} die under them`],
      ...under.map((other): [string, Rich] => {
        const scope = other.scopes.at(-1)
        return ['dies too', `grant ${other.id} (task ${scope?.task.id ?? ''}, delegate ${scope?.delegate ?? ''})`]
      }),
    ]),
    'Whoever was handed a part of it, and is not known here, loses it too.',
    above === 0
      ? undefined
      : styled('yellow', `${above} links above are of others and stay: only what was handed on ends.`),
  )
}

async function readDelegator(context: Context): Promise<Address | undefined> {
  const named = context.options['delegator'] as string | undefined
  if (named === undefined) return undefined
  const { readAccount } = await import('../grantFlags.ts')
  return readAccount(context, named)
}
