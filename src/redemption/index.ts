export { type DecodedRedemption, decodeRedemption, readExecution } from './decode.ts'
export {
  encodeCall,
  encodeExecution,
  encodeRedemption,
  MAX_CALLDATA_BYTES,
  REDEEM_SELECTOR,
  SINGLE_DEFAULT_MODE,
} from './encode.ts'
export { RedemptionError, type RedemptionErrorCode } from './errors.ts'
export type { Redemption } from './types.ts'
