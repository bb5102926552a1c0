import type { Environment } from '../caveats/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import type { CompileFindingCode } from './errors.ts'
import { CARRIER_SIGNATURES } from './nested.ts'
import { selectorOf } from './selector.ts'

/** Canonical Permit2, the same on every chain: whoever may call it may hand out every token approved to it. */
export const PERMIT2: Address = '0x000000000022d473030f116ddee9f6b43ac78ba3'

/** Why an address must never be called or paid, and the word that accepts it, where one does. */
export type TargetDanger = {
  what: string
  /** Of calling it; paying it is `compile.forbidden_payee` whatever it is. */
  code: CompileFindingCode
  acknowledge: string | null
}

/**
 * What is dangerous about an address as a target, payee or asset; `undefined` for others.
 *
 * The manager: a nested redemption executes anything, and `enableDelegation` un-revokes (FACTS C7). The principal: full
 * takeover (C8). Enforcers: counters and nonces. These are never accepted, whatever is acknowledged.
 */
export function targetDanger(address: Address, principal: Address, environment: Environment): TargetDanger | undefined {
  if (address === principal) {
    return { what: 'the principal itself', code: 'compile.target_is_principal', acknowledge: null }
  }
  let known = OF_ENVIRONMENT.get(environment)
  if (known === undefined) {
    known = dangersOf(environment)
    OF_ENVIRONMENT.set(environment, known)
  }
  return known.get(address)
}

/** A deployment never changes, and thousands of addresses may be looked up in one. */
const OF_ENVIRONMENT = new WeakMap<Environment, ReadonlyMap<Address, TargetDanger>>()

function dangersOf(environment: Environment): ReadonlyMap<Address, TargetDanger> {
  const { manager, entryPoint, simpleFactory, implementations, enforcers } = environment
  return new Map<Address, TargetDanger>([
    [PERMIT2, forbidden('Permit2', 'target:permit2')],
    ...Object.entries(enforcers).map(([name, address]) => [address, forbidden(name)] as const),
    ...Object.values(implementations).map((address) => [address, forbidden('an account implementation')] as const),
    [simpleFactory, forbidden('the account factory')],
    [entryPoint, forbidden('the entry point')],
    [manager, { what: 'the delegation manager', code: 'compile.target_is_manager', acknowledge: null }],
  ])
}

function forbidden(what: string, acknowledge: string | null = null): TargetDanger {
  return { what, code: 'compile.forbidden_target', acknowledge }
}

/** `selector:approve`: the word in `rule.acknowledge` that accepts a dangerous function. */
export function selectorDanger(selector: Hex): { name: string; acknowledge: string } | undefined {
  const name = DANGEROUS_SELECTORS.get(selector)
  return name === undefined ? undefined : { name, acknowledge: `selector:${name}` }
}

/** The same by function name, whatever its parameters: a variant that is not listed is as dangerous as one that is. */
export function functionDanger(name: string, selector: Hex): { name: string; acknowledge: string } | undefined {
  const listed = selectorDanger(selector)
  if (listed !== undefined) return listed
  return DANGEROUS_NAMES.test(name) ? { name, acknowledge: `selector:${name}` } : undefined
}

/** Hands out allowances, changes who owns or runs an account, or wraps a call that no caveat looks into. */
const DANGEROUS_SIGNATURES: readonly string[] = [
  // allowances of every standard
  'approve(address,uint256)',
  'approve(address,uint256,uint256)',
  'approve(address,address,uint160,uint48)',
  'increaseAllowance(address,uint256)',
  'increaseApproval(address,uint256)',
  'approveAndCall(address,uint256)',
  'approveAndCall(address,uint256,bytes)',
  'approveDelegation(address,uint256)',
  'permit(address,address,uint256,uint256,uint8,bytes32,bytes32)',
  'permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)',
  'permit(address,address,uint256,uint256,bytes)',
  'permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)',
  'permit(address,((address,uint160,uint48,uint48)[],address,uint256),bytes)',
  'permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)',
  'setApprovalForAll(address,bool)',
  'setOperator(address,bool)',
  'authorizeOperator(address)',
  'setAuthorization(address,bool)',
  'allow(address,bool)',
  // upgrades, ownership, modules
  'upgradeTo(address)',
  'upgrade(address,address)',
  'upgradeAndCall(address,address,bytes)',
  'diamondCut((address,uint8,bytes4[])[],address,bytes)',
  'changeAdmin(address)',
  'changeProxyAdmin(address,address)',
  'transferAdmin(address)',
  'setAdmin(address)',
  'setAuthority(address)',
  'setImplementation(address)',
  'initialize(address)',
  'reinitialize(uint64,address,string[],uint256[],uint256[])',
  'transferOwnership(address)',
  'transferOwnership(address,bool,bool)',
  'beginDefaultAdminTransfer(address)',
  'changeOwner(address)',
  'renounceOwnership()',
  'acceptOwnership()',
  'setOwner(address)',
  'grantRole(bytes32,address)',
  'revokeRole(bytes32,address)',
  'renounceRole(bytes32,address)',
  'addOwner(address)',
  'addOwnerWithThreshold(address,uint256)',
  'removeOwner(address,address,uint256)',
  'swapOwner(address,address,address)',
  'changeThreshold(uint256)',
  'updateSigners(address[],uint256,bool)',
  'updateSigners(address,string[],uint256[],uint256[],bool)',
  'addKey(string,uint256,uint256)',
  'removeKey(string)',
  'enableModule(address)',
  'disableModule(address,address)',
  'setGuard(address)',
  'setModuleGuard(address)',
  'setFallbackHandler(address)',
  'installModule(uint256,address,bytes)',
  'uninstallModule(uint256,address,bytes)',
  // delegations: un-revoked, ended
  'enableDelegation((address,address,bytes32,(address,bytes,bytes)[],uint256,bytes))',
  'disableDelegation((address,address,bytes32,(address,bytes,bytes)[],uint256,bytes))',
  'incrementNonce(address)',
  // calls inside calls
  ...CARRIER_SIGNATURES,
]

/** Families by name. Wide on purpose: a false alarm costs one word in `acknowledge`, a miss costs the account. */
const DANGEROUS_NAMES =
  /^(?:approve|permit|increaseAll|increaseAppr|setApproval|setOperator|upgrade|transferOwner|renounceOwner|setOwner|changeOwner|addOwner|swapOwner|grantRole|revokeRole|installModule|enableModule|setImpl|changeAdmin|setAdmin|transferAdmin|diamondCut|exec|multicall|multiSend|aggregate|tryAggregate|delegatecall|redeemDelegations|enableDelegation)/i

const DANGEROUS_SELECTORS: ReadonlyMap<Hex, string> = new Map(
  DANGEROUS_SIGNATURES.map((signature) => [selectorOf(signature), signature.slice(0, signature.indexOf('('))]),
)

export const TRANSFER_SELECTOR: Hex = selectorOf('transfer(address,uint256)')

/** Functions that move a token by an amount in the given argument word: outside a cap they need that word pinned. */
export const AMOUNT_WORD: ReadonlyMap<Hex, number> = new Map([
  [TRANSFER_SELECTOR, 1],
  [selectorOf('transferFrom(address,address,uint256)'), 2],
  [selectorOf('transferAndCall(address,uint256)'), 1],
  [selectorOf('transferAndCall(address,uint256,bytes)'), 1],
  [selectorOf('send(address,uint256,bytes)'), 1],
  [selectorOf('burn(uint256)'), 0],
])
