import { limitPeriod } from './periods.ts'
import { WINDOW } from './questions.ts'
import type { Template } from './types.ts'

export const gasTopUp: Template = {
  name: 'gas-top-up',
  title: 'Gas top-up',
  summary: 'The agent keeps accounts that you name in native coin for their fees, a little at a time.',
  lowering: 'any',
  purpose: 'Keep these accounts in gas',
  questions: [
    {
      name: 'accounts',
      ask: 'Which accounts are topped up',
      kind: 'accounts',
      example: '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1, 0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2',
    },
    { name: 'limit', ask: 'The most native coin that may leave in a period', kind: 'amount', example: '0.05' },
    { name: 'per', ask: 'How long a period is', kind: 'duration', example: '7d', default: '7d' },
    { name: 'most', ask: 'The most at once, where that is less', kind: 'amount', example: '0.01', optional: true },
    WINDOW,
  ],
  build(answers, frame) {
    const { period, begins } = limitPeriod(answers, frame)
    const most = answers.has('most') ? { max: answers.amount('most', 'native') } : {}
    return {
      rules: [
        { id: 'top-up', class: 'transfer', asset: 'native', to: answers.accounts('accounts'), ...most, budget: 'gas' },
      ],
      budgets: { gas: { assets: { native: '1' }, max: answers.amount('limit', 'native'), ...period } },
      ...begins,
    }
  },
}
