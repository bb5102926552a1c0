import {
  createErc20TokenAllowanceCaveats,
  createErc20TokenPeriodicCaveats,
  createErc20TokenStreamCaveats,
  createNativeTokenAllowanceCaveats,
  createNativeTokenPeriodicCaveats,
  createNativeTokenStreamCaveats,
  createTokenApprovalRevocationCaveats,
  MAX_UINT256,
} from '@metamask/7715-permission-types'
import {
  type Caveat,
  createAllowedCalldataTerms,
  createAllowedTargetsTerms,
  createNonceTerms,
  createRedeemerTerms,
  createTimestampTerms,
  encodeDelegations,
  ROOT_AUTHORITY,
} from '@metamask/delegation-core'
import { createWalletClient, custom, type LocalAccount, pad } from 'viem'
import type { NodeClient } from '../../src/chain/rpc.ts'
import type { WirePermissionRequest, WirePermissionResponse } from '../../src/dapp/index.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'

/** A delegation as the wallet signs it, before it does. */
export type Draft = {
  delegate: Address
  delegator: Address
  authority: Hex
  caveats: { enforcer: Address; terms: Hex; args: Hex }[]
  salt: bigint
}

export type MetamaskWalletOptions = {
  chain: LocalChain
  /** Whose key signs. */
  signer: LocalAccount
  /** The account it signs for. Default: its own. */
  as?: Address
  nonce?: bigint
  /** Chain and manager of the EIP-712 domain. Default: those of the chain. */
  domain?: { chainId?: number; verifyingContract?: Address }
  /** What the wallet makes of a request before it shows it. */
  adjust?: (request: WirePermissionRequest) => WirePermissionRequest
  /** What it signs instead. */
  sign?: (draft: Draft) => Draft | readonly Draft[]
  /** What it makes of the signature. */
  signature?: (signature: Hex) => Hex
  /** What it answers instead. */
  answer?: (response: WirePermissionResponse) => unknown
  /** Other methods: an answer, or what is thrown. */
  methods?: Readonly<Record<string, (params: unknown) => unknown>>
}

/** EIP-1193 error as wallets throw it. */
export function rpcError(code: number, message = 'refused'): Error {
  return Object.assign(new Error(message), { code })
}

/**
 * A wallet that grants as MetaMask does, with MetaMask's own caveat builders and encoder: no code of ours makes what it
 * answers. Each step can be bent.
 */
export function metamaskWallet(options: MetamaskWalletOptions): { client: NodeClient; asked: string[] } {
  const { chain, signer } = options
  const asked: string[] = []
  const methods: Record<string, (params: unknown) => unknown> = {
    eth_chainId: () => `0x${chain.chainId.toString(16)}`,
    wallet_getSupportedExecutionPermissions: () =>
      Object.fromEntries(
        TYPES.map((type) => [type, { chainIds: ['0x1', '0x7a69'], ruleTypes: ['expiry', 'redeemer', 'payee'] }]),
      ),
    wallet_requestExecutionPermissions: async (params) =>
      Promise.all((params as readonly WirePermissionRequest[]).map((request) => grant(options, request))),
    eth_sendTransaction: (params) => {
      const [{ to, data }] = params as [{ to: Address; data: Hex }]
      return chain.walletClient(signer).sendTransaction({ to, data })
    },
    eth_signTypedData_v4: (params) => {
      const [, text] = params as [Address, string]
      return signer.signTypedData(JSON.parse(text))
    },
    ...options.methods,
  }
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    asked.push(method)
    const run = methods[method]
    if (run === undefined) throw rpcError(4200)
    return await run(params)
  }
  return { client: createWalletClient({ transport: custom({ request }) }) as NodeClient, asked }
}

const TYPES = [
  'native-token-stream',
  'native-token-periodic',
  'native-token-allowance',
  'erc20-token-stream',
  'erc20-token-periodic',
  'erc20-token-allowance',
  'token-approval-revocation',
] as const

async function grant(options: MetamaskWalletOptions, asked: WirePermissionRequest): Promise<unknown> {
  const { chain, signer, as, domain, adjust = (it) => it, sign = (it) => it, answer = (it) => it } = options
  const { environment } = chain
  const request = adjust(asked)
  const draft: Draft = {
    delegate: request.to,
    delegator: as ?? (signer.address.toLowerCase() as Address),
    authority: ROOT_AUTHORITY,
    caveats: caveatsOf(options, request).map(({ enforcer, terms, args }) => ({
      enforcer: enforcer as Address,
      terms: terms as Hex,
      args: args as Hex,
    })),
    salt: BigInt(`0x${'5a'.repeat(16)}`) + BigInt(salts++),
  }
  const signed = await Promise.all(
    [sign(draft)].flat().map(async (delegation) => {
      const signature = await signer.signTypedData({
        domain: {
          name: 'DelegationManager',
          version: '1',
          chainId: domain?.chainId ?? environment.chainId,
          verifyingContract: domain?.verifyingContract ?? environment.manager,
        },
        types: DELEGATION_TYPES,
        primaryType: 'Delegation',
        message: delegation,
      })
      return { ...delegation, signature: options.signature?.(signature) ?? signature }
    }),
  )
  return answer({
    ...request,
    from: draft.delegator,
    context: encodeDelegations(signed),
    dependencies: [],
    delegationManager: environment.manager,
  })
}

const DELEGATION_TYPES = {
  Caveat: [
    { name: 'enforcer', type: 'address' },
    { name: 'terms', type: 'bytes' },
  ],
  Delegation: [
    { name: 'delegate', type: 'address' },
    { name: 'delegator', type: 'address' },
    { name: 'authority', type: 'bytes32' },
    { name: 'caveats', type: 'Caveat[]' },
    { name: 'salt', type: 'uint256' },
  ],
} as const

let salts = 0

/** The permission's own caveats by MetaMask's builder, then one for each rule, then the nonce. */
function caveatsOf(
  { chain, nonce = 0n }: MetamaskWalletOptions,
  { permission, rules }: WirePermissionRequest,
): Caveat[] {
  const { enforcers } = chain.environment
  const at = (name: string) => enforcers[name] as Address
  const caveat = (name: string, terms: string): Caveat => ({ enforcer: at(name), terms: terms as Hex, args: '0x' })
  const contracts = {
    erc20StreamingEnforcer: at('ERC20StreamingEnforcer'),
    erc20PeriodTransferEnforcer: at('ERC20PeriodTransferEnforcer'),
    nativeTokenStreamingEnforcer: at('NativeTokenStreamingEnforcer'),
    nativeTokenPeriodTransferEnforcer: at('NativeTokenPeriodTransferEnforcer'),
    approvalRevocationEnforcer: at('ApprovalRevocationEnforcer'),
    exactCalldataEnforcer: at('ExactCalldataEnforcer'),
    valueLteEnforcer: at('ValueLteEnforcer'),
  }
  const native = permission.type.startsWith('native')
  const data = {
    startTime: 1_700_000_000,
    initialAmount: '0x0',
    maxAmount: MAX_UINT256,
    ...permission.data,
  }
  const builder = BUILDERS[permission.type as keyof typeof BUILDERS] as (parameters: unknown) => Caveat[]
  return [
    ...builder({ permission: { ...permission, data }, contracts }),
    ...rules.map((rule) => {
      if (rule.type === 'expiry') {
        const terms = createTimestampTerms({ afterThreshold: 0, beforeThreshold: rule.data.timestamp })
        return caveat('TimestampEnforcer', terms)
      }
      const addresses = [...rule.data.addresses]
      if (rule.type === 'redeemer') return caveat('RedeemerEnforcer', createRedeemerTerms({ redeemers: addresses }))
      if (native) return caveat('AllowedTargetsEnforcer', createAllowedTargetsTerms({ targets: addresses }))
      const terms = createAllowedCalldataTerms({ startIndex: 4, value: pad(addresses[0] as Hex) })
      return caveat('AllowedCalldataEnforcer', terms)
    }),
    caveat('NonceEnforcer', createNonceTerms({ nonce: pad(`0x${nonce.toString(16)}`) })),
  ]
}

const BUILDERS = {
  'native-token-stream': createNativeTokenStreamCaveats,
  'native-token-periodic': createNativeTokenPeriodicCaveats,
  'native-token-allowance': createNativeTokenAllowanceCaveats,
  'erc20-token-stream': createErc20TokenStreamCaveats,
  'erc20-token-periodic': createErc20TokenPeriodicCaveats,
  'erc20-token-allowance': createErc20TokenAllowanceCaveats,
  'token-approval-revocation': createTokenApprovalRevocationCaveats,
}
