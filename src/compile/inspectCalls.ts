import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { type Address, type Hex, sliceBytes } from '../primitives/hex.ts'
import { AMOUNT_WORD, selectorDanger, targetDanger } from './dangers.ts'
import type { CompileFindingCode } from './errors.ts'
import { type callsInside, carriesCalls } from './nested.ts'
import { isPinned, pinnedPayees, type Reach, reachOf } from './reach.ts'
import { isTaskScope } from './taskScope.ts'

/** Takes one finding: code, message, fix, and the word that accepts it, where one does. */
export type Add = (code: CompileFindingCode, message: string, fix: string, acknowledge?: string | null) => void

/** What all caveats of one path together let be called, with what, for how much. */
export function inspectCalls(
  all: readonly DecodedCaveat[],
  principal: Address,
  environment: Environment,
  add: Add,
  read: typeof callsInside,
): void {
  // It looks at every part of a call, rule by rule, and is judged so.
  if (all.some(isTaskScope)) return
  const reach = reachOf(all)
  const { targets, selectors, plain, tokens } = reach
  // These two look at every part of a call themselves.
  const closed = all.some(({ kind }) => kind === 'approvalRevocation' || kind === 'multiTokenPeriod')

  if (targets === null && !plain && !closed)
    add('compile.any_target', 'Any contract may be called, the manager and the principal too.', 'Add AllowedTargets.')
  for (const target of targets ?? []) {
    const danger = targetDanger(target, principal, environment)
    if (danger === undefined) continue
    const code = plain ? 'compile.forbidden_payee' : danger.code
    add(code, `A target is ${danger.what}.`, 'Name another address.', plain ? null : danger.acknowledge)
  }
  if (selectors === null && reach.exact === null && !closed)
    add('compile.any_method', 'Any function may be called, those that hand out allowances too.', 'Add AllowedMethods.')
  if ((targets?.length ?? 0) > 1 && (selectors?.length ?? 0) > 1 && reach.exact === null && !closed)
    add(
      'compile.cross_product',
      'Every function may be called on every contract, not only on the one that it was meant for.',
      'Give each contract and function a delegation of its own.',
    )
  for (const selector of selectors ?? []) inspectSelector(selector, all, reach, add)
  inspectInside(reach, principal, environment, add, read)
  for (const payee of tokens.length > 0 ? pinnedPayees(all) : []) {
    const danger = targetDanger(payee, principal, environment)
    if (danger !== undefined) add('compile.forbidden_payee', `A payee is ${danger.what}.`, 'Name another account.')
  }
  inspectValue(reach, closed, add)
}

function inspectSelector(selector: Hex, all: readonly DecodedCaveat[], reach: Reach, add: Add): void {
  const danger = selectorDanger(selector)
  if (danger !== undefined)
    add('compile.forbidden_selector', 'A function hands out more than one call.', 'Leave it out.', danger.acknowledge)
  if (carriesCalls(selector) && reach.exact === null)
    add(
      'compile.nested_open',
      'A function carries calls in its arguments, and what they are is left open.',
      'Allow the inner function itself, or pin every argument.',
    )
  const word = AMOUNT_WORD.get(selector)
  if (word === undefined || reach.tokens.length > 0) return
  // Of an NFT the word is the item, and an item leaves once.
  if (all.some(({ kind }) => kind === 'erc721Transfer' || kind === 'multiTokenPeriod')) return
  if (!isPinned(all, word) || !reach.counted) addUnbounded(add)
}

/** What a wrapper's pinned arguments call must be as harmless as what is called directly. */
export function inspectInside(
  { exact, counted }: Pick<Reach, 'exact' | 'counted'>,
  principal: Address,
  environment: Environment,
  add: Add,
  read: typeof callsInside,
): void {
  for (const { to, data } of exact ?? []) {
    // Where the target is one of several, so is what a wrapper calls on itself: those were judged as targets.
    const inside = read(to ?? ITSELF, data)
    if (inside === null) continue
    if (!inside.readable)
      add('compile.nested_unreadable', 'The calls inside a call cannot be read.', 'Allow the inner function itself.')
    for (const call of inside.calls) {
      const danger = targetDanger(call.to, principal, environment)
      if (danger !== undefined)
        add(danger.code, `A call inside a call is to ${danger.what}.`, 'Leave it out.', danger.acknowledge)
      const selector = sliceBytes(call.data, 0, 4)
      const bad = selectorDanger(selector)
      if (bad !== undefined)
        add('compile.forbidden_selector', 'A call inside a call hands out more.', 'Leave it out.', bad.acknowledge)
      if (call.delegated)
        add(
          'compile.nested_delegatecall',
          'A call inside a call runs as whoever makes it: it may do anything there.',
          'Use a plain call.',
        )
      if (AMOUNT_WORD.has(selector) && !counted) addUnbounded(add)
    }
  }
}

function inspectValue({ tokens, targets, selectors, exact, ...native }: Reach, closed: boolean, add: Add): void {
  const { nativeCapped, nativeMost, counted } = native
  if (tokens.length > 0 && nativeMost !== 0n)
    add('compile.value_with_token', 'Native coin may leave beside the token.', 'Add ValueLte of zero.')
  if (!nativeCapped && nativeMost !== 0n && (nativeMost === null || !counted))
    add('compile.native_unbounded', 'Nothing bounds how much native coin may leave.', 'Add ValueLte of zero, or a cap.')
  const shaped = exact !== null || closed || (targets !== null && selectors !== null)
  if (nativeCapped && !shaped)
    add(
      'compile.native_with_calldata',
      'A call of value zero may do anything: no limit applies to it.',
      'Add empty ExactCalldata.',
    )
}

/** Stands for a target that is not known by itself. */
const ITSELF: Address = '0x'

export function addUnbounded(add: Add): void {
  add(
    'compile.unbounded_transfer',
    'A token may be moved and nothing bounds how much.',
    'Use a transfer rule with a budget, or pin the amount and limit the calls.',
  )
}
