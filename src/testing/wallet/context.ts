import { createClient, type LocalAccount } from 'viem'
import type { Environment } from '../../caveats/types.ts'
import { assertChain } from '../../chain/assertChain.ts'
import { getEnvironment, knownChains } from '../../chain/deployments.ts'
import { createNode } from '../../chain/node.ts'
import type { NodeClient } from '../../chain/rpc.ts'
import type { Address } from '../../primitives/hex.ts'
import { DevWalletError } from './errors.ts'
import { assertTestChain, testChains } from './testChains.ts'
import type { Answer, DevWalletChain, DevWalletMode, Question } from './types.ts'

/** A chain of the wallet, ready to be asked. */
export type Chain = { chainId: number; name: string; environment: Environment | null; node: NodeClient }

/** What the methods of the wallet share. */
export type Context = {
  /** The page that asks. */
  origin: string
  accounts: readonly LocalAccount[]
  upgrade: boolean
  rawDelegations: boolean
  revocation: boolean
  /** @throws `ProviderError` 5710 where the wallet does not have it. */
  chainOf(chainId: number): Chain
  mode(): DevWalletMode
  /** The chain that the page is on. */
  chain(): Chain
  chains: Map<number, Chain>
  /** Moves the page to a chain that the wallet has. */
  switchTo(chainId: number): void
  /**
   * The account that the page named, or the selected one.
   *
   * @throws `ProviderError` 4100 where the page is not connected, or the account is none of the wallet's.
   */
  account(address?: Address): LocalAccount
  /** @throws `ProviderError` 4001 where the answer is no, 4900 where the wallet breaks down over it. */
  ask(question: Unasked): Promise<Exclude<Answer, 'reject'>>
}

/** A question before the wallet says who asks. */
export type Unasked = Question extends infer question
  ? question extends Question
    ? Omit<question, 'origin'>
    : never
  : never

/** One method of the wallet. Parameters are whatever the page sent. */
export type Method = (context: Context, params: readonly unknown[]) => unknown

/**
 * @throws {@link DevWalletError} `wallet.not_a_test_chain`; `wallet.other_environment` where the deployment is of another
 * chain: what is signed for it would be worth nothing here, and something there.
 */
export function openChain(given: DevWalletChain): Chain {
  const { chainId } = given
  assertTestChain(chainId)
  if (given.environment !== undefined && given.environment.chainId !== chainId) {
    throw new DevWalletError('wallet.other_environment', 'This deployment is of another chain.', {
      details: { chainId, environmentChainId: given.environment.chainId },
      fix: 'Give the deployment of the chain that the wallet works on.',
    })
  }
  return {
    chainId,
    name: testChains.get(chainId) ?? String(chainId),
    environment: given.environment ?? (knownChains.includes(chainId) ? getEnvironment(chainId) : null),
    node:
      'transport' in given
        ? createClient({ transport: given.transport, pollingInterval: 50 })
        : createNode(given.rpcUrl, { retryCount: 0 }),
  }
}

/**
 * The chain, after a look that its node really serves it: a node of a main network under the id of a local chain would
 * otherwise be signed for by whoever believes the id.
 *
 * @throws `ChainError` `chain.wrong_chain`, `chain.rpc_…`
 */
export async function seen(chain: Chain): Promise<Chain> {
  assertTestChain(chain.chainId)
  await assertChain(chain.node, chain.chainId)
  return chain
}

export function lower(account: { address: Address }): Address {
  return account.address.toLowerCase() as Address
}
