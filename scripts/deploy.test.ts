import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { taskScopeAddress, taskScopeReaderAddress } from '../src/chain/taskScope.ts'
import type { Address } from '../src/primitives/hex.ts'
import { findAnvil } from '../src/testing/anvil.ts'
import { useChain } from '../test/rig/chain.ts'
import { useFolder } from '../test/rig/cli.ts'
import { runDeploy } from './deploy.ts'

const folder = useFolder()
/** The second account of the public test mnemonic. */
const KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'

for (const engine of findAnvil() === null ? (['edr'] as const) : (['anvil', 'edr'] as const)) {
  const chain = useChain({ engine })
  const deploy = async (manager: Address, ...argv: string[]) => {
    const stdout = new PassThrough()
    const stderr = new PassThrough().resume()
    const stdin = new PassThrough().end() as unknown as NodeJS.ReadStream
    const file = join(folder.path, `${engine}.json`)
    const { TaskScopeEnforcer: _, ...enforcers } = chain.environment.enforcers
    writeFileSync(file, JSON.stringify({ ...chain.environment, manager, enforcers }))
    const exit = await runDeploy({
      argv: ['--chain', '31337', '--rpc-url', chain.rpcUrl, '--deployment', file, '--json', ...argv],
      env: { AMBIT_HOME: folder.path, AMBIT_PRIVATE_KEY: KEY },
      stdin,
      stdout,
      stderr,
    })
    return { exit, ...JSON.parse(stdout.read().toString()) }
  }
  /** A manager of framework 1.3.0 for which nobody has deployed anything. */
  const anotherManager = async (): Promise<Address> => {
    const from = createRequire(import.meta.resolve('@metamask/delegation-toolkit/utils'))
    const hash = await chain.walletClient(chain.accounts[0]).deployContract({
      abi: [{ type: 'constructor', inputs: [{ type: 'address', name: 'owner' }], stateMutability: 'nonpayable' }],
      bytecode: from('@metamask/delegation-abis/bytecode').DelegationManager,
      args: [chain.accounts[0].address],
    })
    const { contractAddress } = await chain.publicClient.waitForTransactionReceipt({ hash })
    return contractAddress?.toLowerCase() as Address
  }

  describe(`deploy on ${engine}`, () => {
    test('default: plans, deploys when told to, and is content the second time', async () => {
      const manager = await anotherManager()
      const enforcer = { name: 'TaskScopeEnforcer', address: taskScopeAddress(manager) }
      const reader = { name: 'TaskScopeReader', address: taskScopeReaderAddress(manager) }
      const gas = expect.stringMatching(/^[0-9]{7}$/)
      const codeHash = expect.stringMatching(/^0x[0-9a-f]{64}$/)
      const envelope = { exit: 0, schema: 'ambit.deploy.v1', ok: true, error: null }
      expect(await deploy(manager)).toEqual({
        ...envelope,
        data: {
          chainId: 31337,
          manager,
          sent: false,
          contracts: [enforcer, reader].map((contract) => ({ ...contract, status: 'absent', gas })),
        },
      })
      const sent = (transactionHash: unknown, gasUsed: unknown) => ({
        ...envelope,
        data: {
          chainId: 31337,
          manager,
          sent: true,
          contracts: [enforcer, reader].map((contract) => ({ ...contract, codeHash, transactionHash, gasUsed })),
        },
      })
      expect(await deploy(manager, '--send')).toEqual(sent(codeHash, gas))
      expect(await deploy(manager, '--send')).toEqual(sent(null, null))
      expect((await deploy(manager)).data.contracts).toEqual(
        [enforcer, reader].map((contract) => ({ ...contract, status: 'deployed', codeHash })),
      )
    })

    test('error: what is not the framework’s manager', async () => {
      expect(await deploy(chain.token.address, '--send')).toMatchObject({
        exit: 1,
        ok: false,
        error: { code: 'chain.wrong_code' },
      })
    })

    test('error: a key in the environment where value may be at stake', async () => {
      const argv = ['--chain', '8453', '--rpc-url', chain.rpcUrl, '--json', '--send']
      expect((await deploy(chain.environment.manager, ...argv)).error.code).toBe('key.environment_refused')
    })
  })
}
