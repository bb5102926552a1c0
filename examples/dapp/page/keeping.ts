import { restoreGrant, storedGrant } from '../../../src/dapp/index.ts'
import type { ExampleConfig } from '../server/wire.ts'
import type { Granted } from './Asking.tsx'

type Hex = `0x${string}`
type Client = Parameters<typeof restoreGrant>[0]

const KEY = 'allowance'

/** Remembers a grant in the browser. All of it is public; nothing in it gives anybody anything. */
export function keep({ root, id, payees }: Granted): void {
  localStorage.setItem(KEY, JSON.stringify({ stored: storedGrant(root), id, payees }))
}

export function forget(): void {
  localStorage.removeItem(KEY)
}

/**
 * The grant of an earlier visit, if it lives: whoever can write to the browser's storage can write anything, so that it is read
 * as strictly as a wallet's answer, and verified on the chain again.
 */
export async function restore(config: ExampleConfig, client: Client): Promise<Granted | undefined> {
  const kept = read()
  if (kept === undefined) return undefined
  const restored = await restoreGrant(client, { stored: kept.stored, environment: config.environment })
  // A node that did not answer says nothing of the grant: the next visit asks again.
  if (restored.status === 'refused' && restored.code.startsWith('chain.rpc_')) return undefined
  const root =
    restored.status === 'live' && restored.grant.schema === 'ambit.walletGrant.v1' ? restored.grant : undefined
  const granted = root === undefined ? undefined : grantedOf(config, root, kept)
  if (granted === undefined) forget()
  return granted
}

type Kept = { stored?: unknown; id?: unknown; payees?: unknown }

function read(): Kept | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? 'null')
    return kept === null || typeof kept !== 'object' ? undefined : kept
  } catch {
    return undefined
  }
}

function grantedOf(config: ExampleConfig, root: Granted['root'], { id, payees }: Kept): Granted | undefined {
  const { data } = root.permission
  // Of another run of this example: its agent is gone.
  const ours = root.delegate === config.redeemer.address || root.delegate === config.taskAccount
  if (!ours || !('periodAmount' in data) || typeof id !== 'string' || !/^0x[0-9a-f]{64}$/.test(id)) return undefined
  if (!Array.isArray(payees) || payees.length === 0) return undefined
  const known = config.payees.map(({ address }) => address).filter((address) => payees.includes(address))
  return known.length < payees.length ? undefined : { root, id: id as Hex, payees: known, perDay: data.periodAmount }
}
