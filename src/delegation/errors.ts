import { AmbitError } from '../errors.ts'

export type DelegationErrorCode =
  // a delegation as an object
  | 'delegation.malformed'
  | 'delegation.unsupported_chain'
  // drafts to delegations
  | 'delegation.bad_parent'
  | 'delegation.parent_not_delegate'
  | 'delegation.duplicate'
  // signing
  | 'delegation.no_caveats'
  | 'delegation.open_delegate'
  | 'delegation.zero_salt'
  | 'delegation.wrong_signer'
  | 'delegation.signing_failed'
  | 'delegation.bad_signature'
  // calls
  | 'delegation.no_calls'
  | 'delegation.too_many_calls'
  | 'delegation.malformed_call'
  | 'delegation.malformed_execution'
  | 'delegation.unsupported_mode'
  // contexts
  | 'delegation.context_not_hex'
  | 'delegation.context_empty'
  | 'delegation.context_too_large'
  | 'delegation.context_too_many_links'
  | 'delegation.context_too_many_caveats'
  | 'delegation.context_truncated'
  | 'delegation.context_bad_offset'
  | 'delegation.context_bad_length'
  | 'delegation.context_dirty_address'
  | 'delegation.context_dirty_padding'
  | 'delegation.context_trailing_bytes'

export class DelegationError extends AmbitError<DelegationErrorCode> {
  override readonly name = 'DelegationError'
}
