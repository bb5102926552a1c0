import type { Grant } from '../../src/grant/types.ts'
import type { GasRig } from './rig.ts'

/** The most that a cap of 100 a day let through, display units: within five seconds, and within any day. */
export type WorstWindow = { fiveSeconds: number; day: number }

const DAY = 86_400n
/** A rolling window's parts end at sevenths of a day, counted from unix time 0. */
const PARTS = 7n
/** Just before an instant, and just after it: three seconds. */
const AROUND = [-2n, 1n]
/** Asked for in one block, largest first: whatever is left goes, to a unit. */
const AMOUNTS = [100n, 50n, 20n, 10n, 10n, 5n, 1n, 1n]

/**
 * Takes whatever passes just before and just after every instant at which a window could begin anew, in the chain's own time,
 * and adds up what passed on chain. For each instant once with a grant that nothing was spent of, and once, for two days on
 * end, with one grant throughout.
 *
 * @param granted - A new grant of the same scope at each call.
 * @param origin - Unix seconds at which its fixed windows begin.
 */
export async function measureWorstWindow(
  rig: GasRig,
  granted: () => Promise<Grant>,
  { origin }: { origin: bigint },
): Promise<WorstWindow> {
  const found: WorstWindow[] = []
  for (const boundary of boundariesOf(await rig.now(), origin, 1n))
    found.push(await spendAt(rig, await granted(), around([boundary])))
  found.push(await spendAt(rig, await granted(), around(boundariesOf(await rig.now(), origin, 2n))))
  return {
    fiveSeconds: Math.max(...found.map(({ fiveSeconds }) => fiveSeconds)),
    day: Math.max(...found.map(({ day }) => day)),
  }
}

async function spendAt(rig: GasRig, grant: Grant, times: readonly bigint[]): Promise<WorstWindow> {
  const asked = AMOUNTS.map((amount) => rig.redemption(grant, 0, rig.action(rig.agent, rig.pay(0, amount))))
  const spent: { at: bigint; amount: number }[] = []
  for (const at of times) {
    const passed = await rig.inOneBlock(rig.agent, asked, at)
    for (const [index, went] of passed.entries()) if (went) spent.push({ at, amount: Number(AMOUNTS[index]) })
  }
  return { fiveSeconds: worst(spent, 5n), day: worst(spent, DAY) }
}

/** In order, for so many days from now on. */
function boundariesOf(now: bigint, origin: bigint, days: bigint): bigint[] {
  const part = (PARTS * now) / DAY
  const window = (now - origin) / DAY
  const boundaries = [
    ...range(PARTS * days).map((index) => ((part + index) * DAY + PARTS - 1n) / PARTS),
    ...range(days).map((index) => origin + (window + index) * DAY),
  ]
  return boundaries.filter((boundary) => boundary > now + 2n).sort(ascending)
}

function around(boundaries: readonly bigint[]): bigint[] {
  const times = boundaries.flatMap((boundary) => AROUND.map((offset) => boundary + offset))
  return [...new Set(times)].sort(ascending)
}

/** The most within any interval so long. */
function worst(spent: readonly { at: bigint; amount: number }[], seconds: bigint): number {
  const sums = spent.map(({ at: from }) =>
    spent.filter(({ at }) => at >= from && at < from + seconds).reduce((sum, { amount }) => sum + amount, 0),
  )
  return Math.max(0, ...sums)
}

/** 1 to so many. */
function range(count: bigint): bigint[] {
  return Array.from({ length: Number(count) }, (_, index) => BigInt(index) + 1n)
}

function ascending(left: bigint, right: bigint): number {
  return left < right ? -1 : 1
}
