import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import { AMOUNT_WORD, selectorDanger, TRANSFER_SELECTOR, targetDanger } from './dangers.ts'
import type { CompileFindingCode } from './errors.ts'

/** Takes one finding: code, message, fix, and the word that accepts it, where one does. */
export type Add = (code: CompileFindingCode, message: string, fix: string, acknowledge?: string | null) => void

/** What all caveats of one path together let be called, with what, for how much. */
export function inspectCalls(
  all: readonly DecodedCaveat[],
  principal: Address,
  environment: Environment,
  add: Add,
): void {
  const { tokens, targets, selectors } = callableOf(all)
  const noCalldata = all.some((c) => c.kind === 'exactCalldata' && c.data === '0x')

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
  const counted = all.some((c) => c.kind === 'limitedCalls')
  if (!native && !all.some((c) => c.kind === 'valueLte' && (c.max === 0n || counted)))
    add('compile.native_unbounded', 'Nothing bounds how much native coin may leave.', 'Add ValueLte of zero, or a cap.')
  const shaped = all.some((c) => c.kind === 'exactCalldata') || (targets !== null && selectors !== null)
  if (native && !shaped)
    add(
      'compile.native_with_calldata',
      'A call of value zero may do anything: no limit applies to it.',
      'Add empty ExactCalldata.',
    )
}

/** Tokens that may be transferred; targets and selectors that may be called, `null` where nothing bounds them. */
export function callableOf(all: readonly DecodedCaveat[]): {
  tokens: readonly Address[]
  targets: readonly Hex[] | null
  selectors: readonly Hex[] | null
} {
  const tokens = all.flatMap((c) =>
    c.kind === 'erc20TransferAmount' || c.kind === 'erc20PeriodTransfer' ? [c.token] : [],
  )
  const targets = meet([
    ...all.flatMap((c) => (c.kind === 'allowedTargets' ? [c.targets] : [])),
    ...tokens.map((token) => [token]),
  ])
  const selectors = meet([
    ...all.flatMap((c) => (c.kind === 'allowedMethods' ? [c.selectors] : [])),
    ...all.flatMap((c) => pinnedSelector(c)),
    ...tokens.map(() => [TRANSFER_SELECTOR]),
  ])
  return { tokens, targets, selectors }
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
export function pinnedPayee(caveat: DecodedCaveat): Address[] {
  if (caveat.kind === 'exactCalldata') return byteLength(caveat.data) >= 36 ? [sliceBytes(caveat.data, 16, 36)] : []
  if (caveat.kind !== 'allowedCalldata' || caveat.start > 16n) return []
  const from = 16 - Number(caveat.start)
  return byteLength(caveat.value) >= from + 20 ? [sliceBytes(caveat.value, from, from + 20)] : []
}
