import type { LocalAccount } from 'viem'
import type { Lowering, Plan } from '../../compile/types.ts'
import type { SigningAccount } from '../../delegation/sign.ts'
import type { Grant } from '../../grant/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import type { Scope } from '../../scope/types.ts'
import type { Command, Context, Data } from '../command.ts'
import { compileScope } from '../compileScope.ts'
import { confirm, YES } from '../confirm.ts'
import { KeyError } from '../errors.ts'
import { saveGrant, storedGrants } from '../grantStore.ts'
import { grantData, renderScopeHead } from '../grantText.ts'
import { Journal } from '../journal.ts'
import { KEY_OPTIONS, loadSigner } from '../keys.ts'
import { chooseLowering, LOWERING, loweringText } from '../lowering.ts'
import { facts, lines, type Rich, styled } from '../output.ts'
import { chainIdOf, readScope, readScopeDocument } from '../scopeFile.ts'
import {
  planData,
  renderBlastRadius,
  renderCoverage,
  renderExplanation,
  renderWarnings,
  section,
} from '../scopeText.ts'
import { CHAIN_OPTIONS, chooseChain, openChain, type Session } from '../session.ts'
import { assertKnownContracts, assertLive } from '../trustGrant.ts'

export const grant: Command = {
  name: 'grant',
  summary: 'Grant an agent a bounded piece of an account',
  description:
    'From a scope file, or from flags for token transfers. Shows what the caveats permit before anything is signed; upgrades a plain account (EIP-7702) where it must.',
  arguments: [{ name: 'scope', description: 'scope file, or - for standard input', optional: true }],
  options: [
    { flags: '--to <account>', description: 'delegate: an address or an account name' },
    { flags: '--token <token>', description: 'address, native, or USDC' },
    { flags: '--limit <amount>', description: 'most that may leave: 10/day, 250/week, 100' },
    {
      flags: '--payee <account>',
      description: 'who may be paid; repeatable, or comma separated; "anyone" must be said',
      list: true,
    },
    { flags: '--expires <time>', description: 'end: 30d, 12h, or 2026-12-20T00:00:00Z' },
    { flags: '--max <amount>', description: 'most for one transfer' },
    { flags: '--calls <count>', description: 'most transfers in all' },
    { flags: '--task <name>', description: 'name of the task' },
    { flags: '--purpose <text>', description: 'what it is for' },
    { flags: '--group <name>', description: 'revocation group' },
    {
      flags: '--guardian <account>',
      description: 'who else may revoke; by the framework’s caveats it needs a kill switch (`ambit guardian create`)',
    },
    { flags: '--redelegate <depth>', description: 'how far it may be handed on (default 0)' },
    { flags: '--accept <pointer>', description: 'accept a constraint as held by the redeemer only', list: true },
    { flags: '--window <kind>', description: 'of --limit: fixed (default), or rolling, which only fused can hold' },
    LOWERING,
    { flags: '--dry-run', description: 'show everything, sign nothing' },
    YES,
    ...KEY_OPTIONS,
    ...CHAIN_OPTIONS,
  ],
  examples: [
    'ambit grant --chain local --account local:principal --to local:agent --token USDC --limit 10/day --payee local:vendor --expires 30d',
    'ambit grant scope.json --chain sepolia --rpc-url $RPC --account treasury --dry-run',
  ],
  async run(context) {
    const file = context.args[0]
    const document = file === undefined ? undefined : await readScopeDocument(context, file)
    const session = await openChain(context, chooseChain(context, chainIdIn(document)))
    const signer = await loadSigner(context, session.choice)
    const principal = signer.address.toLowerCase() as Address
    const { scopeFromFlags } = await import('../grantFlags.ts')
    const scope = await readScope(context, document ?? (await scopeFromFlags(context, session, principal)), session)
    const upgrade = await needsUpgrade(session, scope, signer)
    const { guarded, requireGuardian } = await import('../killSwitches.ts')
    const chosen = await chooseLowering(context, session)
    const guard = chosen.lowering === 'fused' ? undefined : await requireGuardian(context, session, scope)
    const plan = guarded(await planFor(context, session, scope, chosen.lowering), guard)
    const { blastRadius, lintScope } = await import('../../scope/index.ts')
    const now = context.now()
    const others = await liveScopes(context)
    const warnings = lintScope(scope, { now, others })
    const most = blastRadius(scope, { now })
    const about: Rich = lines(
      renderScopeHead(scope),
      facts([['lowering', loweringText(chosen)]]),
      section('What the caveats permit', renderExplanation(plan.explanation)),
      section('Most that can leave before it ends', await renderBlastRadius(scope, most)),
      warnings.length === 0 ? undefined : section('Warnings', renderWarnings(warnings)),
      section('Who holds what', renderCoverage(plan.coverage)),
      upgrade ? styled('yellow', UPGRADE) : undefined,
    )
    const data: { [key: string]: Data } = {
      scope: scope as unknown as Data,
      lowering: chosen,
      plan: planData(plan),
      blastRadius: most as unknown as Data,
      warnings: warnings as unknown as Data,
    }
    if (context.options['dryRun'] === true) {
      return {
        data: { dryRun: true, needsUpgrade: upgrade, ...data },
        text: lines(about, 'Dry run: nothing was signed.'),
      }
    }
    await confirm(context, about, `Sign this grant as ${scope.principal}?`)
    const upgraded = upgrade ? await upgradeNow(context, session, signer) : null
    await session.freshen(0n)
    const signed = await sign(session, scope, plan, signer)
    const path = await saveGrant(context, signed)
    const { grantReceipt } = await import('../../receipt/grantReceipt.ts')
    const receipt = await new Journal(context).issue(grantReceipt({ grant: signed, layer: 'wallet' }))
    return {
      data: { grant: grantData(signed), file: path, receipt: receipt.id, upgradeTransaction: upgraded, ...data },
      text: lines(
        about,
        facts([
          ['grant', styled('bold', signed.id)],
          ['file', path],
          ['receipt', receipt.id],
          upgraded === null ? undefined : ['upgrade', upgraded],
        ]),
        'Hand the file to the agent: it holds no secret, and is useless without the delegate’s key.',
      ),
    }
  },
}

const UPGRADE =
  'This account is a plain one. It is upgraded first, in a transaction it pays for: it gets the framework’s code (EIP-7702) and keeps its key.'

/** What this machine granted before: exposures add up. */
export async function liveScopes(context: Context): Promise<Scope[]> {
  const stored = await storedGrants(context)
  return stored.flatMap((entry) => ('grant' in entry ? entry.grant.scopes.slice(0, 1) : []))
}

function chainIdIn(document: unknown): number | undefined {
  const id = chainIdOf(document)
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0 ? id : undefined
}

/** Compiled, for known contracts only. @throws `CompileError`, `ChainError`. */
export async function planFor(context: Context, session: Session, scope: Scope, lowering: Lowering): Promise<Plan> {
  const { readNonce } = await import('../../chain/readNonce.ts')
  const { environment, node } = session
  const nonce = await readNonce(node, { delegator: scope.principal, environment })
  const compiled = await compileScope(context, scope, { environment, nonce, lowering })
  if ('error' in compiled) throw compiled.error
  await assertKnownContracts(session, compiled.plan.drafts)
  return compiled.plan
}

/** Plain accounts need code. A contract account signs through its owner's key; its contract says whether that counts. */
async function needsUpgrade(session: Session, scope: Scope, signer: LocalAccount): Promise<boolean> {
  const { readAccountCode } = await import('../../chain/account.ts')
  const { readBlock } = await import('../../chain/block.ts')
  const { environment, node } = session
  const block = (await readBlock(node)).hash
  const code = await readAccountCode(node, { address: scope.principal, environment, block })
  const own = signer.address.toLowerCase() === scope.principal
  if (code.kind !== 'contract' && !own) {
    throw new KeyError('key.wrong_signer', 'This key is not that of the principal.', {
      details: { principal: scope.principal, signer: signer.address },
      fix: 'Sign with the account of the principal that the scope names.',
    })
  }
  return code.kind === 'none'
}

async function upgradeNow(context: Context, session: Session, signer: LocalAccount): Promise<Hex | null> {
  context.output.progress('Upgrading the account with EIP-7702…')
  const { upgradeAccount } = await import('../../chain/upgradeAccount.ts')
  const { transactionHash } = await upgradeAccount(session.node, { account: signer, environment: session.environment })
  await session.save()
  return transactionHash
}

/** Signs, and has the chain's facts speak before anything is kept: a grant that is dead or refused is not handed out. */
async function sign(session: Session, scope: Scope, plan: Plan, signer: LocalAccount): Promise<Grant> {
  const { signGrant } = await import('../../grant/create.ts')
  const own = signer.address.toLowerCase() === scope.principal
  const account: SigningAccount = own
    ? signer
    : { address: scope.principal, type: 'smart', signTypedData: (definition) => signer.signTypedData(definition) }
  const signed = await signGrant(scope, plan, account)
  await assertLive(session, signed)
  return signed
}
