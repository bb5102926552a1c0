import { join } from 'node:path'
import { encodeFunctionData, erc20Abi, parseEther } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { demoWalletOf } from '../../src/cli/console/demoWallet.ts'
import { homeSource } from '../../src/cli/console/source.ts'
import { localAccounts } from '../../src/cli/keys.ts'
import type { Session } from '../../src/cli/session.ts'
import type { Proposal } from '../../src/console/source.ts'
import type { Hex } from '../../src/primitives/hex.ts'
import { useChain } from '../rig/chain.ts'
import { useFolder } from '../rig/cli.ts'
import { commandContext } from '../rig/context.ts'

/** What the console's own wallet is told and may ask, and what it makes possible, on a real chain. */

const chain = useChain()
const folder = useFolder()
const session = (): Session => ({
  choice: { id: chain.chainId, embedded: true },
  environment: chain.environment,
  node: chain.publicClient,
  local: chain,
  freshen: async () => {},
  save: async () => {},
})
const STRANGER = `0x${'77'.repeat(20)}` as const

describe('demoWalletOf', () => {
  test('default: the script begins with the chain and the accounts that everybody has, then the wallet', async () => {
    const wallet = await demoWalletOf(session())
    const script = await wallet.script()
    const [first = '', ...rest] = script.split(';\n')
    const { privateKeys, ...config } = JSON.parse(first.replace('globalThis.ambitDevWallet=', ''))
    expect(config).toEqual({ chainId: 31337, environment: chain.environment, rpcPath: '/rpc' })
    const known = (await localAccounts()).map(({ account }) => account.address)
    expect(privateKeys.map((key: Hex) => privateKeyToAddress(key))).toEqual(known)
    expect(rest.join(';\n')).toContain('eip6963:announceProvider')
    expect(await wallet.script()).toBe(script)
  })

  test('default: passes on what the chain answers', async () => {
    const wallet = await demoWalletOf(session())
    expect(await wallet.ask({ method: 'eth_chainId', params: [] })).toEqual({ result: '0x7a69' })
  })

  test('error: what the chain refuses is passed on as the chain said it', async () => {
    const wallet = await demoWalletOf(session())
    const args = [STRANGER, parseEther('1')] as const
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args })
    const call = { from: STRANGER, to: chain.token.address, data }
    const answer = await wallet.ask({ method: 'eth_call', params: [call, 'latest'] })
    expect(answer).toMatchObject({ error: { code: 3, data: expect.stringMatching(/^0x[0-9a-f]{8}/) } })
    const none = await wallet.ask({ method: 'eth_noSuchMethod', params: [] })
    expect(none).toMatchObject({ error: { code: expect.any(Number), message: expect.any(String) } })
    expect(none).not.toHaveProperty('result')
  })
})

describe('a new grant on the embedded chain', () => {
  const answers = (principal: string) => ({
    asset: 'USDC',
    payees: 'local:vendor',
    limit: '20',
    per: '7d',
    principal,
    delegate: 'local:agent',
    until: '30d',
  })

  async function proposed(principal: string, choice = { id: 31337, embedded: true }): Promise<Proposal['account']> {
    const context = commandContext(join(folder.path, 'home'), {})
    const { granting } = homeSource(context, { ...session(), choice })
    const made = await granting?.fromTemplate('allowance', answers(principal))
    if (made === undefined || !('proposal' in made)) throw new TypeError(JSON.stringify(made))
    return (await granting?.proposal(made.proposal))?.account as Proposal['account']
  }

  test('default: an account that everybody has the key of needs no wallet to be upgraded first', async () => {
    expect(await proposed('local:principal')).toBe('ready')
  })

  test('error: any other plain account does, and so does the same one on a chain that is not embedded', async () => {
    expect(await proposed(STRANGER)).toBe('plain')
    const principal = (await localAccounts())[0]?.account.address as Hex
    expect(await proposed(principal, { id: 31337, embedded: false })).toBe('plain')
  })
})
