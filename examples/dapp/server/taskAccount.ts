import type { LocalAccount } from 'viem'
import type { Environment } from '../../../src/caveats/index.ts'
import type { NodeClient } from '../../../src/chain/index.ts'
import { redelegateScope, restoreGrant } from '../../../src/dapp/index.ts'
import { serializeGrant } from '../../../src/grant/index.ts'
import { parseScope } from '../../../src/scope/index.ts'
import { ExampleError } from './errors.ts'

type Hex = `0x${string}`

/**
 * An account that a wallet grants to where it has no words for the whole scope, and that hands the scope on: no more than it
 * has, and to the redeemer alone. It signs for nobody else, whoever asks.
 *
 * @returns The file of the grant.
 * @throws {@link ExampleError} `example.grant_refused`; what `parseScope` and `redelegateScope` throw.
 */
export async function handOn(
  request: Record<string, unknown>,
  options: { account: LocalAccount; environment: Environment; node: NodeClient; redeemer: Hex },
): Promise<string> {
  const { account, environment, node: publicClient, redeemer } = options
  const restored = await restoreGrant(publicClient, { stored: request['root'], environment })
  if (restored.status === 'refused') throw refused(restored.code)
  const [scope, rootScope] = [parseScope(request['scope']), parseScope(request['rootScope'])]
  if (scope.delegate !== redeemer) throw refused('delegate')
  const { grant: root } = restored
  if (root.schema !== 'ambit.walletGrant.v1') throw refused(root.schema)
  const grant = await redelegateScope({ root, rootScope, scope, environment, account: account as never, publicClient })
  return serializeGrant(grant)
}

function refused(what: string): ExampleError {
  return new ExampleError('example.grant_refused', 'The task account does not hand this on.', {
    details: { what },
    fix: 'Ask for a scope whose delegate is the redeemer, under a permission that the wallet granted and that lives.',
  })
}
