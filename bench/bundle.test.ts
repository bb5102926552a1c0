import { beforeAll, describe, expect, test } from 'vitest'
import { aboveReach, type BundleFigures, measureBundle, REACH } from './bundle.ts'

let figures: BundleFigures

beforeAll(async () => {
  figures = await measureBundle()
}, 60_000)

describe('measureBundle', () => {
  test('default: a page grows by no more than its budget, and what waits is told', () => {
    const { dapp, react } = figures
    expect(aboveReach(figures)).toEqual([])
    // Built from what is there: an empty page would reach anything.
    expect(dapp.gzipAboveViem).toBeGreaterThan(5_000)
    expect(react.gzipAboveDapp).toBeGreaterThan(500)
    expect(Object.keys(dapp.later).sort()).toEqual(['compiled', 'flows'])
    expect(dapp.gzipToGrant).toBe(dapp.gzipAboveViem + (dapp.later['flows'] ?? Number.NaN))
    expect(Object.keys(react.later).sort()).toEqual([
      'getGrantedExecutionPermissions',
      'listGrants',
      'loadExplanation',
      'restoreGrant',
    ])
  })

  test('behavior: all that a grant loads is less than a third of what the kit loads to ask for one', () => {
    const { dapp, kit } = figures
    expect(kit.later).toEqual({})
    expect(dapp.gzipToGrant * 3).toBeLessThan(kit.gzipAboveViem)
  })
})

describe('aboveReach', () => {
  const of = (dapp: number, react: number) =>
    aboveReach({ dapp: { gzipAboveViem: dapp }, react: { gzipAboveDapp: react } })

  test('default: each at its bound, and one byte past it', () => {
    expect(of(REACH.dapp, REACH.react)).toEqual([])
    expect(of(REACH.dapp + 1, REACH.react)).toEqual(['dapp.gzipAboveViem 10241 > 10240'])
    expect(of(REACH.dapp, REACH.react + 1)).toEqual(['react.gzipAboveDapp 4097 > 4096'])
  })
})
