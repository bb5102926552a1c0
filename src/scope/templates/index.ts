import { formatInstant } from '../../primitives/time.ts'
import { ScopeError } from '../errors.ts'
import type { ScopeDocument } from '../schema.ts'
import { allowance } from './allowance.ts'
import { AnswerReader } from './answers.ts'
import { dcaSwap } from './dcaSwap.ts'
import { gasTopUp } from './gasTopUp.ts'
import { nftMint } from './nftMint.ts'
import { FRAME_QUESTIONS } from './questions.ts'
import { subscription } from './subscription.ts'
import { treasuryPayouts } from './treasuryPayouts.ts'
import type { Answers, Frame, Question, Template } from './types.ts'

export { FRAME_QUESTIONS } from './questions.ts'
export type { Answers, Frame as TemplateFrame, Question, QuestionKind, Template } from './types.ts'

/** Scopes that people start from. */
export const templates: readonly Template[] = [allowance, subscription, dcaSwap, treasuryPayouts, nftMint, gasTopUp]

/** @throws {@link ScopeError} `scope.unknown_template`. */
export function templateNamed(name: string): Template {
  const found = templates.find((template) => template.name === name)
  if (found !== undefined) return found
  throw new ScopeError({
    code: 'scope.unknown_template',
    pointer: '',
    message: 'There is no template of this name.',
    value: name,
    fix: `Take one of ${templates.map((template) => template.name).join(', ')}.`,
  })
}

/** Everything that a template asks, in the order in which people are asked. */
export function questionsOf(template: Template): readonly Question[] {
  return [...template.questions, ...FRAME_QUESTIONS]
}

/**
 * The scope document that plain answers describe, still to be read by `parseScope`: a template knows what is usual, and
 * whether a value makes sense beside the others is said there. Nothing is granted that was not asked for: no redelegation, no
 * payee but those named, an end.
 *
 * @throws {@link ScopeError} with all issues, each pointing to the question: `scope.unknown_answer`, `scope.missing_answer`,
 * `scope.bad_answer`, `scope.unknown_decimals`, and what is wrong with an account, an amount or a function.
 */
export function scopeFromTemplate(template: Template, answers: Answers, frame: Frame): ScopeDocument {
  const reader = new AnswerReader(questionsOf(template), answers, frame)
  const part = template.build(reader, frame)
  const id = reader.has('task') ? reader.text('task') : frame.id
  const document: ScopeDocument = {
    version: 1,
    task: { id, purpose: reader.has('purpose') ? reader.text('purpose') : template.purpose },
    chainId: frame.chainId,
    principal: reader.account('principal'),
    delegate: reader.account('delegate'),
    ...part,
    expiry: formatInstant(reader.end('until')),
    redelegation: { maxDepth: 0 },
    revocation: {
      group: id,
      ...(reader.has('guardian') ? { guardian: reader.account('guardian') } : {}),
      maxLatencySeconds: 60,
    },
    evidence: { receipts: ['grant', 'decision', 'outcome', 'revocation'], retain: 'P1Y' },
    assets: assetsIn(reader, template, frame),
  }
  reader.finish()
  return document
}

/** What the chain says of the tokens that were answered, so that the document can be read without it. */
function assetsIn(
  reader: AnswerReader,
  template: Template,
  { assets = {} }: Frame,
): NonNullable<ScopeDocument['assets']> {
  const tokens = template.questions.flatMap(({ kind, name }) => (kind === 'token' ? [reader.account(name)] : []))
  return Object.fromEntries(
    tokens.flatMap((token) => {
      const info = assets[token]
      return info === undefined ? [] : [[token, info]]
    }),
  )
}
