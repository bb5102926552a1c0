import { encodeFunctionData, parseAbi, parseEventLogs } from 'viem'
import { describe, expect, test } from 'vitest'
import { encodeContext } from '../../src/delegation/context.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import { ANY_DELEGATE, type Delegation } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import {
  abi as reenteringTokenAbi,
  bytecode as reenteringTokenBytecode,
} from '../../src/testing/generated/reenteringToken.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { addressOf, transferCall } from '../rig/grant.ts'
import { hashOf, P0, UNIT, useScopedPayments } from '../rig/scopedPayments.ts'
import { dataOf, type Redeeming, readRefusal, singleOf, taskScopeAbi, withArgs } from '../rig/taskScope.ts'
import { BY_BALANCE, chargeOf, encodeTaskScopeRule, encodeTransferRule } from '../rig/taskScopeTerms.ts'

/** Requests and confirmations behind the real manager, and a token that uses its turn to redeem again. */

const chain = useChain()
const scope = useScopedPayments(chain)

describe('TaskScopeEnforcer', () => {
  test('behavior: a request of the agent passes whoever submits it, once', async () => {
    const links = await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE)
    const bare = singleOf(links, scope.pay(P0, UNIT))
    const first = await scope.requested(bare, 7n, scope.agent)
    const { logs } = await scope.redeem(scope.stranger, first)
    const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'RequestRedeemed', logs })
    expect(event?.args).toMatchObject({ delegationHash: hashOf(links), number: 7n })

    expect(await scope.refuse(scope.stranger, bare)).toEqual({
      error: 'MalformedArgs',
      delegation: hashOf(links),
      signer: scope.agent.address,
    })
    const used = { error: 'RequestUsed', delegation: hashOf(links), number: 7n }
    expect(await scope.refuse(scope.stranger, first)).toEqual(used)
    expect(await scope.refuse(scope.stranger, await scope.requested(bare, 7n, scope.agent))).toEqual(used)
    expect(await scope.refuse(scope.stranger, await scope.requested(bare, 8n, scope.stranger))).toMatchObject({
      error: 'NotRequested',
      key: scope.agent.address,
    })
    // The signature is over this execution, this delegation, this number.
    const next = await scope.requested(bare, 8n, scope.agent)
    const { execution } = singleOf(links, scope.pay(P0, 2n * UNIT))
    expect(await scope.refuse(scope.stranger, { ...next, execution })).toMatchObject({ error: 'NotRequested' })
    const [args] = next.links.flatMap(({ caveats }) => caveats.map((caveat) => caveat.args)) as [Hex]
    const others = singleOf(await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE), scope.pay(P0, UNIT))
    expect(await scope.refuse(scope.stranger, withArgs(others, args))).toMatchObject({ error: 'NotRequested' })
    const renumbered: Hex = `0x${'09'.padStart(16, '0')}${args.slice(18)}`
    expect(await scope.refuse(scope.stranger, withArgs(bare, renumbered))).toMatchObject({ error: 'NotRequested' })
    await scope.redeem(scope.third, next)
  })

  test('attack: one transaction that redeems the same request twice, or a cap in parts, moves nothing', async () => {
    const keyed = await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE)
    const request = await scope.requested(singleOf(keyed, scope.pay(P0, UNIT)), 21n, scope.agent)
    const capped = await scope.granted({ budgets: [{ cap: 2n * UNIT, period: 0 }] })
    const part = singleOf(capped, scope.pay(P0, UNIT))
    const before = await balanceOf(chain, P0)
    const { manager } = chain.environment
    const redeemAll = async (by: typeof scope.agent, all: Redeeming[]) =>
      (await scope.send(by, manager, encodeAll(all))).status
    expect(await redeemAll(scope.stranger, [request, request])).toBe('reverted')
    expect(await redeemAll(scope.agent, [part, part, part])).toBe('reverted')
    expect(await balanceOf(chain, P0)).toBe(before)
    // The same in the amounts that are left: nothing of what failed was counted.
    expect(await redeemAll(scope.stranger, [request])).toBe('success')
    expect(await redeemAll(scope.agent, [part, part])).toBe('success')
    expect(await balanceOf(chain, P0)).toBe(before + 3n * UNIT)
  })

  test('attack: a link of a thief’s own under the open one lends no more than the key signed, and no second time', async () => {
    const links = await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE)
    const request = await scope.requested(singleOf(links, scope.pay(P0, UNIT)), 31n, scope.agent)
    const thief = addressOf(scope.stranger)
    const own = await signDelegation(scope.stranger, {
      delegation: {
        delegator: thief,
        delegate: thief,
        authority: hashOf(links),
        caveats: [],
        salt: hashOf(links),
        signature: '0x',
      },
      chainId: chain.chainId,
      manager: chain.environment.manager,
      accept: ['no_caveats'],
    })
    const under = (redeeming: Redeeming): Redeeming => ({ ...redeeming, links: [own, ...redeeming.links] })
    const { execution } = singleOf(links, scope.pay(P0, 2n * UNIT))
    expect(await scope.refuse(scope.stranger, { ...under(request), execution })).toMatchObject({
      error: 'NotRequested',
      delegation: hashOf(links),
    })
    expect(await scope.refuse(scope.stranger, under(singleOf(links, scope.pay(P0, UNIT))))).toMatchObject({
      error: 'MalformedArgs',
      delegation: hashOf(links),
    })
    const before = await balanceOf(chain, P0)
    await scope.redeem(scope.stranger, under(request))
    expect(await scope.refuse(scope.stranger, under(request))).toMatchObject({ error: 'RequestUsed', number: 31n })
    expect(await scope.refuse(scope.third, request)).toMatchObject({ error: 'RequestUsed', number: 31n })
    expect(await balanceOf(chain, P0)).toBe(before + UNIT)
  })

  test('behavior: a request that the agent burned, or whose deadline is over, never passes', async () => {
    const links = await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE)
    const bare = singleOf(links, scope.pay(P0, UNIT))
    const [early, late, spare] = [
      await scope.requested(bare, 3n, scope.agent),
      await scope.requested(bare, 300n, scope.agent),
      await scope.requested(bare, 4n, scope.agent),
    ]
    // Whoever else burns a number burns one of its own.
    await scope.burn(scope.stranger, links, 300n)
    await scope.redeem(scope.stranger, late)
    expect((await scope.burn(scope.agent, links, 3n)).status).toBe('success')
    expect(await scope.refuse(scope.stranger, early)).toEqual({
      error: 'RequestUsed',
      delegation: hashOf(links),
      number: 3n,
    })
    const over = (await scope.now()) + 602n
    expect(await scope.refuse(scope.stranger, spare, over)).toMatchObject({ error: 'RequestExpired' })
  })

  test("behavior: above the threshold the 7702 principal's key confirms", async () => {
    const confirmer = addressOf(scope.principal)
    const links = await scope.granted({
      confirmer,
      thresholds: [25n * UNIT],
      budgets: [{ cap: 100n * UNIT, period: 0 }],
    })
    const [leaf] = links as [Delegation]
    await scope.redeem(scope.agent, singleOf(links, scope.pay(P0, 25n * UNIT)))
    const large = singleOf(links, scope.pay(P0, 25n * UNIT + 1n))
    expect(await scope.refuse(scope.agent, large)).toEqual({
      error: 'MalformedArgs',
      delegation: hashOf(links),
      signer: scope.principal.address,
    })
    expect(await scope.refuse(scope.agent, await scope.requested(large, 1n, scope.agent))).toMatchObject({
      error: 'NotConfirmed',
      delegation: hashOf(links),
      confirmer: scope.principal.address,
    })
    const confirmed = await scope.requested(large, 1n, scope.principal)
    await scope.redeem(scope.agent, confirmed)
    expect(await scope.counted(leaf)).toEqual({ calls: 2n, spent: 50n * UNIT + 1n })
    expect(await scope.refuse(scope.agent, confirmed)).toEqual({
      error: 'RequestUsed',
      delegation: hashOf(links),
      number: 1n,
    })
    // A confirmation does not lift the outer bounds.
    const tooLarge = singleOf(links, scope.pay(P0, 50n * UNIT))
    expect(await scope.refuse(scope.agent, await scope.requested(tooLarge, 2n, scope.principal))).toMatchObject({
      reason: 'budget',
      limit: 100n * UNIT,
    })
  })

  test('behavior: request and confirmation travel together, and neither stands for the other', async () => {
    const more = { key: addressOf(scope.agent), confirmer: addressOf(scope.principal), thresholds: [25n * UNIT] }
    const bare = singleOf(await scope.granted(more, ANY_DELEGATE), scope.pay(P0, 30n * UNIT))
    expect(await scope.refuse(scope.stranger, await scope.requested(bare, 1n, scope.agent))).toMatchObject({
      error: 'NotConfirmed',
    })
    expect(await scope.refuse(scope.stranger, await scope.requested(bare, 1n, scope.principal))).toMatchObject({
      error: 'NotRequested',
    })
    expect(await scope.refuse(scope.stranger, await scope.requested(bare, 1n, scope.agent, scope.agent))).toMatchObject(
      {
        error: 'NotConfirmed',
      },
    )
    await scope.redeem(scope.stranger, await scope.requested(bare, 1n, scope.agent, scope.principal))
  })

  describe('against a token that calls back', () => {
    const arm = (token: Address, redeeming: Redeeming, times: bigint) =>
      scope.send(
        scope.stranger,
        token,
        encodeFunctionData({
          abi: reenteringTokenAbi,
          functionName: 'arm',
          args: [chain.environment.manager, dataOf(redeeming), times],
        }),
      )
    const start = encodeFunctionData({ abi: reenteringTokenAbi, functionName: 'start' })
    const hostile = async () => {
      const token = await scope.deploy(reenteringTokenBytecode)
      await mint(chain, addressOf(scope.principal), 1_000n * UNIT, token)
      return { token, call: transferCall(token, P0, 50n * UNIT) }
    }

    test('behavior: redeemed again and again from inside, it stops at the cap', async () => {
      const { token, call } = await hostile()
      const rules = [encodeTransferRule(token, [P0], 50n * UNIT)]
      // The token is the delegate: from inside its own transfer it may redeem as from outside.
      const redeeming = singleOf(await scope.granted({ rules }, token), call)
      await arm(token, redeeming, 9n)
      const { status, logs } = await scope.send(scope.stranger, token, start)
      expect(status).toBe('success')
      const answers = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs }).map((log) => log.args)
      expect(answers.map(({ passed }) => passed)).toEqual([false, true, true, true])
      expect(readRefusal(answers[0]?.answer as Hex)).toMatchObject({ reason: 'budget', used: 200n * UNIT })
      expect(await balanceOf(chain, P0, token)).toBe(200n * UNIT)
      expect((await scope.send(scope.stranger, token, start)).status).toBe('reverted')
    })

    test('behavior: a signed request is used up before its token is called', async () => {
      const { token, call } = await hostile()
      const rules = [encodeTransferRule(token, [P0], 50n * UNIT)]
      const bare = singleOf(await scope.granted({ rules, key: addressOf(scope.agent) }, ANY_DELEGATE), call)
      const redeeming = await scope.requested(bare, 5n, scope.agent)
      await arm(token, redeeming, 1n)
      const { logs } = await scope.redeem(scope.stranger, redeeming)
      const [reentry] = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs })
      expect(readRefusal(reentry?.args.answer as Hex)).toEqual({
        error: 'RequestUsed',
        delegation: hashOf(redeeming.links),
        number: 5n,
      })
      expect(await balanceOf(chain, P0, token)).toBe(50n * UNIT)
    })

    test('behavior: nothing passes while what the account loses is being measured', async () => {
      const { token, call } = await hostile()
      const measured = { asset: token, account: addressOf(scope.principal) }
      const rule = { target: token, selector: '0xa9059cbb', length: 68, charges: [chargeOf(0, BY_BALANCE)] } as const
      const change = { measured: true, rules: [encodeTaskScopeRule({ ...rule, measured })] }
      const redeeming = singleOf(await scope.granted(change, token), call)
      await arm(token, redeeming, 1n)
      const { status, logs } = await scope.send(scope.stranger, token, start)
      expect(status).toBe('success')
      const [reentry] = parseEventLogs({ abi: reenteringTokenAbi, eventName: 'Reentry', logs })
      expect(readRefusal(reentry?.args.answer as Hex)).toMatchObject({ error: 'Reentered' })
      const [event] = parseEventLogs({ abi: taskScopeAbi, eventName: 'Measured', logs })
      expect(event?.args.decrease).toBe(50n * UNIT)
      for (let paid = 1; paid < 4; paid++) await scope.send(scope.stranger, token, start)
      expect((await scope.send(scope.stranger, token, start)).status).toBe('reverted')
      expect(await balanceOf(chain, P0, token)).toBe(200n * UNIT)
    })
  })
})

/** One call of the manager with several contexts. */
function encodeAll(all: readonly Redeeming[]): Hex {
  return encodeFunctionData({
    abi: parseAbi(['function redeemDelegations(bytes[] contexts, bytes32[] modes, bytes[] executions)']),
    functionName: 'redeemDelegations',
    args: [
      all.map(({ links }) => encodeContext(links)),
      all.map(({ mode }) => mode),
      all.map(({ execution }) => execution),
    ],
  })
}
