import { hashDelegation } from '../delegation/hash.ts'
import { type Html, html, say } from './html.ts'
import type { GrantFacts, LinkFacts } from './source.ts'
import { account } from './words.ts'

/** Links of which all is said; of the rest only that they are there. A page has thirty kilobytes. */
const MAX_LINKS = 6
/** Sentences of one link. */
const MAX_SENTENCES = 16
/** Constraints of the table. */
const MAX_ROWS = 40
/** Links of the raw page, caveats of one, and characters of one caveat's terms. */
const MAX_RAW = 8
const MAX_CAVEATS = 8
const MAX_TERMS = 640

const HELD = {
  chain: 'The chain',
  redeemer: 'The redeemer only',
  killSwitch: 'A kill switch',
  nobody: 'Nobody',
} as const

/** What the caveats permit, link by link, in the words of their own bytes. */
export function linkSentences({ links }: GrantFacts): Html {
  return html`${links.slice(0, MAX_LINKS).map(sentencesOf)}${more(links, MAX_LINKS)}`
}

function sentencesOf({ drawn, sentences, troubles }: LinkFacts): Html {
  const said = sentences.filter(({ caveat, warning }) => caveat !== undefined || warning !== undefined)
  const failed = [...new Set(troubles.flatMap((row) => (row.result === 'fail' ? [row.detail] : [])))]
  return html`<section class="card"><h3>${account(drawn.delegator)} → ${account(drawn.delegate)}</h3>
<ul>${said
    .slice(0, MAX_SENTENCES)
    .map(
      ({ sentence, caveat, warning }) =>
        html`<li>${caveat !== undefined && say(sentence, 600)}${warning !== undefined && html`${caveat !== undefined && ' '}<span class="warning"><strong>Note:</strong> ${say(warning, 300)}</span>`}</li>`,
    )}</ul>
${said.length > MAX_SENTENCES && html`<p class="quiet">and ${said.length - MAX_SENTENCES} more sentences</p>`}
${failed.map((detail) => html`<p class="bad-text"><strong>Check failed:</strong> ${say(detail, 300)}</p>`)}</section>`
}

/** Who holds each constraint of the scope. */
export function holders({ coverage }: GrantFacts): Html {
  return html`<details class="card"><summary>Who holds each constraint</summary><div class="scroll"><table>
<thead><tr><th scope="col">Held by</th><th scope="col">Constraint</th></tr></thead>
<tbody>${coverage
    .slice(0, MAX_ROWS)
    .map(
      ({ text, held }) =>
        html`<tr><td>${HELD[held.by]}</td><td>${say(text, 300)}${held.by === 'nobody' && held.why !== '' && html` <span class="quiet">${say(held.why, 300)}</span>`}</td></tr>`,
    )}</tbody></table></div>${coverage.length > MAX_ROWS && html`<p class="quiet">and ${coverage.length - MAX_ROWS} more</p>`}</details>`
}

/** The delegations as the chain sees them. */
export function rawLinks({ links }: GrantFacts): Html {
  return html`${links.slice(0, MAX_RAW).map(({ delegation }) => {
    const { caveats } = delegation
    return html`<section class="card"><h2><code>${hashDelegation(delegation)}</code></h2><dl class="facts">
<div><dt>Delegator</dt><dd><code>${delegation.delegator}</code></dd></div>
<div><dt>Delegate</dt><dd><code>${delegation.delegate}</code></dd></div>
<div><dt>Authority</dt><dd><code>${delegation.authority}</code></dd></div>
<div><dt>Salt</dt><dd><code>${delegation.salt}</code></dd></div>
${caveats
  .slice(0, MAX_CAVEATS)
  .map(
    ({ enforcer, terms }) =>
      html`<div><dt>Enforcer</dt><dd><code>${enforcer}</code></dd><dt>Terms</dt><dd><code>${say(terms, MAX_TERMS)}</code></dd></div>`,
  )}</dl>${caveats.length > MAX_CAVEATS && html`<p class="quiet">and ${caveats.length - MAX_CAVEATS} more caveats</p>`}</section>`
  })}${more(links, MAX_RAW)}`
}

function more(links: readonly LinkFacts[], shown: number): Html | false {
  return (
    links.length > shown &&
    html`<p class="quiet">and ${links.length - shown} more links: download the grant to see them.</p>`
  )
}
