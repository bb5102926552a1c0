import { encodeCaveat } from '../../src/caveats/index.ts'
import type { Caveat, Environment } from '../../src/caveats/types.ts'
import type { Branch } from '../../src/compile/types.ts'
import { hashDelegation, signDelegation } from '../../src/delegation/index.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import type { Call } from '../../src/verdict/types.ts'
import { bytesOf, chance, type Draw, pick } from '../../test/arbitraries/draw.ts'
import { type GrantSketch, type LinkSketch, sketchGrant, type World } from '../../test/arbitraries/grantSketch.ts'
import type { Rig } from './rig.ts'

/** A grant and, for each branch, the call that it was made around. */
export type Subject = { grant: Grant; bases: readonly Call[] }

/** One to three branches of one or two links, signed by everybody who passes authority on. */
export async function drawGrant(draw: Draw, rig: Rig, world: World): Promise<Subject> {
  const sketches = Array.from({ length: pick(draw, [1, 1, 1, 2, 3]) }, () => sketchGrant(draw, world))
  const { delegations, branches } = unsigned(draw, rig.environment, sketches)
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

/** Unsigned delegations of sketches: also what pure properties use, without keys. */
export function unsigned(
  draw: Draw,
  environment: Environment,
  sketches: readonly GrantSketch[],
): { delegations: Delegation[]; branches: Branch[] } {
  const delegations: Delegation[] = []
  const branches: Branch[] = []
  sketches.forEach((sketch, index) => {
    const links: number[] = []
    let authority = ROOT_AUTHORITY
    for (const link of [...sketch.links].reverse()) {
      const { delegate, delegator } = link
      const caveats = caveatsOf(draw, environment, link)
      // Not `createDelegations`: it refuses an open link that is passed on, which the manager takes.
      const delegation: Delegation = {
        delegate,
        delegator,
        authority,
        caveats,
        salt: bytesOf(draw, 32),
        signature: '0x',
      }
      authority = hashDelegation(delegation)
      links.unshift(delegations.push(delegation) - 1)
    }
    branches.push({ rule: `rule-${index}`, links })
  })
  return { delegations, branches }
}

function caveatsOf(draw: Draw, environment: Environment, link: LinkSketch): Caveat[] {
  const caveats = link.caveats.map((caveat) => encodeCaveat(environment, caveat))
  if (chance(draw, 3)) caveats.splice(draw.int(caveats.length + 1), 0, unreadable(draw, environment))
  return caveats
}

/** Caveats that Ambit does not read: other enforcers, and terms that it refuses though some of them run on chain. */
function unreadable(draw: Draw, environment: Environment): Caveat {
  const word = (value: number) => value.toString(16).padStart(64, '0')
  const [name, terms] = pick(draw, [
    ['BlockNumberEnforcer', word(0)],
    ['NativeTokenTransferAmountEnforcer', word(10 ** 6) + word(1)],
    ['TimestampEnforcer', `${'0'.repeat(31)}9${'0'.repeat(31)}5`],
    ['LimitedCallsEnforcer', '00'],
    ['NativeTokenPeriodTransferEnforcer', word(100) + word(0) + word(1)],
    ['NativeTokenPeriodTransferEnforcer', word(0) + word(10) + word(1)],
    ['AllowedMethodsEnforcer', 'a9059c'],
    ['AllowedCalldataEnforcer', `${'f'.repeat(64)}0000`],
    ['AllowedCalldataEnforcer', `${word(2 ** 40)}00`],
  ] as const)
  return { enforcer: environment.enforcers[name] ?? '0x', terms: `0x${terms}`, args: '0x' }
}
