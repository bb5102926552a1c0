/** What the reader contract answers, by its compiler. */
export { abi as taskScopeReaderAbi } from '../../../src/chain/generated/taskScopeReader.ts'
