import type { Environment } from '../../src/caveats/types.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { prepareGrant } from '../../src/verdict/prepare.ts'
import type { PreparedCaveat, PreparedGrant } from '../../src/verdict/prepared.ts'
import { approvalKey } from '../../src/verdict/storage.ts'
import type { Action, Counter, State } from '../../src/verdict/types.ts'
import { nearAction } from './action.ts'
import { chance, type Draw, pick } from './draw.ts'
import { STEP, sketchGrant, type World } from './grantSketch.ts'
import { sketchDelegations } from './sketchDelegations.ts'

/** A grant, a state and near-valid actions, without a chain: histories are numbers near their bounds. */
export type VerdictCase = { prepared: PreparedGrant; state: State; actions: readonly Action[] }

const ZERO: Hex = `0x${'00'.repeat(32)}`

export const offlineWorld: World = {
  chainId: 8453,
  principals: [address(0x10), address(0x11)],
  agents: [address(0x20), address(0x21), address(0x22)],
  payees: [address(0x30), address(0x31), address(0x32)],
  token: address(0x40),
  otherToken: address(0x41),
  target: address(0x50),
  mock: address(0x51),
  deployer: address(0x52),
  block: 1_000n,
  now: 1_795_000_000n,
}

export function drawVerdictCase(draw: Draw, environment: Environment, actions: number): VerdictCase {
  const world = { ...offlineWorld, chainId: environment.chainId }
  const sketches = Array.from({ length: pick(draw, [1, 1, 1, 2, 3]) }, () => sketchGrant(draw, world))
  const grant: Grant = {
    schema: 'ambit.grant.v1',
    id: ZERO,
    chainId: environment.chainId,
    manager: environment.manager,
    lowering: 'framework',
    scopes: [],
    scopeHash: ZERO,
    accepted: [],
    ...sketchDelegations(draw, environment, sketches),
  }
  const prepared = prepareGrant(grant, environment)
  const state = drawState(draw, world, prepared)
  const drawn = Array.from({ length: actions }, () => {
    const index = draw.int(prepared.branches.length)
    const [branch, sketch] = [prepared.branches[index], sketches[index]]
    if (branch === undefined || sketch === undefined) throw new RangeError('a branch without a sketch')
    return nearAction(draw, world, branch, state, sketch.base)
  })
  const counters = { ...state.counters, ...approvals(draw, prepared, drawn) }
  return { prepared, state: { ...state, counters }, actions: drawn }
}

/** What targets say of approvals: read for an action, not for a grant. */
function approvals(draw: Draw, { branches }: PreparedGrant, actions: readonly Action[]): Record<string, Counter> {
  const links = branches.flatMap((branch) => branch.links)
  return Object.fromEntries(
    links.flatMap(({ delegator, caveats }) =>
      caveats
        .filter(({ meaning }) => meaning.kind === 'approvalRevocation')
        .flatMap(({ enforcer }) =>
          actions.flatMap(({ calls: [call] }) =>
            call === undefined
              ? []
              : [
                  [
                    approvalKey(enforcer, delegator, call),
                    { kind: 'hook' as const, passes: chance(draw, 70) },
                  ] as const,
                ],
          ),
        ),
    ),
  )
}

function drawState(draw: Draw, world: World, prepared: PreparedGrant): State {
  const timestamp = world.now + STEP * BigInt(draw.int(7)) + BigInt(draw.int(3)) - 1n
  const disabled: Record<Hex, boolean> = {}
  const nonces: Record<Hex, bigint> = {}
  const counters: Record<string, Counter> = {}
  for (const { links } of prepared.branches) {
    for (const { hash, delegator, caveats } of links) {
      disabled[hash] = chance(draw, 2)
      nonces[delegator] ??= chance(draw, 4) ? 1n : 0n
      for (const caveat of caveats) {
        const { counter } = caveat
        if (counter !== null) counters[counter] ??= drawCounter(draw, caveat, timestamp)
      }
    }
  }
  const block = { number: world.block + BigInt(draw.int(60)), hash: ZERO, timestamp }
  const { chainId, manager } = prepared
  return { chainId, manager, block, paused: chance(draw, 1), disabled, nonces, counters }
}

function drawCounter(draw: Draw, { meaning, period, stream }: PreparedCaveat, now: bigint): Counter {
  if (meaning.kind === 'limitedCalls') return { kind: 'calls', count: BigInt(draw.int(Number(meaning.limit) + 1)) }
  if (meaning.kind === 'erc20TransferAmount' || meaning.kind === 'nativeTransferAmount') {
    return { kind: 'spent', spent: part(draw, meaning.limit) }
  }
  if (meaning.kind === 'id' || meaning.kind === 'specificActionBatch') return { kind: 'used', used: chance(draw, 20) }
  if (stream !== null) {
    const fresh = chance(draw, 40)
    return { kind: 'stream', ...(fresh ? EMPTY_STREAM : stream), spent: fresh ? 0n : part(draw, stream.max) }
  }
  if (period === null && meaning.kind !== 'multiTokenPeriod') return { kind: 'hook', passes: chance(draw, 85) }
  if (period === null || now < period.start || chance(draw, 40)) {
    return { kind: 'period', amount: 0n, duration: 0n, start: 0n, lastPeriod: 0n, transferred: 0n }
  }
  const current = (now - period.start) / period.duration + 1n
  const lastPeriod = chance(draw, 70) || current === 1n ? current : current - 1n
  return { kind: 'period', ...period, lastPeriod, transferred: part(draw, period.amount) }
}

const EMPTY_STREAM = { initial: 0n, max: 0n, perSecond: 0n, start: 0n }

/** Some of an amount: often nothing, sometimes all. */
function part(draw: Draw, whole: bigint): bigint {
  if (chance(draw, 30)) return 0n
  return chance(draw, 15) ? whole : (whole * BigInt(draw.int(100))) / 100n
}

function address(last: number): Hex {
  return `0x${last.toString(16).padStart(2, '0').repeat(20)}`
}
