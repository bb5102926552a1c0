import { z } from 'zod'
import type { ScopeCode } from './errors.ts'
import {
  AddressText,
  Asset,
  Decimal,
  Duration,
  described,
  field,
  Instant,
  Name,
  Source,
  sourced,
  Window,
} from './forms.ts'
import { Rule } from './ruleSchema.ts'

/**
 * The task scope: one definition, from which types, JSON Schema and documentation come.
 *
 * This file says what a scope *looks like*; `parse.ts` reads one and adds what a shape cannot say (checksums, order of
 * times, decimals, references between fields). Every value may carry its source, except `version` and `class`, which say
 * how to read the rest.
 */

export { Source } from './forms.ts'

const SOMEBODY: readonly ScopeCode[] = ['scope.zero_address', 'scope.open_delegate']

/** A period and how it is counted stand together, or not at all. */
const period = {
  per: field(Duration, 'How often the limit fills again; at most 50 years. Absent: for the life of the grant.', {
    errors: ['scope.period_out_of_range', 'scope.period_without_window'],
  }).optional(),
  window: field(Window, 'How the period is counted.', {
    example: 'fixed',
    errors: ['scope.window_without_period'],
  }).optional(),
}

export const Budget = z.strictObject({
  assets: described(
    z.record(
      Asset,
      field(Decimal, 'Weight of one display unit of this asset, at most 18 decimals.', {
        unit: 'units of the budget',
        example: '1',
        errors: ['scope.zero_address', 'scope.bad_checksum', 'scope.duplicate_value', 'scope.unknown_decimals'],
      }),
    ),
    'Weights by asset, 1 to 16 of them.',
    { errors: ['scope.empty_budget'] },
  ),
  max: field(Decimal, 'Most that may be spent in a period, inclusive.', {
    unit: 'units of the budget: display units times weight',
    example: '200',
  }),
  ...period,
})

export const ReceiptKind = z.enum(['grant', 'ticket', 'decision', 'outcome', 'escalation', 'revocation'])

export const ScopeDocument = z.strictObject({
  version: described(z.literal(1), 'Version of this format.', { errors: ['scope.unsupported_version'] }),
  task: described(
    z.strictObject({
      id: field(Name, 'Name of the task.', { example: 'invoices-2026-11' }),
      purpose: field(z.string().min(1).max(500), 'What it is for, in words. Shown, never interpreted.', {
        example: "Pay this month's API invoices",
      }),
    }),
    'The task that needs the authority.',
  ),
  chainId: field(z.int().min(1).max(Number.MAX_SAFE_INTEGER), 'EIP-155 id of the one chain it holds on.', {
    example: 8453,
  }),
  principal: field(AddressText, 'The account whose authority it is.', { errors: ['scope.zero_address'] }),
  delegate: field(AddressText, 'The account that may redeem.', {
    errors: [...SOMEBODY, 'scope.principal_is_delegate'],
  }),
  request: described(
    z.strictObject({
      key: field(AddressText, 'The key with which the agent signs what it asks for.', {
        errors: [...SOMEBODY, 'scope.request_key_is_principal'],
      }),
      redeemers: described(
        z.union([z.array(sourced(AddressText)).min(1).max(16), sourced(z.literal('anyone'))]),
        'Who may submit what the key signed: 1 to 16 accounts. `anyone` must be said.',
        { errors: [...SOMEBODY, 'scope.duplicate_value'] },
      ),
    }),
    'Present: only what this key signed is admitted.',
  ).optional(),
  rules: described(
    z.array(described(Rule, 'One way to act.', { errors: ['scope.unlimited_rule'] })).max(64),
    'An action passes if one rule admits it; inside a rule all must hold. 1 to 64 rules.',
    { errors: ['scope.empty_rules'] },
  ),
  budgets: described(
    z.record(Name, described(Budget, 'A limit that rules share by naming it.', { errors: ['scope.unused_budget'] })),
    'Budgets by name, at most 64.',
  ).optional(),
  calls: described(
    z.strictObject({
      max: field(z.int().min(1).max(1_000_000_000), 'Most calls in a period.', { unit: 'calls', example: 20 }),
      ...period,
    }),
    'A limit on the number of calls, over all rules.',
  ).optional(),
  notBefore: field(Instant, 'When it begins, inclusive. Absent: at once.', {
    errors: ['scope.empty_lifetime'],
  }).optional(),
  expiry: field(Instant, 'When it ends, exclusive; at the latest 2106-02-07T06:28:15Z. A scope must end.', {
    errors: ['scope.missing_expiry', 'scope.expired', 'scope.expiry_out_of_range'],
  }),
  redelegation: described(
    z.strictObject({
      maxDepth: field(z.int().min(0).max(7), 'Links that may follow the delegate. Only 0 can be enforced on chain.', {
        unit: 'links',
        example: 0,
        errors: ['scope.request_with_redelegation'],
      }),
    }),
    'Whether the delegate may hand a part of it on.',
  ),
  revocation: described(
    z.strictObject({
      group: field(Name, 'What is ended together has one group.', { example: '2026-11' }),
      guardian: field(AddressText, 'An account that may end it besides the principal.', {
        errors: ['scope.zero_address'],
      }).optional(),
      maxLatencySeconds: field(z.int().min(1).max(31_536_000), 'How long an end may take to be in force.', {
        unit: 'seconds',
        example: 60,
      }),
    }),
    'How it is ended before it expires.',
  ),
  escalation: described(
    z.strictObject({
      above: described(
        z.record(
          Name,
          field(Decimal, 'A call that charges this budget more waits for the confirmer. 0: every spend asks.', {
            unit: 'units of the budget',
            example: '25',
            errors: ['scope.unknown_budget', 'scope.threshold_not_below_budget'],
          }),
        ),
        'Thresholds by budget, each below the maximum of its budget.',
        { errors: ['scope.empty_escalation'] },
      ),
      confirmer: field(z.union([AddressText, z.literal('principal')]), 'Who confirms: never the agent.', {
        example: 'principal',
        errors: [...SOMEBODY, 'scope.confirmer_is_delegate'],
      }),
      timeout: field(Duration, 'How long the question stands.', {
        example: 'PT15M',
        errors: ['scope.period_out_of_range'],
      }),
      onTimeout: field(z.literal('deny'), 'What silence means.'),
    }),
    'Inside the outer bounds, what somebody confirms first.',
  ).optional(),
  evidence: described(
    z.strictObject({
      receipts: described(z.array(field(ReceiptKind, 'One kind.')).min(1), 'Kinds of receipts that must be kept.', {
        example: ['grant', 'decision', 'outcome'],
        errors: ['scope.duplicate_value'],
      }),
      retain: field(Duration, 'How long they are kept.', { example: 'P1Y' }),
    }),
    'What proves afterwards what was done.',
  ),
  assets: described(
    z.record(
      AddressText,
      described(
        z.strictObject({
          symbol: field(z.string().min(1).max(32), 'As the token says of itself. Shown, never trusted.', {
            example: 'USDC',
          }),
          decimals: field(z.int().min(0).max(77), 'Digits after the point of one display unit.', { example: 6 }),
        }),
        'What the chain says of one ERC-20.',
        { errors: ['scope.zero_address', 'scope.bad_checksum', 'scope.asset_mismatch'] },
      ),
    ),
    'Symbol and decimals of every ERC-20 the scope names, as read from the chain when the scope was made.',
  ).optional(),
  provenance: described(
    z.record(
      z.string().regex(/^\//).max(500),
      described(Source, 'Where the value at this JSON pointer came from.', {
        example: 'addressBook',
        errors: ['scope.dangling_provenance', 'scope.conflicting_provenance', 'scope.agent_sourced'],
      }),
    ),
    'JSON pointer to source. Written by `parse`; may be given instead of sources beside the values.',
  ).optional(),
})
export type ScopeDocument = z.input<typeof ScopeDocument>
