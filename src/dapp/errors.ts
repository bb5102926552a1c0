import { AmbitError, type ErrorDetails, type Retry } from '../errors.ts'

export type DappErrorCode =
  // the wallet refused, or could not
  | 'dapp.rejected'
  | 'dapp.unauthorized'
  | 'dapp.unsupported_method'
  | 'dapp.unsupported_capability'
  | 'dapp.disconnected'
  | 'dapp.wrong_network'
  | 'dapp.invalid_params'
  | 'dapp.wallet_failed'
  // what the page asks for
  | 'dapp.bad_request'
  | 'dapp.retired_type'
  // the form of what the wallet answered
  | 'dapp.answer_unreadable'
  | 'dapp.answer_not_a_list'
  | 'dapp.answer_not_an_object'
  | 'dapp.answer_too_large'
  | 'dapp.answer_too_short'
  | 'dapp.answer_too_long'
  | 'dapp.answer_getter'
  | 'dapp.answer_member_missing'
  | 'dapp.answer_member_unknown'
  | 'dapp.answer_bad_chain_id'
  | 'dapp.answer_bad_address'
  | 'dapp.answer_bad_amount'
  | 'dapp.answer_bad_time'
  | 'dapp.answer_bad_text'
  | 'dapp.answer_bad_flag'
  | 'dapp.answer_bad_bytes'
  | 'dapp.answer_unknown_permission'
  | 'dapp.answer_retired_permission'
  | 'dapp.answer_unknown_rule'
  | 'dapp.answer_rule_twice'
  | 'dapp.answer_not_empty'

/** What goes wrong between a page and a wallet. A wallet's own error is the `cause`, as viem's class for it. */
export class DappError extends AmbitError<DappErrorCode> {
  override readonly name = 'DappError'

  constructor(code: DappErrorCode, rest: { details?: ErrorDetails; retry?: Retry; cause?: unknown } = {}) {
    const [message, fix] = TEXTS[code]
    super(code, message, { fix, ...rest })
  }
}

const UPDATE = 'Use another wallet, or a later release of this one.'
const TRUST = 'Do not use this answer; ask again, or use another wallet.'
const REQUEST = 'Correct the request.'

const TEXTS: Readonly<Record<DappErrorCode, readonly [message: string, fix: string]>> = {
  'dapp.rejected': ['The person said no in the wallet.', 'Ask again only when the person wants it.'],
  'dapp.unauthorized': ['The wallet does not let this page ask.', 'Connect the account first.'],
  'dapp.unsupported_method': ['The wallet does not know this method.', UPDATE],
  'dapp.unsupported_capability': ['The wallet lacks what the request needs.', UPDATE],
  'dapp.disconnected': ['The wallet is not connected.', 'Connect it, then look what was granted before asking again.'],
  'dapp.wrong_network': ['The wallet does not know this chain.', 'Add the chain to the wallet, or switch to it.'],
  'dapp.invalid_params': ['The wallet does not accept the parameters.', REQUEST],
  'dapp.wallet_failed': ['The wallet failed.', 'See the cause; look what was granted before asking again.'],
  'dapp.bad_request': ['A member of the request has the wrong form.', REQUEST],
  'dapp.retired_type': ['This type of permission is retired.', 'Ask for token-approval-revocation.'],
  'dapp.answer_unreadable': ['The answer cannot be read.', TRUST],
  'dapp.answer_not_a_list': ['A list was expected in the answer.', TRUST],
  'dapp.answer_not_an_object': ['An object was expected in the answer.', TRUST],
  'dapp.answer_too_large': ['The answer is too large.', TRUST],
  'dapp.answer_too_short': ['The answer has fewer permissions than were asked for.', TRUST],
  'dapp.answer_too_long': ['The answer has more permissions than were asked for.', TRUST],
  'dapp.answer_getter': ['A member of the answer is computed when it is read.', TRUST],
  'dapp.answer_member_missing': ['A member of the answer is missing.', TRUST],
  'dapp.answer_member_unknown': ['A member of the answer is not known.', TRUST],
  'dapp.answer_bad_chain_id': ['A chain id in the answer is not one.', TRUST],
  'dapp.answer_bad_address': ['An address in the answer is not one.', TRUST],
  'dapp.answer_bad_amount': ['An amount in the answer is not one.', TRUST],
  'dapp.answer_bad_time': ['A time in the answer is not one.', TRUST],
  'dapp.answer_bad_text': ['A text in the answer is not one, or too long.', TRUST],
  'dapp.answer_bad_flag': ['A flag in the answer is neither true nor false.', TRUST],
  'dapp.answer_bad_bytes': ['Bytes in the answer are not whole bytes, or too many.', TRUST],
  'dapp.answer_unknown_permission': ['The answer is a permission of an unknown type.', TRUST],
  'dapp.answer_retired_permission': ['The answer is a permission of a retired type.', TRUST],
  'dapp.answer_unknown_rule': ['A rule of the answer is of an unknown type.', TRUST],
  'dapp.answer_rule_twice': ['The answer has a rule twice.', TRUST],
  'dapp.answer_not_empty': ['The wallet answered where nothing was to be answered.', TRUST],
}
