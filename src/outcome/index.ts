export { type ClassifyParameters, classifyOutcome } from './classify.ts'
export type { Counted } from './counted.ts'
export type { LogEvidence, ReceiptEvidence, TransactionEvidence } from './evidence.ts'
export type { Effect, Inclusion, Outcome } from './types.ts'
