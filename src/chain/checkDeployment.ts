import { keccak256 } from 'viem'
import { codecs } from '../caveats/registry.ts'
import type { EnforcerName, Environment } from '../caveats/types.ts'
import { domainSeparator } from '../delegation/hash.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { readData } from './answers.ts'
import { readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { readKnownEnforcers } from './knownCode.ts'
import { assertChain } from './readState.ts'
import { ask, atBlock, callAt, type NodeClient } from './rpc.ts'

/** One contract that redemptions depend on, as the chain has it. */
export type DeployedContract = { name: string; address: Address; codeHash: Hex }

export type CheckDeploymentParameters = {
  environment: Environment
  /** Enforcers that must be there, as `enforcersOf` names those of some caveats. Default: every one of the deployment. */
  enforcers?: readonly EnforcerName[]
  /** Code hashes by contract name that must match, for example those of an earlier check. */
  pins?: Readonly<Record<string, Hex>>
}

/** `getDomainHash()` */
const GET_DOMAIN_HASH: Hex = '0x83ebb771'

/**
 * The contracts that Ambit relies on, with their code hashes: manager, account implementations, enforcers. Of each enforcer
 * the code must be the one whose terms Ambit reads and writes. The manager must sign for this chain and itself, as
 * framework 1.3.0 does; its code and the implementations' holds the chain's id, so for those compare with `pins` you trust.
 *
 * Ask before anybody signs: the terms of an enforcer mean something else to another contract.
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
  const names = enforcers ?? codecs.map(({ name }) => name).filter((name) => environment.enforcers[name] !== undefined)
  const [domain, known, ...found] = await Promise.all([
    callAt(client, { to: environment.manager, data: GET_DOMAIN_HASH, block }),
    readKnownEnforcers(client, { environment, names, block }),
    ...contractsOf(environment).map(async ({ name, address }) => ({
      name,
      address,
      code: readData('eth_getCode', await ask(client, 'eth_getCode', [address, atBlock(block)])),
    })),
  ])
  const missing = found.filter(({ code }) => code === '0x')
  if (missing.length > 0) {
    throw new ChainError('chain.not_deployed', 'The framework is not deployed here.', {
      details: { chainId: environment.chainId, missing: missing.map(({ name, address }) => `${name} ${address}`) },
      fix: 'Check the chain and the addresses; do not sign a grant for contracts that do not exist.',
    })
  }
  const expected = domainSeparator({ chainId: environment.chainId, manager: environment.manager })
  if (domain.status !== 'ok' || domain.data !== expected) {
    throw new ChainError('chain.wrong_code', 'The contract at the manager’s address is not the framework’s manager.', {
      details: { manager: environment.manager, domain: domain.data.slice(0, 66), expected },
      fix: 'Do not use this deployment: signatures for it mean something else.',
    })
  }
  const contracts = [...found, ...known].map(({ name, address, code }) => ({
    name,
    address,
    codeHash: keccak256(code),
  }))
  const changed = contracts.filter(({ name, codeHash }) => pins[name] !== undefined && pins[name] !== codeHash)
  if (changed.length > 0) {
    throw new ChainError('chain.wrong_code', 'A contract of the framework has other code than expected.', {
      details: { contracts: changed.map(({ name, codeHash }) => `${name} ${codeHash}`) },
      fix: 'Do not use this deployment until you know why its code differs.',
    })
  }
  return contracts
}

function contractsOf({ manager, implementations }: Environment): { name: string; address: Address }[] {
  return [
    { name: 'DelegationManager', address: manager },
    { name: 'HybridDeleGator', address: implementations.hybrid },
    { name: 'EIP7702StatelessDeleGator', address: implementations.stateless7702 },
  ]
}
