import { AmbitError, type ErrorDetails } from '../errors.ts'

/** Why a scope was not compiled, or delegations are not safe to sign. Stable, never reused. */
export type CompileErrorCode =
  // not this lowering: refused by name unless accepted as held by the redeemer
  | 'compile.rolling_window'
  | 'compile.multi_asset_budget'
  | 'compile.calls_per_period'
  | 'compile.allowance'
  | 'compile.request'
  | 'compile.escalation'
  | 'compile.condition'
  | 'compile.max'
  | 'compile.spends'
  | 'compile.measured'
  | 'compile.measured_assets'
  | 'compile.measured_escalation'
  | 'compile.unbounded'
  | 'compile.rolling_calls'
  | 'compile.rule_order'
  | 'compile.native_anyone'
  | 'compile.accept_unmatched'
  // the input does not fit together
  | 'compile.wrong_chain'
  | 'compile.unresolved'
  | 'compile.amount_not_positive'
  | 'compile.too_many_delegations'
  | 'compile.invalid_value'
  | 'compile.bound_exceeded'
  // always-rules: of the scope and of whatever was produced
  | CompileFindingCode

/** What {@link inspectLinks} can find in delegations, whoever made them. */
export type CompileFindingCode =
  // what may be called, paid, or moved
  | 'compile.target_is_manager'
  | 'compile.target_is_principal'
  | 'compile.forbidden_target'
  | 'compile.forbidden_payee'
  | 'compile.forbidden_selector'
  | 'compile.nested_open'
  | 'compile.nested_unreadable'
  | 'compile.nested_delegatecall'
  | 'compile.any_target'
  | 'compile.any_method'
  | 'compile.cross_product'
  | 'compile.unbounded_transfer'
  | 'compile.native_with_calldata'
  | 'compile.native_unbounded'
  | 'compile.value_with_token'
  | 'compile.batch_open'
  // caveats that do not do what they are for
  | 'compile.periods_share_counter'
  | 'compile.counted_twice'
  | 'compile.two_tokens'
  | 'compile.mixed_modes'
  | 'compile.disjoint'
  | 'compile.wider_than_parent'
  | 'compile.logical_or'
  | 'compile.no_restriction'
  | 'compile.partial_pin'
  | 'compile.balance_guard'
  | 'compile.balance_locked'
  | 'compile.layout_differs'
  | 'compile.unknown_caveat'
  // the links themselves
  | 'compile.no_expiry'
  | 'compile.no_group'
  | 'compile.bad_salt'
  | 'compile.salt_reused'
  | 'compile.open_delegate'
  | 'compile.broken_chain'
  | 'compile.chain_too_long'
  | 'compile.link_too_large'

export class CompileError extends AmbitError<CompileErrorCode> {
  override readonly name = 'CompileError'

  constructor(
    code: CompileErrorCode,
    message: string,
    options: { fix: string; details?: ErrorDetails; cause?: unknown },
  ) {
    super(code, message, options)
  }
}
