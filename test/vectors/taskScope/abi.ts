/** What the contract's compiler says of its errors and events: held against tables that were written by hand. */
export { abi as taskScopeAbi } from '../../../src/chain/generated/taskScopeEnforcer.ts'
