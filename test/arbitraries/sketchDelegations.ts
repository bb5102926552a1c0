import { encodeCaveat } from '../../src/caveats/index.ts'
import type { Caveat, Environment } from '../../src/caveats/types.ts'
import type { Branch } from '../../src/compile/types.ts'
import { hashDelegation } from '../../src/delegation/index.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import { bytesOf, chance, type Draw, pick } from './draw.ts'
import type { GrantSketch, LinkSketch } from './grantSketch.ts'

/** The unsigned delegations of sketches, a branch for each. */
export function sketchDelegations(
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
  const caveats = link.caveats.map(({ added = '0x', ...caveat }) => ({
    ...encodeCaveat(environment, caveat),
    args: added,
  }))
  caveats.push(...(link.more ?? []))
  if (chance(draw, 3)) caveats.splice(draw.int(caveats.length + 1), 0, unreadable(draw, environment))
  return caveats
}

/** Caveats that Ambit does not read: other enforcers, and terms that it refuses though some of them run on chain. */
export function unreadable(draw: Draw, environment: Environment): Caveat {
  const word = (value: number) => value.toString(16).padStart(64, '0')
  const [name, terms] = pick(draw, [
    ['BlockNumberEnforcer', `${'0'.repeat(31)}9${'0'.repeat(31)}5`],
    ['ERC20BalanceChangeEnforcer', `02${'00'.repeat(72)}`],
    ['NativeBalanceChangeEnforcer', `02${'00'.repeat(52)}`],
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
