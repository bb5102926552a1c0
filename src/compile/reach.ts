import type { DecodedCaveat } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, sliceBytes } from '../primitives/hex.ts'
import { min } from '../primitives/integer.ts'
import { TRANSFER_SELECTOR } from './dangers.ts'
import { selectorOf } from './selector.ts'
import { isPlain } from './taskScope.ts'

/** What all caveats of one path together leave to be called. `null`: whatever one likes. */
export type Reach = {
  targets: readonly Address[] | null
  selectors: readonly Hex[] | null
  /** The whole calldata of each call, where a caveat fixes it, with the target where it is fixed too. */
  exact: readonly { to: Address | null; data: Hex }[] | null
  /** Only plain payments. */
  plain: boolean
  /** Tokens whose transfers a limit counts; a call must be of all of them. */
  tokens: readonly Address[]
  /** A limit counts the native coin. */
  nativeCapped: boolean
  /** Most native coin of one call; `null` where nothing says. */
  nativeMost: bigint | null
  /** Something ends it after a number of uses. */
  counted: boolean
}

export function reachOf(all: readonly DecodedCaveat[]): Reach {
  const tokens = all.flatMap(cappedToken)
  const exact = exactOf(all)
  return {
    targets: meet(all.flatMap((caveat) => targetsOf(caveat))),
    selectors: meet(all.flatMap((caveat) => selectorsOf(caveat))),
    exact,
    plain: exact?.every(({ data }) => data === '0x') ?? false,
    tokens,
    nativeCapped: all.some(({ kind }) => NATIVE_LIMITS.has(kind)),
    nativeMost: lowest(all.flatMap(mostValue)),
    counted: all.some(({ kind }) => kind === 'limitedCalls' || kind === 'id' || kind === 'specificActionBatch'),
  }
}

/** Who a call pays: the low 20 bytes of the word at 4, where it is fixed. */
export function pinnedPayees(all: readonly DecodedCaveat[]): Address[] {
  return all.flatMap((caveat): Address[] => {
    if (caveat.kind === 'specificActionBatch') return [caveat.recipient]
    if (caveat.kind === 'exactCalldata' || caveat.kind === 'exactExecution') {
      return byteLength(caveat.data) >= 36 ? [sliceBytes(caveat.data, 16, 36)] : []
    }
    if (caveat.kind !== 'allowedCalldata' || caveat.start > 16n) return []
    const from = 16 - Number(caveat.start)
    return byteLength(caveat.value) >= from + 20 ? [sliceBytes(caveat.value, from, from + 20)] : []
  })
}

/** Is this argument word fixed? */
export function isPinned(all: readonly DecodedCaveat[], word: number): boolean {
  const start = BigInt(4 + word * 32)
  return all.some(
    (c) =>
      EXACT_KINDS.has(c.kind) ||
      (c.kind === 'allowedCalldata' && c.start <= start && c.start + BigInt(byteLength(c.value)) >= start + 32n),
  )
}

/** The token that a limit of one token counts. */
export function cappedToken(caveat: DecodedCaveat): Address[] {
  return caveat.kind === 'erc20TransferAmount' ||
    caveat.kind === 'erc20PeriodTransfer' ||
    caveat.kind === 'erc20Streaming'
    ? [caveat.token]
    : []
}

/** What all lists have in common; `null` where there is no list. */
export function meet<item>(lists: readonly (readonly item[])[]): readonly item[] | null {
  const [first, ...others] = lists
  if (first === undefined) return null
  const sets = others.map((list) => new Set(list))
  return [...new Set(first)].filter((item) => sets.every((set) => set.has(item)))
}

const NATIVE_LIMITS: ReadonlySet<string> = new Set(['nativeTransferAmount', 'nativePeriodTransfer', 'nativeStreaming'])
const EXACT_KINDS: ReadonlySet<string> = new Set([
  'exactCalldata',
  'exactExecution',
  'exactExecutionBatch',
  'specificActionBatch',
])
const APPROVE_SELECTOR = selectorOf('approve(address,uint256)')
const NFT_SELECTORS = [
  selectorOf('transferFrom(address,address,uint256)'),
  selectorOf('safeTransferFrom(address,address,uint256)'),
  selectorOf('safeTransferFrom(address,address,uint256,bytes)'),
]
const NATIVE_TOKEN = `0x${'0'.repeat(40)}`

/** Lists of which the target must be in one each. */
export function targetsOf(caveat: DecodedCaveat): (readonly Address[])[] {
  switch (caveat.kind) {
    case 'allowedTargets':
      return [caveat.targets]
    case 'erc20TransferAmount':
    case 'erc20PeriodTransfer':
    case 'erc20Streaming':
    case 'erc721Transfer':
      return [[caveat.token]]
    case 'exactExecution':
    case 'ownershipTransfer':
      return [[caveat.target]]
    case 'exactExecutionBatch':
      return [caveat.executions.map(({ target }) => target)]
    case 'specificActionBatch':
      return [[caveat.token, caveat.first.target]]
    case 'taskScope':
      return [caveat.rules.flatMap(({ target, allowance }) => (allowance ? [target, allowance.token] : [target]))]
    case 'multiTokenPeriod':
      // Native coin goes to whom one likes.
      return countsPayments(caveat) ? [] : [caveat.periods.map(({ token }) => token)]
    default:
      return []
  }
}

/** True for a caveat that names a function and lets plain payments, with no calldata, pass beside it. */
export function countsPayments(caveat: DecodedCaveat): boolean {
  return caveat.kind === 'multiTokenPeriod' && caveat.periods.some(({ token }) => token === NATIVE_TOKEN)
}

/** Lists of which the selector must be in one each; none where no function is named. */
export function selectorsOf(caveat: DecodedCaveat): (readonly Hex[])[] {
  switch (caveat.kind) {
    case 'allowedMethods':
      return [caveat.selectors]
    case 'allowedCalldata':
      return caveat.start === 0n && byteLength(caveat.value) >= 4 ? [[sliceBytes(caveat.value, 0, 4)]] : []
    case 'exactCalldata':
    case 'exactExecution':
      return caveat.data === '0x' ? [] : [[sliceBytes(caveat.data, 0, 4)]]
    case 'exactCalldataBatch':
    case 'exactExecutionBatch': {
      const selectors = caveat.executions.flatMap(({ data }) => (data === '0x' ? [] : [sliceBytes(data, 0, 4)]))
      return selectors.length === 0 ? [] : [selectors]
    }
    case 'specificActionBatch':
      return [[TRANSFER_SELECTOR, sliceBytes(caveat.first.data, 0, 4)]]
    case 'erc20TransferAmount':
    case 'erc20PeriodTransfer':
    case 'erc20Streaming':
    case 'multiTokenPeriod':
      return [[TRANSFER_SELECTOR]]
    case 'erc721Transfer':
      return [NFT_SELECTORS]
    case 'taskScope':
      // Where a plain payment passes beside the functions, none of them has to be called.
      return caveat.rules.some(isPlain)
        ? []
        : [caveat.rules.flatMap(({ selector, allowance }) => (allowance ? [selector, APPROVE_SELECTOR] : [selector]))]
    case 'ownershipTransfer':
      return [[selectorOf('transferOwnership(address)')]]
    default:
      return []
  }
}

function exactOf(all: readonly DecodedCaveat[]): Reach['exact'] {
  for (const caveat of all) {
    if (caveat.kind === 'exactExecution') return [{ to: caveat.target, data: caveat.data }]
    if (caveat.kind === 'exactCalldata') return [{ to: null, data: caveat.data }]
    if (caveat.kind === 'exactExecutionBatch')
      return caveat.executions.map(({ target, data }) => ({ to: target, data }))
    if (caveat.kind === 'exactCalldataBatch') return caveat.executions.map(({ data }) => ({ to: null, data }))
    if (caveat.kind === 'specificActionBatch') return [{ to: caveat.first.target, data: caveat.first.data }]
  }
  return null
}

function mostValue(caveat: DecodedCaveat): bigint[] {
  switch (caveat.kind) {
    case 'valueLte':
      return [caveat.max]
    case 'exactExecution':
      return [caveat.value]
    case 'exactExecutionBatch':
      return [caveat.executions.reduce((sum, { value }) => sum + value, 0n)]
    case 'specificActionBatch':
      return [caveat.first.value]
    case 'approvalRevocation':
      return [0n]
    // It counts the coin as one of its tokens, and lets none leave beside another.
    case 'multiTokenPeriod':
      return [0n]
    default:
      return []
  }
}

function lowest(values: readonly bigint[]): bigint | null {
  let least: bigint | null = null
  for (const value of values) least = least === null ? value : min(least, value)
  return least
}
