import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { aboveReach, type GasReport, measureGas, REACH } from './gas.ts'

/** What the last change of the contract cost: `npm run bench -- gas --json` gives new figures for the file. */
const snapshot: Pick<GasReport, 'fused' | 'plainTransfer' | 'emptyRedemption'> = JSON.parse(
  readFileSync(new URL('./gas.snapshot.json', import.meta.url), 'utf8'),
)
/** Times and signatures have more zero bytes at one run than at another: 12 gas each. */
const NOISE = 250

let report: GasReport
beforeAll(async () => {
  report = await measureGas()
}, 180_000)

describe('measureGas', () => {
  test('default: the figures of the snapshot, within what random bytes make of them', () => {
    expect(Object.keys(report.fused).sort()).toEqual(Object.keys(snapshot.fused).sort())
    for (const [name, gas] of Object.entries(snapshot.fused)) {
      const found = report.fused[name as keyof GasReport['fused']]
      expect([name, Math.abs(found - gas) <= NOISE]).toEqual([name, true])
    }
    expect(Math.abs(report.plainTransfer - snapshot.plainTransfer)).toBeLessThanOrEqual(NOISE)
    expect(Math.abs(report.emptyRedemption - snapshot.emptyRedemption)).toBeLessThanOrEqual(NOISE)
  })

  test('behavior: nothing is above its reach, and a rolling cap holds where fixed windows let twice of it through', () => {
    expect(aboveReach(report)).toEqual([])
    expect([report.fused.rollingWorst5s, report.fused.rollingWorstDay, report.framework.rollingWorst5s]).toEqual([
      100, 100, 200,
    ])
  })

  test('behavior: says what the framework’s caveats do not hold', () => {
    expect(report.framework.missing).toEqual(['/budgets/day/window', '/calls', '/revocation/guardian', '/rules/0/max'])
    expect(report.framework.single).toBeGreaterThan(report.fused.single)
  })
})

describe('aboveReach', () => {
  test('default: what is equal to its reach is within it', () => {
    const at = { ...report.fused, ...REACH }
    expect(aboveReach({ fused: at })).toEqual([])
    expect(aboveReach({ fused: { ...at, single: 113_001, rollingWorst5s: 101 } })).toEqual([
      'single 113001 > 113000',
      'rollingWorst5s 101 > 100',
    ])
  })
})
