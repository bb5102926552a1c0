import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { balanceOf, mint } from '../../test/rig/chain.ts'
import { findAnvil } from './anvil.ts'
import { type LocalChain, startLocalChain } from './localChain.ts'

const folder = mkdtempSync(join(tmpdir(), 'ambit-chain-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hasAnvil = findAnvil() !== null

async function facts(chain: LocalChain) {
  const [alice] = chain.accounts
  await mint(chain, alice.address.toLowerCase() as `0x${string}`, 1_500_000n)
  return {
    code: (await chain.publicClient.getCode({ address: chain.environment.manager }))?.length ?? 0,
    balance: await balanceOf(chain, alice.address.toLowerCase() as `0x${string}`),
    ether: await chain.publicClient.getBalance({ address: alice.address }),
  }
}

/** Runs a module in another process of this Node, in the root, and returns what it printed. */
function inAnotherProcess(body: string): string {
  const script = join(process.cwd(), 'src/testing/localChain.ts')
  return execFileSync(
    process.execPath,
    ['--input-type=module', '-e', `const { startLocalChain } = await import(${JSON.stringify(script)});\n${body}`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )
}

describe('startLocalChain', () => {
  test.runIf(hasAnvil)('default: framework, token and funded accounts', async () => {
    const chain = await startLocalChain()
    try {
      const { code, balance, ether } = await facts(chain)
      expect(chain.engine).toBe('anvil')
      expect(code).toBeGreaterThan(10_000)
      expect(balance).toBe(1_500_000n)
      expect(ether).toBeGreaterThan(10n ** 21n)
      expect(Object.keys(chain.environment.enforcers).length).toBeGreaterThanOrEqual(32)
      for (const address of [chain.environment.manager, ...Object.values(chain.environment.enforcers)])
        expect(address).toMatch(/^0x[0-9a-f]{40}$/)
    } finally {
      await chain.stop()
    }
    await expect(chain.publicClient.getChainId()).rejects.toThrow()
  })

  test('behavior: EDR runs the same chain in process and says what is lost', async () => {
    const chain = await startLocalChain({ engine: 'edr', statePath: join(folder, 'edr.json') })
    try {
      const { code, balance } = await facts(chain)
      expect(chain).toMatchObject({ engine: 'edr', persistent: false })
      expect(chain.notice).toContain('gone when it ends')
      expect(code).toBeGreaterThan(10_000)
      expect(balance).toBe(1_500_000n)
      const deployer = await chain.publicClient.getCode({ address: '0x4e59b44847b379578588920ca78fbf26c0b4956c' })
      expect(deployer?.length).toBe(140)
    } finally {
      await chain.stop()
    }
  })

  test.runIf(hasAnvil)('behavior: the state survives from process to process', async () => {
    const statePath = join(folder, 'state.json')
    const before = JSON.parse(
      inAnotherProcess(`
        const chain = await startLocalChain({ statePath: ${JSON.stringify(statePath)} })
        const wallet = chain.walletClient(chain.accounts[1])
        const hash = await wallet.sendTransaction({ to: '0x000000000000000000000000000000000000dEaD', value: 7n })
        const receipt = await chain.publicClient.waitForTransactionReceipt({ hash })
        const block = await chain.publicClient.getBlock()
        await chain.stop()
        console.log(JSON.stringify({ hash, blockHash: receipt.blockHash, head: block.hash, environment: chain.environment, token: chain.token }))`),
    )
    const chain = await startLocalChain({ statePath })
    try {
      const receipt = await chain.publicClient.getTransactionReceipt({ hash: before.hash })
      const head = await chain.publicClient.getBlock()
      const dead = { address: '0x000000000000000000000000000000000000dEaD' } as const
      expect(receipt.blockHash).toBe(before.blockHash)
      expect(head.hash).toBe(before.head)
      expect(chain.environment).toEqual(before.environment)
      expect(chain.token).toEqual(before.token)
      expect(await chain.publicClient.getBalance(dead)).toBe(7n)
      expect(await chain.publicClient.getBalance({ ...dead, blockNumber: head.number - 1n })).toBe(0n)
      await facts(chain)
      const next = await chain.publicClient.getBlock()
      expect(next.number).toBe(head.number + 1n)
      expect(next.parentHash).toBe(head.hash)
      expect(Math.abs(Number(next.timestamp) - Date.now() / 1000)).toBeLessThan(60)
    } finally {
      await chain.stop()
    }
  })

  test.runIf(hasAnvil)('behavior: what was true at the newest blocks can be asked again, run after run', async () => {
    const statePath = join(folder, 'recent.json')
    const payee = '0x000000000000000000000000000000000000bEEF'
    const seen = new Map<string, bigint>()
    // The third run has more than twice the states that are kept, so that the file is trimmed.
    for (const blocks of [1, 3, 60, 2, 1]) {
      const chain = await startLocalChain({ statePath })
      try {
        const asked = [...seen].slice(-32).map(async ([blockHash, balance]) => {
          const params = [payee, { blockHash }]
          const answer = await chain.publicClient.request({ method: 'eth_getBalance', params } as never)
          expect([blockHash, BigInt(answer as string)]).toEqual([blockHash, balance])
        })
        await Promise.all(asked)
        for (let mined = 0; mined < blocks; mined++) {
          const hash = await chain.walletClient(chain.accounts[1]).sendTransaction({ to: payee, value: 1n })
          const { blockHash } = await chain.publicClient.waitForTransactionReceipt({ hash })
          seen.set(blockHash, BigInt(seen.size + 1))
        }
      } finally {
        await chain.stop()
      }
    }
    expect(seen.size).toBe(67)
  })

  test.runIf(hasAnvil)(
    'behavior: a long chain stays small, and an old block is refused rather than misread',
    async () => {
      const statePath = join(folder, 'long.json')
      const first = await startLocalChain({ statePath })
      const rich = { address: first.accounts[1]?.address ?? '0x' } as const
      await first.testClient.mine({ blocks: 200 })
      await first.testClient.setBalance({ ...rich, value: 5n })
      await first.testClient.mine({ blocks: 2 })
      const head = await first.publicClient.getBlock()
      await first.stop()
      expect(statSync(statePath).size).toBeLessThan(20_000_000)
      const again = await startLocalChain({ statePath })
      try {
        expect((await again.publicClient.getBlock()).hash).toBe(head.hash)
        expect(await again.publicClient.getBalance({ ...rich, blockNumber: head.number })).toBe(5n)
        expect(await again.publicClient.getBalance({ ...rich, blockNumber: head.number - 10n })).toBeGreaterThan(5n)
        await expect(again.publicClient.getBalance({ ...rich, blockNumber: 1n })).rejects.toThrow()
        expect((await again.publicClient.getBlock({ blockNumber: 1n })).transactions).toHaveLength(1)
      } finally {
        await again.stop()
      }
    },
  )

  test.runIf(hasAnvil)('behavior: a killed process leaves the last saved state usable, and no anvil', async () => {
    const statePath = join(folder, 'crash.json')
    const script = join(process.cwd(), 'src/testing/localChain.ts')
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startLocalChain } = await import(${JSON.stringify(script)})
        const chain = await startLocalChain({ statePath: ${JSON.stringify(statePath)} })
        console.log(chain.rpcUrl)
        setInterval(() => {}, 1000)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const url = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
    )
    await expect(startLocalChain({ statePath })).rejects.toMatchObject({ code: 'chain.local_state_in_use' })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    await expect.poll(() => answers(url), { timeout: 5_000, interval: 20 }).toBe(false)
    const chain = await startLocalChain({ statePath })
    expect((await facts(chain)).balance).toBe(1_500_000n)
    await chain.stop()
  })

  test.runIf(hasAnvil)('behavior: with a block time blocks come by themselves', async () => {
    const chain = await startLocalChain({ blockTime: 1 })
    const number = () => chain.publicClient.getBlockNumber({ cacheTime: 0 })
    const first = await number()
    await expect.poll(number, { timeout: 5_000, interval: 50 }).toBeGreaterThan(first)
    await chain.stop()
  })

  test.runIf(hasAnvil)('error: a damaged state file is refused and left alone', async () => {
    const statePath = join(folder, 'damaged.json')
    const texts = ['', '{', '{"schema":"ambit.local-chain.v2"}', '[]', 'null']
    for (const text of texts) {
      writeFileSync(statePath, text)
      await expect(startLocalChain({ statePath })).rejects.toMatchObject({ code: 'chain.local_state_invalid' })
      expect(readFileSync(statePath, 'utf8')).toBe(text)
    }
  })
})

describe('findAnvil', () => {
  test('error: a binary that was asked for and cannot run is not replaced by another', () => {
    expect(() => findAnvil({ AMBIT_ANVIL: join(folder, 'absent') })).toThrowError(
      expect.objectContaining({ code: 'chain.no_local_engine' }),
    )
  })
})

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url, { method: 'POST', body: '{}' })
    return true
  } catch {
    return false
  }
}
