import { type Hex, isHex } from '../../primitives/hex.ts'
import { LIMITS } from '../../receipt/codes.ts'
import type { Result } from '../../verification/index.ts'
import { ConsoleError, nothingHere } from '../errors.ts'
import { csrfField } from '../form.ts'
import { type Html, html, say } from '../html.ts'
import type { ActContext, Answer, Download, PageContext, PageModule, View } from '../page.ts'
import type { ReceiptFilter, ReceiptRow, ReceiptSource } from '../source.ts'
import { checkTable, detailOf, headlineOf, issuedAt, verifyBadge } from './receiptWords.ts'

/** Receipts on one page. */
const ROWS = 10
/** Calls of one action that are said in the timeline. */
const MAX_CALLS = 2
/** The same on the page of one receipt. */
const MAX_CALLS_SHOWN = 6
/** Longest file of bundles that is checked here, bytes; `ambit verify` reads longer ones. */
const MAX_FILE = 4_194_304
/** Receipts of a file that are listed. */
const MAX_LISTED = 24

const FILTERS: readonly (readonly [ReceiptFilter, string])[] = [
  ['grant', 'Granted'],
  ['decision', 'Decisions'],
  ['refusal', 'Refusals'],
  ['outcome', 'Outcomes'],
  ['revocation', 'Endings'],
]

/** What was decided and what became of it: a refusal stands as large as a payment. */
export const receiptPages: PageModule = {
  label: 'Receipts',
  path: '/receipts',
  available: ({ receipts }) => receipts !== undefined,
  routes: [
    { method: 'get', path: '/receipts', show: list },
    { method: 'get', path: '/receipts/export', show: exported },
    { method: 'post', path: '/receipts/verify', maxBytes: MAX_FILE + 65_536, act: verify },
    { method: 'get', path: '/receipts/:seq', show },
    { method: 'get', path: '/receipts/:seq/file', show: file },
  ],
}

async function list(context: PageContext): Promise<View> {
  const query = queryOf(context)
  const { rows, older, unreadable } = await sourceOf(context).page({ ...query, most: ROWS })
  const last = rows.at(-1)?.seq
  return {
    title: 'Receipts',
    lead: html`What was granted, decided, done and ended on this machine, newest first. A refusal has a receipt like a payment.`,
    body: html`${filters(query)}
${unreadable > 0 && html`<section class="card notice bad" role="alert"><p>${unreadable === 1 ? 'One receipt' : `${unreadable} receipts`} cannot be read. Which they are, <code>ambit verify</code> says.</p></section>`}
${rows.length === 0 ? html`<section class="card"><p>No receipt here.</p></section>` : html`<h2 class="sr">Newest first</h2><ol class="timeline">${rows.map(entry)}</ol>`}
<p class="row">${query.before !== null && html`<a href="${address({ ...query, before: null })}">Newest</a>`}${older && last !== undefined && html`<a href="${address({ ...query, before: last })}">Older</a>`}</p>
<h2>Check a file</h2>${verifyForm(context)}
<p class="quiet">Checked offline, with what this machine knows. <a href="/receipts/export">Download every receipt</a>, to check it elsewhere: <code>ambit verify</code>.</p>`,
  }
}

type Query = { kind: ReceiptFilter | null; grant: Hex | null; before: number | null }

function queryOf({ query }: PageContext): Query {
  const kind = FILTERS.find(([name]) => name === query.get('kind'))?.[0] ?? null
  const grant = query.get('grant') ?? ''
  const before = query.get('before') ?? ''
  return {
    kind,
    grant: isHex(grant) && grant.length === 66 ? grant : null,
    before: /^[1-9][0-9]{0,8}$/.test(before) ? Number(before) : null,
  }
}

function address({ kind, grant, before }: Query): string {
  const query = new URLSearchParams()
  if (kind !== null) query.set('kind', kind)
  if (grant !== null) query.set('grant', grant)
  if (before !== null) query.set('before', String(before))
  const text = query.toString()
  return text === '' ? '/receipts' : `/receipts?${text}`
}

function filters(query: Query): Html {
  const choice = (kind: ReceiptFilter | null, text: string) =>
    html`<li><a href="${address({ ...query, kind, before: null })}"${kind === query.kind && html` aria-current="true"`}>${text}</a></li>`
  return html`<nav class="chips" aria-label="Kinds of receipts"><ul>${choice(null, 'All')}${FILTERS.map(([kind, text]) => choice(kind, text))}</ul></nav>
${query.grant !== null && html`<p>Of the grant <a href="/grants/${query.grant}"><code>${query.grant.slice(0, 10)}…</code></a>. <a href="${address({ ...query, grant: null, before: null })}">Of all grants</a></p>`}`
}

function entry(row: ReceiptRow): Html {
  const { seq, statement, calls, scope, verification } = row
  const { text, tone } = headlineOf(statement)
  return html`<li><article class="card${tone !== '' && ` notice ${tone}`}"><div class="row"><h3><a href="/receipts/${seq}">${text}</a></h3><span class="quiet">#${seq} · ${issuedAt(statement)}</span></div>
${calls !== null && html`<p>${calls.slice(0, MAX_CALLS).map((call, index) => html`${index > 0 && html`<br>`}${say(call, 140)}`)}${calls.length > MAX_CALLS && html` and ${calls.length - MAX_CALLS} more calls`}</p>`}
${detailOf(row)}
<p class="row"><span>${verifyBadge(verification)}</span><a href="${address({ kind: null, grant: statement.grant.id, before: null })}">${say(scope?.task.id ?? statement.grant.id.slice(0, 10), 64)}</a></p></article></li>`
}

async function show(context: PageContext): Promise<View> {
  const row = await found(context)
  const { seq, id, statement, calls, scope, verification } = row
  const { text, tone } = headlineOf(statement)
  const reason = statement.kind === 'decision' ? statement.intent.reason : undefined
  return {
    title: text,
    kicker: html`<a href="/receipts">Receipts</a> <span>#${seq}, ${issuedAt(statement)}</span>`,
    lead: html`${verifyBadge(verification)}`,
    body: html`<section class="card${tone !== '' && ` notice ${tone}`}">
${calls !== null && html`<ul>${calls.slice(0, MAX_CALLS_SHOWN).map((call) => html`<li>${say(call, 240)}</li>`)}</ul>${calls.length > MAX_CALLS_SHOWN && html`<p class="quiet">and ${calls.length - MAX_CALLS_SHOWN} more calls</p>`}`}${detailOf(row)}
${reason !== undefined && html`<h2>What the agent says</h2><blockquote>${say(reason, 700)}</blockquote>`}</section>
<section class="card"><dl class="facts"><div><dt>Task</dt><dd><a href="/grants/${statement.grant.id}">${say(scope?.task.id ?? statement.grant.id.slice(0, 18), 64)}</a></dd></div>
<div><dt>Principal</dt><dd><code>${say(statement.principal, 80)}</code></dd></div><div><dt>Agent</dt><dd><code>${say(statement.agent, 80)}</code></dd></div>
<div><dt>Issuer</dt><dd><code>${say(statement.iss, 120)}</code></dd></div><div><dt>Id</dt><dd><code>${say(id, 64)}</code></dd></div></dl>
<p><a href="/receipts/${seq}/file">Download the bundle</a></p></section>
<h2>What was checked</h2>${checkTable(verification.checks)}
${statement.claims.length > 0 && html`<h2>What it claims, and by what</h2><ul>${statement.claims.map(({ path, basis }) => html`<li><code>${say(path, 40)}</code> by ${say(basis, 40)}</li>`)}</ul>`}
${statement.limits.length > 0 && html`<h2>What it does not prove</h2><ul>${statement.limits.map((limit) => html`<li>${LIMITS[limit]}</li>`)}</ul>`}`,
  }
}

async function file(context: PageContext): Promise<Download> {
  const { text, seq } = await found(context)
  return { download: text, name: `receipt-${seq}.json`, type: 'application/json' }
}

async function exported(context: PageContext): Promise<Download> {
  return { download: await sourceOf(context).all(), name: 'receipts.jsonl', type: 'application/x-ndjson' }
}

function verifyForm(context: PageContext): Html {
  return html`<form class="card" method="post" action="/receipts/verify" enctype="multipart/form-data">${csrfField(context)}
<label for="bundles">Receipts, one bundle a line</label><input id="bundles" name="bundles" type="file" required accept=".json,.jsonl,application/json">
<label for="keys">Whose they are: a key set (optional; without one, this machine’s own)</label><input id="keys" name="keys" type="file" accept=".json,application/json">
<div class="actions"><button class="primary">Verify</button></div></form>`
}

async function verify(context: ActContext): Promise<Answer> {
  const text = await context.form.file('bundles')
  if (text === undefined) {
    throw new ConsoleError('console.bad_form', 'No file was chosen.', { fix: 'Choose a file of receipt bundles.' })
  }
  const { verification } = await sourceOf(context).verify(text, await context.form.file('keys'))
  const { result, receipts, findings, open } = verification
  const { title, tone } = SUMS[result]
  const [only] = receipts.length === 1 ? receipts : []
  const sorted = receipts.map((receipt, index) => ({ receipt, line: index + 1 }))
  const weight = ({ receipt }: (typeof sorted)[number]) => ['invalid', 'insufficient', 'valid'].indexOf(receipt.result)
  return {
    title,
    kicker: html`<a href="/receipts">Receipts</a> <span>A file, checked offline</span>`,
    body: html`<section class="card notice ${tone}"><p>${receipts.length === 1 ? 'One receipt' : `${receipts.length} receipts`}. The chain was not asked: what it says of it is the issuer’s word.${open.length > 0 && html` ${open.length} allowed without a settled outcome.`}</p></section>
${findings.length > 0 && html`<h2>Together</h2><ul>${findings.slice(0, MAX_LISTED).map(({ code, status, seq }) => html`<li><span class="badge ${status === 'refuted' ? 'ended' : 'warn'}">${status}</span> ${code.replaceAll('_', ' ')}${seq !== undefined && html` at ${seq}`}</li>`)}</ul>`}
${
  only !== undefined
    ? html`<h2>${only.statement === undefined ? 'Unreadable' : headlineOf(only.statement).text}</h2>${checkTable(only.checks)}`
    : html`<h2>One by one</h2><ul>${sorted
        .toSorted((a, b) => weight(a) - weight(b))
        .slice(0, MAX_LISTED)
        .map(
          ({ receipt, line }) =>
            html`<li>Line ${line}: ${receipt.statement === undefined ? 'unreadable' : headlineOf(receipt.statement).text}. ${verifyBadge(receipt)}${wrong(receipt.checks)}</li>`,
        )}</ul>${receipts.length > MAX_LISTED && html`<p class="quiet">and ${receipts.length - MAX_LISTED} more</p>`}`
}`,
  }
}

const SUMS: Readonly<Record<Result, { title: string; tone: string }>> = {
  valid: { title: 'Nothing is refuted, nothing is missing', tone: 'good' },
  invalid: { title: 'Something in it is false', tone: 'bad' },
  insufficient: { title: 'Not everything could be settled', tone: 'warn' },
}

function wrong(checks: Parameters<typeof checkTable>[0]): Html | false {
  const [first] = checks.filter(({ status }) => status === 'refuted' || status === 'unavailable')
  return (
    first !== undefined &&
    html` <span class="quiet">· ${first.check.replaceAll('_', ' ')}: ${say(first.detail, 120)}</span>`
  )
}

async function found(context: PageContext): Promise<ReceiptRow> {
  const { seq = '' } = context.params
  const row = /^[1-9][0-9]{0,8}$/.test(seq) ? await sourceOf(context).receipt(Number(seq)) : undefined
  if (row === undefined) throw nothingHere()
  return row
}

function sourceOf({ source: { receipts } }: PageContext): ReceiptSource {
  if (receipts === undefined) throw nothingHere()
  return receipts
}
