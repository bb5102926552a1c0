import { max } from '../primitives/integer.ts'
import type { BudgetBars } from './bars.ts'
import { type Html, html, say } from './html.ts'
import { instant } from './words.ts'

/** The picture's own units: it is stretched to the width of the page. */
const STEP = 100
const HEIGHT = 120
/** Room above what is highest. */
const HEAD = 10

/**
 * What went in each period against the limit. Texts stand outside of the picture, where they keep their size on a phone; the
 * same figures are a table under it.
 */
export function chart({ budget, rolling, limit, bars, say: words }: BudgetBars): Html {
  const most = bars.reduce((highest, { units }) => max(units, highest), limit)
  const height = (units: bigint) => Number((units * BigInt((HEIGHT - HEAD) * 100)) / (most === 0n ? 1n : most)) / 100
  const width = bars.length * STEP
  const line = HEIGHT - height(limit)
  const [first] = bars
  const last = bars.at(-1)
  return html`<figure class="card bars"><h3>Budget “${say(budget, 80)}”</h3>
<div class="row quiet"><span>${rolling ? 'counted back from now' : 'by window'}</span><span class="limit">limit ${words(limit)}</span></div>
<svg viewBox="0 0 ${width} ${HEIGHT}" height="${HEIGHT}" preserveAspectRatio="none" aria-hidden="true">
${bars.map(({ units }, index) => {
  const tall = height(units)
  return html`<rect class="t" x="${index * STEP + 8}" y="${HEIGHT - 2}" width="${STEP - 16}" height="2"/><rect class="f${units > limit && ' none'}" x="${index * STEP + 8}" y="${HEIGHT - tall}" width="${STEP - 16}" height="${tall}"/>`
})}
<path class="l" d="M0 ${line}H${width}" vector-effect="non-scaling-stroke"/></svg>
<div class="row quiet"><span>${first !== undefined && instant(first.start)}</span><span>now: ${words(last?.units ?? 0n)}</span></div>
<details><summary>The same as a table</summary><div class="scroll"><table><thead><tr><th scope="col">From</th><th scope="col">Until</th><th scope="col" class="num">Left the account</th></tr></thead>
<tbody>${bars.map(({ start, end, units }) => html`<tr><td>${instant(start)}</td><td>${instant(end)}</td><td class="num">${words(units)}</td></tr>`)}</tbody></table></div></details>
</figure>`
}
