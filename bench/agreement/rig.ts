import { parseAbi } from 'viem'
import type { Environment } from '../../src/caveats/types.ts'
import { createNode, type NodeClient } from '../../src/chain/index.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { deployPinnedTarget, deployTestToken, testTokenAbi } from '../../src/testing/framework.ts'
import { type LocalChain, startLocalChain } from '../../src/testing/localChain.ts'
import type { World } from '../../test/arbitraries/grantSketch.ts'
import { PERMIT2 } from '../../test/arbitraries/sketchCall.ts'
import { send } from './rpc.ts'

/** A local chain with two funded principals, four agents, two tokens and a callee. */
export type Rig = {
  chain: LocalChain
  node: NodeClient
  environment: Environment
  manager: Address
  world: Omit<World, 'now' | 'block'>
  account: (address: Address) => LocalChain['accounts'][number]
  stop: () => Promise<void>
}

/** Stands for tokens with ids, for owned contracts and for whatever has approvals: answers every call with the word 1. */
const MOCK: Address = `0x${'5d'.repeat(20)}`
const MOCK_CODE = '0x600160005260206000f3'

/** More than any generated bound but the absurd ones: authority decides, not the balance. */
const FUNDS = 10n ** 12n

/** @throws `chain.no_local_engine` without anvil: no other engine writes storage and keeps the clock as this needs. */
export async function startRig(): Promise<Rig> {
  const chain = await startLocalChain({ engine: 'anvil' })
  try {
    return await prepareRig(chain)
  } catch (error) {
    await chain.stop()
    throw error
  }
}

async function prepareRig(chain: LocalChain): Promise<Rig> {
  const { environment, publicClient, accounts } = chain
  const deployer = chain.walletClient(accounts[9] ?? accounts[0])
  const otherToken = await deployTestToken(deployer, publicClient, { symbol: 'DAI', decimals: 18 })
  const target = await deployPinnedTarget(deployer, publicClient)
  const lower = (index: number) => accounts[index]?.address.toLowerCase() as Address
  const principals = [lower(0), lower(1)] as const
  for (const index of [0, 1]) {
    const account = accounts[index]
    if (account === undefined) continue
    const wallet = chain.walletClient(account)
    const authorization = await wallet.signAuthorization({
      account,
      contractAddress: environment.implementations.stateless7702,
      executor: 'self',
    })
    const hash = await wallet.sendTransaction({ to: account.address, authorizationList: [authorization] })
    await publicClient.waitForTransactionReceipt({ hash })
    for (const token of [chain.token.address, otherToken]) {
      // Of the newest block: an authorization takes a nonce too, which the node's pool has not heard of for a moment.
      const nonce = await publicClient.getTransactionCount({ address: account.address, blockTag: 'latest' })
      const mint = await wallet.writeContract({
        address: token,
        abi: testTokenAbi,
        functionName: 'mint',
        args: [account.address, FUNDS],
        nonce,
      })
      await publicClient.waitForTransactionReceipt({ hash: mint })
    }
  }
  await send(chain.rpcUrl, 'anvil_setCode', [MOCK, MOCK_CODE])
  await send(chain.rpcUrl, 'anvil_setCode', [PERMIT2, MOCK_CODE])
  // One second a block, whatever the wall clock does: the same seed is the same run.
  await send(chain.rpcUrl, 'anvil_setBlockTimestampInterval', [1])
  return {
    chain,
    node: createNode(chain.rpcUrl, { timeout: 60_000, retryCount: 0 }),
    environment,
    manager: environment.manager,
    world: {
      chainId: environment.chainId,
      principals,
      agents: [lower(2), lower(3), lower(4), lower(5)],
      payees: [
        '0x00000000000000000000000000000000000000a1',
        '0x00000000000000000000000000000000000000b2',
        `0x${'c3'.repeat(20)}`,
      ],
      token: chain.token.address,
      otherToken,
      target,
      mock: MOCK,
      deployer: environment.enforcers['DeployedEnforcer'] as Address,
    },
    account: (address) => {
      const found = accounts.find((account) => account.address.toLowerCase() === address)
      return found ?? accounts[0]
    },
    stop: () => chain.stop(),
  }
}

export const managerAbi = parseAbi([
  'struct Caveat { address enforcer; bytes terms; bytes args; }',
  'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
  'function disableDelegation(Delegation delegation)',
  'function pause()',
  'function unpause()',
  'function owner() view returns (address)',
  'function incrementNonce(address manager)',
])
