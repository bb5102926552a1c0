export { BUNDLE_MEDIA_TYPE, type Bundle, encodeBundle, MAX_BUNDLE_BYTES, parseBundle } from './bundle.ts'
export { LIMITS, type Limit, type Result, resultOf } from './codes.ts'
export { decisionReceipt } from './decisionReceipt.ts'
export type { Drafted, Layer, Stage } from './draft.ts'
export { ReceiptError, type ReceiptErrorCode } from './errors.ts'
export type { Evidence } from './evidence.ts'
export { grantReceipt } from './grantReceipt.ts'
export { EMPTY_HEAD, type Head, type Issued, type IssuerIdentity, issueReceipt } from './issue.ts'
export {
  createIssuerKey,
  jwkSigner,
  type KeySet,
  type PrivateJwk,
  type PublicJwk,
  parseKeySet,
  parsePrivateJwk,
  parsePublicJwk,
  publicJwk,
  type Signer,
  thumbprint,
} from './keys.ts'
export { outcomeReceipt } from './outcomeReceipt.ts'
export {
  type ActionRequest,
  checkRequest,
  createRequest,
  hashRequest,
  type RequestSigner,
  requestTypedData,
  type SignedRequest,
  signRequest,
} from './request.ts'
export { type Ending, revocationReceipt } from './revocationReceipt.ts'
export { type Draft, type Kind, parseStatement, type Statement, type StatementOf } from './statement.ts'
export { ticketReceipt } from './ticketReceipt.ts'
export { parseToken, type Token } from './token.ts'
