import { z } from 'zod'

/**
 * The task scope: one definition, from which types, JSON Schema and documentation come.
 *
 * This file says what a scope *looks like*; `parse.ts` reads one and adds what a shape cannot say (checksums, order of
 * times, decimals, references between fields). Edge schemas use patterns, not predicates, so that they can be rendered.
 */

/**
 * Where a value came from. `agent` never enters a grant unconfirmed; `confirmed` came from the agent and was confirmed by
 * the principal: `parse` writes it, so that a normal form never holds `agent`.
 */
export const Source = z.enum(['principal', 'addressBook', 'ledger', 'agent', 'confirmed'])
/** What a builder of scopes may say beside a value: a confirmation is not the builder's to give. */
const StatedSource = Source.exclude(['confirmed'])
export type Source = z.output<typeof Source>

/** A value, or the value with where it came from. `parse` moves sources to `provenance` and keeps plain values. */
const sourced = <schema extends z.ZodType>(schema: schema) =>
  z.union([schema, z.strictObject({ value: schema, source: StatedSource })])

const AddressText = z.string().regex(/^0x[0-9a-fA-F]{40}$/)
/** An ERC-20 contract, or the chain's native coin. */
const Asset = z.union([AddressText, z.literal('native')])
/** Display units of an asset, as people write money: `"12.50"`. Never a number, never an exponent, no sign. */
const Decimal = z.string().regex(/^(?:0|[1-9][0-9]{0,77})(?:\.[0-9]{1,77})?$/)
/** A raw ABI integer: `"-5"`, `"100000000"`. */
const Integer = z.string().regex(/^(?:0|-?[1-9][0-9]{0,77})$/)
/** ISO 8601 duration of fixed length, 1 second at the least: `PT15M`, `P1D`, `P1Y` (365 days; no months: they have no length). */
const Duration = z
  .string()
  .regex(
    /^P(?!$)(?:[0-9]{1,4}Y)?(?:[0-9]{1,5}W)?(?:[0-9]{1,6}D)?(?:T(?=[0-9])(?:[0-9]{1,7}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,10}S)?)?$/,
  )
/** ISO 8601 instant in UTC, whole seconds: `2026-12-20T00:00:00Z`. */
const Instant = z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/)
/** A name inside the scope: it appears in sentences, so it is short and plain. */
const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
/** Name of a parameter, or of a member of a struct: `amount`, `params.amountIn`. */
const ArgumentName = z.string().regex(/^[A-Za-z_$][A-Za-z0-9_$.]{0,127}$/)
const Text = z.string().min(1).max(500)

/** One ABI value in a condition. Integers as decimal strings; `"principal"` and `"delegate"` stand for those accounts. */
const AbiValue = z.union([z.string().max(8_192), z.boolean()])

/** What one argument must satisfy: exactly one member. */
export const Condition = z.union([
  z.strictObject({ eq: sourced(AbiValue) }),
  z.strictObject({ neq: sourced(AbiValue) }),
  z.strictObject({ lte: sourced(Integer) }),
  z.strictObject({ gte: sourced(Integer) }),
  z.strictObject({ in: z.array(sourced(AbiValue)).min(1).max(64) }),
  z.strictObject({ mask: Integer, equals: Integer }),
  z.strictObject({ length: z.strictObject({ lte: Integer }) }),
  z.strictObject({ hash: z.string().regex(/^0x[0-9a-fA-F]{64}$/) }),
])

export const TransferRule = z.strictObject({
  id: Name,
  class: z.literal('transfer'),
  asset: sourced(Asset),
  /** Who may be paid. `"anyone"` must be said. */
  to: z.union([z.array(sourced(AddressText)).min(1).max(256), z.literal('anyone')]),
  /** Most for one action, display units. */
  max: sourced(Decimal).optional(),
  budget: Name.optional(),
})

export const CallRule = z.strictObject({
  id: Name,
  class: z.literal('call'),
  target: sourced(AddressText),
  /** Solidity signature with parameter names: `function pay(address to, uint256 amount)`. */
  function: z.string().min(1).max(2_000),
  /** Conditions by parameter name. A parameter without one may be anything. */
  args: z.record(ArgumentName, Condition).optional(),
  /** Admitted only as approve → call → allowance zero, of the amount in this argument. */
  allowance: z.strictObject({ asset: sourced(AddressText), amount: ArgumentName }).optional(),
  /** What a call moves, by the argument that says how much; for the native coin `"value"`, the value sent along. */
  /** None in the normal form of a rule that spends nothing. */
  spends: z
    .array(z.strictObject({ asset: Asset, amount: ArgumentName, budget: Name }))
    .max(8)
    .optional(),
  /** Most native value, wei; zero where absent. */
  value: z.strictObject({ lte: Integer }).optional(),
  /** Dangers accepted by name: `selector:approve`, `target:permit2`, … */
  acknowledge: z.array(z.string().max(100)).max(16).optional(),
})

export const Rule = z.discriminatedUnion('class', [TransferRule, CallRule])

export const Budget = z.strictObject({
  /** Weight of one display unit of each asset, in units of `max`. */
  assets: z.record(Asset, Decimal),
  /** Units of the budget. */
  max: sourced(Decimal),
  /** Absent: for the life of the grant. */
  per: Duration.optional(),
  window: z.enum(['fixed', 'rolling']).optional(),
})

export const ReceiptKind = z.enum(['grant', 'ticket', 'decision', 'outcome', 'escalation', 'revocation'])

export const ScopeDocument = z.strictObject({
  version: z.literal(1),
  task: z.strictObject({ id: Name, purpose: Text }),
  chainId: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  principal: AddressText,
  delegate: AddressText,
  request: z
    .strictObject({
      key: AddressText,
      redeemers: z.union([z.array(AddressText).min(1).max(16), z.literal('anyone')]),
    })
    .optional(),
  rules: z.array(Rule).max(64),
  budgets: z.record(Name, Budget).optional(),
  calls: z
    .strictObject({
      max: z.int().min(1).max(1_000_000_000),
      per: Duration.optional(),
      window: z.enum(['fixed', 'rolling']).optional(),
    })
    .optional(),
  notBefore: Instant.optional(),
  expiry: Instant,
  redelegation: z.strictObject({ maxDepth: z.int().min(0).max(7) }),
  revocation: z.strictObject({
    group: Name,
    guardian: AddressText.optional(),
    maxLatencySeconds: z.int().min(1).max(31_536_000),
  }),
  escalation: z
    .strictObject({
      above: z.record(Name, Decimal),
      confirmer: z.union([AddressText, z.literal('principal')]),
      timeout: Duration,
      onTimeout: z.literal('deny'),
    })
    .optional(),
  evidence: z.strictObject({ receipts: z.array(ReceiptKind).min(1), retain: Duration }),
  /** Symbol and decimals of every ERC-20 the scope names, as read from the chain when the scope was made. */
  assets: z
    .record(AddressText, z.strictObject({ symbol: z.string().min(1).max(32), decimals: z.int().min(0).max(77) }))
    .optional(),
  /** JSON pointer → where that value came from. Written by `parse`; may be given instead of inline sources. */
  provenance: z.record(z.string().startsWith('/').max(500), Source).optional(),
})
export type ScopeDocument = z.input<typeof ScopeDocument>
