import type { KnownCaveat, KnownKind } from '../caveats/codec.ts'
import type { Address } from '../primitives/hex.ts'

/** A caveat and the constraints of the scope that it holds, as JSON pointers. */
export type Tagged = { caveat: KnownCaveat; holds: readonly string[] }

/** One way to act, before it is known which limits it shares. */
export type Twig = {
  /** Index of the rule. */
  rule: number
  payee?: Address
  /** What the call must look like. */
  shape: readonly Tagged[]
  /** Limit of this twig alone. */
  own: Tagged | null
  /** Key of the cap it draws from, with the cap as a caveat. */
  cap: { key: string; limit: Tagged } | null
  /** Most native value of one call, wei. */
  value: bigint
}

/** One delegation to be. An inner node is from the principal to itself and carries what its children share. */
export type Node = {
  caveats: readonly Tagged[]
  children: readonly Node[]
  /** Present on leaves. */
  twig?: Twig
}

/** Of one kind at most one in each delegation; the same limit of two origins holds for both. */
export function tag(caveat: KnownCaveat, ...holds: readonly string[]): Tagged {
  return { caveat, holds }
}

export function without(tagged: readonly Tagged[], ...kinds: readonly KnownKind[]): Tagged[] {
  return tagged.filter(({ caveat }) => !kinds.includes(caveat.kind))
}
