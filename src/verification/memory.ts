import type { Environment } from '../caveats/types.ts'
import { type Recovery, recoverSigner } from '../delegation/index.ts'
import type { Grant } from '../grant/index.ts'
import type { Hex } from '../primitives/hex.ts'
import type { PreparedGrant } from '../verdict/index.ts'

/**
 * A grant that was read and found whole; `prepared` where it was compared with a deployment, unless it has constraints that
 * cannot be evaluated: then `unprepared` has the code of the refusal.
 */
export type GrantRead = { grant: Grant; prepared?: PreparedGrant; unprepared?: string }

/**
 * What a verifier remembers between receipts of the same grants: recovered signatures (1.25 ms each) and grants that were
 * read and compiled (1 ms). Held by whoever verifies, never by the module; what is in it was computed from the very bytes
 * that are asked about, so a hostile receipt can fill it but not poison it.
 */
export type Memory = {
  recover: (digest: Hex, signature: Hex) => Recovery
  /** `sha256`: of the grant's bytes, which have been compared with it. Refusals are thrown and not remembered. */
  grant: (sha256: string, environment: Environment | undefined, read: () => GrantRead) => GrantRead
}

/** @param limit - Most entries of each sort; the oldest goes first. */
export function createMemory(limit = 4_096): Memory {
  const recoveries = new Map<string, Recovery>()
  const unknown = new Map<string, GrantRead>()
  // A deployment is a caller's own object: another object, even if equal, is read for anew.
  const grants = new WeakMap<Environment, Map<string, GrantRead>>()
  return {
    recover: (digest, signature) =>
      remember(recoveries, `${digest}${signature}`, limit, () => recoverSigner(digest, signature)),
    grant(sha256, environment, read) {
      const known = environment === undefined ? unknown : (grants.get(environment) ?? new Map<string, GrantRead>())
      if (environment !== undefined) grants.set(environment, known)
      return remember(known, sha256, limit, read)
    },
  }
}

function remember<value>(known: Map<string, value>, key: string, limit: number, compute: () => value): value {
  const before = known.get(key)
  if (before !== undefined) return before
  const computed = compute()
  const [oldest] = known.keys()
  if (known.size >= limit && oldest !== undefined) known.delete(oldest)
  known.set(key, computed)
  return computed
}
