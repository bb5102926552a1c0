import type { Hono } from 'hono'
import { type LocalAccount, parseEther } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { createNode } from '../../../src/chain/index.ts'
import { type LocalChain, startLocalChain, testTokenAbi } from '../../../src/testing/index.ts'
import { type AgentOptions, runAgent } from './agent.ts'
import { backendRoutes } from './backend.ts'
import { buildPage, contentPolicy, type Page, pageRoutes } from './page.ts'
import { redeemerRoutes } from './redeemer.ts'
import { type Service, startService } from './service.ts'
import { handOn } from './taskAccount.ts'
import type { Attempt, ExampleConfig, Task } from './wire.ts'

type Hex = `0x${string}`

export type ExampleOptions = {
  /** Of the page. 0: any that is free. */
  port?: number
  /** Of `buildPage`. Absent: built now. Without one (`null`) there is no page, only its services. */
  page?: Page | null
  /** Milliseconds between two requests of the agent. Default 900. */
  pace?: number
}

export type Example = {
  /** Of the page. */
  url: string
  config: ExampleConfig
  chain: LocalChain
  /** Whose wallet it is. */
  principal: LocalAccount
  /** Signs orders. */
  agent: LocalAccount
  /** The agent at work, as the page's own server runs it. */
  work: (task: Task) => Promise<Attempt[]>
  stop: () => Promise<void>
}

/** Base units that the principal starts with: 250 USDC. */
const BALANCE = 250_000_000n

/** Starts the chain, the redeemer, the agent and the page, each of which talks to the others over HTTP only. */
export async function startExample(options: ExampleOptions = {}): Promise<Example> {
  const { port = 0, pace = 900 } = options
  // The longest first: a page is built while the chain starts.
  const building = options.page === undefined ? buildPage() : Promise.resolve(options.page)
  // Awaited below, when there is a chain to stop if it failed.
  building.catch(() => {})
  // A block a second: the chain's clock must go on while nobody pays.
  const chain = await startLocalChain({ blockTime: 1 })
  const services: Service[] = []
  const stop = async () => {
    await Promise.all(services.map((service) => service.stop()))
    await chain.stop()
  }
  try {
    const node = { ...createNode(chain.rpcUrl), pollingInterval: 50 }
    const { environment, token } = chain
    const principal = chain.accounts[0]
    const [agentAccount, redeemerAccount, taskAccount] = [newAccount(), newAccount(), newAccount()]
    const page = await building
    await prepareChain(chain, principal, redeemerAccount)

    const agentAddress = agentAccount.address.toLowerCase() as Hex
    const redeemerAddress = redeemerAccount.address.toLowerCase() as Hex
    // The page is the only one that may ask the redeemer from a browser, and stands first when its address is known.
    const origins: string[] = []
    const redeemer = await startService({
      port: 0,
      origins,
      routes: redeemerRoutes({ node, environment, account: redeemerAccount, agent: agentAddress, clock: Date.now }),
    })
    services.push(redeemer)
    const config: ExampleConfig = {
      chainId: chain.chainId,
      environment,
      token,
      agent: { name: 'Quill', address: agentAddress },
      redeemer: { url: redeemer.url, address: redeemerAddress },
      taskAccount: taskAccount.address.toLowerCase() as Hex,
      payees: PAYEES.map((name, index) => ({ name, address: addressOf(chain, index + 4) })),
    }
    const agent: AgentOptions = {
      account: agentAccount,
      chainId: chain.chainId,
      token: token.address,
      redeemer: config.redeemer,
      stranger: addressOf(chain, 9),
      clock: Date.now,
      pace,
    }
    const work = (task: Task) => runAgent(agent, task)
    const holding = { account: taskAccount, environment, node, redeemer: redeemerAddress }
    const backend = backendRoutes({
      chain,
      config,
      wallet: chain.accounts.slice(0, 2),
      work,
      handOn: (request) => handOn(request, holding),
    })
    const site = await startService({
      port,
      origins: [],
      headers: { 'content-security-policy': contentPolicy(redeemer.url) },
      routes: (app: Hono) => {
        backend(app)
        if (page !== null) pageRoutes(page)(app)
      },
    })
    services.push(site)
    origins.push(site.url)
    return { url: site.url, config, chain, principal, agent: agentAccount, work, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const PAYEES = ['Tidewater Inference', 'Northwind Search', 'Lumen Storage']

/** Money for the principal, gas for the redeemer. The agent gets nothing: it needs nothing. */
async function prepareChain(chain: LocalChain, principal: LocalAccount, redeemer: LocalAccount): Promise<void> {
  const { token, publicClient, testClient, walletClient, accounts } = chain
  await testClient.setBalance({ address: redeemer.address, value: parseEther('1') })
  const mint = { functionName: 'mint', args: [principal.address, BALANCE] } as const
  const hash = await walletClient(accounts[2]).writeContract({ address: token.address, abi: testTokenAbi, ...mint })
  await publicClient.waitForTransactionReceipt({ hash })
}

function newAccount(): LocalAccount {
  return privateKeyToAccount(generatePrivateKey())
}

function addressOf({ accounts }: LocalChain, index: number): Hex {
  return (accounts[index] as LocalAccount).address.toLowerCase() as Hex
}
