import { decodeCaveat } from '../caveats/caveat.ts'
import { describeParts } from '../caveats/describe.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { bytesInWords } from '../caveats/words.ts'
import { toChecksum } from '../primitives/address.ts'
import type { Hex } from '../primitives/hex.ts'
import type { Asset, AssetInfo } from '../scope/types.ts'
import { OPEN_DELEGATE } from './guardScope.ts'
import { inspectLinks } from './inspect.ts'
import { type DelegationLike, type Link, linksOf, pathOf, redeemableLinks } from './links.ts'
import { openEnds } from './openEnds.ts'
import type { Draft, ExplanationRow } from './types.ts'

export type ExplainOptions<delegation> = {
  /** Hash of a delegation, to find parents in any order; without it delegations are one context, leaf first. */
  hash?: ((delegation: delegation) => Hex) | undefined
}

/**
 * What these delegations permit, in plain sentences made from their caveats by decoding them: never from a request, so a
 * dApp or a wallet that says one thing and encodes another is caught here. Serves delegations of others too. Total: an
 * unknown caveat is a row with a warning; so is everything the always-rules say against a link.
 *
 * One row for each link (no `caveat`), followed by those of its caveats, then what they leave open and its further warnings.
 * A caveat has one, and one that holds a whole scope one for each rule, budget and bound.
 */
export function explainDelegations<delegation extends DelegationLike>(
  items: readonly Draft[] | readonly delegation[],
  environment: Environment,
  assets: Readonly<Partial<Record<Asset, AssetInfo>>>,
  options: ExplainOptions<delegation> = {},
): ExplanationRow[] {
  const links = linksOf(items, options.hash)
  const findings = inspectLinks(links, environment)
  const decoded = links.map(({ caveats }) => caveats.map((caveat) => decodeCaveat(environment, caveat)))
  const redeemable = redeemableLinks(links)
  return links.flatMap((link, draft): ExplanationRow[] => {
    const all = pathOf(links, draft).flatMap((at) => decoded[at] ?? [])
    const erc20Transfer = all.some(isTokenLimit)
    const open = redeemable.has(draft) ? openEnds(all, link.delegate) : []
    const rows = (decoded[draft] ?? []).flatMap((caveat, index): ExplanationRow[] => {
      const own = findings.filter((found) => found.link === draft && found.caveat === index)
      // The rules of a whole scope come first, each with a sentence of its own; what is wrong with one stands beside it.
      return describeParts(caveat, { assets, erc20Transfer }).map(({ sentence, warnings }, part) => {
        const here = own.filter(({ rule = 0 }) => rule === part)
        return withWarning({ sentence, draft, caveat: index }, [...warnings, ...here.map(({ message }) => message)])
      })
    })
    const whole = findings.filter((found) => found.link === draft && found.caveat === undefined)
    const empty = link.caveats.length === 0 && link.parent === null ? ['It has no caveat: it permits everything.'] : []
    const warnings = [...new Set([...empty, ...whole.map(({ message }) => message)])]
    return [
      withWarning({ sentence: heading(link, draft, links), draft }, warnings.slice(0, 1)),
      ...rows,
      ...open.map((end): ExplanationRow => ({ ...end, draft })),
      ...warnings.slice(1).map((warning): ExplanationRow => ({ sentence: warning, draft, warning })),
    ]
  })
}

/** Delegations named one by one in a sentence. */
const MAX_NAMED = 8

function heading(link: Link, index: number, links: readonly Link[]): string {
  const from = accountText(link.delegator)
  const under = typeof link.parent === 'number' ? `, within delegation ${link.parent + 1}` : ''
  if (link.delegate === link.delegator) {
    const children = links.flatMap((child, at) => (child.parent === index ? [at + 1] : []))
    const named = children.length <= MAX_NAMED ? `delegations ${children.join(', ')}` : `${children.length} delegations`
    const over = children.length === 0 ? '' : ` over ${named}`
    return `Delegation ${index + 1}: ${from} sets limits${over} that are counted together${under}`
  }
  const who = link.delegate === OPEN_DELEGATE ? 'whoever submits it' : accountText(link.delegate)
  return `Delegation ${index + 1}: ${who} may act for ${from}${under}`
}

function accountText(account: Hex): string {
  try {
    return toChecksum(account)
  } catch {
    return typeof account === 'string' ? `"${bytesInWords(account.replace(/[^0-9a-fx]/g, '?') as Hex)}"` : 'nobody'
  }
}

function isTokenLimit({ kind }: DecodedCaveat): boolean {
  return kind === 'erc20TransferAmount' || kind === 'erc20PeriodTransfer'
}

function withWarning(row: ExplanationRow, warnings: readonly string[]): ExplanationRow {
  return warnings.length === 0 ? row : { ...row, warning: warnings.join(' ') }
}
