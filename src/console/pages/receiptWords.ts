import { formatAmount } from '../../primitives/amount.ts'
import type { Statement } from '../../receipt/statement.ts'
import type { Asset, Scope } from '../../scope/types.ts'
import type { Check, Status, Verification } from '../../verification/index.ts'
import { type Html, html, say } from '../html.ts'
import type { ReceiptRow } from '../source.ts'
import { account, amountText, capital, instant } from '../words.ts'

/** What a receipt says in a few words, and whether it is good news. */
export type Headline = { text: string; tone: 'good' | 'warn' | 'bad' | '' }

export function headlineOf(statement: Statement): Headline {
  switch (statement.kind) {
    case 'grant':
      return { text: 'Granted', tone: '' }
    case 'ticket':
      return { text: 'Taken in', tone: '' }
    case 'decision': {
      const { verdict } = statement
      if (verdict.result === 'allowed') return { text: 'Allowed', tone: 'good' }
      if (verdict.result === 'escalated') return { text: 'Asked for a confirmation', tone: 'warn' }
      return {
        text: { denied: 'Denied', not_permitted: 'Not permitted', could_not_evaluate: 'Not evaluated, so denied' }[
          verdict.result
        ],
        tone: 'bad',
      }
    }
    case 'outcome': {
      const { status } = statement.outcome
      if (status === 'executed') return { text: 'Executed', tone: 'good' }
      const open = status === 'pending' || status === 'unknown'
      return { text: OUTCOME[status], tone: open ? 'warn' : 'bad' }
    }
    case 'revocation':
      return { text: ENDING[statement.revocation.act] ?? 'Ended', tone: 'bad' }
  }
}

const OUTCOME = {
  reverted: 'Reverted',
  ineffective: 'Did not do what was asked',
  not_executed: 'Never ran, and never can',
  pending: 'Not included yet',
  replaced: 'Replaced by another transaction',
  unknown: 'Not known what became of it',
} as const

const ENDING: Readonly<Record<string, string>> = {
  disable: 'Revoked on chain',
  raise_nonce: 'Everything of the account ended',
  end_group: 'Its group was ended',
  stop: 'Stopped here',
  resume: 'Resumed here',
}

/** Why, or what came of it: amounts in display units where the receipt's grant says them. */
export function detailOf({ statement, scope }: Pick<ReceiptRow, 'statement' | 'scope'>): Html | false {
  switch (statement.kind) {
    case 'grant':
      return scope !== null && html`<p>${say(scope.task.purpose, 160)}</p>`
    case 'ticket':
      return html`<p class="quiet">Request ${statement.ticket.number}, to be decided by ${instant(BigInt(statement.ticket.decideBy))}.</p>`
    case 'decision': {
      const { verdict } = statement
      if (verdict.result === 'allowed') return html`<p class="quiet">By ${rulesText(verdict)}.</p>`
      if (verdict.result === 'escalated') {
        return html`<p>Above the threshold of ${rulesText(verdict)}: ${account(verdict.confirmer)} has to confirm it. Nothing was sent.</p>`
      }
      const { code, hop, limit, used, requested } = verdict
      const unit = /budget|maximum|stream/.test(code) ? onlyAsset(scope) : undefined
      const numbers = [
        ['limit', limit],
        ['used', used],
        ['requested', requested],
      ].flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${numberText(BigInt(value), unit, scope)}`]))
      return html`<p><strong>${code.replaceAll('_', ' ')}</strong>${hop !== undefined && html`, at link ${hop}`}. Nothing was sent.</p>${numbers.length > 0 && html`<p class="quiet">${capital(numbers.join(', '))}.</p>`}`
    }
    case 'outcome': {
      const { outcome } = statement
      if (outcome.status !== 'executed')
        return 'reason' in outcome && outcome.reason !== undefined && html`<p>${say(outcome.reason, 160)}</p>`
      const { effects } = outcome
      return (
        effects.length > 0 &&
        html`<p>Moved ${effects.slice(0, 4).map(({ asset, to, amount }, index) => html`${index > 0 && ', '}${effectText(asset, BigInt(amount), scope)} to ${account(to)}`)}${effects.length > 4 && html` and ${effects.length - 4} more`}.</p>`
      )
    }
    case 'revocation':
      return false
  }
}

/** Of a batch every rule that its calls passed by: one of them alone would speak for what another one let through. */
function rulesText({ rule, rules }: { rule: string; rules?: readonly string[] | undefined }): string {
  const names = [...new Set(rules ?? [rule])]
  return say(`${names.length === 1 ? 'rule' : 'rules'} ${names.join(', ')}`, 200)
}

/** Of a scope that moves one asset, what its limits are counted in. */
function onlyAsset(scope: Scope | null): Asset | undefined {
  const assets = (scope?.rules ?? []).flatMap((rule) =>
    rule.class === 'transfer' ? [rule.asset] : rule.spends.map(({ asset }) => asset),
  )
  return new Set(assets).size === 1 ? assets[0] : undefined
}

function numberText(value: bigint, unit: Asset | undefined, scope: Scope | null): string {
  const known = unit === 'native' || (unit !== undefined && Object.hasOwn(scope?.assets ?? {}, unit))
  return say(known ? amountText(value, unit, scope?.assets ?? {}) : String(value), 80)
}

function effectText(asset: Asset, amount: bigint, scope: Scope | null): string {
  const known = asset === 'native' || (scope !== null && Object.hasOwn(scope.assets, asset))
  if (known) return amountText(amount, asset, scope?.assets ?? {})
  return `${formatAmount(amount, 0)} base units of ${asset}`
}

const ORDER: readonly Status[] = ['proven', 'attested', 'refuted', 'unavailable']

/** The four answers, counted, with the sum in a word. */
export function verifyBadge({ result, checks }: Pick<Verification, 'result' | 'checks'>): Html {
  const [word, kind] = {
    valid: ['Verified', 'live'],
    invalid: ['Refuted', 'ended'],
    insufficient: ['Not settled', 'warn'],
  }[result]
  return html`<span class="badge ${kind}">${word}</span> <span class="quiet">${countsText(checks)}</span>`
}

function countsText(checks: readonly Check[]): string {
  return ORDER.flatMap((status) => {
    const count = checks.filter((check) => check.status === status).length
    return count === 0 ? [] : [`${count} ${status}`]
  }).join(' · ')
}

const STATUS_BADGE: Readonly<Record<Status, string>> = {
  proven: 'live',
  attested: '',
  refuted: 'ended',
  unavailable: 'warn',
}

/** Every check of one receipt; what failed first. */
export function checkTable(checks: readonly Check[]): Html {
  const weight = ({ status }: Check) => ['refuted', 'unavailable', 'attested', 'proven'].indexOf(status)
  const rows = checks.toSorted((a, b) => weight(a) - weight(b))
  return html`<div class="scroll"><table><caption class="sr">What was checked</caption><thead><tr><th scope="col">Answer</th><th scope="col">Check</th><th scope="col">Why</th></tr></thead><tbody>
${rows.slice(0, MAX_CHECKS).map(({ status, check, detail, at }) => html`<tr><td><span class="badge ${STATUS_BADGE[status]}">${status}</span></td><th scope="row">${check.replaceAll('_', ' ')}</th><td>${say(detail, 120)}${at !== undefined && html` <code>${say(at, 20)}</code>`}</td></tr>`)}</tbody></table></div>
${rows.length > MAX_CHECKS && html`<p class="quiet">and ${rows.length - MAX_CHECKS} more</p>`}`
}

/** Checks that one page shows: a grant of hundreds of links has a signature each. */
const MAX_CHECKS = 20

/** When it was issued, by the issuer's own clock. */
export function issuedAt({ iat }: Statement): Html {
  return instant(BigInt(iat))
}
