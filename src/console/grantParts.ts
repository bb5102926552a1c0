import type { Caveat } from '../caveats/types.ts'
import { type Html, html, say } from './html.ts'
import { more, type Room } from './room.ts'
import type { GrantFacts, LinkFacts } from './source.ts'
import { account } from './words.ts'

/** Links of which all is said; of the rest only that they are there. A page has thirty kilobytes. */
const MAX_LINKS = 6
/** Sentences of one link. */
const MAX_SENTENCES = 16
/** Checks of one link that failed. */
const MAX_FAULTS = 3
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
export function linkSentences({ links }: GrantFacts, room: Room): Html {
  return html`${links.slice(0, MAX_LINKS).map((link) => sentencesOf(link, room))}${more(links.length - MAX_LINKS, 'links')}`
}

function sentencesOf({ drawn, sentences, troubles }: LinkFacts, room: Room): Html {
  const said = sentences.filter(({ caveat, warning }) => caveat !== undefined || warning !== undefined)
  const failed = [...new Set(troubles.flatMap((row) => (row.result === 'fail' ? [row.detail] : [])))]
  const faults = room.list(
    failed,
    MAX_FAULTS,
    (detail) => html`<p class="bad-text"><strong>Check failed:</strong> ${say(detail)}</p>`,
  )
  const list = room.list(said, MAX_SENTENCES, ({ sentence, caveat, warning }) => {
    const note = warning !== undefined && html`<span class="warning"><strong>Note:</strong> ${say(warning, 300)}</span>`
    return html`<li>${caveat !== undefined && html`${say(sentence, 600)} `}${note}</li>`
  })
  return html`<section class="card"><h3>${account(drawn.delegator)} → ${account(drawn.delegate)}</h3>
<ul>${list.shown}</ul>${more(list.hidden, 'sentences')}${faults.shown}${more(faults.hidden, 'failed checks')}</section>`
}

/** Who holds each constraint of the scope. */
export function holders({ coverage }: GrantFacts, room: Room): Html {
  const { shown, hidden } = room.list(coverage, MAX_ROWS, ({ text, held }) => {
    const why = held.by === 'nobody' && held.why !== '' && html` <span class="quiet">${say(held.why, 200)}</span>`
    return html`<tr><td>${HELD[held.by]}</td><td>${say(text, 300)}${why}</td></tr>`
  })
  return html`<details class="card"><summary>Who holds each constraint</summary><div class="scroll"><table>
<thead><tr><th scope="col">Held by</th><th scope="col">Constraint</th></tr></thead>
<tbody>${shown}</tbody></table></div>${more(hidden, 'constraints')}</details>`
}

/** The delegations as the chain sees them: who handed on to whom before the bytes of any caveat. */
export function rawLinks({ links }: GrantFacts, room: Room): Html {
  const heads = room.list(links, MAX_RAW, rawHead)
  return html`${heads.shown.map((head, index) => {
    const { caveats = [] } = links[index]?.delegation ?? {}
    const { shown, hidden } = room.list(caveats, MAX_CAVEATS, rawCaveat)
    return html`<section class="card">${head}${shown}</dl>${more(hidden, 'caveats')}</section>`
  })}${more(heads.hidden, 'links: download the grant to see them')}`
}

/** Up to the place where the caveats follow, in the same list of facts. */
function rawHead({ delegation, drawn }: LinkFacts): Html {
  return html`<h2><code>${drawn.hash}</code></h2><dl class="facts">
<div><dt>Delegator</dt><dd><code>${delegation.delegator}</code></dd></div>
<div><dt>Delegate</dt><dd><code>${delegation.delegate}</code></dd></div>
<div><dt>Authority</dt><dd><code>${delegation.authority}</code></dd></div>
<div><dt>Salt</dt><dd><code>${delegation.salt}</code></dd></div>
`
}

function rawCaveat({ enforcer, terms }: Caveat): Html {
  return html`<div><dt>Enforcer</dt><dd><code>${enforcer}</code></dd><dt>Terms</dt><dd><code>${say(terms, MAX_TERMS)}</code></dd></div>`
}
