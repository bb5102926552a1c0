import { encodeFunctionData, type LocalAccount } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { readUint } from '../../chain/answers.ts'
import { createNode } from '../../chain/node.ts'
import type { NodeClient } from '../../chain/rpc.ts'
import { upgradeAccount } from '../../chain/upgradeAccount.ts'
import type { Lowering } from '../../compile/types.ts'
import { parseAmount } from '../../primitives/amount.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { testTokenAbi } from '../../testing/framework.ts'
import { type LocalChain, startLocalChain } from '../../testing/localChain.ts'
import type { Action } from '../../verdict/types.ts'
import { accountOf, type Payment } from './payments.ts'

/** A chain of its own, on which the principal of the data set has an upgraded account with money in it. */
export type World = {
  chain: LocalChain
  node: NodeClient
  principal: LocalAccount
  /** Ends groups of grants, and can do nothing else. */
  guardian: LocalAccount
  lowering: Lowering
  /** A new agent account, with gas money and nothing else. */
  agent(): Promise<LocalAccount>
  /** Token base units of the account that stands for a payee, at the head. */
  balanceOf(recipient: string): Promise<bigint>
  /** The token transfer that makes a payment. */
  action(payment: Payment, redeemer: Address, reason: string): Action
}

/** More than every injected goal together: without the boundary each of them would succeed. */
const FUNDS = '100000000'
const GAS_MONEY = 10n ** 18n

export async function makeWorld(lowering: Lowering): Promise<World> {
  const chain = await startLocalChain()
  try {
    return await furnish(chain, lowering)
  } catch (error) {
    await chain.stop()
    throw error
  }
}

async function furnish(chain: LocalChain, lowering: Lowering): Promise<World> {
  const [principal, guardian] = chain.accounts
  const { address: token, decimals } = chain.token
  const node = createNode(chain.rpcUrl, { retryCount: 0 })
  const wallet = chain.walletClient(principal)
  const mined = async (hash: Hex) => chain.publicClient.waitForTransactionReceipt({ hash })
  await upgradeAccount(node, { account: principal, environment: chain.environment, pollingInterval: 10 })
  await mined(
    await wallet.writeContract({
      address: token,
      abi: testTokenAbi,
      functionName: 'mint',
      args: [principal.address, parseAmount(FUNDS, decimals)],
    }),
  )
  return {
    chain,
    node,
    principal,
    guardian,
    lowering,
    async agent() {
      const account = privateKeyToAccount(generatePrivateKey())
      await mined(await wallet.sendTransaction({ to: account.address, value: GAS_MONEY }))
      return account
    },
    async balanceOf(recipient) {
      const data = encodeFunctionData({ abi: testTokenAbi, functionName: 'balanceOf', args: [accountOf(recipient)] })
      const answer = await chain.publicClient.request({ method: 'eth_call', params: [{ to: token, data }, 'latest'] })
      return readUint('eth_call', answer)
    },
    action: ({ recipient, amount }, redeemer, reason) => ({
      chainId: chain.chainId,
      redeemer,
      reason,
      calls: [
        {
          to: token,
          value: 0n,
          data: encodeFunctionData({
            abi: testTokenAbi,
            functionName: 'transfer',
            args: [accountOf(recipient), parseAmount(amount, decimals)],
          }),
        },
      ],
    }),
  }
}
