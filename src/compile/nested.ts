import { type AbiParameter, decodeAbiParameters, encodeAbiParameters, parseAbiParameters } from 'viem'
import { type Address, byteLength, bytesToUint, type Hex, sliceBytes } from '../primitives/hex.ts'
import { selectorOf } from './selector.ts'

/** A call inside the arguments of another one. `delegated`: the callee runs as whoever makes it. */
export type InnerCall = { to: Address; data: Hex; delegated: boolean }

/** All calls inside a call, of every level, outer ones first; `readable` is false where some of it could not be read. */
export type Inside = { calls: readonly InnerCall[]; readable: boolean }

/** A wrapper in a wrapper is how a filter is fooled, not how work is done: deeper or longer is unreadable. */
const MAX_DEPTH = 4
const MAX_CALLS = 256
const MAX_BYTES = 65_536

/** True for functions that are known to carry calls in their arguments. */
export function carriesCalls(selector: Hex): boolean {
  return CARRIERS.has(selector)
}

/** The same by function name and types, for variants that are not listed: bytes that a name promises to call. */
export function mayCarryCalls(name: string, types: readonly string[]): boolean {
  return CARRIER_NAMES.test(name) && types.some((type) => /bytes(?![0-9])/.test(type))
}

/**
 * The calls that a call makes its target make, read from its bytes; `null` where the function is not known to carry any.
 *
 * Reads the one canonical encoding only. A lenient reader can be shown other calls than the contract sees.
 *
 * @param to - The target: what a `multicall` on itself calls.
 */
export function callsInside(to: Address, data: Hex): Inside | null {
  const first = unwrap(to, data)
  if (first === null) return null
  const calls: InnerCall[] = []
  let readable = true
  let level = first
  for (let depth = 0; ; depth++) {
    if (level === 'unreadable' || depth === MAX_DEPTH || calls.length + level.length > MAX_CALLS) {
      readable = false
      break
    }
    calls.push(...level)
    const next: InnerCall[] = []
    for (const call of level) {
      const inner = unwrap(call.to, call.data)
      if (inner === 'unreadable') readable = false
      else if (inner !== null) next.push(...inner)
    }
    if (next.length === 0) break
    level = next
  }
  return { calls, readable }
}

type Reader = (args: readonly unknown[], to: Address) => InnerCall[] | 'unreadable'

function unwrap(to: Address, data: Hex): InnerCall[] | 'unreadable' | null {
  const carrier = CARRIERS.get(sliceBytes(data, 0, 4))
  if (carrier === undefined) return null
  if (byteLength(data) > MAX_BYTES) return 'unreadable'
  const args = decodeCanonical(carrier.types, sliceBytes(data, 4))
  return args === null ? 'unreadable' : carrier.read(args, to)
}

/** What the bytes say, if they are the only bytes that say it. */
function decodeCanonical(types: readonly AbiParameter[], data: Hex): readonly unknown[] | null {
  try {
    const args = decodeAbiParameters(types, data) as readonly unknown[]
    return encodeAbiParameters(types, args) === data ? args : null
  } catch {
    return null
  }
}

const inner = (to: unknown, data: unknown, delegated = false): InnerCall => ({
  to: String(to).toLowerCase() as Address,
  data: data as Hex,
  delegated,
})

type Row = readonly unknown[]

const itself: (at: number) => Reader = (at) => (args, to) => (args[at] as Hex[]).map((data) => inner(to, data))
const alone: (to: number, data: number) => Reader = (to, data) => (args) => [inner(args[to], args[data])]
/** Tuples decode as rows: their parameters have no names. */
const rows: (at: number, to: number, data: number) => Reader = (at, to, data) => (args) =>
  (args[at] as Row[]).map((row) => inner(row[to], row[data]))
const columns: (data: number) => Reader = (data) => (args) => {
  const [targets, calldatas] = [args[0] as Address[], args[data] as Hex[]]
  return targets.length === calldatas.length ? targets.map((to, at) => inner(to, calldatas[at])) : 'unreadable'
}
/** Operation 1 of a Safe is a delegate call. */
const safe: Reader = (args) => [inner(args[0], args[2], args[3] !== 0)]
const opaque: Reader = () => 'unreadable'

/** ERC-7579: the first byte of the mode says how the rest is to be read. */
const modular: Reader = ([mode, data]) => {
  const bytes = data as Hex
  const callType = sliceBytes(mode as Hex, 0, 1)
  if (callType === '0x00') {
    return byteLength(bytes) < 52 ? 'unreadable' : [inner(sliceBytes(bytes, 0, 20), sliceBytes(bytes, 52))]
  }
  if (callType === '0xff') {
    return byteLength(bytes) < 20 ? 'unreadable' : [inner(sliceBytes(bytes, 0, 20), sliceBytes(bytes, 20), true)]
  }
  const batch = callType === '0x01' ? decodeCanonical(BATCH, bytes) : null
  return batch === null ? 'unreadable' : rows(0, 0, 2)(batch, '0x')
}
const BATCH = parseAbiParameters('(address,uint256,bytes)[]')

/** Safe's MultiSend: operation (1), target (20), value (32), length (32) and the calldata, one after the other. */
const packed: Reader = ([list]) => {
  const bytes = list as Hex
  const calls: InnerCall[] = []
  for (let at = 0; at < byteLength(bytes); ) {
    // No less than `at + 85`, so that a head cut short is past the end too.
    const end = BigInt(at + 85) + bytesToUint(sliceBytes(bytes, at + 53, at + 85))
    if (end > BigInt(byteLength(bytes))) return 'unreadable'
    const data = sliceBytes(bytes, at + 85, Number(end))
    calls.push(inner(sliceBytes(bytes, at + 1, at + 21), data, sliceBytes(bytes, at, at + 1) !== '0x00'))
    at = Number(end)
  }
  return calls
}

/** Functions whose arguments are calls, and how those lie in them. Opaque: what they carry is no plain call. */
const CARRIER_ROWS: readonly (readonly [name: string, types: string, read: Reader])[] = [
  ['multicall', 'bytes[]', itself(0)],
  ['multicall', 'uint256,bytes[]', itself(1)],
  ['multicall', 'bytes32,bytes[]', itself(1)],
  ['multicall', '(address,uint256,bytes)[]', rows(0, 0, 2)],
  ['batch', 'bytes[],bool', itself(0)],
  ['batch', '(address,uint256,bytes)[]', rows(0, 0, 2)],
  ['aggregate', '(address,bytes)[]', rows(0, 0, 1)],
  ['aggregate3', '(address,bool,bytes)[]', rows(0, 0, 2)],
  ['aggregate3Value', '(address,bool,uint256,bytes)[]', rows(0, 0, 3)],
  ['tryAggregate', 'bool,(address,bytes)[]', rows(1, 0, 1)],
  ['blockAndAggregate', '(address,bytes)[]', rows(0, 0, 1)],
  ['tryBlockAndAggregate', 'bool,(address,bytes)[]', rows(1, 0, 1)],
  ['execute', 'address,uint256,bytes', alone(0, 2)],
  ['execute', '(address,uint256,bytes)', (args) => [inner((args[0] as Row)[0], (args[0] as Row)[2])]],
  ['execute', 'bytes32,bytes', modular],
  ['execute', 'bytes,bytes[]', opaque],
  ['execute', 'bytes,bytes[],uint256', opaque],
  ['executeBatch', '(address,uint256,bytes)[]', rows(0, 0, 2)],
  ['executeBatch', 'address[],bytes[]', columns(1)],
  ['executeBatch', 'address[],uint256[],bytes[]', columns(2)],
  ['executeFromExecutor', 'bytes32,bytes', modular],
  ['execTransaction', 'address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes', safe],
  ['execTransactionFromModule', 'address,uint256,bytes,uint8', safe],
  ['execTransactionFromModuleReturnData', 'address,uint256,bytes,uint8', safe],
  ['multiSend', 'bytes', packed],
  ['functionCall', 'address,bytes', alone(0, 1)],
  ['functionCallWithValue', 'address,bytes,uint256', alone(0, 1)],
  ['functionDelegateCall', 'address,bytes', (args) => [inner(args[0], args[1], true)]],
  ['upgradeToAndCall', 'address,bytes', (args) => [inner(args[0], args[1], true)]],
  ['redeemDelegations', 'bytes[],bytes32[],bytes[]', opaque],
  ['handleOps', '(address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)[],address', opaque],
]

/** Families by name. Words that stand for something else now and then too: an unlisted one may be acknowledged. */
const CARRIER_NAMES =
  /^(?:exec|multicall|multiSend|batch|aggregate|tryAggregate|tryBlockAndAggregate|blockAndAggregate|functionCall|functionDelegateCall|delegatecall|redeemDelegations|handleOps)/i

const CARRIERS: ReadonlyMap<Hex, { types: readonly AbiParameter[]; read: Reader }> = new Map(
  CARRIER_ROWS.map(([name, types, read]) => [
    selectorOf(`${name}(${types})`),
    { types: parseAbiParameters(types) as readonly AbiParameter[], read },
  ]),
)

/** Signatures of {@link carriesCalls}: as dangerous by themselves as what they carry. */
export const CARRIER_SIGNATURES: readonly string[] = CARRIER_ROWS.map(([name, types]) => `${name}(${types})`)
