import { ZERO_ADDRESS } from '../../primitives/address.ts'
import { byteLength, concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes, assertUint } from '../terms.ts'
import { assertNumber, assertParty, numberToBytes, type TermsReader } from './bytes.ts'
import { encodeCharges, readCharge } from './charges.ts'
import { assertWord, encodeCondition, readCondition } from './conditions.ts'
import type { TaskScopeRule, TaskScopeTerms } from './types.ts'

const LONGER = 1
const VALUE = 2
const ALLOWANCE = 4
const MEASURED = 8

/** `approve(address,uint256)`: with its calldata the shape of a rule whose call stands between two of them. */
const APPROVE: Hex = '0x095ea7b3'
const APPROVE_LENGTH = 68

const EMPTY_SELECTOR: Hex = '0x00000000'

/** The approvals and the call are three executions of one batch. */
const ALLOWANCE_EXECUTIONS = 3

/** @param terms - What a rule has to agree with. */
export function encodeRule(rule: TaskScopeRule, terms: Pick<TaskScopeTerms, 'budgets' | 'maxExecutions'>): Hex {
  assertRule(rule, terms.maxExecutions)
  const { allowance, conditions, charges, measured, maxValue, length } = rule
  const call = shape(rule.target, rule.selector, length)
  const body = concatBytes(
    maxValue === 0n ? '0x' : uintToBytes(maxValue, 12),
    allowance === null ? '0x' : concatBytes(call, numberToBytes(allowance.amountWord, 1)),
    ...conditions.map((condition) => encodeCondition(condition, length)),
    encodeCharges(charges, length, terms.budgets.length),
    measured === null
      ? '0x'
      : concatBytes(measured.asset === 'native' ? ZERO_ADDRESS : measured.asset, measured.account),
  )
  assertNumber(byteLength(body), 0, 0xffff, 'bytes of the rule')
  const flags =
    (rule.longer ? LONGER : 0) |
    (maxValue === 0n ? 0 : VALUE) |
    (allowance === null ? 0 : ALLOWANCE) |
    (measured === null ? 0 : MEASURED)
  return concatBytes(
    allowance === null ? call : shape(allowance.token, APPROVE, APPROVE_LENGTH),
    numberToBytes(flags, 1),
    numberToBytes(conditions.length, 1),
    numberToBytes(charges.length, 1),
    numberToBytes(byteLength(body), 2),
    '0x00',
    body,
  )
}

/** Reads a rule; that its bytes are the only ones that say it is for the caller to compare. */
export function readRule(reader: TermsReader): TaskScopeRule {
  const first = readShape(reader)
  const flags = reader.number(1)
  const conditions = reader.number(1)
  const charges = reader.number(1)
  reader.take(3)
  const maxValue = (flags & VALUE) === 0 ? 0n : reader.uint(12)
  const approved = (flags & ALLOWANCE) === 0 ? null : { call: readShape(reader), amountWord: reader.number(1) }
  return {
    ...(approved?.call ?? first),
    longer: (flags & LONGER) !== 0,
    maxValue,
    conditions: Array.from({ length: conditions }, () => readCondition(reader)),
    charges: Array.from({ length: charges }, () => readCharge(reader)),
    allowance: approved && { token: first.target, amountWord: approved.amountWord },
    measured: (flags & MEASURED) === 0 ? null : readMeasured(reader),
  }
}

function shape(target: Hex, selector: Hex, length: number): Hex {
  return concatBytes(target, selector === '0x' ? EMPTY_SELECTOR : selector, numberToBytes(length, 2))
}

function readShape(reader: TermsReader): Pick<TaskScopeRule, 'target' | 'selector' | 'length'> {
  const target = reader.take(20)
  const selector = reader.take(4)
  const length = reader.number(2)
  return { target, selector: length === 0 ? '0x' : selector, length }
}

function readMeasured(reader: TermsReader): TaskScopeRule['measured'] {
  const asset = reader.take(20)
  return { asset: asset === ZERO_ADDRESS ? 'native' : asset, account: reader.take(20) }
}

function assertRule({ target, selector, length, longer, ...rule }: TaskScopeRule, maxExecutions: number): void {
  assertBytes(target, 20, 'target')
  if (selector === '0x') {
    assertNumber(length, 0, 0, 'length')
    if (longer)
      throw contradicts('Empty calldata is not longer than it is.', 'Name a selector, or set `longer` to false.')
  } else {
    assertBytes(selector, 4, 'selector')
    assertNumber(length, 4, 0xffff, 'length')
  }
  assertUint(rule.maxValue, 96, 'maxValue')
  assertNumber(rule.conditions.length, 0, 255, 'conditions')
  assertNumber(rule.charges.length, 0, 255, 'charges')
  if (rule.allowance !== null) {
    assertParty(target, 'target')
    assertBytes(rule.allowance.token, 20, 'token')
    assertWord(rule.allowance.amountWord, length)
    if (maxExecutions < ALLOWANCE_EXECUTIONS) {
      throw contradicts(
        'A call between two approvals takes three executions of a batch.',
        `Let \`maxExecutions\` be at least ${ALLOWANCE_EXECUTIONS}.`,
      )
    }
  }
  if (rule.charges.some(({ source }) => source === 'balance') !== (rule.measured !== null)) {
    throw contradicts(
      'A charge of what an account loses and the account that is measured come together.',
      'Name the account, and charge a budget with `balance`, or neither.',
    )
  }
  if (rule.measured === null) return
  if (rule.measured.asset !== 'native') assertParty(rule.measured.asset, 'asset')
  assertParty(rule.measured.account, 'account')
}

function contradicts(message: string, fix: string): CaveatError {
  return new CaveatError('caveats.unsatisfiable', message, { fix })
}
