import { encodeFunctionData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Grant } from '../../../src/grant/types.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import { deployTestToken } from '../../../src/testing/framework.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { mint, useChain } from '../../rig/chain.ts'
import { linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { addressOf, transferCall } from '../../rig/grant.ts'
import { deployPinnedTarget, pinnedTargetAbi } from '../../rig/principals.ts'

/**
 * Fan-out under a shared root (FACTS C12): what some branch admits on the real contracts is what the scope says, over a
 * grid of actions; and what it draws is shared where the scope shares it.
 *
 * What the scope says is written down here by hand, a second time.
 */

const chain = useChain()
const { granted, refusedAt, redeem, admits, principal } = useDelegating(chain)
const [A, B, C] = PAYEES
const D: Address = `0x${'dd'.repeat(20)}`
let dai: Address
let target: Address
let assets: Record<Address, { symbol: string; decimals: number }>

beforeAll(async () => {
  const deployer = chain.walletClient(chain.accounts[0])
  dai = await deployTestToken(deployer, chain.publicClient, { symbol: 'DAI', decimals: 6 })
  target = await deployPinnedTarget(deployer, chain.publicClient)
  await mint(chain, addressOf(principal), 1_000_000n * UNIT, dai)
  assets = { [chain.token.address]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 6 } }
})

type Action = { name: string; call: Call }

const usdc = () => chain.token.address
const transfer = (id: string, asset: Address | 'native', to: readonly Address[] | 'anyone', budget: string) => ({
  id,
  class: 'transfer' as const,
  asset,
  to: to === 'anyone' ? to : [...to],
  budget,
})
const order = (id: bigint, to: Address): Call => ({
  to: target,
  value: 0n,
  data: encodeFunctionData({
    abi: pinnedTargetAbi,
    functionName: 'order',
    args: [id, to, `0x${'00'.repeat(32)}`],
  }),
})

/** Every payee, asset and amount about each bound, and calls. */
function grid(): Action[] {
  const payees = { A, B, C, D }
  const amounts = [1n, 29n, 30n, 31n, 40n, 41n, 60n, 61n, 100n, 101n]
  const actions: Action[] = []
  for (const [who, to] of Object.entries(payees)) {
    for (const units of amounts) {
      actions.push({ name: `USDC ${who} ${units}`, call: transferCall(usdc(), to, units * UNIT) })
      actions.push({ name: `DAI ${who} ${units}`, call: transferCall(dai, to, units * UNIT) })
      actions.push({ name: `native ${who} ${units}`, call: { to, value: units, data: '0x' } })
    }
    for (const id of [7n, 8n]) actions.push({ name: `order ${who} ${id}`, call: order(id, to) })
  }
  return actions
}

/** Names of the actions that some branch admits. */
async function admitted(grant: Grant, actions: readonly Action[]): Promise<string[]> {
  const out: string[] = []
  for (const { name, call } of actions) {
    const answers = await Promise.all(grant.branches.map((_, branch) => admits(grant, branch, call)))
    if (answers.includes(true)) out.push(name)
  }
  return out
}

/** What the scope says, from what is left of each budget. */
function said(left: { b: bigint; c: bigint; n: bigint; calls: bigint }): string[] {
  return grid().flatMap(({ name }) => {
    const [what, who = '', amount = '0'] = name.split(' ')
    const units = BigInt(amount)
    const admits =
      left.calls > 0n &&
      ((what === 'USDC' && ['A', 'B', 'C'].includes(who) && units <= left.b) ||
        (what === 'DAI' && ['A', 'B'].includes(who) && units <= left.c) ||
        (what === 'native' && ['B', 'C'].includes(who) && units <= left.n) ||
        (what === 'order' && who === 'A' && units === 7n))
    return admits ? [name] : []
  })
}

describe('compile', () => {
  test('behavior: what some branch admits is what the scope says, before, between and after spending', async () => {
    const rules = [
      transfer('usdc', usdc(), [A, B], 'b'),
      transfer('more', usdc(), [C], 'b'),
      transfer('dai', dai, [A, B], 'c'),
      transfer('tip', 'native', [B, C], 'n'),
      {
        id: 'order',
        class: 'call' as const,
        target,
        function: 'function order(uint256 id, address to, bytes32 reference_)',
        args: { id: { eq: '7' }, to: { eq: A } },
      },
    ]
    const budgets = {
      b: { assets: { [usdc()]: '1' }, max: '100' },
      c: { assets: { [dai]: '1' }, max: '60' },
      n: { assets: { native: '1' }, max: '0.000000000000000040' },
    }
    const { grant } = await granted(rules, { budgets, assets, calls: { max: 4 } })
    // Three USDC payees under one root, two of DAI, native, the call: and one root over all that counts the calls.
    expect(grant.branches).toHaveLength(7)
    expect(new Set(grant.branches.map(({ links }) => links.at(-1))).size).toBe(1)
    const left = { b: 100n, c: 60n, n: 40n, calls: 4n }
    const step = async (rule: string, payee: Address | undefined, call: Call) => {
      const branch = grant.branches.findIndex((it) => it.rule === rule && it.payee === payee)
      expect(await redeem(linksOfBranch(grant, branch), call)).toBe('ok')
      left.calls -= 1n
    }
    expect(said(left).length).toBeGreaterThan(grid().length / 3)
    expect(await admitted(grant, grid())).toEqual(said(left))

    // 70 of 100 gone by one leaf: 30 left for every one, of another rule too.
    await step('usdc', A, transferCall(usdc(), A, 70n * UNIT))
    left.b -= 70n
    expect(await admitted(grant, grid())).toEqual(said(left))
    await step('dai', B, transferCall(dai, B, 20n * UNIT))
    left.c -= 20n
    await step('order', undefined, order(7n, A))
    expect(await admitted(grant, grid())).toEqual(said(left))
    await step('more', C, transferCall(usdc(), C, 30n * UNIT))
    left.b -= 30n
    expect(said(left)).toEqual([])
    expect(await admitted(grant, grid())).toEqual([])
  })

  test('behavior: of a fixed window too, and it opens again for all leaves at once', async () => {
    const day = { per: 'P1D', window: 'fixed' } as const
    const budgets = { b: { assets: { [usdc()]: '1' }, max: '100', ...day } }
    const { grant } = await granted([transfer('usdc', usdc(), [A, B, C], 'b')], { budgets })
    const { timestamp } = await chain.publicClient.getBlock()
    const midnight = (timestamp / 86_400n + 1n) * 86_400n
    const at = async (seconds: bigint) => {
      await chain.testClient.setNextBlockTimestamp({ timestamp: seconds })
      await chain.testClient.mine({ blocks: 1 })
    }
    const largest = async () => {
      const all = await admitted(
        grant,
        grid().filter(({ name }) => name.startsWith('USDC')),
      )
      return ['A', 'B', 'C', 'D'].map((who) => all.filter((name) => name.split(' ')[1] === who).at(-1))
    }
    await at(midnight)
    expect(await largest()).toEqual(['USDC A 100', 'USDC B 100', 'USDC C 100', undefined])
    expect(await redeem(linksOfBranch(grant, 2), transferCall(usdc(), C, 60n * UNIT))).toBe('ok')
    expect(await largest()).toEqual(['USDC A 40', 'USDC B 40', 'USDC C 40', undefined])
    await at(midnight + 86_399n)
    expect(await largest()).toEqual(['USDC A 40', 'USDC B 40', 'USDC C 40', undefined])
    await at(midnight + 86_400n)
    expect(await largest()).toEqual(['USDC A 100', 'USDC B 100', 'USDC C 100', undefined])
  })

  test('behavior: budgets that are not one are not shared: one used up leaves the other whole', async () => {
    const each = (asset: Address) => ({ assets: { [asset]: '1' }, max: '100' })
    const rules = [transfer('one', usdc(), [A], 'b'), transfer('two', usdc(), [A, B], 'c')]
    const { grant } = await granted(rules, { budgets: { b: each(usdc()), c: each(usdc()) } })
    expect(await redeem(linksOfBranch(grant, 0), transferCall(usdc(), A, 100n * UNIT))).toBe('ok')
    const names = await admitted(grant, grid())
    expect(names).toContain('USDC A 100')
    expect(names).toContain('USDC B 100')
    expect(names).not.toContain('USDC A 101')
  })

  const native = { n: { assets: { native: '1' }, max: '1' } }
  test.each([
    [
      'compile.multi_asset_budget',
      '/budgets/b/assets',
      'one budget over two tokens',
      () => {
        const b = { assets: { [usdc()]: '1', [dai]: '1' }, max: '10' }
        return [[transfer('a', usdc(), [A], 'b'), transfer('d', dai, [A], 'b')], { budgets: { b }, assets }] as const
      },
    ],
    [
      'compile.max',
      '/rules/0/max',
      'a maximum below a budget that several payments draw from',
      () => {
        const b = { assets: { [usdc()]: '1' }, max: '100' }
        return [[{ ...transfer('a', usdc(), [A, B], 'b'), max: '10' }], { budgets: { b } }] as const
      },
    ],
    [
      'compile.calls_per_period',
      '/calls',
      'calls by the day over several branches',
      () => {
        const b = { assets: { [usdc()]: '1' }, max: '100' }
        const calls = { max: 2, per: 'P1D', window: 'fixed' } as const
        return [[transfer('a', usdc(), [A, B], 'b')], { budgets: { b }, calls }] as const
      },
    ],
    [
      'compile.rolling_window',
      '/budgets/n/window',
      'a rolling window',
      () => {
        return [
          [transfer('t', 'native', [A, B], 'n')],
          { budgets: { n: { ...native.n, per: 'P1D', window: 'rolling' } } },
        ] as const
      },
    ],
    [
      'compile.condition',
      '/rules/0/args/id',
      'one of several values of an argument',
      () => {
        const fn = 'function order(uint256 id, address to, bytes32 reference_)'
        return [[{ id: 'o', class: 'call', target, function: fn, args: { id: { in: ['7', '8'] } } }], {}] as const
      },
    ],
  ] as const)('error: %s: %s, named with its place', (code, pointer, _, make) => {
    const [rules, more] = make()
    expect(refusedAt(rules as never, more as never)).toEqual([code, pointer])
  })
})
