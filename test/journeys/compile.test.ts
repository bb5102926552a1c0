import { encodeFunctionData, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Address } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { PAYEES } from '../arbitraries/scope.ts'
import { balanceOf, useChain } from '../rig/chain.ts'
import { linksOfBranch as branch, UNIT, useDelegating } from '../rig/delegating.ts'
import { addressOf } from '../rig/grant.ts'

/** What compiled delegations let through on the real contracts; what the refused ones would have is under `compositions`. */

const chain = useChain()
const { granted, redeem, pay, principal, agent } = useDelegating(chain)
const [A, B, C] = PAYEES

const token = (): Address => chain.token.address
const send = (to: Address, value: bigint): Call => ({ to, value, data: '0x' })

describe('compile', () => {
  const transfer = (more: object = {}) => ({
    id: 'pay',
    class: 'transfer' as const,
    asset: token(),
    to: [A, B],
    budget: 'b',
    ...more,
  })
  const budget = (more: object = {}) => ({ budgets: { b: { assets: { [token()]: '1' }, max: '200', ...more } } })

  test('default: two payees share one budget, nobody else is paid, no batch, no other redeemer', async () => {
    const { grant } = await granted([transfer()], budget())
    const before = await balanceOf(chain, A)
    expect(await redeem(branch(grant, 0), pay(A, 120n))).toBe('ok')
    expect((await balanceOf(chain, A)) - before).toBe(120n * UNIT)
    expect(await redeem(branch(grant, 1), pay(B, 81n))).toMatch(/allowance-exceeded/)
    expect(await redeem(branch(grant, 0), pay(B, 1n))).toMatch(/AllowedCalldata/)
    expect(await redeem(branch(grant, 1), pay(C, 1n))).toMatch(/AllowedCalldata/)
    expect(await redeem(branch(grant, 1), pay(B, 1n), pay(B, 1n))).toMatch(/invalid-call-type/)
    expect(await redeem(branch(grant, 1), { ...pay(B, 1n), value: 1n })).toMatch(/ValueLte/)
    expect(await redeem(branch(grant, 1), pay(B, 80n))).toBe('ok')
    expect(await redeem(branch(grant, 0), pay(A, 1n))).toMatch(/allowance-exceeded/)
  })

  test('behavior: a leaf does not redeem without its umbrella, and not under another', async () => {
    const [{ grant: one }, { grant: two }] = [
      await granted([transfer()], budget()),
      await granted([transfer()], budget()),
    ]
    expect(await redeem(branch(one, 0).slice(0, 1), pay(A, 1n))).toMatch(/InvalidAuthority/)
    expect(await redeem([...branch(one, 0).slice(0, 1), ...branch(two, 0).slice(1)], pay(A, 1n))).toMatch(
      /InvalidAuthority/,
    )
    expect(await redeem(branch(one, 0).slice(1), pay(C, 1n))).toMatch(/InvalidDelegate/)
  })

  test('behavior: one call in all: at most the maximum, once, whoever is paid', async () => {
    const { grant } = await granted([transfer({ max: '50' })], { ...budget(), calls: { max: 1 } })
    expect(await redeem(branch(grant, 0), pay(A, 51n))).toMatch(/allowance-exceeded/)
    expect(await redeem(branch(grant, 0), pay(A, 50n))).toBe('ok')
    expect(await redeem(branch(grant, 1), pay(B, 1n))).toMatch(/LimitedCalls/)
  })

  test('behavior: a fixed window fills, and opens again at its end', async () => {
    const { grant } = await granted([transfer({ to: [A] })], budget({ per: 'PT1H', window: 'fixed' }))
    expect(await redeem(branch(grant, 0), pay(A, 200n))).toBe('ok')
    expect(await redeem(branch(grant, 0), pay(A, 1n))).toMatch(/amount-exceeded/)
    await chain.testClient.increaseTime({ seconds: 3_600 })
    await chain.testClient.mine({ blocks: 1 })
    expect(await redeem(branch(grant, 0), pay(A, 200n))).toBe('ok')
  })

  test('behavior: native coin goes to the payees, within the budget, and calls nothing', async () => {
    const native = { id: 'tip', class: 'transfer' as const, asset: 'native' as const, to: [A, B], budget: 'b' }
    const { grant } = await granted([native], { budgets: { b: { assets: { native: '1' }, max: '0.5' } } })
    expect(await redeem(branch(grant, 0), send(A, 3n * 10n ** 17n))).toBe('ok')
    expect(await redeem(branch(grant, 0), send(B, 3n * 10n ** 17n))).toMatch(/allowance-exceeded/)
    expect(await redeem(branch(grant, 0), send(C, 1n))).toMatch(/target-address-not-allowed/)
    expect(await redeem(branch(grant, 0), { ...pay(C, 1n), to: A })).toMatch(/ExactCalldata/)
    expect(await redeem(branch(grant, 0), pay(C, 1n))).toMatch(/target-address-not-allowed|ExactCalldata/)
  })

  test('behavior: calls of every shape: pinned from the selector on, pinned behind it, and whole', async () => {
    const abi = parseAbi(['function mint(address to, uint256 amount)', 'function name() view returns (string)'])
    const call = (id: string, signature: string, args: Record<string, { eq: string }> = {}) => ({
      id,
      class: 'call' as const,
      target: token(),
      function: signature,
      args,
    })
    const signature = 'function mint(address to, uint256 amount)'
    const { grant } = await granted(
      [
        call('first', signature, { to: { eq: 'principal' } }),
        call('second', signature, { amount: { eq: '5' } }),
        call('whole', signature, { to: { eq: 'delegate' }, amount: { eq: '7' } }),
        call('none', 'function name()'),
      ],
      { calls: { max: 4 } },
    )
    const minting = (to: Address, amount: bigint): Call => ({
      to: token(),
      value: 0n,
      data: encodeFunctionData({ abi, functionName: 'mint', args: [to, amount] }),
    })
    expect(await redeem(branch(grant, 0), minting(C, 9n))).toMatch(/AllowedCalldata/)
    expect(await redeem(branch(grant, 0), minting(addressOf(principal), 9n))).toBe('ok')
    expect(await redeem(branch(grant, 1), minting(C, 6n))).toMatch(/AllowedCalldata/)
    expect(await redeem(branch(grant, 1), minting(C, 5n))).toBe('ok')
    const whole = minting(addressOf(agent), 7n)
    expect(await redeem(branch(grant, 2), { ...whole, data: `${whole.data}00` })).toMatch(/ExactCalldata/)
    expect(await redeem(branch(grant, 2), whole)).toBe('ok')
    expect(
      await redeem(branch(grant, 3), {
        to: token(),
        value: 0n,
        data: encodeFunctionData({ abi, functionName: 'name' }),
      }),
    ).toBe('ok')
    expect(await redeem(branch(grant, 0), minting(addressOf(principal), 9n))).toMatch(/LimitedCalls/)
  })
})
