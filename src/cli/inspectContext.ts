import type { Delegation } from '../delegation/types.ts'
import type { Scope } from '../scope/types.ts'
import { chainName } from './chains.ts'
import type { Context, Data } from './command.ts'
import { knownEnvironment } from './deployments.ts'
import { type Inspected, linkData, openNamed, renderTroubles, unknownDeployment } from './inspected.ts'
import { facts, lines } from './output.ts'
import type { Session } from './session.ts'

/** A permission context of whoever made it: its links, leaf first, and what their caveats say. */
export async function inspectContext(context: Context, text: string): Promise<Inspected> {
  const { decodeContext } = await import('../delegation/context.ts')
  const delegations = decodeContext(text.toLowerCase())
  const session = await openNamed(context)
  // A context does not say its chain. Most chains share one set of addresses: those are assumed, and said.
  const environment = session?.environment ?? (await knownEnvironment(context, 1))
  if (environment === undefined) throw unknownDeployment(1)
  if (session === undefined)
    context.output.warn('No chain is named: read with the addresses of Ethereum mainnet. Give --chain.')
  const { checkChain } = await import('../delegation/check.ts')
  const check = checkChain(delegations, { environment })
  const assets = session === undefined ? {} : await assetsOf(session, delegations)
  const { nodesOf } = await import('./treeNodes.ts')
  const { renderTree } = await import('./tree.ts')
  const nodes = nodesOf({
    delegations,
    environment,
    assets,
    rowsOf: (hash) => check.rows.filter((row) => row.link !== null && check.hashes[row.link] === hash),
  })
  return {
    nodes,
    data: {
      kind: 'context',
      chainId: environment.chainId,
      status: check.status,
      chainAsked: session !== undefined,
      links: nodes.map(linkData),
      checks: check.rows as unknown as Data,
    },
    text: lines(
      facts([
        ['context', `${delegations.length} links, leaf first`],
        ['read for', chainName(environment.chainId)],
      ]),
      renderTree(nodes),
      renderTroubles(check.rows),
    ),
  }
}

/** Symbols and decimals of the tokens that a foreign context speaks of; what is no token stays without a name. */
async function assetsOf(session: Session, delegations: readonly Delegation[]): Promise<Scope['assets']> {
  const { decodeCaveat } = await import('../caveats/caveat.ts')
  const { readAsset } = await import('../chain/readAsset.ts')
  const { ChainError } = await import('../chain/errors.ts')
  const tokens = delegations.flatMap(({ caveats }) =>
    caveats.flatMap((caveat) => {
      const decoded = decodeCaveat(session.environment, caveat)
      return 'token' in decoded ? [decoded.token] : []
    }),
  )
  const found = await Promise.all(
    [...new Set(tokens)].map(async (asset) => {
      try {
        return [[asset, await readAsset(session.node, { asset })] as const]
      } catch (error) {
        if (error instanceof ChainError) return []
        throw error
      }
    }),
  )
  return Object.fromEntries(found.flat())
}
