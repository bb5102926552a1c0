import type { z } from 'zod'
import { formatAmount } from '../primitives/amount.ts'
import type { Address } from '../primitives/hex.ts'
import { formatInstant } from '../primitives/time.ts'
import { NATIVE_DECIMALS } from './capacity.ts'
import { ScopeError, type ScopeIssue } from './errors.ts'
import { type ImportOptions, readImported } from './imported.ts'
import { OTHER_PERMISSIONS, type Permission, PermissionRequestDocument, RULE_TYPES } from './permissionRequest.ts'
import { readShape } from './shape.ts'
import { snapshot } from './snapshot.ts'
import type { Scope } from './types.ts'

/** What a scope says and a permission request does not. */
export type PermissionImport = ImportOptions & {
  principal: Address
  task: { id: string /** The request's justification where absent. */; purpose?: string }
  revocation: Scope['revocation']
  evidence: Scope['evidence']
  /** Links that may follow the delegate, where no rule of the request names the redeemers. Without it that is refused. */
  maxDepth?: number
}

/** Names that the request has no names for. */
const RULE = 'pay'
const BUDGET = 'limit'

type Request = z.output<typeof PermissionRequestDocument>
type Data = z.output<typeof Permission>['data']

/**
 * The scope that an ERC-7715 permission request asks for, read strictly: whatever a scope cannot hold is refused, never
 * left out. Symbol and decimals of its token are given in `assets`, as read from the chain.
 *
 * Where the request lets the wallet adjust it, nobody has fixed the amount, the period and the times yet: their source is
 * `agent`, and they enter only confirmed.
 *
 * @throws {@link ScopeError} `scope.foreign_type`, `scope.cannot_hold`, `scope.contradictory_details`, `scope.other_party`,
 * and whatever `parseScope` refuses. Pointers of the shape are into the request, all others into the scope.
 */
export function scopeFromPermissionRequest(value: unknown, options: PermissionImport): Scope {
  const input = snapshot(value)
  assertKnownTypes(input)
  const request = readShape(PermissionRequestDocument, input)
  const rules = rulesOf(request)
  const { task, revocation, evidence, maxDepth, ...rest } = options
  const { data, isAdjustmentAllowed } = request.permission
  const asset = 'tokenAddress' in data ? data.tokenAddress : 'native'
  const open = <held>(held: held) => (isAdjustmentAllowed ? { value: held, source: 'agent' as const } : held)
  const purpose = task.purpose ?? data.justification
  const start = startOf(data)
  const document = {
    version: 1,
    task: { id: task.id, ...(typeof purpose === 'string' && { purpose }) },
    chainId: Number(request.chainId),
    principal: request.from ?? options.principal,
    delegate: request.to,
    rules: [{ id: RULE, class: 'transfer', asset, to: rules.payees ?? 'anyone', budget: BUDGET }],
    budgets: {
      [BUDGET]: {
        assets: { [asset]: '1' },
        max: open(amountOf(data, asset, options)),
        ...('periodDuration' in data && { per: open(durationOf(data.periodDuration)), window: 'fixed' }),
      },
    },
    ...(start !== undefined && { notBefore: open(formatInstant(start)) }),
    expiry: open(formatInstant(BigInt(rules.expiry))),
    redelegation: { maxDepth: depthOf(request, rules.redeemers, maxDepth) },
    revocation,
    evidence,
  }
  return readImported(document, rest)
}

type Rules = { expiry: number; redeemers?: readonly string[]; payees?: readonly string[] }

/** Each rule once: of two payees' lists, a reader could take either. */
function rulesOf({ rules }: Request): Rules {
  let expiry: number | undefined
  const lists = new Map<string, readonly string[]>()
  for (const [index, rule] of (rules ?? []).entries()) {
    if (lists.has(rule.type) || (rule.type === 'expiry' && expiry !== undefined)) {
      throw refused('scope.contradictory_details', `/rules/${index}`, 'A request has a rule twice.', {
        value: rule.type,
        fix: 'State each rule once.',
      })
    }
    if (rule.type === 'expiry') expiry = rule.data.timestamp
    else lists.set(rule.type, rule.data.addresses)
  }
  if (expiry === undefined) {
    throw refused('scope.missing_expiry', '/rules', 'A scope must end.', { fix: 'Add a rule of the type expiry.' })
  }
  const [redeemers, payees] = [lists.get('redeemer'), lists.get('payee')]
  return { expiry, ...(redeemers && { redeemers }), ...(payees && { payees }) }
}

/** Only the delegate itself, or whoever it hands the permission to. Other redeemers have no place in a scope. */
function depthOf({ to }: Request, redeemers: Rules['redeemers'], stated: number | undefined): number {
  if (redeemers === undefined) {
    if (stated !== undefined) return stated
    throw refused('scope.cannot_hold', '/rules', 'A scope cannot leave open how far it is handed on.', {
      fix: 'Add a rule of the type redeemer that names the delegate, or say the depth.',
    })
  }
  const [only, ...others] = redeemers
  if (only?.toLowerCase() !== to.toLowerCase() || others.length > 0) {
    throw refused('scope.cannot_hold', '/rules', 'A scope cannot name redeemers other than the delegate.', {
      value: redeemers.join(', ').slice(0, 200),
      bound: to,
      fix: 'Name the delegate as the only redeemer.',
    })
  }
  if (stated !== undefined && stated > 0) {
    throw refused('scope.contradictory_details', '/rules', 'Who only redeems by itself hands nothing on.', {
      value: stated,
      bound: 0,
      fix: 'Leave the rule of the type redeemer or the depth out.',
    })
  }
  return 0
}

function amountOf(data: Data, asset: string, { assets = {} }: PermissionImport): string {
  const amount = BigInt('periodAmount' in data ? data.periodAmount : data.allowanceAmount)
  if (asset === 'native') return formatAmount(amount, NATIVE_DECIMALS)
  const known = new Map(Object.entries(assets).map(([address, own]) => [address.toLowerCase(), own]))
  const info = known.get(asset.toLowerCase())
  if (info !== undefined) return formatAmount(amount, info.decimals)
  throw refused(
    'scope.unknown_decimals',
    '/permission/data/tokenAddress',
    'Nobody said how many decimals this asset has.',
    { value: asset, fix: 'Read symbol and decimals from the chain and give them in assets.' },
  )
}

/**
 * When it begins, unix seconds. A start of one period is that of windows counted from unix time 0. Periods that begin
 * whenever the wallet likes are windows that no scope can say.
 */
function startOf(data: Data): bigint | undefined {
  const start = data.startTime ?? undefined
  if (!('periodDuration' in data)) return start === undefined ? undefined : BigInt(start)
  if (start === undefined) {
    throw refused('scope.cannot_hold', '/permission/data/startTime', 'A scope cannot leave open when periods begin.', {
      fix: 'State startTime.',
    })
  }
  return start === data.periodDuration ? undefined : BigInt(start)
}

function durationOf(seconds: number): string {
  return seconds % 86_400 === 0 ? `P${seconds / 86_400}D` : `PT${seconds}S`
}

/** Before the shape: what is of another kind is not a mistake in ours. */
function assertKnownTypes(input: unknown): void {
  const { permission, rules } = record(input)
  const { type } = record(permission)
  if (typeof type === 'string' && Object.hasOwn(OTHER_PERMISSIONS, type)) {
    throw refused('scope.cannot_hold', '/permission/type', 'A scope cannot say this permission.', {
      value: type,
      bound: OTHER_PERMISSIONS[type] ?? '',
      fix: 'Ask for a periodic permission or an allowance.',
    })
  }
  const known = ['native', 'erc20'].flatMap((kind) => [`${kind}-token-periodic`, `${kind}-token-allowance`])
  if (typeof type === 'string' && !known.includes(type)) throw foreign('/permission/type', type, known)
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    const { type: kind } = record(rule)
    if (typeof kind === 'string' && !RULE_TYPES.some((one) => one === kind)) {
      throw foreign(`/rules/${index}/type`, kind, RULE_TYPES)
    }
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** A rule that is not understood is a limit that would be lost. */
function foreign(pointer: string, type: string, known: readonly string[]): ScopeError {
  return refused('scope.foreign_type', pointer, 'This type is not known.', {
    value: type.slice(0, 200),
    bound: known.join(', '),
    fix: 'Use one of the known types.',
  })
}

function refused(
  code: ScopeIssue['code'],
  pointer: string,
  message: string,
  rest: Omit<ScopeIssue, 'code' | 'pointer' | 'message'>,
): ScopeError {
  return new ScopeError({ code, pointer, message, ...rest })
}
