import {
  type Account,
  type Chain,
  createPublicClient,
  createTestClient,
  createWalletClient,
  type HttpTransport,
  http,
  type PublicClient,
  type TestClient,
  type WalletClient,
} from 'viem'
import { type HDAccount, mnemonicToAccount } from 'viem/accounts'
import { foundry } from 'viem/chains'
import type { Environment } from '../caveats/types.ts'
import { ChainError } from '../chain/errors.ts'
import type { Address } from '../primitives/hex.ts'
import { type Engine, findAnvil, startAnvil } from './anvil.ts'
import { type ChainState, lockChainState, readChainState, trimHistory, writeChainState } from './chainState.ts'
import { startEdr } from './edr.ts'
import { deployFramework, deployTaskScopeEnforcer, deployTestToken } from './framework.ts'

export type LocalChainOptions = {
  /** Absent: anvil where a binary is found, Hardhat's EDR otherwise. */
  engine?: 'anvil' | 'edr'
  /** File that keeps the chain between processes (anvil only). */
  statePath?: string
  /** Seconds between blocks, beside the one that each transaction makes. Absent: only those. */
  blockTime?: number
}

export type LocalChain = {
  rpcUrl: string
  chainId: 31337
  engine: 'anvil' | 'edr'
  /** False where what happens here is gone when it stops; `notice` says so in words. */
  persistent: boolean
  notice: string | null
  environment: Environment
  token: { address: Address; symbol: 'USDC'; decimals: 6 }
  /** Ten funded accounts of the public test mnemonic: everybody has their keys. */
  accounts: readonly [HDAccount, HDAccount, HDAccount, ...HDAccount[]]
  publicClient: PublicClient<HttpTransport, Chain>
  testClient: TestClient<'anvil' | 'hardhat', HttpTransport, Chain>
  walletClient: <account extends Account>(account: account) => WalletClient<HttpTransport, Chain, account>
  /** Writes the state now; a crash after it loses only what came later. Does nothing without `statePath`. */
  save: () => Promise<void>
  /** Saves, then ends the engine. Safe to call twice. */
  stop: () => Promise<void>
}

const MNEMONIC = 'test test test test test test test test test test test junk'
const ACCOUNTS = 10
/** Deploys the framework: not one of the ten, so that their nonces start at zero. */
const DEPLOYER = ACCOUNTS

/**
 * Newest blocks of which the file keeps the state, so that what was read at a block can be read there again; up to twice as
 * many, for trimming takes time. Each is about 60 kB in the file; receipts and blocks are kept for ever.
 */
const HISTORY_BLOCKS = 32n

const LOST = 'No anvil binary was found: this chain runs inside the process and is gone when it ends.'

/**
 * A chain on this machine with Delegation Framework 1.3.0, a test stablecoin and funded accounts: about half a second.
 *
 * @throws {@link ChainError} `chain.no_local_engine`, `chain.local_start_failed`, `chain.local_state_invalid`,
 * `chain.local_state_in_use`
 */
export async function startLocalChain(options: LocalChainOptions = {}): Promise<LocalChain> {
  const binary = options.engine === 'edr' ? null : findAnvil()
  if (options.engine === 'anvil' && binary === null) {
    throw new ChainError('chain.no_local_engine', 'There is no anvil binary to run a local chain.', {
      fix: 'Install Foundry (its anvil on the path), or set AMBIT_ANVIL to an anvil binary.',
    })
  }
  const statePath = binary === null ? undefined : options.statePath
  const unlock = statePath === undefined ? () => {} : lockChainState(statePath)
  process.once('exit', unlock)
  let engine: Engine | undefined
  try {
    const saved = statePath === undefined ? null : readChainState(statePath)
    engine =
      binary === null
        ? await startEdr()
        : await startAnvil(binary, {
            accounts: ACCOUNTS + 1,
            ...(options.blockTime === undefined ? {} : { blockTime: options.blockTime }),
            keepHistory: statePath !== undefined,
          })
    return await ready(engine, saved, statePath, () => {
      process.off('exit', unlock)
      unlock()
    })
  } catch (error) {
    await engine?.stop()
    process.off('exit', unlock)
    unlock()
    throw error
  }
}

async function ready(
  engine: Engine,
  saved: ChainState | null,
  statePath: string | undefined,
  unlock: () => void,
): Promise<LocalChain> {
  const transport = http(engine.rpcUrl, { retryCount: 0, timeout: 30_000 })
  const shared = { chain: foundry as Chain, transport, pollingInterval: 20 }
  const publicClient = createPublicClient(shared)
  const testClient = createTestClient({ ...shared, mode: engine.name === 'anvil' ? 'anvil' : 'hardhat' })
  const walletClient: LocalChain['walletClient'] = (account) => createWalletClient({ ...shared, account }) as never

  let placed: { environment: Environment; token: Address }
  const deployer = walletClient(mnemonicToAccount(MNEMONIC, { addressIndex: DEPLOYER }))
  // A chain that was saved by another version has none, or another one.
  const withTaskScope = async ({ enforcers, ...rest }: Environment): Promise<Environment> => {
    const TaskScopeEnforcer = await deployTaskScopeEnforcer(deployer, publicClient, rest.manager)
    return { ...rest, enforcers: { ...enforcers, TaskScopeEnforcer } }
  }
  if (saved === null) {
    const environment = await deployFramework(deployer, publicClient)
    placed = { environment, token: await deployTestToken(deployer, publicClient, { symbol: 'USDC', decimals: 6 }) }
  } else {
    await load(testClient, saved, statePath as string)
    placed = { environment: await withTaskScope(saved.environment as Environment), token: saved.token as Address }
  }

  let historyFrom = BigInt(saved?.historyFrom ?? 0)
  const save = async () => {
    if (statePath === undefined) return
    let dump = await dumpState(engine.rpcUrl)
    const head = await publicClient.getBlockNumber({ cacheTime: 0 })
    if (head - historyFrom >= 2n * HISTORY_BLOCKS) {
      historyFrom = head - HISTORY_BLOCKS + 1n
      dump = trimHistory(dump, new Set(await hashesFrom(publicClient, historyFrom, head)), statePath)
    }
    const state = { schema: 'ambit.local-chain.v1', ...placed, historyFrom: Number(historyFrom), dump }
    writeChainState(statePath, state as ChainState)
  }
  if (saved === null) await save()

  let stopped: Promise<void> | undefined
  const stop = async () => {
    try {
      await save()
    } finally {
      await engine.stop()
      unlock()
    }
  }
  return {
    rpcUrl: engine.rpcUrl,
    chainId: 31337,
    engine: engine.name,
    persistent: statePath !== undefined,
    notice: engine.name === 'edr' ? LOST : null,
    environment: placed.environment,
    token: { address: placed.token, symbol: 'USDC', decimals: 6 },
    accounts: [
      account(0),
      account(1),
      account(2),
      ...Array.from({ length: ACCOUNTS - 3 }, (_, index) => account(index + 3)),
    ],
    publicClient,
    testClient,
    walletClient,
    save,
    stop: () => (stopped ??= stop()),
  }
}

function hashesFrom(client: PublicClient, first: bigint, last: bigint): Promise<string[]> {
  const numbers = Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index))
  return Promise.all(numbers.map(async (blockNumber) => (await client.getBlock({ blockNumber })).hash ?? ''))
}

/** Past viem, which reads no answer of more than 10 MB. */
async function dumpState(rpcUrl: string): Promise<string> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_dumpState', params: [true] }),
  })
  const { result } = (await response.json()) as { result?: unknown }
  if (typeof result === 'string') return result
  throw new ChainError('chain.local_start_failed', 'The local chain does not give its state.', {
    details: { status: response.status },
    fix: 'Use the anvil version of package.json.',
  })
}

async function load(client: TestClient, saved: ChainState, path: string): Promise<void> {
  try {
    if ((await client.request({ method: 'anvil_loadState', params: [saved.dump] } as never)) === true) return
  } catch {}
  throw new ChainError('chain.local_state_invalid', 'The engine does not accept the saved state of the local chain.', {
    details: { path },
    fix: 'Delete the file to start an empty chain; a state is read by the anvil version that wrote it.',
  })
}

function account(index: number): HDAccount {
  return mnemonicToAccount(MNEMONIC, { addressIndex: index })
}
