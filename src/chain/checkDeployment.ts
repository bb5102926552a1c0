import { keccak256 } from 'viem'
import { codecs } from '../caveats/registry.ts'
import type { EnforcerName, Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { assertChain } from './assertChain.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { type KnownContract, readKnownCode } from './knownCode.ts'
import type { NodeClient } from './rpc.ts'

/** One contract that redemptions depend on, as the chain has it. */
export type DeployedContract = { name: string; address: Address; codeHash: Hex }

export type CheckDeploymentParameters = {
  environment: Environment
  /** Enforcers that must be there, as `enforcersOf` names those of some caveats. Default: every one of the framework. */
  enforcers?: readonly EnforcerName[]
  /** Code hashes by contract name that must match as well, for example those of an earlier check. */
  pins?: Readonly<Record<string, Hex>>
}

const CONTRACTS: readonly KnownContract[] = ['DelegationManager', 'HybridDeleGator', 'EIP7702StatelessDeleGator']

/**
 * The contracts that Ambit relies on, with their code hashes: manager, account implementations, enforcers. The code of
 * each must be that of framework 1.3.0, deployed for this chain and with each other's addresses: a manager that signs for
 * another domain is refused, and an enforcer that reads other terms.
 *
 * Ask before anybody signs.
 *
 * @throws {@link ChainError} `chain.not_deployed` naming what has no code, `chain.wrong_code` naming what has other code,
 * `chain.wrong_chain`, `chain.rpc_…`.
 */
export async function checkDeployment(
  client: NodeClient,
  { environment, enforcers, pins = {} }: CheckDeploymentParameters,
): Promise<readonly DeployedContract[]> {
  await assertChain(client, environment.chainId)
  const { hash: block } = await readBlock(client)
  const deployed = codecs
    .map(({ name }) => name)
    .filter((name) => name !== 'TaskScopeEnforcer' && environment.enforcers[name])
  const found = await readKnownCode(client, { environment, names: [...CONTRACTS, ...(enforcers ?? deployed)], block })
  const contracts = found.map(({ name, address, code }) => ({ name, address, codeHash: keccak256(code) }))
  const changed = contracts.filter(({ name, codeHash }) => pins[name] !== undefined && pins[name] !== codeHash)
  if (changed.length > 0) {
    throw new ChainError('chain.wrong_code', 'A contract of the framework has other code than expected.', {
      details: { contracts: changed.map(({ name, codeHash }) => `${name} ${codeHash}`) },
      fix: 'Do not use this deployment until you know why its code differs.',
    })
  }
  return contracts
}
