import type { Environment } from '../../src/caveats/types.ts'
import type { Address } from '../../src/primitives/hex.ts'

/** The framework on Base as the toolkit lists it, in our form. The toolkit must not phone home: say so before it loads. */
export async function baseEnvironment(): Promise<Environment> {
  process.env.DO_NOT_TRACK = '1'
  const { getSmartAccountsEnvironment } = await import('@metamask/delegation-toolkit')
  const kit = getSmartAccountsEnvironment(8453)
  const implementation = (name: string) => lower(kit.implementations[name] ?? '')
  return {
    chainId: 8453,
    framework: '1.3.0',
    manager: lower(kit.DelegationManager),
    entryPoint: lower(kit.EntryPoint),
    simpleFactory: lower(kit.SimpleFactory),
    implementations: {
      hybrid: implementation('HybridDeleGatorImpl'),
      multiSig: implementation('MultiSigDeleGatorImpl'),
      stateless7702: implementation('EIP7702StatelessDeleGatorImpl'),
    },
    enforcers: Object.fromEntries(Object.entries(kit.caveatEnforcers).map(([name, address]) => [name, lower(address)])),
  }
}

function lower(address: string): Address {
  return address.toLowerCase() as Address
}
