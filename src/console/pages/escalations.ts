import { requestTypedData, type TaskScopeRequest } from '../../caveats/taskScope/requestDigest.ts'
import { encodeCalls } from '../../delegation/execution.ts'
import { toChecksum } from '../../primitives/address.ts'
import { callsInWords } from '../../redemption/callWords.ts'
import { type Escalation, escalationStatus } from '../../redemption/escalation.ts'
import { askedInWords, limitsInWords } from '../../redemption/escalationWords.ts'
import type { Scope } from '../../scope/types.ts'
import { ConsoleError, nothingHere } from '../errors.ts'
import { csrfField } from '../form.ts'
import { type Html, html, say } from '../html.ts'
import type { ActContext, Answer, PageContext, PageModule, View } from '../page.ts'
import type { EscalationSource } from '../source.ts'
import { readAnswers, walletForm } from '../walletForm.ts'
import { account, capital, instant } from '../words.ts'
import { typedDataText } from './typedData.ts'

/** Answered questions in the list: the newest. */
const MAX_ANSWERED = 12
/** Open questions in the list. */
const MAX_OPEN = 24
/** Calls of one question that are said; more would push the answer out of sight. */
const MAX_CALLS = 8
/** Characters of the bytes that a page shows: what does not fit is not signed on it. */
const MAX_BYTES = 6_000
/** Arguments of one call, and characters of each value. */
const MAX_ARGS = 12
const MAX_VALUE = 160
/** Characters of the agent's words on the page. */
const MAX_SAID = 700

/** Questions that wait for a signature, and what became of them. */
export const escalationPages: PageModule = {
  label: 'Escalations',
  path: '/escalations',
  available: ({ escalations }) => escalations !== undefined,
  routes: [
    { method: 'get', path: '/escalations', show: list },
    { method: 'get', path: '/escalations/:number', show },
    { method: 'post', path: '/escalations/:number/confirm', act: confirm },
    { method: 'post', path: '/escalations/:number/reject', act: reject },
    { method: 'post', path: '/escalations/:number/submit', act: submit },
  ],
}

const SAID: ReadonlyMap<string | null, string> = new Map([
  ['confirm', 'Confirmed. The chain takes this signature for this action alone, once.'],
  ['next', 'Kept. A link above asks for a signature of its own: sign that one, too, or nothing passes.'],
  ['reject', 'Rejected. Nothing was sent.'],
])

async function list({ source, now }: PageContext): Promise<View> {
  const every = await sourceOf(source.escalations).list()
  const open = every.filter((one) => escalationStatus(one, now) === 'open')
  const others = every.filter((one) => escalationStatus(one, now) !== 'open').reverse()
  return {
    title:
      open.length === 0 ? 'Nothing waits' : open.length === 1 ? 'One question waits' : `${open.length} questions wait`,
    kicker: html`Escalations`,
    lead: html`An agent asked for more than it may take alone, inside the limits of its grant. No answer is a no.`,
    body: html`
${open.length > 0 && html`<h2 class="sr">Waiting</h2>`}${open.slice(0, MAX_OPEN).map((one) => card(one, now))}
${open.length > MAX_OPEN && html`<p class="quiet">and ${open.length - MAX_OPEN} more</p>`}
${others.length > 0 && html`<h2>Answered, or over</h2>${others.slice(0, MAX_ANSWERED).map((one) => card(one, now))}`}
${others.length > MAX_ANSWERED && html`<p class="quiet">${others.length - MAX_ANSWERED} older ones: <code>ambit escalations ls --all</code></p>`}`,
  }
}

function card(escalation: Escalation, now: bigint): Html {
  const scope = scopeOf(escalation)
  const { requested, threshold } = askedInWords(escalation, scope)
  const open = escalationStatus(escalation, now) === 'open'
  return html`<section class="card${open && ' notice warn'}"><div class="row"><h3><a href="/escalations/${escalation.number}">#${escalation.number} · ${say(requested, 80)}</a></h3>${badge(escalation, now)}</div>
<p>${say(scope.task.id, 64)} asks for more than the ${say(threshold, 80)} it may take alone. ${open ? html`Answer until ${instant(escalation.expires)}.` : html`Asked ${instant(escalation.at)}.`}</p></section>`
}

async function show(context: PageContext): Promise<View> {
  const source = sourceOf(context.source.escalations)
  const escalation = await found(context, source)
  const { number, expires, at, grant } = escalation
  const scope = scopeOf(escalation)
  const status = escalationStatus(escalation, context.now)
  const said = SAID.get(context.query.get('done'))
  return {
    title: status === 'open' ? 'Confirm, or reject' : `Escalation ${number}`,
    kicker: html`<a href="/escalations">Escalations</a> ${badge(escalation, context.now)} <span>#${number}, asked ${instant(at)}</span>`,
    lead: html`Under <a href="/grants/${grant.id}">${say(scope.task.id, 64)}</a>: ${say(scope.task.purpose, 300)}`,
    ...(status === 'open' && isShown(escalation) ? { wallet: true as const } : {}),
    body: html`
${said !== undefined && html`<p class="card notice good" role="status">${said}</p>`}
${heldElsewhere(escalation)}
<div class="grid">${asked(escalation, scope)}</div>
<h2>What would be done, and what is said</h2>
<div class="grid">${bytes(escalation, scope)}${words(escalation)}</div>
${status === 'open' ? html`<h2>Answer until ${instant(expires)}</h2>${answer(context, escalation)}` : html`<h2>What became of it</h2>${result(context, escalation, source)}`}`,
  }
}

/** What was asked for beside what it may take: one look has to be enough. */
function asked(escalation: Escalation, scope: Scope): Html {
  const { requested, threshold } = askedInWords(escalation, scope)
  const { rule, confirmer, expires } = escalation
  return html`<section class="card" aria-labelledby="asked"><h2 id="asked">Requested</h2><p><span class="big">${say(requested, 80)}</span></p>
<dl class="facts"><div><dt>In one action</dt><dd>by rule ${say(rule, 64)}</dd></div><div><dt>Delegate</dt><dd>${account(scope.delegate)}</dd></div>
<div><dt>Confirmer</dt><dd>${account(confirmer)}</dd></div><div><dt>No after</dt><dd>${instant(expires)}</dd></div></dl></section>
<section class="card" aria-labelledby="allowed"><h2 id="allowed">Allowed without you</h2><p><span class="big">${say(threshold, 80)}</span></p>
<dl class="facts">${limitsInWords(scope, rule).map(({ name, text }) => html`<div><dt>${say(capital(name), 64)}</dt><dd>${say(text, 160)}</dd></div>`)}</dl></section>`
}

/** Said before anybody takes the page for more than it is. */
function heldElsewhere({ request }: Escalation): Html | false {
  return (
    request === null &&
    html`<section class="card notice warn"><h2>The chain does not hold this threshold</h2><p>This grant is made of the framework’s caveats, which know none: whoever submits holds it, and whoever holds the agent’s key can ignore it. No signature can confirm it. For a threshold that the chain holds, grant it anew in one caveat.</p></section>`
  )
}

/** Read from the bytes that are signed, and from nothing else. */
function bytes({ action, request }: Escalation, scope: Scope): Html {
  const calls = callsInWords(request ?? encodeCalls(action.calls), scope)
  return html`<section class="card" aria-labelledby="bytes"><h3 id="bytes">${request === null ? 'The calls' : 'What you sign does'}</h3>
<ol>${calls
    .slice(0, MAX_CALLS)
    .map(
      ({ sentence, args }) =>
        html`<li>${say(sentence, 400)}${
          args.length > 0 &&
          html`<ul>${args.slice(0, MAX_ARGS).map(({ name, type, value }) => html`<li><code>${say(name, 64)}</code> <span class="quiet">${say(type, 40)}</span> ${say(value, MAX_VALUE)}</li>`)}</ul>${args.length > MAX_ARGS && html`<p class="warning">and ${args.length - MAX_ARGS} more arguments</p>`}`
        }</li>`,
    )}</ol>${calls.length > MAX_CALLS && html`<p class="warning">and ${calls.length - MAX_CALLS} more calls</p>`}
${request !== null && fine(request)}</section>`
}

function fine({ number, deadline, delegation, mode, execution, enforcer }: TaskScopeRequest): Html {
  return html`<details><summary>The bytes</summary><dl class="facts">
<div><dt>Number</dt><dd>${number}</dd></div><div><dt>Submitted by</dt><dd>${instant(deadline)}</dd></div>
<div><dt>Delegation</dt><dd><code>${delegation}</code></dd></div><div><dt>Enforcer</dt><dd><code>${toChecksum(enforcer)}</code></dd></div>
<div><dt>Mode</dt><dd><code>${mode}</code></dd></div></dl><pre>${say(execution, MAX_BYTES)}</pre></details>`
}

/** Hostile text, and said to be that. */
function words({ action, reasonLength }: Escalation): Html {
  const { reason } = action
  return html`<section class="card" aria-labelledby="words"><h3 id="words">What the agent says</h3>
${
  reason === undefined
    ? html`<p>Nothing.</p>`
    : html`<blockquote>${say(reason, MAX_SAID)}</blockquote>${reasonLength > MAX_SAID && html`<p class="quiet">${reasonLength} characters in all.</p>`}`
}
<p class="quiet">Its own words, and perhaps somebody else’s in its mouth. They decide nothing; what is signed stands beside them.</p></section>`
}

/** Nobody signs on this page what this page does not show. */
function isShown({ request, grant }: Escalation): boolean {
  if (request === null || request.execution.length > MAX_BYTES) return false
  const calls = callsInWords(request, grant.scopes.at(-1) as Scope)
  return calls.length <= MAX_CALLS && calls.every(({ args }) => args.length <= MAX_ARGS)
}

function answer(context: PageContext, escalation: Escalation): Html {
  const { number, request, confirmer, grant } = escalation
  const no = html`<section class="card"><h3>Reject</h3><p>Recorded here at once. Nothing is signed or sent.</p>
<form method="post" action="/escalations/${number}/reject">${csrfField(context)}<label for="why">Why (optional)</label><input id="why" name="why" maxlength="300"><div class="actions"><button>Reject</button></div></form></section>`
  if (request === null) return no
  if (!isShown(escalation)) {
    return html`<div class="grid"><section class="card notice warn"><h3>Confirm in a terminal</h3><p>It is too long for a page to show all of it, and what is not seen should not be signed.</p><pre>ambit escalations show ${number}
ambit escalations confirm ${number} --account &lt;confirmer&gt;</pre></section>${no}</div>`
  }
  return html`<div class="grid"><section class="card"><h3>Confirm</h3><p>A signature of the confirmer over these very bytes: nothing else lets it pass. This page only asks your wallet for it.</p>
${walletForm(context, {
  action: `/escalations/${number}/confirm`,
  account: confirmer,
  chainId: grant.chainId,
  requests: [{ method: 'eth_signTypedData_v4', params: [confirmer, typedDataText(requestTypedData(request))] }],
  verb: 'Confirm with',
})}</section>${no}</div>`
}

function result(context: PageContext, escalation: Escalation, { submit: submits }: EscalationSource): Html {
  const { number, settled, expires } = escalation
  if (settled === null)
    return html`<section class="card notice bad"><h3>Over</h3><p>Nobody answered until ${instant(expires)}: that is a no. The agent may ask again.</p></section>`
  if (settled.as === 'rejected') {
    return html`<section class="card notice bad"><h3>Rejected</h3><p>${instant(settled.at)}.${settled.why !== null && html` “${say(settled.why, 300)}”`}</p></section>`
  }
  const { submission } = settled
  if (submission === null) {
    return html`<section class="card notice warn"><h3>Confirmed, not submitted yet</h3><p>${instant(settled.at)}. Who may redeem this grant submits it:</p><pre>ambit escalations submit ${number} --account &lt;account&gt;</pre>
${submits !== null && html`<form method="post" action="/escalations/${number}/submit">${csrfField(context)}<div class="actions"><button class="primary">Submit now</button></div></form>`}</section>`
  }
  const { status, code, transactionHash, receipts, at } = submission
  return html`<section class="card notice ${status === 'executed' ? 'good' : 'bad'}"><h3>${capital(status)}</h3><dl class="facts">
<div><dt>Confirmed</dt><dd>${instant(settled.at)}</dd></div><div><dt>Submitted</dt><dd>${instant(at)}</dd></div>
${code !== null && html`<div><dt>Why</dt><dd><code>${say(code, 64)}</code></dd></div>`}
${transactionHash !== null && html`<div><dt>Transaction</dt><dd><code>${transactionHash}</code></dd></div>`}
${[receipts.decision, receipts.outcome].map((id) => id !== null && html`<div><dt>Receipt</dt><dd><code>${say(id, 64)}</code></dd></div>`)}</dl></section>`
}

async function confirm(context: ActContext): Promise<Answer> {
  const source = sourceOf(context.source.escalations)
  const { number } = await found(context, source)
  const [confirmation, ...more] = readAnswers(context.form.text('answers')) ?? []
  if (confirmation === undefined || more.length > 0) {
    throw new ConsoleError('console.bad_form', 'No wallet answered with one signature.', {
      fix: 'Go back, reload the page and sign with the confirmer’s account.',
    })
  }
  const after = await source.confirm(number, confirmation)
  if (escalationStatus(after, context.now) === 'open') return { redirect: `/escalations/${number}?done=next` }
  await source.submit?.(number)
  return { redirect: `/escalations/${number}?done=confirm` }
}

async function reject(context: ActContext): Promise<Answer> {
  const source = sourceOf(context.source.escalations)
  const { number } = await found(context, source)
  const why = context.form.text('why').trim()
  await source.reject(number, why === '' ? undefined : why)
  return { redirect: `/escalations/${number}?done=reject` }
}

async function submit(context: ActContext): Promise<Answer> {
  const source = sourceOf(context.source.escalations)
  const { number } = await found(context, source)
  if (source.submit === null) throw nothingHere()
  await source.submit(number)
  return { redirect: `/escalations/${number}` }
}

function badge(escalation: Escalation, now: bigint): Html {
  const { settled } = escalation
  const submission = settled?.as === 'confirmed' ? settled.submission : null
  const [text, kind] = {
    open: ['Waits for an answer', 'warn'],
    over: ['Over: no answer is a no', 'ended'],
    rejected: ['Rejected', 'ended'],
    confirmed: ['Confirmed, not submitted', 'warn'],
    submitted: [capital(submission?.status ?? ''), submission?.status === 'executed' ? 'live' : 'ended'],
  }[escalationStatus(escalation, now)]
  return html`<span class="badge ${kind}">${text}</span>`
}

async function found({ params }: PageContext, source: EscalationSource): Promise<Escalation> {
  const { number = '' } = params
  const escalation = /^[1-9][0-9]{0,8}$/.test(number) ? await source.escalation(Number(number)) : undefined
  if (escalation === undefined) throw nothingHere()
  return escalation
}

function sourceOf(source: EscalationSource | undefined): EscalationSource {
  if (source === undefined) throw nothingHere()
  return source
}

function scopeOf({ grant }: Escalation): Scope {
  return grant.scopes.at(-1) as Scope
}
