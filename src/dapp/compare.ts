import { ANY_DELEGATE } from '../delegation/types.ts'
import type { ErrorDetails } from '../errors.ts'
import { comparePermission, compareRules, type Difference } from './compareAuthority.ts'
import { DappError, type DappErrorCode } from './errors.ts'
import { type ReadPermission, readPermission } from './readPermission.ts'
import type { Permission, PermissionRequest, PermissionResponse } from './types.ts'
import type { ReadGrantOptions } from './walletGrant.ts'

export type { Difference } from './compareAuthority.ts'

export type Compared = {
  read: ReadPermission & { status: 'read' }
  permission: Permission
  differences: readonly Difference[]
}

/**
 * What a wallet granted beside what it was asked for: every difference, in no order of weight. Reads what was signed, and
 * believes nothing that the wallet says beside it.
 *
 * @throws {@link DappError} where what was granted is no answer to the request at all: another chain, account, delegate or
 * manager, a context that is no permission, or one that is not the permission the wallet says it is.
 */
export function compareGranted(
  request: PermissionRequest,
  response: PermissionResponse,
  options: Pick<ReadGrantOptions, 'environment' | 'askedAt'>,
): Compared {
  const { environment, askedAt } = options
  assertParties(request, response, options)
  const read = readPermission(response.context, environment)
  if (read.status === 'unreadable') throw other('dapp.context_unreadable', { problem: read.code })
  const { permission, troubles } = read
  if (permission === null) throw other(`dapp.context_${troubles[0] ?? 'other_terms'}`)
  assertSigned(request, response, read)
  if (read.links[0]?.caveats.some(({ args }) => args !== '0x')) throw other('dapp.context_args')
  // The wallet's own words about what was signed: if they differ from it, whatever the page shows of them is wrong.
  const claims = [...comparePermission(response.permission, permission), ...compareRules(response.rules, read.rules)]
  const [claim] = claims
  if (claim !== undefined) throw other('dapp.context_other_permission', shown(claim))
  const differences = [
    ...comparePermission(request.permission, permission, askedAt),
    ...compareRules(request.rules, read.rules),
  ]
  return { read, permission, differences }
}

/**
 * Refuses what differs: more, or something else, always.
 *
 * @throws {@link DappError} `dapp.raised`, `dapp.changed`, `dapp.lowered` unless `acceptLower`, naming the first difference.
 */
export function assertNoMore(differences: readonly Difference[], acceptLower = false): void {
  for (const [change, code] of [
    ['higher', 'dapp.raised'],
    ['other', 'dapp.changed'],
    ['lower', 'dapp.lowered'],
  ] as const) {
    const found = differences.find((difference) => difference.change === change)
    if (found !== undefined && !(change === 'lower' && acceptLower)) throw other(code, shown(found))
  }
}

function assertParties(
  request: PermissionRequest,
  { chainId, from, to, delegationManager, permission }: PermissionResponse,
  { environment }: Pick<ReadGrantOptions, 'environment'>,
): void {
  const same = <value extends string | number>(code: DappErrorCode, requested: value, granted: value) => {
    if (requested !== granted) throw other(code, { requested, granted })
  }
  same('dapp.other_chain', request.chainId, chainId)
  same('dapp.other_chain', environment.chainId, chainId)
  if (request.from !== undefined && from !== undefined) same('dapp.other_account', request.from, from)
  same('dapp.other_delegate', request.to, to)
  // Never the answer's own: a manager of the wallet's choice would check nothing.
  same('dapp.other_manager', environment.manager, delegationManager)
  same('dapp.other_permission', request.permission.type, permission.type)
  same('dapp.other_permission', tokenOf(request.permission), tokenOf(permission))
}

function assertSigned(
  request: PermissionRequest,
  response: PermissionResponse,
  { delegator, delegate }: ReadPermission & { status: 'read' },
): void {
  if (delegate === ANY_DELEGATE) throw other('dapp.context_open_delegate')
  if (delegate !== request.to) throw other('dapp.context_other_delegate', { requested: request.to, granted: delegate })
  for (const requested of [request.from, response.from]) {
    if (requested !== undefined && delegator !== requested) {
      throw other('dapp.context_other_account', { requested, granted: delegator })
    }
  }
}

function tokenOf({ data }: Permission): string {
  return 'tokenAddress' in data ? data.tokenAddress : ''
}

function shown({ what, requested, granted }: Difference): ErrorDetails {
  return { what, requested: text(requested), granted: text(granted) }
}

function text(value: Difference['requested']): string | number | boolean | readonly string[] | null {
  return typeof value === 'bigint' ? value.toString() : value
}

function other(code: DappErrorCode, details: ErrorDetails = {}): DappError {
  return new DappError(code, { details, retry: 'reconcile' })
}
