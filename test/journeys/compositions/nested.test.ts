import { encodeFunctionData } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type Address,
  byteLength,
  concatBytes,
  type Hex,
  sliceBytes,
  uintToBytes,
} from '../../../src/primitives/hex.ts'
import { abi as callHubAbi, bytecode as callHubBytecode } from '../../../src/testing/generated/callHub.ts'
import type { Call } from '../../../src/verdict/types.ts'
import { encodeCalldata } from '../../arbitraries/calldata.ts'
import { PAYEES } from '../../arbitraries/scope.ts'
import { balanceOf, useChain } from '../../rig/chain.ts'
import { linksOfBranch, UNIT, useDelegating } from '../../rig/delegating.ts'
import { addressOf } from '../../rig/grant.ts'
import { testTokenAbi } from '../../rig/principals.ts'

/** Calls inside calls, through a contract that the principal trusted with an allowance. */

const chain = useChain()
const { naive, granted, refusedAt, codesOf, redeem, send, principal } = useDelegating(chain)
const [A, , C] = PAYEES
const ZERO = `0x${'00'.repeat(32)}` as const
const token = () => chain.token.address
let hub: Address

beforeAll(async () => {
  const deployer = chain.walletClient(chain.accounts[0])
  const hash = await deployer.deployContract({ abi: callHubAbi, bytecode: callHubBytecode })
  const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
  hub = String(contractAddress).toLowerCase() as Address
  const args = [hub, 10n ** 30n] as const
  const data = encodeFunctionData({ abi: testTokenAbi, functionName: 'approve', args })
  await send(principal, { to: token(), value: 0n, data })
})

const take = (to: Address, units: bigint): Hex =>
  encodeFunctionData({
    abi: testTokenAbi,
    functionName: 'transferFrom',
    args: [principal.address, to, units * UNIT],
  })
const approve = (spender: Address): Hex =>
  encodeFunctionData({ abi: testTokenAbi, functionName: 'approve', args: [spender, 1n] })
const mint = (): Hex => encodeFunctionData({ abi: testTokenAbi, functionName: 'mint', args: [A, 1n] })
const execute = (data: Hex, to = token()) => encodeCalldata('execute(address,uint256,bytes)', [to, 0n, data])
const toHub = (data: Hex): Call => ({ to: hub, value: 0n, data })

/** Every form of the hub, with a call of the token in it. */
const FORMS: readonly [signature: string, wrap: (data: Hex) => Hex][] = [
  ['execute(address,uint256,bytes)', (data) => execute(data)],
  [
    'execute(bytes32,bytes)',
    (data) => encodeCalldata('execute(bytes32,bytes)', [ZERO, concatBytes(token(), ZERO, data)]),
  ],
  [
    'aggregate3((address,bool,bytes)[])',
    (data) => encodeCalldata('aggregate3((address,bool,bytes)[])', [[[token(), false, data]]]),
  ],
  ['multicall(bytes[])', (data) => encodeCalldata('multicall(bytes[])', [[execute(data)]])],
  [
    'multiSend(bytes)',
    (data) =>
      encodeCalldata('multiSend(bytes)', [
        concatBytes('0x00', token(), ZERO, uintToBytes(BigInt(byteLength(data)), 32), data),
      ]),
  ],
]

describe('calls inside calls', () => {
  test.each(FORMS)('attack: %s: one target, one method, and everything leaves', async (signature, wrap) => {
    const selector = sliceBytes(wrap('0x'), 0, 4)
    const hole = await naive((kit) =>
      kit
        .addCaveat('allowedTargets', { targets: [hub] })
        .addCaveat('allowedMethods', { selectors: [selector] })
        .addCaveat('valueLte', { maxValue: 0n }),
    )
    expect(codesOf(hole)).toEqual(['compile.forbidden_selector', 'compile.nested_open'])
    const before = await balanceOf(chain, C)
    expect(await redeem([hole], toHub(wrap(take(C, 900n))))).toBe('ok')
    expect((await balanceOf(chain, C)) - before).toBe(900n * UNIT)

    // The same as a scope: acknowledged by name or not, what it carries must be said.
    const name = signature.slice(0, signature.indexOf('('))
    const rule = { id: 'act', class: 'call' as const, target: hub, function: `function ${named(signature)}` }
    expect(refusedAt([rule])).toEqual(['compile.forbidden_selector', '/rules/0/function'])
    const acknowledge = [`selector:${name}`, 'target:any', 'nested:any']
    expect(refusedAt([{ ...rule, acknowledge }])).toEqual(['compile.nested_open', '/rules/0/args'])
  })

  test.each(FORMS)('attack: %s pinned by others to a dangerous call is read from the bytes', async (_, wrap) => {
    const pinned = (data: Hex) =>
      naive((kit) =>
        kit
          .addCaveat('allowedTargets', { targets: [hub] })
          .addCaveat('exactCalldata', { calldata: data })
          .addCaveat('valueLte', { maxValue: 0n }),
      )
    const hole = await pinned(wrap(approve(C)))
    expect(new Set(codesOf(hole))).toEqual(new Set(['compile.forbidden_selector']))
    // As often as one likes: nothing counts what it moves.
    const moves = await pinned(wrap(take(C, 1n)))
    expect(codesOf(moves)).toContain('compile.unbounded_transfer')
    for (let use = 0; use < 2; use++) expect(await redeem([moves], toHub(wrap(take(C, 1n))))).toBe('ok')
    const unreadable = await pinned(`${wrap(mint())}00`)
    expect(codesOf(unreadable)).toEqual(['compile.forbidden_selector', 'compile.nested_unreadable'])
    expect(await redeem([unreadable], toHub(`${wrap(mint())}00`))).toBe('ok')
    const harmless = await pinned(wrap(mint()))
    expect(new Set(codesOf(harmless))).toEqual(new Set(['compile.forbidden_selector']))
  })

  const acting = (args: object, acknowledge: readonly string[] = ['selector:execute']) => ({
    id: 'act',
    class: 'call' as const,
    target: hub,
    function: 'function execute(address target, uint256 value, bytes data)',
    args: args as Record<string, never>,
    acknowledge: [...acknowledge],
  })
  const inner = (to: Address, data: Hex) => ({ target: { eq: to }, value: { eq: '0' }, data: { eq: data } })

  test('default: named, acknowledged and pinned as a whole: this very call, once, and no other', async () => {
    const { grant } = await granted([acting(inner(token(), take(A, 5n)))], { calls: { max: 1 } })
    const before = await balanceOf(chain, A)
    expect(await redeem(linksOfBranch(grant), toHub(execute(take(A, 6n))))).toMatch(/ExactCalldata/)
    expect(await redeem(linksOfBranch(grant), toHub(execute(take(C, 5n))))).toMatch(/ExactCalldata/)
    expect(await redeem(linksOfBranch(grant), toHub(execute(take(A, 5n))))).toBe('ok')
    expect((await balanceOf(chain, A)) - before).toBe(5n * UNIT)
    expect(await redeem(linksOfBranch(grant), toHub(execute(take(A, 5n))))).toMatch(/LimitedCalls/)
    expect(refusedAt([acting(inner(token(), take(A, 5n)))])[0]).toBe('compile.unbounded_transfer')
  })

  test('error: a dangerous call in the pinned arguments, however deep, by the name of the danger', () => {
    const { environment } = chain
    const deep = (data: Hex, to: Address) => inner(hub, execute(data, to))
    const cases: [code: string, args: object][] = [
      ['compile.forbidden_selector', inner(token(), approve(C))],
      ['compile.forbidden_selector', deep(approve(C), token())],
      ['compile.target_is_manager', inner(environment.manager, '0x12345678')],
      ['compile.target_is_manager', deep('0x12345678', environment.manager)],
      ['compile.target_is_principal', inner(addressOf(principal), '0x')],
      ['compile.forbidden_target', deep('0x12345678', environment.entryPoint)],
      ['compile.nested_unreadable', inner(hub, `${execute(mint())}00`)],
      ['compile.nested_unreadable', inner(hub, encodeCalldata('execute(bytes,bytes[])', ['0x00', ['0x00']]))],
    ]
    // A word for the outer function is a word for the inner ones of that name, and for nothing else.
    for (const [code, args] of cases) expect(refusedAt([acting(args)])).toEqual([code, '/rules/0/args'])
    const both = ['selector:execute', 'selector:approve']
    expect(refusedAt([acting(inner(token(), approve(C)), both)])[0]).toBe('none')
  })

  test('error: compile.nested_delegatecall: code that runs as somebody else does what it likes there', () => {
    const safe = {
      ...acting({}, ['selector:execTransactionFromModule']),
      function: 'function execTransactionFromModule(address to, uint256 value, bytes data, uint8 operation)',
    }
    const args = (operation: string) => ({
      to: { eq: token() },
      value: { eq: '0' },
      data: { eq: mint() },
      operation: { eq: operation },
    })
    expect(refusedAt([{ ...safe, args: args('0') }])[0]).toBe('none')
    expect(refusedAt([{ ...safe, args: args('1') }])).toEqual(['compile.nested_delegatecall', '/rules/0/args'])
    const modular = { ...acting({}), function: 'function execute(bytes32 mode, bytes execution)' }
    const mode = `0xff${'00'.repeat(31)}`
    const execution = concatBytes(token(), mint())
    const pinned = { mode: { eq: mode }, execution: { eq: execution } } as never
    expect(refusedAt([{ ...modular, args: pinned }])[0]).toBe('compile.nested_delegatecall')
  })

  test('error: a variant that no table has: by its name it may carry calls, and may be acknowledged as carrying none', () => {
    const unlisted = {
      ...acting({}, ['selector:executeOrder']),
      function: 'function executeOrder(uint256 id, bytes proof)',
    }
    expect(refusedAt([unlisted])).toEqual(['compile.nested_unreadable', '/rules/0/args'])
    const acknowledge = [...unlisted.acknowledge, 'nested:executeOrder']
    expect(refusedAt([{ ...unlisted, acknowledge }])[0]).toBe('none')
  })

  test('behavior: an abi list is no argument that a scope can pin: multicall is open, or the inner function is named', () => {
    const multicall = {
      ...acting({}, ['selector:multicall']),
      function: 'function multicall(uint256 deadline, bytes[] data)',
    }
    expect(refusedAt([{ ...multicall, args: { deadline: { eq: '1' } } }])[0]).toBe('compile.nested_open')
  })
})

/** With a name for each parameter, as a rule wants them. */
function named(signature: string): string {
  const [name = '', types = ''] = [
    signature.slice(0, signature.indexOf('(')),
    signature.slice(signature.indexOf('(') + 1, -1),
  ]
  return types.startsWith('(')
    ? `${name}(${types} a)`
    : `${name}(${types
        .split(',')
        .map((type, at) => `${type} a${at}`)
        .join(', ')})`
}
