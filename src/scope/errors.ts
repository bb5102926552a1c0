import { AmbitError, type ErrorDetails } from '../errors.ts'

/** What can be wrong with a scope. Stable, never reused. */
export type ScopeCode =
  // shape
  | 'scope.not_json'
  | 'scope.too_large'
  | 'scope.prototype_key'
  | 'scope.unknown_field'
  | 'scope.missing_field'
  | 'scope.missing_expiry'
  | 'scope.wrong_type'
  | 'scope.malformed_value'
  | 'scope.out_of_range'
  | 'scope.unsupported_version'
  // accounts
  | 'scope.invalid_address'
  | 'scope.bad_checksum'
  | 'scope.zero_address'
  | 'scope.open_delegate'
  | 'scope.principal_is_delegate'
  | 'scope.request_key_is_principal'
  | 'scope.request_with_redelegation'
  | 'scope.confirmer_is_delegate'
  // time
  | 'scope.no_such_date'
  | 'scope.expired'
  | 'scope.expiry_out_of_range'
  | 'scope.empty_lifetime'
  | 'scope.zero_period'
  | 'scope.period_out_of_range'
  | 'scope.period_without_window'
  | 'scope.window_without_period'
  // money
  | 'scope.amount_not_positive'
  | 'scope.too_many_decimals'
  | 'scope.amount_overflow'
  | 'scope.unknown_decimals'
  | 'scope.asset_mismatch'
  | 'scope.asset_is_account'
  // rules
  | 'scope.empty_rules'
  | 'scope.duplicate_rule'
  | 'scope.duplicate_payee'
  | 'scope.duplicate_value'
  | 'scope.unlimited_rule'
  | 'scope.nonsense_payee'
  | 'scope.invalid_function'
  | 'scope.unknown_type'
  | 'scope.unknown_argument'
  | 'scope.condition_does_not_fit'
  | 'scope.value_does_not_fit'
  | 'scope.unsatisfiable_condition'
  | 'scope.amount_not_an_argument'
  // budgets
  | 'scope.unknown_budget'
  | 'scope.unused_budget'
  | 'scope.empty_budget'
  | 'scope.budget_without_asset'
  | 'scope.threshold_not_below_budget'
  | 'scope.empty_escalation'
  // provenance
  | 'scope.agent_sourced'
  | 'scope.dangling_provenance'
  | 'scope.conflicting_provenance'
  // other formats
  | 'scope.foreign_type'
  | 'scope.contradictory_details'
  | 'scope.other_party'
  | 'scope.not_expressible'
  | 'scope.cannot_hold'
  // plans
  | 'scope.unknown_call'
  | 'scope.call_not_canonical'
  | 'scope.argument_not_pinnable'
  | 'scope.plan_too_varied'
  | 'scope.plan_outside_lifetime'
  // templates
  | 'scope.unknown_template'
  | 'scope.unknown_answer'
  | 'scope.missing_answer'
  | 'scope.bad_answer'
  // narrowing
  | 'scope.not_narrower'
  | 'scope.invalid_patch'

/** One thing wrong with a scope, and where. */
export type ScopeIssue = {
  code: ScopeCode
  /** JSON pointer (RFC 6901) into the scope; empty for the whole. */
  pointer: string
  /** First line, without varying values. */
  message: string
  fix: string
  value?: string | number | boolean
  bound?: string | number
}

/** Issues listed in one error. More is a flood, not help. */
const MAX_LISTED = 50

/** Why a scope was refused. `code`, `pointer`, `value` and `bound` are of the first issue; `issues` has all, in order. */
export class ScopeError extends AmbitError<ScopeCode> {
  override readonly name = 'ScopeError'
  readonly issues: readonly ScopeIssue[]

  constructor(first: ScopeIssue, ...others: readonly ScopeIssue[]) {
    super(first.code, first.message, { details: detailsOf(first, others), fix: first.fix })
    this.issues = [first, ...others].slice(0, MAX_LISTED)
  }
}

function detailsOf(first: ScopeIssue, others: readonly ScopeIssue[]): ErrorDetails {
  return {
    pointer: first.pointer,
    ...(first.value === undefined ? {} : { value: first.value }),
    ...(first.bound === undefined ? {} : { bound: first.bound }),
    ...(others.length === 0
      ? {}
      : { others: others.slice(0, MAX_LISTED).map(({ code, pointer }) => `${code} at ${pointer}`) }),
  }
}
