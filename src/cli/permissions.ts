import type { Environment } from '../caveats/types.ts'
import type { Endable } from '../grant/ending.ts'
import { type Hex, isHex } from '../primitives/hex.ts'
import { parseJson } from '../primitives/json.ts'
import { HomeError } from './errors.ts'
import type { Home } from './home.ts'

/**
 * A permission that a wallet granted (ERC-7715), kept by a name: no grant of ours, for no scope stands beside it, but it may
 * die with what is ours.
 */
export type Permission = { name: string; chainId: number; context: Hex }

const FOLDER = 'permissions'
const SCHEMA = 'ambit.permission.v1'

/** @throws {@link HomeError} `home.exists`: the name is taken. */
export function savePermission(home: Home, permission: Permission): string {
  const path = home.file(FOLDER, `${permission.name}.json`)
  home.create(path, `${JSON.stringify({ schema: SCHEMA, ...permission })}\n`)
  return path
}

export function readPermissions(home: Home): Permission[] {
  return home.list(FOLDER).map((name) => {
    const path = home.file(FOLDER, `${name}.json`)
    const read = parseJson(home.read(path) ?? 'null') as Partial<Permission & { schema: string }> | null
    if (read?.schema !== SCHEMA || !Number.isSafeInteger(read.chainId) || !isHex(read.context)) {
      throw new HomeError('home.damaged', 'A kept permission cannot be read.', {
        details: { path },
        fix: 'Remove the file and import the permission again.',
      })
    }
    return { name, chainId: read.chainId as number, context: read.context }
  })
}

/** Its chain of delegations, as what can be ended. @throws `DelegationError` */
export async function chainOf({ chainId, context }: Permission, environment: Environment): Promise<Endable> {
  const { decodeContext } = await import('../delegation/context.ts')
  const delegations = decodeContext(context)
  const branches = [{ links: delegations.map((_, index) => index) }]
  // A context does not say its manager: on one chain it is for the deployment that is looked at.
  return { chainId, manager: environment.manager, delegations, branches }
}
