import type { LocalAccount } from 'viem'
import type { Grant } from '../../grant/types.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, OptionSpec, Result } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { CliError, KeyError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { saveGrant } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { Journal } from '../journal.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { chooseLowering, LOWERING, loweringText } from '../lowering.ts'
import { openGrant } from '../openGrant.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { readScopeDocument } from '../scopeFile.ts'
import { planData, renderExplanation, section } from '../scopeText.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'
import { assertKnownContracts, assertLive } from '../trustGrant.ts'
import { parseEnd } from '../units.ts'

/** For replacing: how a window goes on of which a part is used. */
export const START: OptionSpec = {
  flags: '--start <when>',
  description:
    'replacing with windows in use: now (what was used is taken off every window) or next (from the next one on)',
}

export const narrow: Command = {
  name: 'narrow',
  summary: 'Replace a grant by a smaller one, or hand a smaller part of it on to a sub-agent',
  description:
    'Without --to the principal signs a smaller grant of the same lowering for the same delegate, for what is left of the old one, and the old one ends; killed at any moment, the same command goes on. With --to the delegate hands a part on; the principal is not asked, and what it signed still bounds everything. The patch is a JSON Merge Patch of the scope: { "budgets": { "limit": { "max": "2" } } }.',
  arguments: [
    { name: 'grant', description: 'file, id, beginning of an id, or task' },
    { name: 'patch', description: 'file with what becomes smaller, or -', optional: true },
  ],
  options: [
    { flags: '--to <account>', description: 'hand it on: the sub-agent, an address or an account name' },
    { flags: '--expires <time>', description: 'an earlier end: 1d, or 2026-12-01T00:00:00Z' },
    START,
    { ...LOWERING, description: `handing on: ${LOWERING.description}` },
    { flags: '--accept <pointer>', description: 'accept a constraint as held by the redeemer only', list: true },
    { flags: '--dry-run', description: 'show everything, sign nothing' },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit narrow invoices-2026-11 smaller.json --account local:principal',
    'ambit narrow invoices-2026-11 smaller.json --to local:subagent --account local:agent',
  ],
  async run(context) {
    const file = context.args[1]
    const patch = file === undefined ? {} : await readScopeDocument(context, file)
    const { grant, session } = await openGrant(context, context.args[0] ?? '')
    const signer = await loadSigner(context, session.choice)
    if (!handsOn(context, patch, grant)) return replaceBySmaller(context, session, { grant, signer, patch })
    const parent = grant.scopes.at(-1) as Scope
    if (signer.address.toLowerCase() !== parent.delegate) {
      throw new KeyError('key.wrong_signer', 'This key is not that of the delegate.', {
        details: { delegate: parent.delegate, signer: signer.address },
        fix: 'Only the delegate of a grant can hand it on.',
      })
    }
    await session.freshen(0n)
    await assertLive(session, grant)
    const scope = await childScope(context, parent, patch)
    const chosen = await chooseLowering(context, session)
    const options = { ...(await attenuateOptions(context, session, scope, parent.delegate)), lowering: chosen.lowering }
    const { attenuateGrant, planAttenuation } = await import('../../grant/attenuate.ts')
    const { delegations, firstNew, plan } = planAttenuation(grant, options)
    await assertKnownContracts(session, delegations)
    const { explainDelegations } = await import('../../compile/explain.ts')
    const { hashDelegation } = await import('../../delegation/hash.ts')
    const explained = explainDelegations(delegations, session.environment, scope.assets, { hash: hashDelegation })
    const about: Rich = lines(
      renderScopeHead(scope),
      facts([['lowering', loweringText(chosen)]]),
      section('What is added', renderExplanation(explained.filter(({ draft }) => draft >= firstNew))),
    )
    const data = {
      parent: grant.id,
      scope: scope as never,
      lowering: chosen,
      plan: planData({ ...plan, explanation: explained }),
    }
    if (context.options['dryRun'] === true) {
      return { data: { dryRun: true, ...data }, text: lines(about, 'Dry run: nothing was signed.') }
    }
    await confirm(context, about, `Hand this on to ${scope.delegate}?`)
    const child: Grant = await attenuateGrant(grant, { ...options, account: signer })
    await assertLive(session, child)
    const path = await saveGrant(context, child)
    const { grantReceipt } = await import('../../receipt/grantReceipt.ts')
    const receipt = await new Journal(context).issue(grantReceipt({ grant: child, layer: 'runtime' }))
    return {
      data: { grant: grantData(child), file: path, receipt: receipt.id, ...data },
      text: lines(
        about,
        facts([
          ['grant', styled('bold', child.id)],
          ['under', grant.id],
          ['file', path],
          ['receipt', receipt.id],
        ]),
      ),
    }
  },
}

/** A part is handed on where somebody else is named; for the same delegate the grant itself becomes smaller. */
function handsOn(context: Context, patch: unknown, grant: Grant): boolean {
  if (context.options['to'] !== undefined) return true
  const named = typeof patch === 'object' && patch !== null ? (patch as { delegate?: unknown }).delegate : undefined
  return typeof named === 'string' && named.toLowerCase() !== grant.scopes.at(-1)?.delegate
}

async function replaceBySmaller(
  context: Context,
  session: Session,
  { grant, signer, patch }: { grant: Grant; signer: LocalAccount; patch: unknown },
): Promise<Result> {
  const { formatInstant } = await import('../../primitives/time.ts')
  const { replace } = await import('../replace.ts')
  const expires = context.options['expires'] as string | undefined
  const start = context.options['start'] as string | undefined
  const wished = context.args[1] !== undefined || expires !== undefined
  const { replaceIntentOf } = await import('../intents.ts')
  if (!wished && replaceIntentOf(context.home(), grant.id) === undefined) {
    throw new CliError('cli.missing_option', EXIT.usage, 'It is not said what becomes smaller.', {
      details: { missing: ['patch', '--expires'] },
      fix: 'Give a patch file or --expires; to hand a part on, --to <account>.',
    })
  }
  const until = expires === undefined ? {} : { expiry: formatInstant(parseEnd(expires, context.now(), '--expires')) }
  return replace(context, session, {
    act: 'narrow',
    grant,
    signer,
    wish: { patch: { ...(patch as object), ...until } },
    asked: wished ? JSON.stringify({ patch, expires, start }) : '',
  })
}

/** The parent's scope with the patch, for another delegate, one step less to be handed on. */
async function childScope(context: Context, parent: Scope, patch: unknown): Promise<Scope> {
  const { readAccount } = await import('../grantFlags.ts')
  const { formatInstant } = await import('../../primitives/time.ts')
  const { narrowScope } = await import('../../scope/index.ts')
  const to = context.options['to'] as string | undefined
  const expires = context.options['expires'] as string | undefined
  const isObject = typeof patch === 'object' && patch !== null && !Array.isArray(patch)
  const now = context.now()
  const whole = isObject
    ? {
        redelegation: { maxDepth: Math.max(0, parent.redelegation.maxDepth - 1) },
        ...patch,
        ...(to === undefined ? {} : { delegate: await readAccount(context, to) }),
        ...(expires === undefined ? {} : { expiry: formatInstant(parseEnd(expires, now, '--expires')) }),
      }
    : patch
  return narrowScope(parent, whole, { now, redelegated: true })
}

async function attenuateOptions(context: Context, session: Session, scope: Scope, delegator: Address) {
  const { readNonce } = await import('../../chain/readNonce.ts')
  const { environment, node } = session
  return {
    scope,
    environment,
    nonce: await readNonce(node, { delegator, environment }),
    salt: () => `0x${Buffer.from(context.random(32)).toString('hex')}` as const,
    accept: (context.options['accept'] as readonly string[] | undefined) ?? [],
  }
}
