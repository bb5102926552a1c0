import { beforeAll, describe, expect, test } from 'vitest'
import { ANY_DELEGATE, type Delegation } from '../../src/delegation/types.ts'
import { mint, useChain } from '../rig/chain.ts'
import { addressOf } from '../rig/grant.ts'
import { DAY, P0, P1, PAYEES, UNIT, useScopedPayments } from '../rig/scopedPayments.ts'
import { batchOf, type Redeeming, singleOf } from '../rig/taskScope.ts'
import {
  BY_BALANCE,
  chargeOf,
  encodeTaskScopeRule,
  encodeTransferRule,
  isAtMost,
  isOneOf,
} from '../rig/taskScopeTerms.ts'

/**
 * What the enforcer costs: `gasUsed` of whole transactions by an EOA, for a 7702 principal, from the second use on. Keys, salts,
 * addresses and times are fixed, so each figure is exact. One that changes is a decision: `npx vitest run -u` on this file.
 */

// The engine that every machine has; addresses of the other have other zero bytes.
const chain = useChain({ engine: 'edr' })
const scope = useScopedPayments(chain)
const START = 2_000_000_000n
const AMOUNT = 12_345_678n
const HOLDERS = [P0, P1, ...PAYEES]

describe('TaskScopeEnforcer', () => {
  const figures: Record<string, bigint> = {}
  let time = START

  beforeAll(async () => {
    for (const holder of HOLDERS) await mint(chain, holder, UNIT)
    await chain.testClient.setNextBlockTimestamp({ timestamp: START })
    await chain.testClient.mine({ blocks: 1 })
  })

  const gasOf = async (account: typeof scope.agent, redeeming: Redeeming): Promise<bigint> => {
    time += 60n
    return (await scope.redeem(account, redeeming, time)).gasUsed
  }

  test('behavior: gas of one payment, first and from then on', async () => {
    const one = singleOf(await scope.granted(), scope.pay(P0, AMOUNT))
    figures['firstUse'] = await gasOf(scope.agent, one)
    figures['single'] = await gasOf(scope.agent, one)
  })

  test('behavior: gas of each payment of a batch', async () => {
    const rules = [encodeTransferRule(chain.token.address, HOLDERS, 50n * UNIT)]
    const budgets = [{ cap: 2_000n * UNIT, period: Number(DAY), rolling: true }]
    const links = await scope.granted({ most: 50, rules, budgets })
    const ten = HOLDERS.map((holder) => scope.pay(holder, AMOUNT))
    await gasOf(scope.agent, batchOf(links, ten))
    figures['batch10PerAction'] = (await gasOf(scope.agent, batchOf(links, ten))) / 10n
    figures['batch50PerAction'] =
      (await gasOf(scope.agent, batchOf(links, [...ten, ...ten, ...ten, ...ten, ...ten]))) / 50n
  })

  test('behavior: gas of two hops, each with the whole scope', async () => {
    const [root, leaf] = (await scope.sign(
      await scope.linkOf(scope.principal, scope.agent),
      await scope.linkOf(scope.agent, scope.second, {}, 0),
    )) as [Delegation, Delegation]
    const one = singleOf([leaf, root], scope.pay(P0, AMOUNT))
    await gasOf(scope.second, one)
    figures['twoHops'] = await gasOf(scope.second, one)
  })

  test("behavior: gas of a payment that carries the agent's request, or a confirmation", async () => {
    const keyed = singleOf(await scope.granted({ key: addressOf(scope.agent) }, ANY_DELEGATE), scope.pay(P0, AMOUNT))
    await gasOf(scope.stranger, await scope.requested(keyed, 1n, scope.agent))
    figures['relayed'] = await gasOf(scope.stranger, await scope.requested(keyed, 2n, scope.agent))
    figures['relayedInNewWord'] = await gasOf(scope.stranger, await scope.requested(keyed, 257n, scope.agent))
    const confirmer = addressOf(scope.third)
    const large = singleOf(await scope.granted({ confirmer, thresholds: [UNIT] }), scope.pay(P0, AMOUNT))
    await gasOf(scope.agent, await scope.requested(large, 1n, scope.third))
    figures['confirmed'] = await gasOf(scope.agent, await scope.requested(large, 2n, scope.third))
  })

  test('behavior: gas of the same payment, with what it costs measured on the account', async () => {
    const { address: token } = chain.token
    const rule = encodeTaskScopeRule({
      target: token,
      selector: '0xa9059cbb',
      length: 68,
      conditions: [isOneOf(0, [P0, P1]), isAtMost(1, 50n * UNIT)],
      charges: [chargeOf(0, BY_BALANCE)],
      measured: { asset: token, account: addressOf(scope.principal) },
    })
    const one = singleOf(await scope.granted({ measured: true, rules: [rule] }), scope.pay(P0, AMOUNT))
    await gasOf(scope.agent, one)
    figures['measured'] = await gasOf(scope.agent, one)
  })

  test('behavior: gas of ending a group', async () => {
    figures['groupRevoke'] = (await scope.endGroup(scope.guardian, '0x5eed1234abcdffff')).gasUsed
  })

  test('default: the figures are those of the last decision', () => {
    expect(
      Object.fromEntries(Object.entries(figures).map(([name, gas]) => [name, Number(gas)])),
    ).toMatchInlineSnapshot(`
      {
        "batch10PerAction": 24281,
        "batch50PerAction": 12002,
        "confirmed": 130042,
        "firstUse": 128810,
        "groupRevoke": 46693,
        "measured": 120906,
        "relayed": 125564,
        "relayedInNewWord": 142676,
        "single": 111732,
        "twoHops": 167062,
      }
    `)
  })
})
