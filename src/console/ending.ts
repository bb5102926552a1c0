import type { Address, Hex } from '../primitives/hex.ts'
import { csrfField } from './form.ts'
import { type Html, html, say } from './html.ts'
import type { PageContext } from './page.ts'
import type { Ender, GrantFacts } from './source.ts'
import { walletForm } from './walletForm.ts'
import { account } from './words.ts'

/** Accounts shown that can end it: each hands on at least one link. */
const MAX_ENDERS = 6

/** How it is ended, from the quickest to the strongest. */
export function ending(context: PageContext, facts: GrantFacts): Html {
  const { enders } = facts
  const open = enders.filter((ender) => ender.open.length > 0)
  return html`<h2 id="end">End it</h2><div class="grid">${stopCard(context, facts)}
${open.length === 0 && html`<section class="card"><h3>Revoked on chain</h3><p>Every link of it is disabled. There is nothing left to revoke.</p></section>`}
${open.slice(0, MAX_ENDERS).map((ender) => revokeCard(context, facts, ender))}</div>`
}

/** True where a wallet can sign on this page. */
export function needsWallet({ enders }: GrantFacts): boolean {
  return enders.slice(0, MAX_ENDERS).some(({ open, transactions }) => open.length > 0 && transactions !== null)
}

function stopCard(context: PageContext, { grant, stopped }: GrantFacts): Html {
  const [act, words] = stopped === null ? ['stop', 'Stop here'] : ['resume', 'Resume']
  const button = html`<form method="post" action="/grants/${grant.id}/${act}">${csrfField(context)}<div class="actions"><button>${words}</button></div></form>`
  if (stopped === null) {
    return html`<section class="card"><h3>Stop on this machine</h3>
<p>Takes hold at once and costs nothing. This machine then sends nothing under it; whoever holds the agent’s key can, until it is revoked.</p>${button}</section>`
  }
  return html`<section class="card"><h3>Stopped on this machine</h3>
<p>Since ${say(stopped.at, 40)}${!stopped.own && html`, by the stop of <a href="/grants/${stopped.by}">the grant above it</a>`}. This machine sends nothing under it.</p>${stopped.own && button}</section>`
}

function revokeCard(context: PageContext, { grant }: GrantFacts, ender: Ender): Html {
  const { delegator, open, command, keyHere, transactions } = ender
  const links = open.length === 1 ? 'one transaction' : `${open.length} transactions`
  return html`<section class="card"><h3>Revoke as ${account(delegator)}</h3>
<p>Ends it on chain, and everything under it, by ${links} of that account. Nobody can use it afterwards.</p>
${keyHere ? html`<p>Its key is on this machine:</p><pre>${command}</pre>` : ''}
${transactions !== null && revokeForm(context, { id: grant.id, chainId: grant.chainId, delegator, transactions })}
${!keyHere && html`<details><summary>In a terminal</summary><pre>${command}</pre></details>`}
</section>`
}

function revokeForm(
  context: PageContext,
  parameters: { id: Hex; chainId: number; delegator: Address; transactions: readonly { to: Address; data: Hex }[] },
): Html {
  const { id, chainId, delegator, transactions } = parameters
  return walletForm(context, {
    action: `/grants/${id}/revoke`,
    account: delegator,
    chainId,
    requests: transactions.map(({ to, data }) => ({
      method: 'eth_sendTransaction',
      params: [{ from: delegator, to, data, value: '0x0' }],
    })),
    verb: 'Revoke with',
    fields: { delegator },
    danger: true,
  })
}
