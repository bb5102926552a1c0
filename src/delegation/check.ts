import { decodeCaveat } from '../caveats/caveat.ts'
import type { Hex } from '../primitives/hex.ts'
import { checkLink, fail, pass } from './checkLink.ts'
import { CONTEXT_LIMITS, encodeContext } from './context.ts'
import { DelegationError } from './errors.ts'
import { type ChainFacts, type CheckCode, type CheckRow, type CheckStatus, statusOf } from './facts.ts'
import { hashDelegation } from './hash.ts'
import { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from './types.ts'

export type ChainCheck = {
  status: CheckStatus
  /** Delegation hashes, leaf first. Empty where the form is wrong. */
  hashes: readonly Hex[]
  rows: readonly CheckRow[]
}

/**
 * Would the manager accept this chain at the block of these facts? One row a question, and why. Never throws on a bad chain.
 *
 * It does not say what the chain permits: a valid chain may still forbid every action.
 *
 * @param delegations - Leaf first, signed.
 */
export function checkChain(delegations: readonly Delegation[], facts: ChainFacts): ChainCheck {
  const wrong = checkForm(delegations)
  if (wrong !== undefined) return { status: 'invalid', hashes: [], rows: [wrong] }
  const hashes = delegations.map(hashDelegation)
  const rows = [
    pass('form', null, 'Every field is canonical and within bounds.'),
    checkOrder(delegations),
    ...delegations.flatMap((_, link) => [
      ...checkStructure(delegations, hashes, link),
      checkDelegate(delegations[link] as Delegation, link, facts),
    ]),
    ...delegations.flatMap((delegation, link) =>
      checkLink({ delegation, hash: hashes[link] as Hex, link, root: link === delegations.length - 1 }, facts),
    ),
    checkPaused(facts),
  ]
  return { status: statusOf(rows), hashes, rows }
}

/** The encoder knows the bounds: what it would not write, no manager gets to see from us. */
function checkForm(delegations: readonly Delegation[]): CheckRow | undefined {
  try {
    encodeContext(delegations)
    return undefined
  } catch (error) {
    if (!(error instanceof DelegationError)) throw error
    const { link } = error.details
    return fail('form', typeof link === 'number' ? link : null, FORM_CODES[error.code] ?? 'malformed', FORM_DETAIL)
  }
}

const FORM_DETAIL = `A chain has 1 to ${CONTEXT_LIMITS.links} canonical links, ${CONTEXT_LIMITS.caveats} caveats each, ${CONTEXT_LIMITS.bytes} bytes.`

const FORM_CODES: Partial<Record<string, CheckCode>> = {
  'delegation.context_empty': 'empty',
  'delegation.context_too_many_links': 'too_many_links',
  'delegation.context_too_many_caveats': 'too_many_caveats',
  'delegation.context_too_large': 'too_large',
}

function checkOrder(delegations: readonly Delegation[]): CheckRow {
  const rootFirst = delegations.length > 1 && delegations[0]?.authority === ROOT_AUTHORITY
  return rootFirst
    ? fail('order', 0, 'root_first', 'A root stands where the leaf must be: a chain is written leaf first.')
    : pass('order', null, 'The leaf stands first.')
}

/** What the manager compares between neighbours. */
function checkStructure(delegations: readonly Delegation[], hashes: readonly Hex[], link: number): CheckRow[] {
  const delegation = delegations[link] as Delegation
  const above = delegations[link + 1]
  const rows: CheckRow[] = []
  if (above === undefined) {
    rows.push(
      delegation.authority === ROOT_AUTHORITY
        ? pass('root', link, 'The last link is a root.')
        : fail('root', link, 'not_a_root', 'The last link names a parent that is not in the chain.'),
    )
  } else {
    rows.push(
      delegation.authority === hashes[link + 1]
        ? pass('authority', link, 'Its authority is the link above.')
        : fail('authority', link, 'broken_authority', 'Its authority is not the hash of the link above.'),
      // The manager lets anybody pass on an open delegation. It then is open to the whole world, so it is failed below.
      delegation.delegator === above.delegate || above.delegate === ANY_DELEGATE
        ? pass('adjacency', link, 'Its delegator is the delegate of the link above.')
        : fail('adjacency', link, 'not_the_delegate', 'Its delegator is not the delegate of the link above.'),
    )
  }
  rows.push(
    hashes.indexOf(hashes[link] as Hex) === link
      ? pass('unique', link, 'No link before it is the same.')
      : fail('unique', link, 'duplicate', 'The same delegation stands in the chain before.'),
  )
  return rows
}

/** Open to the whole world is only what the whole world cannot use: where a key has to sign each redemption. */
function checkDelegate({ delegate, caveats }: Delegation, link: number, { environment }: ChainFacts): CheckRow {
  if (delegate !== ANY_DELEGATE) return pass('delegate', link, 'It names its delegate.')
  const keyed = caveats.some((caveat) => {
    const decoded = decodeCaveat(environment, caveat)
    return decoded.kind === 'taskScope' && decoded.requestKey !== null
  })
  return keyed
    ? pass('delegate', link, 'Anyone may submit it, with what the request key signed.')
    : fail('delegate', link, 'open_delegate', 'Anyone may redeem or pass on this link.')
}

function checkPaused({ paused }: ChainFacts): CheckRow {
  if (paused === undefined) {
    return { check: 'paused', link: null, result: 'unavailable', code: 'not_read', detail: 'The manager was not read.' }
  }
  return paused
    ? fail('paused', null, 'paused', 'The manager is paused: nothing can be redeemed on this chain.')
    : pass('paused', null, 'The manager is not paused.')
}
