import type { LocalAccount } from 'viem'
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/chain/decide.ts'
import { readFacts } from '../../src/chain/readFacts.ts'
import { redeem } from '../../src/chain/redeem.ts'
import { checkChain } from '../../src/delegation/check.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address } from '../../src/primitives/hex.ts'
import { abi, bytecode } from '../../src/testing/generated/fickleAccount.ts'
import { PAYEES } from '../arbitraries/scope.ts'
import { useChain } from '../rig/chain.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall } from '../rig/grant.ts'
import type { Measured } from '../rig/hostileCases.ts'
import { measure } from '../rig/measure.ts'

/**
 * Hostile input ends in a coded error, in less than a second and 50 MB. Each case runs in a child process after its input is
 * made and its modules are loaded. The second is processor time, so that other work on the machine does not count; the
 * memory is the highest resident size over the size before.
 */

const SECOND = 1_000
const MOST_MB = 50

/** What must be said of each, in the order in which one process takes them. */
const INPUTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'contexts and chains': {
    'context of 1,000 links': 'delegation.context_too_large',
    'context that says it has 1,000 links': 'delegation.context_too_many_links',
    'chain of 1,000 links to check': 'too_many_links',
    'chain of 1,000 links to redeem': 'delegation.context_too_many_links',
    'context with 10,000 caveats': 'delegation.context_too_large',
    'context that says it has 10,000 caveats': 'delegation.context_truncated',
    'context with 17 caveats on a link': 'delegation.context_too_many_caveats',
    'chain with 10,000 caveats to check': 'too_many_caveats',
    'context of 58 KB that unfolds to gigabytes': 'delegation.context_too_large',
    'context of 31 KB that unfolds to gigabytes': 'delegation.context_bad_offset',
    'address with dirty upper bytes in a context': 'delegation.context_dirty_address',
    'half a byte in a context': 'delegation.context_not_hex',
    'open delegate in a chain to check': 'open_delegate',
  },
  'grants and scopes': {
    'grant with a branch of 1,000 links': 'grant.malformed',
    'grant of 1,000 delegations': 'grant.malformed',
    'grant with 10,000 caveats': 'grant.malformed',
    'prototype key in a grant': 'json.forbidden_key',
    'prototype key deep in a scope that was read before': 'scope.prototype_key',
    'constructor as the name of a budget': 'json.forbidden_key',
    'upper-case hex in a grant': 'grant.malformed',
    'grant for another chain id': 'grant.wrong_chain',
    'grant for another manager': 'grant.wrong_manager',
    'grant judged with another deployment': 'verdict.wrong_environment',
    'open delegate in a grant': 'grant.wrong_actor',
    'open delegate to sign': 'delegation.open_delegate',
    'call to the principal itself': 'compile.target_is_principal',
    'call to the manager': 'compile.target_is_manager',
    'call to an enforcer': 'compile.forbidden_target',
    'the same salt twice in a plan': 'delegation.duplicate',
    'the same delegation twice in a grant': 'grant.duplicate',
    'a salt of zeros to sign': 'delegation.zero_salt',
    'an action with 100,000 calls': 'state_missing',
  },
  'files near their bounds': {
    'arrays in arrays': 'json.too_deep',
    'grant file just under its bound, all in one caveat': 'grant.malformed',
    'scope file just under its bound, of rules': 'scope.out_of_range',
    'grant file just under its bound, of empty arrays': 'json.too_large',
    'grant file just under its bound, of members': 'json.too_large',
  },
  'command lines over large files': {
    'inspect over 16 MB': 'cli.file_too_large',
    'scope check over 16 MB': 'cli.file_too_large',
    'redeem over 16 MB': 'cli.file_too_large',
    'inspect over a context of 4 MB': 'delegation.context_too_large',
    'verify over 16 MB': 'cli.not_verified',
    'inspect over 16 MB of standard input': 'json.too_large',
  },
}

function expectCheap(measured: readonly Measured[]): void {
  expect(measured.filter(({ busy }) => busy >= SECOND)).toEqual([])
  expect(measured.filter(({ growth }) => growth >= MOST_MB)).toEqual([])
}

describe('hostile input', () => {
  test.each(Object.entries(INPUTS))('error: %s', { timeout: 60_000 }, async (_what, expected) => {
    const measured = await measure(Object.keys(expected))
    expect(Object.fromEntries(measured.map(({ name, said }) => [name, said]))).toEqual(expected)
    expectCheap(measured)
  })
})

const chain = useChain()
const node = () => nodeOf(chain.rpcUrl)

/** In the order of the contract's moods. */
const MOODS = [
  'burns all gas',
  'returns a megabyte',
  'returns half a megabyte',
  'reverts with half a megabyte',
  'returns four bytes',
  'returns two words',
  'returns a dirty word',
  'agrees until a block',
  'agrees with nobody’s origin',
  'agrees with little gas',
] as const

async function deployed(mood: (typeof MOODS)[number], until = 0n): Promise<Address> {
  const hash = await chain
    .walletClient(chain.accounts[0])
    .deployContract({ abi, bytecode, args: [MOODS.indexOf(mood), until] })
  return addressOf({ address: (await chain.publicClient.waitForTransactionReceipt({ hash })).contractAddress ?? '0x' })
}

const agent = () => chain.accounts[1] as LocalAccount

function grantFrom(principal: Address): Promise<Grant> {
  const [signer] = chain.accounts
  return grantOf(chain, [{ signer, as: principal, delegate: addressOf(agent()), caveats: payCaveats(chain, 100n) }])
}

async function signatureRow(grant: Grant): Promise<string> {
  const { facts } = await readFacts(node(), { grant, environment: chain.environment })
  const row = checkChain(grant.delegations, facts).rows.find(({ check }) => check === 'signature')
  return row === undefined || row.result === 'pass' ? 'accepted' : row.code
}

const paying = () => actionOf(chain, addressOf(agent()), transferCall(chain.token.address, PAYEES[0], 1n))

describe('hostile ERC-1271 accounts', () => {
  test('error: one that burns gas, floods or answers anything but the word is refused, at little cost', async () => {
    const moods = MOODS.slice(0, 7)
    const accounts: Address[] = []
    for (const mood of moods) accounts.push(await deployed(mood))
    const grants = await Promise.all(accounts.map(grantFrom))
    const measured = await measure(['ERC-1271'], {
      RPC: chain.rpcUrl,
      GRANTS: JSON.stringify(grants),
      ENVIRONMENT: JSON.stringify(chain.environment),
    })
    expect(JSON.parse(measured[0]?.said ?? '[]')).toEqual(moods.map(() => 'signature_refused'))
    expectCheap(measured)
    expect((measured[0]?.waited ?? 0) / moods.length).toBeLessThan(SECOND)
  })

  test('error: one that agreed when it was looked at, and refuses the redemption', async () => {
    const grant = await grantFrom(await deployed('agrees with nobody’s origin'))
    expect(await signatureRow(grant)).toBe('accepted')
    const { verdict, simulation } = await decide(node(), { grant, action: paying(), environment: chain.environment })
    expect(verdict).toMatchObject({ verdict: 'deny', code: 'signature_refused', family: 'ended' })
    expect(simulation).toMatchObject({ status: 'reverted', error: { name: 'InvalidERC1271Signature' } })
  })

  test('error: one that agrees only while it is given little gas', async () => {
    const grant = await grantFrom(await deployed('agrees with little gas'))
    expect(await signatureRow(grant)).toBe('accepted')
    const { verdict } = await decide(node(), { grant, action: paying(), environment: chain.environment })
    expect(verdict).toMatchObject({ verdict: 'deny', code: 'signature_refused' })
  })

  test('error: one that changes its mind between blocks is asked again at each, and fails where it refuses', async () => {
    const { environment } = chain
    // Its own block, and two more.
    const until = (await chain.publicClient.getBlockNumber({ cacheTime: 0 })) + 3n
    const grant = await grantFrom(await deployed('agrees until a block', until))
    const number = until - 1n
    await chain.testClient.mine({ blocks: 1 })
    expect(await chain.publicClient.getBlockNumber({ cacheTime: 0 })).toBe(number)
    expect(await signatureRow(grant)).toBe('accepted')
    const early = await decide(node(), { grant, action: paying(), environment })
    expect([early.verdict.verdict, early.simulation?.status]).toEqual(['allow', 'ok'])

    // Decided at a block at which it agreed, included in one at which it does not.
    await chain.testClient.mine({ blocks: 1 })
    const late = { grant, action: paying(), environment, account: agent(), gas: 500_000n, pollingInterval: 20 }
    const { verdict, outcome } = await redeem(node(), { ...late, block: { number } })
    expect(verdict.verdict).toBe('allow')
    expect(outcome).toMatchObject({ status: 'reverted', reason: expect.stringContaining('InvalidERC1271Signature') })
    expect(await signatureRow(grant)).toBe('signature_refused')
    expect((await decide(node(), { grant, action: paying(), environment })).verdict).toMatchObject({
      code: 'signature_refused',
    })
  })
})
