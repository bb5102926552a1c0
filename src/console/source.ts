import type { Undone } from '../chain/readEndings.ts'
import type { ExplanationRow } from '../compile/types.ts'
import type { CheckRow } from '../delegation/facts.ts'
import type { Delegation } from '../delegation/types.ts'
import type { TreeNode } from '../grant/draw/nodes.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { NodeMeters } from '../verdict/meters.ts'

/**
 * Where the pages get their facts, and what they may set off. The CLI's home implements it now, the redeemer's store later.
 * A part that is absent has no pages. Whatever is text in an answer may come from anybody.
 */
export type ConsoleSource = {
  grants: GrantSource
  health: HealthSource
}

export type GrantSource = {
  overview(): Promise<Overview>
  /** `undefined` where there is no such grant. */
  grant(id: Hex): Promise<GrantFacts | undefined>
  /** Refuses at once here, or takes that back; idempotent, durable and with its receipt when it returns. */
  stop(id: Hex): Promise<void>
  resume(id: Hex): Promise<void>
  /**
   * Looks on the chain whether the links of this delegator are disabled now, waits for the transaction where it is still
   * under way, and leaves the receipts of it.
   */
  settleRevocation(id: Hex, delegator: Address, transaction: Hex): Promise<SettledRevocation>
}

export type HealthSource = { checks(): Promise<readonly HealthCheck[]> }

/** What was asked, and as of when. */
export type Reading = {
  chainId: number
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

/** One delegation with what is known of it. */
export type LinkFacts = {
  delegation: Delegation
  sentences: readonly ExplanationRow[]
  /** Checks of this link that did not pass. */
  troubles: readonly CheckRow[]
  /** What it has left; absent where the chain was not asked. */
  live: NodeMeters | undefined
  drawn: TreeNode
}

export type GrantRow = {
  id: Hex
  status: GrantStatus
  /** Codes or a time; `null` where there is nothing to add. */
  why: string | null
  /** Absent where its file cannot be read. */
  grant: Grant | null
  /** Hashes of its own last links: where it stands in the tree. */
  leaves: readonly Hex[]
}

export type Overview = { reading: Reading; grants: readonly GrantRow[]; links: readonly LinkFacts[] }

/** What still passes of one rule (and payee) in one action. */
export type Remaining = { rule: string; payee: Address | null; text: string; refused: string | null }

/** An amount that left by a redemption of this grant, told by its receipt. */
export type Spent = {
  /** Unix seconds of the block. */
  at: bigint
  asset: Address | 'native'
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

/** Who can end this grant, and how. */
export type Ender = {
  delegator: Address
  /** Links of its own to disable, not yet disabled. Empty: nothing is left for it to end. */
  open: readonly Hex[]
  /**
   * `wallet`: an account whose own transactions end them; one for each link, as a wallet is asked for them.
   * `command`: its key is here, or it is a contract account: the command line ends it.
   */
  by: { how: 'wallet'; transactions: readonly { to: Address; data: Hex }[] } | { how: 'command'; command: string }
}

export type GrantFacts = {
  reading: Reading
  grant: Grant
  row: GrantRow
  links: readonly LinkFacts[]
  remaining: readonly Remaining[]
  groups: readonly GroupFacts[]
  /** The stop that holds for it here; `own` where resuming this very grant takes it back. */
  stopped: { by: Hex; at: string; own: boolean } | null
  undone: readonly Undone[]
  spent: readonly Spent[]
  enders: readonly Ender[]
}

export type SettledRevocation =
  | { status: 'ended'; receipts: readonly string[] }
  /** Not included yet: look again. */
  | { status: 'pending' }
  /** Included, and the links are not disabled. */
  | { status: 'not_ended' }

export type HealthCheck = { check: string; status: 'ok' | 'warning' | 'fail'; found: string; fix?: string }
