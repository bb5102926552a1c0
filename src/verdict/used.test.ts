import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { DAI, PAYEES, USDC } from '../../test/arbitraries/scope.ts'
import { makeGrant, richDocument } from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { replacementScope } from '../grant/replacement.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { formatBudgetUnits } from '../scope/budgets.ts'
import type { ScopeDocument } from '../scope/schema.ts'
import { readMeters } from './meters.ts'
import { prepareGrant } from './prepare.ts'
import type { Counter, State } from './types.ts'
import { usedOf } from './used.ts'

const environment = await baseEnvironment()
const NOW = 1_795_000_000n
const DAY = 86_400n

/** All counters of a grant, each with what `used` says of its kind; what it does not say is not read. */
function stateOf(grant: Grant, used: Partial<Record<string, (at: number) => Counter>>): State {
  const counters: Record<string, Counter> = {}
  for (const { links } of prepareGrant(grant, environment).branches) {
    for (const { caveats } of links) {
      for (const { counter, meaning } of caveats) {
        const say = used[meaning.kind]
        if (counter !== null && say !== undefined && !(counter in counters)) {
          counters[counter] = say(Object.keys(counters).length)
        }
      }
    }
  }
  const hash: Hex = `0x${'b1'.repeat(32)}`
  const block = { number: 1n, hash, timestamp: NOW }
  return { chainId: grant.chainId, manager: grant.manager, block, paused: false, disabled: {}, nonces: {}, counters }
}

const window =
  (transferred: bigint, lastPeriod = NOW / DAY) =>
  () =>
    ({ kind: 'period', amount: 200_000_000n, duration: DAY, start: DAY, lastPeriod, transferred }) as const
const spent = (amount: bigint) => () => ({ kind: 'spent', spent: amount }) as const
const calls = (count: bigint) => () => ({ kind: 'calls', count }) as const

describe('usedOf', () => {
  test('default: a budget that two payees share is one counter, a budget of its own another', async () => {
    const grant = await makeGrant(environment)
    const state = stateOf(grant, { erc20PeriodTransfer: window(70n), nativeTransferAmount: spent(9n) })
    expect(usedOf(grant, environment, state)).toEqual({
      now: NOW,
      budgets: { stables: [{ asset: USDC, amount: 70n }], coins: [{ asset: 'native', amount: 9n }] },
      calls: 0n,
    })
  })

  test('behavior: what was used in a window that is over does not count', async () => {
    const grant = await makeGrant(environment)
    const used = { erc20PeriodTransfer: window(70n, NOW / DAY - 1n), nativeTransferAmount: spent(0n) }
    expect(usedOf(grant, environment, stateOf(grant, used)).budgets['stables']).toEqual([{ asset: USDC, amount: 0n }])
  })

  test('behavior: of a limit for one call and the budget above it, the budget counts, once; calls over all ways', async () => {
    const rules: ScopeDocument['rules'] = [
      { id: 'pay', class: 'transfer', asset: USDC, to: [PAYEES[0], PAYEES[1]], max: '1', budget: 'life' },
    ]
    const budgets = { life: { assets: { [USDC]: '1' }, max: '5' } }
    const grant = await makeGrant(environment, richDocument({ rules, budgets, calls: { max: 1 } }))
    const root = prepareGrant(grant, environment).branches[0]?.links.at(-1)
    const counter = root?.caveats.find(({ meaning }) => meaning.kind === 'erc20TransferAmount')?.counter ?? ''
    const state = stateOf(grant, { erc20TransferAmount: (at) => spent(100n + BigInt(at))(), limitedCalls: calls(1n) })
    const expected = (state.counters[counter] as { spent: bigint }).spent
    expect(usedOf(grant, environment, state)).toMatchObject({
      budgets: { life: [{ asset: USDC, amount: expected }] },
      calls: 1n,
    })
  })

  describe('of a scope in one caveat', () => {
    const pay = (id: string, asset: typeof USDC): ScopeDocument['rules'][number] => ({
      ...{ id, class: 'transfer', asset, to: [PAYEES[0]], budget: 'both' },
    })
    const fused = (rules: ScopeDocument['rules'], weights: Record<string, string>) =>
      makeGrant(
        environment,
        richDocument({
          rules,
          budgets: { both: { assets: weights, max: '200' } },
          redelegation: { maxDepth: 0 },
          assets: { [USDC]: { symbol: 'USDC', decimals: 6 }, [DAI]: { symbol: 'DAI', decimals: 18 } },
        }),
        { lowering: 'fused' },
      )
    const counting = (grant: Grant, units: bigint): State => {
      const [caveat] = prepareGrant(grant, environment).branches[0]?.links[0]?.caveats ?? []
      const words = (caveat?.taskScope?.keys ?? []).map((key) => [key, { kind: 'word', word: 0n }] as const)
      const [budget] = caveat?.taskScope?.budgets ?? []
      const counters = {
        ...Object.fromEntries(words),
        [budget?.key ?? '']: { kind: 'word', word: units << 64n } as const,
      }
      return { ...stateOf(grant, {}), counters }
    }

    test('behavior: of several assets what their budget counted, in its units, with their weights', async () => {
      const weights = { [USDC]: '1.5', [DAI]: '0.5' }
      const grant = await fused([pay('usdc', USDC), pay('dai', DAI)], weights)
      // One USDC is 3 · 10^12 of the terms' units, one base unit of DAI 1: 1.5 and 0.5 · 10^-18 of the budget's.
      const used = usedOf(grant, environment, counting(grant, 3n * 10n ** 18n)).budgets['both']
      expect(used).toEqual([{ amount: 15n * 10n ** 35n, decimals: 36, weights }])
      expect(formatBudgetUnits(used?.[0] as never)).toBe('1.5')
      expect(
        replacementScope(grant.scopes[0] as never, {
          used: usedOf(grant, environment, counting(grant, 3n * 10n ** 18n)),
        }).budgets['both']?.max,
      ).toBe('198.5')
      // One unit of the terms more is half a base unit of the budget: rounded up, never down.
      const more = usedOf(grant, environment, counting(grant, 3n * 10n ** 18n + 1n))
      expect(replacementScope(grant.scopes[0] as never, { used: more }).budgets['both']?.max).toBe(
        '198.499999999999999999',
      )
      const [meter] = readMeters(prepareGrant(grant, environment), counting(grant, 3n * 10n ** 18n))[0]?.own ?? []
      expect(meter).toMatchObject({
        counts: 'budget:both',
        unit: { amount: 5n * 10n ** 17n, decimals: 36, weights },
        used: 3n * 10n ** 18n,
      })
    })

    test('behavior: of one asset its base units, whatever it weighs beside those that no rule moves', async () => {
      const grant = await fused([pay('usdc', USDC)], { [USDC]: '1.5', [DAI]: '0.5' })
      const state = counting(grant, 7n)
      expect(usedOf(grant, environment, state).budgets).toEqual({ both: [{ asset: USDC, amount: 7n }] })
      const [meter] = readMeters(prepareGrant(grant, environment), state)[0]?.own ?? []
      expect(meter).toMatchObject({ counts: USDC, used: 7n })
      expect(meter?.unit).toBeUndefined()
    })
  })

  test('error: a counter that was not read is not zero', async () => {
    const grant = await makeGrant(environment)
    for (const used of [
      {},
      { erc20PeriodTransfer: window(0n) },
      { nativeTransferAmount: spent(0n) },
      { erc20PeriodTransfer: spent(0n), nativeTransferAmount: spent(0n) },
    ]) {
      expect(codeOf(() => usedOf(grant, environment, stateOf(grant, used))).code).toBe('verdict.use_unread')
    }
  })
})
