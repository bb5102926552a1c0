import { getCreate2Address, keccak256 } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { mint, useChain } from '../../test/rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, transferCall, upgraded } from '../../test/rig/grant.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import type { Grant } from '../grant/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { evaluate } from '../verdict/evaluate.ts'
import { prepareGrant } from '../verdict/prepare.ts'
import type { Call, Counter, Deny } from '../verdict/types.ts'
import { decide } from './decide.ts'
import { readState } from './readState.ts'
import { redeem } from './redeem.ts'
import type { NodeClient } from './rpc.ts'

const chain = useChain()
const PAYEE: Address = `0x${'9b'.repeat(20)}`
/** Answers every call with the word 1: everything is approved. */
const GENEROUS: Address = `0x${'9c'.repeat(20)}`
const SALT: Hex = `0x${'05'.repeat(32)}`
/** Creation code that leaves one byte of code, and one that leaves none. */
const DEPLOYS: Hex = '0x600160005360016000f3'
const LEAVES_NOTHING: Hex = '0x60006000f3'
let client: NodeClient

beforeAll(async () => {
  client = nodeOf(chain.rpcUrl)
  const [alice] = chain.accounts
  await upgraded(chain, alice)
  await mint(chain, addressOf(alice), 1_000n)
  await chain.testClient.setCode({ address: GENEROUS, bytecode: '0x600160005260206000f3' })
})

/** From the first account to the second. */
async function granted(caveats: KnownCaveat[], args: Hex = '0x'): Promise<Grant> {
  const [alice, agent] = chain.accounts
  const grant = await grantOf(chain, [{ signer: alice, delegate: addressOf(agent as typeof alice), caveats }])
  const delegations = grant.delegations.map((delegation) => ({
    ...delegation,
    caveats: delegation.caveats.map((caveat) => ({ ...caveat, args })),
  }))
  return { ...grant, delegations }
}

async function counters(grant: Grant, call?: Call): Promise<Counter[]> {
  const { environment } = chain
  const action = call === undefined ? {} : { action: actionOf(chain, PAYEE, call) }
  const { counters } = await readState(client, { grant, environment, ...action })
  return Object.values(counters)
}

/** Redeems once, and says what was read before and after. */
async function used(grant: Grant, amount: bigint): Promise<{ before: Counter[]; after: Counter[] }> {
  const agent = chain.accounts[1] as (typeof chain.accounts)[0]
  const before = await counters(grant)
  const action = actionOf(chain, addressOf(agent), transferCall(chain.token.address, PAYEE, amount))
  const { outcome } = await redeem(client, { account: agent, grant, action, environment: chain.environment })
  expect(outcome?.status).toBe('executed')
  return { before, after: await counters(grant) }
}

describe('readCounters', () => {
  test('default: a stream, an id and a chosen period, before and after use', async () => {
    const token = chain.token.address
    const terms = { initial: 50n, max: 100n, perSecond: 0n, start: 1_700_000_000n }
    const unused = { initial: 0n, max: 0n, perSecond: 0n, start: 0n, spent: 0n }
    expect(await used(await granted([{ kind: 'erc20Streaming', token, ...terms }]), 30n)).toEqual({
      before: [{ kind: 'stream', ...unused }],
      after: [{ kind: 'stream', ...terms, spent: 30n }],
    })
    const id = await granted([{ kind: 'id', id: 12_345n }])
    expect(await used(id, 1n)).toEqual({
      before: [{ kind: 'used', used: false }],
      after: [{ kind: 'used', used: true }],
    })
    // Another delegation of the same delegator with that id: the same answer.
    expect(await counters(await granted([{ kind: 'id', id: 12_345n }]))).toEqual([{ kind: 'used', used: true }])
    expect(await counters(await granted([{ kind: 'id', id: 12_346n }]))).toEqual([{ kind: 'used', used: false }])
    const period = { amount: 40n, duration: 1n << 64n, start: 1_700_000_000n }
    const periods = [
      { token: PAYEE, ...period },
      { token, ...period },
    ]
    const second = await granted([{ kind: 'multiTokenPeriod', periods }], `0x${'01'.padStart(64, '0')}`)
    const { after } = await used(second, 7n)
    expect(after).toEqual([{ kind: 'period', ...period, lastPeriod: 1n, transferred: 7n }])
  })

  test('behavior: nothing is read for a period that nobody chose', async () => {
    const periods = [{ token: PAYEE, amount: 1n, duration: 1n, start: 1n }]
    expect(await counters(await granted([{ kind: 'multiTokenPeriod', periods }], '0x'))).toEqual([])
  })

  test('behavior: enforcers that ask others are asked themselves, and nothing stays deployed', async () => {
    const from = chain.environment.enforcers['DeployedEnforcer'] as Address
    const made = (bytecode: Hex) => getCreate2Address({ from, salt: SALT, bytecodeHash: keccak256(bytecode) })
    const lower = (address: Hex) => address.toLowerCase() as Address
    const deployed = (address: Address, bytecode: Hex): KnownCaveat => ({
      kind: 'deployed',
      address,
      salt: SALT,
      bytecode,
    })
    const balance = (token: Address): KnownCaveat => ({
      kind: 'erc20BalanceChange',
      direction: 'increase',
      token,
      recipient: PAYEE,
      amount: 1n,
    })
    const asked: [KnownCaveat, boolean][] = [
      [deployed(lower(made(DEPLOYS)), DEPLOYS), true],
      [deployed(chain.token.address, LEAVES_NOTHING), true],
      [deployed(PAYEE, DEPLOYS), false],
      [deployed(lower(made(LEAVES_NOTHING)), LEAVES_NOTHING), false],
      [balance(chain.token.address), true],
      [balance(PAYEE), false],
      [{ kind: 'blockNumber', after: 0n, before: 1_000_000n }, true],
      [{ kind: 'blockNumber', after: 1_000_000n, before: 0n }, false],
    ]
    const answers = await Promise.all(asked.map(async ([caveat]) => counters(await granted([caveat]))))
    expect(answers).toEqual(asked.map(([, passes]) => [{ kind: 'hook', passes }]))
    expect(await chain.publicClient.getCode({ address: made(DEPLOYS) })).toBeUndefined()
  })

  test('behavior: whether there is an approval to take back is read for the action, whatever the terms allow', async () => {
    const { token } = chain
    const approve = (to: Address, spender: Address): Call => ({
      to,
      value: 0n,
      data: `0x095ea7b3${spender.slice(2).padStart(64, '0')}${'0'.repeat(64)}`,
    })
    const revoker: KnownCaveat = { kind: 'approvalRevocation', methods: ['erc20Approve'] }
    const narrow: KnownCaveat = { kind: 'approvalRevocation', methods: ['permit2Lockdown'] }
    const grant = await granted([revoker, narrow])
    expect(await counters(grant)).toEqual([])
    expect(await counters(grant, approve(GENEROUS, PAYEE))).toEqual([{ kind: 'hook', passes: true }])
    expect(await counters(grant, approve(token.address, PAYEE))).toEqual([{ kind: 'hook', passes: false }])
    expect(await counters(grant, { ...approve(GENEROUS, PAYEE), data: '0xZZ' as Hex })).toEqual([])
    const action = actionOf(chain, grant.delegations[0]?.delegate as Address, approve(GENEROUS, PAYEE))
    const { environment } = chain
    expect(await decide(client, { grant: await granted([revoker]), action, environment })).toMatchObject({
      verdict: { verdict: 'allow' },
      simulation: { status: 'ok' },
    })
    const { verdict } = await decide(client, { grant, action, environment })
    expect(verdict).toMatchObject({ code: 'revocation_not_allowed', caveat: { index: 1 } })
  })

  test('error: what is not read denies', async () => {
    const grant = await granted([{ kind: 'id', id: 99n }])
    const state = await readState(client, { grant, environment: chain.environment })
    const action = actionOf(chain, grant.delegations[0]?.delegate as Address, transferCall(PAYEE, PAYEE, 1n))
    const prepared = prepareGrant(grant, chain.environment)
    expect(evaluate(prepared, action, state).verdict).toBe('allow')
    const denied = evaluate(prepared, action, { ...state, counters: {} }) as Deny
    expect(denied).toMatchObject({ code: 'state_missing', caveat: { index: 0, kind: 'id' } })
  })
})
