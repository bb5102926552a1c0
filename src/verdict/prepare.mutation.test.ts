import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { either, firstBranch, type Given, selects } from '../../test/fixtures/facts.ts'
import { termsOf } from '../../test/fixtures/taskScope.ts'
import {
  branchesOf,
  dai,
  environment,
  grantOf,
  mallory,
  NOW,
  plainGrant,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import { prepareGrant } from './prepare.ts'

const first = { target: dai, value: 0n, data: '0x' } as const
const cap: Given = { kind: 'erc20TransferAmount', token: usdc, limit: 5n }
const window = { amount: 5n, duration: 60n, start: NOW }
const stream = { initial: 1n, max: 9n, perSecond: 1n, start: NOW }

describe('prepareGrant', () => {
  test('behavior: plain payments are known by any caveat of any link that wants no calldata', () => {
    const native = (...links: Given[][]) => firstBranch(grantOf(...links)).native
    const empty: Given = { kind: 'exactCalldata', data: '0x' }
    expect([native([]), native([cap]), native([{ kind: 'exactCalldata', data: '0x12' }])]).toEqual([
      false,
      false,
      false,
    ])
    expect([native([empty]), native([cap, empty]), native([cap], [cap, empty])]).toEqual([true, true, true])
    const one = (data: `0x${string}`): Given => ({ kind: 'exactExecution', target: vendor, value: 1n, data })
    expect([native([one('0x')]), native([one('0x12')])]).toEqual([true, false])
  })

  test('behavior: batches are known by any caveat that wants one, also in a chosen group', () => {
    const batch = (...links: Given[][]) => firstBranch(grantOf(...links)).batch
    const executions = [{ target: dai, value: 0n, data: '0x' }] as const
    const wanting: Given[] = [
      { kind: 'exactExecutionBatch', executions },
      { kind: 'exactCalldataBatch', executions },
      { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first },
    ]
    for (const caveat of wanting) {
      expect([batch([caveat]), batch([cap, caveat]), batch([cap], [cap, caveat])]).toEqual([true, true, true])
    }
    expect([batch([]), batch([cap])]).toEqual([false, false])
    const groups = [[{ kind: 'exactExecutionBatch', executions } as const], [{ kind: 'valueLte', max: 1n } as const]]
    expect([batch([either(groups, selects(0n, '0x'))]), batch([either(groups, selects(1n, '0x'))])]).toEqual([
      true,
      false,
    ])
    expect(batch([either(groups, selects(9n))])).toBe(false)
    const mixed = [
      [{ kind: 'timestamp', after: 0n, before: 0n } as const, { kind: 'exactExecutionBatch', executions } as const],
    ]
    expect(batch([either(mixed, selects(0n, '0x', '0x'))])).toBe(true)
    expect(firstBranch(grantOf([cap])).links[0]?.caveats[0]).toMatchObject({ stream: null, period: null, choice: null })
  })

  test('behavior: a whole scope wants batches where it allows several calls, one or more', () => {
    const batch = (maxExecutions: number) => firstBranch(grantOf([termsOf({ maxExecutions })])).batch
    expect([0, 1, 2, 3].map(batch)).toEqual([false, true, true, true])
  })

  test('error: a branch of links that the grant does not have', () => {
    const grant = plainGrant([[[cap]], [[cap]]])
    const what = (...links: number[]) => {
      const branches = grant.branches.map((branch, index) => (index === 1 ? { ...branch, links } : branch))
      const { code, details } = codeOf(() => prepareGrant({ ...grant, branches }, environment))
      return [code, details['branch'], details['what']]
    }
    expect(what(2)).toEqual(['verdict.broken_chain', 1, 'missing_link'])
    expect(what(1, 2)).toEqual(['verdict.broken_chain', 1, 'missing_link'])
    expect(what(-1)).toEqual(['verdict.broken_chain', 1, 'missing_link'])
    expect(what()).toEqual(['verdict.broken_chain', 1, 'empty'])
  })

  test('behavior: what caveats of one storage share: how many were before, and the terms of the first', () => {
    const shared = (...caveats: Given[]) =>
      firstBranch(grantOf(caveats)).links[0]?.caveats.map(({ earlier, period, stream: terms }) => [
        earlier,
        period?.amount ?? null,
        terms?.initial ?? null,
      ])
    const period = (amount: bigint): Given => ({ kind: 'erc20PeriodTransfer', token: usdc, ...window, amount })
    expect(shared(period(5n), cap, period(7n), period(9n))).toEqual([
      [0, 5n, null],
      [0, null, null],
      [1, 5n, null],
      [2, 5n, null],
    ])
    const coin = (amount: bigint): Given => ({ kind: 'nativePeriodTransfer', ...window, amount })
    expect(shared(period(5n), coin(7n), coin(9n))).toEqual([
      [0, 5n, null],
      [0, 7n, null],
      [1, 7n, null],
    ])
    const flow = (initial: bigint): Given => ({ kind: 'erc20Streaming', token: usdc, ...stream, initial })
    const flowing = (initial: bigint): Given => ({ kind: 'nativeStreaming', ...stream, initial })
    expect(shared(flow(2n), flowing(3n), flow(4n), flowing(5n))).toEqual([
      [0, null, 2n],
      [0, null, 3n],
      [1, null, 2n],
      [1, null, 3n],
    ])
    const periods = [5n, 6n].map((amount) => ({ token: usdc, ...window, amount }))
    const chosen = (at: bigint): Given => ({ kind: 'multiTokenPeriod', periods, added: `0x${word(at)}` })
    expect(shared(chosen(0n), chosen(1n), chosen(1n), chosen(2n), chosen(2n))).toEqual([
      [0, 5n, null],
      [0, 6n, null],
      [1, 6n, null],
      [0, null, null],
      [0, null, null],
    ])
    const value: Given = { kind: 'valueLte', max: 1n }
    expect(shared(value, value)?.map(([earlier]) => earlier)).toEqual([0, 0])
  })

  test('behavior: storage is a link’s own: what stands above shares nothing with it, an id of one delegator does', () => {
    const [leaf, root] = firstBranch(grantOf([cap], [cap, cap])).links
    expect([leaf, root].map((link) => link?.caveats.map(({ earlier }) => earlier))).toEqual([[0], [0, 1]])
    expect([leaf?.hop, root?.hop]).toEqual([0, 1])
  })

  test('behavior: branches with their rules, in order', () => {
    const { branches, chainId, manager } = branchesOf([[cap]], [[cap], []])
    expect(branches.map(({ index, rule, links }) => [index, rule, links.length])).toEqual([
      [0, 'rule-0', 1],
      [1, 'rule-1', 2],
    ])
    expect([chainId, manager]).toEqual([environment.chainId, environment.manager])
  })

  test('error: which part of the deployment differs', () => {
    const grant = plainGrant([[[cap]]])
    for (const change of [{ chainId: 1 }, { manager: mallory }, { chainId: 1, manager: mallory }]) {
      const { code, details } = codeOf(() => prepareGrant(grant, { ...environment, ...change }))
      expect([code, details]).toEqual([
        'verdict.wrong_environment',
        {
          chainId: environment.chainId,
          manager: environment.manager,
          expectedChainId: change.chainId ?? environment.chainId,
          expectedManager: change.manager ?? environment.manager,
        },
      ])
    }
  })

  test('error: a grant of several links of which one in the middle is not from who holds it', () => {
    const grant = plainGrant([[[], [], []]])
    const what = (change: object, at: number) => {
      const delegations = grant.delegations.map((one, index) => (index === at ? { ...one, ...change } : one))
      const { code, details } = codeOf(() => prepareGrant({ ...grant, delegations }, environment))
      return [code, details['branch'], details['what']]
    }
    expect(what({ delegator: mallory }, 2)).toEqual(['verdict.broken_chain', 0, 'delegate'])
    expect(what({ salt: `0x${word(99n)}` }, 1)).toEqual(['verdict.broken_chain', 0, 'authority'])
    expect(what({ salt: `0x${word(99n)}` }, 0)).toEqual(['verdict.broken_chain', 0, 'authority'])
    expect(prepareGrant(grant, environment).branches).toHaveLength(1)
  })
})
