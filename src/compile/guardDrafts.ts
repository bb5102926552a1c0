import type { Environment } from '../caveats/types.ts'
import type { Hex } from '../primitives/hex.ts'
import { CompileError } from './errors.ts'
import { inspectLinks } from './inspect.ts'
import { type DelegationLike, linksOf } from './links.ts'
import type { Draft } from './types.ts'

export type GuardOptions<delegation> = {
  /** Words that accept a danger, by index of the leaf. */
  acknowledged?: Readonly<Record<number, readonly string[]>>
  /** The same for each rule of a caveat that holds a whole scope: what one rule may, another may not. */
  acknowledgedRules?: Readonly<Record<number, readonly (readonly string[])[]>>
  /** Hash of a delegation, to find parents in any order; without it delegations are one context, leaf first. */
  hash?: ((delegation: delegation) => Hex) | undefined
}

/**
 * Checks that what would be signed, whatever made it, is safe to sign: the always-rules and the compositions that break.
 *
 * @throws {@link CompileError} with the code of the first finding that was not acknowledged.
 */
export function guardDrafts<delegation extends DelegationLike>(
  items: readonly Draft[] | readonly delegation[],
  environment: Environment,
  options: GuardOptions<delegation> = {},
): void {
  for (const found of inspectLinks(linksOf(items, options.hash), environment)) {
    const ofRule = found.rule === undefined ? [] : (options.acknowledgedRules?.[found.link]?.[found.rule] ?? [])
    const words = [...(options.acknowledged?.[found.link] ?? []), ...ofRule]
    if (found.acknowledge !== null && words.includes(found.acknowledge)) continue
    throw new CompileError(found.code, found.message, {
      details: {
        draft: found.link,
        ...(found.caveat === undefined ? {} : { caveat: found.caveat }),
        ...(found.rule === undefined ? {} : { rule: found.rule }),
      },
      fix: found.acknowledge === null ? found.fix : `${found.fix} Or acknowledge "${found.acknowledge}".`,
    })
  }
}
