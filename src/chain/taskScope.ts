import { encodeAbiParameters, getCreate2Address } from 'viem'
import type { Environment } from '../caveats/types.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import { bytecode as enforcerCode } from './generated/taskScopeEnforcer.ts'
import { bytecode as readerCode } from './generated/taskScopeReader.ts'
import { taskScopeSalt } from './generated/taskScopeSalt.ts'

/** Takes `salt ‖ creation code` and creates the contract: at the same address on practically every chain. */
export const CREATE2_DEPLOYER: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

/** One of our contracts: where it is or will be, and what to send to the deployer for it. */
export type Deployable = { name: 'TaskScopeEnforcer' | 'TaskScopeReader'; address: Address; data: Hex }

/**
 * Where the TaskScopeEnforcer of a manager stands, deployed or not: whoever deploys it, there and nowhere else. Whether it
 * does is for `checkDeployment` to say.
 */
export function taskScopeAddress(manager: Address): Address {
  return addressOf(enforcerCreation(manager))
}

/** The same of the reader, which redemptions do not need: it says on chain what the terms are and what is left. */
export function taskScopeReaderAddress(manager: Address): Address {
  return addressOf(readerCreation(manager))
}

/** What has to be deployed for a manager, in this order. */
export function taskScopeDeployables({
  manager,
}: Pick<Environment, 'manager'>): readonly [enforcer: Deployable, reader: Deployable] {
  return [
    { name: 'TaskScopeEnforcer', address: taskScopeAddress(manager), data: dataOf(enforcerCreation(manager)) },
    { name: 'TaskScopeReader', address: taskScopeReaderAddress(manager), data: dataOf(readerCreation(manager)) },
  ]
}

/** Creation code with the constructor's arguments: what the address commits to. */
export function enforcerCreation(manager: Address): Hex {
  return concatBytes(enforcerCode, encodeAbiParameters([{ type: 'address' }], [manager]))
}

function readerCreation(manager: Address): Hex {
  const types = [{ type: 'address' }, { type: 'address' }] as const
  return concatBytes(readerCode, encodeAbiParameters(types, [taskScopeAddress(manager), manager]))
}

function addressOf(creation: Hex): Address {
  return getCreate2Address({ from: CREATE2_DEPLOYER, salt: taskScopeSalt, bytecode: creation }).toLowerCase() as Address
}

function dataOf(creation: Hex): Hex {
  return concatBytes(taskScopeSalt, creation)
}
