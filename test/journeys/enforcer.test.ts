import { encodeFunctionData, erc20Abi, type LocalAccount, parseEventLogs } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { ANY_DELEGATE, type Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import {
  abi as reenteringTokenAbi,
  bytecode as reenteringTokenBytecode,
} from '../../src/testing/generated/reenteringToken.ts'
import { abi as testVaultAbi, bytecode as testVaultBytecode } from '../../src/testing/generated/testVault.ts'
import type { Call } from '../../src/verdict/types.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { addressOf, transferCall, upgraded } from '../rig/grant.ts'
import {
  addressFrom,
  batchOf,
  dataOf,
  type Redeeming,
  readRefusal,
  SINGLE_TRY_MODE,
  singleOf,
  taskScopeAbi,
  useTaskScope,
  withArgs,
} from '../rig/taskScope.ts'
import {
  BY_BALANCE,
  chargeOf,
  encodeRequestArgs,
  encodeTaskScopeRule,
  encodeTaskScopeTerms,
  encodeTransferRule,
  isOneOf,
  type TaskScopeTerms,
} from '../rig/taskScopeTerms.ts'

/** What the TaskScopeEnforcer lets through, and refuses, behind the real manager. */

const chain = useChain()
const scope = useTaskScope(chain)
const payees = Array.from({ length: 10 }, (_, index) => addressFrom(index))
const [P0, P1] = payees as [Address, Address]
const DAY = 86_400
const day = BigInt(DAY)
const MONTH = 30n * day
const UNIT = 1_000_000n

let principal: LocalAccount
let agent: LocalAccount
let second: LocalAccount
let third: LocalAccount
let guardian: LocalAccount
let stranger: LocalAccount
let groups = 0x5eed_1234_abcd_0000n

beforeAll(async () => {
  ;[principal, agent, second, third, guardian, stranger] = chain.accounts as unknown as [
    LocalAccount,
    LocalAccount,
    LocalAccount,
    LocalAccount,
    LocalAccount,
    LocalAccount,
  ]
  await upgraded(chain, principal)
  await mint(chain, addressOf(principal), 1_000_000n * UNIT)
})

const pay = (to: Address, amount: bigint) => transferCall(chain.token.address, to, amount)
const newGroup = (): Hex => `0x${(++groups).toString(16)}`

/** Two payees, 50 a payment, 200 in any day, a thousand calls a day, for a month from ten seconds ago. */
async function termsOf(change: Partial<TaskScopeTerms> = {}): Promise<TaskScopeTerms> {
  const now = await scope.now()
  return {
    notBefore: now - 10n,
    expiry: now + MONTH,
    group: newGroup(),
    guardian: addressOf(guardian),
    calls: { most: 1_000, period: DAY },
    budgets: [{ cap: 200n * UNIT, period: DAY, rolling: true }],
    rules: [encodeTransferRule(chain.token.address, [P0, P1], 50n * UNIT)],
    ...change,
  }
}

async function granted(change: Partial<TaskScopeTerms> = {}, delegate = addressOf(agent)): Promise<Delegation[]> {
  return scope.sign({ signer: principal, delegate, terms: encodeTaskScopeTerms(await termsOf(change)) })
}

/** A request that `signers` sign, and who gets it. */
async function requested(redeeming: Redeeming, number: bigint, ...signers: LocalAccount[]): Promise<Redeeming> {
  const { links, mode, execution } = redeeming
  const deadline = (await scope.now()) + 600n
  const request = { delegation: hashOf(links), mode, execution, number, deadline }
  const signatures = await Promise.all(signers.map((signer) => scope.signRequest(signer, request)))
  return withArgs(redeeming, encodeRequestArgs(number, deadline, ...signatures))
}

const hashOf = ([leaf]: readonly Delegation[]) => hashDelegation(leaf as Delegation)

/** Calls counted and, of a lifetime budget, base units spent. */
async function counted(delegation: Delegation): Promise<{ calls: bigint; spent: bigint }> {
  const word = await chain.publicClient.readContract({
    address: scope.enforcer,
    abi: taskScopeAbi,
    functionName: 'load',
    args: [BigInt(hashDelegation(delegation))],
  })
  return { calls: word & 0xffffffn, spent: word >> 64n }
}

const endGroup = (account: LocalAccount, group: Hex) =>
  scope.send(
    account,
    scope.enforcer,
    encodeFunctionData({
      abi: taskScopeAbi,
      functionName: 'endGroup',
      args: [principal.address, group, guardian.address],
    }),
  )

const burn = (account: LocalAccount, links: readonly Delegation[], number: bigint) =>
  scope.send(
    account,
    scope.enforcer,
    encodeFunctionData({ abi: taskScopeAbi, functionName: 'burnRequest', args: [hashOf(links), number] }),
  )

describe('TaskScopeEnforcer', () => {
  test('default: a payment inside the scope arrives, and its event says what is left', async () => {
    const links = await granted()
    const before = await balanceOf(chain, P0)
    const { logs } = await scope.redeem(agent, singleOf(links, pay(P0, 30n * UNIT)))
    expect((await balanceOf(chain, P0)) - before).toBe(30n * UNIT)
    const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'Redeemed', logs })
    expect(event?.args.delegationHash).toBe(hashOf(links))
    const first = event?.args.first ?? 0n
    expect({ rule: first >> 248n, executions: (first >> 240n) & 0xffn, budget: (first >> 224n) & 0xffffn }).toEqual({
      rule: 0n,
      executions: 1n,
      budget: 0n,
    })
    // In units of 2^4: the cap of 200 needs 28 bits, a bucket has 24.
    expect((first >> 112n) & (2n ** 112n - 1n)).toBe(30n * UNIT)
    expect(first & (2n ** 112n - 1n)).toBe(170n * UNIT)
  })

  test('error: over the maximum, another payee, another token, native value', async () => {
    const links = await granted()
    const refuse = (call: Call) => scope.refuse(agent, singleOf(links, call))
    const reason = { error: 'NotAdmitted', item: 0n, rule: 0n, used: 0n }
    expect(await refuse(pay(P0, 50n * UNIT + 1n))).toEqual({
      ...reason,
      reason: 'condition',
      index: 1n,
      limit: 50n * UNIT,
      requested: 50n * UNIT + 1n,
    })
    expect(await refuse(pay(addressFrom(99), UNIT))).toEqual({
      ...reason,
      reason: 'condition',
      index: 0n,
      limit: BigInt(P0),
      requested: BigInt(addressFrom(99)),
    })
    expect(await refuse({ ...pay(P0, UNIT), value: 1n })).toEqual({
      ...reason,
      reason: 'value',
      index: 0n,
      limit: 0n,
      requested: 1n,
    })
    expect(await refuse({ ...pay(P0, UNIT), to: addressFrom(98) })).toMatchObject({ rule: 255n, reason: 'no rule' })
    expect(await refuse({ ...pay(P0, UNIT), to: chain.environment.manager })).toMatchObject({
      error: 'ForbiddenTarget',
    })
    expect(await refuse({ ...pay(P0, UNIT), to: addressOf(principal) })).toMatchObject({ error: 'ForbiddenTarget' })
  })

  test('error: over the rolling cap', async () => {
    const links = await granted()
    for (const to of [P0, P1, P0]) await scope.redeem(agent, singleOf(links, pay(to, 50n * UNIT)))
    await scope.redeem(agent, singleOf(links, pay(P1, 40n * UNIT)))
    expect(await scope.refuse(agent, singleOf(links, pay(P0, 10n * UNIT + 1n)))).toEqual({
      error: 'NotAdmitted',
      item: 0n,
      rule: 0n,
      reason: 'budget',
      index: 0n,
      limit: 200n * UNIT,
      used: 190n * UNIT,
      requested: 10n * UNIT + 1n,
    })
    await scope.redeem(agent, singleOf(links, pay(P0, 10n * UNIT)))
  })

  test('behavior: a batch of ten passes as one, and one bad item refuses all', async () => {
    const rules = [encodeTransferRule(chain.token.address, payees, 50n * UNIT)]
    const links = await granted({ most: 10, rules, budgets: [{ cap: 200n * UNIT, period: 0 }] })
    const calls = payees.map((payee) => pay(payee, 10n * UNIT))
    const before = await Promise.all(payees.map((payee) => balanceOf(chain, payee)))
    await scope.redeem(agent, batchOf(links, calls))
    const now = await Promise.all(payees.map((payee) => balanceOf(chain, payee)))
    expect(now.map((held, index) => held - (before[index] ?? 0n))).toEqual(payees.map(() => 10n * UNIT))
    const [leaf] = links as [Delegation]
    expect(await counted(leaf)).toEqual({ calls: 10n, spent: 100n * UNIT })

    const bad = await scope.refuse(agent, batchOf(links, [...calls.slice(0, 9), pay(addressFrom(99), 1n)]))
    expect(bad).toMatchObject({ error: 'NotAdmitted', item: 9n, reason: 'condition', index: 0n })
    const over = payees.map((payee) => pay(payee, 10n * UNIT + 1n))
    expect(await scope.refuse(agent, batchOf(links, over))).toMatchObject({
      item: 9n,
      reason: 'budget',
      used: 190n * UNIT + 9n,
    })
    expect(await scope.refuse(agent, batchOf(links, [...calls, ...calls]))).toEqual({
      error: 'TooManyExecutions',
      limit: 10n,
      requested: 20n,
    })
    expect(await counted(leaf)).toEqual({ calls: 10n, spent: 100n * UNIT })
  })

  test('error: try mode, and batch where the terms say single', async () => {
    const links = await granted()
    const asked = singleOf(links, pay(P0, UNIT))
    expect(await scope.refuse(agent, { ...asked, mode: SINGLE_TRY_MODE })).toEqual({
      error: 'UnsupportedMode',
      mode: SINGLE_TRY_MODE,
    })
    expect(await scope.refuse(agent, batchOf(links, [pay(P0, UNIT)]))).toMatchObject({ error: 'UnsupportedMode' })
  })

  test('behavior: two hops count each for itself', async () => {
    const lifetime = (cap: bigint) => ({ budgets: [{ cap: cap * UNIT, period: 0 }] })
    const delegations = await scope.sign(
      { signer: principal, delegate: addressOf(agent), terms: encodeTaskScopeTerms(await termsOf(lifetime(100n))) },
      {
        signer: agent,
        delegate: addressOf(second),
        terms: encodeTaskScopeTerms(await termsOf(lifetime(60n))),
        parent: 0,
      },
    )
    const [root, leaf] = delegations as [Delegation, Delegation]
    await scope.redeem(second, singleOf([leaf, root], pay(P0, 40n * UNIT)))
    expect(await counted(root)).toEqual({ calls: 1n, spent: 40n * UNIT })
    expect(await counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
    const refusal = { error: 'NotAdmitted', reason: 'budget', used: 40n * UNIT }
    expect(await scope.refuse(second, singleOf([leaf, root], pay(P0, 21n * UNIT)))).toMatchObject({
      ...refusal,
      limit: 60n * UNIT,
    })
    // The agent spends the root without the leaf: the leaf still has 20, the root only 10.
    await scope.redeem(agent, singleOf([root], pay(P1, 50n * UNIT)))
    expect(await counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
    expect(await scope.refuse(second, singleOf([leaf, root], pay(P0, 20n * UNIT)))).toMatchObject({
      ...refusal,
      limit: 100n * UNIT,
      used: 90n * UNIT,
    })
    expect(await counted(leaf)).toEqual({ calls: 1n, spent: 40n * UNIT })
  })

  test('behavior: two siblings share what their root has left', async () => {
    const child = async (to: LocalAccount) => ({
      signer: agent,
      delegate: addressOf(to),
      terms: encodeTaskScopeTerms(await termsOf()),
      parent: 0,
    })
    const terms = encodeTaskScopeTerms(await termsOf({ budgets: [{ cap: 100n * UNIT, period: 0 }] }))
    const [root, left, right] = (await scope.sign(
      { signer: principal, delegate: addressOf(agent), terms },
      await child(second),
      await child(third),
    )) as [Delegation, Delegation, Delegation]
    await scope.redeem(second, singleOf([left, root], pay(P0, 50n * UNIT)))
    await scope.redeem(third, singleOf([right, root], pay(P0, 20n * UNIT)))
    expect(await scope.refuse(third, singleOf([right, root], pay(P0, 31n * UNIT)))).toMatchObject({
      reason: 'budget',
      limit: 100n * UNIT,
      used: 70n * UNIT,
    })
    await scope.redeem(third, singleOf([right, root], pay(P0, 30n * UNIT)))
    expect(await scope.refuse(second, singleOf([left, root], pay(P0, 1n)))).toMatchObject({ used: 100n * UNIT })
  })

  test('behavior: an allowance is given, used and taken back as one', async () => {
    const vault = await deployed(testVaultAbi, testVaultBytecode)
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
    const links = await granted({ most: 6, rules: [rule] })
    const swap = (amount: bigint) => [approve(amount), deposit(amount), approve(0n)]
    await scope.redeem(agent, batchOf(links, [...swap(60n * UNIT), ...swap(40n * UNIT)]))
    expect(await balanceOf(chain, vault)).toBe(100n * UNIT)
    const allowance = await chain.publicClient.readContract({
      address: token.address,
      abi: erc20Abi,
      functionName: 'allowance',
      args: [principal.address, vault],
    })
    expect(allowance).toBe(0n)

    const refuse = (...calls: Call[]) => scope.refuse(agent, batchOf(links, calls))
    const badly = { error: 'NotAdmitted', item: 0n, rule: 0n, reason: 'allowance' }
    expect(await refuse(approve(5n), deposit(5n))).toMatchObject({ ...badly, index: 0n })
    expect(await refuse(approve(5n), deposit(4n), approve(0n))).toMatchObject({ ...badly, index: 1n, limit: 5n })
    expect(await refuse(approve(5n), deposit(5n), approve(1n))).toMatchObject({ ...badly, index: 2n, requested: 1n })
    expect(await refuse(approve(5n, P0), deposit(5n), approve(0n))).toMatchObject({ ...badly, index: 0n })
    expect(await refuse(deposit(5n))).toMatchObject({ reason: 'no rule' })
    expect(await refuse(...swap(100n * UNIT + 1n))).toMatchObject({ reason: 'budget', used: 100n * UNIT })
  })

  test('behavior: the guardian ends a group, for what was granted and what will be', async () => {
    const group = newGroup()
    const [links, sibling, other] = [await granted({ group }), await granted({ group }), await granted()]
    await scope.redeem(agent, singleOf(links, pay(P0, UNIT)))
    for (const account of [agent, stranger]) expect((await endGroup(account, group)).status).toBe('reverted')
    expect((await endGroup(guardian, group)).status).toBe('success')
    const ended = { error: 'GroupEnded', delegator: principal.address, group, guardian: guardian.address }
    expect(await scope.refuse(agent, singleOf(links, pay(P0, UNIT)))).toEqual(ended)
    expect(await scope.refuse(agent, singleOf(sibling, pay(P0, UNIT)))).toEqual(ended)
    // Neither ending it again nor granting it again brings it back.
    expect((await endGroup(principal, group)).status).toBe('success')
    expect(await scope.refuse(agent, singleOf(await granted({ group }), pay(P0, UNIT)))).toEqual(ended)
    await scope.redeem(agent, singleOf(other, pay(P0, UNIT)))
    await scope.redeem(agent, singleOf(await granted({ group, guardian: addressOf(stranger) }), pay(P0, UNIT)))
  })

  test('behavior: a request of the agent passes whoever submits it, once', async () => {
    const links = await granted({ key: addressOf(agent) }, ANY_DELEGATE)
    const bare = singleOf(links, pay(P0, UNIT))
    const first = await requested(bare, 7n, agent)
    const { logs } = await scope.redeem(stranger, first)
    const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'RequestRedeemed', logs })
    expect(event?.args).toMatchObject({ delegationHash: hashOf(links), number: 7n })

    expect(await scope.refuse(stranger, bare)).toEqual({ error: 'MalformedArgs' })
    expect(await scope.refuse(stranger, first)).toEqual({ error: 'RequestUsed', number: 7n })
    expect(await scope.refuse(stranger, await requested(bare, 7n, agent))).toMatchObject({ error: 'RequestUsed' })
    expect(await scope.refuse(stranger, await requested(bare, 8n, stranger))).toMatchObject({
      error: 'NotRequested',
      key: agent.address,
    })
    // The signature is over this execution, this delegation, this number.
    const next = await requested(bare, 8n, agent)
    const { execution } = singleOf(links, pay(P0, 2n * UNIT))
    expect(await scope.refuse(stranger, { ...next, execution })).toMatchObject({ error: 'NotRequested' })
    const [args] = next.links.flatMap(({ caveats }) => caveats.map((caveat) => caveat.args)) as [Hex]
    const others = singleOf(await granted({ key: addressOf(agent) }, ANY_DELEGATE), pay(P0, UNIT))
    expect(await scope.refuse(stranger, withArgs(others, args))).toMatchObject({ error: 'NotRequested' })
    const renumbered: Hex = `0x${'09'.padStart(16, '0')}${args.slice(18)}`
    expect(await scope.refuse(stranger, withArgs(bare, renumbered))).toMatchObject({ error: 'NotRequested' })
    await scope.redeem(third, next)
  })

  test('behavior: a request that the agent burned, or whose deadline is over, never passes', async () => {
    const links = await granted({ key: addressOf(agent) }, ANY_DELEGATE)
    const bare = singleOf(links, pay(P0, UNIT))
    const [early, late, spare] = [
      await requested(bare, 3n, agent),
      await requested(bare, 300n, agent),
      await requested(bare, 4n, agent),
    ]
    // Whoever else burns a number burns one of its own.
    await burn(stranger, links, 300n)
    await scope.redeem(stranger, late)
    expect((await burn(agent, links, 3n)).status).toBe('success')
    expect(await scope.refuse(stranger, early)).toEqual({ error: 'RequestUsed', number: 3n })
    const over = (await scope.now()) + 602n
    expect(await scope.refuse(stranger, spare, over)).toMatchObject({ error: 'RequestExpired' })
  })

  test("behavior: above the threshold the 7702 principal's key confirms", async () => {
    const confirmer = addressOf(principal)
    const links = await granted({ confirmer, thresholds: [25n * UNIT], budgets: [{ cap: 100n * UNIT, period: 0 }] })
    const [leaf] = links as [Delegation]
    await scope.redeem(agent, singleOf(links, pay(P0, 25n * UNIT)))
    const large = singleOf(links, pay(P0, 25n * UNIT + 1n))
    expect(await scope.refuse(agent, large)).toEqual({ error: 'MalformedArgs' })
    expect(await scope.refuse(agent, await requested(large, 1n, agent))).toMatchObject({
      error: 'NotConfirmed',
      confirmer: principal.address,
    })
    const confirmed = await requested(large, 1n, principal)
    await scope.redeem(agent, confirmed)
    expect(await counted(leaf)).toEqual({ calls: 2n, spent: 50n * UNIT + 1n })
    expect(await scope.refuse(agent, confirmed)).toEqual({ error: 'RequestUsed', number: 1n })
    // A confirmation does not lift the outer bounds.
    const tooLarge = singleOf(links, pay(P0, 50n * UNIT))
    expect(await scope.refuse(agent, await requested(tooLarge, 2n, principal))).toMatchObject({
      reason: 'budget',
      limit: 100n * UNIT,
    })
  })

  test('behavior: request and confirmation travel together, and neither stands for the other', async () => {
    const more = { key: addressOf(agent), confirmer: addressOf(principal), thresholds: [25n * UNIT] }
    const bare = singleOf(await granted(more, ANY_DELEGATE), pay(P0, 30n * UNIT))
    expect(await scope.refuse(stranger, await requested(bare, 1n, agent))).toMatchObject({ error: 'NotConfirmed' })
    expect(await scope.refuse(stranger, await requested(bare, 1n, principal))).toMatchObject({ error: 'NotRequested' })
    expect(await scope.refuse(stranger, await requested(bare, 1n, agent, agent))).toMatchObject({
      error: 'NotConfirmed',
    })
    await scope.redeem(stranger, await requested(bare, 1n, agent, principal))
  })

  describe('against a token that calls back', () => {
    const arm = (token: Address, redeeming: Redeeming, times: bigint) =>
      scope.send(
        stranger,
        token,
        encodeFunctionData({
          abi: reenteringTokenAbi,
          functionName: 'arm',
          args: [chain.environment.manager, dataOf(redeeming), times],
        }),
      )
    const start = encodeFunctionData({ abi: reenteringTokenAbi, functionName: 'start' })
    const hostile = async () => {
      const token = await deployed(reenteringTokenAbi, reenteringTokenBytecode)
      await mint(chain, addressOf(principal), 1_000n * UNIT, token)
      return { token, call: transferCall(token, P0, 50n * UNIT) }
    }

    test('behavior: redeemed again and again from inside, it stops at the cap', async () => {
      const { token, call } = await hostile()
      const rules = [encodeTransferRule(token, [P0], 50n * UNIT)]
      // The token is the delegate: from inside its own transfer it may redeem as from outside.
      const redeeming = singleOf(await granted({ rules }, token), call)
      await arm(token, redeeming, 9n)
      const { status, logs } = await scope.send(stranger, token, start)
      expect(status).toBe('success')
      const answers = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs }).map((log) => log.args)
      expect(answers.map(({ passed }) => passed)).toEqual([false, true, true, true])
      expect(readRefusal(answers[0]?.answer as Hex)).toMatchObject({ reason: 'budget', used: 200n * UNIT })
      expect(await balanceOf(chain, P0, token)).toBe(200n * UNIT)
      expect((await scope.send(stranger, token, start)).status).toBe('reverted')
    })

    test('behavior: a signed request is used up before its token is called', async () => {
      const { token, call } = await hostile()
      const rules = [encodeTransferRule(token, [P0], 50n * UNIT)]
      const bare = singleOf(await granted({ rules, key: addressOf(agent) }, ANY_DELEGATE), call)
      const redeeming = await requested(bare, 5n, agent)
      await arm(token, redeeming, 1n)
      const { logs } = await scope.redeem(stranger, redeeming)
      const [reentry] = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs })
      expect(readRefusal(reentry?.args.answer as Hex)).toEqual({ error: 'RequestUsed', number: 5n })
      expect(await balanceOf(chain, P0, token)).toBe(50n * UNIT)
    })

    test('behavior: nothing passes while what the account loses is being measured', async () => {
      const { token, call } = await hostile()
      const measured = { asset: token, account: addressOf(principal) }
      const rule = { target: token, selector: '0xa9059cbb', length: 68, charges: [chargeOf(0, BY_BALANCE)] } as const
      const change = { measured: true, rules: [encodeTaskScopeRule({ ...rule, measured })] }
      const redeeming = singleOf(await granted(change, token), call)
      await arm(token, redeeming, 1n)
      const { status, logs } = await scope.send(stranger, token, start)
      expect(status).toBe('success')
      const [reentry] = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs })
      expect(readRefusal(reentry?.args.answer as Hex)).toMatchObject({ error: 'Reentered' })
      const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'Measured', logs })
      expect(event?.args.decrease).toBe(50n * UNIT)
      for (let paid = 1; paid < 4; paid++) await scope.send(stranger, token, start)
      expect((await scope.send(stranger, token, start)).status).toBe('reverted')
      expect(await balanceOf(chain, P0, token)).toBe(200n * UNIT)
    })
  })

  // Last, for they move the chain's clock.

  test('behavior: the calls of a day come back the next', async () => {
    const terms = await termsOf({ calls: { most: 2, period: DAY } })
    const links = await scope.sign({
      signer: principal,
      delegate: addressOf(agent),
      terms: encodeTaskScopeTerms(terms),
    })
    const one = singleOf(links, pay(P0, 1n))
    await scope.redeem(agent, one)
    await scope.redeem(agent, one)
    const exceeded = { error: 'CallsExceeded', limit: 2n, used: 2n, requested: 1n }
    expect(await scope.refuse(agent, one)).toEqual(exceeded)
    expect(await scope.refuse(agent, one, terms.notBefore + day - 1n)).toEqual(exceeded)
    await scope.redeem(agent, one, terms.notBefore + day)
  })

  test('behavior: no second 100 goes in the worst five seconds of a rolling day, as it does in a fixed one', async () => {
    // Midnight ends a fixed window that began at one, and a seventh of a rolling day.
    const midnight = ((await scope.now()) / day + 2n) * day
    const rules = [encodeTransferRule(chain.token.address, [P0], 100n * UNIT)]
    const spentAround = async (rolling: boolean, boundary: bigint) => {
      const budgets = [{ cap: 100n * UNIT, period: DAY, rolling }]
      const links = await granted({ notBefore: boundary - 2n * day, expiry: boundary + MONTH, rules, budgets })
      const before = await balanceOf(chain, P0)
      const [all, one] = [singleOf(links, pay(P0, 100n * UNIT)), singleOf(links, pay(P0, 1n))]
      await scope.redeem(agent, all, boundary - 2n)
      if (rolling) {
        const used = { reason: 'budget', used: 100n * UNIT }
        expect(await scope.refuse(agent, one, boundary + 1n)).toMatchObject(used)
        expect(await scope.refuse(agent, all, boundary + 3n)).toMatchObject(used)
      } else await scope.redeem(agent, all, boundary + 2n)
      return { links, spent: (await balanceOf(chain, P0)) - before }
    }
    expect((await spentAround(false, midnight)).spent).toBe(200n * UNIT)
    const next = midnight + day
    const { links, spent } = await spentAround(true, next)
    expect(spent).toBe(100n * UNIT)
    // It stops counting with its seventh, here two seconds after a whole day.
    const again = singleOf(links, pay(P0, 100n * UNIT))
    expect(await scope.refuse(agent, again, next + day - 1n)).toMatchObject({ reason: 'budget', used: 100n * UNIT })
    await scope.redeem(agent, again, next + day)
  })

  test('error: before its time, and from its expiry on', async () => {
    const now = await scope.now()
    const terms = await termsOf({ notBefore: now + 100n, expiry: now + 200n })
    const links = await scope.sign({
      signer: principal,
      delegate: addressOf(agent),
      terms: encodeTaskScopeTerms(terms),
    })
    const one = singleOf(links, pay(P0, 1n))
    expect(await scope.refuse(agent, one, now + 99n)).toMatchObject({ error: 'TooEarly', notBefore: now + 100n })
    await scope.redeem(agent, one, now + 100n)
    await scope.redeem(agent, one, now + 199n)
    expect(await scope.refuse(agent, one, now + 201n)).toMatchObject({ error: 'Expired', expiry: now + 200n })
  })
})

async function deployed(abi: readonly unknown[], bytecode: Hex): Promise<Address> {
  const hash = await chain.walletClient(stranger).deployContract({ abi: abi as never, bytecode })
  const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
  return (contractAddress as Address).toLowerCase() as Address
}
