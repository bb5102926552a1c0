import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { PreparedBranch } from '../../src/verdict/prepared.ts'
import type { Action, Call, Counter, State } from '../../src/verdict/types.ts'
import { chance, type Draw, pick } from './draw.ts'
import type { World } from './grantSketch.ts'
import { SELECTORS, transferCall, word } from './sketchCall.ts'

const TRANSFER = SELECTORS.transfer
const OTHERS = Object.values(SELECTORS).map((selector) => selector.slice(2))
const MAX = (1n << 256n) - 1n

/**
 * An action next to one that the branch was made for: mostly an amount at, just below or just above a bound that decides at
 * this state, otherwise one thing changed. Random actions would all die on the first caveat and test nothing behind it.
 */
export function nearAction(
  draw: Draw,
  world: World,
  branch: PreparedBranch,
  state: State,
  [first, ...rest]: readonly Call[],
): Action {
  const base = first ?? transferCall(world.token, world.payees[0], 1n)
  const redeemer = redeemerOf(branch, world)
  const action = (call: Call): Action => ({ chainId: world.chainId, redeemer, calls: [call, ...rest] })
  // The amounts of an exact batch are fixed: changing them is one of the changes.
  const sized =
    rest.length === 0 && chance(draw, 60) ? withAmount(base, pick(draw, amountsNear(branch, state, base))) : base
  if (chance(draw, 55)) return action(sized)
  const other = changed(draw, world, sized)
  switch (draw.int(20)) {
    case 0:
      return { ...action(sized), redeemer: pick(draw, [...world.agents, ...world.principals]) }
    case 1:
    case 2:
      return { ...action(sized), calls: [sized, other, ...rest].slice(0, 2 + rest.length) }
    case 3:
      return { ...action(sized), chainId: world.chainId + 1 }
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      if (rest.length === 0) return action(other)
      return { ...action(base), calls: pick(draw, batchesNear(draw, world, [base, ...rest])) }
    default:
      return action(other)
  }
}

/** One call less, one more, in another order, or one of them changed. */
function batchesNear(draw: Draw, world: World, calls: readonly Call[]): (readonly Call[])[] {
  const at = draw.int(calls.length)
  return [
    calls.slice(1),
    calls.slice(0, -1),
    [...calls, ...calls.slice(0, 1)],
    calls.toReversed(),
    calls.map((call, index) => (index === at ? changed(draw, world, call) : call)),
    calls.map((call, index) => (index === at ? { ...call, value: call.value + 1n } : call)),
  ].filter((batch) => batch.length > 0)
}

/** One thing of a call changed. */
function changed(draw: Draw, world: World, call: Call): Call {
  const digits = call.data.slice(2)
  switch (draw.int(12)) {
    case 0:
      return { ...call, value: (call.value + pick(draw, [1n, 1n, 20n, 10n ** 30n])) % (MAX + 1n) }
    case 1:
      return { ...call, to: pick(draw, [world.token, world.otherToken, world.target, ...world.payees]) }
    case 2:
      return call.data === '0x'
        ? { ...call, to: pick(draw, world.payees) }
        : withBytes(call, 4, addressWord(pick(draw, world.payees)))
    case 3:
      return { ...call, data: `${call.data}${pick(draw, ['00', 'ff', '0'.repeat(64)])}` as Hex }
    case 4:
      return { ...call, data: `0x${digits.slice(0, Math.max(0, digits.length - 2 * (1 + draw.int(3))))}` }
    case 5:
      return withBytes(call, 0, pick(draw, [...OTHERS, 'a9059cbc']))
    case 6:
      return withBytes(call, 4 + draw.int(12), pick(draw, ['01', 'ff']))
    case 7:
    case 10:
      return digits === ''
        ? call
        : withBytes(call, draw.int(digits.length / 2), draw.int(256).toString(16).padStart(2, '0'))
    case 11:
      // The last word of a call is often what it is about: an id, an allowance, a new owner.
      return digits.length < 72 ? call : { ...call, data: `0x${digits.slice(0, -2)}${pick(draw, ['01', '02', '07'])}` }
    case 8:
      return { ...call, data: pick(draw, ['0x', '0xa9', '0xa9059c', TRANSFER] as const) }
    default:
      return transferCall(world.token, pick(draw, world.payees), BigInt(draw.int(100)))
  }
}

/** The bounds that decide at this state, with their neighbours. */
function amountsNear(branch: PreparedBranch, state: State, base: Call): bigint[] {
  const amounts = [0n, 1n, amountOf(base), MAX]
  for (const { caveats } of branch.links) {
    for (const { meaning, counter, earlier } of caveats) {
      const stored = state.counters[counter ?? '']
      const bound = boundOf(meaning, stored, state)
      if (bound === null) continue
      // Bounds are listed twice: the neighbourhood of what decides is where mistakes are.
      for (const near of [bound, bound / BigInt(earlier + 1)]) {
        for (const step of [-1n, 0n, 0n, 1n, 1n]) if (near + step >= 0n && near + step <= MAX) amounts.push(near + step)
      }
    }
  }
  return amounts
}

function boundOf(
  meaning: PreparedBranch['links'][number]['caveats'][number]['meaning'],
  stored: Counter | undefined,
  state: State,
): bigint | null {
  switch (meaning.kind) {
    case 'erc20TransferAmount':
    case 'nativeTransferAmount':
      return stored?.kind === 'spent' && stored.spent <= meaning.limit ? meaning.limit - stored.spent : meaning.limit
    case 'erc20Streaming':
    case 'nativeStreaming': {
      const now = state.block.timestamp
      const streamed = now < meaning.start ? 0n : meaning.initial + meaning.perSecond * (now - meaning.start)
      const spent = stored?.kind === 'stream' ? stored.spent : 0n
      const most = streamed > meaning.max ? meaning.max : streamed
      return most > spent ? most - spent : 0n
    }
    case 'multiTokenPeriod':
      return stored?.kind === 'period' && stored.start !== 0n && stored.transferred <= stored.amount
        ? stored.amount - stored.transferred
        : (meaning.periods[0]?.amount ?? null)
    case 'erc20PeriodTransfer':
    case 'nativePeriodTransfer':
      return stored?.kind === 'period' && stored.start !== 0n && stored.transferred <= stored.amount
        ? stored.amount - stored.transferred
        : meaning.amount
    case 'valueLte':
      return meaning.max
    default:
      return null
  }
}

function redeemerOf(branch: PreparedBranch, world: World): Address {
  const leaf = branch.links[0]?.delegate
  if (leaf !== undefined && leaf !== '0x0000000000000000000000000000000000000a11') return leaf
  const pinned = branch.links.flatMap(({ caveats }) =>
    caveats.flatMap(({ meaning }) => (meaning.kind === 'redeemer' ? meaning.redeemers : [])),
  )
  return pinned.find((account) => world.agents.includes(account)) ?? world.agents[0]
}

function amountOf(call: Call): bigint {
  return isTransfer(call) ? BigInt(`0x${call.data.slice(74)}`) : call.value
}

function withAmount(call: Call, amount: bigint): Call {
  return isTransfer(call)
    ? { ...call, data: `${call.data.slice(0, 74)}${word(amount)}` as Hex }
    : { ...call, value: amount }
}

function isTransfer(call: Call): boolean {
  return call.data.startsWith(TRANSFER) && call.data.length === 138
}

function withBytes(call: Call, at: number, bytes: string): Call {
  const digits = call.data.slice(2)
  return { ...call, data: `0x${digits.slice(0, at * 2)}${bytes}${digits.slice(at * 2 + bytes.length)}` }
}

function addressWord(address: Address): string {
  return address.slice(2).padStart(64, '0')
}
