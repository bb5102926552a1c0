/**
 * What is loaded when somebody grants, watches or revokes: one module, for each more that is loaded by itself cuts what they share into
 * pieces that compress worse.
 */
export { grantFlow } from './grantFlow.ts'
export { revokeFlow } from './revokeFlow.ts'
export { statusFlow } from './statusFlow.ts'
