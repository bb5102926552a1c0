import type { Undone } from '../chain/readEndings.ts'
import type { CoverageRow, ExplanationRow, Plan } from '../compile/types.ts'
import type { CheckRow } from '../delegation/facts.ts'
import type { Delegation } from '../delegation/types.ts'
import type { TreeNode } from '../grant/draw/nodes.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { Kind, Statement } from '../receipt/statement.ts'
import type { Escalation } from '../redemption/escalation.ts'
import type { Answers, BlastRadius, Warning } from '../scope/index.ts'
import type { Asset, Scope } from '../scope/types.ts'
import type { NodeMeters } from '../verdict/meters.ts'
import type { JournalVerification, Verification } from '../verification/index.ts'

/**
 * Where the pages get their facts, and what they may set off. The CLI's home implements it now, the redeemer's store later.
 * A part that is absent has no pages. Whatever is text in an answer may come from anybody.
 */
export type ConsoleSource = {
  grants: GrantSource
  health: HealthSource
  receipts?: ReceiptSource
  escalations?: EscalationSource
  granting?: GrantingSource
}

export type GrantSource = {
  overview(): Promise<Overview>
  /** `undefined` where there is no such grant. */
  grant(id: Hex): Promise<GrantFacts | undefined>
  /** Refuses at once here, or takes that back; idempotent, durable and with its receipt when it returns. */
  stop(id: Hex): Promise<void>
  resume(id: Hex): Promise<void>
  /**
   * Looks on the chain whether the links of this delegator are disabled now, waits some seconds for the transactions that
   * are said to have done it, and leaves the receipts. Idempotent.
   */
  settleRevocation(id: Hex, delegator: Address, transactions: readonly Hex[]): Promise<SettledRevocation>
}

export type HealthSource = { checks(): Promise<readonly HealthCheck[]> }

/** What was asked, and as of when. */
export type Reading = {
  chain: string
  /** `null`: no chain was asked, so that nothing is known of what was used. */
  block: { number: bigint; hash: Hex; timestamp: bigint } | null
  /** Unix seconds of our own clock. */
  at: bigint
}

/**
 * `not_asked`: nothing here speaks against it and the chain was not asked. `ended`: the chain says that nothing can be
 * redeemed any more. `partial`: some of its branches can.
 */
export type GrantStatus = 'live' | 'partial' | 'not_asked' | 'not_yet' | 'expired' | 'stopped' | 'ended' | 'unreadable'

/** One delegation with what is known of it, in words and as it is drawn. */
export type LinkFacts = {
  delegation: Delegation
  sentences: readonly ExplanationRow[]
  /** Checks of this link that did not pass. */
  troubles: readonly CheckRow[]
  /** What it has left; absent where the chain was not asked. */
  live: NodeMeters | undefined
  /** The same in words, one for each thing that it counts itself. */
  counts: readonly CountedWords[]
  /** Where something above leaves less than it does itself. */
  above: readonly string[]
  drawn: TreeNode
}

/** One meter in words. `null`: nobody knows, or there is nothing to say. */
export type CountedWords = {
  budget: string | null
  limit: string
  used: string | null
  left: string | null
  resetsAt: string | null
  /** What is left as a part of the whole, 0 to 1. */
  part: number | null
}

/** How a grant stands, and why: codes, a time, or nothing to add. */
export type Standing = { status: GrantStatus; why: string | null }

export type GrantRow = Standing & {
  id: Hex
  /** `null` where its file cannot be read. */
  grant: Grant | null
  /** Hashes of its delegations, in their order. */
  hashes: readonly Hex[]
}

export type Overview = { reading: Reading; grants: readonly GrantRow[]; links: readonly LinkFacts[] }

/** What still passes of one rule (and payee) in one action. */
export type Remaining = { rule: string; payee: Address | null; text: string; refused: string | null }

/** An amount that left the principal's account by a redemption under this grant, told by its receipt. */
export type Spent = {
  /** Unix seconds at which the receipt was issued. */
  at: bigint
  /** The rule that let it pass. */
  rule: string
  asset: Asset
  /** Base units. */
  amount: bigint
  receipt: string
}

/** A group by which some of its links can be ended together. `ended`: `null` where no chain was asked. */
export type GroupFacts = {
  name: string | null
  group: Hex
  delegator: Address
  guardian: Address | null
  ended: boolean | null
}

/** An account that can end links of this grant. */
export type Ender = {
  delegator: Address
  /** Links of its own that are to be disabled and are not yet. Empty: nothing is left for it to end. */
  open: readonly Hex[]
  /** How the command line ends them. */
  command: string
  /** Whether the account's key is in this machine's keystore. */
  keyHere: boolean
  /** A contract account: its owner's key signs for it. */
  contract: boolean
  /** One call for each of `open`; `null` where no wallet of a browser can send them: for a contract, or to a chain out of reach. */
  transactions: readonly { to: Address; data: Hex }[] | null
}

export type GrantFacts = {
  reading: Reading
  grant: Grant
  standing: Standing
  /** Who holds each constraint of the effective scope. */
  coverage: readonly CoverageRow[]
  links: readonly LinkFacts[]
  remaining: readonly Remaining[]
  groups: readonly GroupFacts[]
  /** The stop that holds for it here; `own` where resuming this very grant takes it back. */
  stopped: { by: Hex; at: string; own: boolean } | null
  undone: readonly Undone[]
  spent: readonly Spent[]
  enders: readonly Ender[]
  /** Other grants of this machine that draw from it: they die with it. */
  under: readonly { id: Hex; task: string }[]
}

export type SettledRevocation =
  | { status: 'ended' }
  /** Not included yet: look again. */
  | { status: 'pending' }
  /** Some links were disabled by these transactions, and others of the same delegator are still open. */
  | { status: 'partial' }
  /** Included, and the links are not disabled. */
  | { status: 'not_ended' }

export type HealthCheck = { check: string; status: 'ok' | 'warning' | 'fail'; found: string; fix?: string }

/** Which receipts: of a kind (`refusal`: decisions to let nothing pass), of a grant, older than a number. */
export type ReceiptQuery = { kind: ReceiptFilter | null; grant: Hex | null; before: number | null; most: number }
export type ReceiptFilter = Kind | 'refusal'

export type ReceiptSource = {
  /** Newest first. `older`: there are more. `unreadable`: damaged ones among those that were looked at. */
  page(query: ReceiptQuery): Promise<{ rows: readonly ReceiptRow[]; older: boolean; unreadable: number }>
  /** By number; `undefined` where there is none. */
  receipt(seq: number): Promise<ReceiptRow | undefined>
  /** Every receipt, one bundle a line. */
  all(): Promise<string>
  /**
   * Checks a file of bundles, offline: by what this machine trusts, or by a key set that is given beside it.
   *
   * @throws `ReceiptError`, `JsonError`, `CliError` for what is no such file.
   */
  verify(text: string, keySet: string | undefined): Promise<VerifiedFile>
}

/** One receipt, checked offline with what this machine knows. */
export type ReceiptRow = {
  seq: number
  id: string
  statement: Statement
  /** The bundle, byte by byte. */
  text: string
  verification: Verification
  /** What was asked for, call by call, read from the evidence; `null` where it holds none that was committed to. */
  calls: readonly string[] | null
  /** Name of the task, and symbols and decimals of its assets, by the grant in the evidence; `null` where there is none. */
  scope: Scope | null
}

export type VerifiedFile = { verification: JournalVerification; texts: readonly string[] }

export type EscalationSource = {
  /** Oldest first. */
  list(): Promise<readonly Escalation[]>
  escalation(number: number): Promise<Escalation | undefined>
  /**
   * Keeps the confirmer's signature, after the chain was asked whether it is one over this very request. Still open afterwards
   * where another link of the grant asks for one of its own.
   */
  confirm(number: number, confirmation: Hex): Promise<Escalation>
  reject(number: number, why: string | undefined): Promise<void>
  /** Redeems what was confirmed; `null` where nobody here may: then who redeems does it. */
  submit: ((number: number) => Promise<void>) | null
}

export type GrantingSource = {
  /** The chain that is granted on. */
  chain: { id: number; name: string }
  /** A proposal out of answers to a template; `issues` where they do not describe a scope. */
  fromTemplate(name: string, answers: Answers): Promise<Proposed>
  /** The same out of a scope file. @throws `JsonError` for what is no JSON. */
  fromDocument(text: string): Promise<Proposed>
  /** `undefined` where there is none, or none any more. */
  proposal(id: string): Promise<Proposal | undefined>
  /**
   * Makes the grant of a proposal and its signatures, has the chain check it, and keeps it with its receipt.
   *
   * @throws `DelegationError`, `GrantError`, `CliError` where it is not signed by whom it says, or not alive.
   */
  accept(id: string, signatures: readonly Hex[]): Promise<Hex>
}

export type Proposed = { proposal: string } | { issues: readonly Issue[] }

/** What is wrong with what was asked for. `pointer`: the question of a template, or a place in the scope. */
export type Issue = { code: string; pointer: string; message: string; fix: string; value?: string | number | boolean }

/** What would be signed, read from what was compiled. */
export type Proposal = {
  id: string
  scope: Scope
  plan: Plan
  /** Why this lowering. */
  why: string
  warnings: readonly Warning[]
  radius: BlastRadius
  /** `ready`: a wallet with its key can sign. `plain`: it has no code yet, so that nothing it signs can be redeemed. */
  account: 'ready' | 'plain' | 'contract'
  /** Those of the plan, in its order, unsigned. */
  delegations: readonly Delegation[]
}
