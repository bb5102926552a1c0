import type { Address, Hex } from '../primitives/hex.ts'
import { DappError } from './errors.ts'
import { FIELDS, type Form, isPermissionType, MAX_ADDRESSES, RETIRED_TYPE } from './fields.ts'
import {
  type At,
  keysOf,
  list,
  member,
  readAddress,
  readAmount,
  readAnswer,
  readBytes,
  readChainId,
  readFlag,
  readSeconds,
  readText,
  refuse,
  required,
} from './read.ts'
import type { Permission, PermissionRequest, PermissionResponse, PermissionRule, PermissionType } from './types.ts'

/** A request as it goes to a wallet: chain id and amounts in hexadecimal, times as numbers. */
export type WirePermissionRequest = {
  chainId: Hex
  from?: Address
  to: Address
  permission: {
    type: PermissionType
    isAdjustmentAllowed: boolean
    data: Readonly<Record<string, string | number | boolean>>
  }
  rules: readonly PermissionRule[]
}

/** An answer as it comes from a wallet. */
export type WirePermissionResponse = WirePermissionRequest &
  Pick<PermissionResponse, 'context' | 'dependencies' | 'delegationManager'>

/** What every granted permission has, whatever its type. */
export type GrantedEnvelope = Omit<PermissionResponse, 'permission' | 'rules'>

/** One entry of a wallet's list. `unknown`: of a type, with a member, or under a rule, that is younger than this release. */
export type GrantedPermission =
  | (PermissionResponse & { status: 'known' })
  | (GrantedEnvelope & { status: 'unknown'; type: string })

/**
 * The request as a wallet reads it.
 *
 * @throws {@link DappError} `dapp.bad_request` naming the member, `dapp.retired_type`.
 */
export function toWireRequest(request: PermissionRequest): WirePermissionRequest {
  if (request.permission.type === RETIRED_TYPE) throw new DappError('dapp.retired_type')
  const wire = write(request)
  fromWireRequest(wire)
  return wire
}

/**
 * A request as we work with it. What we would not accept as an answer is not worth a question.
 *
 * @throws {@link DappError} `dapp.bad_request` naming the member.
 */
export function fromWireRequest(request: unknown): PermissionRequest {
  try {
    return readAnswer(request, readRequest)
  } catch (cause) {
    const { code, details } = cause as DappError
    throw new DappError('dapp.bad_request', { details: { ...details, problem: code }, cause })
  }
}

/** An answer as it came: how a page keeps what was granted, as JSON. {@link fromWireResponse} reads it again. */
export function toWireResponse(response: PermissionResponse): WirePermissionResponse {
  const { context, dependencies, delegationManager } = response
  return { ...write(response), context, dependencies, delegationManager }
}

function write({ chainId, from, to, permission, rules }: PermissionRequest): WirePermissionRequest {
  const { type, isAdjustmentAllowed } = permission
  const data: Record<string, string | number | boolean> = {}
  for (const [key, value] of Object.entries(permission.data)) {
    if (value !== undefined) data[key] = typeof value === 'bigint' ? hex(value) : value
  }
  return {
    chainId: hex(BigInt(Number.isSafeInteger(chainId) ? chainId : 0)),
    ...(from === undefined ? {} : { from }),
    to,
    permission: { type, isAdjustmentAllowed, data },
    rules,
  }
}

/**
 * One granted permission, read strictly.
 *
 * @throws {@link DappError} one of the codes `dapp.answer_…`, naming the member.
 */
export function fromWireResponse(answer: unknown): PermissionResponse {
  return readAnswer(answer, readResponse)
}

export function readResponse(at: At): PermissionResponse {
  return { ...readRequest(at), ...readEnvelope(at) }
}

/** Total over types, their members and rules: one permission of a later release must not hide all others. */
export function readGranted(at: At): GrantedPermission {
  const permission = required(at, 'permission')
  const type = readText(required(permission, 'type'))
  const rules = rulesOf(at).map((rule) => readText(required(rule, 'type')))
  const known = isPermissionType(type) && foreignMember(type, required(permission, 'data')) === undefined
  if (!known || !rules.every(isRuleType)) return { ...readEnvelope(at), status: 'unknown', type }
  return { ...readResponse(at), status: 'known' }
}

function readEnvelope(at: At): GrantedEnvelope {
  return {
    ...readParties(at),
    context: readBytes(required(at, 'context')),
    dependencies: list(required(at, 'dependencies'), MAX_DEPENDENCIES).map((item) => ({
      factory: readAddress(required(item, 'factory')),
      factoryData: readBytes(required(item, 'factoryData')),
    })),
    delegationManager: readAddress(required(at, 'delegationManager')),
  }
}

export function readRequest(at: At): PermissionRequest {
  const rules = rulesOf(at).map(readRule)
  const twice = rules.findIndex(({ type }, index) => rules.findIndex((rule) => rule.type === type) !== index)
  if (twice !== -1)
    throw refuse('dapp.answer_rule_twice', { value: rules[twice]?.type, path: `${at.path}/rules/${twice}` })
  return { ...readParties(at), permission: readPermissionMember(required(at, 'permission')), rules }
}

function readParties(at: At): Pick<PermissionRequest, 'chainId' | 'from' | 'to'> {
  const from = member(at, 'from')
  return {
    chainId: readChainId(required(at, 'chainId')),
    ...(from.value === undefined ? {} : { from: readAddress(from) }),
    to: readAddress(required(at, 'to')),
  }
}

function readPermissionMember(at: At): Permission {
  const typeAt = required(at, 'type')
  const type = readText(typeAt)
  if (!isPermissionType(type)) throw refuse('dapp.answer_unknown_permission', typeAt)
  const isAdjustmentAllowed = readFlag(required(at, 'isAdjustmentAllowed'))
  const dataAt = required(at, 'data')
  const fields = FIELDS[type]
  const foreign = foreignMember(type, dataAt)
  // A member that nobody here knows may be the one that says how much.
  if (foreign !== undefined) throw refuse('dapp.answer_member_unknown', member(dataAt, foreign))
  const data: Record<string, unknown> = {}
  for (const [key, form] of Object.entries(fields)) {
    const found = form.endsWith('?') ? member(dataAt, key) : required(dataAt, key)
    if (found.value !== undefined) data[key] = READ[form](found)
  }
  // The table of fields holds what each type has.
  return { type, isAdjustmentAllowed, data } as unknown as Permission
}

function foreignMember(type: PermissionType, data: At): string | undefined {
  return keysOf(data).find((key) => !Object.hasOwn(FIELDS[type], key))
}

const READ: Readonly<Record<Form, (at: At) => unknown>> = {
  amount: (at) => readAmount(at, 1n),
  'amount?': (at) => readAmount(at, 1n),
  'amount0?': (at) => readAmount(at, 0n),
  seconds: readSeconds,
  'seconds?': readSeconds,
  address: readAddress,
  'text?': (at) => readText(at),
  flag: readFlag,
}

function rulesOf(at: At): At[] {
  const rules = member(at, 'rules')
  return rules.value === undefined ? [] : list(rules)
}

function readRule(at: At): PermissionRule {
  const typeAt = required(at, 'type')
  const type = readText(typeAt)
  if (!isRuleType(type)) throw refuse('dapp.answer_unknown_rule', typeAt)
  const data = required(at, 'data')
  if (type === 'expiry') return { type, data: { timestamp: readSeconds(required(data, 'timestamp')) } }
  const addresses = list(required(data, 'addresses'), MAX_ADDRESSES).map(readAddress)
  // No redeemer at all would read as any.
  if (addresses.length === 0) throw refuse('dapp.answer_member_missing', required(data, 'addresses'))
  return { type, data: { addresses } }
}

function isRuleType(type: string): type is PermissionRule['type'] {
  return type === 'expiry' || type === 'redeemer' || type === 'payee'
}

/** Accounts that have to be deployed first: those of one chain of delegations. */
const MAX_DEPENDENCIES = 8

function hex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
