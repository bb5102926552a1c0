import { describe, expect, test } from 'vitest'
import { either, type Given, selects } from '../../test/fixtures/facts.ts'
import {
  act,
  agent,
  alice,
  branchesOf,
  dai,
  environment,
  grantOf,
  mallory,
  otherVendor,
  pay,
  plainGrant,
  stateOf,
  subAgent,
  transfer,
  usdc,
  vendor,
  word,
} from '../../test/fixtures/verdict.ts'
import { ANY_DELEGATE } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { candidates } from './candidates.ts'
import { type Finding, finding } from './finding.ts'
import { prepareGrant } from './prepare.ts'
import type { PreparedGrant } from './prepared.ts'
import type { Action, Call, Fix, ReasonCode } from './types.ts'

/** What is offered for each reason, before anything is tried: whole lists, so that one too many fails too. */

const offered = (
  prepared: PreparedGrant,
  given: Call | Action,
  code: ReasonCode,
  parts: Partial<Finding> = {},
): Fix[] => {
  const branch = prepared.branches[0] ?? null
  const denial = { verdict: 'deny', branch, finding: finding(code, parts) } as const
  return [...candidates(prepared, 'calls' in given ? given : act(given), stateOf(prepared), denial)]
}
const refusing = { hop: 0, caveat: 0 }
const NATIVE: Address = `0x${'00'.repeat(20)}`
const payee = (to: Address): Given => ({ kind: 'allowedCalldata', start: 4n, value: `0x${word(to)}` })
const cap = (token: Address = usdc): Given => ({ kind: 'erc20TransferAmount', token, limit: 9n })
const targets = (...list: Address[]): Given => ({ kind: 'allowedTargets', targets: list })
const methods = (...list: Hex[]): Given => ({ kind: 'allowedMethods', selectors: list })

describe('candidates', () => {
  test('behavior: caveats that name their calls outright', () => {
    const [first, second] = [pay(3n), transfer(5n)]
    const executions = [first, second].map(({ to, value, data }) => ({ target: to, value, data }))
    const [one] = executions
    if (one === undefined) throw new TypeError('two calls')
    const send = (caveat: Given, given: Call | Action = pay(0n)) =>
      offered(grantOf([caveat]), given, 'execution_not_allowed', refusing)
    expect(send({ kind: 'exactExecution', ...one })).toEqual([{ do: 'send_calls', calls: [first] }])
    expect(send({ kind: 'exactExecutionBatch', executions })).toEqual([{ do: 'send_calls', calls: [first, second] }])
    const specific: Given = { kind: 'specificActionBatch', token: usdc, recipient: vendor, amount: 5n, first: one }
    expect(send(specific)).toEqual([{ do: 'send_calls', calls: [first, second] }])
    // Of calldata alone the targets and values that were asked for stay, where there are any.
    expect(send({ kind: 'exactCalldataBatch', executions }, { ...pay(7n, dai), data: '0x99' })).toEqual([
      { do: 'send_calls', calls: [{ to: dai, value: 7n, data: '0x' }, second] },
    ])
    expect(send(payee(vendor))).toEqual([])
    for (const nowhere of [{}, { hop: 0 }, { caveat: 0 }, { hop: 1, caveat: 0 }, { hop: 0, caveat: 1 }])
      expect(offered(grantOf([{ kind: 'exactExecution', ...one }]), pay(0n), 'execution_not_allowed', nowhere)).toEqual(
        [],
      )
  })

  test('behavior: chain, batches and what nothing is known for', () => {
    const prepared = grantOf([cap()])
    expect(offered(prepared, pay(0n), 'wrong_chain')).toEqual([{ do: 'use_chain', chainId: environment.chainId }])
    expect(offered(prepared, pay(0n), 'batch_not_allowed')).toEqual([{ do: 'send_one_call' }])
    for (const code of ['expired', 'revoked', 'calls_exceeded', 'unknown_caveat'] as const)
      expect(offered(prepared, pay(0n), code)).toEqual([])
  })

  test('behavior: who may redeem: the delegate, where every pin of the branch lets it', () => {
    const redeemers = (prepared: PreparedGrant) => {
      const [fix] = offered(prepared, pay(0n), 'redeemer_not_allowed')
      return fix?.do === 'redeem_as' ? fix.redeemers : null
    }
    const pinned = (...list: Address[]): Given => ({ kind: 'redeemer', redeemers: list })
    expect(redeemers(grantOf([]))).toEqual([agent])
    expect(redeemers(grantOf([pinned(agent, mallory)]))).toEqual([agent])
    expect(redeemers(grantOf([pinned(mallory)]))).toEqual([])
    expect(redeemers(grantOf([pinned(subAgent, mallory)], [pinned(subAgent)]))).toEqual([subAgent])
    expect(redeemers(grantOf([pinned(subAgent)], [pinned(mallory)]))).toEqual([])
    expect(redeemers(branchesOf([[]], [[], []], [[]]))).toEqual([agent, subAgent])
    const open = (...caveats: Given[]) => {
      const plain = plainGrant([[caveats]])
      const [delegation] = plain.delegations
      if (delegation === undefined) throw new TypeError('no delegation')
      return prepareGrant({ ...plain, delegations: [{ ...delegation, delegate: ANY_DELEGATE }] }, environment)
    }
    expect(redeemers(open(pinned(mallory, vendor)))).toEqual([mallory, vendor])
    expect(redeemers(open())).toEqual([])
    const none = grantOf([])
    expect(redeemers({ ...none, branches: none.branches.map((branch) => ({ ...branch, links: [] })) })).toEqual([])
  })

  test('behavior: what may be called: targets and functions of each branch, once each', () => {
    const calls = (prepared: PreparedGrant) => {
      const [fix] = offered(prepared, pay(0n), 'target_not_allowed')
      return fix?.do === 'call_one_of' ? fix.targets.map(({ target, selector }) => [target, selector ?? null]) : null
    }
    const TRANSFER = '0xa9059cbb'
    expect(calls(grantOf([targets(usdc, dai)]))).toEqual([
      [usdc, null],
      [dai, null],
    ])
    expect(calls(grantOf([targets(usdc, dai), methods('0x12345678', '0x87654321')]))).toEqual([
      [usdc, '0x12345678'],
      [usdc, '0x87654321'],
      [dai, '0x12345678'],
      [dai, '0x87654321'],
    ])
    expect(calls(grantOf([targets(usdc, dai)], [targets(dai, vendor)]))).toEqual([[dai, null]])
    expect(calls(grantOf([methods('0x12345678')]))).toEqual([])
    expect(calls(branchesOf([[targets(usdc)]], [[targets(usdc, dai)]]))).toEqual([
      [usdc, null],
      [dai, null],
    ])
    const tokens: Given[] = [
      cap(),
      { kind: 'erc20PeriodTransfer', token: usdc, amount: 1n, duration: 1n, start: 1n },
      { kind: 'erc20Streaming', token: usdc, initial: 1n, max: 1n, perSecond: 1n, start: 1n },
    ]
    for (const token of tokens) expect(calls(grantOf([token]))).toEqual([[usdc, TRANSFER]])
    expect(calls(grantOf([{ kind: 'erc721Transfer', token: dai, tokenId: 1n }]))).toEqual(
      ['0x23b872dd', '0x42842e0e', '0xb88d4fde'].map((selector) => [dai, selector]),
    )
    expect(calls(grantOf([{ kind: 'ownershipTransfer', target: dai }]))).toEqual([[dai, '0xf2fde38b']])
    expect(calls(grantOf([{ kind: 'exactExecution', target: dai, value: 0n, data: '0x' }]))).toEqual([[dai, null]])
    const window = { amount: 1n, duration: 1n, start: 1n }
    const list = [usdc, NATIVE].map((token) => ({ token, ...window }))
    const chosen = (at: bigint): Given => ({ kind: 'multiTokenPeriod', periods: list, added: `0x${word(at)}` })
    expect([calls(grantOf([chosen(0n)])), calls(grantOf([chosen(1n)])), calls(grantOf([chosen(2n)]))]).toEqual([
      [[usdc, null]],
      [],
      [],
    ])
    // Sixteen at most, of however many branches.
    const many = Array.from({ length: 20 }, (_, at): Address => `0x${(at + 1).toString(16).padStart(40, '0')}`)
    expect(calls(grantOf([targets(...many)]))).toEqual(many.slice(0, 16).map((target) => [target, null]))
    expect(calls(grantOf([targets(...many.slice(0, 15))]))).toHaveLength(15)
  })

  test('behavior: whom may be paid: targets of plain payments, else the first word, where it is an address', () => {
    const payees = (prepared: PreparedGrant) => {
      const [fix] = offered(prepared, pay(0n), 'recipient_not_allowed')
      return fix?.do === 'pay_one_of' ? fix.recipients : null
    }
    const plain: Given = { kind: 'exactCalldata', data: '0x' }
    expect(payees(grantOf([plain, targets(vendor, mallory)], [targets(vendor)]))).toEqual([vendor])
    expect(payees(grantOf([plain]))).toEqual([])
    expect(payees(grantOf([targets(vendor)]))).toEqual([])
    expect(payees(branchesOf([[payee(vendor)]], [[payee(otherVendor)]], [[payee(vendor)]]))).toEqual([
      vendor,
      otherVendor,
    ])
    expect(payees(grantOf([payee(vendor)], [payee(otherVendor)]))).toEqual([])
    const word32 = `0x${word(vendor)}` as const
    for (const other of [
      { start: 36n, value: word32 },
      { start: 4n, value: word32.slice(0, -2) as Hex },
      { start: 4n, value: `${word32}00` as Hex },
      { start: 4n, value: `0x${'00'.repeat(11)}01${vendor.slice(2)}` as Hex },
    ])
      expect(payees(grantOf([{ kind: 'allowedCalldata', ...other }]))).toEqual([])
  })

  test('behavior: bytes that the refusing caveat wants to see', () => {
    const bytes = (caveat: Given, given: Call, code: ReasonCode = 'calldata_not_allowed') =>
      offered(grantOf([caveat]), given, code, refusing)
    const other: Call = { to: dai, value: 0n, data: '0x12345678aabb' }
    const whole = { do: 'set_calldata', data: `0x12345678aabb${'0'.repeat(124)}` }
    expect(bytes({ kind: 'erc721Transfer', token: dai, tokenId: 7n }, other)).toEqual([
      { do: 'set_bytes', at: 68n, bytes: `0x${word(7n)}` },
    ])
    expect(bytes({ kind: 'ownershipTransfer', target: dai }, other)).toEqual([
      { do: 'set_calldata', data: `0x12345678aabb${'0'.repeat(60)}` },
    ])
    const long: Call = { ...other, data: `0x${'ab'.repeat(80)}` }
    expect(bytes({ kind: 'ownershipTransfer', target: dai }, long)).toEqual([
      { do: 'set_calldata', data: `0x${'ab'.repeat(36)}` },
    ])
    expect(bytes({ kind: 'exactCalldata', data: '0x99' }, other)).toEqual([{ do: 'set_calldata', data: '0x99' }])
    expect(bytes({ kind: 'allowedCalldata', start: 5n, value: '0x99' }, other)).toEqual([
      { do: 'set_bytes', at: 5n, bytes: '0x99' },
    ])
    expect(bytes({ kind: 'allowedCalldata', start: 131_072n, value: '0x99' }, other)).toEqual([
      { do: 'set_bytes', at: 131_072n, bytes: '0x99' },
    ])
    expect(bytes({ kind: 'allowedCalldata', start: 131_073n, value: '0x99' }, other)).toEqual([whole])
    expect(bytes(cap(), other)).toEqual([whole])
    expect(bytes(cap(), long)).toEqual([{ do: 'set_calldata', data: `0x${'ab'.repeat(68)}` }])
    // A transfer of the wrong length is made one of the right length, whatever refused it.
    const cut = { ...transfer(0n), data: transfer(0n).data.slice(0, -2) as Hex }
    const tail = { ...transfer(0n), data: `${transfer(0n).data}ff` as Hex }
    for (const given of [cut, tail]) {
      const right = { do: 'set_calldata', data: transfer(0n).data }
      expect(bytes({ kind: 'exactCalldata', data: '0x99' }, given)).toEqual([
        { do: 'set_calldata', data: '0x99' },
        right,
      ])
      expect(offered(grantOf([targets(usdc)]), given, 'method_not_allowed')).toEqual([
        { do: 'call_one_of', targets: [{ target: usdc }] },
        right,
      ])
    }
    expect(bytes(cap(), { to: dai, value: 0n, data: '0x' })).toEqual([
      { do: 'set_calldata', data: `0x${'0'.repeat(136)}` },
    ])
    const denial = { verdict: 'deny', branch: null, finding: finding('calldata_not_allowed', refusing) } as const
    expect([...candidates(grantOf([cap()]), act(other), stateOf(grantOf([cap()])), denial)]).toEqual([])
  })

  test('behavior: a revocation leaves nothing to spend, in the words where an approval has it', () => {
    const caveat: Given = { kind: 'approvalRevocation', methods: ['erc20Approve'] }
    const zeros = (size: number) =>
      offered(
        grantOf([caveat]),
        { ...pay(0n, dai), data: `0x${'ab'.repeat(size)}` },
        'revocation_not_allowed',
        refusing,
      )
    expect(zeros(68)).toEqual([{ do: 'set_bytes', at: 36n, bytes: `0x${word(0n)}` }])
    expect(zeros(132)).toEqual([{ do: 'set_bytes', at: 68n, bytes: `0x${word(0n)}${word(0n)}` }])
    for (const size of [0, 67, 69, 131, 133]) expect(zeros(size)).toEqual([])
  })

  test('behavior: words that the redeemer holds, where one can be named', () => {
    const prepared = grantOf([cap()])
    const held = [
      {
        rule: 'r',
        target: null,
        constraints: [
          { kind: 'argument', pointer: '/a', at: 4, test: { is: 'eq', word: 5n } },
          { kind: 'argument', pointer: '/b', at: 36, test: { is: 'neq', word: 5n } },
          { kind: 'maximum', pointer: '/m', reads: 'token', limit: 1n },
          { kind: 'argument', pointer: '/c', at: 68, test: { is: 'in', words: [0n, 6n] } },
        ],
      },
    ] as const
    const given = { ...prepared, branches: prepared.branches.map((branch) => ({ ...branch, held })) }
    for (const parts of [{}, { hop: 0 }, { caveat: 0 }])
      expect(offered(given, pay(0n), 'argument_not_allowed', parts)).toEqual([
        { do: 'set_bytes', at: 4n, bytes: `0x${word(5n)}` },
        { do: 'set_bytes', at: 68n, bytes: `0x${word(0n)}` },
      ])
  })

  test('behavior: lower amounts, as tokens or as value; never down to nothing for whoever is to be paid', () => {
    const amounts = (caveats: readonly Given[], given: Call, measured: 'token' | 'value' | null) =>
      offered(grantOf(caveats), given, 'budget_exceeded', { measured })
    expect(amounts([cap()], transfer(10n), 'token')).toEqual([{ do: 'lower_amount', to: 9n }])
    expect(amounts([cap()], transfer(10n), null)).toEqual([])
    expect(amounts([], transfer(10n), null)).toEqual([])
    expect(amounts([{ kind: 'erc20TransferAmount', token: usdc, limit: 1n }], transfer(10n), 'token')).toEqual([
      { do: 'lower_amount', to: 1n },
    ])
    const coin = (limit: bigint): Given => ({ kind: 'nativeTransferAmount', limit })
    expect(amounts([coin(5n)], pay(6n), 'value')).toEqual([{ do: 'lower_amount', to: 5n }])
    expect(amounts([coin(0n)], pay(6n), 'value')).toEqual([])
    // Value beside a transfer is not its amount; of a call without a transfer none at all is a way.
    expect(amounts([coin(5n)], { ...transfer(1n), value: 6n }, 'value')).toEqual([{ do: 'set_value', to: 5n }])
    expect(amounts([coin(0n)], { ...transfer(1n), value: 6n }, 'value')).toEqual([{ do: 'set_value', to: 0n }])
    expect(amounts([targets(mallory)], { ...transfer(1n), value: 6n }, 'value')).toEqual([{ do: 'set_value', to: 0n }])
    const called: Call = { to: dai, value: 6n, data: '0x12345678' }
    expect(amounts([coin(0n)], called, 'value')).toEqual([{ do: 'set_value', to: 0n }])
    expect(amounts([coin(5n)], called, 'value')).toEqual([{ do: 'lower_amount', to: 5n }])
    expect(amounts([targets(mallory)], called, 'value')).toEqual([])
    expect(amounts([{ kind: 'erc20TransferAmount', token: usdc, limit: 0n }], transfer(1n), 'token')).toEqual([])
    for (const code of [
      'value_not_allowed',
      'period_budget_exceeded',
      'stream_exceeded',
      'action_maximum_exceeded',
    ] as const)
      expect(offered(grantOf([cap()]), transfer(10n), code, { measured: 'token' })).toEqual([
        { do: 'lower_amount', to: 9n },
      ])
  })

  test('behavior: where somebody may be asked, the amount that needs nobody comes first', () => {
    const prepared = grantOf([cap()])
    const threshold = {
      kind: 'threshold',
      pointer: '/t',
      terms: [{ reads: 'token', weight: 1n }],
      limit: 4n,
      confirmer: alice,
      timeout: 1n,
    } as const
    const held = [{ rule: 'r', target: null, constraints: [threshold] }]
    const given = { ...prepared, branches: prepared.branches.map((branch) => ({ ...branch, held })) }
    const both = [
      { do: 'lower_amount', to: 4n },
      { do: 'lower_amount', to: 9n },
    ]
    expect(offered(given, transfer(10n), 'budget_exceeded', { measured: 'token' })).toEqual(both)
    // One branch of several that holds something is enough.
    const beside = branchesOf([[cap()]], [[{ kind: 'erc20TransferAmount', token: usdc, limit: 3n }]])
    const one = { ...beside, branches: beside.branches.map((branch, at) => (at === 0 ? { ...branch, held } : branch)) }
    expect(offered(one, transfer(10n), 'budget_exceeded', { measured: 'token' })).toEqual(both)
  })

  test('behavior: an action that cannot be read is mended part by part, what is most outside first', () => {
    const prepared = grantOf([targets(usdc)])
    const good = act(transfer(1n))
    const repairs = (change: object) => offered(prepared, { ...good, ...change } as Action, 'malformed_action')
    const called = (change: object) => repairs({ calls: [{ ...transfer(1n), ...change }] })
    expect(repairs({ redeemer: '0x12', chainId: 'x' })).toEqual([{ do: 'redeem_as', redeemers: [agent] }])
    expect(repairs({ chainId: '8453', calls: [] })).toEqual([{ do: 'use_chain', chainId: environment.chainId }])
    expect(repairs({ calls: [transfer(1n), null] })).toEqual([{ do: 'send_one_call' }])
    for (const calls of [[], [null], 'none', undefined, [{}]])
      expect(repairs({ calls })).toEqual([{ do: 'call_one_of', targets: [{ target: usdc }] }])
    expect(called({ to: '0x12', value: -1n })).toEqual([{ do: 'call_one_of', targets: [{ target: usdc }] }])
    expect(called({ value: -1n, data: 7 })).toEqual([{ do: 'set_value', to: 0n }])
    expect(called({ data: '0xABCD' })).toEqual([{ do: 'set_calldata', data: '0xabcd' }])
    for (const data of [7, '0x123', 'zz']) expect(called({ data })).toEqual([{ do: 'set_calldata', data: '0x' }])
  })

  test('behavior: what a wrapper chose is no list of its own', () => {
    const wrapped = grantOf([either([[{ kind: 'allowedTargets', targets: [usdc] }]], selects(0n, '0x'))])
    expect(offered(wrapped, pay(0n), 'target_not_allowed')).toEqual([{ do: 'call_one_of', targets: [] }])
  })
})
