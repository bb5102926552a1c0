import type { LocalAccount } from 'viem'
import type { SigningAccount } from '../delegation/sign.ts'
import type { ReplacementOptions, Used } from '../grant/replacement.ts'
import type { Grant } from '../grant/types.ts'
import type { Scope } from '../scope/types.ts'
import type { Context } from './command.ts'
import { compileScope } from './compileScope.ts'
import { guarded, requireGuardian } from './killSwitches.ts'
import { facts, type Rich, table, untrusted } from './output.ts'
import type { Session } from './session.ts'
import { assertKnownContracts, assertLive } from './trustGrant.ts'

/** The parts of making a grant that takes the place of another: what was used, what is left, what is signed for it. */

/** @param number - Of the block in which the old grant has ended: nothing is used after it. */
export async function readUsed({ environment, node }: Session, grant: Grant, number?: bigint): Promise<Used> {
  const { readState } = await import('../chain/readState.ts')
  const { usedOf } = await import('../verdict/used.ts')
  const state = await readState(node, { grant, environment, ...(number === undefined ? {} : { block: { number } }) })
  return usedOf(grant, environment, state)
}

export async function nextScope(session: Session, grant: Grant, wish: Omit<ReplacementOptions, 'used'>) {
  const { replacementScope } = await import('../grant/replacement.ts')
  const used = await readUsed(session, grant)
  const old = grant.scopes[0] as Scope
  const scope = replacementScope(old, { ...wish, used })
  return { scope, about: await renderUsed(old, used) }
}

export async function planNext(context: Context, session: Session, scope: Scope, grant: Grant) {
  const { readNonce } = await import('../chain/readNonce.ts')
  const { environment, node } = session
  // It stays what it was: who reads, revokes or meters the old one has no other to learn.
  const { lowering } = grant
  const killSwitch = lowering === 'fused' ? undefined : await requireGuardian(context, session, scope)
  const nonce = await readNonce(node, { delegator: scope.principal, environment })
  const said = context.options['accept'] as readonly string[] | undefined
  const accepting = (accept: readonly string[]) =>
    compileScope({ ...context, options: { ...context.options, accept } }, scope, { environment, nonce, lowering })
  const kept = said ?? acceptedFor(scope, grant)
  let compiled = await accepting(kept)
  if (said === undefined && 'error' in compiled && compiled.error.code === 'compile.accept_unmatched') {
    // What was loose before is held now: with less left, a budget may be no more than what one action may move.
    const unmatched = compiled.error.details['pointers'] as readonly string[]
    compiled = await accepting(kept.filter((pointer) => !unmatched.includes(pointer)))
  }
  if ('error' in compiled) throw compiled.error
  await assertKnownContracts(session, compiled.plan.drafts)
  return { plan: guarded(compiled.plan, killSwitch) }
}

export async function signNext(
  session: Session,
  scope: Scope,
  plan: Parameters<typeof import('../grant/create.ts').signGrant>[1],
  signer: LocalAccount,
): Promise<Grant> {
  const { signGrant } = await import('../grant/create.ts')
  const own = signer.address.toLowerCase() === scope.principal
  const account: SigningAccount = own
    ? signer
    : { address: scope.principal, type: 'smart', signTypedData: (definition) => signer.signTypedData(definition) }
  const signed = await signGrant(scope, plan, account)
  await assertLive(session, signed)
  return signed
}

export async function renderChanges(old: Scope, scope: Scope): Promise<Rich> {
  const { diffScopes } = await import('../scope/diff.ts')
  const shown = (value: unknown) => (value === undefined ? '-' : untrusted(value))
  return table(
    ['WHERE', 'BEFORE', 'AFTER'],
    diffScopes(old, scope).map(({ pointer, before, after }) => [pointer, shown(before), shown(after)]),
  )
}

/** What was accepted for the old grant, at the places that it has in the new scope: rules may have gone. */
function acceptedFor(scope: Scope, { scopes, accepted }: Grant): string[] {
  const old = scopes[0] as Scope
  return (accepted[0] ?? []).flatMap((pointer) => {
    const [, index, rest] = /^\/rules\/([0-9]+)(\/.*)?$/.exec(pointer) ?? []
    if (index === undefined) return [pointer]
    const now = scope.rules.findIndex(({ id }) => id === old.rules[Number(index)]?.id)
    return now === -1 ? [] : [`/rules/${now}${rest ?? ''}`]
  })
}

async function renderUsed(scope: Scope, { budgets, calls }: Used): Promise<Rich> {
  const { formatAmount } = await import('../primitives/amount.ts')
  const { decimalsOf, formatBudgetUnits } = await import('../scope/budgets.ts')
  const rows = Object.entries(budgets).flatMap(([name, list]) =>
    list.map((entry): [string, Rich] => {
      const when = scope.budgets[name]?.per === undefined ? 'in all' : 'in the current window'
      const amount =
        'asset' in entry
          ? formatAmount(entry.amount, decimalsOf(entry.asset, scope.assets))
          : `${formatBudgetUnits(entry)} units, of ${Object.keys(entry.weights).length} assets by their weights,`
      return [`budget ${name}`, `${amount} used ${when}`]
    }),
  )
  return facts([...rows, ['calls', `${calls} used`]])
}
