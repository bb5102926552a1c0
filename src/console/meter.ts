import { type Html, html, say } from './html.ts'
import type { CountedWords } from './source.ts'

/** Characters of an amount, and of a name or a time. */
const MAX_AMOUNT = 60

/** Below this part of the whole a bar warns. */
const LOW = 0.15

/**
 * One limit: what is left of it as a bar, and all of it in words. The bar is for the eye alone; the words say the same.
 */
export function meter({ budget, limit, used, left, resetsAt, part }: CountedWords): Html {
  const known = left !== null && used !== null
  return html`<div class="meter">
${part !== null && bar(part)}
<p>${known ? html`<span><strong>${say(left, MAX_AMOUNT)}</strong> left of ${say(limit, MAX_AMOUNT)}</span><span class="quiet">${say(used, MAX_AMOUNT)} used</span>` : html`<span>${say(limit, MAX_AMOUNT)} at most</span><span class="quiet">used: not known</span>`}</p>
${(budget !== null || resetsAt !== null) && html`<p class="quiet"><span>${budget !== null && `Budget “${say(budget, MAX_AMOUNT)}”`}</span><span>${resetsAt !== null && `whole again ${say(resetsAt, MAX_AMOUNT)}`}</span></p>`}
</div>`
}

function bar(part: number): Html {
  const width = Math.round(Math.min(Math.max(part, 0), 1) * 1_000)
  const tone = width === 0 ? ' none' : part <= LOW ? ' low' : ''
  return html`<svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true"><rect class="t" width="1000" height="8"/><rect class="f${tone}" width="${Math.max(width, 4)}" height="8"/></svg>`
}
