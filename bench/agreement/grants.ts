import type { Branch } from '../../src/compile/types.ts'
import { signDelegation } from '../../src/delegation/index.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { type Draw, pick } from '../../test/arbitraries/draw.ts'
import { type GrantSketch, sketchGrant, type World } from '../../test/arbitraries/grantSketch.ts'
import { sketchDelegations } from '../../test/arbitraries/sketchDelegations.ts'
import type { Rig } from './rig.ts'

/** A grant and, for each branch, the call that it was made around. */
export type Subject = { grant: Grant; bases: readonly Call[] }

/** One to three branches of one or two links, signed by everybody who passes authority on. */
export async function drawGrant(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const sketches = Array.from({ length: pick(draw, [1, 1, 1, 2, 3]) }, () => sketchGrant(draw, world))
  const { delegations, branches } = sketchDelegations(draw, rig.environment, sketches)
  return {
    grant: await signedGrant(rig, delegations, branches),
    bases: branches.map((_, index) => (sketches[index] ?? (sketches[0] as GrantSketch)).base),
  }
}

/** A grant of given delegations. Its scopes are empty: what is tested is the chain's half of a verdict. */
export async function signedGrant(
  rig: Rig,
  delegations: readonly Delegation[],
  branches: readonly Branch[],
): Promise<Grant> {
  const { manager, environment } = rig
  const signed = await Promise.all(
    delegations.map((delegation) =>
      signDelegation(rig.account(delegation.delegator), {
        delegation,
        chainId: environment.chainId,
        manager,
        accept: ['no_caveats', 'open_delegate', 'zero_salt'],
      }),
    ),
  )
  return {
    schema: 'ambit.grant.v1',
    id: ZERO,
    chainId: environment.chainId,
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
