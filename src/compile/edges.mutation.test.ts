import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import {
  act,
  budget,
  calls,
  counting,
  decodedOf,
  environment,
  nativeBudget,
  pay,
  plan,
  refusal,
  rowOf,
} from '../../test/arbitraries/plan.ts'
import { AGENT, PAYEES, PRINCIPAL, scopeDocument } from '../../test/arbitraries/scope.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseFunction } from '../scope/function.ts'
import { parseScope } from '../scope/parse.ts'
import type { AbiValue } from '../scope/types.ts'
import { compile } from './compile.ts'
import { explainDelegations } from './explain.ts'
import { pinArguments } from './pins.ts'
import { pinnedPayees } from './reach.ts'
import type { Draft } from './types.ts'

/** What changed code got away with before: each of these stands against one change that no other test noticed. */

describe('explainDelegations', () => {
  test('behavior: a link under another says under which, and only that one does', () => {
    const draft = (digit: string, more: Partial<Draft>): Draft => {
      return {
        delegate: AGENT,
        delegator: PRINCIPAL,
        parent: null,
        salt: `0x${digit.repeat(64)}`,
        caveats: [],
        ...more,
      }
    }
    const drafts = [draft('5', {}), draft('6', { delegator: AGENT, delegate: PAYEES[1], parent: 0 })]
    const headings = explainDelegations(drafts, environment, {}).flatMap(({ sentence }) =>
      sentence.startsWith('Delegation') ? [sentence] : [],
    )
    expect(headings.map((heading) => /, within delegation 1$/.test(heading))).toEqual([false, true])
  })

  test('behavior: eight delegations under an umbrella are named, nine are counted, and none is no crowd', () => {
    const heading = (count: number) => {
      const salt = (at: number): Hex => `0x${(at + 1).toString(16).padStart(64, '0')}`
      const link = { delegate: AGENT, delegator: PRINCIPAL, caveats: [] }
      const root = { ...link, delegate: PRINCIPAL, parent: null, salt: salt(0) }
      const leaves = Array.from({ length: count }, (_, at) => ({ ...link, parent: 0, salt: salt(at + 1) }))
      return explainDelegations([root, ...leaves], environment, {})[0]?.sentence
    }
    expect(heading(8)).toContain(' over delegations 2, 3, 4, 5, 6, 7, 8, 9 that')
    expect(heading(9)).toContain(' over 9 delegations that')
    expect(heading(0)).toContain('sets limits that')
  })
})

describe('compile', () => {
  test('behavior: a branch names its payee where there is one, and none where there are several', () => {
    const payees = (to: readonly `0x${string}`[]) =>
      plan([pay({ asset: 'native', to: [...to] })], nativeBudget()).branches.map(({ payee }) => payee)
    expect(payees([PAYEES[0]])).toEqual([PAYEES[0]])
    expect(payees([PAYEES[0], PAYEES[1]])).toEqual([undefined])
  })

  test('error: a function that carries calls, whose calls are left to the agent', () => {
    const open = act({ function: 'function multicall(bytes[] data)', args: {}, acknowledge: ['selector:multicall'] })
    expect(refusal(() => plan([open], { calls: { max: 1 } }))).toBe('compile.nested_open')
  })

  test('behavior: calls that share nothing but their number are bounded by the largest value of any, be it one wei', () => {
    const rules = ['1', '0'].map((lte, at) => act({ id: `act${at}`, args: {}, value: { lte } }))
    const [root] = decodedOf(plan(rules, { calls: { max: 3 } }))
    expect(root).toContainEqual(calls(3n))
    expect(root).toContainEqual({ kind: 'valueLte', max: 1n })
  })

  test('error: a maximum of nothing, in a scope that did not come from its reader', () => {
    const scope = parseScope(scopeDocument([pay({ max: '5' })], budget()))
    const nothing = { ...scope, rules: scope.rules.map((rule) => ({ ...rule, max: '0' })) } as typeof scope
    const made = () => compile(nothing, environment, { salt: counting(), nonce: 0n, accept: ['/rules/0/max'] })
    expect(refusal(made)).toBe('compile.amount_not_positive')
  })

  test('behavior: a maximum is held by the number of calls only where that is one', () => {
    const kinds = (max: number) => {
      const made = plan([pay({ max: '200' })], { ...budget(), calls: { max } })
      const held = rowOf(made, '/rules/0/max')?.held
      if (held?.by !== 'chain') throw new TypeError('not held')
      return held.caveats.map(({ draft, caveat }) => decodedOf(made)[draft]?.[caveat]?.kind).sort()
    }
    expect(kinds(1)).toContain('limitedCalls')
    expect(kinds(3)).toEqual(['erc20TransferAmount'])
  })

  test('behavior: a branch keeps the value of its own under an umbrella of the largest, in whatever order', () => {
    for (const values of [
      ['1', '0'],
      ['0', '1'],
    ]) {
      const rules = values.map((lte, at) => act({ id: `act${at}`, args: {}, value: { lte } }))
      const [root, ...leaves] = decodedOf(plan(rules, { calls: { max: 3 } }))
      const limits = [root, ...leaves].map((link) => link?.flatMap((it) => (it.kind === 'valueLte' ? [it.max] : [])))
      expect(limits).toEqual([[1n], ...values.map((value) => [BigInt(value)])])
    }
  })

  test('behavior: 512 signatures are asked for, 513 are not, whether rules or payees make them', () => {
    const scope = parseScope(scopeDocument([act({ args: {} })]))
    const calls = (count: number) => {
      const rules = Array.from({ length: count }, (_, at) => ({ ...scope.rules[0], id: `r${at}` }))
      return { ...scope, rules } as typeof scope
    }
    const paying = parseScope(scopeDocument([pay()], budget()))
    const payees = (count: number) => {
      const to = Array.from({ length: count }, (_, at) => `0x${(at + 1).toString(16).padStart(40, '0')}`)
      return { ...paying, rules: [{ ...paying.rules[0], to }] } as unknown as typeof scope
    }
    const drafts = (of: typeof scope) => compile(of, environment, { salt: counting(), nonce: 0n }).drafts.length
    expect(drafts(calls(512))).toBe(512)
    expect(refusal(() => drafts(calls(513)))).toBe('compile.too_many_delegations')
    // Payees of one budget stand under a root of their own.
    expect(drafts(payees(511))).toBe(512)
    expect(refusal(() => drafts(payees(512)))).toBe('compile.too_many_delegations')
  })
})

describe('pinArguments', () => {
  const scope = parseScope(scopeDocument([act({ args: {} })]))
  const exact = (type: string, eq: AbiValue) => {
    const { exact: data, loose } = pinArguments(parseFunction(`function f(${type} a)`), { a: { eq } }, scope)
    return loose.length > 0 ? null : data
  }

  test('behavior: an integer is pinned up to its last value, and left loose one past it', () => {
    const ends: [type: string, least: bigint, most: bigint][] = [
      ['uint8', 0n, 255n],
      ['uint256', 0n, 2n ** 256n - 1n],
      ['int8', -128n, 127n],
      ['int256', -(2n ** 255n), 2n ** 255n - 1n],
    ]
    for (const [type, least, most] of ends) {
      for (const value of [least, 0n, 1n, most]) {
        expect(exact(type, `${value}`)?.slice(10)).toBe(BigInt.asUintN(256, value).toString(16).padStart(64, '0'))
      }
      expect([exact(type, `${least - 1n}`), exact(type, `${most + 1n}`)]).toEqual([null, null])
    }
  })

  test('error: a number that is spelled in a second way, and a truth value where there is none, are left loose', () => {
    for (const spelled of ['01', '-0', '+1', '0x1', '1.0', '']) expect(exact('int256', spelled)).toBeNull()
    for (const type of ['string', 'bytes', 'bytes4', 'address', 'uint256']) {
      expect([exact(type, true), exact(type, false)]).toEqual([null, null])
    }
    expect([exact('bool', '1'), exact('bool', '0'), exact('bool', 'yes')]).toEqual([null, null, null])
    const [yes, no] = [encodeCalldata('f(bool)', [true]), encodeCalldata('f(bool)', [false])]
    expect([exact('bool', true)?.slice(10), exact('bool', 'true')?.slice(10)]).toEqual([yes.slice(10), yes.slice(10)])
    expect([exact('bool', false)?.slice(10), exact('bool', 'false')?.slice(10)]).toEqual([no.slice(10), no.slice(10)])
  })

  test('behavior: text of whatever length is padded to whole words', () => {
    for (const size of [0, 1, 31, 32, 33, 64]) {
      const text = 'x'.repeat(size)
      expect(exact('string', text)).toBe(encodeCalldata('f(string)', [text]))
    }
  })

  test('behavior: only neighbours are merged, and only a first word takes the selector with it', () => {
    const fn = parseFunction('function f(uint256 a, uint256 b, uint256 c, uint256 d)')
    const starts = (...names: string[]) => {
      const args = Object.fromEntries(names.map((name) => [name, { eq: '1' }]))
      return pinArguments(fn, args, scope).pins.map(({ start, names: pinned }) => [start, pinned.join('')])
    }
    expect(starts('a', 'b', 'd')).toEqual([
      [0n, 'ab'],
      [100n, 'd'],
    ])
    expect(starts('b', 'd')).toEqual([
      [36n, 'b'],
      [100n, 'd'],
    ])
  })
})

describe('pinnedPayees', () => {
  test('behavior: the low 20 bytes of the word at 4, where all of them are pinned', () => {
    const payee: Hex = `0x${'ab'.repeat(20)}`
    const word = `${'00'.repeat(12)}${'ab'.repeat(20)}`
    const pinned = (start: bigint, value: string) =>
      pinnedPayees([{ kind: 'allowedCalldata', start, value: `0x${value}` }])
    expect(pinned(4n, word)).toEqual([payee])
    expect(pinned(16n, word.slice(24))).toEqual([payee])
    expect(pinned(0n, `a9059cbb${word}00`)).toEqual([payee])
    const none = [pinned(4n, word.slice(0, -2)), pinned(16n, word.slice(26)), pinned(17n, `${word}${word}`)]
    expect(none).toEqual([[], [], []])
    const data = `a9059cbb${word}`
    const exactly = (digits: string) => pinnedPayees([{ kind: 'exactCalldata', data: `0x${digits}` }])
    expect([exactly(data), exactly(data.slice(0, -2)), exactly(`${data}00`)]).toEqual([[payee], [], [payee]])
  })
})
