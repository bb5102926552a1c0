import { encodeCaveat } from '../../caveats/caveat.ts'
import type { Caveat, DecodedCaveat, Environment, RevocationMethod } from '../../caveats/types.ts'
import type {
  Allowance,
  ApprovalRevocation,
  Periodic,
  Permission,
  PermissionRequest,
  PermissionRule,
  Stream,
} from '../../dapp/types.ts'
import { MAX_UINT256 } from '../../primitives/amount.ts'
import type { Hex } from '../../primitives/hex.ts'
import { invalid } from './errors.ts'

/**
 * The caveats that MetaMask gives a permission, byte for byte and in its order: the amount and what closes the other ways
 * out, then expiry, redeemer and payee, and always the nonce.
 *
 * @param request - Complete: see `completed`.
 * @throws `CaveatError` for values that no caveat can hold; `ProviderError` for a type that is no longer granted.
 */
export function permissionCaveats(environment: Environment, request: PermissionRequest, nonce: bigint): Caveat[] {
  const { permission, rules } = request
  const ordered = RULES.flatMap((type) => rules.filter((rule) => rule.type === type))
  const meanings: DecodedCaveat[] = [
    ...boundsOf(permission),
    ...ordered.map((rule) => ruleCaveat(rule, permission)),
    { kind: 'nonce', nonce },
  ]
  return meanings.map((meaning) => encodeCaveat(environment, meaning))
}

const RULES: readonly PermissionRule['type'][] = ['expiry', 'redeemer', 'payee']

const NO_VALUE: DecodedCaveat = { kind: 'valueLte', max: 0n }
const NO_CALLDATA: DecodedCaveat = { kind: 'exactCalldata', data: '0x' }

/** An ERC-20 permission carries no native value along; a native one carries no calldata. */
function boundsOf(permission: Permission): DecodedCaveat[] {
  switch (permission.type) {
    case 'native-token-stream':
      return [{ kind: 'nativeStreaming', ...streamOf(permission.data) }, NO_CALLDATA]
    case 'native-token-periodic':
      return [{ kind: 'nativePeriodTransfer', ...periodOf(permission.data) }, NO_CALLDATA]
    case 'native-token-allowance':
      return [{ kind: 'nativePeriodTransfer', ...oncePeriodOf(permission.data) }, NO_CALLDATA]
    case 'erc20-token-stream': {
      const { data } = permission
      return [{ kind: 'erc20Streaming', token: data.tokenAddress, ...streamOf(data) }, NO_VALUE]
    }
    case 'erc20-token-periodic': {
      const { data } = permission
      return [{ kind: 'erc20PeriodTransfer', token: data.tokenAddress, ...periodOf(data) }, NO_VALUE]
    }
    case 'erc20-token-allowance': {
      const { data } = permission
      return [{ kind: 'erc20PeriodTransfer', token: data.tokenAddress, ...oncePeriodOf(data) }, NO_VALUE]
    }
    case 'token-approval-revocation':
      return [{ kind: 'approvalRevocation', methods: methodsOf(permission.data) }]
    case 'erc20-token-revocation':
      throw invalid('permission.type', 'one that is still granted')
  }
}

function streamOf({ initialAmount = 0n, maxAmount = MAX_UINT256, amountPerSecond, startTime = 0 }: Stream) {
  return { initial: initialAmount, max: maxAmount, perSecond: amountPerSecond, start: BigInt(startTime) }
}

function periodOf({ periodAmount, periodDuration, startTime = 0 }: Periodic) {
  return { amount: periodAmount, duration: BigInt(periodDuration), start: BigInt(startTime) }
}

/** An allowance is a period that never ends. */
function oncePeriodOf({ allowanceAmount, startTime = 0 }: Allowance) {
  return { amount: allowanceAmount, duration: MAX_UINT256, start: BigInt(startTime) }
}

function methodsOf(data: ApprovalRevocation): RevocationMethod[] {
  return METHODS.filter(([flag]) => data[flag]).map(([, method]) => method)
}

/** In the order of the contract's flags. */
const METHODS: readonly (readonly [keyof Omit<ApprovalRevocation, 'justification'>, RevocationMethod])[] = [
  ['erc20Approve', 'erc20Approve'],
  ['erc721Approve', 'erc721Approve'],
  ['erc721SetApprovalForAll', 'setApprovalForAll'],
  ['permit2Approve', 'permit2Approve'],
  ['permit2Lockdown', 'permit2Lockdown'],
  ['permit2InvalidateNonces', 'permit2InvalidateNonces'],
]

function ruleCaveat(rule: PermissionRule, permission: Permission): DecodedCaveat {
  if (rule.type === 'expiry') return { kind: 'timestamp', after: 0n, before: BigInt(rule.data.timestamp) }
  const { addresses } = rule.data
  if (rule.type === 'redeemer') return { kind: 'redeemer', redeemers: addresses }
  // Whom a token goes to stands in the calldata, whom coins go to is the target.
  return permission.type.startsWith('erc20')
    ? { kind: 'allowedCalldata', start: 4n, value: `0x${'00'.repeat(12)}${addresses[0]?.slice(2)}` as Hex }
    : { kind: 'allowedTargets', targets: addresses }
}
