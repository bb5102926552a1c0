import { describe, expect, test } from 'vitest'
import type { Hex } from '../primitives/hex.ts'
import type { Counter, State } from '../verdict/types.ts'
import { describeState, readState } from './describe.ts'
import { StateRead } from './parts.ts'

const key = (digit: string): string => `0x${digit.repeat(40)}:0x${digit.repeat(64)}`
const counters: Record<string, Counter> = {
  [key('1')]: { kind: 'spent', spent: 1n },
  [key('2')]: { kind: 'calls', count: 2n },
  [key('3')]: { kind: 'period', amount: 3n, duration: 4n, start: 5n, lastPeriod: 6n, transferred: 7n },
  [key('4')]: { kind: 'stream', initial: 8n, max: (1n << 256n) - 1n, perSecond: 10n, start: 11n, spent: 12n },
  [key('5')]: { kind: 'used', used: true },
  [key('6')]: { kind: 'hook', passes: false },
}
const hash: Hex = `0x${'ab'.repeat(32)}`
const state: State = {
  chainId: 8453,
  manager: `0x${'cd'.repeat(20)}`,
  block: { number: 1n, hash, timestamp: 2n },
  paused: false,
  disabled: { [hash]: true },
  nonces: { [`0x${'ef'.repeat(20)}`]: 3n },
  counters,
}

describe('readState', () => {
  test('default: a state with a counter of every kind comes back as it was, through the closed schema', () => {
    const part = StateRead.parse(JSON.parse(JSON.stringify(describeState(state))))
    expect(readState(part)).toEqual(state)
  })

  test('error: a counter of another form is no statement', () => {
    const part = describeState(state)
    const odd: unknown[] = [
      { kind: 'used', used: 'yes' },
      { kind: 'hook', passes: true, why: 'because' },
      { kind: 'stream', initial: '1', max: '1', perSecond: '1', start: '1' },
      { kind: 'stream', initial: '01', max: '1', perSecond: '1', start: '1', spent: '1' },
      { kind: 'else' },
    ]
    for (const counter of odd) {
      const parsed = StateRead.safeParse({ ...part, counters: { [key('1')]: counter } })
      expect(parsed.success, JSON.stringify(counter)).toBe(false)
    }
  })
})
