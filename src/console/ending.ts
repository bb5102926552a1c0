import { descendantsOf } from '../grant/descendants.ts'
import { toChecksum } from '../primitives/address.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { effective } from './exposure.ts'
import { csrfField } from './form.ts'
import { type Html, html, say } from './html.ts'
import type { PageContext, View } from './page.ts'
import type { Ender, GrantFacts } from './source.ts'
import { walletForm } from './walletForm.ts'
import { account } from './words.ts'

/** Accounts that can end it, as far as they are listed: each hands on at least one link. */
const MAX_ENDERS = 6

/** Grants named that die with it. */
const MAX_UNDER = 12

/**
 * Bytes of call data on one page: each transaction carries a whole delegation, and a page has thirty kilobytes. What does not
 * fit is asked for on the next one.
 */
const MAX_CALLDATA = 10_000

/** How it is ended, from the quickest to the strongest. */
export function ending(context: PageContext, facts: GrantFacts): Html {
  const open = openEnders(facts)
  return html`<h2 id="end">End it</h2><div class="grid">${stopCard(context, facts)}
${open.length === 0 && html`<section class="card"><h3>Revoked on chain</h3><p>Every link of it is disabled. There is nothing left to revoke.</p></section>`}
${open.slice(0, MAX_ENDERS).map((ender) => revokeCard(facts, ender))}</div>`
}

/** Where a wallet signs the revocation, what dies with it, and how a terminal does the same. */
export function revokePage(context: PageContext, facts: GrantFacts, delegator: Address): View | undefined {
  const { grant, under } = facts
  const ender = openEnders(facts).find((one) => one.delegator === delegator)
  if (ender === undefined) return undefined
  const { command, contract, keyHere, transactions } = ender
  const died = descendantsOf(grant, ender.open).length
  const now = fitting(transactions ?? [])
  const rest = (transactions ?? []).length - now.length
  const terminal = html`<pre>${say(command, 400)}</pre>`
  return {
    title: 'Revoke for good',
    kicker: html`<a href="/grants/${grant.id}">${say(effective(grant).task.id, 120)}</a>`,
    lead: html`Ends this grant on chain as <code>${toChecksum(delegator)}</code>. Nobody can use it afterwards.`,
    ...(now.length > 0 ? { wallet: true as const } : {}),
    body: html`<dl class="card facts">
<div><dt>Disables</dt><dd>${ender.open.length === 1 ? 'one link' : `${ender.open.length} links`}${died > 0 && `, and ${died} more under ${ender.open.length === 1 ? 'it' : 'them'} die`}</dd></div>
${under.length > 0 && html`<div><dt>Dies too</dt><dd>${under.slice(0, MAX_UNDER).map(({ id, task }, index) => html`${index > 0 && ', '}<a href="/grants/${id}">${say(task, 60)}</a>`)}${under.length > MAX_UNDER && ` and ${under.length - MAX_UNDER} more`}</dd></div>`}
<div><dt>Elsewhere</dt><dd>Whoever was handed a part of it, and is not known here, loses it too.</dd></div>
</dl>
${keyHere && html`<section class="card"><h2>In a terminal</h2><p>The key of this account is on this machine.</p>${terminal}</section>`}
${
  now.length > 0 &&
  html`<section class="card"><h2>With a wallet of this browser</h2>
${now.length > 1 && html`<p>It asks ${now.length} times: one transaction a link.</p>`}${rest > 0 && html`<p>${rest} more links are left for a second round.</p>`}
${revokeForm(context, { id: grant.id, chainId: grant.chainId, delegator, transactions: now })}</section>`
}
${!keyHere && html`<section class="card"><h2>In a terminal</h2>${contract && html`<p>It is a contract account: its owner signs for it.</p>`}${terminal}</section>`}`,
  }
}

function openEnders({ enders }: GrantFacts): Ender[] {
  return enders.filter(({ open }) => open.length > 0)
}

function stopCard(context: PageContext, { grant, stopped }: GrantFacts): Html {
  const [act, words] = stopped === null ? ['stop', 'Stop here'] : ['resume', 'Resume']
  const button = html`<form method="post" action="/grants/${grant.id}/${act}">${csrfField(context)}<div class="actions"><button>${words}</button></div></form>`
  if (stopped === null) {
    return html`<section class="card"><h3>Stop on this machine</h3>
<p>Takes hold at once and costs nothing. This machine then sends nothing under it; whoever holds the agent’s key can, until it is revoked.</p>${button}</section>`
  }
  return html`<section class="card"><h3>Stopped on this machine</h3>
<p>Since ${say(stopped.at, 40)}${!stopped.own && html`, by the stop of <a href="/grants/${stopped.by}">a grant above it</a>`}. This machine sends nothing under it.</p>${stopped.own && button}</section>`
}

function revokeCard({ grant }: GrantFacts, { delegator, open }: Ender): Html {
  const links = open.length === 1 ? 'one transaction' : `${open.length} transactions`
  return html`<section class="card"><h3>Revoke as ${account(delegator)}</h3>
<p>Ends it on chain for good, and everything under it, by ${links} of that account.</p>
<div class="actions"><a class="button danger" href="/grants/${grant.id}/revoke/${delegator}">Revoke…</a></div></section>`
}

function revokeForm(
  context: PageContext,
  parameters: { id: Hex; chainId: number; delegator: Address; transactions: readonly Transaction[] },
): Html {
  const { id, chainId, delegator, transactions } = parameters
  return walletForm(context, {
    action: `/grants/${id}/revoke/${delegator}`,
    account: delegator,
    chainId,
    requests: transactions.map(({ to, data }) => ({
      method: 'eth_sendTransaction',
      params: [{ from: delegator, to, data, value: '0x0' }],
    })),
    verb: 'Revoke with',
    danger: true,
  })
}

type Transaction = { to: Address; data: Hex }

/** At least one: a single delegation of many caveats may be longer than a page should be, and has to be ended all the same. */
function fitting(transactions: readonly Transaction[]): Transaction[] {
  let bytes = 0
  return transactions.filter(({ data }, index) => {
    bytes += data.length
    return index === 0 || bytes <= MAX_CALLDATA
  })
}
