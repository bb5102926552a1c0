import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyKnownCaveat } from '../../test/arbitraries/caveat.ts'
import {
  balance,
  bound,
  call,
  child,
  draft,
  empty,
  environment,
  methods,
  native,
  noValue,
  once,
  other,
  pin,
  safe,
  specific,
  spend,
  targets,
  word,
} from '../../test/arbitraries/drafts.ts'
import { refusal } from '../../test/arbitraries/plan.ts'
import { DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import { encodeCaveat } from '../caveats/caveat.ts'
import type { Hex } from '../primitives/hex.ts'
import { PERMIT2 } from './dangers.ts'
import { explainDelegations } from './explain.ts'
import { guardDrafts } from './guardDrafts.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import type { Draft } from './types.ts'

describe('guardDrafts', () => {
  const fine: [string, Draft[]][] = [
    ['a capped transfer', [draft(safe)]],
    ['a call', [draft(call)]],
    ['a payment to anyone', [draft([...bound, empty, native])]],
    [
      'a leaf that says only who is paid, under an umbrella',
      [draft(safe, { delegate: PRINCIPAL }), draft([pin(4n, word(PAYEES[0]))], { parent: 0, ...other })],
    ],
    [
      'a target that only the parent would admit',
      [
        draft([...bound, targets(TARGET, environment.manager), noValue], { delegate: PRINCIPAL }),
        draft([targets(TARGET), methods('0x12345678')], { parent: 0, ...other }),
      ],
    ],
  ]
  test.each(fine)('default: %s', (_, drafts) => {
    expect(refusal(() => guardDrafts(drafts, environment))).toBe('none')
  })

  const alike: [string, Draft[]][] = [
    ['a balance guard beside a cap, acknowledged', [draft([...safe, balance(USDC, PRINCIPAL)])]],
    ['balances of two tokens', [draft([...safe, balance(USDC, PRINCIPAL), balance(DAI, PRINCIPAL)])]],
    ['the layout of the known chains, where that was looked at', [draft([...bound, specific, once])]],
    ['text of a dynamic argument', [draft([...safe, pin(36n, '0x0102')])]],
    ['a child that misleads and harms nobody', [draft(safe), child([{ ...spend, limit: 6n }])]],
  ]
  test.each(alike)('behavior: %s', (_, drafts) => {
    const words = ['caveat:balance', 'caveat:layout', 'pin:partial', 'wider']
    expect(refusal(() => guardDrafts(drafts, environment))).not.toBe('none')
    const acknowledged = Object.fromEntries(drafts.map((__, at) => [at, words]))
    expect(refusal(() => guardDrafts(drafts, environment, { acknowledged }))).toBe('none')
  })

  test('behavior: an acknowledged danger passes for its own leaf only, and only those that have a word', () => {
    const approve = draft([...bound, targets(USDC), methods('0x095ea7b3'), noValue])
    const guard = (acknowledged: Record<number, readonly string[]>, drafts = [approve]) =>
      refusal(() => guardDrafts(drafts, environment, { acknowledged }))
    expect(guard({ 0: ['selector:approve'] })).toBe('none')
    expect(guard({ 1: ['selector:approve'] })).toBe('compile.forbidden_selector')
    const paid = draft([...bound, targets(PERMIT2), empty, native])
    expect(guard({ 0: ['target:permit2'] }, [paid])).toBe('compile.forbidden_payee')
    const manager = draft([...bound, targets(environment.manager), methods('0x12345678'), noValue])
    expect(guard({ 0: ['target:manager', 'target:permit2'] }, [manager])).toBe('compile.target_is_manager')
  })

  test('behavior: delegations of others: one context is leaf first, any order goes by hash', () => {
    const root = { ...draft(safe, { delegate: PRINCIPAL }), authority: `0x${'ff'.repeat(32)}` as Hex }
    const leaf = { ...draft([pin(4n, word(PAYEES[0]))], other), authority: word('0xabcd') }
    const [a, b] = [strip(leaf), strip(root)]
    const hash = (item: { salt: Hex }) => (item.salt === root.salt ? word('0xabcd') : word('0x1234'))
    expect(refusal(() => guardDrafts([a, b], environment))).toBe('none')
    expect(refusal(() => guardDrafts([b, a], environment, { hash }))).toBe('none')
    expect(refusal(() => guardDrafts([b, a], environment))).not.toBe('none')
    expect(refusal(() => guardDrafts([a], environment))).not.toBe('none')
  })

  test('behavior: near-safe links: whatever one caveat becomes, the guard ends in a code or in nothing; every kind was seen', () => {
    const seen = new Set<string>()
    const bases = fine.map(([, drafts]) => drafts)
    fc.assert(
      fc.property(
        fc.constantFrom(...bases),
        fc.nat(),
        fc.nat(),
        fc.constantFrom('drop', 'swap', 'add'),
        anyKnownCaveat(),
        (drafts, at, which, how, caveat) => {
          const changed = drafts.map((item, index) => {
            if (index !== at % drafts.length) return item
            const caveats = [...item.caveats]
            const place = which % caveats.length
            if (how === 'drop') caveats.splice(place, 1)
            if (how === 'swap') caveats[place] = encodeCaveat(environment, caveat)
            if (how === 'add') caveats.push(encodeCaveat(environment, caveat))
            return { ...item, caveats }
          })
          for (const { code } of inspectLinks(linksOf(changed), environment)) seen.add(code)
          seen.add(refusal(() => guardDrafts(changed, environment)))
          for (const { sentence } of explainDelegations(changed, environment, {})) expect(sentence).not.toBe('')
        },
      ),
      { numRuns: 1_000, seed: 3 },
    )
    for (const code of [
      'none',
      'compile.no_expiry',
      'compile.no_group',
      'compile.any_target',
      'compile.any_method',
      'compile.value_with_token',
      'compile.counted_twice',
      'compile.native_with_calldata',
    ]) {
      expect(seen).toContain(code)
    }
  })
})

function strip({ parent: _, ...delegation }: Draft & { authority: Hex }) {
  return delegation
}
