/** What the examples stand on: a chain of their own, a principal with 1,000 test USDC, an agent and a vendor. */
import { encodeFunctionData } from 'viem'
import { chain } from '../src/index.ts'
import { startLocalChain, testTokenAbi } from '../src/testing/index.ts'

export async function setUp() {
  const { rpcUrl, environment, token, accounts, publicClient, walletClient, stop } = await startLocalChain()
  const [principal, agent, vendor] = accounts
  const node = chain.createNode(rpcUrl)
  const mint = { functionName: 'mint', args: [principal.address, 1_000_000_000n] } as const
  const hash = await walletClient(principal).writeContract({ address: token.address, abi: testTokenAbi, ...mint })
  await publicClient.waitForTransactionReceipt({ hash })
  // A principal needs code that the framework may call: its key keeps all its power (EIP-7702).
  await chain.upgradeAccount(node, { account: principal, environment })
  return { node, environment, principal, agent, vendor, usdc: token, transfer, stop }

  function transfer(to: `0x${string}`, amount: bigint) {
    const data = encodeFunctionData({ abi: testTokenAbi, functionName: 'transfer', args: [to, amount] })
    return { to: token.address, value: 0n, data }
  }
}
