import { ZERO_ADDRESS } from '../../primitives/address.ts'
import { concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import type { Codec } from '../codec.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes, assertNotZero, assertTerms, assertUint } from '../terms.ts'
import { assertThreshold, encodeBudget, readBudget } from './budgets.ts'
import { assertNumber, assertParty, createTermsReader, numberToBytes, type TermsReader } from './bytes.ts'
import { encodeRule, readRule } from './rules.ts'
import type { TaskScopeTerms } from './types.ts'

const VERSION = 1

const KEY = 1
const CONFIRMER = 2
const CALLS = 4
const MEASURED = 8

/**
 * A whole task scope: what may be called and paid, with which arguments, out of which budgets, when, how often, by whose
 * request, and until who ends it. An execution passes where one rule admits it; a batch where every execution does.
 *
 * Terms: version 1; header, parties, calls, redeemers, budgets, thresholds and rules, packed as `TaskScopeTerms.sol` has it
 * byte by byte. Every number is written in the fewest bytes that hold it.
 */
export const taskScope: Codec<'taskScope'> = {
  name: 'TaskScopeEnforcer',
  kind: 'taskScope',
  callType: 'any',
  counts: true,
  encode: encodeTerms,
  decode(terms) {
    assertTerms(terms)
    const decoded = readTerms(createTermsReader(terms))
    if (encodeTerms(decoded) !== terms) {
      throw new CaveatError('caveats.not_canonical', 'These terms are not the one spelling of what they say.', {
        details: { terms, canonical: encodeTerms(decoded) },
        fix: 'Encode them again.',
      })
    }
    return { kind: 'taskScope', ...decoded }
  },
}

function encodeTerms(terms: TaskScopeTerms): Hex {
  assertHeader(terms)
  const { requestKey, confirmer, calls, redeemers, budgets, rules } = terms
  const flags =
    (requestKey === null ? 0 : KEY) |
    (confirmer === null ? 0 : CONFIRMER) |
    (calls === null ? 0 : CALLS) |
    (rules.some(({ measured }) => measured !== null) ? MEASURED : 0)
  return concatBytes(
    numberToBytes(VERSION, 1),
    numberToBytes(flags, 1),
    uintToBytes(terms.notBefore, 5),
    uintToBytes(terms.expiry, 5),
    numberToBytes(terms.maxExecutions, 1),
    numberToBytes(redeemers.length, 1),
    numberToBytes(budgets.length, 1),
    numberToBytes(rules.length, 1),
    terms.group,
    terms.guardian ?? ZERO_ADDRESS,
    requestKey ?? '0x',
    confirmer ?? '0x',
    calls === null ? '0x' : concatBytes(uintToBytes(calls.max, 3), uintToBytes(calls.period ?? 0n, 4)),
    ...redeemers,
    ...budgets.map(encodeBudget),
    ...budgets.map((budget) => {
      assertThreshold(budget, confirmer !== null)
      return budget.threshold === null ? '0x' : uintToBytes(budget.threshold, 15)
    }),
    ...rules.map((rule) => encodeRule(rule, terms)),
  )
}

function readTerms(reader: TermsReader): TaskScopeTerms {
  assertNumber(reader.number(1), VERSION, VERSION, 'version')
  const flags = reader.number(1)
  const notBefore = reader.uint(5)
  const expiry = reader.uint(5)
  const maxExecutions = reader.number(1)
  const [redeemers, budgets, rules] = [reader.number(1), reader.number(1), reader.number(1)]
  const group = reader.take(8)
  const guardian = reader.take(20)
  const requestKey = (flags & KEY) === 0 ? null : reader.take(20)
  const confirmer = (flags & CONFIRMER) === 0 ? null : reader.take(20)
  return {
    notBefore,
    expiry,
    maxExecutions,
    group,
    guardian: guardian === ZERO_ADDRESS ? null : guardian,
    requestKey,
    confirmer,
    calls: (flags & CALLS) === 0 ? null : { max: reader.uint(3), period: reader.uint(4) || null },
    redeemers: Array.from({ length: redeemers }, () => reader.take(20)),
    budgets: Array.from({ length: budgets }, () => readBudget(reader)).map((budget) => ({
      ...budget,
      threshold: confirmer === null ? null : reader.uint(15),
    })),
    rules: Array.from({ length: rules }, () => readRule(reader)),
  }
}

function assertHeader(terms: TaskScopeTerms): void {
  const { notBefore, expiry, guardian, requestKey, confirmer, calls, redeemers, budgets, rules } = terms
  assertUint(notBefore, 40, 'notBefore')
  assertUint(expiry, 40, 'expiry')
  if (notBefore >= expiry) {
    throw new CaveatError('caveats.unsatisfiable', 'No second lies between these bounds.', {
      details: { notBefore: notBefore.toString(), expiry: expiry.toString() },
      fix: 'Let `expiry`, which is exclusive, be after `notBefore`.',
    })
  }
  assertNumber(terms.maxExecutions, 0, 255, 'maxExecutions')
  assertBytes(terms.group, 8, 'group')
  if (guardian !== null) assertParty(guardian, 'guardian')
  if (requestKey !== null) assertParty(requestKey, 'requestKey')
  if (confirmer !== null) assertParty(confirmer, 'confirmer')
  if (calls !== null) assertCalls(calls)
  assertNumber(redeemers.length, 0, 255, 'redeemers')
  for (const redeemer of redeemers) assertParty(redeemer, 'redeemer')
  // Without a budget there is nothing that could be above a threshold.
  assertNumber(budgets.length, confirmer === null ? 0 : 1, 255, 'budgets')
  // The largest number stands for no rule.
  assertNumber(rules.length, 0, 254, 'rules')
  if (confirmer !== null && rules.some(({ measured }) => measured !== null)) {
    throw new CaveatError('caveats.unsatisfiable', 'What is measured cannot be confirmed before it is known.', {
      fix: 'Name no confirmer, or measure nothing.',
    })
  }
}

function assertCalls({ max, period }: NonNullable<TaskScopeTerms['calls']>): void {
  assertUint(max, 24, 'calls')
  assertNotZero(max, 'calls')
  if (period === null) return
  assertUint(period, 32, 'period')
  assertNotZero(period, 'period')
}
