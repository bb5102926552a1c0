import { z } from 'zod'
import { LIMITS, type Limit } from './codes.ts'
import { ReceiptError } from './errors.ts'
import {
  ActionRef,
  Actor,
  Allowed,
  Claim,
  DelegationChain,
  Ending,
  Escalated,
  EvidenceRef,
  GrantRef,
  Intent,
  MAX_LINKS,
  OutcomeRead,
  Refused,
  StateRead,
  TicketRead,
} from './parts.ts'
import { Caip10, Count, Digest, Hash, Issuer } from './values.ts'

/**
 * What a receipt says: the payload of its token. A closed schema: a member that it does not name is refused, so that nobody
 * signs what no verifier reads. The version is in `vct`; a member more is a new version.
 */

/** Kinds that exist. */
export const KINDS = ['grant', 'ticket', 'decision', 'outcome', 'revocation'] as const
export type Kind = (typeof KINDS)[number]
/** Kinds that have a name and no form yet: refused by name, never read as something else. */
export const KINDS_TO_COME = ['escalation', 'checkpoint', 'keyset', 'correction'] as const

export function vct<kind extends Kind>(kind: kind): `urn:ambit:receipt:v1:${kind}` {
  return `urn:ambit:receipt:v1:${kind}`
}

/** Most root delegations a receipt can be about: the branches of one grant. */
export const MAX_ROOTS = 256

/** Position among the receipts of this issuer that are about one root delegation: the principal sees those, and all of them. */
const RootLink = z.strictObject({ delegation: Hash, seq: Count.min(1), prev: Digest.optional() })

const LIMIT_CODES = Object.keys(LIMITS) as Limit[]

/** What the builders write: about the event, not about its place among others. */
const about = {
  layer: z.enum(['runtime', 'wallet', 'redeemer', 'chain-observer']),
  principal: Caip10,
  agent: Caip10,
  grant: GrantRef,
  claims: z.array(Claim).max(16),
  evidence: z.array(EvidenceRef).max(16),
  limits: z.array(z.enum(LIMIT_CODES)).max(LIMIT_CODES.length),
}
/** What issuing adds: who, when by its own clock (advisory), and the links. */
const place = {
  iss: Issuer,
  iat: Count,
  /** Counts every receipt of this issuer from 1. */
  seq: Count.min(1),
  /** Id of the receipt `seq - 1`; absent for the first. */
  prev: Digest.optional(),
  roots: z.array(RootLink).min(1).max(MAX_ROOTS),
}
const chain = {
  actorChain: z
    .array(Actor)
    .min(2)
    .max(MAX_LINKS + 1),
  delegation: DelegationChain,
}
const kind = <name extends Kind>(name: name) => ({ vct: z.literal(vct(name)), kind: z.literal(name) })

const Grant = z.strictObject({ ...kind('grant'), ...place, ...about })
const Ticket = z.strictObject({
  ...kind('ticket'),
  ...place,
  ...about,
  action: ActionRef,
  intent: Intent,
  ticket: TicketRead,
})
const Decision = z.strictObject({
  ...kind('decision'),
  ...place,
  ...about,
  /** Absent where no single chain decided. */
  actorChain: chain.actorChain.optional(),
  delegation: DelegationChain.optional(),
  action: ActionRef,
  intent: Intent,
  verdict: z.union([Allowed, Refused, Escalated]),
  /** Absent where nothing was read. */
  state: StateRead.optional(),
})
const Outcome = z.strictObject({
  ...kind('outcome'),
  ...place,
  ...about,
  ...chain,
  /** Id of the decision that this is the outcome of. */
  decision: Digest,
  action: ActionRef,
  outcome: OutcomeRead,
})
const Revocation = z.strictObject({ ...kind('revocation'), ...place, ...about, revocation: Ending })

export const Statement = z
  .discriminatedUnion('kind', [Grant, Ticket, Decision, Outcome, Revocation])
  .superRefine((statement, context) => {
    const refuse = (message: string, path: string) => context.addIssue({ code: 'custom', message, path: [path] })
    if ((statement.seq === 1) !== (statement.prev === undefined))
      refuse('the first receipt, and no other, has no prev', 'prev')
    for (const root of statement.roots) {
      if ((root.seq === 1) !== (root.prev === undefined))
        refuse('the first of a root, and no other, has no prev', 'roots')
    }
    if (!ascending(statement.roots.map(({ delegation }) => delegation))) refuse('sorted, each once', 'roots')
    if (!ascending(statement.evidence.map(({ id }) => id))) refuse('sorted, each once', 'evidence')
    if (statement.evidence.some(({ id, type }) => id !== type)) refuse('one blob of a type, named by it', 'evidence')
    if (!ascending(statement.claims.map(({ path }) => path))) refuse('sorted, each once', 'claims')
    if (!ascending(statement.limits)) refuse('sorted, each once', 'limits')
    for (const { path } of statement.claims) {
      if (!Object.hasOwn(statement, path.slice(1))) refuse('claims something that is not here', 'claims')
    }
    if (
      statement.kind === 'decision' &&
      (statement.delegation === undefined) !== (statement.actorChain === undefined)
    ) {
      refuse('a chain of delegations is a chain of actors', 'actorChain')
    }
  })
export type Statement = z.output<typeof Statement>
export type StatementOf<kind extends Kind> = Extract<Statement, { kind: kind }>

/** A statement that has no place among others yet: `roots` says which root delegations it is about. */
export type Draft<kind extends Kind = Kind> = kind extends Kind
  ? Omit<StatementOf<kind>, 'iss' | 'iat' | 'seq' | 'prev' | 'roots'> & { roots: readonly `0x${string}`[] }
  : never

/**
 * Reads the payload of a token.
 *
 * @throws {@link ReceiptError} `receipt.kind_not_supported`: the kind has a name, its form is not here yet;
 * `receipt.statement_refused`.
 */
export function parseStatement(input: unknown): Statement {
  const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined
  if (KINDS_TO_COME.some((name) => name === kind)) {
    throw new ReceiptError('receipt.kind_not_supported', 'Receipts of this kind are not supported yet.', {
      details: { kind: String(kind), supported: [...KINDS] },
      fix: 'Use a version of Ambit that issues this kind.',
    })
  }
  const parsed = Statement.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new ReceiptError('receipt.statement_refused', 'This is not a statement of a receipt.', {
    details: {
      at: `/${issue?.path.map(String).join('/') ?? ''}`,
      why: issue?.message ?? 'unknown',
      kind: String(kind),
    },
    fix: 'Issue it with issueReceipt; a verifier reads this form and no other.',
  })
}

function ascending(values: readonly string[]): boolean {
  return values.every((value, index) => index === 0 || (values[index - 1] ?? '') < value)
}
