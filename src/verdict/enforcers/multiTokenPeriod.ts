import { TRANSFER_SELECTOR } from '../facts.ts'
import { type Finding, finding } from '../finding.ts'
import { chosenPeriod } from '../storage.ts'
import type { Check } from './check.ts'
import { period } from './period.ts'

/**
 * MultiTokenPeriodEnforcer: a `transfer` without value, or a value without call data, within the period that the redeemer's
 * `args` name. Judged by the args that the grant carries.
 */
export const multiTokenPeriod: Check<'multiTokenPeriod'> = (meaning, look) => {
  const { facts } = look
  const shape = multiTokenShape(meaning, look)
  if (shape !== null) return shape
  return facts.size === 0 ? period(facts.value, 'value', look) : period(facts.tokenAmount ?? 0n, 'token', look)
}

export const multiTokenShape: Check<'multiTokenPeriod'> = ({ periods }, { caveat, facts }): Finding | null => {
  const native = facts.size === 0
  if (!native && facts.size !== 68) return finding('calldata_not_allowed')
  if (native === (facts.value === 0n)) {
    return finding('value_not_allowed', { requested: facts.value, measured: 'value' })
  }
  if (!native && !facts.data.startsWith(TRANSFER_SELECTOR)) return finding('method_not_allowed')
  const chosen = chosenPeriod(periods, caveat.args)
  if (chosen === null) return finding('args_not_allowed')
  return chosen.period.token === (native ? NATIVE : facts.to) ? null : finding('target_not_allowed')
}

const NATIVE = `0x${'00'.repeat(20)}`
