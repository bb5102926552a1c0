import type { LocalAccount } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import type { Caveat, Environment } from '../../caveats/types.ts'
import type { Permission } from '../../dapp/types.ts'
import { MAX_UINT256 } from '../../primitives/amount.ts'
import type { Address } from '../../primitives/hex.ts'
import type { DevWalletMode } from './types.ts'

/** What a faulty wallet does differently while it grants. What is absent it does as it should. */
export type Fault = {
  permission?: (permission: Permission) => Permission
  /** Answers that it granted what was asked, whatever it signed. */
  hides?: true
  account?: (asked: LocalAccount, all: readonly LocalAccount[]) => LocalAccount
  chainId?: (chainId: number) => number
  manager?: (environment: Environment) => Address
  upgrades?: false
  caveats?: (caveats: readonly Caveat[]) => Caveat[]
  /** Whose key signs. */
  signer?: () => LocalAccount
}

/** A contract that nobody deployed. */
const NOWHERE: Address = '0x000000000000000000000000000000000000bad1'

const FAULTS: Readonly<Partial<Record<DevWalletMode, Fault>>> = {
  lower: { permission: halved },
  raise: { permission: doubled },
  raiseHidden: { permission: doubled, hides: true },
  wrongAccount: { account: (asked, all) => all.find((account) => account !== asked) ?? asked },
  // Test chains too: no mode signs for a chain with money on it.
  wrongChain: { chainId: (chainId) => (chainId === 11_155_111 ? 84_532 : 11_155_111) },
  wrongManager: { manager: () => NOWHERE },
  notUpgraded: { upgrades: false },
  foreignEnforcer: { caveats: (caveats) => [...caveats, { enforcer: NOWHERE, terms: '0x01', args: '0x' }] },
  // The nonce is last; before it stands the last rule, or what closes the permission's other ways out.
  missingCaveat: { caveats: (caveats) => caveats.filter((_, index) => index !== caveats.length - 2) },
  forged: { signer: () => privateKeyToAccount(generatePrivateKey()) },
}

export function faultOf(mode: DevWalletMode): Fault {
  return FAULTS[mode] ?? {}
}

/** Half of what was asked, and never nothing: what a careful person, or a lame wallet, makes of a request. */
export function halved(permission: Permission): Permission {
  return scaled(permission, (value) => (value > 1n ? value / 2n : value), false)
}

function doubled(permission: Permission): Permission {
  return scaled(permission, (value) => (value > MAX_UINT256 / 2n ? MAX_UINT256 : value * 2n), true)
}

/** @param methods - What every way to take an approval back becomes, where it can. */
function scaled(permission: Permission, scale: (value: bigint) => bigint, methods: boolean): Permission {
  const entries = Object.entries(permission.data)
  const flags = entries.filter(([, value]) => value === true)
  const data = entries.map(([name, value]) => {
    if (typeof value === 'bigint') return [name, value === 0n || value === MAX_UINT256 ? value : scale(value)]
    if (typeof value !== 'boolean') return [name, value]
    return [name, methods || (value && !(flags.length > 1 && flags.at(-1)?.[0] === name))]
  })
  return { ...permission, data: Object.fromEntries(data) } as Permission
}
