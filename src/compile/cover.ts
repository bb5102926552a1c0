import { symbolText } from '../caveats/words.ts'
import { toChecksum } from '../primitives/address.ts'
import type { Address } from '../primitives/hex.ts'
import { childPointer } from '../primitives/json.ts'
import type { Asset, Budget, Condition, Scope, Spend } from '../scope/types.ts'
import type { Held } from './lower.ts'
import type { Resolved, ResolvedRule } from './resolve.ts'
import type { CoverageRow } from './types.ts'

export type Row = {
  constraint: string
  text: string
  /** Why nobody holds it, where no caveat and no redeemer does. */
  why: string
}

/** Said of what the delegation itself holds, without a caveat: its fields and the domain of its signature. */
export const BY_STRUCT: ReadonlySet<string> = new Set(['/chainId', '/principal', '/delegate'])

/**
 * Who holds each constraint of the scope: one row each, in the order of the scope. Made from the caveats as lowered, so
 * a constraint that no caveat carries cannot be said to be held by the chain.
 */
export function coverScope(resolved: Resolved, held: Held, accepted: readonly string[]): CoverageRow[] {
  const loose = new Set([...accepted, ...budgetsSpentByCalls(resolved)])
  return rowsOf(resolved).map(({ constraint, text, why }): CoverageRow => {
    // What was accepted is looser on chain than the scope says, also where a caveat holds a part of it.
    if (loose.has(constraint)) return { constraint, text, held: { by: 'redeemer' } }
    const caveats = held.get(constraint)
    if (caveats !== undefined) return { constraint, text, held: { by: 'chain', caveats } }
    if (BY_STRUCT.has(constraint)) return { constraint, text, held: { by: 'chain', caveats: [] } }
    return { constraint, text, held: { by: 'nobody', why } }
  })
}

/** No caveat counts what a call spends, so of such a budget the chain holds at most a part. */
function budgetsSpentByCalls({ scope }: Resolved): string[] {
  const spends = scope.rules.flatMap((rule) => (rule.class === 'call' ? rule.spends : []))
  return spends.map(({ budget }) => childPointer('/budgets', budget))
}

/** Every constraint of the scope in words, in its order. */
export function rowsOf(resolved: Resolved): Row[] {
  const { scope } = resolved
  const rows: Row[] = [
    row('/chainId', `Only on chain ${scope.chainId}`),
    row('/principal', `Only with the authority of ${toChecksum(scope.principal)}`),
    row('/delegate', delegateText(scope)),
  ]
  const { request, calls, notBefore, escalation, revocation } = scope
  if (request !== undefined) rows.push(row('/request', `Only what ${toChecksum(request.key)} signed, each number once`))
  rows.push(...resolved.rules.flatMap((rule) => rowsOfRule(rule, scope)))
  for (const [name, budget] of Object.entries(scope.budgets)) {
    const pointer = childPointer('/budgets', name)
    rows.push(
      row(
        pointer,
        `Budget ${name}: ${budgetText(budget, declaresTokens(scope, name))}`,
        'No transfer rule draws from it.',
      ),
    )
    if (budget.window === 'rolling')
      rows.push(row(`${pointer}/window`, `Budget ${name} counts in any interval of ${budget.per}: ${ROLLING}`))
    if (Object.keys(budget.assets).length > 1) {
      const used = [...resolved.caps.values()].filter((cap) => cap.budget === name).length
      const why = used > 1 ? '' : 'At most one of the assets is used by a rule: there is nothing to add up.'
      rows.push(row(`${pointer}/assets`, `Budget ${name} is shared by its assets`, why))
    }
  }
  if (calls !== undefined) {
    const every = calls.per === undefined ? 'in all' : `every ${calls.per}${calls.window === 'fixed' ? TWICE : ''}`
    rows.push(row('/calls', `At most ${calls.max} calls ${every}`))
  }
  if (notBefore !== undefined) rows.push(row('/notBefore', `Not before ${notBefore}`))
  rows.push(row('/expiry', `Expires ${scope.expiry}`))
  const { maxDepth } = scope.redelegation
  rows.push(
    row(
      '/redelegation/maxDepth',
      maxDepth === 0 ? 'Not to be handed on' : `To be handed on at most ${maxDepth} deep`,
      'Nothing on chain counts depth: the delegate may hand on, narrower or equal, as deep as it likes.',
    ),
    row('/revocation/group', `Revoked together with group ${revocation.group}`),
  )
  if (revocation.guardian !== undefined) {
    const why = 'A guardian needs a grant of its own: one call that raises the nonce.'
    rows.push(row('/revocation/guardian', `${toChecksum(revocation.guardian)} may revoke`, why))
  }
  rows.push(
    row(
      '/revocation/maxLatencySeconds',
      `Revoked within ${revocation.maxLatencySeconds} seconds`,
      'It depends on when the revocation is included; it is measured and reported.',
    ),
  )
  if (escalation !== undefined) {
    const above = Object.entries(escalation.above).map(([name, amount]) => `${amount} of ${name}`)
    rows.push(row('/escalation', `Confirmed above ${above.join(', ')}`))
  }
  rows.push(row('/evidence', `Receipts: ${scope.evidence.receipts.join(', ')}`, 'Evidence is kept by whoever redeems.'))
  return rows
}

function rowsOfRule(resolved: ResolvedRule, scope: Scope): Row[] {
  const { pointer, rule } = resolved
  if (rule.class === 'transfer') {
    const rows = [
      row(`${pointer}/asset`, `Rule ${rule.id}: only ${assetText(rule.asset, scope)}`),
      rule.to === 'anyone'
        ? row(`${pointer}/to`, `Rule ${rule.id}: to anyone`, 'The scope admits every payee: there is nothing to hold.')
        : row(
            `${pointer}/to`,
            `Rule ${rule.id}: only to ${rule.to.map((payee: Address) => toChecksum(payee)).join(', ')}`,
          ),
    ]
    if (rule.max !== undefined) {
      rows.push(row(`${pointer}/max`, `Rule ${rule.id}: at most ${rule.max} at once`))
    }
    if (rule.budget !== undefined) rows.push(row(`${pointer}/budget`, `Rule ${rule.id}: within budget ${rule.budget}`))
    return rows
  }
  const rows = [
    row(`${pointer}/target`, `Rule ${rule.id}: only contract ${toChecksum(rule.target)}`),
    row(
      `${pointer}/function`,
      `Rule ${rule.id}: only function ${resolved.class === 'call' ? resolved.fn.signature : ''}`,
    ),
    ...Object.entries(rule.args).map(([name, condition]) =>
      row(childPointer(`${pointer}/args`, name), `Rule ${rule.id}: ${name} ${conditionText(condition)}`),
    ),
  ]
  if (rule.allowance !== undefined) {
    const { asset, amount } = rule.allowance
    const text = `only between an allowance of ${amount} in ${assetText(asset, scope)} and its end`
    rows.push(row(`${pointer}/allowance`, `Rule ${rule.id}: ${text}`))
  }
  rule.spends.forEach((spend, index) => {
    rows.push(row(`${pointer}/spends/${index}`, `Rule ${rule.id}: ${spendText(spend, scope)}`))
  })
  rows.push(row(`${pointer}/value`, `Rule ${rule.id}: at most ${rule.value.lte} wei with a call`))
  return rows
}

/** Whose word a budget takes for what was spent. The native value of a call is both said and moved by the account itself. */
function spendText({ asset, amount, budget }: Spend, scope: Scope): string {
  if (amount === undefined) {
    const what = `what ${toChecksum(scope.principal)} loses of ${assetText(asset, scope)}`
    return `${what} counts in budget ${budget}, as measured on the account’s balance before and after; one action at a time`
  }
  const declared = amount === 'value' ? '' : ', as declared by the call'
  return `${amount} counts in budget ${budget}${declared}`
}

const TWICE = ', in fixed windows: up to twice that within seconds of a boundary'
/** What one word of storage costs: never more is spent, now and then a little less. */
const ROLLING =
  'never more than its maximum; a spend counts up to 14.3 % of that time longer, and an amount up to a 2^23rd of the maximum more'

function delegateText({ delegate, request, redelegation }: Scope): string {
  if (request !== undefined) {
    const { redeemers } = request
    const submits = redeemers === 'anyone' ? 'anyone' : redeemers.map((account) => toChecksum(account)).join(', ')
    return `${toChecksum(delegate)} acts by what its key signs, and ${submits} may submit it`
  }
  return redelegation.maxDepth === 0
    ? `Only ${toChecksum(delegate)} may redeem`
    : `${toChecksum(delegate)} may redeem, or whom it hands on to`
}

/** With what the caveat leaves open: a window's boundary, and a token that does something else than it is asked. */
function budgetText({ max, per, window }: Budget, asked: boolean): string {
  const most = `at most ${max} ${per === undefined ? 'in all' : `every ${per}`}`
  const twice = window === 'fixed' ? TWICE : ''
  return `${most}${twice}${asked ? '; counted is what a transfer asks for, not what its token does' : ''}`
}

/** Whether a budget takes the word of some transfer or call for what it moves of a token. */
function declaresTokens({ rules }: Scope, name: string): boolean {
  return rules.some((rule) =>
    rule.class === 'transfer'
      ? rule.budget === name && rule.asset !== 'native'
      : rule.spends.some(({ asset, budget, measured }) => budget === name && asset !== 'native' && !measured),
  )
}

function row(constraint: string, text: string, why = 'The framework has no enforcer for it.'): Row {
  return { constraint, text, why }
}

function assetText(asset: Asset, scope: Scope): string {
  if (asset === 'native') return 'native coin'
  const info = scope.assets[asset]
  return info === undefined ? toChecksum(asset) : `${symbolText(info.symbol)} (${toChecksum(asset)})`
}

/** Long values are cut: the row names the place, the scope holds the value. */
function conditionText(condition: Condition): string {
  const text = JSON.stringify(condition)
  return text.length <= 120 ? text : `${text.slice(0, 120)}…`
}
