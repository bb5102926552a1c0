import { concatHex, hashTypedData, numberToHex } from 'viem'
import type { TaskScopeRequest } from '../../../src/caveats/taskScope/requestDigest.ts'
import type { TaskScopeArgs } from '../../../src/caveats/taskScope/types.ts'
import type { Hex } from '../../../src/primitives/hex.ts'

export type RequestVector = TaskScopeRequest & { digest: Hex }
export type ArgsVector = TaskScopeArgs & { args: Hex }

const HASH: Hex = `0x${'d1'.repeat(32)}`
const SINGLE: Hex = `0x${'00'.repeat(32)}`
const BATCH: Hex = `0x01${'00'.repeat(31)}`

/** Requests and their digests, as any library hashes this typed data. */
export function requestVectors(): readonly RequestVector[] {
  const requests: readonly TaskScopeRequest[] = [
    {
      chainId: 1,
      enforcer: `0x${'e1'.repeat(20)}`,
      delegation: HASH,
      mode: SINGLE,
      execution: '0x',
      number: 0n,
      deadline: 0n,
    },
    {
      chainId: 8453,
      enforcer: `0x${'e1'.repeat(20)}`,
      delegation: HASH,
      mode: BATCH,
      execution: `0x${'ab'.repeat(100)}`,
      number: 7n,
      deadline: 1_800_000_000n,
    },
    {
      chainId: 2 ** 53 - 1,
      enforcer: `0x${'00'.repeat(19)}01`,
      delegation: SINGLE,
      mode: HASH,
      execution: '0x00',
      number: 2n ** 64n - 1n,
      deadline: 2n ** 40n - 1n,
    },
  ]
  return requests.map((request) => ({ ...request, digest: digestOf(request) }))
}

/** The caveat's `args`; a signature is not looked at. */
export function argsVectors(): readonly ArgsVector[] {
  const key: Hex = `0x${'51'.repeat(65)}`
  const args: readonly TaskScopeArgs[] = [
    { number: 1n, deadline: 2n, request: key, confirmation: null },
    { number: 2n ** 64n - 1n, deadline: 2n ** 40n - 1n, request: key, confirmation: `0x${'c0'.repeat(65)}` },
    { number: 0n, deadline: 0n, request: null, confirmation: '0x01' },
    { number: 5n, deadline: 1_800_000_000n, request: null, confirmation: null },
  ]
  return args.map(({ number, deadline, request, confirmation }) => {
    const head = [numberToHex(number, { size: 8 }), numberToHex(deadline, { size: 5 })]
    return {
      number,
      deadline,
      request,
      confirmation,
      args: concatHex([...head, request ?? '0x', confirmation ?? '0x']),
    }
  })
}

function digestOf({ chainId, enforcer, ...message }: TaskScopeRequest): Hex {
  return hashTypedData({
    domain: { name: 'TaskScopeEnforcer', version: '1', chainId, verifyingContract: enforcer },
    types: {
      Request: [
        { name: 'delegation', type: 'bytes32' },
        { name: 'mode', type: 'bytes32' },
        { name: 'execution', type: 'bytes' },
        { name: 'number', type: 'uint256' },
        { name: 'deadline', type: 'uint256' },
      ],
    },
    primaryType: 'Request',
    message,
  })
}
