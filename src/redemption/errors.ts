import { AmbitError } from '../errors.ts'

export type RedemptionErrorCode =
  | 'redemption.wrong_chain'
  | 'redemption.no_such_branch'
  | 'redemption.empty'
  | 'redemption.unsigned'
  | 'redemption.no_request'
  // reading call data back
  | 'redemption.not_hex'
  | 'redemption.too_large'
  | 'redemption.not_a_redemption'
  | 'redemption.not_canonical'
  | 'redemption.not_single'

export class RedemptionError extends AmbitError<RedemptionErrorCode> {
  override readonly name = 'RedemptionError'
}
