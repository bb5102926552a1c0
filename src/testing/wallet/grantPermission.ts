import type { LocalAccount } from 'viem'
import type { Environment } from '../../caveats/types.ts'
import { readBlock } from '../../chain/block.ts'
import { ChainError } from '../../chain/errors.ts'
import { readAsset } from '../../chain/readAsset.ts'
import { readNonce } from '../../chain/readNonce.ts'
import { upgradeAccount } from '../../chain/upgradeAccount.ts'
import { describeRequest } from '../../dapp/describe/describeGrant.ts'
import type { TokenInfo, Tokens } from '../../dapp/describe/words.ts'
import type { PermissionRequest, PermissionResponse } from '../../dapp/types.ts'
import { encodeContext } from '../../delegation/context.ts'
import { delegationTypedData, signDelegation } from '../../delegation/sign.ts'
import { type Delegation, ROOT_AUTHORITY } from '../../delegation/types.ts'
import type { Address, Hex } from '../../primitives/hex.ts'
import { type Chain, type Context, lower, seen } from './context.ts'
import { ProviderError, UNSUPPORTED_CHAIN } from './errors.ts'
import { faultOf, halved } from './modes.ts'
import { permissionCaveats } from './permissionCaveats.ts'
import { completed } from './permissionRequest.ts'

/**
 * Asks the person, then signs one root delegation from their account to the page's delegate, as MetaMask does. The mode of
 * the wallet decides what it does wrong on the way.
 *
 * @throws `ProviderError` 4001, 4100, 5710; `ChainError`.
 */
export async function grantPermission(context: Context, asked: PermissionRequest): Promise<PermissionResponse> {
  const chain = context.chainOf(asked.chainId)
  const { environment } = chain
  if (environment === null) {
    throw new ProviderError(UNSUPPORTED_CHAIN, 'There is no delegation framework on this chain.', {
      chainId: asked.chainId,
    })
  }
  const account = context.account(asked.from)
  await seen(chain)
  const now = Number((await readBlock(chain.node)).timestamp)
  const request = completed({ ...asked, from: lower(account) }, now)
  const answer = await context.ask({
    kind: 'permission',
    account: lower(account),
    request,
    canLower: asked.permission.isAdjustmentAllowed,
    view: await viewOf(chain, request, { now, origin: context.origin }),
  })

  const fault = faultOf(context.mode())
  const agreed = answer === 'lower' ? { ...request, permission: halved(request.permission) } : request
  const granted = { ...agreed, permission: fault.permission?.(agreed.permission) ?? agreed.permission }
  const signer = fault.account?.(account, context.accounts) ?? account
  if (context.upgrade && fault.upgrades !== false) await upgrade(chain, environment, signer)
  const chainId = fault.chainId?.(chain.chainId) ?? chain.chainId
  const manager = fault.manager?.(environment) ?? environment.manager

  const nonce = await readNonce(chain.node, { delegator: lower(signer), environment })
  const caveats = permissionCaveats(environment, granted, nonce)
  const delegation: Delegation = {
    delegate: granted.to,
    delegator: lower(signer),
    authority: ROOT_AUTHORITY,
    caveats: fault.caveats?.(caveats) ?? caveats,
    salt: randomSalt(),
    signature: '0x',
  }
  const domain = { delegation, chainId, manager }
  const signed =
    fault.signer === undefined
      ? await signDelegation(signer, domain)
      : { ...delegation, signature: await fault.signer().signTypedData(delegationTypedData(domain)) }
  return {
    ...(fault.hides ? agreed : granted),
    chainId,
    from: lower(signer),
    context: encodeContext([signed]),
    dependencies: [],
    delegationManager: manager,
  }
}

/** @throws `ChainError` `chain.principal_unsupported` where the account has other code. */
export async function upgrade(chain: Chain, environment: Environment, account: LocalAccount): Promise<void> {
  await upgradeAccount(chain.node, { account, environment, pollingInterval: 50 })
}

/** The question in the words of a page's preview, with what the token says of itself. */
async function viewOf(chain: Chain, request: PermissionRequest, { now, origin }: { now: number; origin: string }) {
  const { data } = request.permission
  const asset = 'tokenAddress' in data ? data.tokenAddress : undefined
  const tokens: Tokens = asset === undefined ? {} : { [asset]: await tokenOf(chain, asset) }
  return { ...describeRequest(request, { now, origin, chainName: chain.name, tokens }), tokens }
}

/** What is no token has no words; the person sees base units and a warning. */
async function tokenOf({ node }: Chain, asset: Address): Promise<TokenInfo | undefined> {
  try {
    return await readAsset(node, { asset })
  } catch (error) {
    if (error instanceof ChainError && error.code === 'chain.rpc_malformed') return undefined
    throw error
  }
}

function randomSalt(): Hex {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
