import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import type { Action, State } from '../verdict/types.ts'
import { readBool, readUint } from './answers.ts'
import { assertChain } from './assertChain.ts'
import { type BlockName, readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { DISABLED_DELEGATIONS } from './isDisabled.ts'
import { assertKnownEnforcers } from './knownCode.ts'
import { readCounters } from './readCounters.ts'
import { getAt, type NodeClient } from './rpc.ts'

export type ReadStateParameters = {
  /** Its delegations are what is looked at. */
  grant: Pick<Grant, 'chainId' | 'manager' | 'delegations'>
  environment: Environment
  block?: BlockName
  /** With it, what a caveat asks of the action's own target is read too. Without it such a caveat denies. */
  action?: Action
}

/** Getters of framework 1.3.0. */
const PAUSED: Hex = '0x5c975abb'
const CURRENT_NONCE: Hex = '0x2bd4ed21'

/**
 * Everything a verdict on this grant depends on, at one block: pause, revocations, nonces, counters. The block is named
 * first, then all is read by its hash at once; a client made with `createNode` sends it as one batch. The code of every
 * enforcer in it is looked at too, once: a verdict mirrors the contracts that it knows, and says nothing of others.
 *
 * Nothing is ever filled in: what a node does not answer well is an error, and the caller denies.
 *
 * @throws {@link ChainError} `chain.wrong_chain`, `chain.block_mismatch`, `chain.rpc_…`: may be tried again; and
 * `chain.not_deployed`, `chain.wrong_code` as `assertKnownEnforcers`.
 */
export async function readState(client: NodeClient, parameters: ReadStateParameters): Promise<State> {
  const { grant, environment } = parameters
  assertEnvironment(grant, environment)
  const { number, hash, timestamp } = await readBlock(client, parameters.block)
  const get = (to: Address, data: Hex) => getAt(client, { to, data, block: hash })
  const delegations = grant.delegations.map((delegation) => ({ delegation, hash: hashDelegation(delegation) }))

  const caveats = grant.delegations.flatMap((delegation) => delegation.caveats)

  const [, paused, disabled, nonces, counters] = await Promise.all([
    assertChain(client, environment.chainId),
    get(environment.manager, PAUSED).then((data) => readBool('eth_call', data)),
    all(delegations, async (link) => [
      link.hash,
      readBool('eth_call', await get(environment.manager, concatBytes(DISABLED_DELEGATIONS, link.hash))),
    ]),
    all(nonceHolders(grant.delegations, environment), async ({ enforcer, delegator }) => [
      delegator,
      readUint('eth_call', await get(enforcer, concatBytes(CURRENT_NONCE, word(grant.manager), word(delegator)))),
    ]),
    readCounters(client, { delegations, environment, block: hash, action: parameters.action }),
    assertKnownEnforcers(client, { environment, caveats, block: hash }),
  ])
  return {
    chainId: grant.chainId,
    manager: grant.manager,
    block: { number, hash, timestamp },
    paused,
    disabled,
    nonces,
    counters,
  }
}

/** @throws {@link ChainError} `chain.wrong_chain` */
export function assertEnvironment(grant: Pick<Grant, 'chainId' | 'manager'>, environment: Environment): void {
  if (grant.chainId === environment.chainId && grant.manager === environment.manager) return
  throw new ChainError('chain.wrong_chain', 'This grant belongs to another deployment.', {
    details: {
      chainId: grant.chainId,
      manager: grant.manager,
      environmentChainId: environment.chainId,
      environmentManager: environment.manager,
    },
    fix: 'Give the environment of the chain and manager that the grant names.',
  })
}

/** Every account whose nonce some caveat looks at, once. */
function nonceHolders(delegations: readonly Delegation[], environment: Environment) {
  const enforcer = environment.enforcers['NonceEnforcer']
  const holders = new Set(
    delegations
      .filter(({ caveats }) => caveats.some((caveat) => caveat.enforcer === enforcer))
      .map(({ delegator }) => delegator),
  )
  return enforcer === undefined ? [] : [...holders].map((delegator) => ({ enforcer, delegator }))
}

async function all<item, value>(
  items: readonly item[],
  read: (item: item) => Promise<readonly [string, value]>,
): Promise<Readonly<Record<string, value>>> {
  return Object.fromEntries(await Promise.all(items.map(read)))
}

function word(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}
