import { z } from 'zod'
import { familyOf, REASONS } from '../verdict/reasons.ts'
import type { ReasonCode } from '../verdict/types.ts'
import { resultOf, STAGES } from './codes.ts'
import { Account, Bytes, Caip2, Caip10, Count, Digest, Group, Hash, Name, Text, Uint } from './values.ts'

/** The members of a statement, each a closed schema. `statement.ts` says which kind has which. */

/** Longest chain and most caveats of one link, as the context decoder reads them. */
export const MAX_LINKS = 8
const MAX_CAVEATS = 16
/** One link of the actor chain; `via` is the delegation that made this actor, absent for the principal. */
export const Actor = z.strictObject({ account: Caip10, via: Hash.optional() })

const Link = z.strictObject({
  hash: Hash,
  delegator: Account,
  delegate: Account,
  authority: Hash,
  caveats: z.array(z.strictObject({ enforcer: Account, terms: Bytes })).max(MAX_CAVEATS),
})

/** The chain concerned, leaf first, and keccak-256 of the context: signatures and caveat arguments are outside the hashes. */
export const DelegationChain = z.strictObject({ context: Hash, chain: z.array(Link).min(1).max(MAX_LINKS) })

export const GrantRef = z.strictObject({
  id: Hash,
  manager: Caip10,
  /** Hash of the effective scope. */
  scope: Hash,
})

/** `id` is the EIP-712 digest of the request, signed or not: every receipt about one attempt has the same. */
export const ActionRef = z.strictObject({ id: Hash })

/** That a request was taken in, before anybody decided about it: what the issuer owes an answer to. */
export const TicketRead = z
  .strictObject({
    /** Among all requests that this issuer took in, from 1 on, without a gap. */
    number: Count.min(1),
    /** Unix seconds, by the issuer's clock. */
    received: Count,
    /** Unix seconds: the latest time by which a decision follows. */
    decideBy: Count,
  })
  .refine(({ received, decideBy }) => received <= decideBy, { message: 'a decision follows what was received' })

export const Intent = z.strictObject({
  chain: Caip2,
  mode: z.enum(['single', 'batch']),
  redeemer: Account,
  /** keccak-256 of the encoded calls; they are in the evidence. */
  calls: Hash,
  /** Whose signature over the request counts: the scope's request key, or the delegate. */
  asker: Account,
  signed: z.boolean(),
  /** The agent's own words. Data. */
  reason: Text.optional(),
})

/** Of a batch whose caveat holds many rules: that of each call. `rule` is the first. */
const ruleOfEach = { rule: Name, rules: z.array(Name).min(2).max(256).optional() }

function namesFirst({ rule, rules }: { rule: string; rules?: readonly string[] | undefined }): boolean {
  return rules === undefined || rules[0] === rule
}
const FIRST_RULE = { message: 'the rule is that of the first call' }

export const Allowed = z
  .strictObject({
    result: z.literal('allowed'),
    stage: z.enum(STAGES),
    branch: Count,
    ...ruleOfEach,
    remaining: Uint.optional(),
  })
  .refine(namesFirst, FIRST_RULE)

const REASON_CODES = Object.keys(REASONS) as ReasonCode[]
export const Refused = z
  .strictObject({
    result: z.enum(['denied', 'not_permitted', 'could_not_evaluate']),
    stage: z.enum(STAGES),
    code: z.enum(REASON_CODES),
    family: z.enum(['not_permitted', 'refused', 'ended', 'not_evaluated', 'execution', 'fault']),
    hop: Count.optional(),
    delegator: Account.optional(),
    delegation: Hash.optional(),
    caveat: z.strictObject({ index: Count, kind: Name }).optional(),
    limit: Uint.optional(),
    used: Uint.optional(),
    requested: Uint.optional(),
    remaining: Uint.optional(),
    resetsAt: Uint.optional(),
    largestAllowed: Uint.optional(),
    /** Of a caveat that holds many rules: which refused which call, and what of it. */
    rule: z
      .strictObject({
        call: Count,
        index: Count.optional(),
        id: Name.optional(),
        part: z.enum(['shape', 'value', 'condition', 'allowance', 'budget']),
        at: Count,
      })
      .optional(),
  })
  .refine(({ code, family, result }) => familyOf(code) === family && resultOf(family) === result, {
    message: 'code, family and result belong together',
  })

/** Within the bounds and above a threshold: somebody has to confirm. Nothing was done. */
export const Escalated = z
  .strictObject({
    result: z.literal('escalated'),
    stage: z.enum(STAGES),
    code: z.literal('above_threshold'),
    branch: Count,
    ...ruleOfEach,
    threshold: Uint,
    requested: Uint,
    confirmer: Account,
    /** Seconds until silence denies. */
    timeout: Uint,
    /** Where the chain asks for the confirmer's signature. */
    delegation: Hash.optional(),
  })
  .refine(namesFirst, FIRST_RULE)

const StateCounter = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('spent'), spent: Uint }),
  z.strictObject({ kind: z.literal('calls'), count: Uint }),
  z.strictObject({
    kind: z.literal('period'),
    amount: Uint,
    duration: Uint,
    start: Uint,
    lastPeriod: Uint,
    transferred: Uint,
  }),
  z.strictObject({
    kind: z.literal('stream'),
    initial: Uint,
    max: Uint,
    perSecond: Uint,
    start: Uint,
    spent: Uint,
  }),
  z.strictObject({ kind: z.literal('used'), used: z.boolean() }),
  z.strictObject({ kind: z.literal('hook'), passes: z.boolean() }),
  z.strictObject({ kind: z.literal('word'), word: Uint }),
  z.strictObject({ kind: z.literal('account'), code: z.boolean() }),
  z.strictObject({ kind: z.literal('signature'), accepted: z.boolean() }),
])

/** All that the verdict was made from, at one block. What is not here was not read. */
export const StateRead = z.strictObject({
  chain: Caip2,
  manager: Account,
  block: z.strictObject({ number: Uint, hash: Hash, time: Uint }),
  paused: z.boolean(),
  /** Disabled at that block, by delegation hash. */
  disabled: z.record(Hash as unknown as z.ZodString, z.boolean()),
  /** NonceEnforcer's current nonce, by delegator. */
  nonces: z.record(Account as unknown as z.ZodString, Uint),
  /** By `enforcer:hash`: of the delegation, or of what else the enforcer keeps it under. */
  counters: z.record(z.string().regex(/^0x[0-9a-f]{40}:0x[0-9a-f]{64}$/), StateCounter),
})

const Effect = z.strictObject({
  asset: z.union([Account, z.literal('native')]),
  from: Account,
  to: Account,
  amount: Uint,
  log: Count.optional(),
})
const Included = {
  tx: Hash,
  block: z.strictObject({ number: Uint, hash: Hash }),
  final: z.boolean(),
  gasUsed: Uint,
}
/** A batch moves once for each call at the most of those that are kept, beside others. */
const Effects = z.array(Effect).max(512)

const BudgetRead = z.strictObject({ index: Count.max(255), spent: Uint, left: Uint })

/** What an enforcer of whole scopes said that it counted: numbers of rules and budgets as in the terms. */
const Counted = z.strictObject({
  delegation: Hash,
  /** Of each call. */
  rules: z.array(Count.max(255)).min(1).max(256),
  budgets: z.array(BudgetRead).max(255),
  /** What the measured account lost, and the budget that counted it, in the order of the charges. */
  measured: z
    .array(z.strictObject({ decrease: Uint, budget: BudgetRead }))
    .min(1)
    .max(255)
    .optional(),
  /** Number of the signed request that was used up. */
  request: Uint.optional(),
})

/**
 * `data` is keccak-256 of the call data of `redeemDelegations`: which transaction can be this one. A call that moves no
 * value is executed without effects.
 */
export const OutcomeRead = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('executed'),
    data: Hash,
    ...Included,
    effects: Effects,
    counted: z.array(Counted).min(1).max(MAX_LINKS).optional(),
  }),
  z.strictObject({ status: z.literal('reverted'), data: Hash, ...Included, reason: Text.optional() }),
  z.strictObject({ status: z.literal('ineffective'), data: Hash, ...Included, effects: Effects, missing: Text }),
  z.strictObject({ status: z.literal('pending'), data: Hash, tx: Hash }),
  z.strictObject({ status: z.literal('replaced'), data: Hash, tx: Hash, by: Hash.optional() }),
  z.strictObject({
    status: z.literal('not_executed'),
    data: Hash,
    because: z.enum(['request_expired', 'request_burned']),
    block: z.strictObject({ number: Uint, hash: Hash }),
    /** The last bytes that were signed for it. */
    tx: Hash.optional(),
  }),
  z.strictObject({ status: z.literal('unknown'), data: Hash, tx: Hash.optional(), doubt: Text }),
])

/** Most delegations one ending can name. */
const MAX_HASHES = 1_024
const Hashes = z
  .array(Hash)
  .max(MAX_HASHES)
  .refine((list) => list.every((hash, index) => index === 0 || (list[index - 1] ?? '') < hash), 'sorted, each once')
const SomeHashes = Hashes.refine((list) => list.length > 0, 'at least one')
export const Ending = z.discriminatedUnion('act', [
  /** On chain: these delegations are disabled at that block; `tx` did it, absent where they already were. */
  z.strictObject({
    act: z.literal('disable'),
    delegations: SomeHashes,
    /** Delegations that died with them: the descendants. */
    died: Hashes,
    tx: Hash.optional(),
    block: z.strictObject({ number: Uint, hash: Hash }),
    final: z.boolean(),
  }),
  /**
   * On chain: the account's nonce is above `nonce` at that block; these delegations of it carry that nonce and have ended.
   * `tx` raised it, absent where it was raised before.
   */
  z.strictObject({
    act: z.literal('raise_nonce'),
    account: Account,
    nonce: Uint,
    delegations: SomeHashes,
    died: Hashes,
    tx: Hash.optional(),
    block: z.strictObject({ number: Uint, hash: Hash }),
    final: z.boolean(),
  }),
  /**
   * On chain: the group of these delegations has ended at that block, for ever. Keyed by delegator, group and guardian. `tx`
   * ended it, absent where it was ended before.
   */
  z.strictObject({
    act: z.literal('end_group'),
    delegator: Account,
    group: Group,
    guardian: Account.optional(),
    delegations: SomeHashes,
    died: Hashes,
    tx: Hash.optional(),
    block: z.strictObject({ number: Uint, hash: Hash }),
    final: z.boolean(),
  }),
  /** Local: the issuer sends nothing under these, or sends again. */
  z.strictObject({ act: z.literal('stop'), delegations: SomeHashes, died: Hashes }),
  z.strictObject({ act: z.literal('resume'), delegations: SomeHashes }),
])

/** What stands behind each part: who is believed when it is believed. */
export const Claim = z.strictObject({
  path: z.enum(['/delegation', '/grant', '/intent', '/outcome', '/revocation', '/state', '/ticket', '/verdict']),
  basis: z.enum(['signature', 're-execution', 'attestation']),
})

export const EVIDENCE_TYPES = ['grant', 'context', 'action', 'request'] as const
export type EvidenceType = (typeof EVIDENCE_TYPES)[number]
/** Longest blob. */
export const MAX_EVIDENCE_BYTES = 524_288
export const EvidenceRef = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  type: z.enum(EVIDENCE_TYPES),
  sha256: Digest,
  size: Count.max(MAX_EVIDENCE_BYTES),
})
