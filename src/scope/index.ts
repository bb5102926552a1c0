export { type Admission, createScopeHistory, type ScopedAction, type ScopeHistory } from './admits.ts'
export { type AssetRadius, type BlastRadius, type Bounded, blastRadius } from './blastRadius.ts'
export { budgetCapacity, budgetDecimals } from './budgets.ts'
export { type Difference, type Direction, diffScopes } from './diff.ts'
export { type ScopeCode, ScopeError, type ScopeIssue } from './errors.ts'
export { type PermissionImport, scopeFromPermissionRequest } from './fromPermissionRequest.ts'
export { type FunctionInput, type ParsedFunction, parseFunction } from './function.ts'
export { scopeHash, scopeJsonSchema } from './hash.ts'
export type { ImportOptions } from './imported.ts'
export { type InferOptions, type InferredScope, inferScope } from './infer.ts'
export type { OverGrant, OverGrantDimension } from './inferOverGrant.ts'
export { PlanDocument } from './inferPlan.ts'
export type { RulePer } from './inferRules.ts'
export { lintScope, type Warning, type WarningId } from './lint.ts'
export { narrowScope } from './narrow.ts'
export { type ParseOptions, parseScope } from './parse.ts'
export type { PermissionRequest, PermissionRule } from './permissionRequest.ts'
export { RAR_TYPE, type RarDetail, scopeFromRar, scopeToRar } from './rar.ts'
export { ScopeDocument, Source } from './schema.ts'
export { type Dimension, isSubset, type SubsetOptions, type SubsetResult } from './subset.ts'
export {
  type Answers,
  type Question,
  type QuestionKind,
  questionsOf,
  scopeFromTemplate,
  type Template,
  type TemplateFrame,
  templateNamed,
  templates,
} from './templates/index.ts'
export { scopeToPermissionRequests } from './toPermissionRequests.ts'
export type * from './types.ts'
export { unconfirmedIn } from './unconfirmed.ts'
