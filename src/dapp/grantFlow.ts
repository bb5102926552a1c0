import { readBlock } from '../chain/block.ts'
import { getEnvironment } from '../chain/deployments.ts'
import type { NodeClient } from '../chain/rpc.ts'
import type { Address } from '../primitives/hex.ts'
import { choosePath, type GrantPath } from './choosePath.ts'
import { assertNoMore, compareGranted } from './compare.ts'
import { DappError } from './errors.ts'
import { getSupportedExecutionPermissions } from './getSupportedExecutionPermissions.ts'
import { lowerScope } from './lowerScope.ts'
import { requestExecutionPermissions } from './requestExecutionPermissions.ts'
import type { RefusedGrant, RequestGrantParameters, RequestGrantReturnType } from './requestGrant.ts'
import type { PermissionResponse, SupportedPermissions } from './types.ts'
import { verifyGranted } from './verifyGranted.ts'
import { walletGrantOf } from './walletGrant.ts'

/**
 * The steps of `requestGrant`, loaded when somebody grants.
 *
 * @param progress - Filled as it goes, so that a refusal can tell how far it came.
 * @throws What `requestGrant` makes refusals of.
 */
export async function grantFlow(
  client: NodeClient,
  parameters: RequestGrantParameters,
  progress: Pick<RefusedGrant, 'response' | 'grant' | 'differences' | 'missing'>,
): Promise<RequestGrantReturnType & { status: 'granted' }> {
  const { scope, publicClient, signature, paths, acceptLower } = parameters
  const environment = parameters.environment ?? getEnvironment(scope.chainId)
  // Before anybody signs for a chain that nothing here could then be compared with.
  if (environment.chainId !== scope.chainId) {
    throw new DappError('dapp.bad_request', { details: { member: 'environment', chainId: environment.chainId } })
  }
  const taskAccount = (parameters.taskAccount?.address.toLowerCase() ?? null) as Address | null
  const keyHeldBy = parameters.taskAccount?.keyHeldBy ?? null
  const supported = parameters.supported === undefined ? await supportedBy(client) : parameters.supported
  const choice = choosePath(scope, supported, {
    ...(taskAccount === null ? {} : { taskAccount }),
    signature: signature !== undefined,
    acceptLower,
    paths,
  })
  progress.missing = choice.missing
  if (choice.path === 'none') throw new DappError('dapp.not_expressible', { details: { missing: inWords(choice) } })
  if ((await parameters.preview?.({ ...choice, scope, environment, taskAccount, keyHeldBy })) === false) {
    throw new DappError('dapp.preview_declined')
  }
  if (choice.path === 'signature') {
    const { signScope } = await import('./compiled.ts')
    const grant = await signScope(client, { scope, environment, publicClient, ...signature })
    return { status: 'granted', path: 'signature', scope, grant }
  }
  const askedAt = Number((await readBlock(publicClient)).timestamp)
  const { request } = choice
  const [response] = (await requestExecutionPermissions(client, [request])) as [PermissionResponse]
  progress.response = response
  const compared = compareGranted(request, response, { environment, askedAt })
  progress.differences = compared.differences
  // Before anything of it is refused: who refuses it has to be able to end it.
  const root = walletGrantOf(request, response, { ...compared, environment })
  progress.grant = root
  // A task account hands on the whole scope: with less above it, part of that would be dead.
  assertNoMore(compared.differences, acceptLower === true && choice.path === 'permission')
  const verified = await verifyGranted(publicClient, { grant: root, environment, factories: parameters.factories })
  if (choice.path === 'permission') {
    const granted = root.differences.length === 0 ? scope : lowerScope(scope, root)
    return { status: 'granted', path: 'permission', scope: granted, grant: root, ...verified }
  }
  const { checkRedelegated } = await import('./compiled.ts')
  const answer = await parameters.taskAccount?.redelegate({ root, rootScope: choice.root, scope })
  const grant = await checkRedelegated(publicClient, { answer, root, scope, environment })
  return { status: 'granted', path: 'taskAccount', scope, root, grant, ...verified }
}

/** `null` from a wallet that never heard of the standard. */
async function supportedBy(client: NodeClient): Promise<SupportedPermissions | null> {
  try {
    return await getSupportedExecutionPermissions(client)
  } catch (error) {
    if (error instanceof DappError && error.code === 'dapp.unsupported_method') return null
    throw error
  }
}

function inWords({ missing }: GrantPath): string[] {
  return missing.map(({ path, pointer, what }) => `${path}: ${what}${pointer === '' ? '' : ` at ${pointer}`}`)
}
