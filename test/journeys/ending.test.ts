import { encodeAbiParameters, encodeFunctionData, type LocalAccount, parseAbi, parseAbiParameters } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeCaveat } from '../../src/caveats/caveat.ts'
import { readNonce } from '../../src/chain/readNonce.ts'
import { redeem } from '../../src/chain/redeem.ts'
import { revoke } from '../../src/chain/revoke.ts'
import { revokeAll } from '../../src/chain/revokeAll.ts'
import { readKillSwitchFacts, revokeByGuardian } from '../../src/chain/revokeByGuardian.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import type { Sent } from '../../src/chain/send.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../../src/delegation/execution.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { type SigningAccount, signDelegation } from '../../src/delegation/sign.ts'
import type { Delegation } from '../../src/delegation/types.ts'
import { nonceFate } from '../../src/grant/ending.ts'
import { createKillSwitch, killSwitchTroubles, raiseNonceCall } from '../../src/grant/guardian.ts'
import type { Grant } from '../../src/grant/types.ts'
import { type Address, type Hex, uintToBytes } from '../../src/primitives/hex.ts'
import { encodeCall, encodeRedemption } from '../../src/redemption/encode.ts'
import type { Call } from '../../src/verdict/types.ts'
import { codeOfAsync } from '../codes.ts'
import { balanceOf, mint, useChain } from '../rig/chain.ts'
import { type FaultyRpc, startFaultyRpc } from '../rig/faultyRpc.ts'
import { actionOf, addressOf, grantOf, nodeOf, payCaveats, transferCall, upgraded } from '../rig/grant.ts'
import { deployHybrid } from '../rig/principals.ts'

/** Ending things on a real chain: everything of an account at once, by its guardian, and down a chain of four. */

const chain = useChain()
const PAYEE: Address = `0x${'9d'.repeat(20)}`
const FAR = 4_000_000_000n
let client: NodeClient
let rpc: FaultyRpc
let doubtful: NodeClient
let accounts: LocalAccount[] = []
let hybrid: Address
const who = (index: number): LocalAccount => accounts[index] as LocalAccount
const [PRINCIPAL, AGENT, SUB, THIRD, FOURTH, GUARDIAN, OWNER, OTHER] = [0, 1, 2, 3, 4, 5, 6, 7]

beforeAll(async () => {
  accounts = [...chain.accounts]
  client = nodeOf(chain.rpcUrl)
  rpc = await startFaultyRpc(chain.rpcUrl)
  doubtful = nodeOf(rpc.url)
  for (const index of [PRINCIPAL, OTHER]) {
    await upgraded(chain, who(index))
    await mint(chain, addressOf(who(index)), 1_000_000n)
  }
  const payer = chain.walletClient(who(OWNER))
  const { address } = await deployHybrid({
    owner: who(OWNER),
    environment: chain.environment,
    payer,
    reader: chain.publicClient,
  })
  hybrid = address
  await mint(chain, hybrid, 1_000_000n)
})
afterAll(() => rpc.stop())
beforeEach(() => {
  rpc.fault = () => null
  rpc.seen.length = 0
})

const nonceOf = (delegator: Address) => readNonce(client, { delegator, environment: chain.environment })

/** Payments of the principal, or of the Hybrid account that it owns, to the agent. */
async function granted(principal: number, as?: Address, nonce?: bigint): Promise<Grant> {
  const signer = who(principal)
  const current = nonce ?? (await nonceOf(as ?? addressOf(signer)))
  const caveats = payCaveats(chain, 100n).map((it) => (it.kind === 'nonce' ? { ...it, nonce: current } : it))
  return grantOf(chain, [{ signer, ...(as === undefined ? {} : { as }), delegate: addressOf(who(AGENT)), caveats }])
}

/** What the evaluator says, and what the manager itself says with no verdict before it. */
async function pay(grant: Grant, account = who(AGENT)): Promise<[verdict: string, manager: 'passes' | 'refuses']> {
  const action = actionOf(chain, addressOf(account), transferCall(chain.token.address, PAYEE, 1n))
  const { manager: to, data } = encodeRedemption(grant, 0, action)
  const passes = await chain.publicClient.call({ account: account.address, to, data }).then(
    () => 'passes' as const,
    () => 'refuses' as const,
  )
  const { verdict, outcome } = await redeem(client, { account, grant, action, environment: chain.environment })
  return [verdict.verdict === 'deny' ? verdict.code : (outcome?.status ?? verdict.verdict), passes]
}

const ALIVE = ['executed', 'passes']
const ENDED = ['group_revoked', 'refuses']

describe('revokeAll', () => {
  test('default: every grant with the nonce dies in that block; what carries none, and others’, lives', async () => {
    const { environment } = chain
    const account = who(PRINCIPAL)
    const delegator = addressOf(account)
    const nonce = await nonceOf(delegator)
    const [first, second, others] = [await granted(PRINCIPAL), await granted(PRINCIPAL), await granted(OTHER)]
    const caveats = payCaveats(chain, 100n).filter(({ kind }) => kind !== 'nonce')
    const loose = await grantOf(chain, [{ signer: account, delegate: addressOf(who(AGENT)), caveats }])
    for (const grant of [first, second, others, loose]) expect(await pay(grant)).toEqual(ALIVE)

    const raise = { environment, account: delegator, nonce }
    expect([first, second, others, loose].map((grant) => nonceFate(grant, raise))).toMatchObject([
      { fate: 'ends', whole: true },
      { fate: 'ends', whole: true },
      { fate: 'stays', why: 'other_account' },
      { fate: 'stays', why: 'no_nonce' },
    ])
    const raised = await revokeAll(client, { account, environment, nonce })
    expect(raised).toMatchObject({ nonce, current: nonce + 1n, transactionHash: expect.stringMatching(/^0x/) })
    for (const grant of [first, second]) expect(await pay(grant)).toEqual(ENDED)
    for (const grant of [others, loose]) expect(await pay(grant)).toEqual(ALIVE)
    expect(await pay(await granted(PRINCIPAL))).toEqual(ALIVE)
  })

  test('behavior: again for the same nonce sends nothing: what was granted since lives on', async () => {
    const { environment } = chain
    const nonce = await nonceOf(addressOf(who(PRINCIPAL)))
    await revokeAll(client, { account: who(PRINCIPAL), environment, nonce })
    const later = await granted(PRINCIPAL)
    const again = await revokeAll(doubtful, { account: who(PRINCIPAL), environment, nonce })
    expect(again).toMatchObject({ nonce, current: nonce + 1n, transactionHash: null })
    expect(rpc.seen.map(({ method }) => method)).not.toContain('eth_sendRawTransaction')
    expect(await pay(later)).toEqual(ALIVE)
  })

  test('behavior: a Hybrid account raises its nonce through its owner', async () => {
    const { environment } = chain
    const grant = await granted(OWNER, hybrid)
    expect(await pay(grant)).toEqual(ALIVE)
    const nonce = await nonceOf(hybrid)
    const raised = await revokeAll(client, { account: who(OWNER), delegator: hybrid, environment, nonce })
    expect(raised.current).toBe(nonce + 1n)
    expect(await pay(grant)).toEqual(ENDED)
  })

  test('behavior: after a crash the signed bytes are sent again, and count once', async () => {
    const { environment } = chain
    const account = who(PRINCIPAL)
    const nonce = await nonceOf(addressOf(account))
    let earlier: Sent | undefined
    const onSigned = (sent: Sent) => {
      earlier = sent
      throw new TypeError('the process dies here')
    }
    await expect(revokeAll(client, { account, environment, nonce, onSigned })).rejects.toThrow('dies here')
    expect(await nonceOf(addressOf(account))).toBe(nonce)
    if (earlier === undefined) throw new TypeError('nothing was signed')
    const raised = await revokeAll(client, { account, environment, nonce, earlier })
    expect(raised).toMatchObject({ current: nonce + 1n, transactionHash: earlier.hash })
  })

  test('behavior: where something else took the place of the earlier bytes, new ones are signed', async () => {
    const { environment } = chain
    const account = who(PRINCIPAL)
    const nonce = await nonceOf(addressOf(account))
    let earlier: Sent | undefined
    const onSigned = (sent: Sent) => {
      earlier = sent
      throw new TypeError('the process dies here')
    }
    await expect(revokeAll(client, { account, environment, nonce, onSigned })).rejects.toThrow('dies here')
    await chain.publicClient.waitForTransactionReceipt({
      hash: await chain.walletClient(account).sendTransaction({ to: PAYEE, value: 1n }),
    })
    if (earlier === undefined) throw new TypeError('nothing was signed')
    const raised = await revokeAll(client, { account, environment, nonce, earlier })
    expect(raised.current).toBe(nonce + 1n)
    expect(raised.transactionHash).not.toBe(earlier.hash)
  })

  test('error: somebody else, a nonce to come, and a node that proves nothing', async () => {
    const { environment } = chain
    const account = who(PRINCIPAL)
    const delegator = addressOf(account)
    const nonce = await nonceOf(delegator)
    const codes = await Promise.all([
      codeOfAsync(() => revokeAll(client, { account: who(AGENT), delegator, environment, nonce })),
      codeOfAsync(() => revokeAll(client, { account, environment, nonce: nonce + 1n })),
      codeOfAsync(async () =>
        revokeAll(client, { account, delegator: hybrid, environment, nonce: await nonceOf(hybrid) }),
      ),
    ])
    expect(codes.map(({ code }) => code)).toEqual([
      'chain.wrong_account',
      'chain.nonce_ahead',
      'chain.principal_unsupported',
    ])
    const selector = '0x2bd4ed21'
    rpc.fault = ({ method, params }) =>
      method === 'eth_call' && String((params[0] as { data: string }).data).startsWith(selector)
        ? { kind: 'lie', answer: () => ({ result: uintToBytes(nonce, 32) }) }
        : null
    const unproven = await codeOfAsync(() => revokeAll(doubtful, { account, environment, nonce }))
    expect([unproven.code, unproven.retry]).toEqual(['chain.revocation_unproven', 'reconcile'])
  })
})

async function killSwitchOf(principal: number, salt: bigint, as?: Address): Promise<Delegation> {
  const { environment } = chain
  const signer = who(principal)
  const delegation = createKillSwitch({
    environment,
    principal: as ?? addressOf(signer),
    guardian: addressOf(who(GUARDIAN)),
    expiry: FAR + 1n,
    salt: uintToBytes(salt, 32),
  })
  return signDelegation(signerOf(signer, as), { delegation, chainId: chain.chainId, manager: environment.manager })
}

function signerOf(signer: LocalAccount, as?: Address): SigningAccount {
  if (as === undefined) return signer as SigningAccount
  return { address: as, type: 'smart', signTypedData: (data) => signer.signTypedData(data as never) }
}

const BATCH = parseAbiParameters('(address target, uint256 value, bytes callData)[]')

/** What the manager does with one call under a delegation, from an account. */
async function managerTakes(delegation: Delegation, from: Address, call: Call, mode: Hex = SINGLE_DEFAULT_MODE) {
  const batch = [{ target: call.to, value: call.value, callData: call.data }]
  const execution = mode.startsWith('0x01') ? encodeAbiParameters(BATCH, [batch]) : encodeExecution(call)
  const data = encodeCall(encodeContext([delegation]), mode, execution)
  return chain.publicClient.call({ account: from, to: chain.environment.manager, data }).then(
    () => true,
    () => false,
  )
}

describe('revokeByGuardian', () => {
  test('default: the guardian ends everything of the principal; what is granted anew lives', async () => {
    const { environment } = chain
    const killSwitch = await killSwitchOf(PRINCIPAL, 0xa1n)
    const [first, second, others] = [await granted(PRINCIPAL), await granted(PRINCIPAL), await granted(OTHER)]
    const nonce = await nonceOf(addressOf(who(PRINCIPAL)))
    const fired = await revokeByGuardian(client, { account: who(GUARDIAN), killSwitch, environment, nonce })
    expect(fired).toMatchObject({ nonce, current: nonce + 1n, transactionHash: expect.stringMatching(/^0x/) })
    for (const grant of [first, second]) expect(await pay(grant)).toEqual(ENDED)
    expect(await pay(others)).toEqual(ALIVE)
    expect(await pay(await granted(PRINCIPAL))).toEqual(ALIVE)
  })

  test('behavior: it survives the principal’s own revocation of everything', async () => {
    const { environment } = chain
    const killSwitch = await killSwitchOf(PRINCIPAL, 0xa2n)
    const account = who(PRINCIPAL)
    await revokeAll(client, { account, environment, nonce: await nonceOf(addressOf(account)) })
    expect(killSwitchTroubles(killSwitch, await readKillSwitchFacts(client, { killSwitch, environment }))).toEqual([])
    const grant = await granted(PRINCIPAL)
    const nonce = await nonceOf(addressOf(account))
    await revokeByGuardian(client, { account: who(GUARDIAN), killSwitch, environment, nonce })
    expect(await pay(grant)).toEqual(ENDED)
  })

  test('behavior: it fires for a Hybrid principal too', async () => {
    const { environment } = chain
    const killSwitch = await killSwitchOf(OWNER, 0xa3n, hybrid)
    const grant = await granted(OWNER, hybrid)
    const nonce = await nonceOf(hybrid)
    await revokeByGuardian(client, { account: who(GUARDIAN), killSwitch, environment, nonce })
    expect(await pay(grant)).toEqual(ENDED)
  })

  test('behavior: fired once, it is used up, and a look at it says so', async () => {
    const { environment } = chain
    const killSwitch = await killSwitchOf(PRINCIPAL, 0xa4n)
    const delegator = addressOf(who(PRINCIPAL))
    const fire = async () =>
      revokeByGuardian(client, { account: who(GUARDIAN), killSwitch, environment, nonce: await nonceOf(delegator) })
    await fire()
    expect((await codeOfAsync(fire)).code).toBe('chain.send_refused')
    const facts = await readKillSwitchFacts(client, { killSwitch, environment })
    expect(killSwitchTroubles(killSwitch, facts)).toEqual(['fired'])
  })

  test('behavior: disabled by the principal, it does not fire, and a look at it says so', async () => {
    const { environment, chainId } = chain
    const killSwitch = await killSwitchOf(PRINCIPAL, 0xa5n)
    const pseudo = { ...(await granted(PRINCIPAL)), chainId, delegations: [killSwitch], branches: [] }
    await revoke(client, { account: who(PRINCIPAL), grant: pseudo, environment })
    const nonce = await nonceOf(addressOf(who(PRINCIPAL)))
    const fire = () => revokeByGuardian(client, { account: who(GUARDIAN), killSwitch, environment, nonce })
    expect((await codeOfAsync(fire)).code).toBe('chain.send_refused')
    const facts = await readKillSwitchFacts(client, { killSwitch, environment })
    expect(killSwitchTroubles(killSwitch, facts)).toEqual(['revoked'])
  })

  test('error: the guardian’s key can do nothing else with it, and nobody else anything', async () => {
    const { environment } = chain
    const killSwitch = await killSwitchOf(PRINCIPAL, 0xa6n)
    const guardian = addressOf(who(GUARDIAN))
    const call = raiseNonceCall(environment)
    expect(await managerTakes(killSwitch, guardian, call)).toBe(true)
    const abi = parseAbi(['function incrementNonce(address)', 'function transferOwnership(address)'])
    const elsewhere = encodeFunctionData({ abi, functionName: 'incrementNonce', args: [PAYEE] })
    const attempts: Call[] = [
      transferCall(chain.token.address, guardian, 1n),
      { to: guardian, value: 1n, data: '0x' },
      { ...call, value: 1n },
      { ...call, to: environment.manager },
      { ...call, data: elsewhere },
      { ...call, data: `${call.data}00` },
      { ...call, data: call.data.slice(0, 10) as Hex },
      { to: addressOf(who(PRINCIPAL)), value: 0n, data: call.data },
    ]
    for (const attempt of attempts) expect(await managerTakes(killSwitch, guardian, attempt)).toBe(false)
    // Batch, try and batch-try modes.
    for (const mode of [`0x01${'00'.repeat(31)}`, `0x0001${'00'.repeat(30)}`, `0x0101${'00'.repeat(30)}`] as Hex[]) {
      expect(await managerTakes(killSwitch, guardian, call, mode)).toBe(false)
    }
    expect(await managerTakes(killSwitch, addressOf(who(AGENT)), call)).toBe(false)
    // Handed on by the guardian, nobody but the guardian can redeem it.
    const handedOn = await signDelegation(who(GUARDIAN), {
      delegation: {
        delegate: addressOf(who(AGENT)),
        delegator: guardian,
        authority: hashDelegation(killSwitch),
        caveats: [encodeCaveat(environment, { kind: 'limitedCalls', limit: 9n })],
        salt: uintToBytes(0xffn, 32),
        signature: '0x',
      },
      chainId: chain.chainId,
      manager: environment.manager,
    })
    const data = encodeCall(encodeContext([handedOn, killSwitch]), SINGLE_DEFAULT_MODE, encodeExecution(call))
    await expect(
      chain.publicClient.call({ account: who(AGENT).address, to: environment.manager, data }),
    ).rejects.toThrow()
    const nonce = await nonceOf(addressOf(who(PRINCIPAL)))
    const stranger = () => revokeByGuardian(client, { account: who(AGENT), killSwitch, environment, nonce })
    expect((await codeOfAsync(stranger)).code).toBe('chain.wrong_account')
    expect(await balanceOf(chain, guardian)).toBe(0n)
  })
})

describe('revoke, down a chain of four', () => {
  /** Principal → agent → sub → third → fourth, as four grants: each is the one above it and a link more. */
  async function family(): Promise<Grant[]> {
    const nonce = await nonceOf(addressOf(who(PRINCIPAL)))
    const caveats = payCaveats(chain, 100n).map((it) => (it.kind === 'nonce' ? { ...it, nonce } : it))
    const lower = payCaveats(chain, 100n).filter(({ kind }) => kind !== 'nonce')
    const salt = nextSalt
    nextSalt += 10n
    const actors = [PRINCIPAL, AGENT, SUB, THIRD, FOURTH]
    const links = [0, 1, 2, 3].map((depth) => ({
      signer: who(actors[depth] as number),
      delegate: addressOf(who(actors[depth + 1] as number)),
      caveats: depth === 0 ? caveats : lower,
      salt: salt + BigInt(depth),
    }))
    return Promise.all([1, 2, 3, 4].map((depth) => grantOf(chain, links.slice(0, depth))))
  }
  let nextSalt = 1n << 64n
  const holders = [AGENT, SUB, THIRD, FOURTH]
  const answers = async (grants: readonly Grant[]) => {
    const out: string[] = []
    for (const [index, grant] of grants.entries()) out.push((await pay(grant, who(holders[index] as number))).join(' '))
    return out
  }

  test.each([0, 1, 2, 3])(
    'default: ended at depth %i, everything under it is dead and nothing above it',
    async (depth) => {
      const { environment } = chain
      const grants = await family()
      expect(await answers(grants)).toEqual(grants.map(() => ALIVE.join(' ')))
      const deepest = grants[3] as Grant
      const delegators = [PRINCIPAL, AGENT, SUB, THIRD]
      const account = who(delegators[depth] as number)
      const result = await revoke(client, { account, grant: deepest, environment })
      const hashes = deepest.delegations.map(hashDelegation)
      expect(result.revoked.map(({ hash }) => hash)).toEqual([hashes[depth]])
      expect(result.died).toEqual(hashes.slice(depth + 1))
      expect(await answers(grants)).toEqual(
        grants.map((_, index) => (index >= depth ? 'revoked refuses' : ALIVE.join(' '))),
      )
    },
  )
})
