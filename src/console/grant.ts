import { hashDelegation } from '../delegation/hash.ts'
import { actorText } from '../grant/draw/nodes.ts'
import { serializeGrant } from '../grant/serialize.ts'
import { toChecksum } from '../primitives/address.ts'
import { type Address, type Hex, isHex } from '../primitives/hex.ts'
import { barsOf } from './bars.ts'
import { cannotOf } from './cannot.ts'
import { chart } from './chart.ts'
import { ending, revokePage } from './ending.ts'
import { ConsoleError, nothingHere } from './errors.ts'
import { effective, leavesOf } from './exposure.ts'
import { csrfField } from './form.ts'
import { holders, linkSentences, rawLinks } from './grantParts.ts'
import { type Html, html, json, say } from './html.ts'
import { meter } from './meter.ts'
import type { ActContext, Answer, Download, PageContext, PageModule, View } from './page.ts'
import { createRoom, more, type Room } from './room.ts'
import type { GrantFacts } from './source.ts'
import { readAnswers } from './walletForm.ts'
import { account, capital, readingLine, statusBadge, untilText } from './words.ts'

/** Budgets drawn as bars, and links whose limits are shown. */
const MAX_SHOWN = 4
/** Limits of one link. */
const MAX_METERS = 4
/** Ways of which it is said what still passes. */
const MAX_REMAINING = 12
/** Things that it can not do. */
const MAX_CANNOT = 16

/** One grant: what it allows, what was used, and its end. */
export const grantPages: PageModule = {
  path: '/grants',
  routes: [
    { method: 'get', path: '/grants/:id', show },
    { method: 'get', path: '/grants/:id/file', show: file },
    { method: 'post', path: '/grants/:id/stop', act: (context) => change(context, 'stop') },
    { method: 'post', path: '/grants/:id/resume', act: (context) => change(context, 'resume') },
    { method: 'get', path: '/grants/:id/revoke/:delegator', show: askRevoke },
    { method: 'post', path: '/grants/:id/revoke/:delegator', act: revoke },
    { method: 'get', path: '/grants/:id/raw', show: raw },
  ],
}

/** What was done, as the address after it says: one of these, or nothing. */
const DONE: ReadonlyMap<string, string> = new Map([
  ['stop', 'Stopped. This machine sends nothing under it any more.'],
  ['resume', 'Resumed. This machine sends under it again, as far as the chain lets it.'],
  ['revoke', 'Revoked, and proven on chain. Nothing passes under it any more.'],
])

async function show(context: PageContext): Promise<View> {
  const facts = await factsOf(context)
  const { grant, standing, reading } = facts
  const scope = effective(grant)
  const done = DONE.get(context.query.get('done') ?? '')
  const room = createRoom()
  // In the order of what nobody can do without: what is too long for one page is cut from the end of this list.
  const [end, rest, no, allowed] = [
    ending(context, facts),
    left(facts, room),
    cannot(facts, room),
    linkSentences(facts, room),
  ]
  const [used, held] = [use(facts, room), holders(facts, room)]
  return {
    title: say(scope.task.id, 120),
    kicker: html`<a href="/">Overview</a> ${statusBadge(standing)} <code>${grant.id.slice(0, 10)}…</code>`,
    lead: html`${say(scope.task.purpose, 240)}`,
    body: html`
${done !== undefined && html`<p class="card notice good" role="status">${done}</p>`}
${undone(facts)}
${who(facts)}
<p class="quiet">${readingLine(reading)}</p>
${rest}
${used}
<h2>What it allows</h2>${allowed}
${no}
${end}
<h2>Fine print</h2>
${held}
<ul><li><a href="/grants/${grant.id}/raw">Links and raw caveats</a></li>
<li><a href="/grants/${grant.id}/file">Download the grant</a> <span class="quiet">Everything in it is public: it is useless without the delegate’s key.</span></li></ul>`,
  }
}

function who({ grant, groups }: GrantFacts): Html {
  const scope = effective(grant)
  const group = groups.find(({ ended }) => ended === true)
  return html`<section class="card" aria-label="Who, until when"><dl class="facts">
<div><dt>Principal</dt><dd><code>${toChecksum(scope.principal)}</code></dd></div>
<div><dt>Delegate</dt><dd><code>${actorText(scope.delegate)}</code></dd></div>
<div><dt>Until</dt><dd>${untilText(scope)}</dd></div>
<div><dt>Group</dt><dd>${say(scope.revocation.group, 60)}${group !== undefined && html` <span class="badge ended">Ended for ever</span>`}</dd></div>
${scope.revocation.guardian !== undefined && html`<div><dt>Guardian</dt><dd><code>${toChecksum(scope.revocation.guardian)}</code></dd></div>`}
</dl></section>`
}

/** The limits of its own last links first: those are what the delegate meets. */
function left({ grant, links, remaining }: GrantFacts, room: Room): Html | false {
  const own = new Set(leavesOf({ grant, hashes: grant.delegations.map(hashDelegation) }))
  const counted = links.filter(({ counts, above }) => counts.length > 0 || above.length > 0)
  const sorted = counted.toSorted((a, b) => Number(own.has(b.drawn.hash)) - Number(own.has(a.drawn.hash)))
  if (sorted.length === 0 && remaining.length === 0) return false
  const limits = room.list(sorted, MAX_SHOWN, ({ drawn, counts, above }) => {
    const whose = own.has(drawn.hash) ? 'To' : 'Above it, to'
    return html`<section class="card"><h3>${whose} ${account(drawn.delegate)}</h3>${counts.slice(0, MAX_METERS).map(meter)}${above.slice(0, MAX_METERS).map((text) => html`<p class="warning">${say(capital(text), 120)}</p>`)}</section>`
  })
  const now = room.list(remaining, MAX_REMAINING, ({ rule, payee, text, refused }) => {
    const why = refused === null ? '' : ` (${say(refused.replaceAll('_', ' '), 60)})`
    return html`<li><strong>${say(text, 60)}</strong> by rule ${say(rule, 60)}${payee !== null && html` to ${account(payee)}`}<span class="quiet">${why}</span></li>`
  })
  return html`<h2>What is left</h2><div class="grid">${limits.shown}${remaining.length > 0 && html`<section class="card"><h3>In one action, now</h3><ul>${now.shown}</ul>${more(now.hidden, 'ways')}</section>`}</div>
${more(limits.hidden, 'links with limits of their own')}`
}

function use({ grant, spent, reading }: GrantFacts, room: Room): Html | false {
  const charts = barsOf(effective(grant), spent, reading.block?.timestamp ?? reading.at)
  const used = charts.filter(({ bars }) => bars.some(({ units }) => units > 0n))
  const { shown, hidden } = room.list(used, MAX_SHOWN, chart)
  return (
    charts.length > 0 &&
    html`<h2>What was used</h2>${used.length === 0 && html`<p>Nothing in the last periods.</p>`}<div class="grid">${shown}</div>${more(hidden, 'budgets')}
<p class="quiet">By the receipts of this machine. What was redeemed elsewhere is in the figures above, which the chain counts, and not in these bars.</p>`
  )
}

function cannot({ grant, coverage }: GrantFacts, room: Room): Html | false {
  const sentences = cannotOf(effective(grant), coverage)
  const { shown, hidden } = room.list(sentences, MAX_CANNOT, (sentence) => html`<li>${say(sentence, 160)}</li>`)
  return (
    sentences.length > 0 &&
    html`<h2>What it can not do</h2><div class="card"><p>Whoever holds the delegate’s key can not:</p><ul>${shown}</ul>${more(hidden, 'things')}</div>`
  )
}

function undone({ undone: links }: GrantFacts): Html | false {
  return (
    links.length > 0 &&
    html`<div class="card notice bad" role="alert"><h2>It had ended, and lives again</h2><p>${links.length === 1 ? 'A link' : `${links.length} links`} of it was disabled and then enabled again by its own delegator.</p></div>`
  )
}

async function factsOf({ source, params }: PageContext): Promise<GrantFacts> {
  const facts = await source.grants.grant(idOf(params))
  if (facts === undefined) throw nothingHere()
  return facts
}

async function file(context: PageContext): Promise<Download> {
  const { grant } = await factsOf(context)
  return { download: serializeGrant(grant), name: `grant-${grant.id.slice(0, 10)}.json`, type: 'application/json' }
}

async function raw(context: PageContext): Promise<View> {
  const facts = await factsOf(context)
  return {
    title: 'As the chain sees it',
    kicker: html`<a href="/grants/${facts.grant.id}">${say(effective(facts.grant).task.id, 120)}</a>`,
    body: rawLinks(facts, createRoom()),
  }
}

async function askRevoke(context: PageContext): Promise<View> {
  const view = revokePage(context, await factsOf(context), delegatorOf(context.params))
  if (view === undefined) throw nothingHere()
  return view
}

async function change({ source, params }: ActContext, act: 'stop' | 'resume'): Promise<Answer> {
  const id = idOf(params)
  await source.grants[act](id)
  return { redirect: `/grants/${id}?done=${act}` }
}

/** What a wallet says that it sent. None of it is believed: the source looks on the chain. */
async function revoke(context: ActContext): Promise<Answer> {
  const { source, params, form } = context
  const [id, delegator] = [idOf(params), delegatorOf(params)]
  const transactions = readAnswers(form.text('answers'))
  if (transactions === null || !transactions.every(isHash)) throw unreadable()
  const { status } = await source.grants.settleRevocation(id, delegator, transactions)
  if (status === 'ended') return { redirect: `/grants/${id}?done=revoke` }
  if (status === 'partial') return { redirect: `/grants/${id}/revoke/${delegator}` }
  if (status === 'not_ended') {
    throw new ConsoleError('console.not_proven', 'The chain does not show that it has ended.', {
      details: { transactions },
      fix: 'Treat the grant as alive; look at the transactions in the wallet, and revoke again.',
      retry: 'reconcile',
    })
  }
  return {
    title: 'Not seen on chain yet',
    kicker: html`<a href="/grants/${id}">Back to the grant</a>`,
    body: html`<section class="card notice warn"><p>The wallet sent it, and no block holds it yet. Treat the grant as alive until one does.</p>
<form method="post" action="/grants/${id}/revoke/${delegator}">${csrfField(context)}<input type="hidden" name="answers" value="${json(transactions)}"><div class="actions"><button class="primary">Look again</button></div></form></section>`,
  }
}

function idOf({ id = '' }: PageContext['params']): Hex {
  if (isHash(id)) return id
  throw nothingHere()
}

function delegatorOf({ delegator = '' }: PageContext['params']): Address {
  if (isAddress(delegator)) return delegator
  throw nothingHere()
}

function isHash(text: string): text is Hex {
  return text.length === 66 && isHex(text)
}

function isAddress(text: string): text is Address {
  return text.length === 42 && isHex(text)
}

function unreadable(): ConsoleError {
  return new ConsoleError('console.bad_form', 'This is not what a wallet answers.', {
    fix: 'Go back, reload the page and revoke again.',
  })
}
