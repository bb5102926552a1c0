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
  | 'compile.unbounded'
  | 'compile.accept_unmatched'
  // the input does not fit together
  | 'compile.wrong_chain'
  | 'compile.unresolved'
  | 'compile.amount_not_positive'
  | 'compile.too_many_delegations'
  | 'compile.invalid_value'
  // always-rules: of the scope and of whatever was produced
  | CompileFindingCode

/** What {@link inspectLinks} can find in delegations, whoever made them. */
export type CompileFindingCode =
  | 'compile.forbidden_target'
  | 'compile.forbidden_payee'
  | 'compile.forbidden_selector'
  | 'compile.any_target'
  | 'compile.any_method'
  | 'compile.unbounded_transfer'
  | 'compile.bad_salt'
  | 'compile.counted_twice'
  | 'compile.mixed_modes'
  | 'compile.batch_open'
  | 'compile.no_expiry'
  | 'compile.no_group'
  | 'compile.native_with_calldata'
  | 'compile.native_unbounded'
  | 'compile.value_with_token'
  | 'compile.unknown_caveat'
  | 'compile.open_delegate'
  | 'compile.broken_chain'

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
