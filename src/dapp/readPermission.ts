import type { CaveatOf, KnownCaveat } from '../caveats/codec.ts'
import type { DecodedCaveat, Environment } from '../caveats/types.ts'
import { decodeContext } from '../delegation/context.ts'
import type { DelegationError } from '../delegation/errors.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { caveatText } from './describe/caveatText.ts'
import { readCaveat } from './permissionTerms.ts'
import { type PermissionTrouble, recognise } from './recognise.ts'
import type { Permission, PermissionRule } from './types.ts'

export type { PermissionTrouble }

export type PermissionCaveat = {
  /** Index of the link, 0 is the leaf. */
  link: number
  /** Index among the caveats of its link. */
  index: number
  enforcer: Address
  /** Contract name; `null`: unknown. */
  name: string | null
  /** `null`: an enforcer of the deployment that no permission of a wallet is made of; it is not read here. */
  meaning: DecodedCaveat | null
  /** Our words and the caveat's values. Amounts in base units. */
  sentence: string
}

export type ReadPermission =
  | {
      status: 'read'
      /** Leaf first. */
      links: readonly Delegation[]
      /** The principal: of the root. */
      delegator: Address
      /** Who may redeem: of the leaf. */
      delegate: Address
      /** `null`: not a permission of a wallet; `troubles` says why. */
      permission: Permission | null
      /** Of the permission, in the order expiry, redeemer, payee. */
      rules: readonly PermissionRule[]
      /** Of the root. `null`: raising the delegator's nonce does not end this. */
      nonce: bigint | null
      caveats: readonly PermissionCaveat[]
      /** Empty exactly where there is a permission. Each once. */
      troubles: readonly PermissionTrouble[]
    }
  /** Not one canonical chain of delegations. The code of the decoder says what is wrong. */
  | { status: 'unreadable'; code: string }

/**
 * What a wallet's permission context says, from its caveats alone: nothing that the wallet says beside it is believed. Total:
 * never throws, whatever the bytes.
 *
 * The permissions are those of MetaMask's own decoder and read as it reads them. What fits none of them, or has one caveat
 * more, is no permission here. `isAdjustmentAllowed` is `false` and there is no justification: caveats hold neither.
 *
 * @param environment - The deployment whose enforcers count as known.
 */
export function readPermission(context: Hex, environment: Environment): ReadPermission {
  let links: readonly Delegation[]
  try {
    links = decodeContext(context)
  } catch (error) {
    return { status: 'unreadable', code: (error as DelegationError).code }
  }
  const caveats = links.flatMap((link, at) =>
    link.caveats.map((caveat, index): PermissionCaveat => {
      const read = readCaveat(environment, caveat)
      return { link: at, index, enforcer: caveat.enforcer, ...read, sentence: caveatText({ ...caveat, ...read }) }
    }),
  )
  // The strict decoder returns no empty list.
  const leaf = links[0] as Delegation
  const root = links.at(-1) as Delegation
  const nonces = caveats.filter(({ link, meaning }) => link === links.length - 1 && meaning?.kind === 'nonce')
  return {
    status: 'read',
    links,
    delegator: root.delegator,
    delegate: leaf.delegate,
    nonce: (nonces[0]?.meaning as CaveatOf<'nonce'> | undefined)?.nonce ?? null,
    caveats,
    ...judge(links, caveats),
  }
}

function judge(
  links: readonly Delegation[],
  caveats: readonly PermissionCaveat[],
): { permission: Permission | null; rules: readonly PermissionRule[]; troubles: readonly PermissionTrouble[] } {
  const troubles = new Set<PermissionTrouble>()
  const known: KnownCaveat[] = []
  if (links.length > 1) troubles.add('several_links')
  else if (links[0]?.authority !== ROOT_AUTHORITY) troubles.add('not_root')
  for (const { name, meaning } of caveats) {
    if (name === null) troubles.add('unknown_enforcer')
    else if (meaning === null) troubles.add('other_enforcer')
    else if (meaning.kind === 'unknown') troubles.add('malformed_terms')
    else known.push(meaning)
  }
  if (troubles.size > 0) return { permission: null, rules: [], troubles: [...troubles] }
  const recognised = recognise(known)
  if ('trouble' in recognised) return { permission: null, rules: [], troubles: [recognised.trouble] }
  return { ...recognised, troubles: [] }
}
