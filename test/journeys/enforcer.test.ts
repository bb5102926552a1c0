import { encodeFunctionData, erc20Abi, parseEventLogs } from 'viem'
import { describe, expect, test } from 'vitest'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { abi as testVaultAbi, bytecode as testVaultBytecode } from '../../src/testing/generated/testVault.ts'
import type { Call } from '../../src/verdict/types.ts'
import { balanceOf, useChain } from '../rig/chain.ts'
import { addressOf } from '../rig/grant.ts'
import { DAY, hashOf, P0, P1, PAYEES, UNIT, useScopedPayments } from '../rig/scopedPayments.ts'
import { addressFrom, batchOf, SINGLE_TRY_MODE, singleOf, taskScopeAbi } from '../rig/taskScope.ts'
import { chargeOf, encodeTaskScopeRule, encodeTransferRule, isOneOf } from '../rig/taskScopeTerms.ts'

/** What the TaskScopeEnforcer lets through, and refuses, behind the real manager. */

const chain = useChain()
const scope = useScopedPayments(chain)

describe('TaskScopeEnforcer', () => {
  test('default: a payment inside the scope arrives, and its event says what is left', async () => {
    const links = await scope.granted()
    const before = await balanceOf(chain, P0)
    const { logs } = await scope.redeem(scope.agent, singleOf(links, scope.pay(P0, 30n * UNIT)))
    expect((await balanceOf(chain, P0)) - before).toBe(30n * UNIT)
    const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'Redeemed', logs })
    expect(event?.args.delegationHash).toBe(hashOf(links))
    const first = event?.args.first ?? 0n
    // One execution, by the first rule, charged to the first budget.
    expect(first >> 224n).toBe(0x0001_0000n)
    expect((first >> 112n) & (2n ** 112n - 1n)).toBe(30n * UNIT)
    expect(first & (2n ** 112n - 1n)).toBe(170n * UNIT)
  })

  test('error: over the maximum, another payee, another token, native value', async () => {
    const links = await scope.granted()
    const refuse = (call: Call) => scope.refuse(scope.agent, singleOf(links, call))
    const reason = { error: 'NotAdmitted', delegation: hashOf(links), item: 0n, rule: 0n, used: 0n }
    expect(await refuse(scope.pay(P0, 50n * UNIT + 1n))).toEqual({
      ...reason,
      reason: 'condition',
      index: 1n,
      limit: 50n * UNIT,
      requested: 50n * UNIT + 1n,
    })
    expect(await refuse(scope.pay(addressFrom(99), UNIT))).toEqual({
      ...reason,
      reason: 'condition',
      index: 0n,
      limit: BigInt(P0),
      requested: BigInt(addressFrom(99)),
    })
    expect(await refuse({ ...scope.pay(P0, UNIT), value: 1n })).toEqual({
      ...reason,
      reason: 'value',
      index: 0n,
      limit: 0n,
      requested: 1n,
    })
    expect(await refuse({ ...scope.pay(P0, UNIT), to: addressFrom(98) })).toMatchObject({
      rule: 255n,
      reason: 'no rule',
    })
    expect(await refuse({ ...scope.pay(P0, UNIT), to: chain.environment.manager })).toMatchObject({
      error: 'ForbiddenTarget',
    })
    expect(await refuse({ ...scope.pay(P0, UNIT), to: addressOf(scope.principal) })).toMatchObject({
      error: 'ForbiddenTarget',
    })
  })

  test('error: over the rolling cap', async () => {
    const links = await scope.granted()
    for (const to of [P0, P1, P0]) await scope.redeem(scope.agent, singleOf(links, scope.pay(to, 50n * UNIT)))
    await scope.redeem(scope.agent, singleOf(links, scope.pay(P1, 40n * UNIT)))
    expect(await scope.refuse(scope.agent, singleOf(links, scope.pay(P0, 10n * UNIT + 1n)))).toEqual({
      error: 'NotAdmitted',
      delegation: hashOf(links),
      item: 0n,
      rule: 0n,
      reason: 'budget',
      index: 0n,
      limit: 200n * UNIT,
      used: 190n * UNIT,
      requested: 10n * UNIT + 1n,
    })
    await scope.redeem(scope.agent, singleOf(links, scope.pay(P0, 10n * UNIT)))
  })

  test('behavior: a batch of ten passes as one, and one bad item refuses all', async () => {
    const payees = [P0, P1, ...PAYEES]
    const rules = [encodeTransferRule(chain.token.address, payees, 50n * UNIT)]
    const links = await scope.granted({ most: 10, rules, budgets: [{ cap: 200n * UNIT, period: 0 }] })
    const calls = payees.map((payee) => scope.pay(payee, 10n * UNIT))
    const before = await Promise.all(payees.map((payee) => balanceOf(chain, payee)))
    await scope.redeem(scope.agent, batchOf(links, calls))
    const now = await Promise.all(payees.map((payee) => balanceOf(chain, payee)))
    expect(now.map((held, index) => held - (before[index] ?? 0n))).toEqual(payees.map(() => 10n * UNIT))
    const [leaf] = links as [Delegation]
    expect(await scope.counted(leaf)).toEqual({ calls: 10n, spent: 100n * UNIT })

    const bad = await scope.refuse(scope.agent, batchOf(links, [...calls.slice(0, 9), scope.pay(addressFrom(99), 1n)]))
    expect(bad).toMatchObject({ error: 'NotAdmitted', item: 9n, reason: 'condition', index: 0n })
    const over = payees.map((payee) => scope.pay(payee, 10n * UNIT + 1n))
    expect(await scope.refuse(scope.agent, batchOf(links, over))).toMatchObject({
      item: 9n,
      reason: 'budget',
      used: 190n * UNIT + 9n,
    })
    expect(await scope.refuse(scope.agent, batchOf(links, [...calls, ...calls]))).toEqual({
      error: 'TooManyExecutions',
      delegation: hashOf(links),
      limit: 10n,
      requested: 20n,
    })
    expect(await scope.counted(leaf)).toEqual({ calls: 10n, spent: 100n * UNIT })
  })

  test('error: try mode, and batch where the terms say single', async () => {
    const links = await scope.granted()
    const asked = singleOf(links, scope.pay(P0, UNIT))
    expect(await scope.refuse(scope.agent, { ...asked, mode: SINGLE_TRY_MODE })).toEqual({
      error: 'UnsupportedMode',
      delegation: hashOf(links),
      mode: SINGLE_TRY_MODE,
    })
    expect(await scope.refuse(scope.agent, batchOf(links, [scope.pay(P0, UNIT)]))).toMatchObject({
      error: 'UnsupportedMode',
    })
  })

  test('behavior: two hops count each for itself', async () => {
    const lifetime = (cap: bigint) => ({ budgets: [{ cap: cap * UNIT, period: 0 }] })
    const delegations = await scope.sign(
      await scope.linkOf(scope.principal, scope.agent, lifetime(100n)),
      await scope.linkOf(scope.agent, scope.second, lifetime(60n), 0),
    )
    const [root, leaf] = delegations as [Delegation, Delegation]
    await scope.redeem(scope.second, singleOf([leaf, root], scope.pay(P0, 40n * UNIT)))
    expect(await scope.counted(root)).toEqual({ calls: 1n, spent: 40n * UNIT })
    expect(await scope.counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
    const refusal = { error: 'NotAdmitted', reason: 'budget', used: 40n * UNIT }
    expect(await scope.refuse(scope.second, singleOf([leaf, root], scope.pay(P0, 21n * UNIT)))).toMatchObject({
      ...refusal,
      limit: 60n * UNIT,
    })
    // The agent spends the root without the leaf: the leaf still has 20, the root only 10.
    await scope.redeem(scope.agent, singleOf([root], scope.pay(P1, 50n * UNIT)))
    expect(await scope.counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
    expect(await scope.refuse(scope.second, singleOf([leaf, root], scope.pay(P0, 20n * UNIT)))).toMatchObject({
      ...refusal,
      limit: 100n * UNIT,
      used: 90n * UNIT,
    })
    expect(await scope.counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
  })

  test('behavior: of two hops with equal terms, the refusal names the one that is exhausted', async () => {
    const terms = await scope.termsOf({ budgets: [{ cap: 60n * UNIT, period: 0 }] })
    const delegations = await scope.sign(
      await scope.linkOf(scope.principal, scope.agent, terms),
      await scope.linkOf(scope.agent, scope.second, terms, 0),
    )
    const [root, leaf] = delegations as [Delegation, Delegation]
    expect(leaf.caveats).toEqual(root.caveats)
    await scope.redeem(scope.agent, singleOf([root], scope.pay(P0, 30n * UNIT)))
    const over = singleOf([leaf, root], scope.pay(P0, 50n * UNIT))
    const refusal = { error: 'NotAdmitted', reason: 'budget', requested: 50n * UNIT, limit: 60n * UNIT }
    expect(await scope.refuse(scope.second, over)).toMatchObject({
      ...refusal,
      delegation: hashOf([root]),
      used: 30n * UNIT,
    })
    await scope.redeem(scope.second, singleOf([leaf, root], scope.pay(P0, 30n * UNIT)))
    // Both are short now: the leaf is asked first.
    expect(await scope.refuse(scope.second, over)).toMatchObject({
      ...refusal,
      delegation: hashOf([leaf]),
      used: 30n * UNIT,
    })
  })

  test('behavior: two siblings share what their root has left', async () => {
    const delegations = await scope.sign(
      await scope.linkOf(scope.principal, scope.agent, { budgets: [{ cap: 100n * UNIT, period: 0 }] }),
      await scope.linkOf(scope.agent, scope.second, {}, 0),
      await scope.linkOf(scope.agent, scope.third, {}, 0),
    )
    const [root, left, right] = delegations as [Delegation, Delegation, Delegation]
    await scope.redeem(scope.second, singleOf([left, root], scope.pay(P0, 50n * UNIT)))
    await scope.redeem(scope.third, singleOf([right, root], scope.pay(P0, 20n * UNIT)))
    expect(await scope.refuse(scope.third, singleOf([right, root], scope.pay(P0, 31n * UNIT)))).toMatchObject({
      reason: 'budget',
      limit: 100n * UNIT,
      used: 70n * UNIT,
    })
    await scope.redeem(scope.third, singleOf([right, root], scope.pay(P0, 30n * UNIT)))
    expect(await scope.refuse(scope.second, singleOf([left, root], scope.pay(P0, 1n)))).toMatchObject({
      used: 100n * UNIT,
    })
  })

  test('behavior: an allowance is given, used and taken back as one', async () => {
    const vault = await scope.deploy(testVaultBytecode)
    const { token } = chain
    const approve = (amount: bigint, spender = vault): Call => ({
      to: token.address,
      value: 0n,
      data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, amount] }),
    })
    const deposit = (amount: bigint): Call => ({
      to: vault,
      value: 0n,
      data: encodeFunctionData({ abi: testVaultAbi, functionName: 'deposit', args: [token.address, amount] }),
    })
    const rule = encodeTaskScopeRule({
      target: token.address,
      selector: '0x095ea7b3',
      length: 68,
      call: { target: vault, selector: deposit(0n).data.slice(0, 10) as Hex, length: 68, word: 1 },
      conditions: [isOneOf(0, [token.address])],
      charges: [chargeOf(0, 1)],
    })
    const links = await scope.granted({ most: 6, rules: [rule] })
    const swap = (amount: bigint) => [approve(amount), deposit(amount), approve(0n)]
    await scope.redeem(scope.agent, batchOf(links, [...swap(60n * UNIT), ...swap(40n * UNIT)]))
    expect(await balanceOf(chain, vault)).toBe(100n * UNIT)
    const allowance = await chain.publicClient.readContract({
      address: token.address,
      abi: erc20Abi,
      functionName: 'allowance',
      args: [scope.principal.address, vault],
    })
    expect(allowance).toBe(0n)

    const refuse = (...calls: Call[]) => scope.refuse(scope.agent, batchOf(links, calls))
    const badly = { error: 'NotAdmitted', item: 0n, rule: 0n, reason: 'allowance' }
    expect(await refuse(approve(5n), deposit(5n))).toMatchObject({ ...badly, index: 0n })
    expect(await refuse(approve(5n), deposit(4n), approve(0n))).toMatchObject({ ...badly, index: 1n, limit: 5n })
    expect(await refuse(approve(5n), deposit(5n), approve(1n))).toMatchObject({ ...badly, index: 2n, requested: 1n })
    expect(await refuse(approve(5n, P0), deposit(5n), approve(0n))).toMatchObject({ ...badly, index: 0n })
    expect(await refuse(deposit(5n))).toMatchObject({ reason: 'no rule' })
    expect(await refuse(...swap(100n * UNIT + 1n))).toMatchObject({ reason: 'budget', used: 100n * UNIT })
  })

  test('behavior: the guardian ends a group, for what was granted and what will be', async () => {
    const group = scope.newGroup()
    const [links, sibling, other] = [
      await scope.granted({ group }),
      await scope.granted({ group }),
      await scope.granted(),
    ]
    await scope.redeem(scope.agent, singleOf(links, scope.pay(P0, UNIT)))
    for (const account of [scope.agent, scope.stranger])
      expect((await scope.endGroup(account, group)).status).toBe('reverted')
    expect((await scope.endGroup(scope.guardian, group)).status).toBe('success')
    const refusesAsEnded = async (granted: readonly Delegation[]) =>
      expect(await scope.refuse(scope.agent, singleOf(granted, scope.pay(P0, UNIT)))).toEqual({
        error: 'GroupEnded',
        delegation: hashOf(granted),
        delegator: scope.principal.address,
        group,
        guardian: scope.guardian.address,
      })
    await refusesAsEnded(links)
    await refusesAsEnded(sibling)
    // Neither ending it again nor granting it again brings it back.
    expect((await scope.endGroup(scope.principal, group)).status).toBe('success')
    await refusesAsEnded(await scope.granted({ group }))
    await scope.redeem(scope.agent, singleOf(other, scope.pay(P0, UNIT)))
    await scope.redeem(
      scope.agent,
      singleOf(await scope.granted({ group, guardian: addressOf(scope.stranger) }), scope.pay(P0, UNIT)),
    )
  })

  // Last, for they move the chain's clock.

  test('behavior: the calls of a day come back the next', async () => {
    const terms = await scope.termsOf({ calls: { most: 2, period: Number(DAY) } })
    const links = await scope.granted(terms)
    const one = singleOf(links, scope.pay(P0, 1n))
    await scope.redeem(scope.agent, one)
    await scope.redeem(scope.agent, one)
    const exceeded = { error: 'CallsExceeded', delegation: hashOf(links), limit: 2n, used: 2n, requested: 1n }
    expect(await scope.refuse(scope.agent, one)).toEqual(exceeded)
    expect(await scope.refuse(scope.agent, one, terms.notBefore + DAY - 1n)).toEqual(exceeded)
    await scope.redeem(scope.agent, one, terms.notBefore + DAY)
  })

  test('behavior: no second 100 goes in the worst five seconds of a rolling day, as it does in a fixed one', async () => {
    // Midnight ends a fixed window that began at one, and a seventh of a rolling day.
    const midnight = ((await scope.now()) / DAY + 2n) * DAY
    const rules = [encodeTransferRule(chain.token.address, [P0], 100n * UNIT)]
    const spentAround = async (rolling: boolean, boundary: bigint) => {
      const budgets = [{ cap: 100n * UNIT, period: Number(DAY), rolling }]
      const links = await scope.granted({
        notBefore: boundary - 2n * DAY,
        expiry: boundary + 30n * DAY,
        rules,
        budgets,
      })
      const before = await balanceOf(chain, P0)
      const [all, one] = [singleOf(links, scope.pay(P0, 100n * UNIT)), singleOf(links, scope.pay(P0, 1n))]
      await scope.redeem(scope.agent, all, boundary - 2n)
      if (rolling) {
        const used = { reason: 'budget', used: 100n * UNIT }
        expect(await scope.refuse(scope.agent, one, boundary + 1n)).toMatchObject(used)
        expect(await scope.refuse(scope.agent, all, boundary + 3n)).toMatchObject(used)
      } else await scope.redeem(scope.agent, all, boundary + 2n)
      return { links, spent: (await balanceOf(chain, P0)) - before }
    }
    expect((await spentAround(false, midnight)).spent).toBe(200n * UNIT)
    const next = midnight + DAY
    const { links, spent } = await spentAround(true, next)
    expect(spent).toBe(100n * UNIT)
    // It stops counting with its seventh, here two seconds after a whole day.
    const again = singleOf(links, scope.pay(P0, 100n * UNIT))
    expect(await scope.refuse(scope.agent, again, next + DAY - 1n)).toMatchObject({
      reason: 'budget',
      used: 100n * UNIT,
    })
    await scope.redeem(scope.agent, again, next + DAY)
  })

  test('error: before its time, and from its expiry on', async () => {
    const now = await scope.now()
    const terms = await scope.termsOf({ notBefore: now + 100n, expiry: now + 200n })
    const links = await scope.granted(terms)
    const one = singleOf(links, scope.pay(P0, 1n))
    expect(await scope.refuse(scope.agent, one, now + 99n)).toMatchObject({ error: 'TooEarly', notBefore: now + 100n })
    await scope.redeem(scope.agent, one, now + 100n)
    await scope.redeem(scope.agent, one, now + 199n)
    expect(await scope.refuse(scope.agent, one, now + 201n)).toMatchObject({ error: 'Expired', expiry: now + 200n })
  })
})
