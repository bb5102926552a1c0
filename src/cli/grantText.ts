import type { Grant } from '../grant/types.ts'
import type { Scope } from '../scope/types.ts'
import { chainName } from './chains.ts'
import type { Data } from './command.ts'
import { facts, type Rich, untrusted } from './output.ts'

/** Who grants what to whom, in a few lines. */
export function renderScopeHead(scope: Scope): Rich {
  return facts([
    ['task', `${scope.task.id}: ${untrusted(scope.task.purpose)}`],
    ['chain', `${chainName(scope.chainId)} (${scope.chainId})`],
    ['principal', scope.principal],
    ['delegate', scope.delegate],
    ['from', scope.notBefore ?? 'now'],
    ['until', scope.expiry],
  ])
}

/** What every answer about a grant says of it. */
export function grantData(grant: Grant): { [key: string]: Data } {
  const root = grant.scopes[0]
  const effective = grant.scopes.at(-1)
  return {
    id: grant.id,
    task: effective?.task.id,
    chainId: grant.chainId,
    principal: root?.principal,
    delegate: effective?.delegate,
    depth: grant.scopes.length,
    expiry: effective?.expiry,
    scopeHash: grant.scopeHash,
  }
}
