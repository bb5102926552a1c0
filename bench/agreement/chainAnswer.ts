import { numberToHex } from 'viem'
import type { Grant } from '../../src/grant/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { encodeRedemption } from '../../src/redemption/index.ts'
import type { Action } from '../../src/verdict/types.ts'
import { chainFailed } from '../errors.ts'
import { type RpcRequest, sendBatch } from './rpc.ts'

/** What the real manager does with one action on one branch. */
export type ChainAnswer =
  | { status: 'executed' }
  /** Every hook passed; the account or its target failed. */
  | { status: 'execution_failed' }
  | { status: 'refused'; by: 'manager'; error: string }
  /** `position`: number of hooks that passed before it, over all links from the leaf up. */
  | { status: 'refused'; by: 'hook'; position: number; delegation: Hex; enforcer: Address; error: string; data?: Hex }
  /** A hook before all others, or after the execution. */
  | { status: 'refused'; by: 'outer'; when: 'before' | 'after'; delegation: Hex; enforcer: Address; error: string }

/** `time`: asked as if the newest block had this one, seconds. */
export type Question = { grant: Grant; branch: number; action: Action; time?: bigint }

const SELECTORS = {
  beforeAllHook: '0x414c3e33',
  beforeHook: '0xa145832a',
  execute: '0xd691c964',
  afterHook: '0xd3eddcc5',
  afterAllHook: '0xed463367',
} as const

/**
 * Has the node run each on its newest block, which stays as it is, and tell every call within: so one exchange says whether it
 * reverts, and at which hook of which delegation.
 */
export async function askChain(rpcUrl: string, questions: readonly Question[]): Promise<ChainAnswer[]> {
  const requests = questions.map(({ grant, branch, action, time }): RpcRequest => {
    const data = redemptionData(grant, branch, action)
    const transaction = { from: action.redeemer, to: grant.manager, data, gas: '0x1c9c380' }
    const blockOverrides = time === undefined ? {} : { time: numberToHex(time) }
    return { method: 'debug_traceCall', params: [transaction, 'latest', { tracer: 'callTracer', blockOverrides }] }
  })
  const traces = await sendBatch(rpcUrl, requests)
  return traces.map((trace) => {
    const root = trace.result as Frame | undefined
    if (root === undefined || (root.error !== undefined && root.error !== REVERTED)) {
      throw chainFailed('debug_traceCall', trace)
    }
    return root.error === undefined ? { status: 'executed' } : readTrace(root)
  })
}

/** What the manager does when anything below it refuses; all else is a fault of the question. */
const REVERTED = 'execution reverted'

/** Call data of `redeemDelegations`: single mode for one call, batch mode for several. */
export function redemptionData(grant: Grant, index: number, action: Action): Hex {
  return encodeRedemption(grant, index, action).data
}

type Frame = { to?: Hex; input: Hex; output?: Hex; error?: string; calls?: Frame[] }

function readTrace(root: Frame): ChainAnswer {
  const calls = root.calls ?? []
  const failed = calls.at(-1)
  if (failed?.error === undefined) return { status: 'refused', by: 'manager', error: revertText(root.output) }
  const selector = failed.input.slice(0, 10)
  if (selector === SELECTORS.execute) return { status: 'execution_failed' }
  // Every hook has (bytes,bytes,bytes32,bytes,bytes32,address,address): the hash is the fifth word.
  const delegation: Hex = `0x${failed.input.slice(10 + 4 * 64, 10 + 5 * 64)}`
  const enforcer = (failed.to ?? '0x').toLowerCase() as Address
  const refused = { status: 'refused' as const, delegation, enforcer, error: revertText(failed.output) }
  switch (selector) {
    case SELECTORS.beforeHook:
      return {
        ...refused,
        by: 'hook',
        position: calls.filter(({ input }) => input.startsWith(selector)).length - 1,
        data: failed.output ?? '0x',
      }
    case SELECTORS.beforeAllHook:
      return { ...refused, by: 'outer', when: 'before' }
    case SELECTORS.afterHook:
    case SELECTORS.afterAllHook:
      return { ...refused, by: 'outer', when: 'after' }
    default:
      throw chainFailed('callTracer', failed)
  }
}

/** `Error(string)` as its text, `Panic(uint256)` as `panic:17`, anything else as its selector. */
export function revertText(output: Hex | undefined): string {
  if (output === undefined || output === '0x') return 'empty'
  if (output.startsWith('0x08c379a0')) {
    const length = Number(`0x${output.slice(74, 138)}`)
    return Buffer.from(output.slice(138, 138 + length * 2), 'hex').toString()
  }
  if (output.startsWith('0x4e487b71')) return `panic:${BigInt(`0x${output.slice(10)}`)}`
  return output.slice(0, 10)
}
