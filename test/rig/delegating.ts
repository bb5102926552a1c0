import { DelegationManager } from '@metamask/delegation-abis'
import type { SmartAccountsEnvironment } from '@metamask/delegation-toolkit'
import { type CoreCaveatBuilder, createCaveatBuilder } from '@metamask/delegation-toolkit/utils'
import {
  type BaseError,
  ContractFunctionRevertedError,
  encodeAbiParameters,
  encodeFunctionData,
  type LocalAccount,
} from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { beforeAll } from 'vitest'
import type { Caveat } from '../../src/caveats/types.ts'
import { encodeDisable } from '../../src/chain/disable.ts'
import { type CompileOptions, compile } from '../../src/compile/compile.ts'
import { CompileError } from '../../src/compile/errors.ts'
import { guardDrafts } from '../../src/compile/guardDrafts.ts'
import { inspectLinks } from '../../src/compile/inspect.ts'
import { linksOf } from '../../src/compile/links.ts'
import type { Plan } from '../../src/compile/types.ts'
import { encodeContext } from '../../src/delegation/context.ts'
import { encodeExecution, SINGLE_DEFAULT_MODE } from '../../src/delegation/execution.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { signDelegation } from '../../src/delegation/sign.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import { signGrant } from '../../src/grant/create.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { parseScope } from '../../src/scope/parse.ts'
import type { Scope } from '../../src/scope/types.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Call } from '../../src/verdict/types.ts'
import { scopeDocument } from '../arbitraries/scope.ts'
import { mint } from './chain.ts'
import { addressOf, transferCall, upgraded } from './grant.ts'

/** One unit of the test stablecoin. */
export const UNIT = 1_000_000n
/** ERC-7579 mode of a batch that reverts when one call fails. */
export const BATCH_DEFAULT_MODE: Hex = `0x01${'00'.repeat(31)}`

type Rules = Parameters<typeof scopeDocument>[0]
type More = Parameters<typeof scopeDocument>[1]

/** A grant with what it was made from. */
export type Granted = { scope: Scope; plan: Plan; grant: Grant }

export type NaiveLink = {
  build: (kit: CoreCaveatBuilder) => { build(): readonly { enforcer: Hex; terms: Hex; args: Hex }[] }
  /** The link above; absent for a root. */
  under?: Delegation
  from?: LocalAccount
  to?: Address
  salt?: Hex
  /** Without the time and the nonce that every other one gets, so that only the composition itself is judged. */
  bare?: boolean
}

export type Delegating = {
  principal: LocalAccount
  agent: LocalAccount
  helper: LocalAccount
  /** What somebody with the framework's own kit signs. */
  naive: (link: NaiveLink | NaiveLink['build']) => Promise<Delegation>
  /** What we make of a scope, signed. */
  granted: (rules: Rules, more?: More, options?: Partial<CompileOptions>) => Promise<Granted>
  /** The scope of these rules, from the principal to the agent unless it says otherwise. */
  scopeOf: (rules: Rules, more?: More) => Scope
  /** A new one at each call. */
  salt: () => Hex
  /** Code with which a scope is refused. */
  refusal: (rules: Rules, more?: More, options?: Partial<CompileOptions>) => string
  /** The same with the place in the scope. */
  refusedAt: (rules: Rules, more?: More) => readonly [code: string, pointer: unknown]
  /** Codes of what is said against delegations of others, leaf first; the first one is thrown. */
  codesOf: (...links: readonly Delegation[]) => string[]
  /** `ok` after the redemption was mined, or what the chain said against it. One call is a single, more are a batch. */
  redeem: (links: readonly Delegation[], ...calls: readonly Call[]) => Promise<string>
  /** The same with the bytes as they are. */
  redeemAs: (from: LocalAccount, links: readonly Delegation[], mode: Hex, execution: Hex) => Promise<string>
  /** Revert data of a redemption that fails, as the node gives it. */
  revertData: (links: readonly Delegation[], call: Call) => Promise<Hex>
  /** What the chain would say to a call on a branch, without doing it. */
  admits: (grant: Grant, branch: number, call: Call) => Promise<boolean>
  pay: (to: Address, units: bigint) => Call
  /** The principal revokes one delegation. */
  disable: (delegation: Delegation) => Promise<void>
  /** Sends as this account, and waits. */
  send: (from: LocalAccount, call: Call) => Promise<void>
}

/** A funded principal with the framework's code, its agent, and a node: what tests of delegations on chain start from. */
export function useDelegating(chain: LocalChain): Delegating {
  const principal = privateKeyToAccount(`0x${'41'.repeat(32)}`)
  const agent = privateKeyToAccount(`0x${'42'.repeat(32)}`)
  const helper = privateKeyToAccount(`0x${'43'.repeat(32)}`)
  let salts = 0n
  const salt = (): Hex => `0x${(++salts).toString(16).padStart(64, '0')}`

  beforeAll(async () => {
    await Promise.all(
      [principal, agent, helper].map(({ address }) => chain.testClient.setBalance({ address, value: 10n ** 20n })),
    )
    await upgraded(chain, principal)
    await mint(chain, addressOf(principal), 1_000_000n * UNIT)
  })

  const scopeOf = (rules: Rules, more: More = {}) => {
    const document = scopeDocument(rules, {
      chainId: chain.chainId,
      principal: addressOf(principal),
      delegate: addressOf(agent),
      assets: { [chain.token.address]: { symbol: 'USDC', decimals: 6 } },
      expiry: '2100-01-01T00:00:00Z',
      ...more,
    })
    if (more?.notBefore === undefined) delete document.notBefore
    return parseScope(document)
  }
  const request = (links: readonly Delegation[], mode: Hex, execution: Hex) =>
    ({
      address: chain.environment.manager,
      abi: DelegationManager,
      functionName: 'redeemDelegations',
      args: [[encodeContext(links)], [mode], [execution]],
    }) as const

  const rig: Delegating = {
    principal,
    agent,
    helper,
    scopeOf,
    salt,
    async naive(link) {
      const { build, under, from = principal, to = addressOf(agent), salt: own, bare } = toLink(link)
      const kit = createCaveatBuilder(kitEnvironment(chain), { allowInsecureUnrestrictedDelegation: true })
      if (bare !== true) {
        kit.addCaveat('timestamp', { afterThreshold: 0, beforeThreshold: 4_000_000_000 })
        kit.addCaveat('nonce', { nonce: '0x00' })
      }
      const delegation: Delegation = {
        delegate: to,
        delegator: addressOf(from),
        authority: under === undefined ? ROOT_AUTHORITY : hashDelegation(under),
        caveats: build(kit).build().map(lowerCase),
        salt: own ?? salt(),
        signature: '0x',
      }
      const { manager } = chain.environment
      const accept = ['no_caveats', 'open_delegate', 'zero_salt'] as const
      return signDelegation(from, { chainId: chain.chainId, manager, delegation, accept })
    },
    async granted(rules, more, options) {
      const scope = scopeOf(rules, more)
      const plan = compile(scope, chain.environment, { salt, nonce: 0n, ...options })
      return { scope, plan, grant: await signGrant(scope, plan, principal) }
    },
    refusal(rules, more, options) {
      const scope = scopeOf(rules, more)
      return errorOf(() => compile(scope, chain.environment, { salt, nonce: 0n, ...options }))?.code ?? 'none'
    },
    refusedAt(rules, more) {
      const scope = scopeOf(rules, more)
      const error = errorOf(() => compile(scope, chain.environment, { salt, nonce: 0n }))
      return [error?.code ?? 'none', error?.details['pointer']]
    },
    codesOf(...links) {
      const codes = inspectLinks(linksOf(links), chain.environment).map(({ code }) => code as string)
      if (errorOf(() => guardDrafts(links, chain.environment))?.code !== codes[0]) throw new TypeError('not thrown')
      return codes
    },
    redeem(links, ...calls) {
      const [only] = calls
      return calls.length === 1 && only !== undefined
        ? rig.redeemAs(agent, links, SINGLE_DEFAULT_MODE, encodeExecution(only))
        : rig.redeemAs(agent, links, BATCH_DEFAULT_MODE, encodeBatch(calls))
    },
    async redeemAs(from, links, mode, execution) {
      const write = request(links, mode, execution)
      try {
        await chain.publicClient.simulateContract({ ...write, account: from })
      } catch (error) {
        return reasonOf(error)
      }
      const hash = await chain.walletClient(from).writeContract(write)
      const { status } = await chain.publicClient.waitForTransactionReceipt({ hash })
      return status === 'success' ? 'ok' : 'mined revert'
    },
    async revertData(links, call) {
      const data = encodeFunctionData(request(links, SINGLE_DEFAULT_MODE, encodeExecution(call)))
      const params = [{ from: agent.address, to: chain.environment.manager, data }, 'latest']
      const response = await fetch(chain.rpcUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params }),
      })
      const { error } = (await response.json()) as { error?: { data?: Hex } }
      return error?.data ?? '0x'
    },
    admits(grant, branch, call) {
      const links = linksOfBranch(grant, branch)
      const write = request(links, SINGLE_DEFAULT_MODE, encodeExecution(call))
      return chain.publicClient.simulateContract({ ...write, account: agent }).then(
        () => true,
        (error: unknown) => {
          reasonOf(error)
          return false
        },
      )
    },
    pay: (to, units) => transferCall(chain.token.address, to, units * UNIT),
    disable: (delegation) =>
      rig.send(principal, { to: chain.environment.manager, value: 0n, data: encodeDisable(delegation) }),
    async send(from, { to, value, data }) {
      const hash = await chain.walletClient(from).sendTransaction({ to, value, data })
      await chain.publicClient.waitForTransactionReceipt({ hash })
    },
  }
  return rig
}

/** Links of one branch, leaf first, as they are redeemed. */
export function linksOfBranch({ delegations, branches }: Grant, index = 0): Delegation[] {
  return (branches[index]?.links ?? []).flatMap((link) => delegations[link] ?? [])
}

/** `abi.encode(Execution[])`. */
export function encodeBatch(calls: readonly Call[]): Hex {
  const type = [{ type: 'tuple[]', components: [{ type: 'address' }, { type: 'uint256' }, { type: 'bytes' }] }]
  return encodeAbiParameters(type, [calls.map(({ to, value, data }) => [to, value, data])])
}

/** The deployment as the framework's kit wants it. */
export function kitEnvironment({ environment }: LocalChain): SmartAccountsEnvironment {
  return {
    DelegationManager: environment.manager,
    EntryPoint: environment.entryPoint,
    SimpleFactory: environment.simpleFactory,
    implementations: {},
    caveatEnforcers: { ...environment.enforcers },
  }
}

function toLink(link: NaiveLink | NaiveLink['build']): NaiveLink {
  return typeof link === 'function' ? { build: link } : link
}

function lowerCase({ enforcer, terms, args }: Caveat): Caveat {
  const lower = (value: Hex) => value.toLowerCase() as Hex
  return { enforcer: lower(enforcer), terms: lower(terms), args: lower(args) }
}

function errorOf(run: () => unknown): CompileError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof CompileError) return error
    throw error
  }
}

/** What the chain said; anything else that went wrong is thrown. */
function reasonOf(error: unknown): string {
  const revert = (error as BaseError).walk((cause) => cause instanceof ContractFunctionRevertedError)
  if (!(revert instanceof ContractFunctionRevertedError)) throw error
  return String(revert.data?.args?.[0] ?? revert.data?.errorName ?? revert.signature ?? 'no reason')
}
