import { decodeCaveat } from '../caveats/caveat.ts'
import type { Environment } from '../caveats/types.ts'
import { hashDelegation } from '../delegation/hash.ts'
import type { Delegation } from '../delegation/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { descendantsOf } from './descendants.ts'
import type { Grant } from './types.ts'

/** What can be ended: a grant, or the bare chain of a permission that a wallet granted. */
export type Endable = Pick<Grant, 'chainId' | 'manager' | 'delegations'> & {
  branches: readonly { links: readonly number[] }[]
}

/** What the end of some delegations does here. */
export type Ending = {
  /** Those of them that are here. Never empty. */
  delegations: readonly Hex[]
  /** What lies under them here, and dies with them. */
  died: readonly Hex[]
  /** False where some branch holds none of them, and goes on. */
  whole: boolean
}

/** Whose nonce is raised, and what it is until then. */
export type NonceRaise = { environment: Environment; account: Address; nonce: bigint }

/** What raising a nonce does to a chain. */
export type NonceFate =
  | ({ fate: 'ends' } & Ending)
  /**
   * It carries the nonce that the account comes to: signed ahead of its time, it is dead before and **alive afterwards**.
   * Ambit signs none; a chain of others may.
   */
  | { fate: 'begins' }
  | {
      fate: 'stays'
      why: /** Of another chain or manager: this nonce is not looked at. */
        | 'other_deployment'
        /** No link is this account's. */
        | 'other_account'
        /** A link is this account's, and nothing in it looks at the nonce: its group ends it, or it has to be disabled. */
        | 'no_nonce'
        /** It carries an older nonce: it has ended before. */
        | 'ended_before'
    }

/** What the end of these delegations does to a chain; `null` where none of them is in it. */
export function endingOf(chain: Endable, ended: readonly Hex[]): Ending | null {
  const hashes = chain.delegations.map(hashDelegation)
  const delegations = hashes.filter((hash) => ended.includes(hash))
  if (delegations.length === 0) return null
  const whole = chain.branches.every(({ links }) => links.some((link) => delegations.includes(hashes[link] as Hex)))
  return { delegations, died: descendantsOf(chain, delegations, hashes), whole }
}

/**
 * What becomes of a chain when an account raises its nonce: every link of that account that carries the nonce ends, and all
 * that lies under one. The framework has one nonce for an account and manager, so there is no raising it for some.
 */
export function nonceFate(chain: Endable, raise: NonceRaise): NonceFate {
  const { environment, account, nonce } = raise
  if (chain.chainId !== environment.chainId || chain.manager !== environment.manager) {
    return { fate: 'stays', why: 'other_deployment' }
  }
  const own = chain.delegations.filter(({ delegator }) => delegator === account)
  if (own.length === 0) return { fate: 'stays', why: 'other_account' }
  const carried = own.map((delegation) => ({ delegation, nonces: noncesOf(delegation, environment) }))
  const carriers = carried.filter(({ nonces }) => nonces.includes(nonce))
  const ending = endingOf(
    chain,
    carriers.map(({ delegation }) => hashDelegation(delegation)),
  )
  if (ending !== null) return { fate: 'ends', ...ending }
  if (carried.some(({ nonces }) => nonces.includes(nonce + 1n))) return { fate: 'begins' }
  return { fate: 'stays', why: carried.some(({ nonces }) => nonces.length > 0) ? 'ended_before' : 'no_nonce' }
}

/** What ends every link of one delegator that names it, by one transaction of the delegator or of the guardian; for ever. */
export type Group = {
  delegator: Address
  /** Eight bytes. */
  group: Hex
  guardian: Address | null
}

/** A group and the enforcer that keeps it: one of another deployment ends nothing here. */
export type GroupEnd = Group & { environment: Environment }

/** What the end of a group does to a chain. */
export type GroupFate =
  | ({ fate: 'ends' } & Ending)
  | {
      fate: 'stays'
      why: /** Of another chain or manager. */
        | 'other_deployment'
        /** No link is this delegator's. */
        | 'other_account'
        /** A link is this delegator's, and names another group, or another guardian, or none. */
        | 'other_group'
    }

/** The groups by which links of a chain can be ended, with the indices of the delegations that name each. */
export function groupsOf(chain: Endable, environment: Environment): (Group & { delegations: readonly number[] })[] {
  const found = new Map<string, Group & { delegations: number[] }>()
  chain.delegations.forEach(({ delegator, caveats }, index) => {
    for (const caveat of caveats) {
      const decoded = decodeCaveat(environment, caveat)
      if (decoded.kind !== 'taskScope') continue
      const { group, guardian } = decoded
      const key = `${delegator} ${group} ${guardian}`
      const known = found.get(key) ?? { delegator, group, guardian, delegations: [] }
      known.delegations.push(index)
      found.set(key, known)
    }
  })
  return [...found.values()]
}

/** What becomes of a chain when a group ends: every link of its delegator that names it, and all that lies under one. */
export function groupFate(chain: Endable, end: GroupEnd): GroupFate {
  const { environment, delegator, group, guardian } = end
  if (chain.chainId !== environment.chainId || chain.manager !== environment.manager) {
    return { fate: 'stays', why: 'other_deployment' }
  }
  if (chain.delegations.every((delegation) => delegation.delegator !== delegator)) {
    return { fate: 'stays', why: 'other_account' }
  }
  const named = groupsOf(chain, environment).filter(
    (it) => it.delegator === delegator && it.group === group && it.guardian === guardian,
  )
  const hashes = named.flatMap(({ delegations }) => chain.delegations.filter((_, index) => delegations.includes(index)))
  const ending = endingOf(chain, hashes.map(hashDelegation))
  return ending === null ? { fate: 'stays', why: 'other_group' } : { fate: 'ends', ...ending }
}

function noncesOf({ caveats }: Delegation, environment: Environment): bigint[] {
  return caveats.flatMap((caveat) => {
    const decoded = decodeCaveat(environment, caveat)
    return decoded.kind === 'nonce' ? [decoded.nonce] : []
  })
}
