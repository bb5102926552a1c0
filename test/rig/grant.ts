import { encodeFunctionData, type LocalAccount } from 'viem'
import { encodeCaveat } from '../../src/caveats/caveat.ts'
import type { DecodedCaveat } from '../../src/caveats/types.ts'
import { createNode } from '../../src/chain/node.ts'
import type { NodeClient } from '../../src/chain/rpc.ts'
import { upgradeAccount } from '../../src/chain/upgradeAccount.ts'
import { hashDelegation } from '../../src/delegation/hash.ts'
import { type SigningAccount, signDelegation } from '../../src/delegation/sign.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../src/delegation/types.ts'
import { grantId } from '../../src/grant/id.ts'
import type { Grant } from '../../src/grant/types.ts'
import type { Address, Hex } from '../../src/primitives/hex.ts'
import { testTokenAbi } from '../../src/testing/framework.ts'
import type { LocalChain } from '../../src/testing/localChain.ts'
import type { Action, Call } from '../../src/verdict/types.ts'

/** One link of a hand-made grant, for tests below the compiler. */
export type LinkSketch = {
  /** Signs; its address is the delegator's unless `as` names a smart account that it signs for. */
  signer: LocalAccount
  as?: Address
  delegate: Address
  caveats: readonly DecodedCaveat[]
  salt?: bigint
}

/** A grant of one branch, its links given root first. */
export async function grantOf(chain: LocalChain, links: readonly LinkSketch[]): Promise<Grant> {
  const { environment } = chain
  const delegations: Delegation[] = []
  let authority: Hex = ROOT_AUTHORITY
  for (const { signer, as, delegate, caveats, salt = nextSalt++ } of links) {
    const signed: Delegation = await signDelegation(signerFor(signer, as), {
      chainId: environment.chainId,
      manager: environment.manager,
      delegation: {
        delegate,
        delegator: as ?? addressOf(signer),
        authority,
        caveats: caveats.map((caveat) => encodeCaveat(environment, caveat)),
        salt: `0x${salt.toString(16).padStart(64, '0')}`,
        signature: '0x',
      },
    })
    delegations.push(signed)
    authority = hashDelegation(signed)
  }
  return {
    schema: 'ambit.grant.v1',
    id: grantId(environment.manager, environment.chainId, [authority]),
    chainId: environment.chainId,
    manager: environment.manager,
    lowering: 'framework',
    scopes: [],
    scopeHash: `0x${'00'.repeat(32)}`,
    accepted: [],
    delegations,
    branches: [{ rule: 'pay', links: delegations.map((_, index) => index).reverse() }],
  }
}

/** What a token payment of at most `limit` is made of: amount, expiry, one nonce, no native value. */
export function payCaveats(chain: LocalChain, limit: bigint, ...more: DecodedCaveat[]): DecodedCaveat[] {
  return [
    { kind: 'erc20TransferAmount', token: chain.token.address, limit },
    { kind: 'timestamp', after: 0n, before: 4_000_000_000n },
    { kind: 'valueLte', max: 0n },
    { kind: 'nonce', nonce: 0n },
    ...more,
  ]
}

export function actionOf(chain: LocalChain, redeemer: Address, ...calls: Call[]): Action {
  return { chainId: chain.chainId, redeemer, calls }
}

export function transferCall(token: Address, to: Address, amount: bigint): Call {
  return {
    to: token,
    value: 0n,
    data: encodeFunctionData({ abi: testTokenAbi, functionName: 'transfer', args: [to, amount] }),
  }
}

export function addressOf(account: { address: string }): Address {
  return account.address.toLowerCase() as Address
}

/** A client as the actions get it, without retries and quick to look again. */
export function nodeOf(rpcUrl: string): NodeClient {
  return { ...createNode(rpcUrl, { retryCount: 0, timeout: 5_000 }), pollingInterval: 20 }
}

let nextSalt = 1n

function signerFor(signer: LocalAccount, as: Address | undefined): SigningAccount {
  if (as === undefined) return signer as SigningAccount
  return { address: as, type: 'smart', signTypedData: (data) => signer.signTypedData(data as never) }
}

/** Gives a local account the framework's code. */
export async function upgraded(chain: LocalChain, account: LocalAccount): Promise<void> {
  await upgradeAccount(nodeOf(chain.rpcUrl), { account, environment: chain.environment })
}
