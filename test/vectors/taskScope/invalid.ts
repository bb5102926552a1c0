import type { CaveatErrorCode } from '../../../src/caveats/errors.ts'
import type { Hex } from '../../../src/primitives/hex.ts'

/** Bytes that are no terms, with the reason and our code for it. */
export type InvalidVector = { name: string; terms: Hex; code: CaveatErrorCode }

const WHO = 'a1'.repeat(20)
const NOBODY = '00'.repeat(20)
const TOKEN = '70'.repeat(20)

/** The parts of terms as digits, without a look at whether they agree. */
type Parts = {
  version?: string
  flags?: number
  times?: string
  executions?: string
  /** After the header, before the budgets. */
  parties?: string
  redeemers?: number
  budgets?: readonly string[]
  thresholds?: string
  rules?: readonly string[]
  /** Of rules, where it is to be another. */
  count?: number
}

function packed(parts: Parts): Hex {
  const { budgets = [ROLLING], rules = [rule({})] } = parts
  return `0x${[
    parts.version ?? '01',
    byte(parts.flags ?? 0),
    parts.times ?? `${'00'.repeat(4)}05${'00'.repeat(4)}06`,
    parts.executions ?? '00',
    byte(parts.redeemers ?? 0),
    byte(budgets.length),
    byte(parts.count ?? rules.length),
    '00000000000000f1',
    NOBODY,
    parts.parties ?? '',
    ...budgets,
    parts.thresholds ?? '',
    ...rules,
  ].join('')}`
}

type RuleParts = {
  target?: string
  selector?: string
  length?: number
  flags?: number
  body?: string
  conditions?: readonly string[]
  charges?: readonly string[]
  /** After the charges. */
  tail?: string
  size?: number
  zero?: string
}

function rule(parts: RuleParts): string {
  const { conditions = [], charges = [] } = parts
  const after = (parts.body ?? '') + conditions.join('') + charges.join('') + (parts.tail ?? '')
  return [
    parts.target ?? TOKEN,
    parts.selector ?? 'a9059cbb',
    word(parts.length ?? 68, 2),
    byte(parts.flags ?? 0),
    byte(conditions.length),
    byte(charges.length),
    word(parts.size ?? after.length / 2, 2),
    parts.zero ?? '00',
    after,
  ].join('')
}

const budget = (kind: number, period: number, cap: bigint) => byte(kind) + word(period, 4) + word(cap, 15)
const ROLLING = budget(0x80, 86_400, 200n)
const THRESHOLD = word(200, 15)
/** With these a rule is good: `transfer` of at most 5, counted. */
const GOOD: RuleParts = { conditions: ['0301000105'], charges: ['000100'] }
const CALL = `${WHO}414bf3890044`
const APPROVAL: RuleParts = { selector: '095ea7b3', flags: 4 }

const ruled = (parts: RuleParts, rest: Parts = {}): Hex => packed({ ...rest, rules: [rule(parts)] })
const conditioned = (condition: string): Hex => ruled({ conditions: [condition] })
const charged = (...charges: string[]): Hex => ruled({ charges }, { budgets: [ROLLING, ROLLING] })
const good = ruled(GOOD)

/** Name, bytes, code. The pairs that are next to these and good are among the valid vectors. */
const ROWS: readonly (readonly [string, Hex, CaveatErrorCode])[] = [
  ['no bytes', '0x', 'caveats.wrong_length'],
  ['a header that is cut', `0x${good.slice(2, 2 + 86)}`, 'caveats.wrong_length'],
  ['a last byte that is missing', good.slice(0, -2) as Hex, 'caveats.wrong_length'],
  ['a byte too many', `${good}00`, 'caveats.not_canonical'],
  ['version 0', packed({ version: '00' }), 'caveats.out_of_range'],
  ['version 2', packed({ version: '02' }), 'caveats.out_of_range'],
  ['a flag that there is not', packed({ flags: 16 }), 'caveats.not_canonical'],
  ['another flag that there is not', packed({ flags: 128 }), 'caveats.not_canonical'],
  ['no second between the times', packed({ times: '00000000050000000005' }), 'caveats.unsatisfiable'],
  ['an expiry before the start', packed({ times: '00000000050000000004' }), 'caveats.unsatisfiable'],
  ['a request key of nobody', packed({ flags: 1, parties: NOBODY }), 'caveats.zero'],
  ['a confirmer of nobody', packed({ flags: 2, parties: NOBODY, thresholds: THRESHOLD }), 'caveats.zero'],
  ['a confirmer without budgets', packed({ flags: 2, parties: WHO, budgets: [] }), 'caveats.out_of_range'],
  ['a threshold above its cap', packed({ flags: 2, parties: WHO, thresholds: word(201, 15) }), 'caveats.unsatisfiable'],
  ['a threshold that is missing', packed({ flags: 2, parties: WHO, rules: [] }), 'caveats.wrong_length'],
  ['no calls', packed({ flags: 4, parties: '00000000015180' }), 'caveats.zero'],
  ['a redeemer of nobody', packed({ redeemers: 1, parties: NOBODY }), 'caveats.zero'],
  ['a redeemer that is missing', packed({ redeemers: 1, budgets: [], rules: [] }), 'caveats.wrong_length'],
  ['255 rules', packed({ rules: Array<string>(255).fill(rule({})) }), 'caveats.out_of_range'],
  ['a rule that is missing', packed({ count: 2 }), 'caveats.wrong_length'],
  ['a rule too many', packed({ count: 0 }), 'caveats.not_canonical'],

  ['a rolling window without a period', packed({ budgets: [budget(0x80, 0, 200n)] }), 'caveats.zero'],
  ['a cap of nothing', packed({ budgets: [budget(0x80, 1, 0n)] }), 'caveats.zero'],
  ['a lifetime of nothing', packed({ budgets: [budget(0, 0, 0n)] }), 'caveats.zero'],
  ['a cap of 113 bits', packed({ budgets: [budget(0, 1, 2n ** 112n)] }), 'caveats.out_of_range'],
  ['a shift that is too large', packed({ budgets: [budget(0x81, 1, 2n ** 24n - 2n)] }), 'caveats.not_canonical'],
  ['a shift that is too small', packed({ budgets: [budget(0x80, 1, 2n ** 24n - 1n)] }), 'caveats.not_canonical'],
  ['a shift by one too little', packed({ budgets: [budget(0x81, 1, 2n ** 25n - 2n)] }), 'caveats.not_canonical'],
  ['a fixed window with a shift', packed({ budgets: [budget(1, 1, 200n)] }), 'caveats.not_canonical'],
  ['a lifetime with a shift', packed({ budgets: [budget(1, 0, 200n)] }), 'caveats.not_canonical'],

  ['a flag of a rule that there is not', ruled({ flags: 16 }), 'caveats.not_canonical'],
  ['something where a rule has zero', ruled({ zero: '01' }), 'caveats.not_canonical'],
  ['a rule that says it is longer', ruled({ ...GOOD, size: 9 }), 'caveats.not_canonical'],
  ['a rule that says it is shorter', ruled({ ...GOOD, size: 7 }), 'caveats.not_canonical'],
  ['a selector without calldata', ruled({ length: 0 }), 'caveats.not_canonical'],
  ['calldata of one byte', ruled({ length: 1 }), 'caveats.out_of_range'],
  ['calldata of three bytes', ruled({ length: 3 }), 'caveats.out_of_range'],
  ['empty calldata that may be longer', ruled({ selector: '00000000', length: 0, flags: 1 }), 'caveats.unsatisfiable'],
  ['a flag for value, and none', ruled({ flags: 2, body: word(0, 12) }), 'caveats.not_canonical'],

  [
    'an allowance for another function',
    ruled({ ...APPROVAL, selector: '095ea7b4', body: `${CALL}01` }, { executions: '03' }),
    'caveats.not_canonical',
  ],
  [
    'an allowance of other calldata',
    ruled({ ...APPROVAL, length: 100, body: `${CALL}01` }, { executions: '03' }),
    'caveats.not_canonical',
  ],
  [
    'an allowance where two executions are most',
    ruled({ ...APPROVAL, body: `${CALL}01` }, { executions: '02' }),
    'caveats.unsatisfiable',
  ],
  [
    'an allowance for nobody',
    ruled({ ...APPROVAL, body: `${NOBODY}414bf389004401` }, { executions: '03' }),
    'caveats.zero',
  ],
  [
    'an amount behind the call',
    ruled({ ...APPROVAL, body: `${CALL}02` }, { executions: '03' }),
    'caveats.unsatisfiable',
  ],
  [
    'an amount of a call without arguments',
    ruled({ ...APPROVAL, body: `${WHO}00000000000000` }, { executions: '03' }),
    'caveats.unsatisfiable',
  ],
  [
    'a condition on the approval, not the call',
    ruled({ ...APPROVAL, body: `${WHO}414bf389002400`, conditions: ['0301000105'] }, { executions: '03' }),
    'caveats.unsatisfiable',
  ],

  ['operation 0', conditioned('0001000105'), 'caveats.out_of_range'],
  ['operation 11', conditioned('0b01000105'), 'caveats.out_of_range'],
  ['a word behind the calldata', conditioned('0302000105'), 'caveats.unsatisfiable'],
  ['word 253', ruled({ length: 0xffff, conditions: ['03fd000105'] }), 'caveats.out_of_range'],
  ['a width that says nothing', conditioned('0101010105'), 'caveats.not_canonical'],
  ['a width of a whole word', conditioned('0401200105'), 'caveats.out_of_range'],
  ['a signed width of a whole word', conditioned('0501200105'), 'caveats.out_of_range'],
  ['a signed width on the left', conditioned('0501840105'), 'caveats.out_of_range'],
  ['no width on the left', conditioned('0401800105'), 'caveats.out_of_range'],
  ['a whole word on the left', conditioned('0401a00105'), 'caveats.out_of_range'],
  ['a wider width on the left', conditioned('0401ff0105'), 'caveats.out_of_range'],
  ['a width of a length', conditioned('0901010105'), 'caveats.not_canonical'],
  ['a width of a hash', conditioned(`0a010120${'ab'.repeat(32)}`), 'caveats.not_canonical'],
  ['an operand with a leading zero', conditioned('030100020005'), 'caveats.not_canonical'],
  ['zero in one byte', conditioned('0301000100'), 'caveats.not_canonical'],
  ['an operand of 33 bytes', conditioned(`03010021${'00'.repeat(32)}05`), 'caveats.not_canonical'],
  ['a larger operand of 33 bytes', conditioned(`0301002101${'00'.repeat(32)}`), 'caveats.out_of_range'],
  ['a signed operand of 33 bytes', conditioned(`0501002101${'00'.repeat(32)}`), 'caveats.not_canonical'],
  ['one of none', conditioned('07010001'), 'caveats.out_of_range'],
  ['one of one in no bytes', conditioned('07010100'), 'caveats.not_canonical'],
  ['one of some in too many bytes', conditioned('0701020200010002'), 'caveats.not_canonical'],
  ['one of some that are cut', conditioned('07010201aa'), 'caveats.wrong_length'],
  ['a mask of nothing', conditioned('08010000'), 'caveats.zero'],
  ['a bit that is not under the mask', conditioned('080100010f10'), 'caveats.unsatisfiable'],
  ['a mask in too many bytes', conditioned('08010002000f0001'), 'caveats.not_canonical'],
  ['a hash of 31 bytes', conditioned(`0a01001f${'ab'.repeat(31)}`), 'caveats.wrong_length'],
  ['a hash of 33 bytes', conditioned(`0a010021${'ab'.repeat(33)}`), 'caveats.wrong_length'],

  ['a budget that there is not', charged('020100'), 'caveats.out_of_range'],
  ['charges out of order', charged('010100', '000100'), 'caveats.not_canonical'],
  ['a charge of a word behind the calldata', charged('000200'), 'caveats.unsatisfiable'],
  ['a charge without budgets', ruled({ charges: ['000100'] }, { budgets: [] }), 'caveats.out_of_range'],
  ['weight 1 written out', charged('00010101'), 'caveats.not_canonical'],
  ['weight 0', charged('00010100'), 'caveats.zero'],
  ['a weight with a leading zero', charged('0001020002'), 'caveats.not_canonical'],
  ['a weight of 15 bytes', charged(`00010f01${'00'.repeat(14)}`), 'caveats.out_of_range'],

  ['a measured charge of nobody’s', ruled({ charges: ['00fd00'] }), 'caveats.unsatisfiable'],
  [
    'an account that is measured for nothing',
    ruled({ flags: 8, charges: ['000100'], tail: TOKEN + WHO }, { flags: 8 }),
    'caveats.unsatisfiable',
  ],
  [
    'a measured account of nobody',
    ruled({ flags: 8, charges: ['00fd00'], tail: TOKEN + NOBODY }, { flags: 8 }),
    'caveats.zero',
  ],
  [
    'a measured rule that the header does not say',
    ruled({ flags: 8, charges: ['00fd00'], tail: TOKEN + WHO }),
    'caveats.not_canonical',
  ],
  ['a header that says what no rule does', ruled(GOOD, { flags: 8 }), 'caveats.not_canonical'],
  [
    'a measured rule and a confirmer',
    ruled({ flags: 8, charges: ['00fd00'], tail: TOKEN + WHO }, { flags: 10, parties: WHO, thresholds: THRESHOLD }),
    'caveats.unsatisfiable',
  ],
]

export function invalidVectors(): readonly InvalidVector[] {
  return ROWS.map(([name, terms, code]) => ({ name, terms, code }))
}

/** What the rows are next to: good, so that each of them is refused for what its name says. */
export const GOOD_NEIGHBOURS: readonly Hex[] = [
  good,
  packed({}),
  packed({ flags: 1, parties: WHO }),
  packed({ flags: 2, parties: WHO, thresholds: THRESHOLD }),
  packed({ flags: 4, parties: '00000100000000' }),
  packed({ redeemers: 1, parties: WHO }),
  packed({ budgets: [budget(0x81, 1, 2n ** 24n - 1n), budget(0x82, 1, 2n ** 25n - 2n), budget(0, 0, 1n)] }),
  ruled({ selector: '00000000', length: 0 }),
  ruled({ ...APPROVAL, body: `${CALL}01` }, { executions: '03' }),
  conditioned('0401000105'),
  conditioned('0401840105'),
  conditioned('0701020101ff'),
  conditioned('080100010f01'),
  conditioned(`0a010020${'ab'.repeat(32)}`),
  charged('000100', '01010102'),
  ruled({ flags: 8, charges: ['00fd00'], tail: TOKEN + WHO }, { flags: 8 }),
]

function byte(value: number): string {
  return word(value, 1)
}

function word(value: number | bigint, size: number): string {
  return value.toString(16).padStart(size * 2, '0')
}
