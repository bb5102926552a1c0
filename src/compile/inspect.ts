import { decodeCaveat } from '../caveats/caveat.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { inspectContradictions } from './contradictions.ts'
import { type Finding, finding } from './finding.ts'
import { isOpenDelegate } from './guardScope.ts'
import { type Add, inspectCalls } from './inspectCalls.ts'
import { inspectLink, inspectSalts, isTooLarge } from './inspectLink.ts'
import { inspectRules } from './inspectRules.ts'
import { type Link, MAX_PATH, pathOf, redeemableLinks } from './links.ts'
import { modeOf } from './mode.ts'
import { callsInside } from './nested.ts'
import { isTaskScope } from './taskScope.ts'
import { isWider } from './widening.ts'

/**
 * Everything the always-rules of DESIGN §4 and the broken compositions of FACTS §2 say against these links. Judges the
 * bytes alone, so it serves delegations of others too. Total: never throws.
 */
export function inspectLinks(links: readonly Link[], environment: Environment): Finding[] {
  const decoded = links.map(({ caveats }) =>
    isTooLarge(caveats) ? null : caveats.map((caveat) => decodeCaveat(environment, caveat)),
  )
  const redeemable = redeemableLinks(links)
  // Hundreds of branches may hang under one root: what it carries is read once.
  const read = remembering(callsInside)
  return distinct([
    ...inspectSalts(links),
    ...links.flatMap((link, index) => inspectLink(link, index, decoded[index] ?? null, environment)),
    ...links.flatMap((_, index) => {
      const path = pathOf(links, index)
      if (path.length > MAX_PATH) {
        const fix = 'Hand on fewer times.'
        return [finding('compile.chain_too_long', index, 'It has more links than can be redeemed.', fix)]
      }
      // That it is too large was found already: nothing of it is read.
      if (path.some((at) => decoded[at] === null)) return []
      return redeemable.has(index) ? inspectPath(index, path, links, decoded, environment, read) : []
    }),
  ])
}

/** All caveats of a path run for every call, so what one link says holds for the links under it. */
function inspectPath(
  leaf: number,
  path: readonly number[],
  links: readonly Link[],
  decoded: readonly (readonly DecodedCaveat[] | null)[],
  environment: Environment,
  read: typeof callsInside,
): Finding[] {
  const all = path.flatMap((link) => decoded[link] ?? [])
  const root = links[path.at(-1) ?? leaf]
  const principal = root?.delegator ?? '0x'
  const out: Finding[] = []
  const said = new Set<string>()
  // A wrapper may hold hundreds of calls that are wrong in one way: that is one thing to say.
  const add: Add = (code, message, fix, acknowledge) => {
    const key = `${code} ${message} ${acknowledge}`
    if (said.has(key)) return
    said.add(key)
    out.push(finding(code, leaf, message, fix, acknowledge))
  }

  path.forEach((at, position) => {
    const above = path[position + 1]
    if (
      above !== undefined &&
      links[above]?.delegate !== links[at]?.delegator &&
      !isOpenDelegate(links[above]?.delegate ?? '0x')
    )
      add(
        'compile.broken_chain',
        'A link is not from the delegate of the one above.',
        'Give the chain as it was signed.',
      )
  })
  const whole = all.some(isTaskScope)
  if (!whole && !all.some((caveat) => caveat.kind === 'timestamp' && caveat.before !== 0n))
    add('compile.no_expiry', 'It never expires.', 'Add a Timestamp with an upper bound.')
  if (!whole && !all.some((caveat) => caveat.kind === 'nonce'))
    add('compile.no_group', 'It cannot be revoked together with others.', 'Add a Nonce.')
  const modes = new Set(all.map(modeOf))
  if (modes.size === 0 || (modes.size === 1 && modes.has('any')))
    add(
      'compile.batch_open',
      'Batches are open: one redemption may hold any number of calls.',
      'Add a caveat on the call.',
    )
  if (modes.has('single') && modes.has('batch'))
    add(
      'compile.mixed_modes',
      'One caveat passes single calls only, another batches only.',
      'Keep one of the two kinds.',
    )
  const above = path.slice(1).flatMap((link) => decoded[link] ?? [])
  if (isWider(decoded[leaf] ?? [], above))
    add(
      'compile.wider_than_parent',
      'It says more than the link above permits: who reads it alone is misled.',
      'Give it at most what the link above has.',
      'wider',
    )
  inspectContradictions(all, add)
  inspectCalls(all, principal, environment, add, read)
  const ofRules = path.flatMap((link) =>
    (decoded[link] ?? []).flatMap((terms, caveat) => {
      if (!isTaskScope(terms)) return []
      const delegator = links[link]?.delegator ?? '0x'
      return inspectRules(terms, { link, caveat, delegator, principal, path: all }, environment, read)
    }),
  )
  return [...out, ...ofRules]
}

/** What a rule of a link says against itself it says on every path through it. */
function distinct(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>()
  return findings.filter(({ code, link, caveat, rule, message, acknowledge }) => {
    const key = `${link} ${caveat} ${rule} ${code} ${message} ${acknowledge}`
    if (said.has(key)) return false
    said.add(key)
    return true
  })
}

function remembering(read: typeof callsInside): typeof callsInside {
  const known = new Map<string, ReturnType<typeof callsInside>>()
  return (to, data) => {
    const key = `${to}${data}`
    const inside = known.get(key) ?? read(to, data)
    known.set(key, inside)
    return inside
  }
}
