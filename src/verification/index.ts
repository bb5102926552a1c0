export {
  type JournalCode,
  type JournalFinding,
  type JournalVerification,
  verifyJournal,
} from './journal.ts'
export { createMemory, type Memory } from './memory.ts'
export { type Now, type Past, type Replay, type ReplayedAction, replayReceipts, type Unsaid } from './replay.ts'
export { type LoadedTrust, loadTrust } from './trust.ts'
export type {
  ChainFacts,
  Check,
  CheckCode,
  CheckName,
  Result,
  Status,
  Trust,
  Verification,
  VerifyOptions,
} from './types.ts'
export { verifyBundle } from './verify.ts'
