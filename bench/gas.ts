import { encodeFunctionData, parseAbi } from 'viem'
import { endGroup } from '../src/chain/endGroup.ts'
import { revoke } from '../src/chain/revoke.ts'
import { CompileError } from '../src/compile/errors.ts'
import { encodeContext } from '../src/delegation/context.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../src/delegation/execution.ts'
import { signDelegation } from '../src/delegation/sign.ts'
import { type Delegation, ROOT_AUTHORITY } from '../src/delegation/types.ts'
import { groupsOf } from '../src/grant/ending.ts'
import type { Grant } from '../src/grant/types.ts'
import type { Address } from '../src/primitives/hex.ts'
import { parseInstant } from '../src/primitives/time.ts'
import { encodeCall } from '../src/redemption/encode.ts'
import { requestOf, signRequest } from '../src/redemption/request.ts'
import type { Action, Call } from '../src/verdict/types.ts'
import { addressOf } from '../test/rig/grant.ts'
import { chainFailed } from './errors.ts'
import { type GasRig, type ScopeChange, startGasRig } from './gas/rig.ts'
import { measureWorstWindow } from './gas/worstWindow.ts'

/** Gas of whole transactions, `receipt.gasUsed`, the second of its kind but for `firstUse`; 7702 principal, EOA delegate. */
export type GasReport = {
  scope: { single: string; batch: string }
  /** The same scope as far as the framework's caveats go. `missing`: JSON pointers of what they do not hold. */
  framework: Common & { missing: readonly string[] }
  fused: Common & {
    batch50PerAction: number
    /** Submitted by a stranger, where the scope lets anyone; `relayedPinned` where it names who may. */
    relayed: number
    relayedPinned: number
    /** Above the threshold, with the confirmer's signature. */
    confirmed: number
    rollingWorstDay: number
  }
  /** The principal's own transfer to a holder. */
  plainTransfer: number
  /** A delegation without a caveat. */
  emptyRedemption: number
}

type Common = {
  single: number
  firstUse: number
  batch10PerAction: number
  twoHops: number
  /** The end of every grant of a group, by the guardian; of one delegation, by the principal. */
  groupRevoke: number
  /** The most that a cap of 100 a day lets through in five seconds, display units. */
  rollingWorst5s: number
}

/** What the fused lowering must not go above. */
export const REACH: Readonly<Partial<Record<keyof GasReport['fused'], number>>> = {
  single: 113_000,
  batch10PerAction: 24_500,
  batch50PerAction: 17_000,
  firstUse: 131_000,
  twoHops: 168_000,
  relayed: 126_000,
  groupRevoke: 47_000,
  rollingWorst5s: 100,
}

/** Both lowerings on one chain, in one run. */
export async function measureGas(): Promise<GasReport> {
  const rig = await startGasRig()
  try {
    const framework = await measureFramework(rig)
    const fused = await measureFused(rig)
    const plainTransfer = await measurePlainTransfer(rig)
    const emptyRedemption = await measureEmptyRedemption(rig)
    // The chain's clock runs ahead of the world's from here on.
    const worst = await measureWorst(rig)
    return {
      scope: {
        single:
          'one ERC-20, two payees, 50 a payment, 200 in any day, 1,000 calls a day, not before, expiry, group with guardian',
        batch: 'the same with ten payees, who all hold the token',
      },
      framework: { ...framework, rollingWorst5s: worst.framework.fiveSeconds },
      fused: { ...fused, rollingWorst5s: worst.fused.fiveSeconds, rollingWorstDay: worst.fused.day },
      plainTransfer,
      emptyRedemption,
    }
  } finally {
    await rig.stop()
  }
}

/** Which figures are above what they must reach. */
export function aboveReach({ fused }: Pick<GasReport, 'fused'>): string[] {
  return Object.entries(REACH).flatMap(([name, most]) =>
    fused[name as keyof typeof fused] > most ? [`${name} ${fused[name as keyof typeof fused]} > ${most}`] : [],
  )
}

async function measureFused(rig: GasRig): Promise<Omit<GasReport['fused'], 'rollingWorst5s' | 'rollingWorstDay'>> {
  const { agent, second, relayer, confirmer, guardian, node, chain } = rig
  const { environment } = chain
  const one = await rig.granted(rig.scope(2), 'fused')
  const firstUse = await redeem(rig, one, rig.action(agent, rig.pay(0)))
  const single = await redeem(rig, one, rig.action(agent, rig.pay(0)))

  const ten = await rig.granted(rig.scope(10), 'fused')
  const batchOf = (length: number) => rig.action(agent, ...Array.from({ length }, (_, index) => rig.pay(index)))
  await redeem(rig, ten, batchOf(10))
  const batch10 = await redeem(rig, ten, batchOf(10))
  const batch50 = await redeem(rig, ten, batchOf(50))

  const handing = await rig.granted(rig.scope(2, { redelegation: { maxDepth: 2 } }), 'fused')
  const below = await rig.handedOn(handing, rig.scope(2, {}, second), 'fused')
  await redeem(rig, below, rig.action(second, rig.pay(0)))
  const twoHops = await redeem(rig, below, rig.action(second, rig.pay(0)))

  const relay = async (redeemers: 'anyone' | Address[]) => {
    const request = { key: addressOf(agent), redeemers }
    const asking = await rig.granted(rig.scope(2, { request, redelegation: { maxDepth: 0 } }), 'fused')
    const numbered = (number: bigint) => signed(rig, asking, rig.action(relayer, rig.pay(0)), number, 'key')
    // Numbers that follow one another share a word of 256; one that begins a new word costs 17,100 more.
    await redeem(rig, asking, await numbered(0x5eed_1234_abcd_0001n))
    return redeem(rig, asking, await numbered(0x5eed_1234_abcd_0002n))
  }
  const relayed = await relay('anyone')
  const relayedPinned = await relay([addressOf(relayer)])

  const escalation = {
    above: { day: '25' },
    confirmer: addressOf(confirmer),
    timeout: 'PT15M',
    onTimeout: 'deny',
  } as const
  const watched = await rig.granted(rig.scope(2, { escalation }), 'fused')
  const large = rig.action(agent, rig.pay(0, 30n))
  await redeem(rig, watched, await signed(rig, watched, large, 0x5eed_1234_abcd_0001n, 'confirmer'))
  const confirmed = await redeem(rig, watched, await signed(rig, watched, large, 0x5eed_1234_abcd_0002n, 'confirmer'))

  const [group] = groupsOf(one, environment)
  if (group === undefined) throw chainFailed('a grant without a group', one.id)
  const ended = await endGroup(node, { account: guardian, group, environment, pollingInterval: 10 })
  return {
    single,
    firstUse,
    batch10PerAction: Math.round(batch10 / 10),
    batch50PerAction: Math.round(batch50 / 50),
    twoHops,
    relayed,
    relayedPinned,
    confirmed,
    groupRevoke: await gasOf(rig, ended.transactionHash),
  }
}

/** The numbers that the framework's part of the scope leaves out, found by asking its compiler for all of it. */
async function measureFramework(rig: GasRig): Promise<Omit<GasReport['framework'], 'rollingWorst5s'>> {
  const { agent, second, principal, node, chain } = rig
  const { environment, token } = chain
  const missing = [...(await refusedBy(rig)), '/revocation/guardian'].sort()
  const fixed: ScopeChange = {
    budgets: { day: { assets: { [token.address]: '1' }, max: '200', per: 'P1D', window: 'fixed' } },
    calls: undefined,
  }
  const accept = ['/rules/0/max']
  const one = await rig.granted(rig.scope(2, fixed), 'framework', accept)
  const firstUse = await redeem(rig, one, rig.action(agent, rig.pay(0)))
  const single = await redeem(rig, one, rig.action(agent, rig.pay(0)))

  const ten = await rig.granted(rig.scope(10, fixed), 'framework', accept)
  const calls = Array.from({ length: 10 }, (_, index) => rig.pay(index))
  await rig.gas(agent, ten.manager, encodeMany(rig, ten, calls))
  const batch10 = await rig.gas(agent, ten.manager, encodeMany(rig, ten, calls))

  const handing = await rig.granted(rig.scope(2, { ...fixed, redelegation: { maxDepth: 2 } }), 'framework', accept)
  const below = await rig.handedOn(handing, rig.scope(2, fixed, second), 'framework', accept)
  await redeem(rig, below, rig.action(second, rig.pay(0)))
  const twoHops = await redeem(rig, below, rig.action(second, rig.pay(0)))

  const { revoked } = await revoke(node, { account: principal, grant: one, environment, pollingInterval: 10 })
  return {
    single,
    firstUse,
    batch10PerAction: Math.round(batch10 / 10),
    twoHops,
    groupRevoke: await gasOf(rig, revoked[0]?.transactionHash ?? null),
    missing,
  }
}

/** The pointers that its compiler refuses. */
async function refusedBy(rig: GasRig): Promise<string[]> {
  try {
    await rig.granted(rig.scope(2), 'framework')
  } catch (error) {
    if (!(error instanceof CompileError)) throw error
    const { pointer, others } = error.details
    return [pointer, others].flat().filter((entry) => typeof entry === 'string')
  }
  return []
}

/** Scopes of one payee and no other bound than the budget; their group is not the one that was ended. */
async function measureWorst(rig: GasRig) {
  const { address } = rig.chain.token
  const scopeOf = (window: 'fixed' | 'rolling') =>
    rig.scope(1, {
      rules: [{ id: 'pay', class: 'transfer', asset: address, to: rig.payees.slice(0, 1), budget: 'day' }],
      budgets: { day: { assets: { [address]: '1' }, max: '100', per: 'P1D', window } },
      calls: undefined,
      revocation: { group: 'worst', maxLatencySeconds: 60 },
    })
  const [rolling, fixed] = [scopeOf('rolling'), scopeOf('fixed')]
  const origin = parseInstant(rolling.notBefore ?? '')
  return {
    fused: await measureWorstWindow(rig, () => rig.granted(rolling, 'fused'), { origin }),
    framework: await measureWorstWindow(rig, () => rig.granted(fixed, 'framework'), { origin }),
  }
}

function measurePlainTransfer(rig: GasRig): Promise<number> {
  const { to, data } = rig.pay(0)
  return rig.gas(rig.principal, to, data)
}

async function measureEmptyRedemption(rig: GasRig): Promise<number> {
  const { chainId, manager } = rig.chain.environment
  const delegation: Delegation = {
    delegate: addressOf(rig.agent),
    delegator: addressOf(rig.principal),
    authority: ROOT_AUTHORITY,
    caveats: [],
    salt: `0x${'5a'.repeat(32)}`,
    signature: '0x',
  }
  const signed = await signDelegation(rig.principal, { delegation, chainId, manager, accept: ['no_caveats'] })
  const data = encodeCall(encodeContext([signed]), SINGLE_DEFAULT_MODE, encodeExecution(rig.pay(0)))
  await rig.gas(rig.agent, manager, data)
  return rig.gas(rig.agent, manager, data)
}

function redeem(rig: GasRig, grant: Grant, action: Action): Promise<number> {
  const account = [rig.agent, rig.second, rig.relayer].find((party) => addressOf(party) === action.redeemer)
  if (account === undefined) throw chainFailed('a redeemer without a key', action.redeemer)
  return rig.gas(account, grant.manager, rig.redemption(grant, 0, action))
}

/** The same action as the agent's key, or the confirmer, signed it. */
async function signed(
  rig: GasRig,
  grant: Grant,
  action: Action,
  number: bigint,
  by: 'key' | 'confirmer',
): Promise<Action> {
  const deadline = (await rig.now()) + 600n
  const { request } = requestOf(grant, { environment: rig.chain.environment, action, number, deadline })
  const signature = await signRequest((by === 'key' ? rig.agent : rig.confirmer) as never, request)
  const parts = by === 'key' ? { signature, confirmation: null } : { signature: null, confirmation: signature }
  return { ...action, request: { number, deadline, ...parts } }
}

const manager = parseAbi(['function redeemDelegations(bytes[] contexts, bytes32[] modes, bytes[] executions)'])

/** One transaction that redeems the branch of each payee once: what the framework has in place of a batch. */
function encodeMany(rig: GasRig, grant: Grant, calls: readonly Call[]) {
  const contexts = calls.map((_, index) => {
    const branch = grant.branches.find(({ payee }) => payee === rig.payees[index])
    return encodeContext((branch?.links ?? []).flatMap((link) => grant.delegations[link] ?? []))
  })
  const modes = calls.map(() => SINGLE_DEFAULT_MODE)
  const args = [contexts, modes, calls.map(encodeExecution)] as const
  return encodeFunctionData({ abi: manager, functionName: 'redeemDelegations', args })
}

async function gasOf({ chain }: GasRig, hash: `0x${string}` | null): Promise<number> {
  if (hash === null) throw chainFailed('a transaction that was not sent', null)
  return Number((await chain.publicClient.getTransactionReceipt({ hash })).gasUsed)
}
