import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getAccountNonce } from 'permissionless/actions'
import { getPackedUserOperation } from 'permissionless/utils'
import { decodeFunctionData } from 'viem'
import { entryPoint07Abi, toPackedUserOperation } from 'viem/account-abstraction'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Address } from '../../src/primitives/hex.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { ambit, type Ran, useFolder } from '../rig/cli.ts'
import { deployHybrid } from '../rig/principals.ts'

/** The main job with a contract account as principal: its owner's key signs, its contract says whether that counts. */

const chain = useChain()
const folder = useFolder()
const home = () => join(folder.path, 'home')
const OWNER_KEY = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
const AGENT_KEY = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const VENDOR = '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc'
const owner = privateKeyToAccount(OWNER_KEY)
let principal: Address

const run = (key: string, ...argv: string[]): Promise<Ran> => {
  const env = { AMBIT_CHAIN: '31337', AMBIT_RPC_URL: chain.rpcUrl, AMBIT_PRIVATE_KEY: key }
  return ambit([...argv, '--deployment', join(folder.path, 'deployment.json'), '--json'], { home: home(), env })
}
const pay = (amount: string) => run(AGENT_KEY, 'redeem', 'hybrid', 'transfer', '--to', VENDOR, '--amount', amount)

beforeAll(async () => {
  writeFileSync(join(folder.path, 'deployment.json'), JSON.stringify(chain.environment))
  const payer = chain.walletClient(chain.accounts[0])
  const { environment, publicClient: reader } = chain
  principal = (await deployHybrid({ owner, environment, payer, reader })).address
  await mint(chain, principal, 10_000_000n)
})

describe('ambit, a Hybrid principal', () => {
  test('grant: the owner signs for it, and the chain bears it out', async () => {
    const asset = chain.token.address.toLowerCase()
    const scope = {
      version: 1,
      task: { id: 'hybrid', purpose: 'Pay' },
      chainId: 31337,
      principal,
      delegate: privateKeyToAccount(AGENT_KEY).address,
      rules: [{ id: 'pay', class: 'transfer', asset, to: [VENDOR], budget: 'all' }],
      budgets: { all: { assets: { [asset]: '1' }, max: '5' } },
      expiry: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      redelegation: { maxDepth: 0 },
      revocation: { group: 'g', maxLatencySeconds: 60 },
      evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    }
    const file = join(folder.path, 'scope.json')
    writeFileSync(file, JSON.stringify(scope))
    const made = await run(OWNER_KEY, 'grant', file, '--yes')
    expect(made.json().data).toMatchObject({ grant: { principal }, upgradeTransaction: null })
    expect((await run(OWNER_KEY, 'verify', made.json().data.file)).json().data.result).toBe('valid')
    // Another key's signature is one that the account's contract refuses.
    const stranger = await run(AGENT_KEY, 'grant', file, '--yes')
    expect([stranger.exit, stranger.json().error?.code]).toEqual([7, 'cli.not_verified'])
  })

  test('redeem: inside the scope money leaves the account, outside it does not', async () => {
    const before = await balanceOf(chain, principal)
    expect((await pay('2')).json().data.outcome.status).toBe('executed')
    expect((await pay('4')).json().data.verdict).toMatchObject({ code: 'budget_exceeded', largestAllowed: '3000000' })
    expect(before - (await balanceOf(chain, principal))).toBe(2_000_000n)
  })

  test('revoke: by the owner, in the name of the account, as a user operation that the entry point takes', async () => {
    const account = { address: principal, entryPointAddress: chain.environment.entryPoint }
    const nonce = await getAccountNonce(chain.publicClient, account)
    const unnamed = await run(OWNER_KEY, 'revoke', 'hybrid', '--yes')
    expect([unnamed.exit, unnamed.json().error?.code]).toEqual([4, 'key.wrong_signer'])
    expect(unnamed.json().error?.fix).toContain('--delegator')
    const stranger = await run(AGENT_KEY, 'revoke', 'hybrid', '--delegator', principal, '--yes')
    expect(stranger.json().error?.code).toBe('chain.principal_unsupported')
    expect(await getAccountNonce(chain.publicClient, account)).toBe(nonce)

    const ended = (await run(OWNER_KEY, 'revoke', 'hybrid', '--delegator', principal, '--yes')).json().data
    expect(ended).toMatchObject({ alreadyRevoked: false, revoked: [{ transactionHash: expect.any(String) }] })
    expect(await getAccountNonce(chain.publicClient, account)).toBe(nonce + 1n)

    // What others pack for this operation is what was sent, bit for bit.
    const { input } = await chain.publicClient.getTransaction({ hash: ended.revoked[0].transactionHash })
    const sent = decodeFunctionData({ abi: entryPoint07Abi, data: input })
    if (sent.functionName !== 'handleOps') throw new TypeError(sent.functionName)
    const [[operation, ...more]] = sent.args
    expect(more).toEqual([])
    const unpacked = {
      sender: principal,
      nonce,
      callData: operation?.callData ?? '0x',
      callGasLimit: 400_000n,
      verificationGasLimit: 200_000n,
      preVerificationGas: 0n,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
      signature: operation?.signature ?? '0x',
    } as const
    const packed = getPackedUserOperation(unpacked)
    expect({ ...operation, sender: operation?.sender.toLowerCase() }).toEqual(packed)
    expect(toPackedUserOperation(unpacked)).toEqual(packed)

    expect((await pay('1')).json().data.verdict.code).toBe('revoked')
    const again = (await run(OWNER_KEY, 'revoke', 'hybrid', '--delegator', principal, '--yes')).json().data
    expect(again).toMatchObject({ alreadyRevoked: true, revoked: [{ transactionHash: null }] })
  })

  test('verify: with the chain everything is settled; without it what the contract accepts is open', async () => {
    const asked = (await run(OWNER_KEY, 'verify')).json().data
    expect(asked).toMatchObject({ result: 'valid', chainAsked: true, findings: [], open: [] })
    expect(asked.counts.valid).toBe(asked.counts.receipts)
    const argv = ['verify', '--deployment', join(folder.path, 'deployment.json'), '--json']
    const offline = await ambit(argv, { home: home() })
    expect([offline.exit, offline.json().data.result]).toEqual([5, 'insufficient'])
    const open = new Set<string>()
    for (const { checks } of offline.json().data.receipts) {
      for (const { status, code } of checks) if (status === 'unavailable') open.add(code)
    }
    expect([...open]).toEqual(['signer_unsettled'])
  })

  test('stop, resume: the copy in the receipt of its granting is proof enough', async () => {
    const stopped = (await ambit(['stop', 'hybrid', '--json'], { home: home() })).json().data
    expect(stopped).toMatchObject({ receipt: expect.any(String), withoutReceipt: null })
    expect((await pay('1')).json().data.verdict.code).toBe('stopped')
    const resumed = (await ambit(['resume', 'hybrid', '--json'], { home: home() })).json().data
    expect(resumed).toMatchObject({ wasStopped: true, receipt: expect.any(String) })
    expect((await run(OWNER_KEY, 'verify')).json().data.result).toBe('valid')
  })
})
