import type { Address, Hex } from '../primitives/hex.ts'
import type { AnyCodec, Inner, KnownCaveat } from './codec.ts'
import { CaveatError } from './errors.ts'
import { codecByKind, codecs } from './registry.ts'
import type { Caveat, DecodedCaveat, Environment } from './types.ts'

/** Wrappers around a caveat that is still read. On chain one is the most that passes; the bound is against hostile bytes. */
const MAX_DEPTH = 2

/**
 * The caveat that the chain reads, with empty `args`.
 *
 * @throws {@link CaveatError} for values that do not fit their enforcer, and `caveats.unknown_enforcer` where this
 * deployment lacks it or the caveat, or one inside it, is an unknown one: nothing is emitted that was not understood.
 */
export function encodeCaveat(environment: Environment, decoded: DecodedCaveat): Caveat {
  return encodeAt(environment, decoded, 0)
}

/**
 * What a caveat means on this deployment. Total: never throws, whatever the bytes. What is not certain to be read as the
 * chain reads it is `unknown`. Addresses compare in lower case.
 */
export function decodeCaveat(environment: Environment, caveat: Caveat): DecodedCaveat {
  return decodeAt(environment, caveat, 0)
}

function encodeAt(environment: Environment, decoded: DecodedCaveat, depth: number): Caveat {
  const codec = Object.hasOwn(codecByKind, decoded.kind) ? codecOf(decoded) : undefined
  const enforcer = codec && addressOf(environment, codec)
  if (codec === undefined || enforcer === undefined || depth > MAX_DEPTH) {
    throw new CaveatError('caveats.unknown_enforcer', 'There is no enforcer for this caveat.', {
      details: { kind: decoded.kind, chainId: environment.chainId },
      fix: 'Use a kind of caveat that is deployed on this chain.',
    })
  }
  return { enforcer, terms: codec.encode(decoded as KnownCaveat, innerAt(environment, depth + 1)), args: '0x' }
}

function decodeAt(environment: Environment, caveat: Caveat, depth: number): DecodedCaveat {
  const enforcer = lower(caveat.enforcer)
  const terms = lower(caveat.terms)
  const codec = codecs.find((candidate) => addressOf(environment, candidate) === enforcer)
  if (codec === undefined) return { kind: 'unknown', enforcer, terms, reason: 'unknown_enforcer' }
  try {
    if (depth <= MAX_DEPTH) return codec.decode(terms, innerAt(environment, depth + 1))
  } catch {}
  return { kind: 'unknown', enforcer, terms, reason: 'malformed_terms' }
}

function innerAt(environment: Environment, depth: number): Inner {
  return {
    encode: (meaning) => encodeAt(environment, meaning, depth),
    decode: (caveat) => decodeAt(environment, caveat, depth),
  }
}

function codecOf(decoded: DecodedCaveat): AnyCodec | undefined {
  return decoded.kind === 'unknown' ? undefined : codecByKind[decoded.kind]
}

function addressOf(environment: Environment, codec: AnyCodec): Address | undefined {
  const address = environment.enforcers[codec.name]
  return address === undefined ? undefined : lower(address)
}

function lower(value: unknown): Hex {
  return typeof value === 'string' ? (value.toLowerCase() as Hex) : '0x'
}
