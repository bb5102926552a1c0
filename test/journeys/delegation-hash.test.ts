import { DelegationManager } from '@metamask/delegation-abis'
import { Implementation, toMetaMaskSmartAccount } from '@metamask/delegation-toolkit'
import fc from 'fast-check'
import { type BaseError, ContractFunctionRevertedError, concatHex, encodePacked, type PrivateKeyAccount } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll, describe, expect, test } from 'vitest'
import { encodeCaveat } from '../../src/caveats/caveat.ts'
import { checkChain } from '../../src/delegation/check.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import type { AccountCode, ChainFacts, CheckCode } from '../../src/delegation/facts.ts'
import { domainSeparator, hashDelegation, signingHash } from '../../src/delegation/hash.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { delegation as anyDelegation } from '../arbitraries/delegation.ts'
import { useChain } from '../rig/chain.ts'

/** What the code and the answers of the real contracts say about our hashes, signatures and checks. */

const chain = useChain()
const key = (digits: string): PrivateKeyAccount => privateKeyToAccount(`0x${digits.repeat(32)}`)
const addressOf = (account: { address: Hex }) => account.address.toLowerCase() as Address
const agent = key('31')
const [owner, eoaPrincipal] = [key('32'), key('33')]
const domain = () => ({ chainId: chain.chainId, manager: chain.environment.manager })

let salts = 0
const draft = (delegator: Address, delegate: Address, change: Partial<Delegation> = {}): Delegation => ({
  delegator,
  delegate,
  authority: ROOT_AUTHORITY,
  caveats: [
    encodeCaveat(chain.environment, { kind: 'valueLte', max: 0n }),
    encodeCaveat(chain.environment, { kind: 'timestamp', after: 1n, before: 4_000_000_000n }),
    encodeCaveat(chain.environment, { kind: 'nonce', nonce: 0n }),
  ],
  salt: `0x${(++salts).toString(16).padStart(64, '0')}`,
  signature: '0x',
  ...change,
})

/** What the manager says to the chain when its delegate redeems it: `ok`, or the name of its error. */
async function redeem(delegations: readonly Delegation[], redeemer: Address): Promise<string> {
  const execution = encodePacked(['address', 'uint256', 'bytes'], [redeemer, 0n, '0x'])
  try {
    await chain.publicClient.simulateContract({
      account: redeemer,
      address: chain.environment.manager,
      abi: DelegationManager,
      functionName: 'redeemDelegations',
      args: [[encodeContext(delegations)], [`0x${'00'.repeat(32)}`], [execution]],
    })
    return 'ok'
  } catch (error) {
    const revert = (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError)
    if (!(revert instanceof ContractFunctionRevertedError)) throw error
    return revert.data?.errorName === 'Error' ? String(revert.data.args?.[0]) : String(revert.data?.errorName)
  }
}

/** Reads of the chain what checkChain needs for these links. */
async function readFacts(delegations: readonly Delegation[]): Promise<ChainFacts> {
  const { environment, publicClient } = chain
  const block = await publicClient.getBlock()
  const delegators = [...new Set(delegations.map((it) => it.delegator))]
  const designator = concatHex(['0xef0100', environment.implementations.stateless7702])
  const codes = await Promise.all(
    delegators.map(async (address): Promise<[Address, AccountCode]> => {
      const code = await publicClient.getCode({ address })
      if (code === undefined || code === '0x') return [address, 'none']
      return [address, code === designator ? 'delegated7702' : 'contract']
    }),
  )
  const disabled = delegations.map(async (it): Promise<[Hex, boolean]> => {
    const read = { address: environment.manager, abi: DelegationManager } as const
    const hash = hashDelegation(it)
    return [hash, await publicClient.readContract({ ...read, functionName: 'disabledDelegations', args: [hash] })]
  })
  const kinds = Object.fromEntries(codes)
  const answers = delegations
    .filter((it) => kinds[it.delegator] === 'contract')
    .map(async ({ delegator, ...it }): Promise<[Hex, boolean]> => {
      const digest = signingHash({ delegator, ...it }, domain())
      return [hashDelegation({ delegator, ...it }), await accepts(delegator, digest, it.signature)]
    })
  return {
    environment,
    now: block.timestamp,
    paused: false,
    codes: kinds,
    disabled: Object.fromEntries(await Promise.all(disabled)),
    contractSignatures: Object.fromEntries(await Promise.all(answers)),
    nonces: Object.fromEntries(delegators.map((address) => [address, 0n])),
  }
}

async function accepts(account: Address, digest: Hex, signature: Hex): Promise<boolean> {
  const abi = [
    {
      type: 'function',
      name: 'isValidSignature',
      stateMutability: 'view',
      inputs: [{ type: 'bytes32' }, { type: 'bytes' }],
      outputs: [{ type: 'bytes4' }],
    },
  ] as const
  try {
    const read = { address: account, abi, functionName: 'isValidSignature', args: [digest, signature] } as const
    return (await chain.publicClient.readContract(read)) === '0x1626ba7e'
  } catch {
    return false
  }
}

const hybridAccount = () =>
  toMetaMaskSmartAccount({
    client: chain.publicClient,
    implementation: Implementation.Hybrid,
    deployParams: [owner.address, [], [], []],
    deploySalt: '0x',
    signer: { account: owner },
    environment: {
      DelegationManager: chain.environment.manager,
      EntryPoint: chain.environment.entryPoint,
      SimpleFactory: chain.environment.simpleFactory,
      implementations: { HybridDeleGatorImpl: chain.environment.implementations.hybrid },
      caveatEnforcers: {},
    },
  })

beforeAll(async () => {
  const funder = chain.walletClient(chain.accounts[0])
  const stateless = chain.environment.implementations.stateless7702
  const authorization = await chain
    .walletClient(eoaPrincipal)
    .signAuthorization({ account: eoaPrincipal, contractAddress: stateless })
  const hash = await funder.sendTransaction({ to: addressOf(funder.account), authorizationList: [authorization] })
  await chain.publicClient.waitForTransactionReceipt({ hash })
})

describe('hashDelegation', () => {
  test('default: equals getDelegationHash of the deployed manager', async () => {
    await fc.assert(
      fc.asyncProperty(anyDelegation, async (delegation) => {
        const struct = { ...delegation, caveats: [...delegation.caveats], salt: BigInt(delegation.salt) }
        const read = { address: chain.environment.manager, abi: DelegationManager } as const
        const hash = await chain.publicClient.readContract({
          ...read,
          functionName: 'getDelegationHash',
          args: [struct],
        })
        expect(hashDelegation(delegation)).toBe(hash)
      }),
      { numRuns: 40 },
    )
  })
})

describe('domainSeparator', () => {
  test('default: equals getDomainHash of the deployed manager', async () => {
    const read = { address: chain.environment.manager, abi: DelegationManager } as const
    const hash = await chain.publicClient.readContract({ ...read, functionName: 'getDomainHash' })
    expect(domainSeparator(domain())).toBe(hash)
  })
})

describe('signDelegation', () => {
  test('default: the manager takes the signature of an EIP-7702 principal', async () => {
    const delegation = draft(addressOf(eoaPrincipal), addressOf(agent))
    const signed = await signDelegation(eoaPrincipal, { delegation, ...domain() })
    expect(checkChain([signed], await readFacts([signed])).status).toBe('valid')
    expect(await redeem([signed], addressOf(agent))).toBe('ok')
  })

  test('behavior: the manager takes the signature of a Hybrid principal, also one made before it was deployed', async () => {
    const account = await hybridAccount()
    const delegation = draft(addressOf(account), addressOf(agent))
    const early = await signDelegation(account, { delegation, ...domain() })
    expect(checkChain([early], await readFacts([early])).rows).toContainEqual(
      expect.objectContaining({ check: 'code', result: 'fail', code: 'no_code' }),
    )
    const { factory, factoryData } = await account.getFactoryArgs()
    if (factory === undefined || factoryData === undefined) throw new TypeError('no factory')
    const hash = await chain.walletClient(chain.accounts[0]).sendTransaction({ to: factory, data: factoryData })
    await chain.publicClient.waitForTransactionReceipt({ hash })

    const late = await signDelegation(await hybridAccount(), { delegation, ...domain() })
    for (const signed of [early, late]) {
      expect(checkChain([signed], await readFacts([signed])).status).toBe('valid')
      expect(await redeem([signed], addressOf(agent))).toBe('ok')
    }
    const byStranger = {
      ...late,
      signature: (await signDelegation(agentAs(addressOf(account)), { delegation, ...domain() })).signature,
    }
    expect(checkChain([byStranger], await readFacts([byStranger])).rows).toContainEqual(
      expect.objectContaining({ check: 'signature', result: 'fail', code: 'signature_refused' }),
    )
    expect(await redeem([byStranger], addressOf(agent))).toBe('InvalidERC1271Signature')
  })
})

/** The agent's key, in the name of another account. */
const agentAs = (address: Address) => ({ ...agent, address, type: 'smart' })

describe('checkChain', () => {
  test('behavior: says no exactly where the manager does, and for the same cause', async () => {
    const [middle, last] = [key('34'), key('35')]
    const principal = addressOf(eoaPrincipal)
    const sign = (account: PrivateKeyAccount, delegation: Delegation) =>
      signDelegation(account, { delegation, ...domain() })
    const root = await sign(eoaPrincipal, draft(principal, addressOf(middle)))
    const other = await sign(eoaPrincipal, draft(principal, addressOf(middle)))
    const leaf = await sign(middle, draft(addressOf(middle), addressOf(last), { authority: hashDelegation(root) }))
    const stranger = await sign(last, draft(addressOf(last), addressOf(last), { authority: hashDelegation(root) }))
    const codeless = await sign(middle, draft(addressOf(middle), addressOf(last)))
    const late = { caveats: [encodeCaveat(chain.environment, { kind: 'timestamp', after: 1n, before: 9n })] }
    const expired = await sign(eoaPrincipal, draft(principal, addressOf(last), late))
    const group = { caveats: [encodeCaveat(chain.environment, { kind: 'nonce', nonce: 1n })] }
    const ended = await sign(eoaPrincipal, draft(principal, addressOf(last), group))
    const twin = twinOf(leaf)

    const cases: [name: string, links: Delegation[], code: CheckCode | null, revert: RegExp][] = [
      ['valid', [leaf, root], null, /^ok$/],
      [
        'args are free',
        [leaf, { ...root, caveats: root.caveats.map((it) => ({ ...it, args: '0x99' })) }],
        null,
        /^ok$/,
      ],
      ['other root', [leaf, other], 'broken_authority', /InvalidAuthority/],
      ['root missing', [leaf], 'not_a_root', /InvalidAuthority/],
      ['root first', [root, leaf], 'root_first', /InvalidDelegate|InvalidAuthority/],
      ['not delegated to', [stranger, root], 'not_the_delegate', /InvalidDelegate/],
      ['changed salt', [{ ...leaf, salt: other.salt }, root], 'other_signer', /InvalidEOASignature/],
      ['changed caveat of the principal', [leaf, { ...root, caveats: [] }], 'other_signer', /InvalidERC1271Signature/],
      ['high s', [twin, root], 'bad_signature', /ECDSA|signature/i],
      ['no signature', [{ ...leaf, signature: '0x' }, root], 'bad_signature', /ECDSA|signature/i],
      ['no code', [codeless], 'no_code', /./],
      ['expired', [expired], 'expired', /TimestampEnforcer/],
      ['other nonce', [ended], 'group_revoked', /NonceEnforcer/],
    ]
    for (const [name, links, code, revert] of cases) {
      const { status, rows } = checkChain(links, await readFacts(links))
      const codes = rows.flatMap((row) => (row.result === 'pass' ? [] : [row.code]))
      expect([name, status, code === null ? codes : codes.includes(code)]).toEqual([
        name,
        code === null ? 'valid' : 'invalid',
        code === null ? [] : true,
      ])
      const redeemer = links[0]?.delegate as Address
      const answer = await redeem(links, redeemer)
      expect([name, answer]).toEqual([name, expect.stringMatching(revert)])
      if (code !== null) expect(answer).not.toBe('ok')
    }
  })
})

/** The other signature of the same key for the same message: `s` on the high side. */
function twinOf(delegation: Delegation): Delegation {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const { signature } = delegation
  const s = (order - BigInt(`0x${signature.slice(66, 130)}`)).toString(16).padStart(64, '0')
  return { ...delegation, signature: `0x${signature.slice(2, 66)}${s}${signature.endsWith('1b') ? '1c' : '1b'}` }
}
