import type { Grant } from '../../grant/types.ts'
import type { Address } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context } from '../command.ts'
import { confirm, YES } from '../confirm.ts'
import { CliError, KeyError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { saveGrant } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { Journal } from '../journal.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { openGrant } from '../openGrant.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { readScopeDocument } from '../scopeFile.ts'
import { planData, renderExplanation, section } from '../scopeText.ts'
import { CHAIN_OPTIONS, type Session } from '../session.ts'
import { assertKnownContracts, assertLive } from '../trustGrant.ts'
import { parseEnd } from '../units.ts'

export const narrow: Command = {
  name: 'narrow',
  summary: 'Hand a smaller part of a grant on to a sub-agent',
  description:
    'Signed by the delegate of the grant; the principal is not asked, and what it signed still bounds everything. The patch is a JSON Merge Patch of the scope: { "budgets": { "limit": { "max": "2" } } }.',
  arguments: [
    { name: 'grant', description: 'file, id, beginning of an id, or task' },
    { name: 'patch', description: 'file with what becomes smaller, or -', optional: true },
  ],
  options: [
    { flags: '--to <account>', description: 'the sub-agent: an address or an account name' },
    { flags: '--expires <time>', description: 'an earlier end: 1d, or 2026-12-01T00:00:00Z' },
    { flags: '--accept <pointer>', description: 'accept a constraint as held by the redeemer only', list: true },
    { flags: '--dry-run', description: 'show everything, sign nothing' },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: ['ambit narrow invoices-2026-11 smaller.json --to local:subagent --account local:agent'],
  async run(context) {
    const { grant, session } = await openGrant(context, context.args[0] ?? '')
    const signer = await loadSigner(context, session.choice)
    const parent = grant.scopes.at(-1) as Scope
    if (signer.address.toLowerCase() !== parent.delegate) {
      throw new KeyError('key.wrong_signer', 'This key is not that of the delegate.', {
        details: { delegate: parent.delegate, signer: signer.address },
        fix: 'Only the delegate of a grant can hand it on.',
      })
    }
    await session.freshen(0n)
    await assertLive(session, grant)
    const scope = await childScope(context, parent)
    const options = await attenuateOptions(context, session, scope, parent.delegate)
    const { attenuateGrant, planAttenuation } = await import('../../grant/attenuate.ts')
    const { delegations, firstNew, plan } = planAttenuation(grant, options)
    await assertKnownContracts(session, delegations)
    const { explainDelegations } = await import('../../compile/explain.ts')
    const { hashDelegation } = await import('../../delegation/hash.ts')
    const explained = explainDelegations(delegations, session.environment, scope.assets, { hash: hashDelegation })
    const about: Rich = lines(
      renderScopeHead(scope),
      section('What is added', renderExplanation(explained.filter(({ draft }) => draft >= firstNew))),
    )
    const data = { parent: grant.id, scope: scope as never, plan: planData({ ...plan, explanation: explained }) }
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

/** The parent's scope with the patch, for another delegate, one step less to be handed on. */
async function childScope(context: Context, parent: Scope): Promise<Scope> {
  const { readAccount } = await import('../grantFlags.ts')
  const { formatInstant } = await import('../../primitives/time.ts')
  const { narrowScope } = await import('../../scope/index.ts')
  const to = context.options['to'] as string | undefined
  const expires = context.options['expires'] as string | undefined
  const file = context.args[1]
  const patch = file === undefined ? {} : await readScopeDocument(context, file)
  const isObject = typeof patch === 'object' && patch !== null && !Array.isArray(patch)
  const named = isObject && 'delegate' in patch
  if (to === undefined && !named) {
    throw new CliError('cli.missing_option', EXIT.usage, 'It is not said to whom.', {
      details: { flag: '--to' },
      fix: 'Give --to <account>, or a delegate in the patch.',
    })
  }
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
