import { encodeFunctionData, type Hex, parseAbiItem } from 'viem'
import { describe, expect, test } from 'vitest'
import { DAI, PAYEES, scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { createScopeHistory } from './admits.ts'
import { parseScope } from './parse.ts'
import type { CallRule } from './types.ts'

/** What a call rule admits of a call, byte by byte, and of the approvals around it. */

type Json = Record<string, unknown>
type Call = { to: Hex; data: Hex; value?: bigint }
const encode = (signature: string, ...args: unknown[]) =>
  encodeFunctionData({ abi: [parseAbiItem(`function ${signature}` as never)], args } as never) as Hex
const scopeOf = (rule: Json) =>
  parseScope(scopeDocument([{ id: 'call', class: 'call', target: TARGET, ...rule }] as never))
const ask = (scope: ReturnType<typeof scopeOf>, ...calls: Call[]) => {
  const action = { chainId: 8453, time: 1_796_000_000n, calls: calls.map((call) => ({ value: 0n, ...call })) }
  const said = createScopeHistory(scope).ask(action)
  return said.admitted === 'no' ? said.pointer : said.admitted
}

describe('createScopeHistory', () => {
  const LIST = 'f(uint8 n, uint8[] list)'
  const list = (length: number) => encode(LIST, 1, Array(length).fill(7))

  test('behavior: a list as long as it may be', () => {
    const scope = scopeOf({ function: LIST, args: { list: { length: { lte: '2' } } } })
    const of = (data: Hex) => ask(scope, { to: TARGET, data })
    const refused = '/rules/0/args/list'
    expect([0, 1, 2, 3].map((length) => of(list(length)))).toEqual(['yes', 'yes', 'yes', refused])
    // One that says where it stands, and does not stand there.
    expect(of(list(0).slice(0, -64) as Hex)).toBe(refused)
    // Made by hand: of a list nothing but its length can be told.
    const [rule] = scope.rules as [CallRule]
    const strange = { ...scope, rules: [{ ...rule, args: { list: { neq: '1' } } }] }
    expect(ask(strange, { to: TARGET, data: list(1) })).toBe(refused)
  })

  test('error: a head that is not all there', () => {
    const scope = scopeOf({ function: 'f(uint8 a, uint8 b)' })
    const data = encode('f(uint8 a, uint8 b)', 1, 2)
    expect(ask(scope, { to: TARGET, data })).toBe('yes')
    for (const shorter of [data.slice(0, -2), data.slice(0, -64), data.slice(0, 10), data.slice(0, 8), '0x']) {
      expect(ask(scope, { to: TARGET, data: shorter as Hex })).toBe('/rules/0/function')
    }
    expect(ask(scope, { to: TARGET, data: `${data}00` })).toBe('yes')
  })

  test('error: an argument that cannot be read satisfies nothing, not even that it is not something', () => {
    const scope = scopeOf({ function: 'f(bool on)', args: { on: { neq: false } } })
    const of = (word: bigint) =>
      ask(scope, {
        to: TARGET,
        data: encode('f(bool on)', false).replace(/0{64}$/, word.toString(16).padStart(64, '0')) as Hex,
      })
    expect([of(0n), of(1n), of(2n)]).toEqual(['/rules/0/args/on', 'yes', '/rules/0/args/on'])
  })

  const SWAP = 'swap(uint256 amount)'
  const scope = scopeOf({ function: SWAP, allowance: { asset: USDC, amount: 'amount' } })
  const swap = { to: TARGET, data: encode(SWAP, 5n) }
  const approve = (amount: bigint, spender: Hex = TARGET, asset: Hex = USDC, value = 0n) => {
    return { to: asset, data: encode('approve(address a, uint256 b)', spender, amount), value }
  }
  const [before, after] = [approve(5n), approve(0n)]

  test.each<[string, calls: Call[], said: string]>([
    ['approve, call, approve zero', [before, swap, after], 'yes'],
    ['the call alone, which is then no second one', [swap], '/rules/0/class'],
    ['no zero after it', [before, swap], '/rules/0/allowance'],
    ['one more', [before, swap, after, after], '/rules/0/allowance'],
    ['more than it uses', [approve(6n), swap, after], '/rules/0/allowance'],
    ['less than it uses', [approve(4n), swap, after], '/rules/0/allowance'],
    ['something left', [before, swap, approve(1n)], '/rules/0/allowance'],
    ['for somebody else', [approve(5n, PAYEES[0]), swap, after], '/rules/0/allowance'],
    ['zero for somebody else', [before, swap, approve(0n, PAYEES[0])], '/rules/0/allowance'],
    ['of another token', [approve(5n, TARGET, DAI), swap, after], '/rules/0/allowance'],
    ['with native coin', [approve(5n, TARGET, USDC, 1n), swap, after], '/rules/0/allowance'],
    ['zero with native coin', [before, swap, approve(0n, TARGET, USDC, 1n)], '/rules/0/allowance'],
    ['no approval before it', [{ ...before, data: '0x' }, swap, after], '/rules/0/allowance'],
  ])('behavior: %s', (_, calls, said) => {
    expect(ask(scope, ...calls)).toBe(said)
  })

  test('error: a rule without allowance admits the call alone', () => {
    const plain = scopeOf({ function: SWAP })
    expect([ask(plain, swap), ask(plain, swap, swap)]).toEqual(['yes', '/rules/0/allowance'])
    expect(ask(plain)).toBe('/rules/0/class')
  })
})
