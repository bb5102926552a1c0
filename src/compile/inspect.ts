import { decodeCaveat } from '../caveats/caveat.ts'
import { codecByKind } from '../caveats/registry.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes } from '../primitives/hex.ts'
import { AMOUNT_WORD, selectorDanger, TRANSFER_SELECTOR, targetDanger } from './dangers.ts'
import type { CompileFindingCode } from './errors.ts'
import { isOpenDelegate } from './guardScope.ts'
import { type Link, leavesOf, pathOf } from './links.ts'

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
  const leaves = new Set(leavesOf(links))
  return [
    ...inspectSalts(links),
    ...links.flatMap((link, index) => inspectLink(link, index, decoded[index] ?? [])),
    ...links.flatMap((link, index) => {
      const path = pathOf(links, index)
      const root = links[path.at(-1) ?? index]
      // A link from the root's delegator to itself gives nobody anything; every other one may be redeemed as it stands.
      if (!leaves.has(index) && link.delegate === root?.delegator) return []
      return inspectPath(index, path, links, decoded, environment)
    }),
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
  const add = (code: CompileFindingCode, message: string, fix: string, acknowledge: string | null = null) =>
    out.push(finding(code, leaf, message, fix, acknowledge))

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

type Add = (code: CompileFindingCode, message: string, fix: string, acknowledge?: string | null) => void

/** What may be called, with what, for how much. */
function inspectCalls(all: readonly DecodedCaveat[], principal: Address, environment: Environment, add: Add): void {
  const tokens = all.flatMap((c) =>
    c.kind === 'erc20TransferAmount' || c.kind === 'erc20PeriodTransfer' ? [c.token] : [],
  )
  const noCalldata = all.some((c) => c.kind === 'exactCalldata' && c.data === '0x')
  const targets = meet([
    ...all.flatMap((c) => (c.kind === 'allowedTargets' ? [c.targets] : [])),
    ...tokens.map((token) => [token]),
  ])
  const selectors = meet([
    ...all.flatMap((c) => (c.kind === 'allowedMethods' ? [c.selectors] : [])),
    ...all.flatMap((c) => pinnedSelector(c)),
    ...tokens.map(() => [TRANSFER_SELECTOR]),
  ])

  if (targets === null && !noCalldata)
    add('compile.any_target', 'Any contract may be called, the manager and the principal too.', 'Add AllowedTargets.')
  for (const target of targets ?? []) {
    const danger = targetDanger(target, principal, environment)
    if (danger === undefined) continue
    const code = noCalldata ? 'compile.forbidden_payee' : 'compile.forbidden_target'
    add(code, `A target is ${danger.what}.`, 'Name another address.', noCalldata ? null : danger.acknowledge)
  }
  if (selectors === null && !noCalldata && !all.some((c) => c.kind === 'exactCalldata'))
    add('compile.any_method', 'Any function may be called, those that hand out allowances too.', 'Add AllowedMethods.')
  for (const selector of selectors ?? []) {
    const danger = selectorDanger(selector)
    if (danger !== undefined)
      add('compile.forbidden_selector', 'A function hands out more than one call.', 'Leave it out.', danger.acknowledge)
    const word = AMOUNT_WORD.get(selector)
    const bounded = word !== undefined && isPinned(all, word) && all.some((c) => c.kind === 'limitedCalls')
    if (word !== undefined && tokens.length === 0 && !bounded)
      add(
        'compile.unbounded_transfer',
        'A token may be moved and nothing bounds how much.',
        'Use a transfer rule with a budget, or pin the amount and limit the calls.',
      )
  }
  for (const payee of tokens.length > 0 ? all.flatMap(pinnedPayee) : []) {
    const danger = targetDanger(payee, principal, environment)
    if (danger !== undefined) add('compile.forbidden_payee', `A payee is ${danger.what}.`, 'Name another account.')
  }
  if (tokens.length > 0 && !all.some((c) => c.kind === 'valueLte' && c.max === 0n))
    add('compile.value_with_token', 'Native coin may leave beside the token.', 'Add ValueLte of zero.')
  const native = all.some((c) => c.kind === 'nativeTransferAmount' || c.kind === 'nativePeriodTransfer')
  const shaped = all.some((c) => c.kind === 'exactCalldata') || (targets !== null && selectors !== null)
  if (native && !shaped)
    add(
      'compile.native_with_calldata',
      'A call of value zero may do anything: no limit applies to it.',
      'Add empty ExactCalldata.',
    )
}

/** What all lists have in common; `null` where there is no list. */
function meet(lists: readonly (readonly Hex[])[]): readonly Hex[] | null {
  const [first, ...others] = lists
  return first === undefined ? null : first.filter((item) => others.every((list) => list.includes(item)))
}

function pinnedSelector(caveat: DecodedCaveat): Hex[][] {
  if (caveat.kind === 'allowedCalldata' && caveat.start === 0n && byteLength(caveat.value) >= 4) {
    return [[sliceBytes(caveat.value, 0, 4)]]
  }
  return caveat.kind === 'exactCalldata' && byteLength(caveat.data) >= 4 ? [[sliceBytes(caveat.data, 0, 4)]] : []
}

function isPinned(all: readonly DecodedCaveat[], word: number): boolean {
  const start = BigInt(4 + word * 32)
  return all.some(
    (c) =>
      c.kind === 'exactCalldata' ||
      (c.kind === 'allowedCalldata' && c.start <= start && c.start + BigInt(byteLength(c.value)) >= start + 32n),
  )
}

/** Who a token transfer pays: the low 20 bytes of the word at 4. */
function pinnedPayee(caveat: DecodedCaveat): Address[] {
  if (caveat.kind === 'exactCalldata') return byteLength(caveat.data) >= 36 ? [sliceBytes(caveat.data, 16, 36)] : []
  if (caveat.kind !== 'allowedCalldata' || caveat.start > 16n) return []
  const from = 16 - Number(caveat.start)
  return byteLength(caveat.value) >= from + 20 ? [sliceBytes(caveat.value, from, from + 20)] : []
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
