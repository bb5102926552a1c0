import { beforeAll, describe, expect, test } from 'vitest'
import { useChain } from '../../test/rig/chain.ts'
import { nodeOf } from '../../test/rig/grant.ts'
import { codecs } from '../caveats/registry.ts'
import type { Address } from '../primitives/hex.ts'
import { checkDeployment } from './checkDeployment.ts'
import { getEnvironment, knownChains } from './deployments.ts'
import type { NodeClient } from './rpc.ts'
import { taskScopeAddress } from './taskScope.ts'

const chain = useChain()
let client: NodeClient
beforeAll(() => {
  client = nodeOf(chain.rpcUrl)
})

describe('getEnvironment', () => {
  test('default: every known chain has every enforcer that is emitted, in lower case', () => {
    expect(knownChains).toEqual(expect.arrayContaining([1, 8453, 11155111]))
    for (const chainId of knownChains) {
      const { enforcers, manager, ...rest } = getEnvironment(chainId)
      expect(rest).toMatchObject({ chainId, framework: '1.3.0' })
      for (const address of [
        manager,
        rest.entryPoint,
        ...Object.values(rest.implementations),
        ...Object.values(enforcers),
      ])
        expect(address).toMatch(/^0x[0-9a-f]{40}$/)
      expect(codecs.filter(({ name }) => enforcers[name] === undefined)).toEqual([])
      expect(enforcers['TaskScopeEnforcer']).toBe(taskScopeAddress(manager))
      // Zero bytes are cheaper in call data: `node scripts/salt.ts` after the contract has changed.
      expect(enforcers['TaskScopeEnforcer']).toMatch(/^0x000000/)
    }
  })

  test('error: an unknown chain names the known ones', () => {
    for (const chainId of [31337, 0, -1, 1.5, Number.NaN])
      expect(() => getEnvironment(chainId)).toThrowError(expect.objectContaining({ code: 'chain.unknown_chain' }))
  })
})

describe('checkDeployment', () => {
  test('default: the code hashes of everything that redemptions depend on', async () => {
    const { environment } = chain
    const contracts = await checkDeployment(client, { environment })
    expect(contracts.map(({ name }) => name)).toEqual(expect.arrayContaining(['DelegationManager', 'NonceEnforcer']))
    // All of the framework: our own enforcer has an address on every chain, and code where somebody needs it.
    expect(contracts).toHaveLength(3 + codecs.length - 1)
    await expect(checkDeployment(client, { environment, enforcers: ['TaskScopeEnforcer'] })).resolves.toContainEqual(
      expect.objectContaining({ name: 'TaskScopeEnforcer', address: taskScopeAddress(environment.manager) }),
    )
    const pins = Object.fromEntries(contracts.map(({ name, codeHash }) => [name, codeHash]))
    await expect(checkDeployment(client, { environment, pins })).resolves.toEqual(contracts)
    const wrong = { ...pins, NonceEnforcer: pins['TimestampEnforcer'] ?? '0x' } as const
    await expect(checkDeployment(client, { environment, pins: wrong })).rejects.toMatchObject({
      code: 'chain.wrong_code',
      details: { contracts: [expect.stringMatching(/^NonceEnforcer /)] },
    })
  })

  test('error: an absent or foreign contract, or another chain', async () => {
    const { environment } = chain
    const nobody: Address = `0x${'01'.repeat(20)}`
    const enforcers = { ...environment.enforcers, NonceEnforcer: nobody }
    await expect(checkDeployment(client, { environment: { ...environment, enforcers } })).rejects.toMatchObject({
      code: 'chain.not_deployed',
      details: { missing: [`NonceEnforcer ${nobody}`] },
    })
    await expect(
      checkDeployment(client, { environment: { ...environment, manager: chain.token.address } }),
    ).rejects.toMatchObject({ code: 'chain.wrong_code' })
    await expect(checkDeployment(client, { environment: getEnvironment(8453) })).rejects.toMatchObject({
      code: 'chain.wrong_chain',
    })
  })
})
