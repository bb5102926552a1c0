export { decodeCaveat, encodeCaveat } from './caveat.ts'
export type { AnyCodec, CaveatOf, Codec, Inner, KnownCaveat, KnownKind } from './codec.ts'
export { type DescribeOptions, type Description, describeCaveat } from './describe.ts'
export { CaveatError, type CaveatErrorCode } from './errors.ts'
export { codecByKind, codecByName, codecs } from './registry.ts'
export type {
  BalanceDirection,
  Caveat,
  CaveatKind,
  DecodedCaveat,
  EnforcerName,
  Environment,
  Execution,
  InnerCaveat,
  RevocationMethod,
  TokenPeriod,
} from './types.ts'
