export { type ChainCheck, checkChain } from './check.ts'
export { CONTEXT_LIMITS, type ContextLimits, decodeContext, encodeContext } from './context.ts'
export { createDelegations } from './create.ts'
export { DelegationError, type DelegationErrorCode } from './errors.ts'
export {
  BATCH_DEFAULT_MODE,
  type Call,
  decodeCalls,
  type Execution,
  encodeCalls,
  encodeExecution,
  MAX_CALLDATA_BYTES,
  readExecution,
  SINGLE_DEFAULT_MODE,
} from './execution.ts'
export type { AccountCode, ChainFacts, CheckCode, CheckName, CheckRow, CheckStatus } from './facts.ts'
export { type Domain, domainSeparator, hashDelegation, signingHash, signingHashOf } from './hash.ts'
export {
  type DelegationTypedData,
  delegationTypedData,
  type SigningAccount,
  type SigningDanger,
  type SignParameters,
  signDelegation,
} from './sign.ts'
export { type Recovery, recoverSigner } from './signature.ts'
export { ANY_DELEGATE, type Delegation, ROOT_AUTHORITY } from './types.ts'
