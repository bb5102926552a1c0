import { decodeCaveat } from '../caveats/index.ts'
import type { Caveat, DecodedCaveat, Environment } from '../caveats/types.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../delegation/execution.ts'
import type { Delegation } from '../delegation/types.ts'
import { type Address, byteLength, concatBytes, type Hex, uintToBytes } from '../primitives/hex.ts'
import { readAction } from '../verdict/facts.ts'
import { approvalKey, counterOf, type Place, periodKey } from '../verdict/storage.ts'
import type { Action, Call, Counter } from '../verdict/types.ts'
import { readBool, readWords } from './answers.ts'
import { termsReads } from './readTerms.ts'
import { callAt, getAt, type NodeClient } from './rpc.ts'

/** Getters of framework 1.3.0, by manager and delegation hash where nothing else is said. */
const SPENT_MAP: Hex = '0x9dd5d9ab'
const CALL_COUNTS: Hex = '0x19054d89'
const PERIODIC_ALLOWANCES: Hex = '0x7b91dc78'
/** By MultiTokenPeriodEnforcer's own key. */
const PERIODIC_ALLOWANCES_BY_KEY: Hex = '0xda8081c2'
const STREAMING_ALLOWANCES: Hex = '0xfb7d2c5b'
const USED_DELEGATIONS: Hex = '0xb9cf5249'
/** By manager, delegator and id. */
const IS_USED: Hex = '0x595dce48'
/** `beforeHook(bytes,bytes,bytes32,bytes,bytes32,address,address)` */
const BEFORE_HOOK: Hex = '0xa145832a'

/** Gas for an enforcer to answer, with a deployment or a foreign contract inside. A hostile one gets no more. */
const HOOK_GAS = 10_000_000n

export type ReadCountersParameters = {
  delegations: readonly { delegation: Delegation; hash: Hex }[]
  environment: Environment
  /** Hash of the block. */
  block: Hex
  /** The calls about to be judged: some enforcers ask their targets. */
  action?: Action | undefined
}

/** What enforcers keep for these delegations, or say of themselves, each once: the counters of a `State`. */
export async function readCounters(
  client: NodeClient,
  { delegations, environment, block, action }: ReadCountersParameters,
): Promise<Readonly<Record<string, Counter>>> {
  const reads = new Map<string, () => Promise<Counter>>()
  for (const { delegation, hash } of delegations) {
    const place = { hash, delegator: delegation.delegator, manager: environment.manager }
    for (const caveat of delegation.caveats) {
      const meaning = decodeCaveat(environment, caveat)
      const key = counterOf(meaning, caveat, place)
      if (meaning.kind === 'taskScope') {
        const at = { ...place, chainId: environment.chainId, enforcer: caveat.enforcer }
        const reading = { terms: meaning, place: at, args: caveat.args, block, action }
        for (const [slot, read] of termsReads(client, reading)) reads.set(slot, read)
      }
      if (key !== null && !reads.has(key)) reads.set(key, () => readCounter(client, block, meaning, caveat, place))
      const call = meaning.kind === 'approvalRevocation' ? onlyCall(action) : null
      if (call === null) continue
      // Whether there is such an approval, not whether these terms allow to take it back: caveats with others share the answer.
      const anyWay = { ...caveat, terms: ALL_METHODS }
      reads.set(approvalKey(caveat.enforcer, place.delegator, call), () => askHook(client, block, anyWay, place, call))
    }
  }
  const read = await Promise.all([...reads].map(async ([key, ask]) => [key, await ask()] as const))
  return Object.fromEntries(read)
}

/** How one caveat's counter is read, and what the answer means. */
async function readCounter(
  client: NodeClient,
  block: Hex,
  meaning: DecodedCaveat,
  caveat: Caveat,
  place: Place,
): Promise<Counter> {
  const data = (getter: Hex, ...words: Hex[]) =>
    getAt(client, { to: caveat.enforcer, data: concatBytes(getter, ...words), block })
  const byHash = (getter: Hex) => data(getter, word(place.manager), place.hash)
  switch (meaning.kind) {
    case 'limitedCalls': {
      const [count = 0n] = readWords('eth_call', await byHash(CALL_COUNTS), 1)
      return { kind: 'calls', count }
    }
    case 'erc20TransferAmount':
    case 'nativeTransferAmount': {
      const [spent = 0n] = readWords('eth_call', await byHash(SPENT_MAP), 1)
      return { kind: 'spent', spent }
    }
    case 'erc20PeriodTransfer':
    case 'nativePeriodTransfer':
      return readPeriod(await byHash(PERIODIC_ALLOWANCES))
    case 'multiTokenPeriod': {
      const key = periodKey(meaning.periods, caveat.args, place)
      return readPeriod(await data(PERIODIC_ALLOWANCES_BY_KEY, key ?? '0x'))
    }
    case 'erc20Streaming':
    case 'nativeStreaming':
      return readStream(await byHash(STREAMING_ALLOWANCES))
    case 'specificActionBatch':
      return { kind: 'used', used: readBool('eth_call', await byHash(USED_DELEGATIONS)) }
    case 'id': {
      const answer = await data(IS_USED, word(place.manager), word(place.delegator), uintToBytes(meaning.id, 32))
      return { kind: 'used', used: readBool('eth_call', answer) }
    }
    default:
      return askHook(client, block, caveat, place, NO_CALL)
  }
}

/** Whether the enforcer's own hook passes at this block, asked as the manager would; what it writes is forgotten. */
async function askHook(
  client: NodeClient,
  block: Hex,
  { enforcer, terms, args }: Caveat,
  { hash, delegator, manager }: Place,
  call: Call,
): Promise<Counter> {
  const execution = encodeExecution(call)
  const parts = [bytes(terms), bytes(args), bytes(execution)] as const
  const termsAt = 7 * 32
  const argsAt = termsAt + byteLength(parts[0])
  const executionAt = argsAt + byteLength(parts[1])
  const data = concatBytes(
    BEFORE_HOOK,
    offset(termsAt),
    offset(argsAt),
    SINGLE_DEFAULT_MODE,
    offset(executionAt),
    hash,
    word(delegator),
    word(manager),
    ...parts,
  )
  const answer = await callAt(client, { to: enforcer, from: manager, data, gas: HOOK_GAS, block })
  return { kind: 'hook', passes: answer.status === 'ok' }
}

/** Terms of ApprovalRevocationEnforcer under which every way to take an approval back is granted. */
const ALL_METHODS: Hex = '0x3f'

/** What a deployment or a balance does not look at. */
const NO_CALL: Call = { to: `0x${'00'.repeat(20)}`, value: 0n, data: '0x' }

/** Several calls are a batch, which no enforcer that asks a target takes; a malformed action is denied without asking. */
function onlyCall(action: Action | undefined): Call | null {
  const facts = action === undefined ? null : readAction(action)
  if (facts === null || 'code' in facts || !facts.single) return null
  return { to: facts.to, value: 0n, data: facts.data }
}

function readPeriod(data: Hex): Counter {
  const [amount = 0n, duration = 0n, start = 0n, lastPeriod = 0n, transferred = 0n] = readWords('eth_call', data, 5)
  return { kind: 'period', amount, duration, start, lastPeriod, transferred }
}

function readStream(data: Hex): Counter {
  const [initial = 0n, max = 0n, perSecond = 0n, start = 0n, spent = 0n] = readWords('eth_call', data, 5)
  return { kind: 'stream', initial, max, perSecond, start, spent }
}

function bytes(value: Hex): Hex {
  const size = byteLength(value)
  return concatBytes(offset(size), value, `0x${'00'.repeat((32 - (size % 32)) % 32)}`)
}

function offset(value: number): Hex {
  return uintToBytes(BigInt(value), 32)
}

function word(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}
