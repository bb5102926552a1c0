import type { CoverageRow } from '../../compile/types.ts'
import { delegationTypedData } from '../../delegation/sign.ts'
import { toChecksum } from '../../primitives/address.ts'
import type { Asset, Scope } from '../../scope/types.ts'
import { type Html, html, say } from '../html.ts'
import type { PageContext, View } from '../page.ts'
import type { GrantingSource, Proposal } from '../source.ts'
import { walletForm } from '../walletForm.ts'
import { amountText, capital, untilText } from '../words.ts'
import { typedDataText } from './typedData.ts'

/** Bytes of typed data on one page, beside its words: a page has thirty kilobytes. */
const MAX_TYPED_DATA = 12_000
/** Sentences, constraints and warnings that are listed. */
const MAX_ROWS = 24

/** What would be signed: what the compiled bytes permit, what could leave, who holds what; then the wallet. */
export function proposalPage(context: PageContext, { chain }: GrantingSource, proposal: Proposal): View {
  const { scope, plan, warnings, why } = proposal
  const requests = proposal.delegations.map((delegation) => typedDataText(delegationTypedData({ ...plan, delegation })))
  const fits = requests.reduce((bytes, text) => bytes + text.length, 0) <= MAX_TYPED_DATA
  const signs = proposal.account === 'ready' && fits
  return {
    title: 'Look before you sign',
    kicker: html`<a href="/new">New grant</a> <span>${say(scope.task.id, 64)}</span>`,
    lead: html`${say(scope.task.purpose, 300)}`,
    ...(signs ? { wallet: true as const } : {}),
    body: html`<div class="grid">${exposure(proposal)}<section class="card"><h2>Who, until when</h2><dl class="facts">
<div><dt>Principal</dt><dd><code>${toChecksum(scope.principal)}</code></dd></div><div><dt>Agent</dt><dd><code>${toChecksum(scope.delegate)}</code></dd></div>
<div><dt>Until</dt><dd>${untilText(scope)}</dd></div><div><dt>Chain</dt><dd>${chain.name}</dd></div>
<div><dt>Ends with</dt><dd>group ${say(scope.revocation.group, 64)}${scope.revocation.guardian !== undefined && html`, also by <code>${toChecksum(scope.revocation.guardian)}</code>`}</dd></div></dl></section></div>
<h2>What it permits</h2><section class="card">${explanation(proposal)}<p class="quiet">Read from the compiled caveats. Lowering ${say(why, 120)}.</p></section>
${warnings.length > 0 && html`<h2>Warnings</h2><ul>${warnings.slice(0, MAX_ROWS).map(({ id, message }) => html`<li class="warning">${say(message, 300)} <code>${id}</code></li>`)}</ul>`}
<h2>Who holds what</h2>${coverage(plan.coverage)}
<h2>Sign it</h2>${signing(context, proposal, fits ? requests : null)}`,
  }
}

function exposure({ radius, scope }: Proposal): Html {
  return html`<section class="card"><h2>Can leave, at most</h2>${radius.assets.map(({ asset, total, burst }) => {
    const text = (amount: typeof total) =>
      amount === 'unlimited' ? 'unlimited' : amountText(amount, asset, assetsOf(scope, asset))
    return html`<span class="big">${text(total)}</span><p class="quiet">until it ends; within seconds at most ${text(burst)}</p>`
  })}${radius.unmeasured.map(({ why }) => html`<p class="warning">Not in this sum: ${say(why, 200)}</p>`)}</section>`
}

/** An asset that the scope says nothing of is shown in base units. */
function assetsOf({ assets }: Scope, asset: Asset): Scope['assets'] {
  return asset === 'native' || Object.hasOwn(assets, asset)
    ? assets
    : { ...assets, [asset]: { symbol: 'base units', decimals: 0 } }
}

function explanation({ plan }: Proposal): Html {
  const rows = plan.explanation
  return html`<ul>${rows.slice(0, MAX_ROWS).map(({ sentence, warning }) => html`<li>${say(sentence, 700)}${warning !== undefined && html` <span class="warning">${say(warning, 200)}</span>`}</li>`)}</ul>${rows.length > MAX_ROWS && html`<p class="warning">and ${rows.length - MAX_ROWS} more: look at them in a terminal before you sign.</p>`}`
}

const HELD: Readonly<Record<CoverageRow['held']['by'], readonly [string, string]>> = {
  chain: ['Chain', 'live'],
  redeemer: ['Redeemer only', 'warn'],
  killSwitch: ['Kill switch', 'live'],
  nobody: ['Nobody', ''],
}

function coverage(rows: readonly CoverageRow[]): Html {
  const loose = rows.filter(({ held }) => held.by !== 'chain')
  const held = rows.length - loose.length
  return html`<section class="card"><p><span class="badge live">Chain</span> ${held === rows.length ? 'All of it' : `${held} of ${rows.length} constraints`}: a stolen agent key is bound by ${held === 1 ? 'it' : 'them'}.</p>
${
  loose.length > 0 &&
  html`<ul>${loose.slice(0, MAX_ROWS).map(({ text, held: by }) => {
    const [word, badge] = HELD[by.by]
    return html`<li><span class="badge ${badge}">${word}</span> ${say(capital(text), 240)}${by.by === 'nobody' && html` <span class="quiet">${say(by.why, 200)}</span>`}</li>`
  })}</ul>`
}</section>`
}

function signing(context: PageContext, proposal: Proposal, requests: readonly string[] | null): Html {
  const { id, scope, account, delegations } = proposal
  if (account !== 'ready')
    return html`<section class="card notice warn"><h3>${ACCOUNTS[account].title}</h3><p>${ACCOUNTS[account].text}</p></section>`
  if (requests === null) {
    return html`<section class="card notice warn"><h3>Too large for this page</h3><p>Its delegations do not fit on one page. Sign it in a terminal: <code>ambit grant scope.json</code>.</p></section>`
  }
  return html`<section class="card"><p>${delegations.length === 1 ? 'Your wallet signs one delegation.' : `Your wallet signs ${delegations.length} delegations, one after the other.`} It needs an account whose key signs typed data as it is. MetaMask refuses this for its own accounts: ask it from a dApp for a permission instead.</p>
${walletForm(context, {
  action: `/new/proposal/${id}`,
  account: scope.principal,
  chainId: scope.chainId,
  requests: requests.map((text) => ({ method: 'eth_signTypedData_v4', params: [scope.principal, text] })),
  verb: 'Sign with',
})}</section>`
}

const ACCOUNTS = {
  plain: {
    title: 'This account has no code yet',
    text: 'What a plain account signs cannot be redeemed. Upgrade it first (EIP-7702), in its wallet or with `ambit grant`, then make the grant again.',
  },
  contract: {
    title: 'This is a contract account',
    text: 'Its owner signs for it, which a page cannot ask of a wallet. Sign it in a terminal with `ambit grant`.',
  },
} as const
