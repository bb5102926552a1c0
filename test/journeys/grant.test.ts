import { Implementation, toMetaMaskSmartAccount } from '@metamask/delegation-toolkit'
import type { LocalAccount } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { readFacts } from '../../src/chain/readFacts.ts'
import { readNonce } from '../../src/chain/readNonce.ts'
import { redeem } from '../../src/chain/redeem.ts'
import { revoke } from '../../src/chain/revoke.ts'
import { upgradeAccount } from '../../src/chain/upgradeAccount.ts'
import { compile } from '../../src/compile/compile.ts'
import { decodeContext, encodeContext } from '../../src/delegation/context.ts'
import type { SigningAccount } from '../../src/delegation/sign.ts'
import { attenuateGrant } from '../../src/grant/attenuate.ts'
import { checkGrant } from '../../src/grant/check.ts'
import { signGrant } from '../../src/grant/create.ts'
import { parseGrant } from '../../src/grant/parse.ts'
import { serializeGrant } from '../../src/grant/serialize.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { encodeRedemption } from '../../src/redemption/encode.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { ScopeDocument } from '../../src/scope/schema.ts'
import { PAYEES } from '../arbitraries/scope.ts'
import { addressOf, countingSalt } from '../arbitraries/signedGrant.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { actionOf, nodeOf, transferCall } from '../rig/grant.ts'

/** A grant from its scope to its end, handed on once, for both kinds of principal. */

const chain = useChain()
const [A, B, C] = PAYEES
const UNIT = 1_000_000n
let salts = 0n
const salt = () => countingSalt(salts++)()

const accounts = () => {
  const [, eoa, owner, agent, subAgent] = chain.accounts
  if (eoa === undefined || owner === undefined || agent === undefined || subAgent === undefined) {
    throw new TypeError('too few accounts')
  }
  return { eoa, owner, agent, subAgent }
}

/** Three payees under one daily budget of 10. */
function documentFor(principal: Address, delegate: Address, more: Partial<ScopeDocument> = {}): ScopeDocument {
  const token = chain.token.address
  return {
    version: 1,
    task: { id: 'invoices', purpose: 'Pay the invoices' },
    chainId: chain.chainId,
    principal,
    delegate,
    rules: [{ id: 'pay', class: 'transfer', asset: token, to: [A, B], budget: 'stables' }],
    budgets: { stables: { assets: { [token]: '1' }, max: '10', per: 'P1D', window: 'fixed' } },
    notBefore: '2026-01-01T00:00:00Z',
    expiry: '2096-01-01T00:00:00Z',
    redelegation: { maxDepth: 1 },
    revocation: { group: 'g', maxLatencySeconds: 60 },
    evidence: { receipts: ['grant'], retain: 'P1Y' },
    assets: { [token]: { symbol: 'USDC', decimals: 6 } },
    ...more,
  }
}

async function granted(signer: SigningAccount, principal: Address, delegate: Address): Promise<Grant> {
  const scope = parseScope(documentFor(principal, delegate))
  const nonce = await readNonce(nodeOf(chain.rpcUrl), { delegator: principal, environment: chain.environment })
  return reread(await signGrant(scope, compile(scope, chain.environment, { salt, nonce }), signer))
}

/** To A only, 4 a day. */
async function handedOn(grant: Grant): Promise<Grant> {
  const { agent, subAgent } = accounts()
  const principal = grant.scopes[0]?.principal as Address
  const token = chain.token.address
  const scope = parseScope(
    documentFor(principal, addressOf(subAgent), {
      rules: [{ id: 'pay', class: 'transfer', asset: token, to: [A], budget: 'small' }],
      budgets: { small: { assets: { [token]: '1' }, max: '4', per: 'P1D', window: 'fixed' } },
      redelegation: { maxDepth: 0 },
    }),
  )
  const nonce = await readNonce(nodeOf(chain.rpcUrl), { delegator: addressOf(agent), environment: chain.environment })
  const options = { scope, environment: chain.environment, nonce, salt, account: agent }
  return reread(await attenuateGrant(grant, options))
}

/** Through a file and through a context: what travels is what is used. */
function reread(grant: Grant): Grant {
  const parsed = parseGrant(serializeGrant(grant), { environment: chain.environment })
  for (const { links } of parsed.branches) {
    const delegations = links.map((link) => parsed.delegations[link]).filter((it) => it !== undefined)
    expect(decodeContext(encodeContext(delegations))).toEqual(delegations)
  }
  return parsed
}

async function pay(grant: Grant, account: LocalAccount, to: Address, amount: bigint) {
  const action = actionOf(chain, addressOf(account), transferCall(chain.token.address, to, amount))
  const parameters = { grant, environment: chain.environment, action, account, pollingInterval: 20 }
  const { verdict, outcome } = await redeem(nodeOf(chain.rpcUrl), parameters)
  return verdict.verdict === 'allow' ? outcome?.status : verdict.verdict === 'deny' ? verdict.code : verdict.verdict
}

/** What the manager itself says, with no verdict before it. */
async function managerRefuses(grant: Grant, account: LocalAccount, to: Address, amount: bigint, branch = 0) {
  const action = actionOf(chain, addressOf(account), transferCall(chain.token.address, to, amount))
  const { manager, data } = encodeRedemption(grant, branch, action)
  return chain.publicClient.call({ account: account.address, to: manager, data }).then(
    () => false,
    () => true,
  )
}

async function statusOf(grant: Grant) {
  const { facts } = await readFacts(nodeOf(chain.rpcUrl), { grant, environment: chain.environment })
  const { status, branches } = checkGrant(grant, facts)
  const codes = branches.flatMap(({ rows }) => rows.flatMap((row) => (row.result === 'pass' ? [] : [row.code])))
  return { status, codes: [...new Set(codes)] }
}

/** The journey itself: the same for every principal. */
async function journey(signer: SigningAccount, principal: Address, end: (grant: Grant) => Promise<unknown>) {
  const { agent, subAgent } = accounts()
  await mint(chain, principal, 100n * UNIT)
  const before = await balanceOf(chain, A)
  const grant = await granted(signer, principal, addressOf(agent))
  expect(await statusOf(grant)).toEqual({ status: 'valid', codes: [] })
  const child = await handedOn(grant)
  expect(await statusOf(child)).toEqual({ status: 'valid', codes: [] })

  // The sub-agent keeps to its own limit.
  expect(await pay(child, subAgent, A, 3n * UNIT)).toBe('executed')
  expect(await pay(child, subAgent, A, 2n * UNIT)).toBe('period_budget_exceeded')
  expect(await managerRefuses(child, subAgent, A, 2n * UNIT)).toBe(true)
  // It cannot pay whom its parent could, nor use its parent's branches.
  expect(await pay(child, subAgent, B, UNIT)).toBe('recipient_not_allowed')
  expect(await managerRefuses(child, subAgent, B, UNIT)).toBe(true)
  expect(await managerRefuses(grant, subAgent, A, UNIT)).toBe(true)
  // What it spent counts in its parent's budget: 10 a day, 3 are gone.
  expect(await pay(grant, agent, B, 8n * UNIT)).toBe('period_budget_exceeded')
  expect(await pay(grant, agent, B, 7n * UNIT)).toBe('executed')
  expect(await pay(child, subAgent, A, UNIT)).toBe('period_budget_exceeded')
  expect(await pay(grant, agent, C, UNIT)).toBe('recipient_not_allowed')

  // When the principal ends its own grant, what was handed on ends too.
  await end(grant)
  expect((await statusOf(child)).status).toBe('invalid')
  expect(await statusOf(grant)).toEqual({ status: 'invalid', codes: ['revoked'] })
  expect(await managerRefuses(child, subAgent, A, 1n)).toBe(true)
  expect((await balanceOf(chain, A)) - before).toBe(3n * UNIT)
}

beforeAll(async () => {
  await upgradeAccount(nodeOf(chain.rpcUrl), { account: accounts().eoa, environment: chain.environment })
})

describe('grant', () => {
  test('default: an EIP-7702 principal grants, its agent hands on, and revoking ends both', async () => {
    const { eoa } = accounts()
    const parameters = { account: eoa, environment: chain.environment, pollingInterval: 20 }
    await journey(eoa, addressOf(eoa), (grant) => revoke(nodeOf(chain.rpcUrl), { ...parameters, grant }))
  })

  test('default: a Hybrid principal grants, its agent hands on, and revoking ends both', async () => {
    const { owner } = accounts()
    const { manager, entryPoint, simpleFactory, implementations } = chain.environment
    const account = await toMetaMaskSmartAccount({
      client: chain.publicClient,
      implementation: Implementation.Hybrid,
      deployParams: [owner.address, [], [], []],
      deploySalt: '0x',
      signer: { account: owner },
      environment: {
        DelegationManager: manager,
        EntryPoint: entryPoint,
        SimpleFactory: simpleFactory,
        implementations: { HybridDeleGatorImpl: implementations.hybrid },
        caveatEnforcers: {},
      },
    })
    const { factory, factoryData } = await account.getFactoryArgs()
    if (factory === undefined || factoryData === undefined) throw new TypeError('no factory')
    const hash = await chain.walletClient(owner).sendTransaction({ to: factory, data: factoryData })
    await chain.publicClient.waitForTransactionReceipt({ hash })
    const delegator = addressOf(account)
    const parameters = { account: owner, delegator, environment: chain.environment, pollingInterval: 20 }
    await journey(account, delegator, (grant) => revoke(nodeOf(chain.rpcUrl), { ...parameters, grant }))
  })

  test('behavior: the agent ends what it handed on, and only that', async () => {
    const { eoa, agent } = accounts()
    const grant = await granted(eoa, addressOf(eoa), addressOf(agent))
    const child = await handedOn(grant)
    const { environment } = chain
    await revoke(nodeOf(chain.rpcUrl), { account: agent, grant: child, environment, pollingInterval: 20 })
    expect(await statusOf(child)).toEqual({ status: 'invalid', codes: ['revoked'] })
    expect(await statusOf(grant)).toEqual({ status: 'valid', codes: [] })
  })
})
