import type { TaskScopeRule } from '../caveats/taskScope/types.ts'
import type { DecodedCaveat } from '../caveats/types.ts'
import { exactCalldata, isPlain, isTaskScope, listedOn } from '../compile/taskScope.ts'
import { byteLength, concatBytes, type Hex, sliceBytes, uintToBytes } from '../primitives/hex.ts'

/** `transfer(address,uint256)`: the ERC-20 enforcers let nothing else pass. */
const TRANSFER: Hex = '0xa9059cbb'

/**
 * True only when whatever passes the caveats of `child` has a call that the caveats of `parent` let pass, too: target,
 * selector, calldata and native value. What is counted is left out: a counter is a matter of the day. A parent that holds a
 * whole scope in one caveat is compared by its scope, which whoever asks has done.
 *
 * Not every child that is narrow enough is recognised; one that is recognised is never dead under its parent.
 */
export function admits(parent: readonly DecodedCaveat[], child: readonly DecodedCaveat[]): boolean {
  return parent.every((caveat) => implies(child, caveat))
}

function implies(child: readonly DecodedCaveat[], wanted: DecodedCaveat): boolean {
  // One of its rules is what passes, and nobody knows which: so each of them.
  if (child.some((it) => isTaskScope(it) && it.rules.every((rule) => keepsTo(rule, wanted)))) return true
  switch (wanted.kind) {
    case 'allowedTargets':
      return child.some(
        (it) =>
          (it.kind === 'allowedTargets' && it.targets.every((target) => wanted.targets.includes(target))) ||
          (isToken(it) && wanted.targets.includes(it.token)),
      )
    case 'allowedMethods':
      return child.some((it) => {
        const selectors = selectorsOf(it)
        return selectors?.every((selector) => wanted.selectors.includes(selector))
      })
    case 'allowedCalldata':
      return child.some((it) => bytesOf(it, wanted.start, byteLength(wanted.value)) === wanted.value)
    case 'exactCalldata':
      return child.some((it) => it.kind === 'exactCalldata' && it.data === wanted.data)
    case 'valueLte':
      return child.some((it) => (mostNative(it) ?? wanted.max + 1n) <= wanted.max)
    case 'erc20TransferAmount':
    case 'erc20PeriodTransfer':
      return child.some((it) => isToken(it) && it.token === wanted.token)
    case 'nativeTransferAmount':
    case 'nativePeriodTransfer':
    case 'limitedCalls':
    case 'nonce':
    case 'timestamp':
    case 'redeemer':
    case 'taskScope':
      // Not about the call. Who redeems, and when, is looked at for the grant as a whole.
      return true
    default:
      return false
  }
}

/** Whether every call that a rule admits passes a caveat. */
function keepsTo(rule: TaskScopeRule, wanted: DecodedCaveat): boolean {
  // Three executions of a batch, and a caveat on the call takes one at a time.
  if (rule.allowance !== null) return false
  switch (wanted.kind) {
    case 'allowedTargets':
      return wanted.targets.includes(rule.target)
    case 'allowedMethods':
      return wanted.selectors.includes(rule.selector)
    case 'allowedCalldata':
      return fixedBytes(rule, Number(wanted.start), byteLength(wanted.value)) === wanted.value
    case 'exactCalldata':
      return exactCalldata(rule) === wanted.data
    case 'valueLte':
      return rule.maxValue <= wanted.max
    case 'erc20TransferAmount':
    case 'erc20PeriodTransfer':
      return rule.target === wanted.token && rule.selector === TRANSFER && rule.length === 68 && !rule.longer
    default:
      return false
  }
}

/** Calldata bytes that a rule fixes at a place; `null` where it does not fix all of them. */
function fixedBytes(rule: TaskScopeRule, start: number, size: number): Hex | null {
  if (isPlain(rule) || start + size > rule.length) return null
  const words = Array.from({ length: Math.floor((rule.length - 4) / 32) }, (_, word) => listedOn(rule.conditions, word))
  const [first, end] = [Math.max(0, Math.floor((start - 4) / 32)), Math.ceil((start + size - 4) / 32)]
  for (let word = first; word < end; word++) if (words[word]?.length !== 1) return null
  const data = concatBytes(rule.selector, ...words.map((listed) => uintToBytes(listed?.[0] ?? 0n, 32)))
  return sliceBytes(data, start, start + size)
}

function isToken(
  caveat: DecodedCaveat,
): caveat is Extract<DecodedCaveat, { kind: 'erc20TransferAmount' | 'erc20PeriodTransfer' }> {
  return caveat.kind === 'erc20TransferAmount' || caveat.kind === 'erc20PeriodTransfer'
}

/** Most wei that one call can carry under a caveat; `null` where it does not say. */
function mostNative(caveat: DecodedCaveat): bigint | null {
  if (caveat.kind === 'valueLte') return caveat.max
  if (caveat.kind === 'nativeTransferAmount') return caveat.limit
  return caveat.kind === 'nativePeriodTransfer' ? caveat.amount : null
}

/** The selectors a caveat leaves open; `null` where it says nothing about them. */
function selectorsOf(caveat: DecodedCaveat): readonly Hex[] | null {
  if (caveat.kind === 'allowedMethods') return caveat.selectors
  if (isToken(caveat)) return [TRANSFER]
  const selector = bytesOf(caveat, 0n, 4)
  return selector === null ? null : [selector]
}

/** Calldata bytes that a caveat fixes at a place; `null` where it does not fix all of them. */
function bytesOf(caveat: DecodedCaveat, start: bigint, size: number): Hex | null {
  if (caveat.kind !== 'exactCalldata' && caveat.kind !== 'allowedCalldata') return null
  const [first, value] = caveat.kind === 'exactCalldata' ? [0n, caveat.data] : [caveat.start, caveat.value]
  if (start < first || start + BigInt(size) > first + BigInt(byteLength(value))) return null
  const from = Number(start - first)
  return sliceBytes(value, from, from + size)
}
