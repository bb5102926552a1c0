import { domainSeparator, keccak256 } from 'viem'
import { decodeCaveat } from '../caveats/caveat.ts'
import { codecByKind } from '../caveats/registry.ts'
import type { Caveat, DecodedCaveat, EnforcerName, Environment } from '../caveats/types.ts'
import { type Address, byteLength, type Hex, uintToBytes } from '../primitives/hex.ts'
import { readData } from './answers.ts'
import { ChainError } from './errors.ts'
import { knownCode } from './generated/knownCode.ts'
import { ask, atBlock, type NodeClient } from './rpc.ts'
import { taskScopeReaderAddress } from './taskScope.ts'

/** Contracts beside the enforcers, as the framework's sources and ours call them. */
export type KnownContract = 'DelegationManager' | 'HybridDeleGator' | 'EIP7702StatelessDeleGator' | 'TaskScopeReader'

/** A contract by name and address, as one block has it. */
export type ContractCode = { name: string; address: Address; code: Hex }

export type ReadKnownCodeParameters = {
  environment: Environment
  /** An enforcer without an address there is not deployed. */
  names: readonly (EnforcerName | KnownContract)[]
  /** Hash of the block whose state is asked. */
  block: Hex
}

/**
 * Code of contracts, each of which must be the one that Ambit knows under its name. The same address may hold another
 * contract on another chain, and the same name another layout of terms in another release: what is signed would mean
 * something else there.
 *
 * Left out of the comparison: the compiler's hash of sources and settings of the framework's, which no instruction reads, and the address of
 * the P-256 library in Hybrid accounts. What a constructor wrote into the code must be of this deployment and chain.
 *
 * @throws {@link ChainError} `chain.not_deployed`, `chain.wrong_code`, both naming the contracts; `chain.rpc_…`.
 */
export async function readKnownCode(
  client: NodeClient,
  { environment, names, block }: ReadKnownCodeParameters,
): Promise<readonly ContractCode[]> {
  const found = await Promise.all(
    names.map(async (name): Promise<ContractCode> => {
      const address = addressOf(name, environment)
      if (address === undefined) return { name, address: NOWHERE, code: '0x' }
      return {
        name,
        address,
        code: readData('eth_getCode', await ask(client, 'eth_getCode', [address, atBlock(block)])),
      }
    }),
  )
  const missing = found.filter(({ code }) => code === '0x')
  if (missing.length > 0) throw notDeployed(environment, missing)
  const foreign = found.filter((contract) => !isKnown(contract, environment))
  if (foreign.length > 0) throw wrongCode(foreign)
  return found
}

/**
 * The same for the enforcers of caveats that are judged again and again: asked of a client once for each environment. None of
 * them can end itself or run other code as itself, so what is known at one block is known at every later one.
 *
 * @throws {@link ChainError} as {@link readKnownCode}.
 */
export async function assertKnownEnforcers(
  client: NodeClient,
  { environment, caveats, block }: { environment: Environment; caveats: readonly Caveat[]; block: Hex },
): Promise<void> {
  const known = seenBy(client, environment)
  const names = enforcersOf(caveats, environment).filter((name) => !known.has(name))
  await readKnownCode(client, { environment, names, block })
  for (const name of names) known.add(name)
}

/** Names of the enforcers that check these caveats, wrapped ones included. What is unknown has none: it denies by itself. */
export function enforcersOf(caveats: readonly Caveat[], environment: Environment): EnforcerName[] {
  const names = new Set<EnforcerName>()
  const visit = (meaning: DecodedCaveat) => {
    if (meaning.kind === 'unknown') return
    names.add(codecByKind[meaning.kind].name)
    if (meaning.kind === 'logicalOr') for (const inner of meaning.groups.flat()) visit(inner.meaning)
  }
  for (const caveat of caveats) visit(decodeCaveat(environment, caveat))
  return [...names]
}

const seen = new WeakMap<NodeClient, WeakMap<Environment, Set<EnforcerName>>>()

function seenBy(client: NodeClient, environment: Environment): Set<EnforcerName> {
  const byEnvironment = seen.get(client) ?? new WeakMap<Environment, Set<EnforcerName>>()
  const names = byEnvironment.get(environment) ?? new Set<EnforcerName>()
  seen.set(client, byEnvironment.set(environment, names))
  return names
}

const NOWHERE: Address = `0x${'00'.repeat(20)}`

function addressOf(name: EnforcerName | KnownContract, environment: Environment): Address | undefined {
  const { manager, implementations, enforcers } = environment
  switch (name) {
    case 'DelegationManager':
      return manager
    case 'HybridDeleGator':
      return implementations.hybrid
    case 'EIP7702StatelessDeleGator':
      return implementations.stateless7702
    case 'TaskScopeReader':
      return taskScopeReaderAddress(manager)
    default:
      return Object.hasOwn(enforcers, name) ? enforcers[name] : undefined
  }
}

function isKnown(contract: ContractCode, environment: Environment): boolean {
  const known = Object.hasOwn(knownCode, contract.name) ? knownCode[contract.name] : undefined
  if (known === undefined || byteLength(contract.code) !== known.bytes) return false
  let digits = contract.code.slice(2, 2 + (known.bytes - known.metadata) * 2)
  const blank = (at: number, size: number): string => {
    const taken = digits.slice(at * 2, (at + size) * 2)
    digits = digits.slice(0, at * 2) + '0'.repeat(size * 2) + digits.slice((at + size) * 2)
    return taken
  }
  for (const [what, places] of Object.entries(known.words)) {
    const expected = wordOf(what, contract, environment)
    for (const at of places) if (`0x${blank(at, 32)}` !== expected) return false
  }
  for (const at of known.links) blank(at, 20)
  return keccak256(`0x${digits}`) === known.hash
}

/** What a constructor writes into the code; nothing that is not known of this deployment. */
function wordOf(what: string, { name, address }: ContractCode, environment: Environment): Hex | undefined {
  const { chainId, manager, entryPoint, enforcers } = environment
  switch (what) {
    case 'self':
      return addressWord(address)
    case 'manager':
      return addressWord(manager)
    case 'entryPoint':
      return addressWord(entryPoint)
    case 'chainId':
      return uintToBytes(BigInt(chainId), 32)
    case 'domain':
      return domainSeparator({ domain: { name, version: '1', chainId, verifyingContract: address } })
    default: {
      const enforcer = enforcers[what]
      return enforcer && addressWord(enforcer)
    }
  }
}

function addressWord(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}

function notDeployed({ chainId }: Environment, missing: readonly ContractCode[]): ChainError {
  return new ChainError('chain.not_deployed', 'A contract of the framework is not deployed here.', {
    details: { chainId, missing: missing.map(({ name, address }) => `${name} ${address}`) },
    fix: 'Check the chain and the addresses; do not sign a grant for contracts that do not exist.',
  })
}

function wrongCode(foreign: readonly ContractCode[]): ChainError {
  return new ChainError('chain.wrong_code', 'A contract has other code than the one that Ambit knows by its name.', {
    details: { contracts: foreign.map(({ name, address, code }) => `${name} ${address} ${keccak256(code)}`) },
    fix: 'Do not sign for this deployment and do not redeem: terms and signatures may mean something else there.',
  })
}
