import { keccak256 } from 'viem'
import { describe, expect, test } from 'vitest'
import { getEnvironment } from '../../src/chain/deployments.ts'
import { deployTaskScope, planTaskScope } from '../../src/chain/deployTaskScope.ts'
import { CREATE2_DEPLOYER, taskScopeAddress, taskScopeReaderAddress } from '../../src/chain/taskScope.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { findAnvil } from '../../src/testing/anvil.ts'
import { codeOfAsync } from '../codes.ts'
import { useChain } from '../rig/chain.ts'
import { nodeOf } from '../rig/grant.ts'

for (const engine of findAnvil() === null ? (['edr'] as const) : (['anvil', 'edr'] as const)) {
  const chain = useChain({ engine })
  const at = () => {
    const { environment, accounts } = chain
    const { manager } = environment
    const enforcer = { name: 'TaskScopeEnforcer', address: taskScopeAddress(manager) }
    const reader = { name: 'TaskScopeReader', address: taskScopeReaderAddress(manager) }
    return { client: nodeOf(chain.rpcUrl), environment, account: accounts[1], enforcer, reader }
  }
  const remove = async (address: Hex) => {
    const code = (await chain.publicClient.getCode({ address })) as Hex
    await chain.testClient.setCode({ address, bytecode: '0x' })
    return code
  }

  describe(`deployTaskScope on ${engine}`, () => {
    test('default: deploys what is missing where it belongs, and nothing twice', async () => {
      const { client, environment, account, enforcer, reader } = at()
      // The local chain has the enforcer and no reader.
      const before = await planTaskScope(client, { environment })
      expect(before).toEqual({
        chainId: 31337,
        manager: environment.manager,
        contracts: [
          { ...enforcer, status: 'deployed', codeHash: keccak256((await codeAt(enforcer.address)) as Hex) },
          { ...reader, status: 'absent', gas: expect.any(BigInt) },
        ],
      })
      const deployed = await deployTaskScope(client, { account, environment })
      expect(deployed).toEqual([
        { ...enforcer, codeHash: expect.any(String), transactionHash: null, gasUsed: null },
        {
          ...reader,
          codeHash: keccak256((await codeAt(reader.address)) as Hex),
          transactionHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
          gasUsed: expect.any(BigInt),
        },
      ])
      const nonce = await chain.publicClient.getTransactionCount({ address: account.address })
      const again = await deployTaskScope(client, { account, environment })
      expect(again.map(({ transactionHash }) => transactionHash)).toEqual([null, null])
      expect(await chain.publicClient.getTransactionCount({ address: account.address })).toBe(nonce)
      expect((await planTaskScope(client, { environment })).contracts.map(({ status }) => status)).toEqual([
        'deployed',
        'deployed',
      ])
    })

    test('error: a manager, a deployer or an enforcer with other code, and another chain', async () => {
      const { client, environment, account, enforcer } = at()
      const plan = (more: object = {}) => codeOfAsync(() => planTaskScope(client, { environment, ...more }))
      const token = { ...environment, manager: chain.token.address }
      expect(await plan({ environment: token })).toMatchObject({
        code: 'chain.wrong_code',
        details: { contracts: [expect.stringContaining('DelegationManager')] },
      })
      expect(await codeOfAsync(() => deployTaskScope(client, { account, environment: token }))).toMatchObject({
        code: 'chain.wrong_code',
      })
      expect(await plan({ environment: getEnvironment(1) })).toMatchObject({ code: 'chain.wrong_chain' })
      const code = await remove(enforcer.address)
      await chain.testClient.setCode({ address: enforcer.address, bytecode: '0x6001' })
      expect(await plan()).toMatchObject({
        code: 'chain.wrong_code',
        details: { contracts: [expect.stringContaining(`TaskScopeEnforcer ${enforcer.address}`)] },
      })
      await chain.testClient.setCode({ address: enforcer.address, bytecode: code })
      const deployer = await remove(CREATE2_DEPLOYER)
      expect(await plan()).toMatchObject({
        code: 'chain.not_deployed',
        details: { missing: [`CREATE2 deployer ${CREATE2_DEPLOYER}`] },
      })
      await chain.testClient.setCode({ address: CREATE2_DEPLOYER, bytecode: '0x00' })
      expect(await plan()).toMatchObject({ code: 'chain.not_deployed' })
      await chain.testClient.setCode({ address: CREATE2_DEPLOYER, bytecode: deployer })
      expect((await planTaskScope(client, { environment })).contracts).toHaveLength(2)
    })
  })

  const codeAt = (address: Hex) => chain.publicClient.getCode({ address })
}
