/** Where a generator takes its choices from: a seed in a benchmark, fast-check in a property. */
export type Draw = {
  /** 0 to `below` - 1. */
  int(below: number): number
}

/** Deterministic choices from a seed (mulberry32): the same seed is the same run. */
export function seeded(seed: number): Draw {
  let state = seed >>> 0
  return {
    int(below) {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) % below
    },
  }
}

export function pick<item>(draw: Draw, items: readonly [item, ...item[]] | readonly item[]): item {
  return items[draw.int(items.length)] as item
}

/** True in `percent` of a hundred cases. */
export function chance(draw: Draw, percent: number): boolean {
  return draw.int(100) < percent
}

export function bytesOf(draw: Draw, length: number): `0x${string}` {
  let out = '0x'
  for (let at = 0; at < length; at++) out += draw.int(256).toString(16).padStart(2, '0')
  return out as `0x${string}`
}
