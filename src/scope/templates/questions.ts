import type { Question } from './types.ts'

/** Asked by every template, after its own. */
export const FRAME_QUESTIONS: readonly Question[] = [
  {
    name: 'principal',
    ask: 'Whose account it is',
    kind: 'account',
    example: '0x1111111111111111111111111111111111111111',
  },
  {
    name: 'delegate',
    ask: 'The agent’s account',
    kind: 'account',
    example: '0x2222222222222222222222222222222222222222',
  },
  { name: 'until', ask: 'When it ends: a length of time from now, or a date', kind: 'end', example: '60d' },
  {
    name: 'guardian',
    ask: 'Who else may end it at any time; advised',
    kind: 'account',
    example: '0x3333333333333333333333333333333333333333',
    optional: true,
  },
  { name: 'purpose', ask: 'What it is for, in words', kind: 'text', example: 'Keep the services paid', optional: true },
  { name: 'task', ask: 'Name of the task', kind: 'text', example: 'bills-2026', optional: true },
]

export const ASSET: Question = {
  name: 'asset',
  ask: 'The token that is paid with',
  kind: 'token',
  example: '0x833589fcd6edb6e08f4c7c32d4f71b54bda02913',
}

export const PAYEES: Question = {
  name: 'payees',
  ask: 'Who may be paid: one or more accounts',
  kind: 'accounts',
  example: '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2',
}

/** Rolling by default: of a fixed window twice the limit can go within seconds. */
export const WINDOW: Question = {
  name: 'window',
  ask: 'How a period is counted: rolling needs the TaskScopeEnforcer, fixed does not',
  kind: 'choice',
  example: 'rolling',
  default: 'rolling',
  choices: ['rolling', 'fixed'],
}
