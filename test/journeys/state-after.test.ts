import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redemptionData } from '../../bench/agreement/chainAnswer.ts'
import { signed } from '../../bench/agreement/fused/actions.ts'
import { nearOf } from '../../bench/agreement/fused/near.ts'
import { drawFused } from '../../bench/agreement/fused/subjects.ts'
import { drawGrant, focusedGrants } from '../../bench/agreement/grants.ts'
import { type Rig, startRig } from '../../bench/agreement/rig.ts'
import { head, send } from '../../bench/agreement/rpc.ts'
import { readState } from '../../src/chain/index.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { findAnvil } from '../../src/testing/anvil.ts'
import { atTime } from '../../src/verdict/atTime.ts'
import { evaluateBranch } from '../../src/verdict/evaluate.ts'
import { prepareGrant } from '../../src/verdict/prepare.ts'
import { stateAfter } from '../../src/verdict/stateAfter.ts'
import type { Action, Call, State } from '../../src/verdict/types.ts'
import { type Draw, pick, seeded } from '../arbitraries/draw.ts'
import type { World } from '../arbitraries/grantSketch.ts'

const SEED = 20_261_122
/** Rounds of each grant: a counter is new, used in its window, used in one before. */
const ROUNDS = 4

describe.runIf(findAnvil() !== null)('stateAfter', () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig()
  }, 60_000)
  afterAll(() => rig?.stop())

  /** What the counters were said to hold, and what they hold, after each redemption that the chain executed. */
  async function follow(
    grant: Grant,
    draw: Draw,
    actionFor: (state: State, index: number) => Promise<Action>,
  ): Promise<string[]> {
    const prepared = prepareGrant(grant, rig.environment)
    const kinds: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const index = draw.int(prepared.branches.length)
      const { timestamp } = await head(rig.chain.rpcUrl)
      // Often the same window, sometimes a later one.
      const time = timestamp + pick(draw, [1n, 1n, 7n, 45n])
      const blank = await readState(rig.node, { grant, environment: rig.environment })
      const action = await actionFor(atTime(blank, time), index)
      const before = atTime(await readState(rig.node, { grant, environment: rig.environment, action }), time)
      const expected = stateAfter(prepared, index, action, before)
      expect(expected === null).toBe(evaluateBranch(prepared, index, action, before).verdict !== 'allow')
      if (expected === null) continue
      await send(rig.chain.rpcUrl, 'evm_setNextBlockTimestamp', [Number(time)])
      const data = redemptionData(grant, index, action)
      const hash = await send(rig.chain.rpcUrl, 'eth_sendTransaction', [
        { from: action.redeemer, to: rig.manager, data, gas: '0x1e8480' },
      ])
      const receipt = await minedReceipt(hash as Hex)
      if (receipt.status !== '0x1') continue
      const block = { hash: receipt.blockHash }
      const found = await readState(rig.node, { grant, environment: rig.environment, action, block })
      const told = Object.fromEntries(Object.keys(expected.counters).map((key) => [key, found.counters[key]]))
      expect(told, `round ${round}`).toEqual(expected.counters)
      // Not vacuous: something was counted.
      const changed = Object.entries(found.counters).filter(([key, counter]) => !same(counter, before.counters[key]))
      kinds.push(...changed.map(([, { kind }]) => kind))
    }
    return kinds
  }

  async function minedReceipt(hash: Hex): Promise<{ status: Hex; blockHash: Hex }> {
    for (;;) {
      const receipt = await send(rig.chain.rpcUrl, 'eth_getTransactionReceipt', [hash])
      if (receipt !== null) return receipt as { status: Hex; blockHash: Hex }
    }
  }

  async function worldNow(): Promise<World> {
    await send(rig.chain.rpcUrl, 'evm_mine', [])
    const { timestamp, number } = await head(rig.chain.rpcUrl)
    return { ...rig.world, now: timestamp, block: number }
  }

  test('behavior: says what the framework’s counters hold after a redemption', async () => {
    const draw = seeded(SEED)
    const kinds: string[] = []
    for (let round = 0; round < 3; round++) {
      const world = await worldNow()
      const others = await Promise.all(Array.from({ length: 12 }, () => drawGrant(draw, rig, world)))
      for (const { grant, bases } of [...(await focusedGrants(draw, rig, world, round)), ...others]) {
        const counted = await follow(grant, draw, async (_, index) => {
          const links = grant.branches[index]?.links ?? []
          const delegate = grant.delegations[links[0] ?? 0]?.delegate
          const redeemer =
            delegate !== undefined && world.agents.includes(delegate) ? delegate : pick(draw, world.agents)
          return { chainId: world.chainId, redeemer, calls: (bases[index] ?? []) as readonly Call[] }
        })
        kinds.push(...counted)
      }
    }
    expect(new Set(kinds)).toEqual(new Set(['calls', 'spent', 'period', 'stream', 'used']))
  }, 120_000)

  test('behavior: says what the words of whole scopes hold after a redemption', async () => {
    const draw = seeded(SEED + 1)
    const kinds: string[] = []
    for (let count = 0; count < 60; count++) {
      const world = await worldNow()
      const { grant, bases } = await drawFused(draw, rig, world)
      const prepared = prepareGrant(grant, rig.environment)
      const counted = await follow(grant, draw, async (state, index) => {
        const branch = prepared.branches[index]
        if (branch === undefined) throw new RangeError('no such branch')
        const [leaf] = branch.links
        const named = leaf !== undefined && world.agents.includes(leaf.delegate)
        const redeemer = named ? leaf.delegate : pick(draw, world.agents)
        return signed(nearOf({ rig, draw }, world, branch, state), {
          chainId: world.chainId,
          redeemer,
          calls: pick(draw, bases),
        })
      })
      kinds.push(...counted)
    }
    expect(kinds.length).toBeGreaterThan(60)
  }, 120_000)
})

function same(left: unknown, right: unknown): boolean {
  const text = (value: unknown) => JSON.stringify(value, (_, held) => (typeof held === 'bigint' ? `${held}n` : held))
  return text(left) === text(right)
}
