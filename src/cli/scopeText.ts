import type { CoverageRow, ExplanationRow, Plan } from '../compile/types.ts'
import type { BlastRadius, Bounded, Warning } from '../scope/index.ts'
import type { Scope } from '../scope/types.ts'
import type { Data } from './command.ts'
import { lines, type Rich, styled, table, untrusted } from './output.ts'

/** What the compiled caveats permit, as a list; warnings under their sentences. */
export function renderExplanation(rows: readonly ExplanationRow[]): Rich {
  return rows.flatMap(({ sentence, caveat, warning }) => {
    const heading = caveat === undefined && sentence.startsWith('Delegation ')
    return [
      heading ? styled('bold', sentence) : `  - ${sentence}`,
      '\n',
      ...(warning === undefined ? [] : [styled('yellow', `    ! ${warning}`), '\n']),
    ]
  })
}

const HELD = {
  chain: styled('green', 'chain'),
  redeemer: styled('yellow', 'redeemer only'),
  killSwitch: styled('green', 'kill switch'),
  nobody: styled('dim', 'nobody'),
}

/** Who holds each constraint. */
export function renderCoverage(rows: readonly CoverageRow[]): Rich {
  return table(
    ['HELD BY', 'CONSTRAINT', 'NOTE'],
    rows.map(({ text, held }) => [HELD[held.by], text, noteOf(held)]),
  )
}

function noteOf(held: CoverageRow['held']): string {
  if (held.by === 'killSwitch') return `delegation ${held.delegation}`
  return held.by === 'nobody' ? held.why : ''
}

/** Plans as data: what was compiled and what it means, without the delegations' bytes. */
export function planData(plan: Plan): Data {
  return {
    lowering: plan.lowering,
    delegations: plan.drafts.length,
    coverage: plan.coverage as unknown as Data,
    explanation: plan.explanation as unknown as Data,
    accepted: plan.accepted,
  }
}

export function section(title: string, body: Rich): Rich {
  return lines(styled('bold', title), body)
}

/** What could be lost, asset by asset, in display units. */
export async function renderBlastRadius(scope: Scope, radius: BlastRadius): Promise<Rich> {
  const { formatAmount } = await import('../primitives/amount.ts')
  const amount = (asset: string, value: Bounded): Rich => {
    if (value === 'unlimited') return styled('red', 'unlimited')
    const info = scope.assets[asset as keyof typeof scope.assets] ?? { symbol: 'native coin', decimals: 18 }
    return `${formatAmount(value, info.decimals)} ${untrusted(info.symbol).slice(1, -1)}`
  }
  return [
    table(
      ['IN ALL', 'WITHIN SECONDS', 'ASSET'],
      radius.assets.map(({ asset, total, burst }) => [amount(asset, total), amount(asset, burst), asset]),
    ),
    ...radius.unmeasured.map(({ pointer, why }) => [styled('yellow', `! ${pointer}: ${why}`), '\n']),
  ]
}

export function renderWarnings(warnings: readonly Warning[]): Rich {
  return warnings.flatMap(({ id, message }) => [styled('yellow', '! '), message, ' ', styled('dim', `[${id}]`), '\n'])
}
