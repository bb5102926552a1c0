import type { Address } from '../primitives/hex.ts'
import { ScopeError } from '../scope/errors.ts'
import { scopeToPermissionRequests } from '../scope/toPermissionRequests.ts'
import type { Scope } from '../scope/types.ts'
import { rootScope } from './rootScope.ts'
import type { PermissionRequest, SupportedPermissions } from './types.ts'
import { fromWireRequest } from './wire.ts'

/**
 * Ways to grant a scope. `permission`: the wallet's token permission says all of it. `taskAccount`: the wallet grants a token
 * permission to an account that hands it on under the whole scope. `signature`: the principal signs the scope's own delegations.
 */
export type PathName = 'permission' | 'taskAccount' | 'signature'

/** Why a way is not open. */
export type Missing = {
  path: PathName
  /** JSON pointer into the scope; empty where it is not the scope. */
  pointer: string
  /** What a wallet or the page cannot say. */
  what: string
}

export type GrantPath = {
  /** Of the ways that were preferred to this one. */
  missing: readonly Missing[]
} & (
  | { path: 'permission'; request: PermissionRequest }
  /** `root`: what the task account holds. The agent gets no more than the scope. */
  | { path: 'taskAccount'; request: PermissionRequest; root: Scope }
  | { path: 'signature' }
  | { path: 'none' }
)

export type ChoosePathOptions = {
  /** Account that redelegates, whose key the page's backend or the redeemer's operator holds. Absent: that way is closed. */
  taskAccount?: Address | undefined
  /** The principal's key signs typed data as the page asks: not MetaMask's. Default: no. */
  signature?: boolean | undefined
  /** The wallet may grant less. Default: no. */
  acceptLower?: boolean | undefined
  /** In order of preference. Default: permission, taskAccount, signature. */
  paths?: readonly PathName[] | undefined
}

const PATHS: readonly PathName[] = ['permission', 'taskAccount', 'signature']

/**
 * How this scope can be granted through this wallet: the first way that is open, and why those before it are not. Pure: what the
 * page shows before anybody is asked.
 *
 * @param supported - What `getSupportedExecutionPermissions` answered; `null`: the wallet knows nothing of ERC-7715.
 */
export function choosePath(
  scope: Scope,
  supported: SupportedPermissions | null,
  options: ChoosePathOptions = {},
): GrantPath {
  const missing: Missing[] = []
  for (const path of options.paths ?? PATHS) {
    const found = TRY[path](scope, supported, options)
    if ('path' in found) return { ...found, missing }
    missing.push(...found.missing.map((one) => ({ path, ...one })))
  }
  return { path: 'none', missing }
}

type Found = GrantPath extends infer path ? (path extends GrantPath ? Omit<path, 'missing'> : never) : never
type Lack = Omit<Missing, 'path'>
type Tried = Found | { missing: readonly Lack[] }
type Try = (scope: Scope, supported: SupportedPermissions | null, options: ChoosePathOptions) => Tried

const TRY: Readonly<Record<PathName, Try>> = {
  permission(scope, supported, options) {
    const asked = requestFor(scope, options)
    if ('missing' in asked) return asked
    const missing = unsupported(asked.request, supported)
    return missing.length > 0 ? { missing } : { path: 'permission', ...asked }
  },
  taskAccount(scope, supported, options) {
    const { taskAccount } = options
    if (taskAccount === undefined) return lacks('', 'a task account')
    const root = rootScope(scope, taskAccount)
    if ('missing' in root) return root
    // A request names the delegate as the only redeemer, and here those redeem to whom the delegate hands on.
    const asked = requestFor({ ...root.scope, redelegation: { maxDepth: 0 } }, options)
    if ('missing' in asked) return asked
    const { redeemers } = root
    const rules = asked.request.rules.flatMap((rule) => {
      if (rule.type !== 'redeemer') return [rule]
      return redeemers.length > 0 ? [{ ...rule, data: { addresses: redeemers } }] : []
    })
    const request = { ...asked.request, rules }
    const missing = unsupported(request, supported)
    return missing.length > 0 ? { missing } : { path: 'taskAccount', request, root: root.scope }
  },
  signature: (_scope, _supported, { signature }) =>
    signature === true ? { path: 'signature' } : lacks('', 'an account that signs delegations'),
}

function requestFor(
  scope: Scope,
  { acceptLower = false }: ChoosePathOptions,
): { request: PermissionRequest } | { missing: readonly Lack[] } {
  try {
    const [request, ...others] = scopeToPermissionRequests(scope).map(fromWireRequest)
    if (request === undefined || others.length > 0) return lacks('/rules', 'several token budgets in one permission')
    return { request: { ...request, permission: { ...request.permission, isAdjustmentAllowed: acceptLower } } }
  } catch (error) {
    if (!(error instanceof ScopeError)) throw error
    return { missing: error.issues.map(({ pointer, value }) => ({ pointer, what: String(value) })) }
  }
}

function unsupported(
  { chainId, permission, rules }: PermissionRequest,
  supported: SupportedPermissions | null,
): Lack[] {
  if (supported === null) return [{ pointer: '', what: 'ERC-7715' }]
  const { type } = permission
  const info = Object.hasOwn(supported, type) ? supported[type] : undefined
  if (info === undefined) return [{ pointer: '', what: type }]
  return [
    ...(info.chainIds.includes(chainId) ? [] : [{ pointer: '/chainId', what: `${type} on chain ${chainId}` }]),
    ...rules.flatMap((rule) =>
      info.ruleTypes.includes(rule.type) ? [] : [{ pointer: '', what: `the rule ${rule.type} of ${type}` }],
    ),
  ]
}

function lacks(pointer: string, what: string): { missing: readonly Lack[] } {
  return { missing: [{ pointer, what }] }
}
