import { keccak256, stringToHex, type TypedDataDefinition } from 'viem'
import { type Address, concatBytes, type Hex, uintToBytes } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertBytes, assertTerms, assertUint } from '../terms.ts'

/** What the agent's key and the confirmer sign: one redemption, by one delegation of one enforcer on one chain. */
export type TaskScopeRequest = {
  chainId: number
  enforcer: Address
  /** Hash of the delegation that carries the caveat. */
  delegation: Hex
  /** 32 bytes, as the manager gets it. */
  mode: Hex
  /** As the manager gets it. */
  execution: Hex
  /** Below 2^64; each counts once, in any order. */
  number: bigint
  /** Unix seconds, inclusive; below 2^40. */
  deadline: bigint
}

const REQUEST = [
  { name: 'delegation', type: 'bytes32' },
  { name: 'mode', type: 'bytes32' },
  { name: 'execution', type: 'bytes' },
  { name: 'number', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const
const NAME = 'TaskScopeEnforcer'
const VERSION = '1'

export type TaskScopeTypedData = TypedDataDefinition<{ Request: typeof REQUEST }, 'Request'>

const requestType = hashText(`Request(${REQUEST.map(({ name, type }) => `${type} ${name}`).join(',')})`)
const domainPrefix = concatBytes(
  hashText('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)'),
  hashText(NAME),
  hashText(VERSION),
)

/**
 * The 32 bytes that are signed: EIP-712, domain `TaskScopeEnforcer` 1 of the chain and the enforcer. Equal to what the
 * contract hashes.
 *
 * @throws {@link CaveatError} `caveats.not_hex`, `caveats.wrong_length`, `caveats.out_of_range`.
 */
export function requestDigest(request: TaskScopeRequest): Hex {
  assertRequest(request)
  const { chainId, enforcer, delegation, mode, execution, number, deadline } = request
  const domain = keccak256(
    concatBytes(domainPrefix, uintToBytes(BigInt(chainId), 32), `0x${'00'.repeat(12)}${enforcer.slice(2)}`),
  )
  const message = keccak256(
    concatBytes(
      requestType,
      delegation,
      mode,
      keccak256(execution),
      uintToBytes(number, 32),
      uintToBytes(deadline, 32),
    ),
  )
  return keccak256(concatBytes('0x1901', domain, message))
}

/**
 * The same as typed data, for accounts that sign no bare digest.
 *
 * @throws {@link CaveatError} as {@link requestDigest}.
 */
export function requestTypedData(request: TaskScopeRequest): TaskScopeTypedData {
  assertRequest(request)
  const { chainId, enforcer, delegation, mode, execution, number, deadline } = request
  return {
    domain: { name: NAME, version: VERSION, chainId, verifyingContract: enforcer },
    types: { Request: REQUEST },
    primaryType: 'Request',
    message: { delegation, mode, execution, number, deadline },
  }
}

function assertRequest({ chainId, enforcer, delegation, mode, execution, number, deadline }: TaskScopeRequest): void {
  if (!Number.isSafeInteger(chainId) || chainId < 1) {
    throw new CaveatError('caveats.out_of_range', 'This is not a chain id.', {
      details: { chainId: String(chainId) },
      fix: 'Give a positive integer below 2^53.',
    })
  }
  assertBytes(enforcer, 20, 'enforcer')
  assertBytes(delegation, 32, 'delegation')
  assertBytes(mode, 32, 'mode')
  assertTerms(execution)
  assertUint(number, 64, 'number')
  assertUint(deadline, 40, 'deadline')
}

function hashText(text: string): Hex {
  return keccak256(stringToHex(text))
}
