import type { Environment } from '../caveats/types.ts'
import { decodeContext } from '../delegation/decodeContext.ts'
import type { DelegationError } from '../delegation/errors.ts'
import { type Delegation, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
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
  terms: Hex
  /** Who checks it, and its terms as they are. What they mean is in the permission; of others `ambit/caveats` says it. */
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
  const caveats = links.flatMap(({ caveats: list }, link) =>
    list.map(({ enforcer, terms }, index): PermissionCaveat => {
      const name = nameOf(enforcer, environment)
      const shown = terms.length > MAX_SHOWN ? `${terms.slice(0, MAX_SHOWN)}…` : terms
      const sentence = `Checked by ${name ?? `the unknown contract ${enforcer}`}: ${shown}`
      return { link, index, enforcer, name, terms, sentence }
    }),
  )
  // The strict decoder returns no empty list.
  const [{ delegate, authority }] = links as [Delegation]
  const { delegator } = links.at(-1) as Delegation
  const nonce = caveats.find(({ link, name }) => link === links.length - 1 && name === 'NonceEnforcer')?.terms
  return {
    status: 'read',
    links,
    delegator,
    delegate,
    nonce: nonce?.length === 66 ? BigInt(nonce) : null,
    caveats,
    ...judge(caveats, links.length > 1 ? 'several_links' : authority === ROOT_AUTHORITY ? undefined : 'not_root'),
  }
}

/** Digits of terms in a sentence. */
const MAX_SHOWN = 138

function nameOf(enforcer: Address, { enforcers }: Environment): string | null {
  return Object.keys(enforcers).find((name) => enforcers[name]?.toLowerCase() === enforcer) ?? null
}

function judge(
  caveats: readonly PermissionCaveat[],
  trouble: PermissionTrouble | undefined,
): { permission: Permission | null; rules: readonly PermissionRule[]; troubles: readonly PermissionTrouble[] } {
  const troubles = trouble === undefined ? [] : [trouble]
  if (caveats.some(({ name }) => name === null)) troubles.push('unknown_enforcer')
  if (troubles.length === 0) {
    const recognised = recognise(
      caveats.map(({ name, terms }) => ({ name: String(name).replace(/Enforcer$/, ''), terms })),
    )
    if ('permission' in recognised) return { ...recognised, troubles }
    troubles.push(recognised.trouble)
  }
  return { permission: null, rules: [], troubles }
}
