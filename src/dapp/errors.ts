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
  | 'dapp.not_expressible'
  | 'dapp.preview_declined'
  | 'dapp.failed'
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
  // whom the answer is for
  | 'dapp.other_chain'
  | 'dapp.other_account'
  | 'dapp.other_delegate'
  | 'dapp.other_manager'
  | 'dapp.other_permission'
  // the signed context
  | 'dapp.context_unreadable'
  | 'dapp.context_several_links'
  | 'dapp.context_not_root'
  | 'dapp.context_unknown_enforcer'
  | 'dapp.context_other_enforcer'
  | 'dapp.context_duplicate_enforcer'
  | 'dapp.context_missing_enforcer'
  | 'dapp.context_other_terms'
  | 'dapp.context_other_account'
  | 'dapp.context_other_delegate'
  | 'dapp.context_open_delegate'
  | 'dapp.context_other_permission'
  | 'dapp.context_args'
  // how much
  | 'dapp.raised'
  | 'dapp.lowered'
  | 'dapp.changed'
  // the chain
  | 'dapp.bad_signature'
  | 'dapp.wrapped_signature'
  | 'dapp.account_not_upgraded'
  | 'dapp.account_unknown'
  | 'dapp.foreign_factory'
  | 'dapp.needless_dependency'
  | 'dapp.revoked'
  | 'dapp.nonce_ended'
  | 'dapp.expired'
  | 'dapp.redelegated_other_scope'
  | 'dapp.redelegated_other_root'
  // ending it
  | 'dapp.unproven'

/** What goes wrong between a page and a wallet. A wallet's own error is the `cause`, as viem's class for it. */
export class DappError extends AmbitError<DappErrorCode> {
  override readonly name = 'DappError'

  constructor(code: DappErrorCode, rest: { details?: ErrorDetails; retry?: Retry; cause?: unknown } = {}) {
    const [message, fix] = textOf(code)
    super(code, message, { fix, ...rest })
  }
}

/** A page loads these words: one pair for each group, by the beginning of the code. What was wrong is in the code and the details. */
const TEXTS: readonly (readonly [codes: string, message: string, fix: string])[] = [
  ['rejected|preview', 'The person said no.', 'Ask again only when the person wants it.'],
  ['unauthorized', 'The wallet does not let this page ask.', 'Connect the account first.'],
  ['unsupported', 'The wallet cannot do this.', 'Use another wallet, or a later release of this one.'],
  ['wrong_network', 'The wallet is on another chain.', 'Add the chain to the wallet, or switch to it.'],
  [
    'wallet|disconnected|failed',
    'Something failed before there was a grant.',
    'See the cause, and look what was granted before asking again.',
  ],
  ['bad_request|retired|invalid', 'The request is not one that a wallet can grant.', 'Correct the member of it.'],
  ['not_expressible', 'No way to grant this is open.', 'Narrow the scope by what is missing, or offer another way.'],
  ['answer', 'The answer of the wallet cannot be used.', 'Ask again, or use another wallet.'],
  ['lowered', 'The wallet granted less than was asked for.', 'Accept less with acceptLower, or ask again.'],
  [
    'account',
    'The account cannot be redeemed from.',
    'Upgrade it to a smart account in the wallet, then verify again.',
  ],
  ['revoked|nonce|expired', 'This has ended already.', 'Ask again.'],
  ['unproven', 'Nothing proves yet that this has ended.', 'Treat it as alive; look at the chain, then revoke again.'],
]

function textOf(code: DappErrorCode): readonly [message: string, fix: string] {
  const found = TEXTS.find(([codes]) => codes.split('|').some((start) => code.startsWith(`dapp.${start}`)))
  // Whatever else is wrong, somebody signed it.
  return found === undefined
    ? ['The wallet granted something else than was asked for.', 'Do not use it, and revoke it: what was signed exists.']
    : [found[1], found[2]]
}
