import { keccak256, stringToHex } from 'viem'
import { type Address, byteLength, bytesToUint, type Hex, isHex, sliceBytes } from '../../primitives/hex.ts'

/** Why a rule did not admit an execution, in the order of the contract's numbers. */
const REASONS = ['no_rule', 'value', 'condition', 'allowance', 'budget'] as const

/** The rule's number where there is none. */
const NO_RULE = 255

/** What an argument of a refusal is; all are one word. */
type Values = {
  address: Address
  bytes8: Hex
  bytes32: Hex
  uint256: bigint
  /** A small number: of an execution, a condition, a budget. */
  index: number
  /** `null`: no rule is for this target, selector and length. */
  rule: number | null
  reason: (typeof REASONS)[number]
}

/** Every refusal of the contract by its name, with what follows the delegation's hash. */
const REFUSALS = {
  NotManager: { caller: 'address' },
  UnknownVersion: { version: 'uint256', flags: 'uint256' },
  MalformedTerms: {},
  TooEarly: { notBefore: 'uint256', time: 'uint256' },
  Expired: { expiry: 'uint256', time: 'uint256' },
  GroupEnded: { delegator: 'address', group: 'bytes8', guardian: 'address' },
  RedeemerNotAllowed: { redeemer: 'address' },
  UnsupportedMode: { mode: 'bytes32' },
  MalformedExecution: {},
  TooManyExecutions: { limit: 'uint256', requested: 'uint256' },
  ForbiddenTarget: { item: 'index', target: 'address' },
  /**
   * `limit`: operand of the condition, most native value, or cap. `used`: of the budget. `requested`: the word, the native
   * value or the charge; with `no_rule` the target as a number. `index`: of the condition, the budget, or the execution of
   * an allowance.
   */
  NotAdmitted: {
    item: 'index',
    rule: 'rule',
    reason: 'reason',
    index: 'index',
    limit: 'uint256',
    used: 'uint256',
    requested: 'uint256',
  },
  CallsExceeded: { limit: 'uint256', used: 'uint256', requested: 'uint256' },
  MeasuredAlone: {},
  Reentered: {},
  MalformedArgs: { signer: 'address' },
  RequestExpired: { deadline: 'uint256', time: 'uint256' },
  RequestUsed: { number: 'uint256' },
  NotRequested: { key: 'address', digest: 'bytes32' },
  NotConfirmed: { confirmer: 'address', digest: 'bytes32' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, keyof Values>>>>

type Refusals = typeof REFUSALS
export type TaskScopeRefusalName = keyof Refusals

/** A refusal of one redemption by one delegation, whose hash is `delegation`. */
export type TaskScopeRefusal = {
  [Name in TaskScopeRefusalName]: { error: Name; delegation: Hex } & {
    -readonly [Field in keyof Refusals[Name]]: Refusals[Name][Field] extends keyof Values
      ? Values[Refusals[Name][Field]]
      : never
  }
}[TaskScopeRefusalName]

/**
 * The revert data of the contract, read. Total: `null` for any other bytes, also for such as the contract could not have
 * written. Whoever reads has to know that it was the contract that wrote: a target can write the same.
 */
export function decodeTaskScopeRefusal(data: Hex): TaskScopeRefusal | null {
  if (!isHex(data)) return null
  const name = nameBySelector.get(sliceBytes(data, 0, 4))
  if (name === undefined) return null
  const fields: [string, keyof Values][] = Object.entries(REFUSALS[name])
  if (byteLength(data) !== 4 + 32 * (1 + fields.length)) return null
  const refusal: Record<string, unknown> = { error: name, delegation: sliceBytes(data, 4, 36) }
  for (const [at, [field, type]] of fields.entries()) {
    const value = READ[type](sliceBytes(data, 36 + 32 * at, 68 + 32 * at))
    if (value === undefined) return null
    refusal[field] = value
  }
  if (name === 'NotAdmitted' && (refusal['rule'] === null) !== (refusal['reason'] === 'no_rule')) return null
  return refusal as TaskScopeRefusal
}

/** Reads one word; `undefined` where its type has no such word. */
const READ: { readonly [Type in keyof Values]: (word: Hex) => Values[Type] | undefined } = {
  address: (word) => (/^0x0{24}/.test(word) ? sliceBytes(word, 12) : undefined),
  bytes8: (word) => (/0{48}$/.test(word) ? sliceBytes(word, 0, 8) : undefined),
  bytes32: (word) => word,
  uint256: bytesToUint,
  index: readSmall,
  rule: (word) => {
    const rule = readSmall(word)
    return rule === NO_RULE ? null : rule
  },
  reason: (word) => REASONS[Number(bytesToUint(word))],
}

/** At most 255: no list of the terms or of a batch is longer. */
function readSmall(word: Hex): number | undefined {
  const value = bytesToUint(word)
  return value < 256n ? Number(value) : undefined
}

const TYPES: Readonly<Record<keyof Values, string>> = {
  address: 'address',
  bytes8: 'bytes8',
  bytes32: 'bytes32',
  uint256: 'uint256',
  index: 'uint256',
  rule: 'uint256',
  reason: 'uint8',
}

const nameBySelector: ReadonlyMap<Hex, TaskScopeRefusalName> = new Map(
  Object.entries(REFUSALS).map(([name, fields]) => {
    const types = ['bytes32', ...Object.values<keyof Values>(fields).map((type) => TYPES[type])]
    const selector = sliceBytes(keccak256(stringToHex(`${name}(${types.join(',')})`)), 0, 4)
    return [selector, name as TaskScopeRefusalName]
  }),
)
