import { z } from 'zod'
import {
  AbiValue,
  AddressText,
  ArgumentName,
  Asset,
  Decimal,
  Instant,
  Integer,
  StatedSource,
  sourced,
} from './forms.ts'
import { ScopeDocument } from './schema.ts'

/** Most calls of one plan. */
export const MAX_PLANNED_CALLS = 4_096

const anyCall = {
  /** When it is to happen. Where every call says it, the scope begins with the first. */
  when: Instant.optional(),
  /** Of everything in the call that does not name its own, and of the call itself: that it is made, and how often. */
  source: StatedSource.optional(),
}
const Hexadecimal = z.string().regex(/^0x(?:[0-9a-f]{2})*$/)
const Spends = z
  .array(z.strictObject({ asset: Asset, amount: ArgumentName }))
  .max(7)
  .optional()

/** A payment in display units. */
const PlannedPayment = z.strictObject({
  ...anyCall,
  asset: sourced(Asset),
  to: sourced(AddressText),
  amount: sourced(Decimal),
})
/** A call as bytes. Without the function only a plain payment can be read. */
const PlannedData = z.strictObject({
  ...anyCall,
  to: sourced(AddressText),
  data: sourced(Hexadecimal),
  function: z.string().min(1).max(2_000).optional(),
  /** Wei. */
  value: sourced(Integer).optional(),
  spends: Spends,
})
/** A call as function and arguments by name. */
const PlannedFunction = z.strictObject({
  ...anyCall,
  to: sourced(AddressText),
  function: z.string().min(1).max(2_000),
  args: z.record(ArgumentName, sourced(AbiValue)),
  value: sourced(Integer).optional(),
  spends: Spends,
})
export const PlannedCall = z.union([PlannedPayment, PlannedData, PlannedFunction])

const { task, chainId, principal, delegate, request, notBefore, expiry, revocation, evidence, assets } =
  ScopeDocument.shape

/** What is planned, and for whom: from this the smallest scope is inferred. */
export const PlanDocument = z.strictObject({
  version: z.literal(1),
  task,
  chainId,
  principal,
  delegate,
  request,
  notBefore,
  expiry,
  /** Absent: a group of its own, named like the task, ended within a minute. */
  revocation: revocation.optional(),
  /** Absent: every kind that is issued, kept for a year. */
  evidence: evidence.optional(),
  assets,
  /** Who wrote this plan. Absent: the agent, and nothing that it chose is granted unconfirmed. */
  source: StatedSource.optional(),
  calls: z.array(PlannedCall).min(1).max(MAX_PLANNED_CALLS),
})
export type PlanDocument = z.input<typeof PlanDocument>
export type PlannedCall = z.output<typeof PlannedCall>
