import { type Html, html, say } from './html.ts'
import type { CountedWords } from './source.ts'

/** Below this part of the whole a bar warns. */
const LOW = 0.15

/**
 * One limit: what is left of it as a bar, and all of it in words. The bar is for the eye alone; the words say the same.
 */
export function meter({ budget, limit, used, left, resetsAt, part }: CountedWords): Html {
  const known = left !== null && used !== null
  return html`<div class="meter">
${part !== null && bar(part)}
<p>${known ? html`<span><strong>${say(left)}</strong> left of ${say(limit)}</span><span class="quiet">${say(used)} used</span>` : html`<span>${say(limit)} at most</span><span class="quiet">used: not known</span>`}</p>
${(budget !== null || resetsAt !== null) && html`<p class="quiet"><span>${budget !== null && `Budget “${say(budget, 80)}”`}</span><span>${resetsAt !== null && `whole again ${resetsAt}`}</span></p>`}
</div>`
}

function bar(part: number): Html {
  const width = Math.round(Math.min(Math.max(part, 0), 1) * 1_000)
  const tone = width === 0 ? ' none' : part <= LOW ? ' low' : ''
  return html`<svg viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true"><rect class="t" width="1000" height="8"/><rect class="f${tone}" width="${Math.max(width, 4)}" height="8"/></svg>`
}
