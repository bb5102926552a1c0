import { DappError } from '../../dapp/errors.ts'
import { readAnswer } from '../../dapp/read.ts'
import type { Permission, PermissionRequest, PermissionRule, PermissionType } from '../../dapp/types.ts'
import { readRequest } from '../../dapp/wire.ts'
import { MAX_UINT256 } from '../../primitives/amount.ts'
import { INVALID_PARAMS, invalid, ProviderError } from './errors.ts'

const TOKEN_RULES = ['expiry', 'redeemer', 'payee'] as const

/** What the wallet grants, and under which rules: what MetaMask does. */
export const SUPPORTED: Readonly<
  Record<Exclude<PermissionType, 'erc20-token-revocation'>, readonly PermissionRule['type'][]>
> = {
  'native-token-stream': TOKEN_RULES,
  'native-token-periodic': TOKEN_RULES,
  'native-token-allowance': TOKEN_RULES,
  'erc20-token-stream': TOKEN_RULES,
  'erc20-token-periodic': TOKEN_RULES,
  'erc20-token-allowance': TOKEN_RULES,
  'token-approval-revocation': ['expiry'],
}

/** Ten years: longer periods are refused, as MetaMask does. */
const MAX_PERIOD_SECONDS = 10 * 365 * 86_400

/**
 * One request of `wallet_requestExecutionPermissions`. What the wallet does not understand it refuses: to grant without a
 * rule or a bound that it could not read would be to grant more than the page asked for.
 *
 * @throws `ProviderError` -32602, with the member.
 */
export function readPermissionRequest(value: unknown): PermissionRequest {
  const request = read(value)
  const { permission, rules } = request
  const { type } = permission
  if (type === 'erc20-token-revocation') throw invalid('permission/type', 'one that is still granted')
  for (const rule of rules) {
    if (!SUPPORTED[type].includes(rule.type)) throw invalid('rules', `of ${SUPPORTED[type].join(', ')} for ${type}`)
    if (rule.type === 'payee' && type.startsWith('erc20') && rule.data.addresses.length > 1) {
      // One payee is compared with the calldata; there is no caveat for one of several.
      throw invalid('rules', 'of one payee at most for an ERC-20 permission')
    }
  }
  if ('periodDuration' in permission.data && permission.data.periodDuration > MAX_PERIOD_SECONDS) {
    throw invalid('permission/data/periodDuration', 'ten years at most')
  }
  if (type === 'token-approval-revocation' && !Object.values(permission.data).includes(true)) {
    throw invalid('permission/data', 'at least one way to take an approval back')
  }
  return request
}

/**
 * The request with every value that the page left to the wallet: as MetaMask fills them in.
 *
 * @param now - Unix seconds.
 * @throws `ProviderError` -32602 for a stream whose most is no more than its first amount, and for what begins when it has
 * ended already.
 */
export function completed(request: PermissionRequest, now: number): PermissionRequest {
  const { permission, rules } = request
  if (permission.type === 'token-approval-revocation' || permission.type === 'erc20-token-revocation') return request
  const data = {
    ...('amountPerSecond' in permission.data ? { initialAmount: 0n, maxAmount: MAX_UINT256 } : {}),
    startTime: now,
    ...permission.data,
  }
  const { initialAmount = 0n, maxAmount = MAX_UINT256 }: { initialAmount?: bigint; maxAmount?: bigint } = data
  if (maxAmount <= initialAmount) throw invalid('permission/data/maxAmount', 'above initialAmount')
  const expiry = rules.find((rule) => rule.type === 'expiry')?.data.timestamp
  if (expiry !== undefined && data.startTime >= expiry) throw invalid('permission/data/startTime', 'before expiry')
  return { ...request, permission: { ...permission, data } as Permission }
}

function read(value: unknown): PermissionRequest {
  try {
    return readAnswer(value, readRequest)
  } catch (cause) {
    if (!(cause instanceof DappError)) throw cause
    const { member = '', value: given = '' } = cause.details
    throw new ProviderError(
      INVALID_PARAMS,
      `Invalid params: ${cause.shortMessage}`,
      { problem: cause.code, member: String(member), value: String(given) },
      cause,
    )
  }
}
