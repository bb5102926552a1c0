import { encodeFunctionData, parseAbi } from 'viem'
import { describe, expect, it } from 'vitest'
import { useChain } from '../../../test/rig/chain.ts'
import { type Opened, openWallet, periodicRequest, wireRequest } from '../../../test/rig/devWallet.ts'
import { encodeDisable } from '../../chain/disable.ts'
import { type ReadPermission, readPermission } from '../../dapp/readPermission.ts'
import type { PermissionResponse } from '../../dapp/types.ts'
import { fromWireResponse } from '../../dapp/wire.ts'
import { signingHash } from '../../delegation/hash.ts'
import { recoverSigner } from '../../delegation/signature.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../delegation/types.ts'
import type { Hex } from '../../primitives/hex.ts'

const chain = useChain()
const ASK = 'wallet_requestExecutionPermissions'
const LIST = 'wallet_getGrantedExecutionPermissions'
const REVOKE = 'wallet_revokeExecutionPermission'

type Granted = {
  response: PermissionResponse
  read: ReadPermission & { status: 'read' }
  link: Delegation
  signer: Hex
}

/** What the wallet answers, what is signed, and who signed it for the chain and manager that it names. */
async function grant({ request }: Opened, asked: unknown = wireRequest(chain)): Promise<Granted> {
  const [answer] = (await request(ASK, asked)) as unknown[]
  const response = fromWireResponse(answer)
  const read = readPermission(response.context, chain.environment)
  if (read.status !== 'read') throw new TypeError(read.code)
  const link = read.links[0] as Delegation
  const digest = signingHash(link, { chainId: response.chainId, manager: response.delegationManager })
  const recovery = recoverSigner(digest, link.signature)
  if (recovery.status !== 'signed') throw new TypeError(recovery.reason)
  return { response, read, link, signer: recovery.signer }
}

const codeAt = (address: Hex) => chain.publicClient.getCode({ address })
const designation = () => `0xef0100${chain.environment.implementations.stateless7702.slice(2)}`

describe('wallet_requestExecutionPermissions', () => {
  it('default: one root link from the selected account, signed by it, which has code by then', async () => {
    const open = await openWallet(chain, { origin: 'https://page.example' })
    const [own] = open.addresses
    expect(await codeAt(own)).toBeUndefined()
    const { response, read, link, signer } = await grant(open)
    expect(await codeAt(own)).toBe(designation())
    expect(signer).toBe(own)
    expect(link).toMatchObject({ delegator: own, delegate: periodicRequest(chain).to, authority: ROOT_AUTHORITY })
    expect(read).toMatchObject({ nonce: 0n, troubles: [] })
    expect(response).toMatchObject({
      ...periodicRequest(chain),
      from: own,
      dependencies: [],
      delegationManager: chain.environment.manager,
    })
    expect(open.asked.at(-1)).toMatchObject({
      kind: 'permission',
      origin: 'https://page.example',
      account: own,
      canLower: false,
      request: { ...periodicRequest(chain), from: own },
      view: { tokens: { [chain.token.address]: { symbol: 'USDC', decimals: 6 } } },
    })
  })

  it('behavior: no two grants of one request are the same', async () => {
    const open = await openWallet(chain)
    const [first, second] = [await grant(open), await grant(open)]
    expect(first.link.salt).not.toBe(second.link.salt)
    expect(BigInt(first.link.salt)).toBeGreaterThan(1n << 128n)
  })

  it('behavior: from the account that the page names, or the one that the person selected', async () => {
    const open = await openWallet(chain)
    const [first, second] = open.addresses
    expect((await grant(open, wireRequest(chain, { from: second }))).signer).toBe(second)
    open.wallet.selectAccount(second)
    expect((await grant(open)).signer).toBe(second)
    expect((await grant(open, wireRequest(chain, { from: first }))).signer).toBe(first)
  })

  it('behavior: the wallet fills in what the page leaves to it, and says so', async () => {
    const open = await openWallet(chain)
    const { timestamp } = await chain.publicClient.getBlock()
    const token = { tokenAddress: chain.token.address }
    for (const [type, data, filled] of [
      ['erc20-token-allowance', { ...token, allowanceAmount: '0x1' }, {}],
      ['native-token-periodic', { periodAmount: '0x1', periodDuration: 1, startTime: null }, {}],
      ['native-token-stream', { amountPerSecond: '0x1' }, { initialAmount: 0n, maxAmount: (1n << 256n) - 1n }],
      [
        'erc20-token-stream',
        { ...token, amountPerSecond: '0x1', maxAmount: '0x2' },
        { initialAmount: 0n, maxAmount: 2n },
      ],
    ] as const) {
      const { response, read } = await grant(open, {
        ...wireRequest(chain),
        permission: { type, isAdjustmentAllowed: true, data },
      })
      const { startTime, ...rest } = response.permission.data as { startTime: number }
      expect(startTime).toBeGreaterThanOrEqual(Number(timestamp))
      expect(startTime).toBeLessThan(Number(timestamp) + 60)
      expect(rest).toMatchObject(filled)
      expect(read.permission?.data).toEqual({ startTime, ...rest })
    }
  })

  it('behavior: a no to one request is a no to all, and nothing is kept', async () => {
    let questions = 0
    const confirm = ({ kind }: { kind: string }) =>
      kind === 'permission' && ++questions === 2 ? ('reject' as const) : ('confirm' as const)
    const { refusal, request } = await openWallet(chain, { confirm })
    expect((await refusal(ASK, wireRequest(chain), wireRequest(chain), wireRequest(chain))).code).toBe(4001)
    expect(questions).toBe(2)
    expect(await request(LIST)).toEqual([])
  })

  it('behavior: a person may lower what the page lets be adjusted, and only that', async () => {
    const confirm = ({ kind }: { kind: string }) => (kind === 'permission' ? ('lower' as const) : ('confirm' as const))
    const open = await openWallet(chain, { confirm })
    const request = periodicRequest(chain)
    const adjustable = { ...request, permission: { ...request.permission, isAdjustmentAllowed: true } }
    const { response, read } = await grant(open, wireRequest(chain, adjustable))
    expect(response.permission.data).toMatchObject({ periodAmount: 5_000_000n })
    expect(read.permission?.data).toMatchObject({ periodAmount: 5_000_000n })
    expect(open.asked.at(-1)).toMatchObject({ canLower: true })
    expect((await open.refusal(ASK, wireRequest(chain))).code).toBe(4001)
  })

  it('behavior: the delegator’s nonce, as the chain has it', async () => {
    const open = await openWallet(chain)
    const [own] = open.addresses
    await grant(open)
    const nonceEnforcer = chain.environment.enforcers['NonceEnforcer'] as Hex
    const abi = parseAbi(['function incrementNonce(address manager)'])
    const data = encodeFunctionData({ abi, args: [chain.environment.manager] })
    const hash = await open.request('eth_sendTransaction', { from: own, to: nonceEnforcer, data })
    await chain.publicClient.waitForTransactionReceipt({ hash: hash as Hex })
    expect((await grant(open)).read.nonce).toBe(1n)
  })

  it('behavior: with `upgrade: false` the account stays as it is', async () => {
    const open = await openWallet(chain, { upgrade: false })
    expect((await grant(open)).signer).toBe(open.addresses[0])
    expect(await codeAt(open.addresses[0])).toBeUndefined()
  })

  it('error: what no wallet should grant, or cannot hold in a caveat', async () => {
    const { refusal, asked } = await openWallet(chain)
    const wire = wireRequest(chain)
    const of = (type: string, data: object) => ({ ...wire, permission: { type, isAdjustmentAllowed: true, data } })
    const periodic = (more: object) => of('erc20-token-periodic', { ...wire.permission.data, ...more })
    const stream = { amountPerSecond: '0x1' }
    const methods = { erc20Approve: false, erc721Approve: false, erc721SetApprovalForAll: false }
    const permit2 = { permit2Approve: false, permit2Lockdown: false, permit2InvalidateNonces: false }
    const address: Hex = `0x${'12'.repeat(20)}`
    const payee = (addresses: readonly string[]) => ({ type: 'payee', data: { addresses } })
    for (const given of [
      undefined,
      {},
      of('erc20-token-revocation', {}),
      of('native-token-transfer', {}),
      periodic({ periodAmount: '0x0' }),
      periodic({ periodAmount: '10' }),
      periodic({ periodDuration: 0 }),
      periodic({ periodDuration: 315_360_001 }),
      periodic({ startTime: 0 }),
      periodic({ startTime: 4_000_000_000 }),
      // Over before it is granted: the wallet would begin it now.
      {
        ...of('native-token-allowance', { allowanceAmount: '0x1' }),
        rules: [{ type: 'expiry', data: { timestamp: 9 } }],
      },
      periodic({ surprise: true }),
      of('native-token-stream', { ...stream, initialAmount: '0x2', maxAmount: '0x2' }),
      of('token-approval-revocation', { ...methods, ...permit2 }),
      { ...wire, rules: [payee([address, address])] },
      { ...wire, rules: [{ type: 'limit', data: {} }] },
      { ...wire, rules: [...wire.rules, ...wire.rules] },
      { ...of('token-approval-revocation', { ...methods, ...permit2, erc20Approve: true }), rules: [payee([address])] },
      { ...wire, to: '0x0000000000000000000000000000000000000a11' },
    ]) {
      expect((await refusal(ASK, given)).code).toBe(-32602)
    }
    expect((await refusal(ASK)).code).toBe(-32602)
    expect((await refusal(ASK, wire, {})).code).toBe(-32602)
    expect((await refusal(ASK, { ...wire, from: address })).code).toBe(4100)
    expect((await refusal(ASK, { ...wire, chainId: '0x1' })).code).toBe(5710)
    // The last of them but one the wallet finds only when it signs: nobody is asked about any other.
    expect(asked.filter(({ kind }) => kind === 'permission')).toHaveLength(1)
  })

  it('behavior: on each bound that it refuses one past, it grants', async () => {
    const open = await openWallet(chain)
    const wire = wireRequest(chain)
    const native = (type: string, data: object, rules: readonly object[] = []) =>
      open.request(ASK, { ...wire, rules, permission: { type, isAdjustmentAllowed: false, data } })
    const addresses = [`0x${'12'.repeat(20)}`, `0x${'13'.repeat(20)}`]
    const payees = [{ type: 'payee', data: { addresses } }]
    const methods = { erc20Approve: false, erc721Approve: false, erc721SetApprovalForAll: false, permit2Approve: false }
    expect(await native('native-token-periodic', { periodAmount: '0x1', periodDuration: 315_360_000 })).toHaveLength(1)
    expect(
      await native('native-token-stream', { amountPerSecond: '0x1', initialAmount: '0x2', maxAmount: '0x3' }, payees),
    ).toHaveLength(1)
    const late = { periodAmount: '0x1', periodDuration: 1, startTime: 3_999_999_999 }
    expect(await native('native-token-periodic', late, wire.rules)).toHaveLength(1)
    const revocation = { ...methods, permit2Lockdown: false, permit2InvalidateNonces: true }
    expect(await native('token-approval-revocation', revocation)).toHaveLength(1)
  })

  it('error: on a chain without the framework', async () => {
    const { refusal, request } = await openWallet(chain, { environment: undefined as never })
    expect((await refusal(ASK, wireRequest(chain))).code).toBe(5710)
    expect(await request('wallet_getSupportedExecutionPermissions')).toMatchObject({
      'native-token-stream': { chainIds: [], ruleTypes: ['expiry', 'redeemer', 'payee'] },
    })
  })

  it('error: an account with code of somebody else is not upgraded over', async () => {
    const open = await openWallet(chain)
    await chain.testClient.setCode({
      address: open.addresses[0],
      bytecode: '0xef01001234567890123456789012345678901234567890',
    })
    const { code, data } = await open.refusal(ASK, wireRequest(chain))
    expect({ code, data }).toEqual({ code: -32603, data: { code: 'chain.principal_unsupported' } })
  })

  it('behavior: a token that says nothing of itself is asked about in base units', async () => {
    const open = await openWallet(chain)
    const tokenAddress: Hex = `0x${'34'.repeat(20)}`
    const wire = wireRequest(chain)
    await grant(open, { ...wire, permission: { ...wire.permission, data: { ...wire.permission.data, tokenAddress } } })
    const question = open.asked.at(-1)
    if (question?.kind !== 'permission') throw new TypeError('not asked')
    expect(question.view.tokens).toEqual({ [tokenAddress]: undefined })
    expect(question.view.warnings.map(({ id }) => id)).toContain('unknown_token')
  })
})

describe('modes', () => {
  const request = () => periodicRequest(chain)

  it('lower, raise: half and twice the amount, signed and said', async () => {
    for (const [mode, amount] of [
      ['lower', 5_000_000n],
      ['raise', 20_000_000n],
    ] as const) {
      const { response, read } = await grant(await openWallet(chain, { mode }))
      expect(response.permission.data).toMatchObject({ periodAmount: amount })
      expect(read.permission?.data).toMatchObject({ periodAmount: amount })
    }
  })

  it('raiseHidden: twice the amount is signed, and what was asked is said', async () => {
    const { response, read } = await grant(await openWallet(chain, { mode: 'raiseHidden' }))
    expect(response.permission).toEqual(request().permission)
    expect(read.permission?.data).toMatchObject({ periodAmount: 20_000_000n })
  })

  it('wrongChain, wrongManager: signed for it, and named', async () => {
    const elsewhere = await openWallet(chain, { mode: 'wrongChain' })
    const granted = await grant(elsewhere)
    expect(granted.response.chainId).toBe(11_155_111)
    expect(granted.signer).toBe(elsewhere.addresses[0])
    const managed = await openWallet(chain, { mode: 'wrongManager' })
    const other = await grant(managed)
    expect(other.response.delegationManager).not.toBe(chain.environment.manager)
    expect(other.signer).toBe(managed.addresses[0])
  })

  it('wrongAccount: the second account grants what the first was asked for', async () => {
    const open = await openWallet(chain, { mode: 'wrongAccount' })
    const [first, second] = open.addresses
    const { response, signer } = await grant(open, wireRequest(chain, { from: first }))
    expect([response.from, signer]).toEqual([second, second])
    expect(open.asked.at(-1)).toMatchObject({ account: first })
    expect(await codeAt(second)).toBe(designation())
  })

  it('notUpgraded: a valid signature of an account without code', async () => {
    const open = await openWallet(chain, { mode: 'notUpgraded' })
    const { signer } = await grant(open)
    expect(signer).toBe(open.addresses[0])
    expect(await codeAt(signer)).toBeUndefined()
  })

  it('foreignEnforcer: one caveat more, of an enforcer of nobody', async () => {
    const { read, signer, link } = await grant(await openWallet(chain, { mode: 'foreignEnforcer' }))
    expect(read.troubles).toEqual(['unknown_enforcer'])
    expect(link.caveats).toHaveLength(5)
    expect(signer).toBe(link.delegator)
  })

  it('missingCaveat: one rule less in what is signed than in what is said', async () => {
    const { read, response } = await grant(await openWallet(chain, { mode: 'missingCaveat' }))
    expect(response.rules).toEqual(request().rules)
    expect(read).toMatchObject({ rules: [], troubles: [], nonce: 0n })
  })

  it('forged: a signature, but of no account of the person', async () => {
    const open = await openWallet(chain, { mode: 'forged' })
    const { signer, link } = await grant(open)
    expect(open.addresses).toContain(link.delegator)
    expect(open.addresses).not.toContain(signer)
  })

  it('behavior: what the person is asked is what the page asked, whatever is signed', async () => {
    for (const mode of [
      'raise',
      'raiseHidden',
      'wrongChain',
      'wrongManager',
      'wrongAccount',
      'foreignEnforcer',
    ] as const) {
      const open = await openWallet(chain, { mode })
      await grant(open)
      expect(open.asked.at(-1)).toMatchObject({ request: { ...request(), from: open.addresses[0] } })
    }
  })
})

describe('wallet_getGrantedExecutionPermissions', () => {
  it('default: what was granted and still holds, as it was answered', async () => {
    const { request, addresses } = await openWallet(chain)
    const [from] = addresses
    const [first] = (await request(ASK, wireRequest(chain))) as { context: Hex }[]
    const [second] = (await request(ASK, wireRequest(chain))) as unknown[]
    expect(await request(LIST)).toEqual([first, second])
    const read = readPermission(first?.context ?? '0x', chain.environment)
    if (read.status !== 'read') throw new TypeError(read.code)
    const data = encodeDisable(read.links[0] as Delegation)
    const hash = await request('eth_sendTransaction', { from, to: chain.environment.manager, data })
    await chain.publicClient.waitForTransactionReceipt({ hash: hash as Hex })
    expect(await request(LIST)).toEqual([second])
  })

  it('behavior: one that was granted for another chain is listed: this chain cannot say that it ended', async () => {
    const { request } = await openWallet(chain, { mode: 'wrongChain' })
    const answers = await request(ASK, wireRequest(chain))
    expect(await request(LIST)).toEqual(answers)
  })
})

describe('wallet_revokeExecutionPermission', () => {
  it('error: as in MetaMask there is no such method', async () => {
    const open = await openWallet(chain)
    const { response } = await grant(open)
    expect((await open.refusal(REVOKE, { permissionContext: response.context })).code).toBe(-32601)
    expect(await open.request(LIST)).toHaveLength(1)
  })

  it('behavior: where it is wired, it ends the permission on chain after the person agreed', async () => {
    const open = await openWallet(chain, { revocation: true })
    const { response, link } = await grant(open)
    const params = { permissionContext: response.context }
    expect(await open.wallet.provider.request({ method: REVOKE, params })).toEqual({})
    expect(open.asked.at(-1)).toMatchObject({
      kind: 'revocation',
      account: link.delegator,
      delegate: link.delegate,
      context: response.context,
    })
    expect(await open.request(LIST)).toEqual([])
  })

  it('error: a context that the wallet never gave, and a person who says no', async () => {
    const confirm = ({ kind }: { kind: string }) => (kind === 'revocation' ? ('reject' as const) : ('confirm' as const))
    const open = await openWallet(chain, { revocation: true, confirm })
    const { response } = await grant(open)
    expect((await open.refusal(REVOKE, { permissionContext: '0x1234' })).code).toBe(-32602)
    expect((await open.refusal(REVOKE, {})).code).toBe(-32602)
    expect((await open.refusal(REVOKE, { permissionContext: response.context })).code).toBe(4001)
    expect(await open.request(LIST)).toHaveLength(1)
  })
})
