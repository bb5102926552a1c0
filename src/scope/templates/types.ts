import type { Address } from '../../primitives/hex.ts'
import type { ScopeDocument } from '../schema.ts'
import type { AssetInfo } from '../types.ts'
import type { AnswerReader } from './answers.ts'

/** What an answer is, so that a form can offer the right field and a command line the right hint. */
export type QuestionKind =
  | 'account'
  | 'accounts'
  | 'token'
  /** Display units of the asset, as people write amounts. */
  | 'amount'
  | 'count'
  /** `30d`, `12 hours`, or ISO 8601. */
  | 'duration'
  /** A duration from now, or an instant in ISO 8601. */
  | 'end'
  | 'choice'
  | 'text'

/** One plain question. */
export type Question = {
  /** One lower-case word: a flag of the command line, a field of a form, the first member of an issue's pointer. */
  name: string
  ask: string
  kind: QuestionKind
  /** An answer that reads well in the documents; the templates are tried with these. */
  example: string
  /** What no answer means. */
  default?: string
  /** May stay unanswered, and then nothing stands in its place. */
  optional?: true
  /** Of a `choice`. */
  choices?: readonly string[]
}

/** Answers by the name of their question, as texts. Several accounts are separated by commas or blanks. An empty text is none. */
export type Answers = Readonly<Record<string, string>>

/** What the answers are about and people are not asked for. */
export type Frame = {
  chainId: number
  /** Unix seconds. */
  now: bigint
  /** Name of the task and of its revocation group where none is given: not used before, for what ends a group ends it for ever. */
  id: string
  /** What the chain says of the tokens. Amounts in arguments of calls need them. */
  assets?: Readonly<Record<Address, AssetInfo>>
}

/** A scope to start from. */
export type Template = {
  /** As the command line has it. */
  name: string
  title: string
  /** What it is for and how it bounds that: one or two sentences. */
  summary: string
  /** `fused`: holds something that the framework's caveats cannot. `any`: with fixed windows they can. */
  lowering: 'fused' | 'any'
  questions: readonly Question[]
  /** `purpose` where none is given. */
  purpose: string
  build(answers: AnswerReader, frame: Frame): Part
}

/** What a template says of a scope; who, until when and how it ends is the same for all. */
export type Part = Pick<ScopeDocument, 'rules' | 'budgets' | 'calls' | 'escalation' | 'notBefore'>
