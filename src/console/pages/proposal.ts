import type { CoverageRow, ExplanationRow } from '../../compile/types.ts'
import { delegationTypedData } from '../../delegation/sign.ts'
import { toChecksum } from '../../primitives/address.ts'
import type { Asset, Scope } from '../../scope/types.ts'
import { type Html, html, say } from '../html.ts'
import type { PageContext, View } from '../page.ts'
import type { GrantingSource, Proposal } from '../source.ts'
import { walletForm } from '../walletForm.ts'
import { amountText, capital, untilText } from '../words.ts'
import { typedDataText } from './typedData.ts'

/** Bytes of a page that are left for what it says and for the wallet's form; the rest of its thirty kilobytes is its frame. */
const MAX_BODY = 18_000
/** Characters of sentences, of warnings and of constraints: what does not fit is counted. */
const MAX_SENTENCES = 6_000
const MAX_WARNINGS = 1_500
const MAX_CONSTRAINTS = 2_000

/** Rules of which it is said that nothing bounds them. */
const MAX_UNMEASURED = 4

/** What would be signed: what the compiled bytes permit, what could leave, who holds what; then the wallet. */
export function proposalPage(context: PageContext, source: GrantingSource, proposal: Proposal): View {
  const { scope, plan, account } = proposal
  const permits = fitting(plan.explanation, MAX_SENTENCES, ({ sentence, warning = '' }) => sentence + warning)
  const about = aboutOf(source, proposal, permits)
  const form = account === 'ready' && permits.rest === 0 ? signing(context, proposal) : undefined
  const kicker = html`<a href="/new">New grant</a> <span>${say(scope.task.id, 64)}</span>`
  const lead = html`${say(scope.task.purpose, 300)}`
  // Nobody signs on this page what this page does not show.
  const fits =
    form !== undefined && [kicker, lead, about, form].reduce((sum, part) => sum + sizeOf(part), 0) <= MAX_BODY
  return {
    title: 'Look before you sign',
    kicker,
    lead,
    ...(fits ? { wallet: true as const } : {}),
    body: html`${about}<h2>Sign it</h2>${fits ? form : elsewhere(account)}`,
  }
}

function aboutOf({ chain }: GrantingSource, proposal: Proposal, permits: Fitting<ExplanationRow>): Html {
  const { scope, plan, why } = proposal
  const warnings = fitting(proposal.warnings, MAX_WARNINGS, ({ message }) => message)
  return html`<div class="grid">${exposure(proposal)}<section class="card"><h2>Who, until when</h2><dl class="facts">
<div><dt>Principal</dt><dd><code>${toChecksum(scope.principal)}</code></dd></div><div><dt>Delegate</dt><dd><code>${toChecksum(scope.delegate)}</code></dd></div>
<div><dt>Until</dt><dd>${untilText(scope)}</dd></div><div><dt>Chain</dt><dd>${chain.name}</dd></div>
<div><dt>Ends with</dt><dd>group ${say(scope.revocation.group, 64)}${scope.revocation.guardian !== undefined && html`, also by <code>${toChecksum(scope.revocation.guardian)}</code>`}</dd></div></dl></section></div>
<h2>What it permits</h2><section class="card"><ul>${permits.shown.map(({ sentence, warning }) => html`<li>${say(sentence, 700)}${warning !== undefined && html` <span class="warning">${say(warning, 200)}</span>`}</li>`)}</ul>${more(permits.rest)}
<p class="quiet">Read from the compiled caveats. Lowering ${say(why, 120)}.</p></section>
${proposal.warnings.length > 0 && html`<h2>Warnings</h2><ul>${warnings.shown.map(({ id, message }) => html`<li class="warning">${say(message, 300)} <code>${id}</code></li>`)}</ul>${more(warnings.rest)}`}
<h2>Who holds what</h2>${coverage(plan.coverage)}`
}

type Fitting<row> = { shown: readonly row[]; rest: number }

/** The first rows that fit, and how many do not. */
function fitting<row>(rows: readonly row[], most: number, textOf: (row: row) => string): Fitting<row> {
  let size = 0
  const index = rows.findIndex((row) => {
    size += textOf(row).length
    return size > most
  })
  const shown = index === -1 ? rows : rows.slice(0, index)
  return { shown, rest: rows.length - shown.length }
}

function more(rest: number): Html | false {
  return rest > 0 && html`<p class="warning">and ${rest} more</p>`
}

function sizeOf(markup: Html): number {
  return new TextEncoder().encode(String(markup)).length
}

function exposure({ radius, scope }: Proposal): Html {
  return html`<section class="card"><h2>Can leave, at most</h2>${radius.assets.map(({ asset, total, burst }) => {
    const text = (amount: typeof total) =>
      amount === 'unlimited' ? 'unlimited' : amountText(amount, asset, assetsOf(scope, asset))
    return html`<span class="big">${text(total)}</span><p class="quiet">until it ends; within seconds at most ${text(burst)}</p>`
  })}${radius.unmeasured.slice(0, MAX_UNMEASURED).map(({ why }) => html`<p class="warning">Not in this sum: ${say(why, 200)}</p>`)}</section>`
}

/** An asset that the scope says nothing of is shown in base units. */
function assetsOf({ assets }: Scope, asset: Asset): Scope['assets'] {
  return asset === 'native' || Object.hasOwn(assets, asset)
    ? assets
    : { ...assets, [asset]: { symbol: 'base units', decimals: 0 } }
}

const HELD: Readonly<Record<CoverageRow['held']['by'], readonly [string, string]>> = {
  chain: ['Chain', 'live'],
  redeemer: ['Redeemer only', 'warn'],
  killSwitch: ['Kill switch', 'live'],
  nobody: ['Nobody', ''],
}

function coverage(rows: readonly CoverageRow[]): Html {
  const loose = rows.filter(({ held }) => held.by !== 'chain')
  const listed = fitting(loose, MAX_CONSTRAINTS, ({ text, held }) => text + (held.by === 'nobody' ? held.why : ''))
  const held = rows.length - loose.length
  return html`<section class="card"><p><span class="badge live">Chain</span> ${held === rows.length ? 'All of it' : `${held} of ${rows.length} constraints`}: a stolen agent key is bound by ${held === 1 ? 'it' : 'them'}.</p>
${
  loose.length > 0 &&
  html`<ul>${listed.shown.map(({ text, held: by }) => {
    const [word, badge] = HELD[by.by]
    return html`<li><span class="badge ${badge}">${word}</span> ${say(capital(text), 240)}${by.by === 'nobody' && html` <span class="quiet">${say(by.why, 200)}</span>`}</li>`
  })}</ul>${more(listed.rest)}`
}</section>`
}

function signing(context: PageContext, { id, scope, plan, delegations }: Proposal): Html {
  const requests = delegations.map((delegation) => typedDataText(delegationTypedData({ ...plan, delegation })))
  return html`<section class="card"><p>${delegations.length === 1 ? 'Your wallet signs one delegation.' : `Your wallet signs ${delegations.length} delegations, one after the other.`} It needs an account whose key signs typed data as it is. MetaMask refuses this for its own accounts: ask it from a dApp for a permission instead.</p>
${walletForm(context, {
  action: `/new/proposal/${id}`,
  account: scope.principal,
  chainId: scope.chainId,
  requests: requests.map((text) => ({ method: 'eth_signTypedData_v4', params: [scope.principal, text] })),
  verb: 'Sign with',
})}</section>`
}

function elsewhere(account: Proposal['account']): Html {
  const { title, text } = ELSEWHERE[account]
  return html`<section class="card notice warn"><h3>${title}</h3><p>${text}</p></section>`
}

const ELSEWHERE = {
  ready: {
    title: 'Too large for this page',
    text: 'A page cannot show all of it, and what is not seen should not be signed. Sign it in a terminal with `ambit grant`.',
  },
  plain: {
    title: 'This account has no code yet',
    text: 'What a plain account signs cannot be redeemed. Upgrade it first (EIP-7702), in its wallet or with `ambit grant`, then make the grant again.',
  },
  contract: {
    title: 'This is a contract account',
    text: 'Its owner signs for it, which a page cannot ask of a wallet. Sign it in a terminal with `ambit grant`.',
  },
} as const
