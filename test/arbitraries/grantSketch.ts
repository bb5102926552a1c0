import type { KnownCaveat } from '../../src/caveats/codec.ts'
import type { Caveat } from '../../src/caveats/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { chance, type Draw, pick } from './draw.ts'

/** The accounts and contracts that generated grants and actions are about. */
export type World = {
  chainId: number
  /** Accounts with code: roots. */
  principals: readonly [Address, ...Address[]]
  /** Plain accounts: agents that hold or pass on authority, and strangers. */
  agents: readonly [Address, Address, ...Address[]]
  payees: readonly [Address, Address, ...Address[]]
  token: Address
  otherToken: Address
  target: Address
  now: bigint
}

/** `more`: caveats as bytes, behind the others. */
export type LinkSketch = { delegator: Address; delegate: Address; caveats: KnownCaveat[]; more?: readonly Caveat[] }

/** Links leaf first, and the action that they were made around. */
export type GrantSketch = { links: LinkSketch[]; redeemer: Address; base: Call }

/** Every time in a sketch is this many seconds times something from `now`: whoever warps there meets many edges at once. */
export const STEP = 30n

const TRANSFER = '0xa9059cbb'
const ORDER = '0x2b243ff0'
const OPEN: Address = '0x0000000000000000000000000000000000000a11'
const MAX = (1n << 256n) - 1n

/**
 * A chain of one or two links around one action. Most caveats admit that action, with bounds close to it; some do not, and
 * some are odd (two counters of one storage, pinned parts of the amount, starts in the future, bounds of zero).
 */
export function sketchGrant(draw: Draw, world: World): GrantSketch {
  const base = sketchCall(draw, world)
  const principal = pick(draw, world.principals)
  const agent = pick(draw, world.agents)
  const two = chance(draw, 50)
  const middle = two ? (chance(draw, 25) ? principal : pick(draw, world.agents)) : agent
  const open = chance(draw, 3)
  const redeemer = open ? pick(draw, world.agents) : agent
  const leafDelegate = open ? OPEN : agent
  const root: LinkSketch = {
    delegator: principal,
    delegate: two ? (chance(draw, 3) ? OPEN : middle) : leafDelegate,
    caveats: sketchCaveats(draw, world, base, redeemer),
  }
  if (!two) return { links: [root], redeemer, base }
  const leaf: LinkSketch = {
    delegator: middle,
    delegate: leafDelegate,
    caveats: chance(draw, 8) ? [] : sketchCaveats(draw, world, base, redeemer),
  }
  return { links: [leaf, root], redeemer, base }
}

export function transferCall(token: Address, to: Address, amount: bigint): Call {
  return { to: token, value: 0n, data: `${TRANSFER}${to.slice(2).padStart(64, '0')}${word(amount)}` as Hex }
}

export function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

/** The call that a grant is made around: a token transfer, a native transfer, or a call with three arguments. */
function sketchCall(draw: Draw, world: World): Call {
  const payee = pick(draw, world.payees)
  const amount = BigInt(1 + draw.int(60))
  switch (draw.int(10)) {
    case 0:
    case 1:
    case 2:
      return { to: payee, value: amount, data: '0x' }
    case 3:
    case 4: {
      const data: Hex =
        `${ORDER}${word(amount)}${payee.slice(2).padStart(64, '0')}${word(BigInt(draw.int(1000)))}` as Hex
      return { to: world.target, value: chance(draw, 40) ? amount : 0n, data }
    }
    default:
      return transferCall(world.token, payee, amount)
  }
}

/** Kinds that fit a call, most of them once; then, rarely, any kind again. */
function sketchCaveats(draw: Draw, world: World, base: Call, redeemer: Address): KnownCaveat[] {
  const token = base.data.startsWith(TRANSFER)
  const native = base.data === '0x'
  const kinds: SketchedKind[] = token
    ? ['erc20TransferAmount', 'erc20PeriodTransfer', 'valueLte', 'allowedCalldata', 'allowedTargets', 'allowedMethods']
    : native
      ? ['nativeTransferAmount', 'nativePeriodTransfer', 'exactCalldata', 'allowedTargets', 'valueLte']
      : ['allowedTargets', 'allowedMethods', 'allowedCalldata', 'valueLte', 'nativeTransferAmount', 'exactCalldata']
  const common: SketchedKind[] = ['timestamp', 'nonce', 'limitedCalls', 'redeemer']
  const list = [...kinds, ...common].filter(() => chance(draw, 45))
  if (chance(draw, 12))
    list.push(pick(draw, [...kinds, ...common, 'erc20TransferAmount', 'nativePeriodTransfer'] as const))
  shuffle(draw, list)
  return list.slice(0, 6).map((kind) => sketchCaveat(draw, world, kind, base, redeemer))
}

/** Kinds that a sketch puts into its links. */
type SketchedKind =
  | 'allowedCalldata'
  | 'allowedMethods'
  | 'allowedTargets'
  | 'erc20PeriodTransfer'
  | 'erc20TransferAmount'
  | 'exactCalldata'
  | 'limitedCalls'
  | 'nativePeriodTransfer'
  | 'nativeTransferAmount'
  | 'nonce'
  | 'redeemer'
  | 'timestamp'
  | 'valueLte'

function sketchCaveat(draw: Draw, world: World, kind: SketchedKind, base: Call, redeemer: Address): KnownCaveat {
  const { now } = world
  const odd = chance(draw, 7)
  const near = BigInt(20 + draw.int(80))
  switch (kind) {
    case 'allowedCalldata':
      return sketchPin(draw, base, odd)
    case 'allowedMethods': {
      const own = base.data.length >= 10 ? (base.data.slice(0, 10) as Hex) : TRANSFER
      return { kind, selectors: odd ? ['0x095ea7b3'] : chance(draw, 50) ? [own] : ['0x12345678', own] }
    }
    case 'allowedTargets':
      return {
        kind,
        targets: odd ? [world.otherToken] : chance(draw, 50) ? [base.to] : [world.payees[1], base.to].filter(unique),
      }
    case 'erc20TransferAmount':
      return { kind, token: odd ? world.otherToken : world.token, limit: bound(draw, near) }
    case 'nativeTransferAmount':
      return { kind, limit: bound(draw, near) }
    case 'erc20PeriodTransfer':
      return { kind, token: odd ? world.otherToken : world.token, ...sketchPeriod(draw, now, near) }
    case 'nativePeriodTransfer':
      return { kind, ...sketchPeriod(draw, now, near) }
    case 'exactCalldata':
      return { kind, data: odd ? (`${base.data}00` as Hex) : base.data }
    case 'limitedCalls':
      return { kind, limit: BigInt(1 + draw.int(3)) }
    case 'nonce':
      return { kind, nonce: chance(draw, 5) ? 7n : 0n }
    case 'redeemer':
      return { kind, redeemers: odd ? [world.payees[0]] : chance(draw, 50) ? [redeemer] : [world.payees[0], redeemer] }
    case 'timestamp': {
      const after = chance(draw, 40) ? 0n : now + STEP * BigInt(draw.int(7) - 2)
      const before = (after > now ? after : now) + STEP * BigInt(1 + draw.int(chance(draw, 60) ? 8 : 40))
      return { kind, after, before: chance(draw, 15) ? 0n : before }
    }
    case 'valueLte':
      return { kind, max: chance(draw, 70) ? base.value : base.value + BigInt(draw.int(20)) }
  }
}

function sketchPeriod(draw: Draw, now: bigint, near: bigint): { amount: bigint; duration: bigint; start: bigint } {
  return {
    amount: chance(draw, 4) ? MAX : near,
    duration: chance(draw, 6) ? 1n << 200n : STEP * BigInt(1 + draw.int(4)),
    start: now + STEP * BigInt(chance(draw, 20) ? draw.int(5) : -draw.int(20)),
  }
}

/** Bytes of the call fixed in one place: the selector, a payee, an argument, a part of the amount. */
function sketchPin(draw: Draw, base: Call, odd: boolean): KnownCaveat {
  const kind = 'allowedCalldata'
  const bytes = (base.data.length - 2) / 2
  const cut = (start: number, length: number): Hex => `0x${base.data.slice(2 + start * 2, 2 + (start + length) * 2)}`
  if (bytes < 4) return { kind, start: BigInt(draw.int(3)), value: '0x00' }
  if (odd) {
    const starts = [BigInt(bytes), BigInt(bytes - 1), (1n << 32n) - 2n, 100_000n]
    return { kind, start: pick(draw, starts), value: pick(draw, ['0x00', '0x0001'] as const) }
  }
  if (chance(draw, 55) && bytes >= 36) return { kind, start: 4n, value: cut(4, 32) }
  // Part of the amount word: its high bytes, its low bytes, or all of it.
  if (chance(draw, 40) && bytes >= 68) {
    const start = pick(draw, [36, 36, 60, 67])
    return {
      kind,
      start: BigInt(start),
      value: cut(
        start,
        pick(
          draw,
          [1, 8, 32].filter((size) => start + size <= 68),
        ),
      ),
    }
  }
  const start = draw.int(bytes)
  return { kind, start: BigInt(start), value: cut(start, 1 + draw.int(Math.min(40, bytes - start))) }
}

function bound(draw: Draw, near: bigint): bigint {
  if (chance(draw, 5)) return 0n
  return chance(draw, 5) ? MAX - BigInt(draw.int(2)) : near
}

function unique<item>(entry: item, index: number, all: readonly item[]): boolean {
  return all.indexOf(entry) === index
}

function shuffle<item>(draw: Draw, items: item[]): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = draw.int(at + 1)
    ;[items[at], items[other]] = [items[other] as item, items[at] as item]
  }
}
