import { arrange, type Placed } from '../grant/draw/nodes.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { effective, leavesOf } from './exposure.ts'
import { type Html, html, say } from './html.ts'
import { meter } from './meter.ts'
import { more, type Room } from './room.ts'
import type { GrantRow, LinkFacts } from './source.ts'
import { account, capital } from './words.ts'

/** Cards on one page: each is about a kilobyte, and a page has thirty. */
const MAX_CARDS = 14
/** Links side by side under one parent: a grant of many payees has one for each. */
const MAX_SIBLINGS = 6
/** Limits shown of one link. */
const MAX_METERS = 3
/** Grants named on one link. */
const MAX_NAMED = 3

type Branch = { link: LinkFacts; children: Branch[]; size: number }

/** The authority of this machine's grants, root by root, as far as it fits on one page. */
export type Forest = {
  /** By principal, those that still have something first. */
  roots: readonly { principal: Address; branches: readonly Branch[] }[]
  pages: number
}

/** The trees of one page. Subtrees stay whole; those that live come first. */
export function forestOf(links: readonly LinkFacts[], page: number): Forest {
  const byHash = new Map(links.map((link) => [link.drawn.hash, link]))
  const placed = arrange(links.map(({ drawn }) => drawn))
  const roots = placed
    .flatMap((one, at) => (one.parent === null ? [branchOf(placed, at, byHash)] : []))
    .sort((a, b) => Number(isEnded(a)) - Number(isEnded(b)))
  const sheets: Branch[][] = [[]]
  let room = MAX_CARDS
  for (const root of roots) {
    if (root.size > room && room < MAX_CARDS) {
      sheets.push([])
      room = MAX_CARDS
    }
    sheets.at(-1)?.push(root)
    room -= root.size
  }
  const shown = sheets[page - 1] ?? []
  const principals = [...new Set(shown.map(({ link }) => link.delegation.delegator))]
  return {
    roots: principals.map((principal) => ({
      principal,
      branches: shown.filter(({ link }) => link.delegation.delegator === principal),
    })),
    pages: sheets.length,
  }
}

/** A nested list: who hands what to whom is in its nesting, for who sees the lines and for who does not. */
export function tree({ roots }: Forest, rows: readonly GrantRow[], room: Room): Html {
  const byLeaf = new Map<Hex, GrantRow[]>()
  for (const row of rows) {
    for (const leaf of new Set(leavesOf(row))) byLeaf.set(leaf, [...(byLeaf.get(leaf) ?? []), row])
  }
  return html`<ul class="tree">${roots.map(
    ({ principal, branches }) => html`<li><h3>${account(principal)} <span class="quiet">principal</span></h3>
<ul>${branches.map((branch) => item(branch, byLeaf, room))}</ul></li>`,
  )}</ul>`
}

function item(branch: Branch, byLeaf: ReadonlyMap<Hex, readonly GrantRow[]>, room: Room): Html {
  const { link, children } = branch
  const { drawn } = link
  const ended = drawn.state.kind === 'ended'
  const head = html`<div class="row"><strong>${title(byLeaf.get(drawn.hash) ?? [])}</strong><span class="badge ${badge(drawn.state.kind)}">${say(capital(drawn.state.text), 60)}</span></div>
<p class="quiet">to ${account(drawn.delegate)}${drawn.until !== null && `, until ${say(drawn.until, 60)}`}</p>`
  const hidden = children.length - MAX_SIBLINGS
  return html`<li${ended && html` class="ended"`}><div class="card${ended && ' ended'}">${room.take(head) || html`<p class="quiet">There is no room for it here.</p>`}
${!ended && limits(link, room)}
</div>${children.length > 0 && html`<ul>${children.slice(0, MAX_SIBLINGS).map((child) => item(child, byLeaf, room))}${hidden > 0 && html`<li class="quiet">${hidden} more under it</li>`}</ul>`}</li>`
}

/** What it has left, and where something above leaves less, that. */
function limits({ counts, above }: LinkFacts, room: Room): Html {
  const meters = room.list(counts, MAX_METERS, meter)
  const lower = room.list(above, MAX_METERS, (text) => html`<p class="warning">${say(capital(text), 120)}</p>`)
  return html`${meters.shown}${lower.shown}${more(meters.hidden + lower.hidden, 'limits')}`
}

/** A link that serves no grant of its own here is a step on the way to others. */
function title(grants: readonly GrantRow[]): Html | string {
  if (grants.length === 0) return 'Shared limit'
  const named = grants.slice(0, MAX_NAMED).map(({ id, grant }, index) => {
    const name = grant === null ? id.slice(0, 10) : say(effective(grant).task.id, 80)
    return html`${index > 0 && ', '}<a href="/grants/${id}">${name}</a>`
  })
  return html`${named}${grants.length > MAX_NAMED && ` and ${grants.length - MAX_NAMED} more`}`
}

function branchOf(placed: readonly Placed[], at: number, byHash: ReadonlyMap<Hex, LinkFacts>): Branch {
  const children = placed.flatMap(({ parent }, index) => (parent === at ? [branchOf(placed, index, byHash)] : []))
  const shown = children.slice(0, MAX_SIBLINGS)
  const link = byHash.get((placed[at] as Placed).node.hash) as LinkFacts
  return { link, children, size: 1 + shown.reduce((sum, child) => sum + child.size, 0) }
}

function isEnded({ link, children }: Branch): boolean {
  return link.drawn.state.kind === 'ended' && children.every(isEnded)
}

function badge(kind: 'live' | 'open' | 'ended'): string {
  return kind === 'open' ? '' : kind
}
