import { BalanceChangeType } from '@metamask/delegation-toolkit'
import { decodeCaveat as kitDecodeCaveat } from '@metamask/delegation-toolkit/utils'
import { encodeFunctionData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeCaveat, encodeCaveat } from '../../../src/caveats/caveat.ts'
import type { DecodedCaveat } from '../../../src/caveats/types.ts'
import { redeem as act } from '../../../src/chain/redeem.ts'
import type { Delegation } from '../../../src/delegation/types.ts'
import type { Grant } from '../../../src/grant/types.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import { abi as oddTokenAbi, bytecode as oddTokenBytecode } from '../../../src/testing/generated/oddToken.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { balanceOf, mint, useChain } from '../../rig/chain.ts'
import { kitEnvironment, linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { actionOf, addressOf, nodeOf, transferCall } from '../../rig/grant.ts'
import { testTokenAbi } from '../../rig/principals.ts'

/** What limits on tokens and balances do not count, and the same intent as a scope. */

const chain = useChain()
const { naive, granted, refusal, codesOf, redeem, pay, send, principal, agent, helper } = useDelegating(chain)
const [A, B, C] = PAYEES
const token = () => chain.token.address
let saysFalse: Address
let takesMore: Address

beforeAll(async () => {
  const deployer = chain.walletClient(chain.accounts[0])
  const [first, second] = await Promise.all(
    [0, 1].map(async (oddity, at) => {
      const nonce = (await chain.publicClient.getTransactionCount({ address: chain.accounts[0].address })) + at
      const hash = await deployer.deployContract({
        abi: oddTokenAbi,
        bytecode: oddTokenBytecode,
        args: [oddity],
        nonce,
      })
      const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
      return String(contractAddress).toLowerCase() as Address
    }),
  )
  if (first === undefined || second === undefined) throw new TypeError('not deployed')
  saysFalse = first
  takesMore = second
  for (const odd of [saysFalse, takesMore]) await mint(chain, addressOf(principal), 1_000n * UNIT, odd)
})

const rule = (asset: Address, more: object = {}) => ({
  id: 'pay',
  class: 'transfer' as const,
  asset,
  to: [A],
  budget: 'b',
  ...more,
})
const budget = (asset: Address) => ({
  budgets: { b: { assets: { [asset]: '1' }, max: '100' } },
  assets: { [asset]: { symbol: 'ODD', decimals: 6 } },
})
const cap = (asset: Address) => ({ tokenAddress: asset, maxAmount: 100n * UNIT })
const approve = (spender: Address, amount: bigint): Call => ({
  to: token(),
  value: 0n,
  data: encodeFunctionData({ abi: testTokenAbi, functionName: 'approve', args: [spender, amount] }),
})
const take = (from: Address, to: Address, amount: bigint): Call => ({
  to: token(),
  value: 0n,
  data: encodeFunctionData({ abi: testTokenAbi, functionName: 'transferFrom', args: [from, to, amount] }),
})

/** Through everything: verdict, simulation, sending, outcome. */
async function outcomeOf(grant: Grant, call: Call) {
  const parameters = { grant, environment: chain.environment, account: agent, pollingInterval: 20 }
  const { verdict, outcome } = await act(nodeOf(chain.rpcUrl), {
    ...parameters,
    action: actionOf(chain, addressOf(agent), call),
  })
  return { verdict: verdict.verdict, outcome }
}

describe('balance-change caveats', () => {
  const loss = (units: bigint) => ({
    tokenAddress: chain.token.address,
    recipient: addressOf(principal),
    balance: units * UNIT,
    changeType: BalanceChangeType.Decrease,
  })
  const shape = () => ({ targets: [token()] })

  test('attack: a loss of at most 100 is 100 each time, not in all', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20BalanceChange', loss(100n))
        .addCaveat('allowedTargets', shape())
        .addCaveat('allowedMethods', { selectors: ['transfer(address,uint256)'] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.balance_guard', 'compile.unbounded_transfer'])
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], pay(C, 101n))).toMatch(/exceeded-balance-decrease/)
    for (let use = 0; use < 3; use++) expect(await redeem([hole], pay(C, 100n))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(300n * UNIT)
  })

  test('attack: an allowance is no loss yet: everything follows later', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20BalanceChange', loss(100n))
        .addCaveat('allowedTargets', shape())
        .addCaveat('allowedMethods', { selectors: ['approve(address,uint256)'] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.balance_guard', 'compile.forbidden_selector'])
    expect(await redeem([hole], approve(addressOf(helper), 5_000n * UNIT))).toBe('ok')
    const before = await balanceOf(chain, C)
    await send(helper, take(addressOf(principal), C, 5_000n * UNIT))
    expect((await balanceOf(chain, C)) - before).toBe(5_000n * UNIT)
  })

  test('attack: two of one balance lock each other: dead', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20TransferAmount', cap(token()))
        .addCaveat('valueLte', { maxValue: 0n })
        .addCaveat('erc20BalanceChange', loss(100n))
        .addCaveat('erc20BalanceChange', { ...loss(1n), recipient: A, changeType: BalanceChangeType.Increase }),
    )
    expect(codesOf(hole)).toEqual(['compile.balance_guard', 'compile.balance_locked'])
    expect(await redeem([hole], pay(A, 1n))).toMatch(/enforcer-is-locked/)
  })

  test('default: a budget is counted over all uses, and an allowance is not handed out unnamed', async () => {
    const { grant } = await granted([rule(token())], budget(token()))
    expect(await redeem(linksOfBranch(grant), pay(A, 100n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/allowance-exceeded/)
    expect(await redeem(linksOfBranch(grant), approve(A, 1n))).toMatch(/AllowedCalldata|invalid-method/)
    const approving = { id: 'a', class: 'call' as const, target: token() }
    expect(refusal([{ ...approving, function: 'function approve(address spender, uint256 amount)' }])).toBe(
      'compile.forbidden_selector',
    )
  })
})

describe('ERC-20 limits', () => {
  test('attack: only `transfer` is counted: beside the cap, an allowance and transferFrom go as far as they like', async () => {
    const capped = await naive((kit) =>
      kit.addCaveat('erc20TransferAmount', cap(token())).addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(capped)).toEqual([])
    expect(await redeem([capped], approve(addressOf(helper), 1n))).toMatch(/invalid-method|invalid-execution/)
    // "The same token, by the other function" is no wider cap: it is none.
    const other = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [token()] })
        .addCaveat('allowedMethods', { selectors: ['transferFrom(address,address,uint256)'] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(other)).toEqual(['compile.unbounded_transfer'])
    await send(principal, approve(addressOf(principal), 10n ** 30n))
    const before = await balanceOf(chain, C)
    expect(await redeem([other], take(addressOf(principal), C, 7_000n * UNIT))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(7_000n * UNIT)
  })

  test('default: who moves a token by a call pins the amount and counts the calls, or is refused', async () => {
    const call = {
      id: 'take',
      class: 'call' as const,
      target: token(),
      function: 'function transferFrom(address from, address to, uint256 amount)',
    }
    const args = { from: { eq: 'principal' }, to: { eq: A }, amount: { eq: (5n * UNIT).toString() } }
    expect(refusal([call])).toBe('compile.unbounded_transfer')
    expect(refusal([{ ...call, args }])).toBe('compile.unbounded_transfer')
    const { grant } = await granted([{ ...call, args }], { calls: { max: 1 } })
    const links = linksOfBranch(grant)
    expect(await redeem(links, take(addressOf(principal), A, 6n * UNIT))).toMatch(/ExactCalldata/)
    expect(await redeem(links, take(addressOf(principal), A, 5n * UNIT))).toBe('ok')
    expect(await redeem(links, take(addressOf(principal), A, 5n * UNIT))).toMatch(/LimitedCalls/)
  })

  test('attack: a token that says false is counted as paid; ours says that nothing moved', async () => {
    const hole = await naive((kit) =>
      kit.addCaveat('erc20TransferAmount', cap(saysFalse)).addCaveat('valueLte', { maxValue: 0n }),
    )
    const paying = transferCall(saysFalse, A, 100n * UNIT)
    expect(await redeem([hole], paying)).toBe('ok')
    expect(await balanceOf(chain, A, saysFalse)).toBe(0n)
    expect(await redeem([hole], paying)).toMatch(/allowance-exceeded/)

    const { plan, grant } = await granted([rule(saysFalse)], budget(saysFalse))
    const row = plan.coverage.find(({ constraint }) => constraint === '/budgets/b')
    expect(row?.text).toContain('not what its token does')
    const { outcome } = await outcomeOf(grant, paying)
    expect(outcome).toMatchObject({ status: 'ineffective', missing: 'transfer_log' })
  })

  test('attack: a token that takes more than asked takes it past the cap; ours says so before, and shows it after', async () => {
    const hole = await naive((kit) =>
      kit.addCaveat('erc20TransferAmount', cap(takesMore)).addCaveat('valueLte', { maxValue: 0n }),
    )
    const before = await balanceOf(chain, addressOf(principal), takesMore)
    expect(await redeem([hole], transferCall(takesMore, A, 100n * UNIT))).toBe('ok')
    expect(before - (await balanceOf(chain, addressOf(principal), takesMore))).toBe(110n * UNIT)

    const { plan, grant } = await granted([rule(takesMore)], budget(takesMore))
    const row = plan.coverage.find(({ constraint }) => constraint === '/budgets/b')
    expect(row?.text).toContain('not what its token does')
    const { outcome } = await outcomeOf(grant, transferCall(takesMore, A, 50n * UNIT))
    expect(outcome).toMatchObject({
      status: 'executed',
      effects: [
        { asset: takesMore, to: A, amount: 50n * UNIT },
        { asset: takesMore, to: takesMore, amount: 5n * UNIT },
      ],
    })
  })

  test('attack: native coin leaves beside the token; ours holds it at zero', async () => {
    const hole = await naive((kit) => kit.addCaveat('erc20TransferAmount', cap(takesMore)))
    expect(codesOf(hole)).toEqual(['compile.value_with_token', 'compile.native_unbounded'])
    const coin = { ...transferCall(takesMore, A, 1n), value: 10n ** 18n }
    const before = await chain.publicClient.getBalance({ address: takesMore })
    expect(await redeem([hole], coin)).toBe('ok')
    expect((await chain.publicClient.getBalance({ address: takesMore })) - before).toBe(10n ** 18n)

    const { grant } = await granted([rule(takesMore)], budget(takesMore))
    expect(await redeem(linksOfBranch(grant), coin)).toMatch(/ValueLte/)
    expect(await redeem(linksOfBranch(grant), { ...coin, value: 0n })).toBe('ok')
  })
})

describe('decodeCaveat', () => {
  const allowance = (): DecodedCaveat => ({
    kind: 'erc20PeriodTransfer',
    token: token(),
    amount: 100n * UNIT,
    duration: 2n ** 256n - 1n,
    start: 1n,
  })

  test('attack: the kit throws on a wallet’s own allowance and on enforcers it leaves out; ours reads or says unknown', async () => {
    const { environment } = chain
    const wallet = encodeCaveat(environment, allowance())
    const either = encodeCaveat(environment, { kind: 'logicalOr', groups: [[{ meaning: allowance(), args: '0x' }]] })
    const strange = { enforcer: C, terms: '0x01', args: '0x' } as const
    for (const caveat of [wallet, either, strange]) {
      expect(() => kitDecodeCaveat({ caveat, environment: kitEnvironment(chain) })).toThrow()
    }
    expect(decodeCaveat(environment, wallet)).toEqual(allowance())
    expect(decodeCaveat(environment, either)).toMatchObject({ kind: 'logicalOr' })
    expect(decodeCaveat(environment, strange)).toMatchObject({ kind: 'unknown', reason: 'unknown_enforcer' })
  })

  test('default: what it read is what the chain does', async () => {
    const wallet: Delegation = await naive((kit) =>
      kit.addCaveat(encodeCaveat(chain.environment, allowance())).addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(wallet)).toEqual([])
    expect(await redeem([wallet], pay(B, 101n))).toMatch(/transfer-amount-exceeded/)
    expect(await redeem([wallet], pay(B, 100n))).toBe('ok')
    expect(await redeem([wallet], pay(B, 1n))).toMatch(/transfer-amount-exceeded/)
  })
})
