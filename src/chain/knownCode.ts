import { keccak256 } from 'viem'
import { decodeCaveat } from '../caveats/caveat.ts'
import { codecByKind } from '../caveats/registry.ts'
import type { Caveat, DecodedCaveat, EnforcerName, Environment } from '../caveats/types.ts'
import { type Address, byteLength, concatBytes, type Hex, sliceBytes } from '../primitives/hex.ts'
import { readData } from './answers.ts'
import { ChainError } from './errors.ts'
import { enforcerCode, METADATA_BYTES } from './generated/enforcerCode.ts'
import { ask, atBlock, type NodeClient } from './rpc.ts'

/** An enforcer by name and address, as one block has it. */
export type EnforcerCode = { name: string; address: Address; code: Hex }

export type EnforcersNamed = {
  environment: Environment
  /** Contract names; a name without an address here is not deployed. */
  names: readonly string[]
  /** Hash of the block whose state is asked. */
  block: Hex
}

/**
 * Code of the enforcers, each of which must be the contract whose terms Ambit knows. The same address may hold another
 * contract on another chain, and the same name another layout in another release: terms would mean something else there.
 *
 * Left out of the comparison: the compiler's hash of sources and settings, which no instruction reads. What a constructor
 * wrote into the code must be this deployment's own addresses.
 *
 * @throws {@link ChainError} `chain.not_deployed`, `chain.wrong_code`, both naming the enforcers; `chain.rpc_…`.
 */
export async function readKnownEnforcers(
  client: NodeClient,
  { environment, names, block }: EnforcersNamed,
): Promise<readonly EnforcerCode[]> {
  const found = await Promise.all(
    names.map(async (name): Promise<EnforcerCode> => {
      const address = Object.hasOwn(environment.enforcers, name) ? environment.enforcers[name] : undefined
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
  const foreign = found.filter((enforcer) => !isKnownCode(enforcer, environment))
  if (foreign.length > 0) throw wrongCode(foreign)
  return found
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

const NOWHERE: Address = `0x${'00'.repeat(20)}`

function isKnownCode({ name, code }: EnforcerCode, environment: Environment): boolean {
  const known = Object.hasOwn(enforcerCode, name) ? enforcerCode[name] : undefined
  if (known === undefined || byteLength(code) !== known.bytes) return false
  let rest = sliceBytes(code, 0, known.bytes - METADATA_BYTES)
  for (const [at, holder] of Object.entries(known.immutables)) {
    const start = Number(at)
    const address = holder === 'manager' ? environment.manager : environment.enforcers[holder]
    if (address === undefined || sliceBytes(rest, start, start + 32) !== `0x${'00'.repeat(12)}${address.slice(2)}`)
      return false
    rest = concatBytes(sliceBytes(rest, 0, start), `0x${'00'.repeat(32)}`, sliceBytes(rest, start + 32))
  }
  return keccak256(rest) === known.hash
}

function notDeployed({ chainId }: Environment, missing: readonly EnforcerCode[]): ChainError {
  return new ChainError('chain.not_deployed', 'An enforcer is not deployed here.', {
    details: { chainId, missing: missing.map(({ name, address }) => `${name} ${address}`) },
    fix: 'Check the chain and the addresses; do not sign a grant for contracts that do not exist.',
  })
}

function wrongCode(foreign: readonly EnforcerCode[]): ChainError {
  return new ChainError('chain.wrong_code', 'An enforcer has other code than the one whose terms Ambit knows.', {
    details: { contracts: foreign.map(({ name, address, code }) => `${name} ${address} ${keccak256(code)}`) },
    fix: 'Do not sign for this deployment and do not redeem: the terms may mean something else there.',
  })
}
