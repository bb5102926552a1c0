import type { Environment } from '../caveats/types.ts'
import { readQuantity, readWords } from '../chain/answers.ts'
import type { Block } from '../chain/block.ts'
import { ask, atBlock, callAt, getAt, type NodeClient } from '../chain/rpc.ts'
import { MAX_UINT256 } from '../primitives/bounds.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import { min } from '../primitives/integer.ts'
import { membersOf } from './describe/exposure.ts'
import type { Asset } from './describe/words.ts'
import type { WalletGrant } from './walletGrant.ts'

export type Spending = {
  asset: Asset
  /** Base units: in this period, or in all where there are none. */
  spent: bigint
  /** What the enforcer would let leave now; 0 before its start. After an end it would let nothing leave. */
  available: bigint
  /** What the principal's account holds; `null`: the token does not say. */
  balance: bigint | null
  /** The smaller of the two: all that can move now. */
  movable: bigint | null
  /** Unix seconds. `null`: it never starts anew. */
  resetsAt: number | null
}

/** `periodicAllowances(address,bytes32)` and `streamingAllowances(address,bytes32)`: what is kept by manager and hash. */
const [PERIODIC, STREAMING]: [Hex, Hex] = ['0x7b91dc78', '0xfb7d2c5b']
/** `balanceOf(address)` */
const BALANCE_OF: Hex = '0x70a08231'
/**
 * What the enforcer has counted, and what that leaves, at one block.
 *
 * @returns `null` for permissions under which nothing of value moves.
 * @throws `ChainError` `chain.rpc_…`
 */
export async function readSpending(
  client: NodeClient,
  { permission, principal, hash }: Pick<WalletGrant, 'permission' | 'principal' | 'hash'>,
  environment: Environment,
  { hash: block, timestamp: now }: Block,
): Promise<Spending | null> {
  const {
    tokenAddress,
    startTime = 0,
    periodAmount,
    periodDuration,
    allowanceAmount,
    ...stream
  } = membersOf(permission)
  const amount = periodAmount ?? allowanceAmount
  const { initialAmount = 0n, maxAmount = MAX_UINT256, amountPerSecond } = stream
  if (amount === undefined && amountPerSecond === undefined) return null
  const kind = amount === undefined ? 'Streaming' : 'PeriodTransfer'
  const enforcer =
    environment.enforcers[tokenAddress === undefined ? `NativeToken${kind}Enforcer` : `ERC20${kind}Enforcer`]
  const data = concatBytes(amount === undefined ? STREAMING : PERIODIC, word(environment.manager), hash)
  const [words, balance] = await Promise.all([
    getAt(client, { to: enforcer ?? '0x', data, block }),
    readBalance(client, principal, tokenAddress, block),
  ])
  const [, , , third = 0n, fourth = 0n] = readWords('eth_call', words, 5)
  const elapsed = now - BigInt(startTime)
  const seconds = BigInt(periodDuration ?? 0)
  // Both counters are written at the first use: before it, all words are zero.
  const nth = seconds === 0n ? 1n : elapsed / seconds + 1n
  const spent = amount === undefined ? fourth : third === nth ? fourth : 0n
  const unlocked = amount ?? min(maxAmount, initialAmount + (amountPerSecond ?? 0n) * elapsed)
  const available = elapsed < 0n || unlocked < spent ? 0n : unlocked - spent
  return {
    asset: tokenAddress ?? 'native',
    spent,
    available,
    balance,
    movable: balance === null ? null : min(balance, available),
    resetsAt: seconds === 0n ? null : elapsed < 0n ? startTime : startTime + Number(nth * seconds),
  }
}

/** A token that reverts, or answers nonsense, must not hide how the grant stands. */
export async function readBalance(
  client: NodeClient,
  account: Address,
  token: Address | undefined,
  block: Hex,
): Promise<bigint | null> {
  const method = 'eth_getBalance'
  if (token === undefined) return readQuantity(method, await ask(client, method, [account, atBlock(block)]))
  const { status, data } = await callAt(client, { to: token, data: concatBytes(BALANCE_OF, word(account)), block })
  return status === 'ok' && data.length === 66 ? BigInt(data) : null
}

export function word(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}
