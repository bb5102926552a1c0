import { describe, expect, test } from 'vitest'
import { blastRadius } from '../../../src/scope/blastRadius.ts'
import { lintScope } from '../../../src/scope/lint.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { balanceOf, useChain } from '../../rig/chain.ts'
import { linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'

/** Limits that are not what they look like, and the same intent as a scope. */

const chain = useChain()
const { naive, granted, refusal, codesOf, redeem, pay, disable } = useDelegating(chain)
const [A, B, C] = PAYEES
const DAY = 86_400
const token = () => chain.token.address
const period = (units: bigint, days: number) => ({
  tokenAddress: token(),
  periodAmount: units * UNIT,
  periodDuration: days * DAY,
  startDate: DAY,
})
const rule = (more: object = {}) => ({
  id: 'pay',
  class: 'transfer' as const,
  asset: token(),
  to: [A],
  budget: 'b',
  ...more,
})
const budget = (more: object = {}) => ({ budgets: { b: { assets: { [token()]: '1' }, max: '100', ...more } } })
const toTheNext = async (seconds: number, less = 0) => {
  const { timestamp } = await chain.publicClient.getBlock()
  const next = (timestamp / BigInt(seconds) + 1n) * BigInt(seconds)
  await chain.testClient.setNextBlockTimestamp({ timestamp: next - BigInt(less) })
  await chain.testClient.mine({ blocks: 1 })
}

describe('two periods in one delegation (C1)', () => {
  test('attack: the second terms are never read: 15 pass a cap of 10 a day', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20PeriodTransfer', period(30n, 7))
        .addCaveat('erc20PeriodTransfer', period(10n, 1))
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.periods_share_counter'])
    expect(await redeem([hole], pay(A, 15n))).toBe('ok')
  })

  test('attack: the other way round there is no weekly cap, and each day is worth half', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20PeriodTransfer', period(10n, 1))
        .addCaveat('erc20PeriodTransfer', period(30n, 7))
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.periods_share_counter'])
    expect(await redeem([hole], pay(A, 6n))).toMatch(/transfer-amount-exceeded/)
    for (let day = 0; day < 8; day++) {
      expect(await redeem([hole], pay(A, 5n))).toBe('ok')
      await toTheNext(DAY)
    }
  })

  test('default: two budgets in one rule have no word in a scope; one of them holds as it says', async () => {
    const { grant } = await granted([rule()], budget({ max: '10', per: 'P1D', window: 'fixed' }))
    await toTheNext(DAY)
    expect(await redeem(linksOfBranch(grant), pay(A, 11n))).toMatch(/transfer-amount-exceeded/)
    expect(await redeem(linksOfBranch(grant), pay(A, 10n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/transfer-amount-exceeded/)
    await toTheNext(DAY)
    expect(await redeem(linksOfBranch(grant), pay(A, 10n))).toBe('ok')
  })
})

describe('one counter twice (C2)', () => {
  test('attack: a cap of 100 is dead after 50', async () => {
    const cap = { tokenAddress: token(), maxAmount: 100n * UNIT }
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20TransferAmount', cap)
        .addCaveat('erc20TransferAmount', cap)
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.counted_twice'])
    expect(await redeem([hole], pay(A, 51n))).toMatch(/allowance-exceeded/)
    expect(await redeem([hole], pay(A, 50n))).toBe('ok')
    expect(await redeem([hole], pay(A, 1n))).toMatch(/allowance-exceeded/)
  })

  test('default: maximum and budget of one payment become one caveat, and a call limit stands once', async () => {
    const { grant } = await granted([rule({ max: '40' })], { ...budget(), calls: { max: 1 } })
    expect(codesOf(...grant.delegations)).toEqual([])
    expect(await redeem(linksOfBranch(grant), pay(A, 41n))).toMatch(/allowance-exceeded/)
    expect(await redeem(linksOfBranch(grant), pay(A, 40n))).toBe('ok')
  })
})

describe('two tokens in one delegation (C3)', () => {
  const other = `0x${'d0'.repeat(20)}` as const

  test('attack: accepted when signed, dead when used', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20PeriodTransfer', period(10n, 1))
        .addCaveat('erc20PeriodTransfer', { ...period(10n, 1), tokenAddress: other })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.two_tokens'])
    expect(await redeem([hole], pay(A, 1n))).toMatch(/invalid-contract/)
    expect(await redeem([hole], { ...pay(A, 1n), to: other })).toMatch(/invalid-contract/)
  })

  test('default: one delegation a token; one budget over both is refused by name', async () => {
    const assets = { [token()]: { symbol: 'USDC', decimals: 6 }, [other]: { symbol: 'EUR', decimals: 6 } }
    const rules = [rule(), rule({ id: 'other', asset: other, budget: 'c' })]
    const two = { ...budget().budgets, c: { assets: { [other]: '1' }, max: '100' } }
    const { grant } = await granted(rules, { budgets: two, assets })
    expect(grant.branches).toHaveLength(2)
    expect(await redeem(linksOfBranch(grant, 0), pay(A, 1n))).toBe('ok')
    const both = { b: { assets: { [token()]: '1', [other]: '1' }, max: '100' } }
    const shared = [rule(), rule({ id: 'other', asset: other })]
    expect(refusal(shared, { budgets: both, assets })).toBe('compile.multi_asset_budget')
  })
})

describe('equal content and salt (C10)', () => {
  test('attack: a grant issued again with the kit’s salt is born revoked', async () => {
    const salt = `0x${'00'.repeat(32)}` as const
    const build: Parameters<typeof naive>[0] = {
      build: (kit) =>
        kit
          .addCaveat('erc20TransferAmount', { tokenAddress: token(), maxAmount: 100n * UNIT })
          .addCaveat('valueLte', { maxValue: 0n }),
      salt,
    }
    const first = await naive(build)
    expect(await redeem([first], pay(A, 60n))).toBe('ok')
    const again = await naive(build)
    expect(codesOf(again)).toEqual(['compile.bad_salt'])
    expect(codesOf(first, { ...again, salt: `0x${'01'.repeat(32)}` })).toContain('compile.bad_salt')
    // Counted together with the first one, and revoked with it.
    expect(await redeem([again], pay(A, 60n))).toMatch(/allowance-exceeded/)
    await disable(first)
    expect(await redeem([again], pay(A, 1n))).toMatch(/CannotUseADisabledDelegation/)
  })

  test('default: the same scope granted twice is two grants, each with counters and an end of its own', async () => {
    const [one, two] = [await granted([rule()], budget()), await granted([rule()], budget())]
    expect(await redeem(linksOfBranch(one.grant), pay(A, 100n))).toBe('ok')
    const [leaf] = linksOfBranch(one.grant)
    if (leaf !== undefined) await disable(leaf)
    expect(await redeem(linksOfBranch(one.grant), pay(A, 1n))).toMatch(/CannotUseADisabledDelegation/)
    expect(await redeem(linksOfBranch(two.grant), pay(A, 100n))).toBe('ok')
    expect(refusal([rule()], budget(), { salt: () => `0x${'00'.repeat(32)}` })).toBe('compile.bad_salt')
    const several = [rule({ to: [A, B] })]
    expect(refusal(several, budget(), { salt: () => `0x${'11'.repeat(32)}` })).toBe('compile.salt_reused')
  })
})

describe('several agents or payees under one cap (C12)', () => {
  test('attack: a delegation for each payee, each with the cap, lets the cap go as often as there are payees', async () => {
    const each = await Promise.all(
      [A, B].map((payee) =>
        naive((kit) =>
          kit
            .addCaveat('erc20TransferAmount', { tokenAddress: token(), maxAmount: 100n * UNIT })
            .addCaveat('allowedCalldata', { startIndex: 4, value: `0x${payee.slice(2).padStart(64, '0')}` })
            .addCaveat('valueLte', { maxValue: 0n }),
        ),
      ),
    )
    // Nothing is wrong with either: only together they are twice the cap.
    for (const [at, payee] of [A, B].entries())
      expect(await redeem(each.slice(at, at + 1), pay(payee, 100n))).toBe('ok')
  })

  test('default: leaves under one root share its cap', async () => {
    const { grant } = await granted([rule({ to: [A, B, C] })], budget())
    expect(await redeem(linksOfBranch(grant, 0), pay(A, 60n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 1), pay(B, 60n))).toMatch(/allowance-exceeded/)
    expect(await redeem(linksOfBranch(grant, 2), pay(C, 40n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 0), pay(A, 1n))).toMatch(/allowance-exceeded/)
  })
})

describe('fixed windows', () => {
  test('attack: a cap of 100 a day, 200 gone within five seconds; said before it is signed', async () => {
    const { scope, plan, grant } = await granted([rule()], budget({ per: 'P1D', window: 'fixed' }))
    const { timestamp } = await chain.publicClient.getBlock()
    const radius = blastRadius(scope, { now: timestamp }).assets[0]
    expect(radius?.burst).toBe(200n * UNIT)
    expect(lintScope(scope, { now: timestamp }).map(({ id }) => id)).toContain('fixed_window_doubling')
    const row = plan.coverage.find(({ constraint }) => constraint === '/budgets/b')
    expect(row?.text).toContain('up to twice that within seconds of a boundary')

    const before = await balanceOf(chain, A)
    await toTheNext(DAY, 4)
    const started = (await chain.publicClient.getBlock()).timestamp
    expect(await redeem(linksOfBranch(grant), pay(A, 100n))).toBe('ok')
    await toTheNext(DAY)
    expect(await redeem(linksOfBranch(grant), pay(A, 100n))).toBe('ok')
    const ended = (await chain.publicClient.getBlock()).timestamp
    expect(ended - started).toBeLessThanOrEqual(5n)
    expect((await balanceOf(chain, A)) - before).toBe(radius?.burst)
  })

  test('default: who must not lose twice the cap asks for a rolling window, and is refused by name', () => {
    expect(refusal([rule()], budget({ per: 'P1D', window: 'rolling' }))).toBe('compile.rolling_window')
  })

  test('default: without a period the burst is the budget, and no more leaves', async () => {
    const { scope, grant } = await granted([rule()], budget())
    const { timestamp } = await chain.publicClient.getBlock()
    expect(blastRadius(scope, { now: timestamp }).assets[0]?.burst).toBe(100n * UNIT)
    expect(await redeem(linksOfBranch(grant), pay(A, 100n))).toBe('ok')
    await toTheNext(DAY)
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/allowance-exceeded/)
  })
})
