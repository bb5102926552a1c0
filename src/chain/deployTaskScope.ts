import { keccak256, type LocalAccount } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readData, readQuantity } from './answers.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { included } from './included.ts'
import { readKnownCode } from './knownCode.ts'
import { ask, atBlock, type NodeClient } from './rpc.ts'
import { type Sent, send } from './send.ts'
import { CREATE2_DEPLOYER, type Deployable, taskScopeDeployables } from './taskScope.ts'

/** One contract as the chain has it: `deployed` only with the code that Ambit knows. */
export type PlannedContract = Pick<Deployable, 'name' | 'address'> &
  (
    | { status: 'deployed'; codeHash: Hex }
    /** What deploying it costs, as the node estimates it now. */
    | { status: 'absent'; gas: bigint }
  )

export type DeploymentPlan = { chainId: number; manager: Address; contracts: readonly PlannedContract[] }

/** A contract that is there now; `transactionHash` is `null` where it was there before. */
export type DeployedNow = Pick<Deployable, 'name' | 'address'> & {
  codeHash: Hex
  transactionHash: Hex | null
  gasUsed: bigint | null
}

/**
 * What of the TaskScopeEnforcer and its reader is on this chain, and what deploying the rest would cost. Sends nothing.
 *
 * @throws {@link ChainError} `chain.not_deployed` where the manager or the CREATE2 deployer is missing, `chain.wrong_code` where the
 * manager is not framework 1.3.0's for this chain or one of the addresses has other code; `chain.wrong_chain`,
 * `chain.rpc_…`.
 */
export async function planTaskScope(
  client: NodeClient,
  { environment }: { environment: Environment },
): Promise<DeploymentPlan> {
  const { chainId, manager } = environment
  await assertChain(client, chainId)
  const { hash: block } = await readBlock(client)
  await readKnownCode(client, { environment, names: ['DelegationManager'], block })
  await requireDeployer(client, block, chainId)
  const contracts = await Promise.all(
    taskScopeDeployables(environment).map(async ({ name, address, data }): Promise<PlannedContract> => {
      if ((await codeAt(client, address, block)) === '0x') {
        const answer = await ask(client, 'eth_estimateGas', [{ from: SOMEBODY, to: CREATE2_DEPLOYER, data }])
        return { name, address, status: 'absent', gas: readQuantity('eth_estimateGas', answer) }
      }
      return { name, address, status: 'deployed', codeHash: await knownHash(client, environment, name, block) }
    }),
  )
  return { chainId, manager, contracts }
}

/**
 * Deploys what is missing, each where it belongs, and checks the code in the very block. Idempotent: what is there is left
 * alone, and whoever was faster has deployed the same.
 *
 * @throws {@link ChainError} those of {@link planTaskScope}, of `send`, `chain.send_unknown` where time is up.
 */
export async function deployTaskScope(
  client: NodeClient,
  { account, environment, onSigned, ...waiting }: DeployTaskScopeParameters,
): Promise<readonly DeployedNow[]> {
  const plan = await planTaskScope(client, { environment })
  const deployed: DeployedNow[] = []
  for (const { name, address, data } of taskScopeDeployables(environment)) {
    const planned = plan.contracts.find((contract) => contract.name === name)
    if (planned?.status === 'deployed') {
      deployed.push({ name, address, codeHash: planned.codeHash, transactionHash: null, gasUsed: null })
      continue
    }
    const { chainId } = environment
    const observed = onSigned === undefined ? {} : { onSigned }
    const sent = await send(client, { account, chainId, to: CREATE2_DEPLOYER, data, ...observed })
    const { blockHash, gasUsed } = await included(client, sent, waiting)
    const codeHash = await knownHash(client, environment, name, blockHash)
    deployed.push({ name, address, codeHash, transactionHash: sent.hash, gasUsed })
  }
  return deployed
}

export type DeployTaskScopeParameters = {
  /** Pays for gas, and has no other part in it. */
  account: LocalAccount
  environment: Environment
  onSigned?: (sent: Sent) => void | Promise<void>
  /** Milliseconds to wait for each inclusion. Default 60,000. */
  timeout?: number
  pollingInterval?: number
}

/** Estimates are for nobody in particular: the code is the same whoever deploys it. */
const SOMEBODY: Address = `0x${'00'.repeat(19)}01`

/** Keccak-256 of the runtime code of the deployer, the same wherever it is. */
const DEPLOYER_CODE_HASH: Hex = '0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989'

async function requireDeployer(client: NodeClient, block: Hex, chainId: number): Promise<void> {
  const code = await codeAt(client, CREATE2_DEPLOYER, block)
  if (keccak256(code) === DEPLOYER_CODE_HASH) return
  throw new ChainError('chain.not_deployed', 'The deterministic deployment proxy is not on this chain.', {
    details: { chainId, missing: [`CREATE2 deployer ${CREATE2_DEPLOYER}`] },
    fix: 'Deploy the proxy first, with its well-known signed transaction.',
  })
}

async function codeAt(client: NodeClient, address: Address, block: Hex): Promise<Hex> {
  return readData('eth_getCode', await ask(client, 'eth_getCode', [address, atBlock(block)]))
}

async function knownHash(client: NodeClient, environment: Environment, name: Deployable['name'], block: Hex) {
  const [contract] = await readKnownCode(client, { environment, names: [name], block })
  return keccak256(contract?.code ?? '0x')
}
