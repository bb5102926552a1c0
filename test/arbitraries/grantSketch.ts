import type { KnownCaveat } from '../../src/caveats/codec.ts'
import type { Caveat } from '../../src/caveats/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { chance, type Draw, pick } from './draw.ts'
import { type Sketched, sketchCalls } from './sketchCall.ts'
import { sketchCaveat } from './sketchCaveat.ts'

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
  /** Answers every call with the word 1. */
  mock: Address
  /** The enforcer that deploys. */
  deployer: Address
  now: bigint
  block: bigint
}

/** With what the redeemer adds to the caveat, where it adds anything. */
export type SketchedCaveat = KnownCaveat & { added?: Hex }

/** `more`: caveats as bytes, behind the others. */
export type LinkSketch = {
  delegator: Address
  delegate: Address
  caveats: SketchedCaveat[]
  more?: readonly Caveat[]
}

/** Links leaf first, and the calls that they were made around: one, or a batch. */
export type GrantSketch = { links: LinkSketch[]; redeemer: Address; base: readonly Call[] }

/** What a caveat is sketched next to. */
export type Around = { base: readonly [Call, ...Call[]]; redeemer: Address; about: Sketched; lean: Lean }

/** What the chain is to say where a caveat compares what the call seldom moves; `any` leaves it to chance. */
export type Lean = 'pass' | 'refuse' | 'any'

/** Every time in a sketch is this many seconds times something from `now`: whoever warps there meets many edges at once. */
export const STEP = 30n

const OPEN: Address = '0x0000000000000000000000000000000000000a11'

/** How often a kind that fits is put into a link, of a hundred, by the number of links: long chains need not be longer. */
const SHARE = [45, 45, 32, 26, 22]

/**
 * A chain of one to four links around one action. Most caveats admit that action, with bounds close to it; some do not, and
 * some are odd (two counters of one storage, pinned parts of the amount, starts in the future, bounds of zero).
 */
export function sketchGrant(draw: Draw, world: World): GrantSketch {
  const depth = pick(draw, [1, 1, 1, 2, 2, 2, 3, 4])
  const { about, calls } = sketchCalls(draw, world)
  return sketchChain(draw, world, depth, about, calls, (around) =>
    depth > 1 && chance(draw, 8) ? [] : sketchCaveats(draw, world, around, SHARE[depth] ?? 0),
  )
}

/** A chain of one or two links whose root is about one kind of caveat, now and then twice, with little beside it. */
export function sketchFocused(draw: Draw, world: World, kind: Kind, lean: Lean): GrantSketch {
  const fitting = (Object.keys(FITTING) as Sketched[]).filter((about) => FITTING[about].includes(kind))
  const { about, calls } = sketchCalls(draw, world, fitting)
  const caveat = (around: Around) => sketchCaveat(draw, world, kind, { ...around, lean })
  const depth = pick(draw, [1, 1, 2])
  let link = 0
  return sketchChain(draw, world, depth, about, calls, (around) => {
    if (link++ > 0) return sketchCaveats(draw, world, around, 10)
    return chance(draw, 20) ? [caveat(around), caveat(around)] : [caveat(around)]
  })
}

function sketchChain(
  draw: Draw,
  world: World,
  depth: number,
  about: Sketched,
  calls: readonly Call[],
  caveats: (around: Around) => SketchedCaveat[],
): GrantSketch {
  const agent = pick(draw, world.agents)
  const open = chance(draw, 3)
  const redeemer = open ? pick(draw, world.agents) : agent
  const around: Around = { base: calls as Around['base'], redeemer, about, lean: 'any' }
  const holders = [pick(draw, world.principals)]
  for (let link = 1; link < depth; link++) {
    holders.push(chance(draw, 20) ? pick(draw, world.principals) : pick(draw, world.agents))
  }
  const links = holders.map((delegator, index): LinkSketch => {
    const next = holders[index + 1]
    const delegate = next === undefined ? (open ? OPEN : agent) : chance(draw, 3) ? OPEN : next
    return { delegator, delegate, caveats: caveats(around) }
  })
  return { links: links.reverse(), redeemer, base: calls }
}

type Kind = KnownCaveat['kind']

/** Kinds that fit what a grant is about. */
const FITTING: Readonly<Record<Sketched, readonly Kind[]>> = {
  token: [
    ...(['erc20TransferAmount', 'erc20PeriodTransfer', 'erc20Streaming', 'multiTokenPeriod', 'valueLte'] as const),
    ...(['allowedCalldata', 'allowedTargets', 'allowedMethods'] as const),
  ],
  native: [
    ...(['nativeTransferAmount', 'nativePeriodTransfer', 'nativeStreaming', 'multiTokenPeriod'] as const),
    ...(['exactCalldata', 'allowedTargets', 'valueLte'] as const),
  ],
  call: ['allowedTargets', 'allowedMethods', 'allowedCalldata', 'valueLte', 'nativeTransferAmount', 'exactCalldata'],
  nft: ['erc721Transfer', 'erc721Transfer', 'allowedTargets', 'allowedMethods', 'allowedCalldata', 'valueLte'],
  ownership: ['ownershipTransfer', 'ownershipTransfer', 'allowedTargets', 'allowedCalldata', 'valueLte'],
  revocation: ['approvalRevocation', 'approvalRevocation', 'approvalRevocation', 'allowedTargets', 'allowedCalldata'],
  batch: ['exactExecutionBatch', 'exactCalldataBatch', 'specificActionBatch', 'exactExecutionBatch'],
}

const ANYWHERE: readonly Kind[] = ['timestamp', 'nonce', 'limitedCalls', 'redeemer']

/** Kinds that would decide everything if they stood everywhere, with their share of a hundred links. */
const RARE: readonly (readonly [Kind, number])[] = [
  ['blockNumber', 12],
  ['id', 10],
  ['argsEqualityCheck', 10],
  ['deployed', 6],
  ['nativeBalanceChange', 3],
  ['erc20BalanceChange', 2],
  ['erc721BalanceChange', 2],
  ['erc1155BalanceChange', 2],
  ['logicalOr', 2],
  ['nativePayment', 1],
]

/** Kinds that fit, most of them once; then, rarely, any kind again. */
function sketchCaveats(draw: Draw, world: World, around: Around, share: number): SketchedCaveat[] {
  const { about } = around
  const fitting = FITTING[about]
  const exact: readonly Kind[] = about === 'batch' || chance(draw, 85) ? [] : ['exactExecution']
  const list = [...fitting, ...ANYWHERE, ...exact].filter(() => chance(draw, share))
  for (const [kind, percent] of RARE) if (chance(draw, percent)) list.push(kind, ...(chance(draw, 10) ? [kind] : []))
  if (chance(draw, 12)) list.push(pick(draw, [...fitting, ...ANYWHERE, 'erc20TransferAmount', 'nativePeriodTransfer']))
  shuffle(draw, list)
  return list.slice(0, 6).map((kind) => sketchCaveat(draw, world, kind, around))
}

function shuffle<item>(draw: Draw, items: item[]): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = draw.int(at + 1)
    ;[items[at], items[other]] = [items[other] as item, items[at] as item]
  }
}
