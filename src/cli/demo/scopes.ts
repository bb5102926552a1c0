import type { Address } from '../../primitives/hex.ts'
import { formatInstant } from '../../primitives/time.ts'
import { parseScope } from '../../scope/parse.ts'
import type { AssetInfo, Scope } from '../../scope/types.ts'
import { accountOf, type KnownPayment } from './payments.ts'

/** What the scope builder may use besides the payments it was shown. */
export type ScopeContext = {
  chainId: number
  principal: Address
  delegate: Address
  token: Address
  asset: AssetInfo
  /** Unix seconds. */
  now: bigint
  /** Who else may end the grant; by the framework's caveats that takes a kill switch. */
  guardian?: Address
}

/** How long a demo grant lives: one day, as a task of the day does. */
const LIFE_SECONDS = 86_400n

/**
 * The smallest scope for one user task: every payment whose payee *and* amount were known before the agent ran, each to
 * that payee, up to that amount in total, one call each. `undefined` where nothing can be granted.
 */
export function scopeFor(
  task: { id: string; prompt: string },
  payments: readonly KnownPayment[],
  context: ScopeContext,
): Scope | undefined {
  const known = payments.flatMap(({ recipient, amount }, index) =>
    recipient && amount ? [{ id: `payment-${index + 1}`, recipient, amount }] : [],
  )
  if (known.length === 0) return undefined
  const document = {
    version: 1,
    task: { id: task.id, purpose: task.prompt },
    chainId: context.chainId,
    principal: context.principal,
    delegate: context.delegate,
    rules: known.map(({ id, recipient, amount }) => ({
      id,
      class: 'transfer',
      asset: context.token,
      to: [{ value: accountOf(recipient.value), source: recipient.source }],
      max: amount,
      budget: id,
    })),
    budgets: Object.fromEntries(
      known.map(({ id, amount }) => [id, { assets: { [context.token]: '1' }, max: amount.value }]),
    ),
    calls: { max: known.length },
    expiry: formatInstant(context.now + LIFE_SECONDS),
    redelegation: { maxDepth: 0 },
    revocation: {
      group: task.id,
      ...(context.guardian === undefined ? {} : { guardian: context.guardian }),
      maxLatencySeconds: 60,
    },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
  }
  return parseScope(document, { assets: { [context.token]: context.asset }, now: context.now })
}
