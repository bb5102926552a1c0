import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { PAYEES, USDC } from '../../test/arbitraries/scope.ts'
import { makeGrant, richDocument } from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import type { Grant } from '../grant/types.ts'
import type { Hex } from '../primitives/hex.ts'
import type { ScopeDocument } from '../scope/schema.ts'
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
