import { type ChainCheck, checkChain } from '../delegation/check.ts'
import type { ChainFacts, CheckStatus } from '../delegation/facts.ts'
import { type Recovery, recoverSigner } from '../delegation/signature.ts'
import type { Delegation } from '../delegation/types.ts'
import { AmbitError } from '../errors.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseInstant } from '../primitives/time.ts'
import type { Scope } from '../scope/types.ts'
import { readStructure } from './structure.ts'
import type { Grant } from './types.ts'

/** A question about the grant as a whole, with what the chain has to say about it. */
export type GrantRow = { check: 'deployment' | 'structure' | 'notBefore' | 'expiry'; detail: string } & (
  | { result: 'pass' }
  | { result: 'fail'; code: 'other_deployment' | 'broken' | 'not_yet_valid' | 'expired' }
  | { result: 'unavailable'; code: 'not_read' }
)

export type GrantCheck = {
  /**
   * `valid`: every branch can be redeemed. `partial`: some can. `invalid`: none can, or the grant itself is broken.
   * `unavailable`: none is known to be redeemable, and at least one could not be settled.
   */
  status: CheckStatus | 'partial'
  rows: readonly GrantRow[]
  /** In the order of the grant's branches. */
  branches: readonly ChainCheck[]
}

/**
 * Would the manager accept the chains of this grant at the block of these facts, and does its scope still run?
 *
 * A branch that is valid may still refuse every action; that is `evaluate`'s to say. Signatures of links that several
 * branches share are recovered once.
 */
export function checkGrant(grant: Grant, facts: ChainFacts): GrantCheck {
  const { environment } = facts
  const rows: GrantRow[] = [
    grant.chainId === environment.chainId && grant.manager === environment.manager
      ? { check: 'deployment', result: 'pass', detail: 'It is for this deployment of the framework.' }
      : {
          check: 'deployment',
          result: 'fail',
          code: 'other_deployment',
          detail: 'It is for another chain or manager than these facts.',
        },
    checkStructure(grant),
    ...grant.scopes.flatMap((scope) => checkLife(scope, facts)),
  ]
  const remembered = { ...facts, recover: remember(facts.recover ?? recoverSigner) }
  const branches = grant.branches.map(({ links }) =>
    checkChain(
      links.flatMap((link): Delegation[] => grant.delegations.slice(link, link + 1)),
      remembered,
    ),
  )
  return { status: judge(rows, branches), rows, branches }
}

/** A grant that is broken as such has no branch that counts: what it says of itself cannot be believed. */
function judge(rows: readonly GrantRow[], branches: readonly ChainCheck[]): GrantCheck['status'] {
  if (branches.length === 0 || rows.some((row) => row.result === 'fail')) return 'invalid'
  const settled = rows.every((row) => row.result === 'pass')
  const valid = branches.filter((branch) => branch.status === 'valid').length
  if (valid === branches.length) return settled ? 'valid' : 'unavailable'
  if (valid > 0) return settled ? 'partial' : 'unavailable'
  return branches.every((branch) => branch.status === 'invalid') ? 'invalid' : 'unavailable'
}

function checkStructure(grant: Grant): GrantRow {
  try {
    readStructure(grant)
    return { check: 'structure', result: 'pass', detail: 'Its delegations and scopes hang together.' }
  } catch (error) {
    if (!(error instanceof AmbitError)) throw error
    return { check: 'structure', result: 'fail', code: 'broken', detail: error.shortMessage }
  }
}

/** The scope's own dates: the first second is inclusive, the last exclusive, as people read them. */
function checkLife(scope: Scope, { now }: ChainFacts): GrantRow[] {
  const rows: GrantRow[] = []
  if (scope.notBefore !== undefined) {
    const detail = `The scope begins at ${scope.notBefore}.`
    rows.push(
      life('notBefore', 'not_yet_valid', detail, now === undefined ? null : now >= parseInstant(scope.notBefore)),
    )
  }
  const detail = `The scope ends at ${scope.expiry}.`
  rows.push(life('expiry', 'expired', detail, now === undefined ? null : now < parseInstant(scope.expiry)))
  return rows
}

function life(
  check: 'notBefore' | 'expiry',
  code: 'not_yet_valid' | 'expired',
  detail: string,
  holds: boolean | null,
): GrantRow {
  if (holds === null)
    return { check, result: 'unavailable', code: 'not_read', detail: `${detail} No block time was read.` }
  return holds ? { check, result: 'pass', detail } : { check, result: 'fail', code, detail }
}

function remember(recover: (digest: Hex, signature: Hex) => Recovery): typeof recover {
  const known = new Map<string, Recovery>()
  return (digest, signature) => {
    const key = `${digest}${signature}`
    const before = known.get(key)
    if (before !== undefined) return before
    const recovery = recover(digest, signature)
    known.set(key, recovery)
    return recovery
  }
}
