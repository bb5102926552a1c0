import { DelegationManager } from '@metamask/delegation-abis'
import { type BaseError, ContractFunctionRevertedError, encodeAbiParameters, encodeFunctionData, parseAbi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeCaveat } from '../../src/caveats/caveat.ts'
import type { KnownCaveat } from '../../src/caveats/codec.ts'
import { type CompileOptions, compile } from '../../src/compile/compile.ts'
import type { CompileErrorCode } from '../../src/compile/errors.ts'
import { inspectLinks } from '../../src/compile/inspect.ts'
import { linksOf } from '../../src/compile/links.ts'
import type { Branch, Draft } from '../../src/compile/types.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { createDelegations } from '../../src/delegation/create.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeExecution } from '../../src/redemption/encode.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { Scope } from '../../src/scope/types.ts'
import type { Call } from '../../src/verdict/types.ts'
import { PAYEES, scopeDocument } from '../arbitraries/scope.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { addressOf, transferCall } from '../rig/grant.ts'

/** What compiled delegations let through on the real contracts, and what the refused compositions would have. */

const chain = useChain()
const principal = privateKeyToAccount(`0x${'41'.repeat(32)}`)
const agent = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const [A, B, C] = PAYEES
const UNIT = 1_000_000n

type Rules = Parameters<typeof scopeDocument>[0]
type Signed = { scope: Scope; delegations: Delegation[]; branches: readonly Branch[] }

let salts = 0n
const salt = (): Hex => `0x${(++salts).toString(16).padStart(64, '0')}`
const token = (): Address => chain.token.address
const pay = (to: Address, units: bigint): Call => transferCall(token(), to, units * UNIT)
const send = (to: Address, value: bigint): Call => ({ to, value, data: '0x' })

beforeAll(async () => {
  const funder = chain.walletClient(chain.accounts[0])
  const contractAddress = chain.environment.implementations.stateless7702
  const authorization = await chain.walletClient(principal).signAuthorization({ account: principal, contractAddress })
  for (const [to, authorizationList] of [
    [principal.address, [authorization]],
    [agent.address, []],
  ] as const) {
    const value = 10n ** 19n
    const hash = await funder.sendTransaction(
      authorizationList.length > 0 ? { to, value, authorizationList: [...authorizationList] } : { to, value },
    )
    await chain.publicClient.waitForTransactionReceipt({ hash })
  }
  await mint(chain, addressOf(principal), 10_000n * UNIT)
})

function sign(drafts: readonly Draft[]): Promise<Delegation[]> {
  const domain = { chainId: chain.chainId, manager: chain.environment.manager }
  return Promise.all(
    createDelegations(drafts).map((delegation) => signDelegation(principal, { ...domain, delegation })),
  )
}

async function granted(
  rules: Rules,
  more: Parameters<typeof scopeDocument>[1],
  options: Partial<CompileOptions> = {},
): Promise<Signed> {
  const document = scopeDocument(rules, {
    chainId: chain.chainId,
    principal: addressOf(principal),
    delegate: addressOf(agent),
    assets: { [token()]: { symbol: 'USDC', decimals: 6 } },
    expiry: '2100-01-01T00:00:00Z',
    ...more,
  })
  delete document.notBefore
  const scope = parseScope(document)
  const plan = compile(scope, chain.environment, { salt, nonce: 0n, ...options })
  return { scope, delegations: await sign(plan.drafts), branches: plan.branches }
}

/** `ok` after the redemption was mined, or what the chain said against it. */
async function redeem(links: readonly Delegation[], ...calls: Call[]): Promise<string> {
  const [only] = calls
  const single = calls.length === 1 && only !== undefined
  const mode: Hex = single ? `0x${'00'.repeat(32)}` : `0x01${'00'.repeat(31)}`
  const batch = [{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }] }]
  const execution = single
    ? encodeExecution(only)
    : encodeAbiParameters(batch, [calls.map(({ to, value, data }) => [to, value, data])])
  const request = {
    address: chain.environment.manager,
    abi: DelegationManager,
    functionName: 'redeemDelegations',
    args: [[encodeContext(links)], [mode], [execution]],
  } as const
  try {
    await chain.publicClient.simulateContract({ ...request, account: agent })
  } catch (error) {
    const revert = (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError)
    if (!(revert instanceof ContractFunctionRevertedError)) throw error
    return String(revert.data?.args?.[0] ?? revert.data?.errorName ?? revert.signature)
  }
  const hash = await chain.walletClient(agent).writeContract(request)
  const { status } = await chain.publicClient.waitForTransactionReceipt({ hash })
  return status === 'success' ? 'ok' : 'mined revert'
}

function branch({ delegations, branches }: Signed, index: number): Delegation[] {
  return (branches[index]?.links ?? []).flatMap((link) => delegations[link] ?? [])
}

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
    const grant = await granted([transfer()], budget())
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
    const [one, two] = [await granted([transfer()], budget()), await granted([transfer()], budget())]
    expect(await redeem(branch(one, 0).slice(0, 1), pay(A, 1n))).toMatch(/InvalidAuthority/)
    expect(await redeem([...branch(one, 0).slice(0, 1), ...branch(two, 0).slice(1)], pay(A, 1n))).toMatch(
      /InvalidAuthority/,
    )
    expect(await redeem(branch(one, 0).slice(1), pay(C, 1n))).toMatch(/InvalidDelegate/)
  })

  test('behavior: one call in all: at most the maximum, once, whoever is paid', async () => {
    const grant = await granted([transfer({ max: '50' })], { ...budget(), calls: { max: 1 } })
    expect(await redeem(branch(grant, 0), pay(A, 51n))).toMatch(/allowance-exceeded/)
    expect(await redeem(branch(grant, 0), pay(A, 50n))).toBe('ok')
    expect(await redeem(branch(grant, 1), pay(B, 1n))).toMatch(/LimitedCalls/)
  })

  test('behavior: a fixed window fills, and opens again at its end', async () => {
    const grant = await granted([transfer({ to: [A] })], budget({ per: 'PT1H', window: 'fixed' }))
    expect(await redeem(branch(grant, 0), pay(A, 200n))).toBe('ok')
    expect(await redeem(branch(grant, 0), pay(A, 1n))).toMatch(/amount-exceeded/)
    await chain.testClient.increaseTime({ seconds: 3_600 })
    await chain.testClient.mine({ blocks: 1 })
    expect(await redeem(branch(grant, 0), pay(A, 200n))).toBe('ok')
  })

  test('behavior: native coin goes to the payees, within the budget, and calls nothing', async () => {
    const native = { id: 'tip', class: 'transfer' as const, asset: 'native' as const, to: [A, B], budget: 'b' }
    const grant = await granted([native], { budgets: { b: { assets: { native: '1' }, max: '0.5' } } })
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
    const grant = await granted(
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

describe('inspectLinks', () => {
  const times: KnownCaveat = { kind: 'timestamp', after: 0n, before: 4_000_000_000n }
  const nonce: KnownCaveat = { kind: 'nonce', nonce: 0n }
  const noValue: KnownCaveat = { kind: 'valueLte', max: 0n }
  const period = (units: bigint, duration: bigint): KnownCaveat => ({
    kind: 'erc20PeriodTransfer',
    token: token(),
    amount: units * UNIT,
    duration,
    start: 1n,
  })
  const spend = (units: bigint): KnownCaveat => ({ kind: 'erc20TransferAmount', token: token(), limit: units * UNIT })

  /** A root with these caveats that `inspectLinks` must speak against with this code. */
  async function broken(code: CompileErrorCode, ...caveats: KnownCaveat[]): Promise<Delegation[]> {
    const draft: Draft = {
      delegate: addressOf(agent),
      delegator: addressOf(principal),
      parent: null,
      salt: salt(),
      caveats: [times, nonce, ...caveats].map((caveat) => encodeCaveat(chain.environment, caveat)),
    }
    expect(inspectLinks(linksOf([draft]), chain.environment).map((found) => found.code)).toContain(code)
    return sign([draft])
  }

  test('behavior: C1: of two periods the second never applies: 15 pass a cap of 10', async () => {
    const links = await broken('compile.counted_twice', noValue, period(30n, 604_800n), period(10n, 86_400n))
    expect(await redeem(links, pay(A, 15n))).toBe('ok')
  })

  test('behavior: C2: twice the same counter: a cap of 100 refuses the second half', async () => {
    const links = await broken('compile.counted_twice', noValue, spend(100n), spend(100n))
    expect(await redeem(links, pay(A, 51n))).toMatch(/allowance-exceeded/)
    expect(await redeem(links, pay(A, 50n))).toBe('ok')
    expect(await redeem(links, pay(A, 1n))).toMatch(/allowance-exceeded/)
  })

  test('behavior: C6: a native cap without empty calldata lets every token go', async () => {
    const links = await broken('compile.native_with_calldata', { kind: 'nativeTransferAmount', limit: 1n })
    expect(await redeem(links, pay(C, 1_000n))).toBe('ok')
  })

  test('behavior: C7: with the manager as target a redemption inside a redemption un-revokes', async () => {
    const inner = (
      await granted([{ id: 'pay', class: 'transfer', asset: token(), to: [A], budget: 'b' }], {
        budgets: { b: { assets: { [token()]: '1' }, max: '5' } },
      })
    ).delegations
    const [root] = inner
    if (root === undefined) return expect.fail('no delegation')
    const struct = { ...root, caveats: [...root.caveats], salt: BigInt(root.salt) }
    const { manager } = chain.environment
    const hash = await chain
      .walletClient(principal)
      .writeContract({ address: manager, abi: DelegationManager, functionName: 'disableDelegation', args: [struct] })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    expect(await redeem(inner, pay(A, 1n))).toMatch(/CannotUseADisabledDelegation/)
    const enable = encodeFunctionData({ abi: DelegationManager, functionName: 'enableDelegation', args: [struct] })
    const links = await broken('compile.forbidden_target', noValue, { kind: 'allowedTargets', targets: [manager] })
    expect(await redeem(links, { to: manager, value: 0n, data: enable })).toBe('ok')
    expect(await redeem(inner, pay(A, 1n))).toBe('ok')
  })

  test('behavior: C9: caveats that do not look at the call leave batches open: one use, five payments', async () => {
    const links = await broken(
      'compile.batch_open',
      { kind: 'limitedCalls', limit: 1n },
      { kind: 'redeemer', redeemers: [addressOf(agent)] },
    )
    expect(await redeem(links, ...Array.from({ length: 5 }, () => pay(C, 1n)))).toBe('ok')
  })
})
