import { keccak256, type LocalAccount, numberToHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createNode } from '../../src/chain/node.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { send } from '../../src/chain/send.ts'
import { upgradeAccount } from '../../src/chain/upgradeAccount.ts'
import { compile } from '../../src/compile/compile.ts'
import type { Lowering } from '../../src/compile/types.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import { signGrant } from '../../src/grant/create.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { formatInstant } from '../../src/primitives/time.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import type { Scope } from '../../src/scope/types.ts'
import { type LocalChain, startLocalChain } from '../../src/testing/localChain.ts'
import type { Action, Call } from '../../src/verdict/types.ts'
import { mint } from '../../test/rig/chain.ts'
import { addressOf, transferCall } from '../../test/rig/grant.ts'
import { chainFailed } from '../errors.ts'

/** Display units of the chain's token in base units. */
const UNIT = 1_000_000n
const DAY = 86_400n
/** More than a redemption of fifty payments takes; a node asked for an estimate would take longer. */
const GAS = 12_000_000n
/** More than one payment takes: several of these fit in a block. */
const SMALL_GAS = 600_000n

type Party = 'principal' | 'agent' | 'second' | 'relayer' | 'guardian' | 'confirmer'

/** Parts of a scope document in place of the usual ones; `undefined` leaves one out. */
export type ScopeChange = { [part in keyof ScopeDocument]?: ScopeDocument[part] | undefined }

export type GasRig = Record<Party, LocalAccount> & {
  chain: LocalChain
  node: NodeClient
  /** Ten accounts that hold some of the token already: what writes to an empty slot costs 17,100 more. */
  payees: readonly Address[]
  /** A scope of payments to the first so many payees, from ten seconds ago for thirty days, with a group and its guardian. */
  scope: (payees: number, change?: ScopeChange, delegate?: LocalAccount) => Scope
  granted: (scope: Scope, lowering: Lowering, accept?: readonly string[]) => Promise<Grant>
  /** The agent hands on to the second one. */
  handedOn: (grant: Grant, scope: Scope, lowering: Lowering, accept?: readonly string[]) => Promise<Grant>
  pay: (payee: number, amount?: bigint) => Call
  action: (account: LocalAccount, ...calls: Call[]) => Action
  /** Call data that redeems a branch for these. */
  redemption: (grant: Grant, branch: number, action: Action) => Hex
  /** Gas of a whole transaction, which must succeed. */
  gas: (from: LocalAccount, to: Address, data: Hex) => Promise<number>
  /** Which of these redemptions succeed in one block of this time, one after the other. */
  inOneBlock: (from: LocalAccount, redemptions: readonly Hex[], at: bigint) => Promise<boolean[]>
  now: () => Promise<bigint>
  stop: () => Promise<void>
}

/** A chain of its own with random-looking addresses throughout: call data of zeros would make everything cheaper than it is. */
export async function startGasRig(): Promise<GasRig> {
  const chain = await startLocalChain()
  const node = { ...createNode(chain.rpcUrl, { retryCount: 0 }), pollingInterval: 10 }
  const parties = ['principal', 'agent', 'second', 'relayer', 'guardian', 'confirmer'] as const
  const accounts = Object.fromEntries(
    parties.map((name, index) => [name, privateKeyToAccount(keccak256(numberToHex(index + 1)))]),
  ) as Record<Party, LocalAccount>
  const payees = Array.from({ length: 10 }, (_, index): Address => `0x${keccak256(numberToHex(index)).slice(26)}`)
  for (const { address } of Object.values(accounts)) await chain.testClient.setBalance({ address, value: 10n ** 22n })
  await upgradeAccount(node, { account: accounts.principal, environment: chain.environment, pollingInterval: 10 })
  for (const holder of [addressOf(accounts.principal), ...payees]) await mint(chain, holder, 1_000_000n * UNIT)
  const { address: token, symbol, decimals } = chain.token
  const { timestamp: started } = await chain.publicClient.getBlock()
  let salts = 0
  const salt = () => keccak256(numberToHex(++salts))
  const { environment } = chain

  return {
    ...accounts,
    chain,
    node,
    payees,
    scope(count, change = {}, delegate = accounts.agent) {
      const document = {
        version: 1,
        task: { id: 'invoices', purpose: 'Pay the invoices' },
        chainId: chain.chainId,
        principal: addressOf(accounts.principal),
        delegate: addressOf(delegate),
        rules: [{ id: 'pay', class: 'transfer', asset: token, to: payees.slice(0, count), max: '50', budget: 'day' }],
        budgets: { day: { assets: { [token]: '1' }, max: '200', per: 'P1D', window: 'rolling' } },
        calls: { max: 1_000, per: 'P1D', window: 'fixed' },
        notBefore: formatInstant(started - 10n),
        expiry: formatInstant(started + 30n * DAY),
        // The caveat would name the delegate as the only redeemer if it could not hand it on: 900 gas more.
        redelegation: { maxDepth: 1 },
        revocation: { group: '2026-11', guardian: addressOf(accounts.guardian), maxLatencySeconds: 60 },
        evidence: { receipts: ['grant'], retain: 'P1Y' },
        ...change,
      }
      return parseScope(Object.fromEntries(Object.entries(document).filter(([, part]) => part !== undefined)), {
        assets: { [token]: { symbol, decimals } },
        now: started,
      })
    },
    granted(scope, lowering, accept = []) {
      const plan = compile(scope, environment, { salt, nonce: 0n, lowering, accept })
      return signGrant(scope, plan, accounts.principal)
    },
    handedOn: (grant, scope, lowering, accept = []) =>
      attenuateGrant(grant, { scope, environment, salt, nonce: 0n, lowering, accept, account: accounts.agent }),
    pay: (payee, amount = 1n) => transferCall(token, payees[payee % payees.length] as Address, amount * UNIT),
    action: (account, ...calls) => ({ chainId: chain.chainId, redeemer: addressOf(account), calls }),
    redemption: (grant, branch, action) => encodeRedemption(grant, branch, action).data,
    async gas(from, to, data) {
      const { hash } = await send(node, { account: from, chainId: chain.chainId, to, data, gas: GAS })
      const receipt = await chain.publicClient.waitForTransactionReceipt({ hash, pollingInterval: 10 })
      if (receipt.status !== 'success') throw chainFailed('a measured transaction', { hash, status: receipt.status })
      return Number(receipt.gasUsed)
    },
    async inOneBlock(from, redemptions, at) {
      const { manager: to } = environment
      const first = BigInt(await chain.publicClient.getTransactionCount({ address: from.address }))
      await chain.testClient.setAutomine(false)
      const hashes: Hex[] = []
      for (const [index, data] of redemptions.entries()) {
        const nonce = first + BigInt(index)
        const { hash } = await send(node, { account: from, chainId: chain.chainId, to, data, gas: SMALL_GAS, nonce })
        hashes.push(hash)
      }
      await chain.testClient.setNextBlockTimestamp({ timestamp: at })
      await chain.testClient.mine({ blocks: 1 })
      await chain.testClient.setAutomine(true)
      const receipts = await Promise.all(hashes.map((hash) => chain.publicClient.getTransactionReceipt({ hash })))
      return receipts.map(({ status }) => status === 'success')
    },
    now: async () => (await chain.publicClient.getBlock()).timestamp,
    stop: () => chain.stop(),
  }
}
