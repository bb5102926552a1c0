import { afterAll, beforeAll } from 'vitest'
import type { Address } from '../../src/primitives/hex.ts'
import { testTokenAbi } from '../../src/testing/framework.ts'
import { type LocalChain, type LocalChainOptions, startLocalChain } from '../../src/testing/localChain.ts'

/** One real chain for a test file, from before its first test to after its last: `const chain = useChain()`. */
export function useChain(options: LocalChainOptions = {}): LocalChain {
  let started: LocalChain | undefined
  beforeAll(async () => {
    started = await startLocalChain(options)
  })
  afterAll(() => started?.stop())
  return new Proxy({} as LocalChain, { get: (_, property) => Reflect.get(started as LocalChain, property) })
}

/** Gives `to` base units of a test token. */
export async function mint(chain: LocalChain, to: Address, amount: bigint, token = chain.token.address): Promise<void> {
  const hash = await chain.walletClient(chain.accounts[0]).writeContract({
    address: token,
    abi: testTokenAbi,
    functionName: 'mint',
    args: [to, amount],
  })
  await chain.publicClient.waitForTransactionReceipt({ hash })
}

/** Base units that `owner` holds at the head. */
export function balanceOf(chain: LocalChain, owner: Address, token = chain.token.address): Promise<bigint> {
  return chain.publicClient.readContract({
    address: token,
    abi: testTokenAbi,
    functionName: 'balanceOf',
    args: [owner],
  })
}
