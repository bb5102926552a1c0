import { decodeCaveat, encodeCaveat } from '../caveats/caveat.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import type { Branch, Plan } from '../compile/types.ts'
import type { Delegation } from '../delegation/types.ts'
import { AmbitError } from '../errors.ts'
import { MAX_UINT256 } from '../primitives/amount.ts'
import { concatBytes, type Hex } from '../primitives/hex.ts'
import type { PermissionRequest } from '../scope/permissionRequest.ts'
import { scopeToPermissionRequests } from '../scope/toPermissionRequests.ts'
import type { Scope } from '../scope/types.ts'
import { GrantError } from './errors.ts'

/**
 * The plan that a wallet's own delegation stands for, where it grants exactly what a scope says: one token permission of
 * ERC-7715, in caveats of any order. Its salt is the wallet's, so nothing but caveats is compared: for the purpose, evidence
 * and group of the scope beside it nobody signed.
 *
 * Between whom it is, `readStructure` compares. A wallet may fix when an allowance begins, and, where the scope is handed on, who redeems in the end.
 *
 * @throws {@link GrantError} `grant.not_the_scope` with what differs.
 */
export function planOfWallet(scope: Scope, delegation: Delegation, environment: Environment): Plan {
  const expected = expectedCaveats(scope, delegation, environment)
  const same = (a: { enforcer: Hex; terms: Hex }) => `${a.enforcer} ${a.terms}`
  const wanted = expected.map((caveat) => same(encodeCaveat(environment, caveat))).sort()
  const found = delegation.caveats.map(same).sort()
  if (wanted.join() !== found.join()) throw notTheScope('caveats')
  const { delegate, delegator, caveats, salt } = delegation
  return {
    chainId: environment.chainId,
    manager: environment.manager,
    lowering: 'framework',
    drafts: [{ delegate, delegator, parent: null, caveats, salt }],
    branches: [branchOf(scope)],
    coverage: [],
    explanation: [],
    accepted: [],
  }
}

/** The one way to act under a wallet's delegation. */
export function branchOf({ rules: [rule] }: Scope): Branch {
  const payees = rule?.class === 'transfer' && rule.to !== 'anyone' ? rule.to : []
  const [payee] = payees
  return {
    ...(rule === undefined ? {} : { rule: rule.id }),
    ...(payee === undefined || payees.length > 1 ? {} : { payee }),
    links: [0],
  }
}

/** What the wallet writes for the scope, with what only the delegation itself can say: its nonce, a start, redeemers. */
function expectedCaveats(scope: Scope, delegation: Delegation, environment: Environment): DecodedCaveat[] {
  const { permission, rules } = requestOf(scope)
  const own = delegation.caveats.map((caveat) => decodeCaveat(environment, caveat))
  const nonce = own.find((caveat) => caveat.kind === 'nonce')
  const redeemer = own.find((caveat) => caveat.kind === 'redeemer')
  const begun = own.find((caveat) => caveat.kind === 'erc20PeriodTransfer' || caveat.kind === 'nativePeriodTransfer')
  if (nonce === undefined || begun === undefined) throw notTheScope('caveats')
  const { tokenAddress, periodAmount, periodDuration, allowanceAmount, startTime } = permission.data
  const period = {
    amount: BigInt(periodAmount ?? allowanceAmount ?? 0),
    // How a wallet says "in all": one period that never ends.
    duration: periodDuration === undefined ? MAX_UINT256 : BigInt(periodDuration),
    start: startTime === undefined ? begun.start : BigInt(startTime),
  }
  return [
    ...(tokenAddress === undefined
      ? [
          { kind: 'nativePeriodTransfer' as const, ...period },
          { kind: 'exactCalldata' as const, data: '0x' as const },
        ]
      : [
          { kind: 'erc20PeriodTransfer' as const, token: tokenAddress, ...period },
          { kind: 'valueLte' as const, max: 0n },
        ]),
    ...rules.flatMap((rule): DecodedCaveat[] => {
      if (rule.type === 'expiry') return [{ kind: 'timestamp', after: 0n, before: BigInt(rule.data.timestamp) }]
      const { addresses } = rule.data
      // Only the delegate redeems what it may not hand on. Otherwise any list narrows.
      if (rule.type === 'redeemer' && scope.redelegation.maxDepth > 0) return redeemer === undefined ? [] : [redeemer]
      if (rule.type === 'redeemer') return [{ kind: 'redeemer', redeemers: addresses }]
      if (tokenAddress === undefined) return [{ kind: 'allowedTargets', targets: addresses }]
      return addresses.map((payee) => ({ kind: 'allowedCalldata', start: 4n, value: concatBytes(PADDING, payee) }))
    }),
    nonce,
  ]
}

const PADDING: Hex = `0x${'00'.repeat(12)}`

/** One request, which has no word for the depth: that is what its redeemers say. */
function requestOf(scope: Scope): PermissionRequest {
  try {
    const [request, ...others] = scopeToPermissionRequests({ ...scope, redelegation: { maxDepth: 0 } })
    if (request !== undefined && others.length === 0) return request
  } catch (cause) {
    if (!(cause instanceof AmbitError)) throw cause
    throw notTheScope('no token permission', cause)
  }
  throw notTheScope('no token permission')
}

function notTheScope(differs: string, cause?: unknown): GrantError {
  return new GrantError('grant.not_the_scope', 'This is not the token permission that its scope asks a wallet for.', {
    details: { scope: 0, differs },
    fix: 'Do not use it: what it says is not what it permits.',
    ...(cause === undefined ? {} : { cause }),
  })
}
