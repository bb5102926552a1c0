import { exposureOf, stands } from './exposure.ts'
import { type Html, html, say } from './html.ts'
import type { PageContext, PageModule, View } from './page.ts'
import { createRoom } from './room.ts'
import type { GrantRow, Overview } from './source.ts'
import { forestOf, tree } from './tree.ts'
import { amountText, readingLine, statusBadge } from './words.ts'

/** Bytes of the tree: the figures above it and what is not drawn stand beside it. */
const TREE_BYTES = 14_000

/** Seconds between two readings, where somebody asked for more than one. */
const EVERY = 15

/** Assets that the sum names; the rest is counted. */
const MAX_ASSETS = 4

/** Pages of the tree that are linked on each side of the one that is shown, beside the first and the last. */
const MAX_BESIDE = 4

/** Grants that cannot be drawn: those whose file or chain cannot be read. */
const MAX_UNDRAWN = 8

/** What stands open, under whom, and how much of it is left. */
export const overview: PageModule = {
  label: 'Overview',
  path: '/',
  routes: [{ method: 'get', path: '/', show }],
}

async function show({ source, query }: PageContext): Promise<View> {
  const facts = await source.grants.overview()
  const { grants, links, reading } = facts
  const live = query.get('live') === '1'
  const page = pageOf(query.get('page'))
  const forest = forestOf(links, page)
  const drawn = new Set(links.map(({ drawn }) => drawn.hash))
  const undrawn = grants.filter(({ hashes }) => !hashes.some((hash) => drawn.has(hash)))
  return {
    title: headline(grants),
    lead: html`<span class="quiet">${readingLine(reading)}</span>`,
    ...(live ? { refresh: EVERY } : {}),
    body: html`
${grants.length > 0 ? figures(facts) : empty()}
${
  grants.length > 0 &&
  html`<h2 id="tree">Who may do what</h2>
${tree(forest, grants, createRoom(TREE_BYTES))}
${pager(page, forest.pages)}
${undrawn.length > 0 && others(undrawn)}
<p class="quiet">${live ? html`This page reads anew every ${EVERY} seconds. <a href="/">Stop that</a>` : html`This page is as of that block. <a href="/">Read again</a> or <a href="/?live=1">every ${EVERY} seconds</a>`}.</p>`
}`,
  }
}

/** The state of things as a heading: who has no time reads only this. */
function headline(grants: readonly GrantRow[]): string {
  const open = grants.filter(stands).length
  if (grants.length === 0) return 'Nothing is granted'
  if (open === 0) return 'Nothing stands open'
  return open === 1 ? 'One grant stands open' : `${open} grants stand open`
}

function figures({ grants, reading }: Overview): Html {
  const { assets, unmeasured } = exposureOf(grants, reading.block?.timestamp ?? reading.at)
  const ended = grants.filter((row) => !stands(row))
  const stopped = ended.filter(({ status }) => status === 'stopped').length
  const sums = assets.slice(0, MAX_ASSETS).map(({ asset, info, total }) => {
    const [amount = '', ...unit] = (
      total === 'unlimited'
        ? `unlimited ${amountText(0n, asset, info).replace(/^\S+ /, '')}`
        : amountText(total, asset, info)
    ).split(' ')
    return html`<span class="big">${amount} <small>${say(unit.join(' '), 60)}</small></span>`
  })
  return html`<div class="grid">
<section class="card" aria-labelledby="exposure"><h2 id="exposure">Can still leave, at most</h2>
${sums.length > 0 ? sums : html`<span class="big">Nothing</span>`}
${assets.length > MAX_ASSETS && html`<p class="quiet">and ${assets.length - MAX_ASSETS} more assets</p>`}
<p class="quiet">If every agent took all it may, from now until the last of these grants expires. Never more than the account holds.</p>
${unmeasured > 0 && html`<p class="warning">${unmeasured === 1 ? 'One grant has a rule' : `${unmeasured} grants have rules`} that does not say what it moves: not in this sum.</p>`}
</section>
<section class="card" aria-labelledby="standing"><h2 id="standing">Grants</h2>
<dl class="tally">
<div><dt>open</dt><dd class="big">${grants.length - ended.length}</dd></div>
<div><dt>stopped here</dt><dd class="big">${stopped}</dd></div>
<div><dt>ended</dt><dd class="big">${ended.length - stopped}</dd></div>
</dl></section>
</div>`
}

function empty(): Html {
  return html`<section class="card"><h2>No grant is kept on this machine</h2>
<p>A grant gives an agent a bounded piece of an account. Make one in a terminal:</p>
<pre>ambit grant --to &lt;agent&gt; --token USDC --limit 10/day --payee &lt;account&gt; --expires 30d</pre></section>`
}

function others(rows: readonly GrantRow[]): Html {
  const hidden = rows.length - MAX_UNDRAWN
  return html`<h2>Not drawn</h2><p class="quiet">Their file cannot be read, or the addresses of their chain are not known here.</p>
<ul>${rows.slice(0, MAX_UNDRAWN).map((row) => html`<li><a href="/grants/${row.id}"><code>${row.id.slice(0, 18)}…</code></a> ${statusBadge(row)}</li>`)}</ul>
${hidden > 0 && html`<p class="quiet">and ${hidden} more</p>`}`
}

function pager(page: number, pages: number): Html | false {
  return (
    pages > 1 &&
    html`<nav aria-label="Pages of the tree"><ul>${near(page, pages).map(
      (number, index, all) =>
        html`${index > 0 && number - (all[index - 1] ?? 0) > 1 && html`<li>…</li>`}<li><a href="/?page=${number}"${number === page && html` aria-current="page"`}>${number}</a></li>`,
    )}</ul></nav>`
  )
}

/** The first, the last, and those around the present one: thousands of grants are hundreds of pages. */
function near(page: number, pages: number): number[] {
  const all = Array.from({ length: pages }, (_, index) => index + 1)
  return all.filter((number) => number === 1 || number === pages || Math.abs(number - page) <= MAX_BESIDE)
}

function pageOf(text: string | null): number {
  return text !== null && /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : 1
}
