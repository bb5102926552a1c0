import { byteLength, type Hex } from '../primitives/hex.ts'
import { type AbiType, abiType, rangeOf, readInteger } from './abi.ts'
import type { FunctionInput } from './function.ts'
import type { Report } from './report.ts'
import type { PlainDocument } from './sources.ts'
import type { AbiValue, Condition } from './types.ts'

type Rules = PlainDocument['rules']
type CallRuleDocument = Extract<Rules[number], { class: 'call' }>
type ConditionDocument = NonNullable<CallRuleDocument['args']>[string]

const VALUES: readonly AbiType['kind'][] = ['uint', 'int', 'address', 'bool', 'fixedBytes', 'bytes', 'string']

/** Kinds of arguments that a condition can speak of, by its members. */
const KINDS: Readonly<Record<string, readonly AbiType['kind'][]>> = {
  eq: VALUES,
  neq: VALUES,
  in: VALUES,
  lte: ['uint', 'int'],
  gte: ['uint', 'int'],
  mask: ['uint'],
  equals: ['uint'],
  length: ['bytes', 'string', 'list'],
  hash: ['bytes', 'string'],
}

/** The normal form of one condition; reports what does not fit the argument's type. */
export function readCondition(
  report: Report,
  pointer: string,
  document: ConditionDocument,
  input: FunctionInput,
): Condition {
  const type = abiType(input.type)
  const value = (member: string, stated: AbiValue) => {
    return readAbiValue(report, `${pointer}/${member}`, stated, type, input.type)
  }
  const bound = (member: string, text: string) => {
    checkInteger(report, `${pointer}/${member}`, text, type, input.type)
    return text
  }
  const [member = ''] = Object.keys(document)
  if (!KINDS[member]?.includes(type.kind)) {
    // One complaint is enough where no value could fit: what the condition says is not looked at.
    misfit(report, pointer, input)
    return document as Condition
  }
  if ('eq' in document) return { eq: value('eq', document.eq) }
  if ('neq' in document) return { neq: value('neq', document.neq) }
  if ('in' in document) {
    const values = document.in.map((item, index) => value(`in/${index}`, item))
    report.distinct('scope.duplicate_value', `${pointer}/in`, values, 'value')
    return { in: values }
  }
  if ('lte' in document) return { lte: bound('lte', document.lte) }
  if ('gte' in document) return { gte: bound('gte', document.gte) }
  if ('mask' in document) return readMask(report, pointer, document, type, input.type)
  if ('length' in document) {
    checkInteger(report, `${pointer}/length/lte`, document.length.lte, { kind: 'uint', bits: 32 }, 'uint32')
    return { length: { lte: document.length.lte } }
  }
  return { hash: document.hash.toLowerCase() as `0x${string}` }
}

/** One value of an ABI type in its normal form; reports what does not fit. */
export function readAbiValue(report: Report, pointer: string, value: AbiValue, type: AbiType, name: string): AbiValue {
  if (type.kind === 'address' && typeof value === 'string' && /^0x[0-9a-fA-F]{40}$/.test(value)) {
    return report.address(pointer, value)
  }
  const bytes =
    typeof value === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(value) ? (value.toLowerCase() as Hex) : undefined
  const fits =
    (type.kind === 'bool' && typeof value === 'boolean') ||
    (type.kind === 'string' && typeof value === 'string') ||
    (type.kind === 'bytes' && bytes !== undefined) ||
    (type.kind === 'fixedBytes' && bytes !== undefined && byteLength(bytes) === type.size) ||
    (type.kind === 'address' && (value === 'principal' || value === 'delegate')) ||
    ((type.kind === 'uint' || type.kind === 'int') && readInteger(type, value) !== undefined)
  if (!fits) doesNotFit(report, pointer, value, type, name)
  return type.kind === 'bytes' || type.kind === 'fixedBytes' ? (bytes ?? value) : value
}

/** Bits that must equal bits of a value. A bit wanted where the mask has none can never be seen. */
function readMask(
  report: Report,
  pointer: string,
  document: { mask: string; equals: string },
  type: AbiType,
  name: string,
): Condition {
  checkInteger(report, `${pointer}/mask`, document.mask, type, name)
  checkInteger(report, `${pointer}/equals`, document.equals, type, name)
  const mask = readInteger(type, document.mask)
  const equals = readInteger(type, document.equals)
  if (mask !== undefined && equals !== undefined && (equals & ~mask) !== 0n) {
    report.add('scope.unsatisfiable_condition', `${pointer}/equals`, 'No value can satisfy this condition.', {
      value: document.equals,
      bound: document.mask,
      fix: 'Set only bits that the mask has.',
    })
  }
  return { mask: document.mask, equals: document.equals }
}

function checkInteger(report: Report, pointer: string, text: string, type: AbiType, name: string): void {
  if (readInteger(type, text) === undefined) doesNotFit(report, pointer, text, type, name)
}

function doesNotFit(report: Report, pointer: string, value: AbiValue, type: AbiType, name: string): void {
  const range = rangeOf(type)
  const integer = type.kind === 'uint' || type.kind === 'int'
  report.add('scope.value_does_not_fit', pointer, 'A value does not fit the type of its argument.', {
    value: typeof value === 'string' ? value.slice(0, 200) : value,
    bound: integer ? `${name}: ${range.min} to ${range.max}` : name,
    fix: howToWrite(type),
  })
}

function howToWrite(type: AbiType): string {
  if (type.kind === 'uint' || type.kind === 'int') return 'Write an integer of that range as a decimal string.'
  if (type.kind === 'address') return 'Write an address, "principal" or "delegate".'
  if (type.kind === 'bool') return 'Write true or false.'
  return 'Write 0x and exactly the bytes of the type.'
}

function misfit(report: Report, pointer: string, input: FunctionInput): void {
  report.add('scope.condition_does_not_fit', pointer, 'This condition does not fit the type of its argument.', {
    value: input.type,
    fix: 'Use lte and gte on integers, mask on unsigned ones, length and hash on bytes and strings, eq, neq and in on values.',
  })
}
