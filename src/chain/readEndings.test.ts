import { encodeFunctionData, parseAbi } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { codeOfAsync } from '../../test/codes.ts'
import { useChain } from '../../test/rig/chain.ts'
import { type FaultyRpc, startFaultyRpc } from '../../test/rig/faultyRpc.ts'
import { addressOf, grantOf, nodeOf, payCaveats, upgraded } from '../../test/rig/grant.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { readBlock } from './block.ts'
import { readUndone } from './readEndings.ts'
import { revoke } from './revoke.ts'
import type { NodeClient } from './rpc.ts'

const chain = useChain()
let client: NodeClient
let rpc: FaultyRpc
let doubtful: NodeClient

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  rpc = await startFaultyRpc(chain.rpcUrl)
  doubtful = nodeOf(rpc.url)
  await upgraded(chain, chain.accounts[0])
})
afterAll(() => rpc.stop())
beforeEach(() => {
  rpc.fault = () => null
})

const abi = parseAbi([
  'struct Caveat { address enforcer; bytes terms; bytes args; }',
  'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
  'function enableDelegation(Delegation delegation)',
])

async function enable(delegation: Delegation): Promise<bigint> {
  const caveats = delegation.caveats.map((caveat) => ({ ...caveat }))
  const data = encodeFunctionData({
    abi,
    functionName: 'enableDelegation',
    args: [{ ...delegation, caveats, salt: BigInt(delegation.salt) }],
  })
  const sender = chain.walletClient(chain.accounts[0])
  const hash = await sender.sendTransaction({ to: chain.environment.manager, data })
  return (await chain.publicClient.waitForTransactionReceipt({ hash })).blockNumber
}

async function end() {
  const [principal, agent] = chain.accounts
  const links = [{ signer: principal, delegate: addressOf(agent), caveats: payCaveats(chain, 100n) }]
  const grant = await grantOf(chain, links)
  const { environment } = chain
  const { revoked } = await revoke(client, { account: principal, grant, environment })
  const delegation = grant.delegations[0] as Delegation
  return { grant, delegation, hash: hashDelegation(delegation), endedAt: revoked[0]?.blockNumber as bigint }
}

const undone = async (delegations: readonly Hex[], node = client) =>
  readUndone(node, { environment: chain.environment, delegations, block: await readBlock(client) })

describe('readUndone', () => {
  test('default: what was ended and enabled again, with both blocks; not what stays ended', async () => {
    const [first, second] = [await end(), await end()]
    const enabledAt = await enable(first.delegation)
    expect(await undone([first.hash, second.hash])).toEqual([
      { delegation: first.hash, endedAt: first.endedAt, enabledAt },
    ])
  })

  test('behavior: ended once more, it is ended; at an earlier block it was not undone', async () => {
    const { grant, delegation, hash, endedAt } = await end()
    const before = await readBlock(client)
    await enable(delegation)
    const { environment } = chain
    expect(await readUndone(client, { environment, delegations: [hash], block: before })).toEqual([])
    await revoke(client, { account: chain.accounts[0], grant, environment })
    expect(await undone([hash])).toEqual([])
    const enabledAt = await enable(delegation)
    const [again] = (await undone([hash])) ?? []
    expect(again).toMatchObject({ delegation: hash, enabledAt })
    expect(again?.endedAt).toBeGreaterThan(endedAt)
  })

  test('behavior: a node that does not search that far tells nothing', async () => {
    const { hash } = await end()
    rpc.fault = ({ method }) =>
      method === 'eth_getLogs'
        ? { kind: 'lie', answer: () => ({ error: { code: -32_005, message: 'block range too large' } }) }
        : null
    expect(await undone([hash], doubtful)).toBeNull()
  })

  test('error: logs that were not asked for', async () => {
    const { hash, delegation } = await end()
    await enable(delegation)
    const lies: ((log: { topics: Hex[] }) => object)[] = [
      (log) => ({ ...log, address: `0x${'11'.repeat(20)}` }),
      (log) => ({ ...log, topics: [log.topics[0], `0x${'11'.repeat(32)}`, ...log.topics.slice(2)] }),
      (log) => ({ ...log, topics: [`0x${'11'.repeat(32)}`, ...log.topics.slice(1)] }),
      (log) => ({ ...log, topics: log.topics.slice(0, 3) }),
      (log) => ({ ...log, blockNumber: null }),
    ]
    for (const lie of lies) {
      rpc.fault = ({ method }) =>
        method === 'eth_getLogs'
          ? { kind: 'lie', answer: ({ result }) => ({ result: (result as { topics: Hex[] }[]).map(lie) }) }
          : null
      expect((await codeOfAsync(() => undone([hash], doubtful))).code).toBe('chain.rpc_malformed')
    }
  })
})
