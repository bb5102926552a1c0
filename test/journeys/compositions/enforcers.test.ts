import { NonceEnforcer } from '@metamask/delegation-abis'
import { encodeAbiParameters, encodeFunctionData, parseAbiParameters } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeCaveat } from '../../../src/caveats/caveat.ts'
import type { DecodedCaveat } from '../../../src/caveats/types.ts'
import type { Delegation } from '../../../src/delegation/types.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import { deployTestToken } from '../../../src/testing/framework.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { mint, useChain } from '../../rig/chain.ts'
import { linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { addressOf, transferCall } from '../../rig/grant.ts'
import { deployPinnedTarget, pinnedTargetAbi } from '../../rig/principals.ts'

/** Caveats that are not what they are called, and the same intent as a scope. */

const chain = useChain()
const { naive, granted, refusal, codesOf, redeem, pay, send, principal } = useDelegating(chain)
const [A, B, C] = PAYEES
const token = () => chain.token.address
let target: Address
let dai: Address

beforeAll(async () => {
  const deployer = chain.walletClient(chain.accounts[0])
  target = await deployPinnedTarget(deployer, chain.publicClient)
  dai = await deployTestToken(deployer, chain.publicClient, { symbol: 'DAI', decimals: 6 })
  await mint(chain, addressOf(principal), 1_000_000n * UNIT, dai)
})

const rule = (more: object = {}) => ({
  id: 'pay',
  class: 'transfer' as const,
  asset: token(),
  to: [A],
  budget: 'b',
  ...more,
})
const budget = () => ({ budgets: { b: { assets: { [token()]: '1' }, max: '100' } } })
const act = (more: object = {}) => ({
  id: 'act',
  class: 'call' as const,
  target,
  function: 'function note(string memo)',
  ...more,
})
const note = (memo: string): Call => ({
  to: target,
  value: 0n,
  data: encodeFunctionData({ abi: pinnedTargetAbi, functionName: 'note', args: [memo] }),
})
const cap = () => ({ tokenAddress: token(), maxAmount: 100n * UNIT })

describe('ArgsEqualityCheck', () => {
  test('attack: the agent fills in what it is compared with', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20TransferAmount', cap())
        .addCaveat('valueLte', { maxValue: 0n })
        .addCaveat('argsEqualityCheck', { args: '0xc0ffee' }),
    )
    expect(codesOf(hole)).toEqual(['compile.no_restriction'])
    expect(await redeem([hole], pay(C, 1n))).toMatch(/different-args-and-terms/)
    const filled = hole.caveats.map((caveat) => ({ ...caveat, args: caveat.terms }))
    expect(await redeem([{ ...hole, caveats: filled }], pay(C, 1n))).toBe('ok')
  })

  test('default: a confirmation is asked for by name, and refused by name: no enforcer of the framework holds it', () => {
    const escalation = { above: { b: '25' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' } as const
    expect(refusal([rule()], { ...budget(), escalation })).toBe('compile.escalation')
  })
})

describe('SpecificActionERC20TransferBatch', () => {
  const first = () => note('order 7')

  test('attack: the kit writes terms that the deployed contract reads as others: dead', async () => {
    const { to, data } = first()
    const hole = await naive((kit) =>
      kit.addCaveat('specificActionERC20TransferBatch', {
        tokenAddress: token(),
        recipient: A,
        amount: UNIT,
        target: to,
        calldata: data,
      }),
    )
    expect(codesOf(hole)).toContain('compile.layout_differs')
    expect(await redeem([hole], first(), pay(A, 1n))).toMatch(/invalid-first-transaction/)
  })

  test('behavior: with the layout of the contract it runs; it is refused all the same unless that was looked at', async () => {
    const { to, value, data } = first()
    const meaning: DecodedCaveat = {
      kind: 'specificActionBatch',
      token: token(),
      recipient: A,
      amount: UNIT,
      first: { target: to, value, data },
    }
    const hole = await naive((kit) => kit.addCaveat(encodeCaveat(chain.environment, meaning)))
    expect(codesOf(hole)).toEqual(['compile.layout_differs'])
    expect(await redeem([hole], first(), pay(A, 1n))).toBe('ok')
  })

  test('default: a call rule and a transfer rule, each by itself', async () => {
    const rules = [act({ args: { memo: { eq: 'order 7' } } }), rule()]
    const { grant } = await granted(rules, { budgets: { b: { assets: { [token()]: '1' }, max: '1' } } })
    expect(await redeem(linksOfBranch(grant, 0), note('order 8'))).toMatch(/ExactCalldata/)
    expect(await redeem(linksOfBranch(grant, 0), first())).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 1), pay(A, 1n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 1), pay(A, 1n))).toMatch(/allowance-exceeded/)
  })
})

describe('LogicalOr', () => {
  const period = (asset: Address, units: bigint): DecodedCaveat => ({
    kind: 'erc20PeriodTransfer',
    token: asset,
    amount: units * UNIT,
    duration: 86_400n,
    start: 1n,
  })
  const either = (...groups: DecodedCaveat[][]) =>
    encodeCaveat(chain.environment, {
      kind: 'logicalOr',
      groups: groups.map((group) => group.map((meaning) => ({ meaning, args: '0x' }))),
    })
  /** The redeemer says which group it means. */
  const choosing = (delegation: Delegation, group: number, caveats: number): Delegation => {
    const args = encodeAbiParameters(parseAbiParameters('(uint256, bytes[])'), [
      [BigInt(group), Array.from({ length: caveats }, () => '0x' as const)],
    ])
    const { LogicalOrWrapperEnforcer: wrapper } = chain.environment.enforcers
    return {
      ...delegation,
      caveats: delegation.caveats.map((caveat) => (caveat.enforcer === wrapper ? { ...caveat, args } : caveat)),
    }
  }

  test('attack: groups share what the first use wrote: a cap of 100 lets 100,000 through', async () => {
    const hole = await naive((kit) =>
      kit.addCaveat(either([period(token(), 100n)], [period(dai, 10n ** 12n)])).addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toContain('compile.logical_or')
    expect(await redeem([choosing(hole, 1, 1)], transferCall(dai, C, 1n))).toBe('ok')
    expect(await redeem([choosing(hole, 0, 1)], pay(C, 100_000n))).toBe('ok')
  })

  test('default: one rule each, and each holds what it says', async () => {
    const assets = { [token()]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 6 } }
    const daily = (asset: Address, max: string) =>
      ({ assets: { [asset]: '1' }, max, per: 'P1D', window: 'fixed' }) as const
    const budgets = { b: daily(token(), '100'), d: daily(dai, '1000000000') }
    const { grant } = await granted([rule(), rule({ id: 'dai', asset: dai, budget: 'd' })], { budgets, assets })
    expect(await redeem(linksOfBranch(grant, 1), transferCall(dai, A, 1n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 0), pay(A, 101n))).toMatch(/transfer-amount-exceeded/)
    expect(await redeem(linksOfBranch(grant, 0), pay(A, 100n))).toBe('ok')
  })

  test('attack: a nonce inside it survives the kill switch; ours does not', async () => {
    const inside: DecodedCaveat[] = [
      { kind: 'erc20TransferAmount', token: token(), limit: 100n * UNIT },
      { kind: 'nonce', nonce: 0n },
      { kind: 'timestamp', after: 0n, before: 4_000_000_000n },
    ]
    const hole = await naive({
      build: (kit) => kit.addCaveat(either(inside)).addCaveat('valueLte', { maxValue: 0n }),
      bare: true,
    })
    expect(codesOf(hole)).toContain('compile.logical_or')
    const { grant } = await granted([rule({ to: [A, B] })], budget())
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toBe('ok')
    const end = encodeFunctionData({
      abi: NonceEnforcer,
      functionName: 'incrementNonce',
      args: [chain.environment.manager],
    })
    const { NonceEnforcer: enforcer = '0x' } = chain.environment.enforcers
    await send(principal, { to: enforcer, value: 0n, data: end })
    expect(await redeem([choosing(hole, 0, 3)], pay(C, 1n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/NonceEnforcer/)
  })
})
