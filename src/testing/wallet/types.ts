import type { LocalAccount, Transport } from 'viem'
import type { Environment } from '../../caveats/types.ts'
import type { GrantView } from '../../dapp/describe/describeGrant.ts'
import type { Tokens } from '../../dapp/describe/words.ts'
import type { PermissionRequest } from '../../dapp/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'

/** How the wallet behaves when it is asked for authority. All but `confirm`, `reject` and `slow` are faults of a wallet. */
export type DevWalletMode =
  /** Asks the person (see {@link Confirm}) and does as they say. */
  | 'confirm'
  /** The person says no to everything but to being connected: 4001. */
  | 'reject'
  /** Grants half of the amount, whether or not the page allows adjustment, and says so. */
  | 'lower'
  /** Grants twice the amount and says so. */
  | 'raise'
  /** Grants twice the amount and says that it granted what was asked. */
  | 'raiseHidden'
  /** Signs for another chain, and answers for it. */
  | 'wrongChain'
  /** Signs for another manager, and names it. */
  | 'wrongManager'
  /** Grants from another account of its own than the one asked for. */
  | 'wrongAccount'
  /** Grants from an account that has no code, and gives it none: nothing can be redeemed. */
  | 'notUpgraded'
  /** Adds a caveat of an enforcer that nobody knows. */
  | 'foreignEnforcer'
  /** Leaves out the caveat of the last rule, and says that the rule holds. */
  | 'missingCaveat'
  /** Answers with a signature of another key. */
  | 'forged'
  /** Confirms, but only after {@link DevWalletOptions.slowMs}, or when `release` is called. */
  | 'slow'
  /** Loses its connection while it is asked: 4900, and nothing but 4900 from then on. */
  | 'disconnect'

/** A chain that the wallet works on. */
export type DevWalletChain = {
  chainId: number
  /** Absent: the canonical deployment, where the chain has it; otherwise permissions are not supported there. */
  environment?: Environment
} & ({ rpcUrl: string } | { transport: Transport })

export type DevWalletOptions = DevWalletChain & {
  /** The person's accounts, the selected one first. Local keys: the wallet signs with them. */
  accounts: readonly [LocalAccount, ...LocalAccount[]]
  /** Further chains to switch to. */
  chains?: readonly DevWalletChain[]
  /** Default `confirm`. */
  mode?: DevWalletMode
  /** Who decides. Absent: a dialog where there is a page, otherwise everything is confirmed. */
  confirm?: Confirm
  /** Give the account the framework's code (EIP-7702) before it grants. Default true. */
  upgrade?: boolean
  /** `wallet_revokeExecutionPermission` exists. Default false, as in MetaMask. */
  revocation?: boolean
  /** Delegations that a page wrote itself may be signed as typed data. Default false, as in MetaMask. */
  rawDelegations?: boolean
  /** Milliseconds that `slow` takes. Default 5,000. */
  slowMs?: number
  /** The page that asks. Absent: the origin of this page. */
  origin?: string
  /** What the wallet calls itself. */
  name?: string
}

/** What the person is asked. Everything in it but `kind` may come from a hostile page. */
export type Question = { origin: string } & (
  | { kind: 'connect'; accounts: readonly Address[] }
  /**
   * `request` is complete: account, start and bounds are filled in; `view` says it in words. `canLower`: the page allows
   * adjustment.
   */
  | {
      kind: 'permission'
      account: Address
      request: PermissionRequest
      canLower: boolean
      view: GrantView & { tokens: Tokens }
    }
  | { kind: 'typedData'; account: Address; chainId: number; typedData: TypedDataMessage }
  | { kind: 'message'; account: Address; message: Hex }
  | { kind: 'transaction'; account: Address; chainId: number; calls: readonly DevWalletCall[] }
  | { kind: 'chain'; chainId: number; name: string; added: boolean }
  | { kind: 'revocation'; account: Address; chainId: number; delegate: Address; context: Hex }
)

/** `lower` means half of the amount; it counts as no where the question cannot be lowered. */
export type Answer = 'confirm' | 'reject' | 'lower'

export type Confirm = (question: Question) => Answer | Promise<Answer>

/** Value in wei. */
export type DevWalletCall = { to: Address; value: bigint; data: Hex }

/** `eth_signTypedData_v4` as a page sends it. */
export type TypedDataMessage = {
  domain: Readonly<Record<string, unknown>>
  types: Readonly<Record<string, readonly { name: string; type: string }[]>>
  primaryType: string
  message: Readonly<Record<string, unknown>>
}

export type ProviderEvents = {
  connect: { chainId: Hex }
  disconnect: Error
  chainChanged: Hex
  accountsChanged: Address[]
  message: { type: string; data: unknown }
}

/** EIP-1193. */
export type DevWalletProvider = {
  request(args: { method: string; params?: unknown }): Promise<unknown>
  on<event extends keyof ProviderEvents>(event: event, listener: (value: ProviderEvents[event]) => void): void
  removeListener<event extends keyof ProviderEvents>(
    event: event,
    listener: (value: ProviderEvents[event]) => void,
  ): void
}

/** EIP-6963. */
export type DevWalletInfo = { uuid: string; name: string; icon: `data:image/${string}`; rdns: string }

export type DevWallet = {
  provider: DevWalletProvider
  info: DevWalletInfo
  readonly mode: DevWalletMode
  setMode(mode: DevWalletMode): void
  /** Announces the wallet to the page by EIP-6963, now and whenever somebody asks. Returns how to stop that. */
  announce(): () => void
  /** Makes another of its accounts the selected one. */
  selectAccount(address: Address): void
  /** Lets everything go on that mode `slow` holds back. */
  release(): void
  /** Ends what mode `disconnect` brought about. */
  reconnect(): void
}
