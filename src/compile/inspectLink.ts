import { codecByKind } from '../caveats/registry.ts'
import type { Caveat, CaveatKind, DecodedCaveat, Environment } from '../caveats/types.ts'
import { byteLength, bytesToUint, type Hex, isHex } from '../primitives/hex.ts'
import type { CompileFindingCode } from './errors.ts'
import { type Finding, finding } from './finding.ts'
import { isOpenDelegate, OPEN_DELEGATE } from './guardScope.ts'
import type { Link } from './links.ts'
import { isTaskScope } from './taskScope.ts'

/** A fuller link is in no context that can be redeemed; judging it would cost the judge and nobody else. */
const MAX_CAVEATS = 16
const MAX_TERMS_BYTES = 32_768

export function isTooLarge(caveats: readonly Caveat[]): boolean {
  if (caveats.length > MAX_CAVEATS) return true
  let bytes = 0
  for (const { terms } of caveats) bytes += typeof terms === 'string' ? byteLength(terms) : 0
  return bytes > MAX_TERMS_BYTES
}

/** FACTS C10: equal content and salt is the same hash, born with the other's counters and revocations. */
export function inspectSalts(links: readonly Link[]): Finding[] {
  const seen = new Set<Hex>()
  return links.flatMap(({ salt }, link) => {
    const again = seen.has(salt)
    seen.add(salt)
    const fix = 'Draw a new salt for each.'
    if (!isHex(salt) || byteLength(salt) !== 32 || bytesToUint(salt) === 0n)
      return [finding('compile.bad_salt', link, 'The salt is not 32 random bytes.', fix)]
    return again ? [finding('compile.salt_reused', link, 'Two delegations have one salt.', fix)] : []
  })
}

/**
 * What one link says against itself.
 *
 * @param caveats - `null` where there are too many to be read.
 */
export function inspectLink(
  link: Link,
  index: number,
  caveats: readonly DecodedCaveat[] | null,
  { enforcers }: Environment,
): Finding[] {
  const out: Finding[] = []
  // Whoever submits then submits what that key signed, and nothing else.
  const keyed = (caveats ?? []).some((caveat) => isTaskScope(caveat) && caveat.requestKey !== null)
  if (isOpenDelegate(link.delegate) && !(keyed && link.delegate === OPEN_DELEGATE))
    out.push(finding('compile.open_delegate', index, 'Anyone could redeem this.', 'Name the account of the agent.'))
  if (link.parent === 'missing')
    out.push(
      finding('compile.broken_chain', index, 'The link above is not here.', 'Give the whole chain, up to its root.'),
    )
  if (caveats === null) {
    out.push(finding('compile.link_too_large', index, 'A link has more caveats than can be redeemed.', 'Use fewer.'))
    return out
  }
  caveats.forEach((caveat, at) => {
    const otherLayout =
      caveat.kind === 'unknown' && caveat.enforcer === enforcers['SpecificActionERC20TransferBatchEnforcer']
    const hazard = otherLayout
      ? LAYOUT
      : (HAZARDS[caveat.kind] ?? partial(caveat) ?? repeated(caveat, caveats.slice(0, at)))
    if (hazard !== undefined) out.push({ ...finding(hazard[0], index, hazard[1], hazard[2], hazard[3]), caveat: at })
  })
  return out
}

type Hazard = readonly [code: CompileFindingCode, message: string, fix: string, acknowledge?: string]

/** The published encoder writes 92 bytes and calldata, the contract on the known chains reads 124 and calldata. */
const LAYOUT: Hazard = [
  'compile.layout_differs',
  'Deployments read the terms of this caveat in two ways: it is dead on one of them.',
  'Use a single-mode caveat for each call; acknowledge this where the code on the chain was checked.',
  'caveat:layout',
]

/** Kinds of caveats that do not hold what they are written for. */
const HAZARDS: Readonly<Partial<Record<CaveatKind, Hazard>>> = {
  unknown: ['compile.unknown_caveat', 'What a caveat permits is not known.', 'Use enforcers that Ambit reads.'],
  logicalOr: [
    'compile.logical_or',
    'The redeemer picks one of several groups: they share counters, and a nonce among them ends nothing.',
    'Give each group a delegation of its own.',
  ],
  argsEqualityCheck: [
    'compile.no_restriction',
    'A caveat compares with what the redeemer itself fills in: it restricts nobody.',
    'Pin the calldata instead.',
  ],
  specificActionBatch: LAYOUT,
}

const BALANCE: Hazard = [
  'compile.balance_guard',
  'A balance is compared within one execution: nothing is summed up, and an allowance gets past it.',
  'Use a cap; beside one, acknowledge this.',
  'caveat:balance',
]
const LOCKED: Hazard = [
  'compile.balance_locked',
  'Two caveats lock the same balance: the second one finds it locked and refuses every call.',
  'Keep one for each balance.',
]
const PERIODS: Hazard = [
  'compile.periods_share_counter',
  'Two periods share one counter: each call counts twice, and the terms of the second are never read.',
  'Keep one, or put the other on a parent.',
]
const COUNTED: Hazard = [
  'compile.counted_twice',
  'Two caveats share one counter: each call counts twice.',
  'Keep one, or put the other on a parent.',
]
const PARTIAL: Hazard = [
  'compile.partial_pin',
  'A pin covers a part of an argument word: the rest of it may be anything.',
  'Pin whole words, upper bits included; acknowledge this where it is the text of a dynamic argument.',
  'pin:partial',
]
/** They copy their terms into storage at first use. */
const PERIOD_KINDS: ReadonlySet<CaveatKind> = new Set([
  'erc20PeriodTransfer',
  'nativePeriodTransfer',
  'multiTokenPeriod',
  'erc20Streaming',
  'nativeStreaming',
])
const BALANCE_KINDS: ReadonlySet<CaveatKind> = new Set([
  'erc20BalanceChange',
  'erc721BalanceChange',
  'erc1155BalanceChange',
  'nativeBalanceChange',
])

/** Words of arguments start behind the selector; a target may read all 32 bytes of one. */
function partial(caveat: DecodedCaveat): Hazard | undefined {
  if (caveat.kind !== 'allowedCalldata') return undefined
  const within = (at: bigint) => at !== 0n && (at - 4n) % 32n !== 0n
  const end = caveat.start + BigInt(byteLength(caveat.value))
  return within(caveat.start) || within(end) ? PARTIAL : undefined
}

/** FACTS C1, C2: what keeps a counter by delegation hash, after another of its kind. */
function repeated(caveat: DecodedCaveat, before: readonly DecodedCaveat[]): Hazard | undefined {
  if (caveat.kind === 'unknown') return undefined
  const same = before.filter(({ kind }) => kind === caveat.kind)
  if (BALANCE_KINDS.has(caveat.kind)) return same.some((other) => locksWith(caveat, other)) ? LOCKED : BALANCE
  if (!codecByKind[caveat.kind].counts || same.length === 0) return undefined
  // Of two tokens nothing passes at all: that is found over the whole path.
  if (same.every((other) => 'token' in other && 'token' in caveat && other.token !== caveat.token)) return undefined
  return PERIOD_KINDS.has(caveat.kind) ? PERIODS : COUNTED
}

/** The native and the ERC-20 contract lock by delegation and token, the other two by the account looked at as well. */
function locksWith(a: DecodedCaveat, b: DecodedCaveat): boolean {
  const key = (caveat: DecodedCaveat) => [
    'token' in caveat && caveat.token,
    (caveat.kind === 'erc721BalanceChange' || caveat.kind === 'erc1155BalanceChange') && caveat.recipient,
    'tokenId' in caveat && caveat.tokenId,
  ]
  return key(a).every((part, at) => part === key(b)[at])
}
