import { describe, expect, test } from 'vitest'
import {
  balance,
  bound,
  child,
  draft,
  environment,
  methods,
  noValue,
  period,
  pin,
  redeemer,
  safe,
  targets,
  word,
} from '../../test/arbitraries/drafts.ts'
import { AGENT, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { toChecksum } from '../primitives/address.ts'
import { explainDelegations } from './explain.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

const rowsOf = (drafts: Draft[]) => explainDelegations(drafts, environment, {})

describe('explainDelegations', () => {
  // Two links; in each something is wrong with one caveat (a half-pinned word, a balance), and with the link as a whole.
  const wrong = [
    draft([...bound, targets(TARGET), methods('0x12345678'), noValue, pin(35n, '0x05')]),
    child([balance(USDC, PRINCIPAL), { kind: 'valueLte', max: 9n }]),
  ]

  test('behavior: what is wrong with a caveat is said in the row of that caveat, and in no other', () => {
    const said = inspectLinks(linksOf(wrong), environment)
    const [half] = said.filter(({ code }) => code === 'compile.partial_pin')
    const [guard] = said.filter(({ code }) => code === 'compile.balance_guard')
    expect([half?.link, half?.caveat, guard?.link, guard?.caveat]).toEqual([0, 5, 1, 0])
    const rows = rowsOf(wrong)
    const holding = (message: string) =>
      rows.flatMap(({ draft, caveat, warning }) => (warning?.includes(message) ? [[draft, caveat]] : []))
    expect(holding(half?.message ?? '?')).toEqual([[0, 5]])
    expect(holding(guard?.message ?? '?')).toEqual([[1, 0]])
  })

  test('behavior: what is wrong with a link stands once each: in its heading, the rest in rows of their own', () => {
    const rows = rowsOf([draft([{ kind: 'argsEqualityCheck', args: '0x01' }, redeemer])])
    const findings = inspectLinks(
      linksOf([draft([{ kind: 'argsEqualityCheck', args: '0x01' }, redeemer])]),
      environment,
    )
    const whole = findings.flatMap(({ caveat, message }) => (caveat === undefined ? [message] : []))
    expect(whole.length).toBeGreaterThan(2)
    expect(rows[0]?.warning).toBe(whole[0])
    const own = rows.flatMap(({ sentence, caveat, warning }) =>
      caveat === undefined && sentence === warning ? [sentence] : [],
    )
    expect(own).toEqual(whole.slice(1))
  })

  test('behavior: what is wrong with one link is not said of another', () => {
    const rows = rowsOf([
      draft([pin(4n, word(PAYEES[0])), ...safe, redeemer]),
      draft([redeemer], { salt: `0x${'7'.repeat(64)}` }),
    ])
    expect(rows.flatMap(({ draft, warning }) => (warning === undefined ? [] : [draft]))).not.toContain(0)
    expect(rows.filter(({ draft, warning }) => draft === 1 && warning !== undefined).length).toBeGreaterThan(2)
  })

  test('behavior: only a root without caveats permits everything; under another it permits what that does', () => {
    const nothing = 'It has no caveat: it permits everything.'
    const of = (drafts: Draft[]) => rowsOf(drafts).flatMap(({ draft, warning }) => (warning === nothing ? [draft] : []))
    expect(of([draft([])])).toEqual([0])
    expect(of([draft(safe), child([])])).toEqual([])
    expect(of([draft([noValue])])).toEqual([])
  })

  test('behavior: a pinned first argument is a payee beside a limit of a token, of either kind, and bytes elsewhere', () => {
    const payee = pin(4n, word(PAYEES[0]))
    const sentence = (...limit: Parameters<typeof draft>[0]) =>
      rowsOf([draft([payee, ...limit])]).find(({ caveat }) => caveat === 0)?.sentence
    const to = `Only to ${toChecksum(PAYEES[0])}`
    expect(sentence(...safe)).toBe(to)
    expect(sentence(...bound, noValue, period(5n))).toBe(to)
    expect(sentence(...bound, noValue, targets(TARGET))).not.toBe(to)
    expect(sentence({ kind: 'redeemer', redeemers: [AGENT] })).not.toBe(to)
  })
})
