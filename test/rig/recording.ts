import type { LocalAccount } from 'viem'
import { readBlock } from '../../src/chain/block.ts'
import { redeem } from '../../src/chain/redeem.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { readReceipt, readTransaction } from '../../src/chain/transactions.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { ClassifyParameters } from '../../src/outcome/classify.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Action } from '../../src/verdict/types.ts'

/** Redeems for real and gives everything that the chain then says of it, as `classifyOutcome` takes it. */
export async function recordRedemption(
  chain: LocalChain,
  client: NodeClient,
  { account, grant, action }: { account: LocalAccount; grant: Grant; action: Action },
): Promise<ClassifyParameters> {
  const { environment } = chain
  const { sent, redemption } = await redeem(client, { account, grant, action, environment })
  if (sent === null || redemption === null) throw new TypeError('not allowed: the sketch of this test is wrong')
  const [transaction, receipt, head] = await Promise.all([
    readTransaction(client, sent.hash),
    readReceipt(client, sent.hash),
    readBlock(client),
  ])
  const principal = grant.delegations[0]?.delegator
  if (transaction === null || 'pending' in transaction || receipt === null || principal === undefined) {
    throw new TypeError('not included: the chain of this test is wrong')
  }
  return {
    transaction,
    receipt,
    redemption,
    action,
    principal,
    environment,
    head: head.number,
    confirmations: 1,
    accountRuns: true,
  }
}
