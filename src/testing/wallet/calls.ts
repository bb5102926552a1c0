import { encodeFunctionData, parseAbi } from 'viem'
import { readAccountCode } from '../../chain/account.ts'
import { readBlock } from '../../chain/block.ts'
import { ask } from '../../chain/rpc.ts'
import { send } from '../../chain/send.ts'
import { encodeCalls } from '../../delegation/execution.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { type Chain, type Context, lower, type Method, seen } from './context.ts'
import { invalid, ProviderError, UNAUTHORIZED, UNKNOWN_BUNDLE, UNSUPPORTED_CHAIN } from './errors.ts'
import { upgrade } from './grantPermission.ts'
import { faultOf } from './modes.ts'
import { address, bytes, chainIdOf, fields, list, optional, quantity, text, toQuantity } from './params.ts'
import type { DevWalletCall } from './types.ts'

/** ERC-7579, as the framework's account runs it for itself. */
const accountAbi = parseAbi(['function execute(bytes32 mode, bytes executionCalldata)'])

/** Methods that send transactions, singly or several calls in one (EIP-5792). */
export function callMethods(): Readonly<Record<string, Method>> {
  const bundles = new Map<string, { hash: Hex; chain: Chain }>()
  return {
    eth_sendTransaction: async (context, [given]) => {
      const asked = fields(given, 'params[0]')
      const account = context.account(address(asked['from'], 'from'))
      const named = optional(asked['chainId'], 'chainId', chainIdOf)
      const chain = context.chain()
      if (named !== undefined && named !== chain.chainId) throw invalid('chainId', `${chain.chainId}`)
      const call = readCall(asked, 'params[0]')
      assertNotToOwn(context, [call])
      const gas = optional(asked['gas'], 'gas', quantity)
      return (await submit(context, chain, account.address, [call], gas)).hash
    },
    wallet_sendCalls: async (context, [given]) => {
      const asked = fields(given, 'params[0]')
      const chain = chainOf(context, asked['chainId'])
      const account = context.account(optional(asked['from'], 'from', address))
      const calls = list(asked['calls'], 'calls').map((call, index) => readCall(call, `calls[${index}]`))
      if (calls.length === 0) throw invalid('calls', 'a list of at least one call')
      assertNotToOwn(context, calls)
      const { hash } = await submit(context, chain, account.address, calls)
      const id = optional(asked['id'], 'id', text) ?? hash
      bundles.set(id, { hash, chain })
      return { id }
    },
    wallet_getCallsStatus: async (_, [given]) => {
      const id = text(given, 'params[0]')
      const bundle = bundles.get(id)
      if (bundle === undefined) throw new ProviderError(UNKNOWN_BUNDLE, 'The wallet sent no calls of this id.')
      const receipt = (await ask(bundle.chain.node, 'eth_getTransactionReceipt', [bundle.hash])) as Receipt | null
      const status = receipt === null ? 100 : receipt.status === '0x1' ? 200 : 500
      const envelope = { version: '2.0.0', id, chainId: toQuantity(bundle.chain.chainId), status, atomic: true }
      return receipt === null ? envelope : { ...envelope, receipts: [receiptOf(receipt)] }
    },
    wallet_getCapabilities: async (context, [given, asked]) => {
      const account = lower(context.account(address(given, 'params[0]')))
      const wanted = optional(asked, 'params[1]', list)?.map((id) => chainIdOf(id, 'params[1]'))
      const chains = [...context.chains.values()].filter(({ chainId }) => wanted?.includes(chainId) ?? true)
      const entries = chains.map(async (chain) => [
        toQuantity(chain.chainId),
        { atomic: { status: await atomicity(context, chain, account) } },
      ])
      return Object.fromEntries(await Promise.all(entries))
    },
  }
}

type Receipt = Readonly<Record<'status' | 'blockHash' | 'blockNumber' | 'gasUsed' | 'transactionHash', Hex>> & {
  logs: readonly unknown[]
}

function receiptOf({ logs, status, blockHash, blockNumber, gasUsed, transactionHash }: Receipt) {
  return { logs, status, blockHash, blockNumber, gasUsed, transactionHash }
}

async function submit(context: Context, chain: Chain, from: Address, calls: readonly DevWalletCall[], gas?: bigint) {
  const account = context.account(from.toLowerCase() as Address)
  await seen(chain)
  await context.ask({ kind: 'transaction', account: lower(account), chainId: chain.chainId, calls })
  const [call] = calls
  const several = calls.length > 1
  if (several) {
    if (chain.environment === null) throw new ProviderError(UNSUPPORTED_CHAIN, 'Several calls need the framework.')
    await upgrade(chain, chain.environment, account)
  }
  const { mode, execution } = encodeCalls(calls)
  return send(chain.node, {
    account,
    chainId: chain.chainId,
    ...(several || call === undefined
      ? {
          to: lower(account),
          data: encodeFunctionData({ abi: accountAbi, functionName: 'execute', args: [mode, execution] }),
        }
      : call),
    ...(gas === undefined ? {} : { gas }),
  })
}

function readCall(given: unknown, field: string): DevWalletCall {
  const { to, value, data, input } = fields(given, field)
  return {
    to: address(to, `${field}.to`),
    value: optional(value, `${field}.value`, quantity) ?? 0n,
    data: optional(data ?? input, `${field}.data`, bytes) ?? '0x',
  }
}

/** Calldata for an upgraded account of the person's is a call of the account to itself: it could do anything. */
function assertNotToOwn({ accounts }: Context, calls: readonly DevWalletCall[]): void {
  if (!calls.some(({ to, data }) => data !== '0x' && accounts.some((account) => lower(account) === to))) return
  throw new ProviderError(UNAUTHORIZED, 'The wallet sends no calldata to one of its own accounts.')
}

function chainOf(context: Context, given: unknown): Chain {
  return given === undefined ? context.chain() : context.chainOf(chainIdOf(given, 'chainId'))
}

/** Whether several calls go as one: they do once the account has the framework's code. */
async function atomicity(
  { upgrade: upgrades, mode }: Context,
  { node, environment }: Chain,
  account: Address,
): Promise<'supported' | 'ready' | 'unsupported'> {
  if (environment === null) return 'unsupported'
  const { hash } = await readBlock(node)
  const code = await readAccountCode(node, { address: account, environment, block: hash })
  if (code.kind === 'delegated7702' && code.known) return 'supported'
  const willUpgrade = upgrades && faultOf(mode()).upgrades !== false
  return code.kind === 'none' && willUpgrade ? 'ready' : 'unsupported'
}
