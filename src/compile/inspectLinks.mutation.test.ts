import { describe, expect, test } from 'vitest'
import { encodeCalldata } from '../../test/arbitraries/calldata.ts'
import {
  balance,
  bound,
  call,
  child,
  draft,
  environment,
  methods,
  noValue,
  once,
  pin,
  safe,
  targets,
} from '../../test/arbitraries/drafts.ts'
import { AGENT, DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Caveat } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { inspectLinks } from './inspect.ts'
import { isTooLarge } from './inspectLink.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

const codesOf = (drafts: Draft[]) =>
  inspectLinks(linksOf(drafts), environment).map(({ link, code }) => [link, code.replace('compile.', '')])

describe('inspectLinks', () => {
  test('behavior: of a path with a link that is too large nothing else is said', () => {
    const large = draft(Array.from({ length: 17 }, () => noValue))
    expect(codesOf([large, child([noValue])])).toEqual([[0, 'link_too_large']])
    const under = draft(
      Array.from({ length: 17 }, () => noValue),
      { parent: 0, delegator: AGENT, salt: `0x${'7'.repeat(64)}` },
    )
    expect(codesOf([draft(safe), under])).toEqual([[1, 'link_too_large']])
  })

  test('attack: the principal is the root of the path, not who handed it on: calling it is a takeover at any depth', () => {
    const root = draft([...bound, methods('0x12345678'), noValue])
    const found = codesOf([root, child([targets(PRINCIPAL)])])
    expect(found).toContainEqual([1, 'target_is_principal'])
    expect(codesOf([root, child([targets(AGENT)])]).map(([, code]) => code)).not.toContain('target_is_principal')
  })

  test('behavior: calls that are wrong in one way are said once, in another way once more', () => {
    const both = (...to: string[]) =>
      encodeCalldata('aggregate((address,bytes)[])', [to.map((target) => [target, '0x12345678'])])
    const codes = (...to: string[]) => {
      const caveats = [...bound, noValue, once, targets(TARGET)]
      const data = both(...to)
      return codesOf([draft([...caveats, { kind: 'exactCalldata', data }])])
        .map(([, code]) => code)
        .sort()
    }
    const { manager } = environment
    expect(codes(PAYEES[0])).toEqual(['forbidden_selector'])
    expect(codes(manager, manager, manager)).toEqual(['forbidden_selector', 'target_is_manager'])
    expect(codes(manager, PRINCIPAL, manager)).toEqual([
      'forbidden_selector',
      'target_is_manager',
      'target_is_principal',
    ])
  })

  test('attack: what a call inside hands out has to be accepted by its own name, beside that of the wrapper', () => {
    const words = (data: Hex) => {
      const drafts = [draft([...bound, noValue, once, targets(TARGET), { kind: 'exactCalldata', data }])]
      return inspectLinks(linksOf(drafts), environment).map(({ acknowledge }) => acknowledge)
    }
    const wrapping = (inner: Hex) => encodeCalldata('functionCall(address,bytes)', [PAYEES[0], inner])
    expect(words(wrapping('0x12345678'))).toEqual(['selector:functionCall'])
    const approve = encodeCalldata('approve(address,uint256)', [PAYEES[1], 5n])
    expect(words(wrapping(approve))).toEqual(['selector:functionCall', 'selector:approve'])
    // A wrapper that calls itself calls what was judged as a target, whatever that is.
    const itself = encodeCalldata('multicall(bytes[])', [[approve]])
    expect(words(itself)).toEqual(['selector:multicall', 'selector:approve'])
  })

  test('behavior: each of two links is judged by what it carries itself', () => {
    const half = draft([...call, pin(35n, '0x05')], { salt: `0x${'7'.repeat(64)}` })
    expect(codesOf([draft(call), half])).toEqual([[1, 'partial_pin']])
    expect(codesOf([half, draft(call)])).toEqual([[0, 'partial_pin']])
  })

  test('behavior: a hazard says what is wrong, what to do and what accepts it, each in its place', () => {
    const found = inspectLinks(linksOf([draft([...safe, balance(USDC, PRINCIPAL)])]), environment)
    expect(found).toEqual([
      {
        code: 'compile.balance_guard',
        link: 0,
        caveat: 4,
        message: expect.stringMatching(/^A balance is compared/),
        fix: expect.stringMatching(/^Use a cap/),
        acknowledge: 'caveat:balance',
      },
    ])
  })

  test('behavior: caps of two tokens share no counter; a third of one of them does', () => {
    const cap = (token: Address): KnownCaveat => ({ kind: 'erc20TransferAmount', token, limit: 5n })
    const codes = (...list: KnownCaveat[]) => codesOf([draft([...bound, noValue, ...list])]).map(([, code]) => code)
    expect(codes(cap(USDC), cap(DAI))).toEqual(['two_tokens'])
    expect(codes(cap(USDC), cap(USDC))).toEqual(['counted_twice'])
    expect(codes(cap(USDC), cap(DAI), cap(USDC))).toEqual(['counted_twice', 'two_tokens'])
  })
})

describe('isTooLarge', () => {
  test('behavior: what is no text has no bytes', () => {
    const caveat = (terms: unknown) => ({ enforcer: TARGET, terms, args: '0x' }) as Caveat
    const full = caveat(`0x${'00'.repeat(32_768)}`)
    expect(isTooLarge([full, caveat(7), caveat(null), caveat(undefined)])).toBe(false)
    expect(isTooLarge([full, caveat('0x00')])).toBe(true)
  })
})
