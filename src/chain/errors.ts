import { AmbitError } from '../errors.ts'

export type ChainErrorCode =
  // the node could not be asked, or its answer cannot be true
  | 'chain.rpc_unreachable'
  | 'chain.rpc_refused'
  | 'chain.rpc_malformed'
  | 'chain.wrong_chain'
  | 'chain.block_mismatch'
  // deployments
  | 'chain.unknown_chain'
  | 'chain.not_deployed'
  | 'chain.wrong_code'
  // sending
  | 'chain.send_refused'
  | 'chain.send_unknown'
  | 'chain.account_cannot_sign'
  | 'chain.wrong_account'
  // revoking
  | 'chain.nothing_to_revoke'
  | 'chain.revocation_unproven'
  | 'chain.principal_unsupported'
  | 'chain.nonce_ahead'
  // local chain
  | 'chain.no_local_engine'
  | 'chain.local_start_failed'
  | 'chain.local_state_invalid'
  | 'chain.local_state_in_use'

/** What goes wrong between us and a node. `retry: 'safe'` where nothing can have happened. */
export class ChainError extends AmbitError<ChainErrorCode> {
  override readonly name = 'ChainError'
  override readonly status = 502
}
