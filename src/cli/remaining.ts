import type { Environment } from '../caveats/types.ts'
import type { Grant } from '../grant/types.ts'
import { formatAmount, MAX_UINT256 } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { evaluate, prepareGrant } from '../verdict/index.ts'
import type { Action, ReasonCode, State } from '../verdict/types.ts'
import { untrusted } from './output.ts'

/** What one rule (and payee) still lets through in one action, or the reason why nothing. */
export type Remaining = {
  rule: string
  payee: Address | null
  /** Base units; `null` where no amount passes, or the rule is not about one. */
  amount: bigint | null
  /** Display units with the symbol. */
  text: string
  refused: ReasonCode | null
}

/**
 * Asks the evaluator for far too much and takes what it says would pass: the same code that decides says what is left, over
 * all caveats and hops. Nothing where every action needs a signature of its own: what is counted, the meters say.
 */
export function remainingOf(grant: Grant, environment: Environment, state: State): Remaining[] {
  const prepared = prepareGrant(grant, environment)
  const scope = grant.scopes.at(-1)
  if (scope === undefined || scope.request !== undefined) return []
  return waysOf(grant, scope).flatMap(({ rule: id, payee }): Remaining[] => {
    const rule = scope.rules.find((candidate) => candidate.id === id)
    if (rule?.class !== 'transfer') return []
    const to = payee ?? (rule.to === 'anyone' ? scope.delegate : rule.to[0])
    if (to === undefined) return []
    const info = rule.asset === 'native' ? { symbol: 'native coin', decimals: 18 } : scope.assets[rule.asset]
    const verdict = evaluate(prepared, probe(grant, scope.delegate, rule.asset, to), state)
    const amount = verdict.verdict === 'deny' ? verdict.largestAllowed : MAX_UINT256
    const text =
      amount === null
        ? 'nothing'
        : `${formatAmount(amount, info?.decimals ?? 0)} ${untrusted(info?.symbol ?? '?').slice(1, -1)}`
    const refused = amount === null && verdict.verdict === 'deny' ? verdict.code : null
    return [{ rule: id, payee: payee ?? null, amount, text, refused }]
  })
}

/** Rules with their payees: a branch each by the framework's caveats, and all in the one caveat of a fused scope. */
function waysOf({ branches }: Grant, scope: Scope): { rule: string; payee?: Address }[] {
  return branches.flatMap(({ rule, payee }) => {
    if (rule === undefined) return scope.rules.map(({ id }) => ({ rule: id }))
    return [{ rule, ...(payee === undefined ? {} : { payee }) }]
  })
}

function probe(grant: Grant, redeemer: Address, asset: Address | 'native', to: Address): Action {
  const { chainId } = grant
  if (asset === 'native') return { chainId, redeemer, calls: [{ to, value: MAX_UINT256, data: '0x' }] }
  const data = `0xa9059cbb${to.slice(2).padStart(64, '0')}${'ff'.repeat(32)}` as const
  return { chainId, redeemer, calls: [{ to: asset, value: 0n, data }] }
}
