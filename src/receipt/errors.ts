import { AmbitError } from '../errors.ts'

export type ReceiptErrorCode =
  // the token
  | 'receipt.token_malformed'
  | 'receipt.base64url_malformed'
  | 'receipt.header_refused'
  | 'receipt.signature_malleable'
  // the statement
  | 'receipt.statement_refused'
  | 'receipt.kind_not_supported'
  // the bundle
  | 'receipt.bundle_refused'
  | 'receipt.bundle_not_canonical'
  | 'receipt.evidence_refused'
  // keys
  | 'receipt.key_refused'
  | 'receipt.key_is_private'
  | 'receipt.signer_mismatch'
  // the asker's request
  | 'receipt.request_refused'
  | 'receipt.request_signature_malformed'
  | 'receipt.request_signer_mismatch'
  // builders
  | 'receipt.inputs_disagree'

/** A receipt, a part of one, or what it is made from, was refused. */
export class ReceiptError extends AmbitError<ReceiptErrorCode> {
  override readonly name = 'ReceiptError'
}
