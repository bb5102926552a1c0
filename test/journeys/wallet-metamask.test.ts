import { join, resolve } from 'node:path'
import { DelegationManager } from '@metamask/delegation-abis'
import {
  BaseError,
  ContractFunctionRevertedError,
  createWalletClient,
  custom,
  encodeFunctionData,
  erc20Abi,
  UserRejectedRequestError,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, it } from 'vitest'
import { readPermission } from '../../src/dapp/readPermission.ts'
import type { PermissionType } from '../../src/dapp/types.ts'
import { type Call, encodeExecution, SINGLE_DEFAULT_MODE } from '../../src/delegation/execution.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { createDevWallet, type DevWalletOptions } from '../../src/testing/wallet/index.ts'
import { recordNode, strays } from '../network/recording.ts'
import { mint, useChain } from '../rig/chain.ts'
import { addressOf } from '../rig/grant.ts'

/** MetaMask's own client actions ask our wallet, and what they get is redeemed on a real chain. */

// The kit reports its use to its makers from library calls unless this is set before it loads.
process.env['DO_NOT_TRACK'] = '1'
const { erc7715ProviderActions } = await import('@metamask/delegation-toolkit/actions')

const chain = useChain()
const principal = privateKeyToAccount(`0x${'a1'.repeat(32)}`)
const agent = privateKeyToAccount(`0x${'a2'.repeat(32)}`)
const vendor: Address = `0x${'0e'.repeat(20)}`
const stranger: Address = `0x${'0f'.repeat(20)}`
const UNIT = 1_000_000n
const DAY = 86_400

type Parameters = globalThis.Parameters<ReturnType<typeof theirClient>['requestExecutionPermissions']>[0][number]

function theirClient(options: Partial<DevWalletOptions> = {}) {
  const { provider } = createDevWallet({
    accounts: [principal],
    rpcUrl: chain.rpcUrl,
    chainId: chain.chainId,
    environment: chain.environment,
    ...options,
  } as DevWalletOptions)
  return createWalletClient({ transport: custom(provider) }).extend(erc7715ProviderActions())
}

beforeAll(async () => {
  for (const { address } of [principal, agent]) await chain.testClient.setBalance({ address, value: 10n ** 20n })
  await mint(chain, addressOf(principal), 1_000n * UNIT)
  const approve = {
    address: chain.token.address,
    abi: erc20Abi,
    functionName: 'approve',
    args: [stranger, 5n],
  } as const
  const hash = await chain.walletClient(principal).writeContract(approve)
  await chain.publicClient.waitForTransactionReceipt({ hash })
})

const pay = (to: Address, value: bigint): Call => ({ to, value, data: '0x' })
const onToken = (functionName: 'transfer' | 'approve', to: Address, amount: bigint): Call => ({
  to: chain.token.address,
  value: 0n,
  data: encodeFunctionData({ abi: erc20Abi, functionName, args: [to, amount] }),
})
const send = (to: Address, amount: bigint) => onToken('transfer', to, amount)

/** Each live type: what is asked, a call that it admits, and one that goes one past what it admits. */
function cases(now: number): Record<string, { data: Record<string, unknown>; admits: Call; refuses: Call[] }> {
  const startTime = now - 100
  const justification = 'Pay the API bills'
  // The stream has run for 100 seconds and what the test takes; its maximum is what bounds it.
  const stream = { initialAmount: 5n, maxAmount: 7n, amountPerSecond: 1n, startTime, justification }
  const periodic = { periodAmount: 10n, periodDuration: DAY, startTime, justification }
  const allowance = { allowanceAmount: 10n, startTime, justification }
  const token = { tokenAddress: chain.token.address }
  const methods = { erc721Approve: false, erc721SetApprovalForAll: false, permit2Approve: false }
  return {
    'native-token-stream': { data: stream, admits: pay(vendor, 7n), refuses: [pay(vendor, 1n)] },
    'native-token-periodic': {
      data: periodic,
      admits: pay(vendor, 10n),
      refuses: [pay(vendor, 1n), { ...pay(vendor, 0n), data: '0x00' }],
    },
    'native-token-allowance': {
      data: allowance,
      admits: pay(vendor, 10n),
      refuses: [pay(vendor, 1n), pay(stranger, 0n)],
    },
    'erc20-token-stream': { data: { ...token, ...stream }, admits: send(vendor, 7n), refuses: [send(vendor, 1n)] },
    'erc20-token-periodic': {
      data: { ...token, ...periodic },
      admits: send(vendor, 10n),
      refuses: [send(vendor, 1n), { ...send(vendor, 0n), value: 1n }],
    },
    'erc20-token-allowance': {
      data: { ...token, ...allowance },
      admits: send(vendor, 10n),
      refuses: [send(vendor, 1n), send(stranger, 0n)],
    },
    'token-approval-revocation': {
      data: { erc20Approve: true, permit2Lockdown: false, permit2InvalidateNonces: true, ...methods, justification },
      admits: onToken('approve', stranger, 0n),
      refuses: [onToken('approve', stranger, 1n), send(vendor, 1n)],
    },
  }
}

const TYPES: readonly Exclude<PermissionType, 'erc20-token-revocation'>[] = [
  'native-token-stream',
  'native-token-periodic',
  'native-token-allowance',
  'erc20-token-stream',
  'erc20-token-periodic',
  'erc20-token-allowance',
  'token-approval-revocation',
]

async function asked(type: (typeof TYPES)[number]) {
  const { timestamp } = await chain.publicClient.getBlock()
  const { data, admits, refuses } = cases(Number(timestamp))[type] as ReturnType<typeof cases>[string]
  const rules = type === 'token-approval-revocation' ? {} : { redeemer: [agent.address], payee: [vendor] }
  const request = {
    chainId: chain.chainId,
    to: agent.address,
    from: principal.address,
    expiry: Number(timestamp) + DAY,
    permission: { type, isAdjustmentAllowed: false, data },
    ...rules,
  } as unknown as Parameters
  return { request, admits, refuses }
}

/** `ok` once it is mined; `refused` where the chain says no. */
async function redeem(context: Hex, call: Call): Promise<'ok' | 'refused'> {
  const write = {
    address: chain.environment.manager,
    abi: DelegationManager,
    functionName: 'redeemDelegations',
    args: [[context], [SINGLE_DEFAULT_MODE], [encodeExecution(call)]],
    account: agent,
  } as const
  try {
    await chain.publicClient.simulateContract(write)
  } catch (error) {
    const reverted = error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError)
    if (!reverted) throw error
    return 'refused'
  }
  const hash = await chain.walletClient(agent).writeContract(write)
  const { status } = await chain.publicClient.waitForTransactionReceipt({ hash })
  return status === 'success' ? 'ok' : 'refused'
}

const plain = (value: unknown) =>
  JSON.stringify(value, (_, entry) => (typeof entry === 'bigint' ? `${entry}n` : entry)).toLowerCase()

describe('MetaMask’s client and our wallet', () => {
  it.each(TYPES)('default: %s is granted as asked, and redeems on chain up to its bound', async (type) => {
    const client = theirClient()
    await client.requestAddresses()
    const { request, admits, refuses } = await asked(type)
    const [answer] = await client.requestExecutionPermissions([request])
    if (answer === undefined) throw new TypeError('no answer')

    expect(answer.permission).toEqual(request.permission)
    expect(answer).toMatchObject({ chainId: chain.chainId, dependencies: [] })
    expect(plain([answer.to, answer.from, answer.delegationManager])).toBe(
      plain([agent.address, principal.address, chain.environment.manager]),
    )
    const rules = [
      { type: 'expiry', data: { timestamp: request.expiry } },
      ...(request.redeemer ? [{ type: 'redeemer', data: { addresses: request.redeemer } }] : []),
      ...(request.payee ? [{ type: 'payee', data: { addresses: request.payee } }] : []),
    ]
    expect(plain(answer.rules)).toBe(plain(rules))

    // What is signed says the same as what is answered: one root link, and always a nonce.
    const read = readPermission(answer.context, chain.environment)
    if (read.status !== 'read') throw new TypeError(read.code)
    const { justification, ...data } = request.permission.data
    expect(justification).toBe('Pay the API bills')
    expect(read).toMatchObject({ troubles: [], nonce: 0n, permission: { type, data } })
    expect(read.links).toHaveLength(1)
    expect(plain(read.rules)).toBe(plain(rules))

    expect(await redeem(answer.context, admits)).toBe('ok')
    for (const call of refuses) expect(await redeem(answer.context, call)).toBe('refused')
  })

  it('behavior: several requests are granted one after the other, and listed', async () => {
    const client = theirClient()
    await client.requestAddresses()
    const requests = [(await asked('erc20-token-periodic')).request, (await asked('native-token-stream')).request]
    const answers = await client.requestExecutionPermissions(requests)
    expect(answers.map(({ permission }) => permission.type)).toEqual(['erc20-token-periodic', 'native-token-stream'])
    expect(await client.getGrantedExecutionPermissions()).toEqual(answers)
  })

  it('behavior: what the wallet says it supports is what it grants', async () => {
    const supported = await theirClient().getSupportedExecutionPermissions()
    expect(Object.keys(supported)).toEqual(TYPES)
    for (const type of TYPES) {
      expect(supported[type]).toEqual({
        chainIds: [chain.chainId],
        ruleTypes: type === 'token-approval-revocation' ? ['expiry'] : ['expiry', 'redeemer', 'payee'],
      })
    }
  })

  it('error: a no in the wallet is viem’s own rejection to MetaMask’s client', async () => {
    const client = theirClient({ mode: 'reject' })
    await client.requestAddresses()
    const { request } = await asked('erc20-token-allowance')
    await expect(client.requestExecutionPermissions([request])).rejects.toBeInstanceOf(UserRejectedRequestError)
    expect(await client.getGrantedExecutionPermissions()).toEqual([])
  })

  it('error: the type that MetaMask retired is refused', async () => {
    const client = theirClient()
    await client.requestAddresses()
    const { request } = await asked('erc20-token-allowance')
    const permission = { type: 'erc20-token-revocation' as const, isAdjustmentAllowed: false, data: {} }
    await expect(client.requestExecutionPermissions([{ ...request, permission }])).rejects.toMatchObject({
      code: -32602,
    })
  })

  it('behavior: no connection but the RPC is opened, the kit in the same process', async () => {
    const root = resolve(import.meta.dirname, '../..')
    const script = join(root, 'test/rig/metamaskClient.ts')
    const { attempts, stdout, stderr, exitCode } = await recordNode([script], { cwd: root })
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'erc20-token-allowance\n', stderr: '' })
    expect(strays(attempts, [])).toEqual([])
    expect(attempts.some(({ kind }) => kind === 'socket')).toBe(true)
  }, 60_000)
})
