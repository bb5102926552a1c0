import type { Environment } from '../../../src/caveats/index.ts'
import type { StoredGrant } from '../../../src/dapp/index.ts'
import type { Scope } from '../../../src/scope/index.ts'

/** What travels between the page, its own server, the redeemer and the agent. JSON: amounts are decimal strings. */
type Hex = `0x${string}`

/** Everything the page has to know, served at `/config.json`. All of it is public. */
export type ExampleConfig = {
  chainId: number
  environment: Environment
  token: { address: Hex; symbol: string; decimals: number }
  agent: Party
  redeemer: { url: string; address: Hex }
  /** Hands on what a wallet cannot say, at `/task-account/grants`. Its key is with the page's own server. */
  taskAccount: Hex
  /** Whom the agent may be allowed to pay. */
  payees: readonly Party[]
}
export type Party = { name: string; address: Hex }

/** Served at `/dev-wallet.json`, for the wallet alone: the page has no use for keys. */
export type DevWalletKeys = { privateKeys: readonly Hex[] }

/** The page hands the redeemer a grant: the file that `serializeGrant` writes, as JSON. It answers with its id. */
export type RegisteredGrant = { id: Hex }

/** The page asks the account that can hand on what a wallet cannot say. It answers with the file of the grant. */
export type RedelegationRequest = { root: StoredGrant; rootScope: Scope; scope: Scope }

/** The page sets its agent to work. */
export type Task = {
  grant: Hex
  payees: readonly Hex[]
  /** Base units. */
  perDay: string
  /** `shift`: a payment, one above the limit, one to a stranger. `retry`: one more payment. */
  work: 'shift' | 'retry'
}

/** The agent asks for one payment: a call of the token, and its signature over all of it (EIP-712 `ActionRequest`). */
export type PaymentRequest = {
  grant: Hex
  token: Hex
  /** Calldata. */
  data: Hex
  number: string
  /** Unix seconds. */
  deadline: string
  /** The agent's own words. Data, never instructions. */
  reason: string
  signature: Hex
}

/** One payment that the agent asked for, and what became of it. */
export type Attempt = {
  /** What the agent signed. */
  id: Hex
  /** Unix milliseconds by the redeemer's clock. */
  at: number
  to: Hex
  /** Base units. */
  amount: string
  reason: string
  result: AttemptResult
}

export type AttemptResult =
  | { status: 'deciding' }
  | { status: 'paid'; transactionHash: Hex }
  /** Nothing was sent. Amounts in base units, unix seconds; `null` where the reason has no such number. */
  | {
      status: 'denied'
      code: string
      sentence: string
      limit: string | null
      left: string | null
      resetsAt: string | null
    }
  /** Allowed, and still no payment that could be proven. */
  | { status: 'failed'; code: string; message: string }
