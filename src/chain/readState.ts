import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import { type Address, concatBytes, type Hex } from '../primitives/hex.ts'
import { type Counter, counterKey, type State } from '../verdict/types.ts'
import { readBool, readQuantity, readUint, readWords } from './answers.ts'
import { type BlockName, readBlock } from './block.ts'
import { ChainError } from './errors.ts'
import { ask, getAt, type NodeClient } from './rpc.ts'

export type ReadStateParameters = { grant: Grant; environment: Environment; block?: BlockName }

/** Getters of framework 1.3.0. */
const PAUSED: Hex = '0x5c975abb'
const DISABLED_DELEGATIONS: Hex = '0x2d40d052'
const CURRENT_NONCE: Hex = '0x2bd4ed21'
const SPENT_MAP: Hex = '0x9dd5d9ab'
const CALL_COUNTS: Hex = '0x19054d89'
const PERIODIC_ALLOWANCES: Hex = '0x7b91dc78'

/** How each counting enforcer is read, and what its answer means. */
const COUNTERS: Readonly<Record<string, { getter: Hex; words: number; read: (words: readonly bigint[]) => Counter }>> =
  {
    ERC20TransferAmountEnforcer: { getter: SPENT_MAP, words: 1, read: readSpent },
    NativeTokenTransferAmountEnforcer: { getter: SPENT_MAP, words: 1, read: readSpent },
    LimitedCallsEnforcer: { getter: CALL_COUNTS, words: 1, read: ([count = 0n]) => ({ kind: 'calls', count }) },
    ERC20PeriodTransferEnforcer: { getter: PERIODIC_ALLOWANCES, words: 5, read: readPeriod },
    NativeTokenPeriodTransferEnforcer: { getter: PERIODIC_ALLOWANCES, words: 5, read: readPeriod },
  }

/**
 * Everything a verdict on this grant depends on, at one block: pause, revocations, nonces, counters. The block is named
 * first, then all is read by its hash at once; a client made with `createNode` sends it as one batch.
 *
 * Nothing is ever filled in: what a node does not answer well is an error, and the caller denies.
 *
 * @throws {@link ChainError} `chain.wrong_chain`, `chain.block_mismatch`, `chain.rpc_…`; all may be tried again.
 */
export async function readState(client: NodeClient, parameters: ReadStateParameters): Promise<State> {
  const { grant, environment } = parameters
  assertEnvironment(grant, environment)
  const { number, hash, timestamp } = await readBlock(client, parameters.block)
  const get = (to: Address, data: Hex) => getAt(client, { to, data, block: hash })
  const delegations = grant.delegations.map((delegation) => ({ delegation, hash: hashDelegation(delegation) }))

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
    all(countersOf(delegations, environment), async ({ enforcer, delegationHash, kind }) => [
      counterKey(enforcer, delegationHash),
      kind.read(
        readWords(
          'eth_call',
          await get(enforcer, concatBytes(kind.getter, word(grant.manager), delegationHash)),
          kind.words,
        ),
      ),
    ]),
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

/** Whether a delegation is disabled in one block's state. */
export async function isDisabled(
  client: NodeClient,
  { manager }: Environment,
  hash: Hex,
  block: Hex,
): Promise<boolean> {
  const data = concatBytes(DISABLED_DELEGATIONS, hash)
  return readBool('eth_call', await getAt(client, { to: manager, data, block }))
}

/** @throws {@link ChainError} `chain.wrong_chain` */
export async function assertChain(client: NodeClient, chainId: number): Promise<void> {
  const actual = readQuantity('eth_chainId', await ask(client, 'eth_chainId', []))
  if (actual === BigInt(chainId)) return
  throw new ChainError('chain.wrong_chain', 'The node serves another chain.', {
    details: { expected: chainId, actual: actual.toString() },
    fix: 'Use the RPC address of the chain of the grant.',
  })
}

/** @throws {@link ChainError} `chain.wrong_chain` */
export function assertEnvironment(grant: Grant, environment: Environment): void {
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

function countersOf(delegations: readonly { delegation: Delegation; hash: Hex }[], environment: Environment) {
  const kinds = new Map(
    Object.entries(COUNTERS).flatMap(([name, kind]) => {
      const address = environment.enforcers[name]
      return address === undefined ? [] : [[address, kind] as const]
    }),
  )
  return delegations.flatMap(({ delegation, hash }) =>
    [...new Set(delegation.caveats.map(({ enforcer }) => enforcer))].flatMap((enforcer) => {
      const kind = kinds.get(enforcer)
      return kind === undefined ? [] : [{ enforcer, delegationHash: hash, kind }]
    }),
  )
}

async function all<item, value>(
  items: readonly item[],
  read: (item: item) => Promise<readonly [string, value]>,
): Promise<Readonly<Record<string, value>>> {
  return Object.fromEntries(await Promise.all(items.map(read)))
}

function readSpent([spent = 0n]: readonly bigint[]): Counter {
  return { kind: 'spent', spent }
}

function readPeriod([
  amount = 0n,
  duration = 0n,
  start = 0n,
  lastPeriod = 0n,
  transferred = 0n,
]: readonly bigint[]): Counter {
  return { kind: 'period', amount, duration, start, lastPeriod, transferred }
}

function word(address: Address): Hex {
  return `0x${'00'.repeat(12)}${address.slice(2)}`
}
