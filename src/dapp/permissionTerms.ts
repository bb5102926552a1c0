import { allowedCalldata } from '../caveats/allowedCalldata.ts'
import { allowedTargets } from '../caveats/allowedTargets.ts'
import { approvalRevocation } from '../caveats/approvalRevocation.ts'
import type { AnyCodec } from '../caveats/codec.ts'
import { erc20PeriodTransfer } from '../caveats/erc20PeriodTransfer.ts'
import { erc20Streaming } from '../caveats/erc20Streaming.ts'
import { exactCalldata } from '../caveats/exactCalldata.ts'
import { nativePeriodTransfer } from '../caveats/nativePeriodTransfer.ts'
import { nativeStreaming } from '../caveats/nativeStreaming.ts'
import { nonce } from '../caveats/nonce.ts'
import { redeemer } from '../caveats/redeemer.ts'
import { timestamp } from '../caveats/timestamp.ts'
import type { Caveat, DecodedCaveat, Environment } from '../caveats/types.ts'
import { valueLte } from '../caveats/valueLte.ts'

/** The enforcers that a wallet's permissions are made of. The registry of all would weigh a page down three times as much. */
const CODECS: readonly AnyCodec[] = [
  allowedCalldata,
  allowedTargets,
  approvalRevocation,
  erc20PeriodTransfer,
  erc20Streaming,
  exactCalldata,
  nativePeriodTransfer,
  nativeStreaming,
  nonce,
  redeemer,
  timestamp,
  valueLte,
]

export type ReadCaveat = {
  /** Contract name; `null`: an address that is no enforcer of this deployment. */
  name: string | null
  /** `null`: an enforcer of the deployment, but none that a wallet's permission is made of. It is not read here. */
  meaning: DecodedCaveat | null
}

/** What a caveat means, as `decodeCaveat` of `ambit/caveats` says, for the enforcers of token permissions. Total. */
export function readCaveat(environment: Environment, { enforcer, terms }: Caveat): ReadCaveat {
  const named = Object.entries(environment.enforcers).find(([, address]) => address.toLowerCase() === enforcer)
  if (named === undefined)
    return { name: null, meaning: { kind: 'unknown', enforcer, terms, reason: 'unknown_enforcer' } }
  const [name] = named
  const codec = CODECS.find((candidate) => candidate.name === name)
  if (codec === undefined) return { name, meaning: null }
  try {
    return { name, meaning: codec.decode(terms) }
  } catch {
    return { name, meaning: { kind: 'unknown', enforcer, terms, reason: 'malformed_terms' } }
  }
}
