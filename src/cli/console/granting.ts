import { CompileError } from '../../compile/errors.ts'
import type { GrantingSource, Issue, Proposal, Proposed } from '../../console/source.ts'
import { createDelegations } from '../../delegation/create.ts'
import type { Delegation } from '../../delegation/types.ts'
import type { Hex } from '../../primitives/hex.ts'
import { parseJson } from '../../primitives/json.ts'
import { ScopeError } from '../../scope/errors.ts'
import type { Scope } from '../../scope/types.ts'
import { chainName } from '../chains.ts'
import type { Context } from '../command.ts'
import { liveScopes, planFor } from '../commands/grant.ts'
import { CliError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { saveGrant } from '../grantStore.ts'
import { Journal } from '../journal.ts'
import { localAccountAt } from '../keys.ts'
import { chooseLowering, loweringText } from '../lowering.ts'
import { readScope } from '../scopeFile.ts'
import type { Session } from '../session.ts'
import { documentFrom } from '../templateAnswers.ts'
import { assertLive } from '../trustGrant.ts'

/** Proposals that are kept until they are signed; the oldest goes first. */
const MAX_PROPOSALS = 32

/** New grants, made and checked by what `ambit grant` is made of; only the key is elsewhere. */
export function grantingSource(context: Context, session: Session): GrantingSource {
  const proposals = new Map<string, Proposal>()
  const keeping = new Map<string, Promise<Hex>>()
  const propose = async (document: () => Promise<unknown>): Promise<Proposed> => {
    let proposal: Proposal
    try {
      proposal = await proposalOf(context, session, await readScope(context, await document(), session))
    } catch (error) {
      return { issues: issuesOf(error) }
    }
    const [oldest] = proposals.keys()
    if (proposals.size >= MAX_PROPOSALS && oldest !== undefined) proposals.delete(oldest)
    proposals.set(proposal.id, proposal)
    return { proposal: proposal.id }
  }
  return {
    chain: { id: session.choice.id, name: chainName(session.choice.id) },
    fromTemplate: (name, answers) =>
      propose(async () => {
        const { templateNamed } = await import('../../scope/templates/index.ts')
        return documentFrom(context, session, templateNamed(name), answers)
      }),
    fromDocument: (text) => propose(async () => parseJson(text)),
    proposal: async (id) => proposals.get(id),
    async accept(id, signatures) {
      const proposal = proposals.get(id)
      if (proposal === undefined) throw gone()
      // A form that is sent twice is one grant with one receipt.
      const kept = keeping.get(id) ?? keep(context, session, proposal, signatures)
      keeping.set(id, kept)
      try {
        const grant = await kept
        proposals.delete(id)
        return grant
      } finally {
        keeping.delete(id)
      }
    },
  }
}

/** What a person can mend by asking for something else; everything else goes on as it is. */
function issuesOf(error: unknown): readonly Issue[] {
  if (error instanceof ScopeError) return error.issues
  if (!(error instanceof CompileError)) throw error
  const { code, shortMessage: message, fix, details } = error
  return [{ code, pointer: typeof details['pointer'] === 'string' ? details['pointer'] : '', message, fix }]
}

async function proposalOf(context: Context, session: Session, scope: Scope): Promise<Proposal> {
  const { blastRadius, lintScope } = await import('../../scope/index.ts')
  const { guarded, requireGuardian } = await import('../killSwitches.ts')
  const { readAccountCode } = await import('../../chain/account.ts')
  const { readBlock } = await import('../../chain/block.ts')
  if (scope.chainId !== session.choice.id) {
    throw new CliError('cli.chain_mismatch', EXIT.usage, 'This scope is for another chain than the console.', {
      details: { scope: scope.chainId, console: session.choice.id },
      fix: `Run \`ambit console --chain ${chainName(scope.chainId)}\`.`,
    })
  }
  // Nothing of a command line of its own: what it was started with is about the console.
  const own: Context = { ...context, options: {} }
  const chosen = await chooseLowering(own, session)
  const guard = chosen.lowering === 'fused' ? undefined : await requireGuardian(own, session, scope)
  const plan = guarded(await planFor(own, session, scope, chosen.lowering), guard)
  const now = context.now()
  const block = (await readBlock(session.node)).hash
  const { environment } = session
  const { kind } = await readAccountCode(session.node, { address: scope.principal, environment, block })
  return {
    id: Buffer.from(context.random(16)).toString('hex'),
    scope,
    plan,
    why: loweringText(chosen),
    warnings: lintScope(scope, { now, others: await liveScopes(own) }),
    radius: blastRadius(scope, { now }),
    account: kind === 'contract' ? 'contract' : kind === 'none' && (await keyless(session, scope)) ? 'plain' : 'ready',
    delegations: createDelegations(plan.drafts),
  }
}

async function keep(
  context: Context,
  session: Session,
  { scope, plan, delegations }: Proposal,
  signatures: readonly Hex[],
): Promise<Hex> {
  const { createGrant } = await import('../../grant/create.ts')
  const { signDelegation } = await import('../../delegation/sign.ts')
  const { grantReceipt } = await import('../../receipt/grantReceipt.ts')
  const { chainId, manager } = plan
  const signed: Delegation[] = []
  for (const [index, delegation] of delegations.entries()) {
    // As of a key here: an answer that is not the delegator's own signature goes no further.
    const account = {
      address: delegation.delegator,
      type: 'local',
      signTypedData: async () => signatures[index] ?? '0x',
    }
    signed.push(await signDelegation(account, { delegation, chainId, manager }))
  }
  const grant = createGrant({ scope, plan, delegations: signed })
  await upgradeLocal(session, scope)
  await session.freshen(0n)
  await assertLive(session, grant)
  await session.save()
  await saveGrant(context, grant)
  await new Journal(context).issue(grantReceipt({ grant, layer: 'wallet' }))
  return grant.id
}

/** Whether nobody but its owner can give a plain account its code. On the embedded chain everybody has the keys. */
async function keyless({ choice }: Session, { principal }: Scope): Promise<boolean> {
  return !choice.embedded || (await localAccountAt(principal)) === undefined
}

/** As `ambit grant` does with a key that it has: a plain account gets the framework's code when it first grants. */
async function upgradeLocal({ choice, node, environment }: Session, { principal }: Scope): Promise<void> {
  const account = choice.embedded ? await localAccountAt(principal) : undefined
  if (account === undefined) return
  const { upgradeAccount } = await import('../../chain/upgradeAccount.ts')
  await upgradeAccount(node, { account, environment })
}

function gone(): CliError {
  return new CliError('cli.not_found', EXIT.usage, 'This proposal is not here any more.', {
    fix: 'Make it again: a console forgets what was not signed when it ends.',
  })
}
