import { describe, expect, test } from 'vitest'
import { fusedPlan, fusedTerms } from '../../../test/arbitraries/fused.ts'
import {
  act,
  budget,
  type More,
  nativeBudget,
  pay,
  plan,
  type Rule,
  refusal,
  rowOf,
} from '../../../test/arbitraries/plan.ts'
import { DAI, PAYEES, PRINCIPAL, TARGET, USDC } from '../../../test/arbitraries/scope.ts'
import { toChecksum } from '../../primitives/address.ts'
import { CompileError } from '../errors.ts'

const measured = (asset: string = USDC, name = 'b') => ({ asset, measured: true, budget: name }) as never
const declared = { asset: USDC, amount: 'amount', budget: 'b' } as const
const measuring = (more: Partial<Extract<Rule, { class: 'call' }>> = {}) => act({ spends: [measured()], ...more })
const two = { budgets: { b: { assets: { [USDC]: '1' }, max: '1' }, c: { assets: { [USDC]: '1' }, max: '2' } } } as More

/** Code and pointer of a refusal. */
function refused(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (error instanceof CompileError) return [error.code, error.details['pointer'], error.details['acceptable']]
    throw error
  }
  return 'none'
}

describe('compile, fused, of what is measured', () => {
  test('default: the principal’s balance of the asset, charged with the budget’s weight', () => {
    const [rule] = fusedTerms([measuring()], budget()).rules
    expect(rule).toMatchObject({
      target: TARGET,
      measured: { asset: USDC, account: PRINCIPAL },
      charges: [{ budget: 0, source: 'balance', weight: 1n }],
      conditions: [],
    })
    const [coin] = fusedTerms([measuring({ spends: [measured('native')], value: { lte: '5' } })], nativeBudget()).rules
    expect(coin).toMatchObject({ measured: { asset: 'native', account: PRINCIPAL }, maxValue: 5n })
    const weighed = fusedTerms([measuring(), pay({ asset: DAI })], budget({ assets: { [USDC]: '1', [DAI]: '1' } }))
    expect(weighed.rules.map(({ charges }) => charges[0]?.weight)).toEqual([10n ** 12n, 1n])
    expect(weighed.rules[1]?.measured).toBeNull()
  })

  test('behavior: one asset in several budgets, beside what the call declares, between approvals', () => {
    const rule = measuring({
      spends: [measured(USDC, 'c'), declared, measured()],
      allowance: { asset: DAI, amount: 'amount' },
    })
    expect(fusedTerms([rule], two).rules[0]).toMatchObject({
      charges: [
        { budget: 0, source: { word: 1 } },
        { budget: 0, source: 'balance' },
        { budget: 1, source: 'balance' },
      ],
      allowance: { token: DAI, amountWord: 1 },
      measured: { asset: USDC, account: PRINCIPAL },
    })
  })

  test('behavior: a measured transfer of a token that takes fees is bounded', () => {
    const transfer = {
      target: USDC,
      function: 'function transfer(address to, uint256 amount)',
      args: { to: { eq: PAYEES[0] } },
    }
    expect(refusal(() => fusedTerms([measuring(transfer as never)], budget()))).toBe('none')
    expect(
      refusal(() =>
        fusedTerms([measuring({ ...transfer, spends: [measured(DAI)] } as never)], budget({ assets: { [DAI]: '1' } })),
      ),
    ).toBe('compile.unbounded_transfer')
  })

  test('behavior: coverage and explanation say whose word counts', () => {
    const made = fusedPlan([measuring({ spends: [measured(), declared] })], budget())
    const principal = toChecksum(PRINCIPAL)
    expect(rowOf(made, '/rules/0/spends/0')).toEqual({
      constraint: '/rules/0/spends/0',
      text: `Rule act: what ${principal} loses of USDC (${toChecksum(USDC)}) counts in budget b, as measured on the account’s balance before and after; one action at a time`,
      held: { by: 'chain', caveats: [{ draft: 0, caveat: 0 }] },
    })
    expect(rowOf(made, '/rules/0/spends/1')?.text).toBe('Rule act: amount counts in budget b, as declared by the call')
    expect(made.explanation[1]?.sentence).toContain(`${principal} loses of`)
    expect(made.explanation[1]?.sentence).toContain('as measured before and after')
    const word = '; counted is what a transfer asks for, not what its token does'
    expect(rowOf(made, '/budgets/b')?.text).toContain(word)
    expect(rowOf(fusedPlan([measuring()], budget()), '/budgets/b')?.text).not.toContain(word)
    expect(rowOf(fusedPlan([measuring(), pay()], budget()), '/budgets/b')?.text).toContain(word)
    expect(rowOf(fusedPlan([measuring(), pay({ budget: 'c' })], two), '/budgets/b')?.text).not.toContain(word)
  })

  test('error: two assets in one rule, and a confirmer, who could not know what to confirm', () => {
    const both = budget({ assets: { [USDC]: '1', [DAI]: '1' } })
    const spends = [measured(), declared, measured(DAI)]
    expect(refused(() => fusedPlan([measuring({ spends })], both))).toEqual([
      'compile.measured_assets',
      '/rules/0/spends/2',
      false,
    ])
    expect(
      refused(() =>
        fusedPlan([measuring(), measuring({ id: 'dai', target: PAYEES[2], spends: [measured(DAI)] })], both),
      ),
    ).toBe('none')
    const escalation = { above: { b: '1' }, confirmer: 'principal', timeout: 'PT5M', onTimeout: 'deny' } as const
    expect(
      refused(() =>
        fusedPlan([pay(), measuring({ spends: [measured(USDC, 'c')] })], {
          ...two,
          budgets: { ...two?.budgets, b: { assets: { [USDC]: '1' }, max: '9' } },
          escalation,
        }),
      ),
    ).toEqual(['compile.measured_escalation', '/escalation', false])
    expect(refused(() => fusedPlan([act({ spends: [declared] })], { ...budget(), escalation }))).toBe('none')
  })
})

describe('compile, framework, of what is measured', () => {
  test('error: refused by its own name, and never left to the redeemer', () => {
    expect(refused(() => plan([measuring()], budget()))).toEqual(['compile.measured', '/rules/0/spends/0', false])
    expect(refused(() => plan([measuring()], budget(), { accept: ['/rules/0/spends/0'] }))).toContain(
      'compile.measured',
    )
    expect(refused(() => plan([act({ spends: [declared] })], budget()))).toContain('compile.spends')
  })
})
