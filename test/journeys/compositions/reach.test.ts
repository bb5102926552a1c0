import { DelegationManager, EIP7702StatelessDeleGator } from '@metamask/delegation-abis'
import { ExecutionMode } from '@metamask/delegation-toolkit'
import { encodeExecutionCalldatas } from '@metamask/delegation-toolkit/utils'
import { encodeAbiParameters, encodeFunctionData, parseAbiParameters, toFunctionSelector } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../../../src/delegation/execution.ts'
import type { Delegation } from '../../../src/delegation/types.ts'
import type { Address, Hex } from '../../../src/primitives/hex.ts'
import { deployTestToken } from '../../../src/testing/framework.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { balanceOf, mint, useChain } from '../../rig/chain.ts'
import { encodeBatch, linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { addressOf, transferCall } from '../../rig/grant.ts'
import { deployPinnedTarget, pinnedTargetAbi, testTokenAbi } from '../../rig/principals.ts'

/** Caveats that let more be called than they say, or nothing at all, and the same intent as a scope. */

const chain = useChain()
const { naive, granted, refusal, codesOf, redeem, redeemAs, pay, disable, principal, agent } = useDelegating(chain)
const [A, , C] = PAYEES
const token = () => chain.token.address
const EMPTY_CONTEXT: Hex = encodeAbiParameters(parseAbiParameters('bytes[]'), [[]])
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
const send1 = (to: Address, value: bigint): Call => ({ to, value, data: '0x' })
const cap = () => ({ tokenAddress: token(), maxAmount: 100n * UNIT })

describe('single and batch mode in one delegation (C4)', () => {
  test('attack: accepted when signed, dead in either mode', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('erc20TransferAmount', cap())
        .addCaveat('valueLte', { maxValue: 0n })
        .addCaveat('exactExecutionBatch', {
          executions: [1n, 2n].map((units) => {
            const { to, value, data } = pay(A, units)
            return { target: to, value, callData: data }
          }),
        }),
    )
    expect(codesOf(hole)).toEqual(['compile.mixed_modes'])
    expect(await redeem([hole], pay(A, 1n))).toMatch(/invalid-call-type/)
    expect(await redeem([hole], pay(A, 1n), pay(A, 2n))).toMatch(/invalid-call-type/)
  })

  test('default: a scope is single mode throughout: the two payments are two redemptions', async () => {
    const { grant } = await granted([rule()], budget())
    expect(await redeem(linksOfBranch(grant), pay(A, 1n), pay(A, 2n))).toMatch(/invalid-call-type/)
    for (const units of [1n, 2n]) expect(await redeem(linksOfBranch(grant), pay(A, units))).toBe('ok')
  })
})

describe('a native allowance (C6)', () => {
  test('attack: one wei of it drains the tokens', async () => {
    const hole = await naive((kit) => kit.addCaveat('nativeTokenTransferAmount', { maxAmount: 1n }))
    expect(codesOf(hole)).toContain('compile.native_with_calldata')
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], pay(C, 1_000n))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(1_000n * UNIT)
  })

  test('default: a native rule admits payments without calldata only', async () => {
    const native = { budgets: { b: { assets: { native: '1' }, max: '0.5' } } }
    const { grant } = await granted([rule({ asset: 'native', to: 'anyone' })], native)
    expect(await redeem(linksOfBranch(grant), pay(C, 1n))).toMatch(/ExactCalldata/)
    expect(await redeem(linksOfBranch(grant), send1(C, 10n ** 17n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), send1(C, 5n * 10n ** 17n))).toMatch(/allowance-exceeded/)
  })
})

describe('the manager as a target (C7)', () => {
  const toManager = (data: Hex): Call => ({ to: chain.environment.manager, value: 0n, data })

  test('attack: a redemption inside a redemption is anything at all, in the name of the principal', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [chain.environment.manager] })
        .addCaveat('allowedMethods', { selectors: ['0xcef6d209'] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.target_is_manager', 'compile.forbidden_selector', 'compile.nested_open'])
    const inner = encodeFunctionData({
      abi: DelegationManager,
      functionName: 'redeemDelegations',
      args: [[EMPTY_CONTEXT], [SINGLE_DEFAULT_MODE], [encodeExecution(send1(C, 10n ** 18n))]],
    })
    const before = await chain.publicClient.getBalance({ address: C })
    expect(await redeem([hole], toManager(inner))).toBe('ok')
    expect((await chain.publicClient.getBalance({ address: C })) - before).toBe(10n ** 18n)
  })

  test('attack: what was revoked is enabled again by the agent', async () => {
    const { grant } = await granted([rule()], budget())
    const [leaf] = linksOfBranch(grant) as [Delegation]
    await disable(leaf)
    expect(await redeem([leaf], pay(A, 1n))).toMatch(/CannotUseADisabledDelegation/)
    const struct = { ...leaf, caveats: [...leaf.caveats], salt: BigInt(leaf.salt) }
    const enable = encodeFunctionData({ abi: DelegationManager, functionName: 'enableDelegation', args: [struct] })
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [chain.environment.manager] })
        .addCaveat('allowedMethods', { selectors: [enable.slice(0, 10) as Hex] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.target_is_manager', 'compile.forbidden_selector'])
    expect(await redeem([hole], toManager(enable))).toBe('ok')
    expect(await redeem([leaf], pay(A, 1n))).toBe('ok')
  })

  test('default: no scope names the manager, whatever it acknowledges; another contract may be called', async () => {
    const acknowledge = ['target:manager', 'selector:redeemDelegations']
    expect(refusal([act({ target: chain.environment.manager, acknowledge })])).toBe('compile.target_is_manager')
    const { grant } = await granted([act()])
    expect(await redeem(linksOfBranch(grant), note('x'))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), toManager('0xcef6d209'))).toMatch(/target-address-not-allowed/)
  })
})

describe('the account itself as a target (C8)', () => {
  test('attack: it does whatever it is told, past a limit of no native value', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [principal.address] })
        .addCaveat('allowedMethods', { selectors: ['execute(bytes32,bytes)'] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.target_is_principal', 'compile.forbidden_selector', 'compile.nested_open'])
    const data = encodeFunctionData({
      abi: EIP7702StatelessDeleGator,
      functionName: 'execute',
      args: [SINGLE_DEFAULT_MODE, encodeExecution(send1(C, 10n ** 18n))],
    })
    const before = await chain.publicClient.getBalance({ address: C })
    expect(await redeem([hole], { to: addressOf(principal), value: 0n, data })).toBe('ok')
    expect((await chain.publicClient.getBalance({ address: C })) - before).toBe(10n ** 18n)
  })

  test('default: no scope calls it, nor pays it; who means a call writes the call', async () => {
    const own = addressOf(principal)
    expect(refusal([act({ target: own, acknowledge: ['target:principal'] })])).toBe('compile.target_is_principal')
    const { grant } = await granted([act()])
    expect(await redeem(linksOfBranch(grant), note('itself'))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), { ...note('itself'), to: own })).toMatch(/target-address-not-allowed/)
  })
})

describe('caveats that do not look at the call (C9)', () => {
  test('attack: one use is five payments', async () => {
    const hole = await naive((kit) =>
      kit.addCaveat('limitedCalls', { limit: 1 }).addCaveat('redeemer', { redeemers: [agent.address] }),
    )
    expect(codesOf(hole)).toContain('compile.batch_open')
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], ...Array.from({ length: 5 }, () => pay(C, 1n)))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(5n * UNIT)
  })

  test('default: one call in all is one call', async () => {
    const { grant } = await granted([rule()], { ...budget(), calls: { max: 1 } })
    expect(await redeem(linksOfBranch(grant), pay(A, 1n), pay(A, 1n))).toMatch(/invalid-call-type/)
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/LimitedCalls/)
  })
})

describe('a list of one call in batch mode (C13)', () => {
  test('attack: the kit writes it as a single call: it reverts', async () => {
    const { to, value, data } = pay(A, 1n)
    const hole = await naive((kit) => kit.addCaveat('redeemer', { redeemers: [agent.address] }))
    const [encoded] = encodeExecutionCalldatas([[{ target: to, value, callData: data }]])
    expect(await redeemAs(agent, [hole], ExecutionMode.BatchDefault as Hex, encoded as Hex)).toBe(
      toFunctionSelector('DecodingError()'),
    )
    const list = encodeBatch([pay(A, 1n)])
    expect(await redeemAs(agent, [hole], ExecutionMode.BatchDefault as Hex, list)).toBe('ok')
  })

  test('default: mode and bytes come from one place, and an action of one call is a single call', async () => {
    const { grant } = await granted([rule()], budget())
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toBe('ok')
  })
})

describe('targets and methods', () => {
  const transfer = '0xa9059cbb'

  test('attack: every method of every target: what was to be minted is taken', async () => {
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [token(), dai] })
        .addCaveat('allowedMethods', { selectors: ['mint(address,uint256)', transfer] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.cross_product', 'compile.unbounded_transfer'])
    // Meant: mint of the one, transfer of the other.
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], pay(C, 500n))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(500n * UNIT)
  })

  test('default: a delegation for each target and function', async () => {
    const rules = [
      act({
        target: token(),
        function: 'function mint(address to, uint256 amount)',
        args: { to: { eq: 'principal' } },
      }),
      rule({ id: 'dai', asset: dai }),
    ]
    const assets = { [token()]: { symbol: 'USDC', decimals: 6 }, [dai]: { symbol: 'DAI', decimals: 6 } }
    const { grant } = await granted(rules, { budgets: { b: { assets: { [dai]: '1' }, max: '100' } }, assets })
    expect(grant.branches).toHaveLength(2)
    const minting = encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: [principal.address, 1n] })
    const mints: Call = { to: token(), value: 0n, data: minting }
    for (const [at] of grant.branches.entries()) {
      expect(await redeem(linksOfBranch(grant, at), pay(C, 1n))).toMatch(/Calldata|invalid-contract/)
      expect(await redeem(linksOfBranch(grant, at), { ...mints, to: dai })).toMatch(/target-address|Calldata|invalid/)
    }
    expect(await redeem(linksOfBranch(grant, 0), mints)).toBe('ok')
    expect(await redeem(linksOfBranch(grant, 1), transferCall(dai, A, 5n))).toBe('ok')
  })
})
