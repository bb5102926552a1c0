/** What our contracts' compiler says of their errors, events and answers: held against what was written by hand. */
export { abi as taskScopeAbi } from '../../../src/chain/generated/taskScopeEnforcer.ts'
export { abi as taskScopeReaderAbi } from '../../../src/chain/generated/taskScopeReader.ts'
