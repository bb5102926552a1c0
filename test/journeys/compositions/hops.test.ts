import { describe, expect, test } from 'vitest'
import { encodeDisable } from '../../../src/chain/disable.ts'
import { readState } from '../../../src/chain/readState.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../../../src/delegation/execution.ts'
import { hashDelegation } from '../../../src/delegation/hash.ts'
import { attenuateGrant } from '../../../src/grant/attenuate.ts'
import { GrantError } from '../../../src/grant/errors.ts'
import type { Grant } from '../../../src/grant/types.ts'
import type { Address } from '../../../src/primitives/hex.ts'
import { ScopeError } from '../../../src/scope/errors.ts'
import { evaluate } from '../../../src/verdict/evaluate.ts'
import { prepareGrant } from '../../../src/verdict/prepare.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { useChain } from '../../rig/chain.ts'
import { linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { actionOf, addressOf, nodeOf } from '../../rig/grant.ts'

/** What is handed on, what a revert does not say, and where times end; the same intent as a scope. */

const chain = useChain()
const rig = useDelegating(chain)
const { naive, granted, codesOf, redeem, redeemAs, revertData, pay, disable, send, agent, helper } = rig
const [A, B] = PAYEES
const token = () => chain.token.address
const rule = (more: object = {}) => ({
  id: 'pay',
  class: 'transfer' as const,
  asset: token(),
  to: [A, B] as Address[],
  budget: 'b',
  ...more,
})
const budget = (max = '100') => ({ budgets: { b: { assets: { [token()]: '1' }, max } } })
const deeper = { redelegation: { maxDepth: 1 } }
const asHelper = (links: Parameters<typeof redeem>[0], call: Call) =>
  redeemAs(helper, links, SINGLE_DEFAULT_MODE, encodeExecution(call))

/** To the helper, by the agent. */
function handedOn(grant: Grant, rules = [rule({ to: [A] })], more: object = budget('50')): Promise<Grant> {
  const scope = rig.scopeOf(rules, { delegate: addressOf(helper), ...more })
  const { environment } = chain
  return attenuateGrant(grant, { scope, environment, nonce: 0n, salt: rig.salt, account: agent })
}

async function refusedBy(run: Promise<unknown>): Promise<[string, unknown]> {
  try {
    await run
  } catch (error) {
    if (error instanceof GrantError) return [error.code, error.details['dimension']]
    throw error
  }
  return ['none', undefined]
}

async function verdict(grant: Grant, call: Call, redeemer = helper) {
  const { environment } = chain
  const state = await readState(nodeOf(chain.rpcUrl), { grant, environment })
  return evaluate(prepareGrant(grant, environment), actionOf(chain, addressOf(redeemer), call), state)
}

describe('a child wider than its parent, or beside it (C11)', () => {
  const cap = (units: bigint) => ({ tokenAddress: token(), maxAmount: units * UNIT })
  const payee = (address: Address) => ({ startIndex: 4, value: `0x${address.slice(2).padStart(64, '0')}` as const })

  test('attack: a child that says 1,000 is worth 100, and nobody is told', async () => {
    const root = await naive((kit) =>
      kit.addCaveat('erc20TransferAmount', cap(100n)).addCaveat('valueLte', { maxValue: 0n }),
    )
    const child = await naive({
      build: (kit) => kit.addCaveat('erc20TransferAmount', cap(1_000n)),
      from: agent,
      to: addressOf(helper),
      under: root,
    })
    expect(codesOf(child, root)).toEqual(['compile.wider_than_parent'])
    expect(await asHelper([child, root], pay(A, 101n))).toMatch(/allowance-exceeded/)
    expect(await asHelper([child, root], pay(A, 100n))).toBe('ok')
  })

  test('attack: a child that pays somebody else is dead, and nobody is told', async () => {
    const root = await naive((kit) =>
      kit
        .addCaveat('erc20TransferAmount', cap(100n))
        .addCaveat('allowedCalldata', payee(A))
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    const child = await naive({
      build: (kit) => kit.addCaveat('allowedCalldata', payee(B)),
      from: agent,
      to: addressOf(helper),
      under: root,
    })
    expect(codesOf(child, root)).toEqual(['compile.disjoint'])
    for (const to of [A, B]) expect(await asHelper([child, root], pay(to, 1n))).toMatch(/AllowedCalldata/)
  })

  test('default: what is handed on is compared first; a narrower part works, and no further', async () => {
    const { grant } = await granted([rule()], { ...budget(), ...deeper })
    expect(await refusedBy(handedOn(grant, [rule()], budget('101')))).toEqual(['grant.widened', 'budgets'])
    const [, , C] = PAYEES
    expect(await refusedBy(handedOn(grant, [rule({ to: [C] })]))).toEqual(['grant.widened', 'payees'])
    const child = await handedOn(grant)
    expect(codesOf(...linksOfBranch(child))).toEqual([])
    expect(await asHelper(linksOfBranch(child), pay(A, 51n))).toMatch(/allowance-exceeded/)
    expect(await asHelper(linksOfBranch(child), pay(B, 1n))).toMatch(/AllowedCalldata/)
    expect(await asHelper(linksOfBranch(child), pay(A, 50n))).toBe('ok')
  })
})

describe('reverts that are alike', () => {
  test('attack: the own cap and the parent’s budget fail with the same bytes; the verdict tells hop, limit and what is left', async () => {
    const { grant } = await granted([rule()], { ...budget(), ...deeper })
    const child = await handedOn(grant)
    const links = linksOfBranch(child)
    const own = await rig.revertData(links, pay(A, 51n))
    const first = await verdict(child, pay(A, 51n))
    expect(await redeem(linksOfBranch(grant, 1), pay(B, 60n))).toBe('ok')
    const parents = await rig.revertData(links, pay(A, 45n))
    const second = await verdict(child, pay(A, 45n))

    expect(own).not.toBe('0x')
    expect(parents).toBe(own)
    expect(first).toMatchObject({
      code: 'budget_exceeded',
      hop: 0,
      delegator: addressOf(agent),
      limit: 50n * UNIT,
      used: 0n,
      largestAllowed: 50n * UNIT,
      delegation: hashDelegation(links[0] as never),
    })
    expect(second).toMatchObject({
      code: 'budget_exceeded',
      delegator: addressOf(rig.principal),
      limit: 100n * UNIT,
      used: 60n * UNIT,
      largestAllowed: 40n * UNIT,
      delegation: hashDelegation(links.at(-1) as never),
    })
    expect(second).not.toMatchObject({ hop: 0 })
    expect(await asHelper(links, pay(A, 40n))).toBe('ok')
  })

  test('attack: a revoked child and a revoked root fail with the same bytes; the verdict names the link', async () => {
    const one = await handedOn((await granted([rule()], { ...budget(), ...deeper })).grant)
    const two = await handedOn((await granted([rule()], { ...budget(), ...deeper })).grant)
    const [leaf] = linksOfBranch(one)
    const root = linksOfBranch(two).at(-1)
    if (leaf === undefined || root === undefined) return expect.fail('no links')
    await send(agent, { to: chain.environment.manager, value: 0n, data: encodeDisable(leaf) })
    await disable(root)
    const [a, b] = await Promise.all([one, two].map((grant) => revertData(linksOfBranch(grant), pay(A, 1n))))
    expect(a).toBe(b)
    expect(await verdict(one, pay(A, 1n))).toMatchObject({ code: 'revoked', hop: 0, delegation: hashDelegation(leaf) })
    const hop = linksOfBranch(two).length - 1
    expect(await verdict(two, pay(A, 1n))).toMatchObject({ code: 'revoked', hop, delegation: hashDelegation(root) })
  })
})

describe('Timestamp', () => {
  const at = async (timestamp: bigint) => {
    await chain.testClient.setNextBlockTimestamp({ timestamp })
    await chain.testClient.mine({ blocks: 1 })
  }
  const instant = (seconds: bigint) => new Date(Number(seconds) * 1_000).toISOString().replace('.000', '')

  test('attack: its bounds are exclusive: the first second that was meant is refused; ours has it, and ends on time', async () => {
    const { timestamp } = await chain.publicClient.getBlock()
    const [start, end] = [timestamp + 1_000n, timestamp + 2_000n]
    const hole = await naive({
      build: (kit) =>
        kit
          .addCaveat('erc20TransferAmount', { tokenAddress: token(), maxAmount: 100n * UNIT })
          .addCaveat('valueLte', { maxValue: 0n })
          .addCaveat('nonce', { nonce: '0x00' })
          .addCaveat('timestamp', { afterThreshold: Number(start), beforeThreshold: Number(end) }),
      bare: true,
    })
    const { grant } = await granted([rule({ to: [A] })], {
      ...budget(),
      notBefore: instant(start),
      expiry: instant(end),
    })
    const links = linksOfBranch(grant)
    await at(start - 1n)
    expect(await rig.admits(grant, 0, pay(A, 1n))).toBe(false)
    await at(start)
    expect(await revertData([hole], pay(A, 1n))).not.toBe('0x')
    expect(await rig.admits(grant, 0, pay(A, 1n))).toBe(true)
    await at(end - 1n)
    expect(await rig.admits(grant, 0, pay(A, 1n))).toBe(true)
    await at(end)
    expect(await redeem(links, pay(A, 1n))).toMatch(/expired/)
  })

  test('attack: a bound of zero is none: it is redeemed in the next century', async () => {
    const hole = await naive({
      build: (kit) =>
        kit
          .addCaveat('erc20TransferAmount', { tokenAddress: token(), maxAmount: 100n * UNIT })
          .addCaveat('valueLte', { maxValue: 0n })
          .addCaveat('nonce', { nonce: '0x00' })
          .addCaveat('timestamp', { afterThreshold: 0, beforeThreshold: 0 }),
      bare: true,
    })
    expect(codesOf(hole)).toEqual(['compile.no_expiry'])
    const { grant } = await granted([rule({ to: [A] })], budget())
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toBe('ok')
    await at(4_102_444_800n)
    expect(await redeem([hole], pay(A, 1n))).toBe('ok')
    expect(await redeem(linksOfBranch(grant), pay(A, 1n))).toMatch(/expired/)
    // A scope cannot say that it never ends: neither by silence nor by zero.
    for (const expiry of [undefined, '1970-01-01T00:00:00Z'])
      expect(() => rig.scopeOf([rule()], { ...budget(), expiry: expiry as never })).toThrow(ScopeError)
  })
})
