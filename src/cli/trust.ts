import type { KeySet } from '../receipt/keys.ts'
import type { Trust } from '../verification/types.ts'
import type { Context } from './command.ts'
import { issuerKeySet } from './issuer.ts'
import { readInput } from './stdin.ts'

/** Whom `ambit verify` believes: the key sets that the caller names, else this machine's own issuer. Never a receipt. */
export async function readTrust(context: Context): Promise<Trust> {
  const files = (context.options['trust'] as readonly string[] | undefined) ?? []
  const { parseKeySet } = await import('../receipt/keys.ts')
  const sets: KeySet[] = files.map((file) => parseKeySet(readInput(file)))
  if (files.length === 0) {
    const own = await issuerKeySet(context.home())
    if (own !== undefined) sets.push(own)
  }
  return { issuers: sets.map(({ iss, keys }) => ({ iss, keys })) }
}
