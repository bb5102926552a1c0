import { encodeCaveat } from '../src/caveats/index.ts'
import type { Environment } from '../src/caveats/types.ts'
import { hashDelegation } from '../src/delegation/index.ts'
import { type Delegation, ROOT_AUTHORITY } from '../src/delegation/types.ts'
import type { Grant } from '../src/grant/types.ts'
import type { Address, Hex } from '../src/primitives/hex.ts'
import { prepareGrant } from '../src/verdict/prepare.ts'
import type { PreparedGrant } from '../src/verdict/prepared.ts'
import type { PreparedTerms } from '../src/verdict/taskScope/prepareTerms.ts'
import type { Action, Call, Counter, State } from '../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../test/arbitraries/draw.ts'
import { offlineWorld } from '../test/arbitraries/verdictCase.ts'
import { sketchTerms } from './agreement/fused/sketch.ts'

export type FusedSample = { prepared: PreparedGrant; action: Action; state: State; hops: number }

const ZERO: Hex = `0x${'00'.repeat(32)}`

/** Grants of whole scopes without a signature to check, states near their bounds, and calls that the terms were made around. */
export function drawFusedSamples(draw: Draw, environment: Environment, grants: number, actions: number): FusedSample[] {
  return Array.from({ length: grants }, () => {
    const hops = pick(draw, [1, 1, 2])
    const { grant, bases } = drawGrant(draw, environment, hops)
    const prepared = prepareGrant(grant, environment)
    const state = drawState(draw, prepared)
    const redeemer = grant.delegations[0]?.delegate as Address
    return Array.from({ length: actions }, () => {
      const action = { chainId: grant.chainId, redeemer, calls: pick(draw, bases).map((call) => near(draw, call)) }
      return { prepared, state, hops, action }
    })
  }).flat()
}

function drawGrant(
  draw: Draw,
  environment: Environment,
  hops: number,
): { grant: Grant; bases: readonly (readonly Call[])[] } {
  const world = { ...offlineWorld, chainId: environment.chainId }
  const [principal] = world.principals
  const holders: Address[] = [principal, world.agents[0], world.agents[1]]
  const delegate = holders[hops] as Address
  const { terms, bases } = sketchTerms(draw, world, { principal, delegate, key: null, confirmer: null })
  const delegations: Delegation[] = []
  let authority = ROOT_AUTHORITY
  for (let at = 0; at < hops; at++) {
    const [delegator, next] = [holders[at] as Address, holders[at + 1] as Address]
    const caveats = [encodeCaveat(environment, terms)]
    const delegation = {
      delegator,
      delegate: next,
      authority,
      caveats,
      salt: bytesOf(draw, 32),
      signature: '0x' as const,
    }
    authority = hashDelegation(delegation)
    delegations.unshift(delegation)
  }
  const grant: Grant = {
    schema: 'ambit.grant.v1',
    id: ZERO,
    chainId: environment.chainId,
    manager: environment.manager,
    lowering: 'fused',
    scopes: [],
    scopeHash: ZERO,
    accepted: [],
    delegations,
    branches: [{ links: delegations.map((_, index) => index) }],
  }
  return { grant, bases }
}

function drawState(draw: Draw, { chainId, manager, branches }: PreparedGrant): State {
  const timestamp = offlineWorld.now + BigInt(draw.int(200))
  const disabled: Record<Hex, boolean> = {}
  const counters: Record<string, Counter> = {}
  for (const { hash, caveats } of branches.flatMap(({ links }) => links)) {
    disabled[hash] = chance(draw, 2)
    for (const { taskScope } of caveats)
      if (taskScope !== null) Object.assign(counters, drawWords(draw, taskScope, timestamp))
  }
  const block = { number: 1n, hash: ZERO, timestamp }
  return { chainId, manager, block, paused: false, disabled, nonces: {}, counters }
}

function drawWords(draw: Draw, { keys, groupKey, budgets }: PreparedTerms, now: bigint): Record<string, Counter> {
  return Object.fromEntries(
    keys.map((key) => {
      const units = budgets.find((budget) => budget.key === key)?.units ?? 0n
      const spent = (units * BigInt(draw.int(90))) / 100n
      const word = (spent << 64n) | ((now - BigInt(draw.int(40))) << 24n) | BigInt(draw.int(4))
      const group = chance(draw, 2) ? 1n : 0n
      return [key, { kind: 'word', word: key === groupKey ? group : word }]
    }),
  )
}

/** Mostly as it is; else another amount, payee or length. */
function near(draw: Draw, call: Call): Call {
  if (chance(draw, 55)) return call
  const word = draw.int(256).toString(16).padStart(64, '0')
  if (call.data.length < 74 || chance(draw, 20)) return { ...call, value: call.value + BigInt(draw.int(3)) }
  const at = 10 + 64 * draw.int((call.data.length - 10) / 64)
  return { ...call, data: `${call.data.slice(0, at)}${word}${call.data.slice(at + 64)}` as Hex }
}
