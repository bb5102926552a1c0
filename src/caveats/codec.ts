import type { Hex } from '../primitives/hex.ts'
import { CaveatError } from './errors.ts'
import type { Caveat, DecodedCaveat, EnforcerName } from './types.ts'

/** A caveat whose meaning was read. */
export type KnownCaveat = Exclude<DecodedCaveat, { kind: 'unknown' }>
export type KnownKind = KnownCaveat['kind']
export type CaveatOf<Kind extends KnownKind> = Extract<KnownCaveat, { kind: Kind }>

/**
 * One enforcer: its terms, and what the compiler must know to compose it.
 *
 * `decode(encode(x))` is `x` and `encode(decode(t))` is `t`. Both assert: terms that the contract would take, but under
 * which nothing could ever pass or which have a second spelling, are refused here too.
 */
export type Codec<Kind extends KnownKind> = {
  name: EnforcerName
  kind: Kind
  /** Mode in which the enforcer lets anything pass. Two that differ in one delegation: never redeemable (FACTS C4). */
  callType: 'single' | 'batch' | 'any'
  /** It keeps a counter by delegation hash, so twice in one delegation counts twice (FACTS C1, C2). */
  counts: boolean
  /** @throws CaveatError */
  encode(caveat: CaveatOf<Kind>, inner?: Inner): Hex
  /** @throws CaveatError */
  decode(terms: Hex, inner?: Inner): CaveatOf<Kind>
}

/** How the caveats inside a caveat are written and read: only a wrapper of others asks. Reading is total. */
export type Inner = {
  /** @throws CaveatError */
  encode(meaning: DecodedCaveat): Caveat
  decode(caveat: Caveat): DecodedCaveat
}

/** Without a deployment nobody knows which enforcer an address is: nothing is written, and all that is read is unknown. */
export const NO_INNER: Inner = {
  encode({ kind }) {
    throw new CaveatError('caveats.unknown_enforcer', 'There is no enforcer for this caveat.', {
      details: { kind },
      fix: 'Write it with `encodeCaveat`, which knows the deployment.',
    })
  },
  decode: ({ enforcer, terms }) => ({ kind: 'unknown', enforcer, terms, reason: 'unknown_enforcer' }),
}

/** A codec of any kind: the caller holds that what it encodes is of the codec's own kind. */
export type AnyCodec = Omit<Codec<KnownKind>, 'encode' | 'decode'> & {
  encode(caveat: KnownCaveat, inner?: Inner): Hex
  decode(terms: Hex, inner?: Inner): KnownCaveat
}
