import type { Account, Chain, HttpTransport, LocalAccount, PublicClient, WalletClient } from 'viem'
import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'

export type HybridParameters = {
  /** Who signs for the smart account. */
  owner: LocalAccount
  environment: Environment
  /** Pays for the deployment. */
  payer: WalletClient<HttpTransport, Chain, Account>
  reader: PublicClient<HttpTransport, Chain>
  deploySalt?: Hex
}

/** Deploys a Hybrid smart account of the framework, and gives the account with which it signs delegations (ERC-1271). */
export async function deployHybrid(parameters: HybridParameters): Promise<{ address: Address; owner: LocalAccount }> {
  const { owner, payer, reader } = parameters
  const { address, factory, factoryData } = await planHybrid(parameters)
  if ((await reader.getCode({ address })) === undefined) {
    const hash = await payer.sendTransaction({ to: factory, data: factoryData })
    await reader.waitForTransactionReceipt({ hash })
  }
  return { address, owner }
}

/** Where a Hybrid smart account will be, and what deploys it there. */
export async function planHybrid(
  parameters: HybridParameters,
): Promise<{ address: Address; factory: Address; factoryData: Hex }> {
  const { owner, environment, reader, deploySalt = '0x00' } = parameters
  process.env['DO_NOT_TRACK'] = '1'
  const { Implementation, toMetaMaskSmartAccount } = await import('@metamask/delegation-toolkit')
  const account = await toMetaMaskSmartAccount({
    client: reader,
    implementation: Implementation.Hybrid,
    deployParams: [owner.address, [], [], []],
    deploySalt,
    signer: { account: owner },
    environment: {
      DelegationManager: environment.manager,
      EntryPoint: environment.entryPoint,
      SimpleFactory: environment.simpleFactory,
      implementations: {
        HybridDeleGatorImpl: environment.implementations.hybrid,
        MultiSigDeleGatorImpl: environment.implementations.multiSig,
        EIP7702StatelessDeleGatorImpl: environment.implementations.stateless7702,
      },
      caveatEnforcers: { ...environment.enforcers },
    },
  })
  // Of an account that is there already the kit says no more how it came to be.
  const { factory = environment.simpleFactory, factoryData = '0x' } = await account.getFactoryArgs()
  return {
    address: account.address.toLowerCase() as Address,
    factory: factory.toLowerCase() as Address,
    factoryData,
  }
}
