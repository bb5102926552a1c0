import type { KnownCaveat, KnownKind } from '../../src/caveats/codec.ts'
import { codecByKind, encodeCaveat } from '../../src/caveats/index.ts'
import type { Caveat } from '../../src/caveats/types.ts'
import type { Branch } from '../../src/compile/types.ts'
import { encodeContext, hashDelegation, signingHashOf } from '../../src/delegation/index.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import type { Grant } from '../../src/grant/types.ts'
import { type Address, concatBytes, type Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../test/arbitraries/draw.ts'
import {
  type GrantSketch,
  type Lean,
  type SketchedCaveat,
  sketchFocused,
  sketchGrant,
  type World,
} from '../../test/arbitraries/grantSketch.ts'
import { SELECTORS, transferCall, word } from '../../test/arbitraries/sketchCall.ts'
import { selectGroup } from '../../test/arbitraries/sketchCaveat.ts'
import { sketchDelegations, unreadable } from '../../test/arbitraries/sketchDelegations.ts'
import { drawCompiled, drawHeld } from './compiled.ts'
import type { Rig } from './rig.ts'

/** A grant and, for each branch, the calls that it was made around. */
export type Subject = {
  grant: Grant
  bases: readonly (readonly Call[])[]
  origin: 'sketched' | 'compiled' | 'handedOn'
  /** Made for one purpose: few actions show it. */
  brief: boolean
  corner?: Corner
}

/** What its history must do to a grant. */
export type Corner = 'plain' | 'spoiled' | 'revoked' | 'used'

/** Of a hundred grants, how many come from a random scope through the compiler. The others are random caveats. */
const COMPILED = 35

/** A compiled scope, or one to three branches of one to four links, signed by everybody who passes authority on. */
export async function drawGrant(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const subject = chance(draw, COMPILED) ? await drawCompiled(draw, rig, world) : null
  return subject ?? drawSketched(draw, rig, world)
}

/** How many grants of a round are about one kind of caveat each. */
const FOCUSED = 17

const LEANS: readonly Lean[] = ['pass', 'refuse', 'any']

/** Short grants about single kinds, all of them in turn: a short run too has each kind pass and refuse. */
export function focusedGrants(draw: Draw, rig: Rig, world: World, round: number): Promise<Subject[]> {
  const kinds = Object.keys(codecByKind) as KnownKind[]
  return Promise.all(
    Array.from({ length: FOCUSED }, (_, index) => {
      const turn = round * FOCUSED + index
      const kind = kinds[turn % kinds.length] as KnownKind
      const lean = LEANS[Math.floor(turn / kinds.length) % LEANS.length] ?? 'any'
      return sketchedSubject(draw, rig, [sketchFocused(draw, world, kind, lean)], true)
    }),
  )
}

function drawSketched(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const sketches = Array.from({ length: pick(draw, [1, 1, 1, 2, 3]) }, () => sketchGrant(draw, world))
  return sketchedSubject(draw, rig, sketches, false)
}

async function sketchedSubject(
  draw: Draw,
  rig: Rig,
  sketches: readonly GrantSketch[],
  brief: boolean,
): Promise<Subject> {
  const { delegations, branches } = sketchDelegations(draw, rig.environment, sketches)
  return {
    grant: await signedGrant(rig, delegations, branches),
    bases: branches.map((_, index) => (sketches[index] ?? (sketches[0] as GrantSketch)).base),
    origin: 'sketched',
    brief,
  }
}

/** What random grants seldom are: one of each in every round, so that a short run sees every reason. */
export async function cornerGrants(draw: Draw, rig: Rig, world: World): Promise<Subject[]> {
  const [principal, agent] = [world.principals[0], world.agents[0]]
  const subject = async (
    caveats: readonly SketchedCaveat[],
    corner: Corner,
    more: readonly Caveat[] = [],
    base: readonly Call[] = [transferCall(world.token, world.payees[0], 5n)],
  ): Promise<Subject> => {
    const links = [{ delegator: principal, delegate: agent, caveats: [...caveats], more }]
    const { delegations, branches } = sketchDelegations(draw, rig.environment, [{ links, redeemer: agent, base }])
    return {
      grant: await signedGrant(rig, delegations, branches),
      bases: [base],
      origin: 'sketched',
      brief: true,
      corner,
    }
  }
  const period = { amount: 50n, duration: 60n, start: world.now - 10n }
  const cap: KnownCaveat = { kind: 'erc20TransferAmount', token: world.token, limit: 50n }
  const [payee] = world.payees
  const data: Hex = `${SELECTORS.approve}${word(BigInt(payee))}${word(0n)}`
  const revoking: Call = { to: world.token, value: 0n, data }
  const paid = { recipient: payee, amount: 5n }
  const batch = [revoking, transferCall(world.token, payee, paid.amount)]
  const executed = { target: revoking.to, value: 0n, data }
  const counted: KnownCaveat = {
    kind: 'logicalOr',
    groups: [[{ meaning: { kind: 'limitedCalls', limit: 2n }, args: '0x' }]],
  }
  const held = await drawHeld(draw, rig, world)
  return [
    await subject([{ kind: 'erc20PeriodTransfer', token: world.token, ...period }], 'spoiled'),
    await subject([cap], 'revoked'),
    await subject([cap], 'plain', [unreadable(draw, rig.environment)]),
    await subject(
      [{ kind: 'erc20PeriodTransfer', token: world.token, ...period, start: world.now + 200n }, cap],
      'plain',
    ),
    await subject([{ kind: 'nonce', nonce: 7n }, cap], 'plain'),
    await subject([{ kind: 'approvalRevocation', methods: ['erc20Approve'] }], 'plain', [], [revoking]),
    await subject([{ kind: 'specificActionBatch', token: world.token, ...paid, first: executed }], 'used', [], batch),
    await subject([{ kind: 'blockNumber', after: 0n, before: world.block + 2n }, cap], 'used'),
    await subject([{ ...counted, added: selectGroup(0, ['0x']) }, cap], 'plain'),
    held,
    await paidGrant(draw, rig, world),
  ]
}

/** A grant that takes a payment, with a payment delegation that fits it: the chain lets it pass. */
async function paidGrant(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const [principal, payer] = world.principals
  const [agent] = world.agents
  const enforcer = rig.environment.enforcers['NativeTokenPaymentEnforcer'] as Address
  const base = transferCall(world.token, world.payees[0], 5n)
  const payment: KnownCaveat = { kind: 'nativePayment', recipient: world.payees[1], amount: BigInt(1 + draw.int(9)) }
  const links = [{ delegator: principal, delegate: agent, caveats: [payment] }]
  const { delegations, branches } = sketchDelegations(draw, rig.environment, [{ links, redeemer: agent, base: [base] }])
  const [delegation] = delegations as [Delegation]
  const terms = concatBytes(hashDelegation(delegation), agent)
  const allowance: Delegation = {
    delegate: enforcer,
    delegator: payer ?? principal,
    authority: ROOT_AUTHORITY,
    caveats: [encodeCaveat(rig.environment, { kind: 'argsEqualityCheck', args: terms })],
    salt: bytesOf(draw, 32),
    signature: '0x',
  }
  const [signed] = (await signedGrant(rig, [allowance], [])).delegations
  const added = encodeContext(signed === undefined ? [] : [signed])
  const caveats = delegation.caveats.map((caveat) => ({ ...caveat, args: added }))
  const grant = await signedGrant(rig, [{ ...delegation, caveats }], branches)
  return { grant, bases: [[base]], origin: 'sketched', brief: true, corner: 'plain' }
}

/** A grant of given delegations. Its scopes are empty: what is tested is the chain's half of a verdict. */
export async function signedGrant(
  rig: Rig,
  delegations: readonly Delegation[],
  branches: readonly Branch[],
): Promise<Grant> {
  const { chainId, manager } = rig.environment
  // By the digest: whether the signature is right, the chain says in every case, and to ask first costs as much as the case.
  const signed = await Promise.all(
    delegations.map(async (delegation) => {
      const hash = signingHashOf(hashDelegation(delegation), { chainId, manager })
      return { ...delegation, signature: await rig.account(delegation.delegator).sign({ hash }) }
    }),
  )
  return {
    schema: 'ambit.grant.v1',
    id: ZERO,
    chainId,
    manager,
    lowering: 'framework',
    scopes: [],
    scopeHash: ZERO,
    accepted: [],
    delegations: signed,
    branches,
  }
}

const ZERO: Hex = `0x${'00'.repeat(32)}`
