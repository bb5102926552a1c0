import { AmbitError } from '../errors.ts'

export type GrantErrorCode =
  // making one
  | 'grant.plan_mismatch'
  | 'grant.wrong_account'
  | 'grant.unsigned'
  // reading a file
  | 'grant.foreign'
  | 'grant.unsupported_version'
  | 'grant.malformed'
  | 'grant.bad_scope'
  | 'grant.scope_not_normal'
  | 'grant.scope_hash_mismatch'
  | 'grant.id_mismatch'
  | 'grant.wrong_chain'
  | 'grant.wrong_manager'
  // its delegations
  | 'grant.caveat_args'
  | 'grant.bad_branch'
  | 'grant.duplicate'
  | 'grant.unused_delegation'
  | 'grant.broken_chain'
  | 'grant.wrong_actor'
  | 'grant.too_long'
  | 'grant.too_large'
  // what it grants
  | 'grant.widened'
  | 'grant.not_the_scope'
  | 'grant.not_the_signed_scope'
  // handing on a part
  | 'grant.redelegation_forbidden'
  | 'grant.redeemer_pinned'
  | 'grant.no_parent_branch'
  | 'grant.limit_not_shared'
  // replacing one
  | 'grant.window_in_use'
  | 'grant.no_window_left'
  | 'grant.nothing_left'
  | 'grant.use_exceeds'
  | 'grant.bad_patch'
  // its guardian
  | 'grant.no_nonce_enforcer'
  | 'grant.guardian_missing'
  | 'grant.guardian_has_nonce'
  | 'grant.guardian_not_exact'
  | 'grant.guardian_ends_early'
  | 'grant.guardian_dead'
  | 'grant.guardian_unsettled'

export class GrantError extends AmbitError<GrantErrorCode> {
  override readonly name = 'GrantError'
}
