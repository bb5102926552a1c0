import type { LocalAccount } from 'viem'
import { AmbitError } from '../errors.ts'
import type { ReplacementOptions, Start } from '../grant/replacement.ts'
import type { Grant } from '../grant/types.ts'
import type { Address } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import type { Context, Data, Result } from './command.ts'
import { confirm } from './confirm.ts'
import { CliError, KeyError } from './errors.ts'
import { EXIT } from './exit.ts'
import { markReplaced, saveGrant } from './grantStore.ts'
import { grantData, renderScopeHead } from './grantText.ts'
import { type ReplaceIntent, removeIntent, replaceIntentOf, writeIntent } from './intents.ts'
import { Journal, type Recorded } from './journal.ts'
import { nextScope, planNext, readUsed, renderChanges, signNext } from './nextGrant.ts'
import { facts, lines, type Rich, styled } from './output.ts'
import { grantsUnder, recordEndings } from './recordEnding.ts'
import { lockSender } from './redeemFlow.ts'
import { planData, renderExplanation, section } from './scopeText.ts'
import type { Session } from './session.ts'
import { stopOf, stoppable } from './stops.ts'
import { assertGenuine, checkOnChain } from './trustGrant.ts'

export type ReplaceOptions = {
  act: ReplaceIntent['act']
  grant: Grant
  signer: LocalAccount
  wish: Omit<ReplacementOptions, 'used'>
  /** The wish as text; empty where the command line has none and only goes on with what was begun. */
  asked: string
}

/**
 * Replaces a grant by a smaller one, or by one for another delegate: signs the new one for what is left of the old, writes
 * the intent down, ends the old one on chain, and hands the new one out only when it is known how much was used by the
 * block in which the old one ended. If more was used than when the new one was signed, it is signed again.
 *
 * Killed at any moment, the same command goes on from the intent: nothing is confirmed twice, and there is never a time at
 * which both can be redeemed, or neither and no way on.
 */
export async function replace(context: Context, session: Session, options: ReplaceOptions): Promise<Result> {
  const { act, grant, signer, asked } = options
  const home = context.home()
  requireRoot(grant)
  await lockSender(context, signer.address.toLowerCase() as Address)
  const begun = await readBegun(context, session, grant)
  if (begun !== undefined && (begun.act !== act || (asked !== '' && begun.asked !== asked))) throw unfinished(begun)
  if (begun !== undefined) context.output.progress('This was confirmed and begun before: going on with it…')
  const prepared = begun === undefined ? await prepare(context, session, options) : undefined
  if (prepared !== undefined && 'dryRun' in prepared) return prepared.dryRun
  let intent = begun ?? prepared?.intent
  if (intent === undefined) throw unfinished({ act, old: grant })

  context.output.progress('Ending the old grant, and waiting for the chain…')
  const delegator = grant.scopes[0]?.principal as Address
  const { revoke } = await import('../chain/revoke.ts')
  const { environment } = session
  const ended = await revoke(session.node, { grant, environment, account: signer, delegator })
  await session.save()
  const under = await grantsUnder(
    context,
    grant,
    ended.revoked.map(({ hash }) => hash),
  )
  const since = begun === undefined ? {} : { since: begun.at }
  const endings = { grants: [grant, ...under], links: ended.revoked, act: { act: 'disable' as const }, ...since }
  const receipts = await recordEndings(context, session, endings)

  const block = latest(ended.revoked.map(({ blockNumber }) => blockNumber))
  const next = await settleNext(context, session, { ...options, block }, intent)
  if (next === null) {
    removeIntent(home, intent)
    return nothingLeft(grant, receipts, under)
  }
  if (next !== intent.next) {
    intent = { ...intent, next }
    writeIntent(home, intent)
  }
  const path = await saveGrant(context, next)
  markReplaced(context, grant.id, next.id)
  const receipt = await recordGrant(context, next, begun?.at)
  removeIntent(home, intent)
  return {
    data: {
      replaced: grant.id,
      grant: grantData(next),
      file: path,
      resumed: begun !== undefined,
      revoked: ended.revoked as unknown as Data,
      grantsDied: under.map(({ id }) => id),
      receipts: [...receipts.map(({ id }) => id), ...(receipt === undefined ? [] : [receipt])],
      scope: next.scopes.at(-1) as unknown as Data,
    },
    text: lines(
      renderScopeHead(next.scopes.at(-1) as Scope),
      facts([
        ['ended', `grant ${grant.id}`],
        ...under.map(({ id }): [string, Rich] => ['died too', `grant ${id}`]),
        ['grant', styled('bold', next.id)],
        ['file', path],
        ...receipts.map(({ id }): [string, Rich] => ['receipt', id]),
        receipt === undefined ? undefined : ['receipt', receipt],
      ]),
      'Hand the new file to the agent: the old one is dead.',
    ),
  }
}

type Prepared = { intent: ReplaceIntent } | { dryRun: Result }

/** Everything up to the signature and the written intent; nothing has any effect before. */
async function prepare(context: Context, session: Session, options: ReplaceOptions): Promise<Prepared> {
  const { act, grant, signer, asked } = options
  const wish = { ...options.wish, start: startOf(context) }
  await session.freshen(0n)
  await assertGenuine(session, grant)
  const { linksToEnd } = await import('../chain/revoke.ts')
  const principal = grant.scopes[0]?.principal as Address
  await requireSigner(session, principal, signer)
  const planned = linksToEnd(grant, principal).map(({ hash }) => hash)
  const { scope, about: used } = await nextScope(session, grant, wish)
  const signedFor = await planNext(context, session, scope, grant)
  const under = await grantsUnder(context, grant, planned)
  const stopped = stopOf(context.home(), await stoppable(grant)) !== undefined
  const about = lines(
    renderScopeHead(scope),
    section('What the new caveats permit', renderExplanation(signedFor.plan.explanation)),
    section('What changes', await renderChanges(grant.scopes[0] as Scope, scope)),
    used,
    stopped ? styled('yellow', 'The old grant is stopped on this machine; the new one will not be.') : undefined,
    under.length === 0
      ? undefined
      : section(
          'Handed on, and dies with the old grant',
          facts(under.map(({ id, scopes }): [string, Rich] => [id, `delegate ${scopes.at(-1)?.delegate ?? ''}`])),
        ),
  )
  const data = { replaces: grant.id, scope: scope as unknown as Data, plan: planData(signedFor.plan) }
  if (context.options['dryRun'] === true) {
    const text = lines(about, 'Dry run: nothing was signed.')
    return { dryRun: { data: { dryRun: true, grantsDie: under.map(({ id }) => id), ...data }, text } }
  }
  const question = act === 'redirect' ? `Give this to ${scope.delegate} instead?` : 'Replace the grant by this?'
  await confirm(context, about, `${question} The old grant ends.`)
  const next = await signNext(session, scope, signedFor.plan, signer)
  const { start } = wish
  const how = start === undefined ? {} : { start }
  const intent: ReplaceIntent = { kind: 'replace', act, old: grant, next, asked, ...how, at: context.now() }
  writeIntent(context.home(), intent)
  return { intent }
}

/** What says that by now there is nothing to hand out. */
const OVER = new Set(['grant.nothing_left', 'grant.no_window_left', 'scope.expired'])

/** The grant that takes the place: the one that was signed, or one signed anew where more was used meanwhile. */
async function settleNext(
  context: Context,
  session: Session,
  { grant, signer, block }: Pick<ReplaceOptions, 'grant' | 'signer'> & { block: bigint },
  { next, start = 'now' }: ReplaceIntent,
): Promise<Grant | null> {
  const { staysWithin } = await import('../grant/replacement.ts')
  const old = grant.scopes[0] as Scope
  const scope = next.scopes[0] as Scope
  const used = await readUsed(session, grant, block)
  const live = await checkOnChain(session, next)
  const dead = [...live.rows, ...live.branches.flatMap(({ rows }) => rows)].some(
    (row) => row.result === 'fail' && row.code !== 'not_yet_valid',
  )
  if (!dead && staysWithin(scope, old, used)) return next
  if (dead) {
    // Somebody ended everything of the account since: that was not meant to be undone by a command begun before.
    const about = 'What was signed is dead by now: the account ended everything since, or it has expired.'
    await confirm(context, lines(about), 'Sign it again?')
  }
  context.output.progress('Signing again, for what is left…')
  // What was wished for stands in the signed scope: it is lowered further, and keeps its own way of going on.
  const { replacementScope } = await import('../grant/replacement.ts')
  const wanted = { patch: patchTo(scope), delegate: scope.delegate, start }
  let again: Scope
  try {
    again = replacementScope(old, { ...wanted, used })
  } catch (error) {
    if (error instanceof AmbitError && OVER.has(error.code)) return null
    throw error
  }
  const { plan } = await planNext(context, session, again, grant)
  return signNext(session, again, plan, signer)
}

/** The limits of a scope, as a patch of the one it was made from. */
function patchTo({ budgets, rules, calls, expiry, evidence, redelegation, revocation }: Scope): object {
  return { budgets, rules, ...(calls === undefined ? {} : { calls }), expiry, evidence, redelegation, revocation }
}

/** What was begun, read as strictly as a grant from anybody. */
async function readBegun(context: Context, session: Session, grant: Grant): Promise<ReplaceIntent | undefined> {
  const begun = replaceIntentOf(context.home(), grant.id)
  if (begun === undefined) return undefined
  const { parseGrant } = await import('../grant/parse.ts')
  return { ...begun, next: parseGrant(begun.next, { environment: session.environment }) }
}

function nothingLeft(grant: Grant, receipts: readonly Recorded[], under: readonly Grant[]): Result {
  return {
    data: {
      replaced: grant.id,
      grant: null,
      grantsDied: under.map(({ id }) => id),
      receipts: receipts.map(({ id }) => id),
    },
    text: lines(
      styled('yellow', 'The old grant has ended, and by then nothing was left of it: there is no new one.'),
      facts(receipts.map(({ id }): [string, Rich] => ['receipt', id])),
    ),
  }
}

async function recordGrant(context: Context, grant: Grant, since: bigint | undefined): Promise<string | undefined> {
  const journal = new Journal(context)
  if (since !== undefined) {
    for (const entry of journal.entries().reverse()) {
      const statement = await journal.statement(entry)
      if (BigInt(statement.iat) < since) break
      if (statement.kind === 'grant' && statement.grant.id === grant.id) return undefined
    }
  }
  const { grantReceipt } = await import('../receipt/grantReceipt.ts')
  return (await journal.issue(grantReceipt({ grant, layer: 'wallet' }))).id
}

function startOf(context: Context): Start | undefined {
  const given = context.options['start'] as string | undefined
  if (given === undefined || given === 'now' || given === 'next') return given
  throw new CliError('cli.usage', EXIT.usage, 'A window goes on in one of two ways.', {
    details: { start: given },
    fix: 'Give --start now or --start next.',
  })
}

function latest(blocks: readonly bigint[]): bigint {
  let last = 0n
  for (const block of blocks) if (block > last) last = block
  return last
}

function requireRoot({ scopes }: Grant): void {
  if (scopes.length === 1) return
  throw new CliError(
    'cli.usage',
    EXIT.usage,
    'This grant was handed on: only its principal’s own grants are replaced.',
    {
      details: { depth: scopes.length },
      fix: 'Revoke it with the account that handed it on, and hand on another part with `ambit narrow <grant> --to <account>`.',
    },
  )
}

/** Before anything is confirmed: who cannot end the old one must not sign the new one. */
async function requireSigner({ node, environment }: Session, principal: Address, signer: LocalAccount): Promise<void> {
  if (signer.address.toLowerCase() === principal) return
  const { readAccountCode } = await import('../chain/account.ts')
  const { readBlock } = await import('../chain/block.ts')
  const code = await readAccountCode(node, { address: principal, environment, block: (await readBlock(node)).hash })
  if (code.kind === 'contract') return
  throw new KeyError('key.wrong_signer', 'This key is not that of the principal.', {
    details: { principal, signer: signer.address },
    fix: 'Only the principal replaces a grant; a delegate hands a part on with --to.',
  })
}

function unfinished({ act, old }: Pick<ReplaceIntent, 'act' | 'old'>): CliError {
  return new CliError(
    'cli.unfinished',
    EXIT.unsettled,
    'Another replacement of this grant was begun and not finished.',
    {
      details: { grant: old.id, begun: act },
      fix: `Finish it first: \`ambit ${act} ${old.id}\`, with nothing else but the key.`,
      retry: 'safe',
    },
  )
}
