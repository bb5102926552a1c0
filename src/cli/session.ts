import type { Environment } from '../caveats/types.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { LocalChain } from '../testing/localChain.ts'
import { type ChainChoice, chainName, LOCAL_CHAIN_ID, parseChain } from './chains.ts'
import type { Context, OptionSpec } from './command.ts'
import { CliError } from './errors.ts'
import { EXIT } from './exit.ts'
import { takeLock } from './lock.ts'

/** Options of every command that asks a chain. */
export const CHAIN_OPTIONS: readonly OptionSpec[] = [
  { flags: '--chain <name>', description: 'local, a name, a number or CAIP-2 (or AMBIT_CHAIN)' },
  { flags: '--rpc-url <url>', description: 'RPC of the chain (or AMBIT_RPC_URL)' },
  { flags: '--deployment <file>', description: 'addresses of your own deployment of the framework' },
]

/** One chain, open for one command. */
export type Session = {
  choice: ChainChoice
  environment: Environment
  node: NodeClient
  /** Of the embedded chain, where it is that. */
  local?: Pick<LocalChain, 'token'>
  /**
   * Gives the embedded chain a block of now when its last one is older: its clock stands still between commands, and what
   * begins now has not begun in its last block. Each block costs one of the few whose state its file keeps.
   */
  freshen(olderThanSeconds: bigint): Promise<void>
  /** Makes what happened here survive a crash of ours. Only the embedded chain needs it. */
  save(): Promise<void>
}

/**
 * The chain that the command line names, or that of the grant.
 *
 * @throws {@link CliError} `cli.missing_option` naming the flag, `cli.chain_mismatch` when the grant is for another chain.
 */
export function chooseChain(context: Context, grantChainId?: number): ChainChoice {
  const named = text(context, 'chain', 'AMBIT_CHAIN')
  if (named === undefined) {
    if (grantChainId !== undefined) {
      const embedded = grantChainId === LOCAL_CHAIN_ID && rpcUrl(context) === undefined
      return { id: grantChainId, embedded }
    }
    throw new CliError('cli.missing_option', EXIT.usage, 'It is not said which chain.', {
      fix: 'Give --chain local, or --chain <name> with --rpc-url <url>.',
    })
  }
  const choice = parseChain(named)
  if (grantChainId !== undefined && choice.id !== grantChainId) {
    throw new CliError('cli.chain_mismatch', EXIT.usage, 'The grant is for another chain.', {
      details: { given: choice.id, grant: grantChainId },
      fix: `Leave --chain away, or give --chain ${chainName(grantChainId)}.`,
    })
  }
  return choice
}

/** True when the command line says which chain: a command that can do without one then asks it. */
export function namesChain(context: Context): boolean {
  return text(context, 'chain', 'AMBIT_CHAIN') !== undefined || rpcUrl(context) !== undefined
}

/**
 * Opens the chain; the embedded one is started, under a lock, and ended with the command.
 *
 * @param patience - Milliseconds for each answer of a node, and how often it is asked again. Default: those of `createNode`.
 */
export async function openChain(
  context: Context,
  choice: ChainChoice,
  patience?: { timeout: number; retryCount: number },
): Promise<Session> {
  if (choice.embedded) return openLocal(context, choice)
  const url = rpcUrl(context)
  if (url === undefined) {
    throw new CliError('cli.missing_option', EXIT.usage, 'It is not said how to reach the chain.', {
      details: { chainId: choice.id },
      fix: 'Give --rpc-url <url> or set AMBIT_RPC_URL.',
    })
  }
  keepUrl(context, url)
  const { createNode } = await import('../chain/node.ts')
  const { assertChain } = await import('../chain/assertChain.ts')
  const environment = await environmentOf(context, choice)
  const node = createNode(url, patience)
  await assertChain(node, choice.id)
  return {
    choice,
    environment,
    node,
    freshen: async () => {},
    save: async () => {},
  }
}

/** Addresses of the framework there: the canonical ones, or those of `--deployment`. Nothing is asked. */
export async function environmentOf(context: Context, choice: ChainChoice): Promise<Environment> {
  const file = context.options['deployment'] as string | undefined
  if (file !== undefined) {
    const { readDeployment } = await import('./deployment.ts')
    return readDeployment(file, choice.id)
  }
  const { getEnvironment } = await import('../chain/deployments.ts')
  return getEnvironment(choice.id)
}

async function openLocal(context: Context, choice: ChainChoice): Promise<Session> {
  const home = context.home()
  const release = await takeLock(home, 'local-chain', (holder) =>
    context.output.progress(`Waiting for process ${holder}, which uses the local chain…`),
  )
  context.defer(release)
  const statePath = home.file('chains', 'local.json')
  const fresh = home.read(statePath) === undefined
  const { startLocalChain } = await import('../testing/localChain.ts')
  const local = await startLocalChain({ statePath })
  context.defer(() => local.stop())
  if (local.notice !== null) context.output.warn(local.notice)
  if (fresh || !local.persistent) await fund(local)
  return {
    choice,
    environment: local.environment,
    node: local.publicClient,
    local,
    freshen: async (olderThanSeconds) => {
      const { timestamp } = await local.publicClient.getBlock({ blockTag: 'latest' })
      if (context.now() - timestamp > olderThanSeconds) await local.testClient.mine({ blocks: 1 })
    },
    save: () => local.save(),
  }
}

/** A new embedded chain gives its principal a million test dollars to delegate. */
async function fund(local: LocalChain): Promise<void> {
  const { testTokenAbi } = await import('../testing/framework.ts')
  const [principal] = local.accounts
  const hash = await local.walletClient(principal).writeContract({
    address: local.token.address,
    abi: testTokenAbi,
    functionName: 'mint',
    args: [principal.address, 1_000_000n * 10n ** BigInt(local.token.decimals)],
  })
  await local.publicClient.waitForTransactionReceipt({ hash })
  await local.save()
}

function rpcUrl(context: Context): string | undefined {
  return text(context, 'rpcUrl', 'AMBIT_RPC_URL')
}

/** RPC addresses carry API keys in path, query or user name: none of those is ever written. */
function keepUrl(context: Context, url: string): void {
  context.output.keepSecret(url)
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError('cli.usage', EXIT.usage, 'This is not the address of an RPC.', {
      fix: 'Give an http:// or https:// address with --rpc-url.',
    })
  }
  const { pathname, search, username, password } = new URL(url)
  for (const part of [pathname.slice(1), search.slice(1), username, password, ...pathname.split('/')]) {
    if (part.length >= 16) context.output.keepSecret(part)
  }
}

function text(context: Context, option: string, variable: string): string | undefined {
  const given = (context.options[option] as string | undefined) ?? context.env[variable]
  return given === undefined || given === '' ? undefined : given
}
