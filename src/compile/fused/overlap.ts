import { type AbiType, type Accounts, abiType } from '../../scope/abi.ts'
import { TRANSFER_SELECTOR } from '../../scope/calldata.ts'
import type { ReadRule } from '../../scope/cover.ts'
import { implies } from '../../scope/implies.ts'
import type { CallRule, Condition, TransferRule } from '../../scope/types.ts'

/** Whether some action may have the form that both rules admit. A no is always right. */
export function mayOverlap(a: ReadRule, b: ReadRule): boolean {
  if (a.rule.class === 'transfer') {
    return b.rule.class === 'transfer' ? payAlike(a, a.rule, b, b.rule) : isTransferBy(a, a.rule, b, b.rule)
  }
  return b.rule.class === 'transfer' ? isTransferBy(b, b.rule, a, a.rule) : callAlike(a, a.rule, b, b.rule)
}

function payAlike(a: ReadRule, rule: TransferRule, b: ReadRule, other: TransferRule): boolean {
  if (rule.asset !== other.asset) return false
  return rule.to === 'anyone' || other.to === 'anyone' || [...a.payees].some((payee) => b.payees.has(payee))
}

/** A call rule for the function `transfer` of a token admits what a transfer rule of it does. */
function isTransferBy(transfer: ReadRule, rule: TransferRule, call: ReadRule, other: CallRule): boolean {
  if (rule.asset !== other.target || call.parsed?.selector !== TRANSFER_SELECTOR || other.allowance !== undefined) {
    return false
  }
  const [payee] = call.parsed.inputs
  const condition = payee === undefined ? undefined : conditionOn(other, payee.name)
  if (payee === undefined || condition === undefined || rule.to === 'anyone') return true
  const wide = { condition, accounts: call.scope }
  return [...transfer.payees].some((eq) =>
    implies(abiType(payee.type), { condition: { eq }, accounts: call.scope }, wide),
  )
}

function callAlike(a: ReadRule, rule: CallRule, b: ReadRule, other: CallRule): boolean {
  if (rule.target !== other.target || a.parsed?.selector !== b.parsed?.selector) return false
  // With an allowance three calls are one action, without one the call alone is.
  if (rule.allowance?.asset !== other.allowance?.asset) return false
  return (a.parsed?.inputs ?? []).every((input) => {
    const same = b.parsed?.inputs.find(({ headOffset }) => headOffset === input.headOffset)
    const [one, two] = [conditionOn(rule, input.name), same && conditionOn(other, same.name)]
    return one === undefined || two === undefined || !isDisjoint(abiType(input.type), one, two, a.scope)
  })
}

function conditionOn({ args }: CallRule, name: string): Condition | undefined {
  return Object.hasOwn(args, name) ? args[name] : undefined
}

/** Whether no value has both: one of them admits only what the other does not. */
function isDisjoint(type: AbiType, a: Condition, b: Condition, accounts: Accounts): boolean {
  const within = (narrow: Condition, wide: Condition) =>
    implies(type, { condition: narrow, accounts }, { condition: wide, accounts })
  const excludes = (narrow: Condition, wide: Condition) => {
    const values = 'eq' in narrow ? [narrow.eq] : 'in' in narrow ? narrow.in : undefined
    if (values !== undefined) return values.every((eq) => !within({ eq }, wide))
    if ('lte' in wide) return within(narrow, { gte: `${BigInt(wide.lte) + 1n}` })
    return 'gte' in wide && within(narrow, { lte: `${BigInt(wide.gte) - 1n}` })
  }
  return excludes(a, b) || excludes(b, a)
}
