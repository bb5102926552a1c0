import { z } from 'zod'
import type { ScopeCode } from './errors.ts'

/**
 * The forms that values of a scope have, and what is said of them. Patterns, not predicates: they travel into the JSON
 * Schema and the documentation. What a pattern cannot say is in `x-…` members, which validators ignore.
 */

/** What stands beside a field in the documentation. */
export type Notes = {
  unit?: string
  example?: unknown
  /** Codes that reading this very field can end in, besides those of its form and those of every field. */
  errors?: readonly ScopeCode[]
}

export function described<schema extends z.ZodType>(schema: schema, description: string, notes: Notes = {}): schema {
  return schema.meta(metaOf(description, notes))
}

/** A schema with a name, under which the JSON Schema has it once. */
function form<schema extends z.ZodType>(id: string, schema: schema, description: string, notes: Notes = {}): schema {
  return schema.meta({ id, ...metaOf(description, notes) })
}

function metaOf(description: string, { unit, example, errors }: Notes): Record<string, unknown> {
  return {
    description,
    ...(unit === undefined ? {} : { 'x-unit': unit }),
    ...(errors === undefined ? {} : { 'x-errors': errors }),
    ...(example === undefined ? {} : { examples: [example] }),
  }
}

/**
 * Where a value came from. `agent` never enters a grant unconfirmed; `confirmed` came from the agent and was confirmed by
 * the principal: `parse` writes it, so that a normal form never holds `agent`.
 */
export const Source = form(
  'Source',
  z.enum(['principal', 'addressBook', 'ledger', 'agent', 'confirmed']),
  'Where a value came from. `confirmed`: from the agent, and the principal has confirmed it.',
)
export type Source = z.output<typeof Source>

/** What a builder of scopes may say beside a value: a confirmation is not the builder's to give. */
export const StatedSource = form(
  'StatedSource',
  z.enum(['principal', 'addressBook', 'ledger', 'agent']),
  'What a builder of scopes may say beside a value: a confirmation is not the builder’s to give.',
)

/** A value, or the value with where it came from. `parse` moves sources to `provenance` and keeps plain values. */
export function sourced<schema extends z.ZodType>(schema: schema) {
  return z.union([schema, z.strictObject({ value: schema, source: StatedSource })])
}

/** A field that holds one value. */
export function field<schema extends z.ZodType>(schema: schema, description: string, notes: Notes = {}) {
  return described(sourced(schema), description, notes)
}

export const AddressText = form(
  'Address',
  z.string().regex(/^0x[0-9a-fA-F]{40}$/),
  'An account or a contract: lower case, upper case, or with its EIP-55 checksum. Mixed case that is no checksum is refused.',
  { example: '0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913', errors: ['scope.bad_checksum', 'scope.invalid_address'] },
)

export const Asset = form(
  'Asset',
  z.union([AddressText, z.literal('native')]),
  'An ERC-20 contract, or the native coin of the chain.',
)

/** What the reader knows an amount by, where its form is wrong. */
export const DECIMAL = /^(?:0|[1-9][0-9]{0,77})(?:\.[0-9]{1,77})?$/

export const Decimal = form(
  'Decimal',
  z.string().regex(DECIMAL),
  'An amount as people write it. A text, never a number; no sign, no exponent, no leading zero.',
  {
    example: '12.50',
    errors: ['scope.amount_not_positive', 'scope.too_many_decimals', 'scope.amount_overflow'],
  },
)

/** No sign before 0 and no leading zeros; as many digits as the largest integer has. */
export const INTEGER = /^(?:0|-?[1-9][0-9]{0,77})$/

export const Integer = form(
  'Integer',
  z.string().regex(INTEGER),
  'A raw ABI integer in decimal digits, within the type of its argument.',
  { example: '100000000' },
)

export const Duration = form(
  'Duration',
  z
    .string()
    .regex(
      /^P(?!$)(?:[0-9]{1,4}Y)?(?:[0-9]{1,5}W)?(?:[0-9]{1,6}D)?(?:T(?=[0-9])(?:[0-9]{1,7}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,10}S)?)?$/,
    ),
  'An ISO 8601 duration of fixed length, one second at the least. A year is 365 days; a month has no length.',
  { example: 'P1D', errors: ['scope.zero_period', 'scope.malformed_value'] },
)

export const Instant = form(
  'Instant',
  z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/),
  'An ISO 8601 instant in UTC, whole seconds.',
  { example: '2026-12-20T00:00:00Z', errors: ['scope.no_such_date'] },
)

export const Name = form(
  'Name',
  z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  'A name inside the scope. It appears in sentences, so it is short and plain.',
  { example: 'invoices-2026-11' },
)

export const ArgumentName = form(
  'ArgumentName',
  z.string().regex(/^[A-Za-z_$][A-Za-z0-9_$.]{0,127}$/),
  'Name of a parameter, or of a member of a struct.',
  { example: 'params.amountIn' },
)

export const Window = form(
  'Window',
  z.enum(['fixed', 'rolling']),
  'How a period is counted. `rolling`: in no interval of that length more than the limit. `fixed`: windows follow one another from `notBefore` on, or from unix time 0; around a boundary twice the limit can go within seconds.',
)

export const AbiValue = form(
  'AbiValue',
  z.union([z.string().max(8_192), z.boolean()]),
  'One ABI value: integers as decimal texts, bytes as `0x` and hexadecimal digits. `principal` and `delegate` stand for those accounts.',
  { errors: ['scope.value_does_not_fit', 'scope.bad_checksum'] },
)
