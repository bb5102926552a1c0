import { decodeCaveat } from '../caveats/caveat.ts'
import { codecByKind } from '../caveats/registry.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { byteLength, bytesToUint, type Hex, isHex } from '../primitives/hex.ts'
import type { CompileFindingCode } from './errors.ts'
import { isOpenDelegate } from './guardScope.ts'
import { type Add, inspectCalls } from './inspectCalls.ts'
import { type Link, pathOf, redeemableLinks } from './links.ts'

/** Something that delegations must not be, and where it stands. */
export type Finding = {
  code: CompileFindingCode
  /** Index of the link; of a whole chain, its leaf. */
  link: number
  caveat?: number
  message: string
  fix: string
  /** The word that accepts it; `null` where nothing does. */
  acknowledge: string | null
}

/**
 * Everything the always-rules of DESIGN §4 and the broken compositions of FACTS §2 say against these links. Judges the
 * bytes alone, so it serves delegations of others too. Total: never throws.
 */
export function inspectLinks(links: readonly Link[], environment: Environment): Finding[] {
  const decoded = links.map(({ caveats }) => caveats.map((caveat) => decodeCaveat(environment, caveat)))
  const redeemable = redeemableLinks(links)
  return [
    ...inspectSalts(links),
    ...links.flatMap((link, index) => inspectLink(link, index, decoded[index] ?? [])),
    ...links.flatMap((_, index) =>
      redeemable.has(index) ? inspectPath(index, pathOf(links, index), links, decoded, environment) : [],
    ),
  ]
}

/** FACTS C10: equal content and salt is the same hash, born with the other's counters and revocations. */
function inspectSalts(links: readonly Link[]): Finding[] {
  const seen = new Set<Hex>()
  return links.flatMap(({ salt }, link) => {
    const bad = !isHex(salt) || byteLength(salt) !== 32 || bytesToUint(salt) === 0n || seen.has(salt)
    seen.add(salt)
    return bad
      ? [finding('compile.bad_salt', link, 'The salt is not 32 random bytes of its own.', 'Draw a new salt for each.')]
      : []
  })
}

function inspectLink(link: Link, index: number, caveats: readonly DecodedCaveat[]): Finding[] {
  const out: Finding[] = []
  if (isOpenDelegate(link.delegate)) {
    out.push(finding('compile.open_delegate', index, 'Anyone could redeem this.', 'Name the account of the agent.'))
  }
  if (link.parent === 'missing') {
    out.push(
      finding('compile.broken_chain', index, 'The link above is not here.', 'Give the whole chain, up to its root.'),
    )
  }
  const seen = new Set<string>()
  caveats.forEach((caveat, at) => {
    if (caveat.kind === 'unknown') {
      out.push({
        ...finding(
          'compile.unknown_caveat',
          index,
          'What a caveat permits is not known.',
          'Use enforcers that Ambit reads.',
        ),
        caveat: at,
      })
    } else if (codecByKind[caveat.kind].counts) {
      if (seen.has(caveat.kind)) {
        out.push({
          ...finding(
            'compile.counted_twice',
            index,
            'Two caveats share one counter: each call counts twice, and the second limit may never apply.',
            'Keep one, or put the other on a parent.',
          ),
          caveat: at,
        })
      }
      seen.add(caveat.kind)
    }
  })
  return out
}

/** Enforcers of the framework that pass in batch mode only. */
const BATCH_ENFORCERS = [
  'ExactCalldataBatchEnforcer',
  'ExactExecutionBatchEnforcer',
  'SpecificActionERC20TransferBatchEnforcer',
]

/** All caveats of a path run for every call, so what one link says holds for the links under it. */
function inspectPath(
  leaf: number,
  path: readonly number[],
  links: readonly Link[],
  decoded: readonly (readonly DecodedCaveat[])[],
  environment: Environment,
): Finding[] {
  const all = path.flatMap((link) => decoded[link] ?? [])
  const root = links[path.at(-1) ?? leaf]
  const principal = root?.delegator ?? '0x'
  const out: Finding[] = []
  const add: Add = (code, message, fix, acknowledge) => out.push(finding(code, leaf, message, fix, acknowledge))

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
  if (!all.some((caveat) => caveat.kind === 'timestamp' && caveat.before !== 0n))
    add('compile.no_expiry', 'It never expires.', 'Add a Timestamp with an upper bound.')
  if (!all.some((caveat) => caveat.kind === 'nonce'))
    add('compile.no_group', 'It cannot be revoked together with others.', 'Add a Nonce.')
  const single = all.some((caveat) => caveat.kind !== 'unknown' && codecByKind[caveat.kind].callType === 'single')
  const batch = path.some((at) => hasBatchEnforcer(links[at], environment))
  if (!single && !batch)
    add(
      'compile.batch_open',
      'Batches are open: one redemption may hold any number of calls.',
      'Add a caveat on the call.',
    )
  if (single && batch)
    add(
      'compile.mixed_modes',
      'One caveat passes single calls only, another batches only.',
      'Keep one of the two kinds.',
    )
  inspectCalls(all, principal, environment, add)
  return out
}

function hasBatchEnforcer(link: Link | undefined, environment: Environment): boolean {
  const addresses = BATCH_ENFORCERS.flatMap((name) =>
    Object.hasOwn(environment.enforcers, name) ? [environment.enforcers[name]] : [],
  )
  return link?.caveats.some(({ enforcer }) => addresses.includes(enforcer)) ?? false
}

function finding(
  code: CompileFindingCode,
  link: number,
  message: string,
  fix: string,
  acknowledge: string | null = null,
): Finding {
  return { code, link, message, fix, acknowledge }
}
