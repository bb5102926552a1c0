import { createRequire } from 'node:module'
import type { Account, Chain, HttpTransport, PublicClient, WalletClient } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { ChainError } from '../chain/errors.ts'
import { CREATE2_DEPLOYER, taskScopeDeployables } from '../chain/taskScope.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { abi as pinnedTargetAbi, bytecode as pinnedTargetBytecode } from './generated/pinnedTarget.ts'
import { abi as testTokenAbi, bytecode as testTokenBytecode } from './generated/testToken.ts'
import { bytecode as specificActionBatch } from './recorded/specificActionBatch.ts'

export { pinnedTargetAbi, testTokenAbi }

type Deployer = WalletClient<HttpTransport, Chain, Account>
type Reader = PublicClient<HttpTransport, Chain>

/**
 * Deploys the whole framework as the known chains have it, and our enforcer: EntryPoint, manager, enforcers, account
 * implementations.
 */
export async function deployFramework(deployer: Deployer, reader: Reader): Promise<Environment> {
  // The kit reports its use to its makers from library calls unless this is set before it loads.
  process.env['DO_NOT_TRACK'] = '1'
  const { deploySmartAccountsEnvironment } = await import('@metamask/delegation-toolkit/utils')
  // The kit depends on the bytecode, we do not: found from where the kit stands.
  const require = createRequire(import.meta.resolve('@metamask/delegation-toolkit/utils'))
  const { LogicalOrWrapperEnforcer: wrapper } = require('@metamask/delegation-abis/bytecode')
  const kit = await deploySmartAccountsEnvironment(deployer, reader, reader.chain)
  // The two in which the kit's deployment differs from the known chains: one it builds no caveats for and leaves out, and one
  // that was replaced there after the release whose bytecode it carries.
  const batch = await deployed(reader, deployer.deployContract({ abi: [], bytecode: specificActionBatch }))
  const logicalOr = await deployed(
    reader,
    deployer.deployContract({
      abi: [{ type: 'constructor', inputs: [{ name: 'manager', type: 'address' }], stateMutability: 'nonpayable' }],
      bytecode: wrapper,
      args: [kit.DelegationManager],
    }),
  )
  const manager = lower(kit.DelegationManager)
  return {
    chainId: reader.chain.id,
    framework: '1.3.0',
    manager,
    entryPoint: lower(kit.EntryPoint),
    simpleFactory: lower(kit.SimpleFactory),
    implementations: {
      hybrid: lower(kit.implementations['HybridDeleGatorImpl']),
      multiSig: lower(kit.implementations['MultiSigDeleGatorImpl']),
      stateless7702: lower(kit.implementations['EIP7702StatelessDeleGatorImpl']),
    },
    enforcers: {
      ...Object.fromEntries(Object.entries(kit.caveatEnforcers).map(([name, address]) => [name, lower(address)])),
      LogicalOrWrapperEnforcer: logicalOr,
      SpecificActionERC20TransferBatchEnforcer: batch,
      TaskScopeEnforcer: await deployTaskScopeEnforcer(deployer, reader, manager),
    },
  }
}

/** Deploys our enforcer for a manager where it belongs, unless it is there. */
export async function deployTaskScopeEnforcer(deployer: Deployer, reader: Reader, manager: Address): Promise<Address> {
  const [enforcer] = taskScopeDeployables({ manager })
  if ((await reader.getCode({ address: enforcer.address })) === undefined) {
    const hash = await deployer.sendTransaction({ to: CREATE2_DEPLOYER, data: enforcer.data })
    await reader.waitForTransactionReceipt({ hash, pollingInterval: 10 })
  }
  return enforcer.address
}

/** Deploys a test stablecoin; anyone may mint it. */
export function deployTestToken(
  deployer: Deployer,
  reader: Reader,
  { symbol, decimals }: { symbol: string; decimals: number },
): Promise<Address> {
  return deployed(
    reader,
    deployer.deployContract({
      abi: testTokenAbi,
      bytecode: testTokenBytecode,
      args: [`Test ${symbol}`, symbol, decimals],
    }),
  )
}

/** Deploys the callee for call rules. */
export function deployPinnedTarget(deployer: Deployer, reader: Reader): Promise<Address> {
  return deployed(reader, deployer.deployContract({ abi: pinnedTargetAbi, bytecode: pinnedTargetBytecode }))
}

async function deployed(reader: Reader, sent: Promise<Hex>): Promise<Address> {
  const receipt = await reader.waitForTransactionReceipt({ hash: await sent, pollingInterval: 10 })
  return lower(receipt.contractAddress)
}

function lower(address: Hex | null | undefined): Address {
  if (typeof address === 'string') return address.toLowerCase() as Address
  throw new ChainError('chain.local_start_failed', 'A contract of the local chain has no address.', {
    fix: 'Check that the kit is the version in package.json.',
  })
}
