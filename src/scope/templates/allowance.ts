import { limitPeriod } from './periods.ts'
import { ASSET, PAYEES, WINDOW } from './questions.ts'
import type { Template } from './types.ts'

export const allowance: Template = {
  name: 'allowance',
  title: 'Allowance for API bills',
  summary: 'The agent pays bills of services that you name, up to a limit that fills again.',
  lowering: 'any',
  purpose: 'Pay the bills of these services',
  questions: [
    ASSET,
    PAYEES,
    { name: 'limit', ask: 'The most that may leave in a period', kind: 'amount', example: '200' },
    { name: 'per', ask: 'How long a period is', kind: 'duration', example: '30d', default: '30d' },
    { name: 'most', ask: 'The most for one bill, where that is less', kind: 'amount', example: '80', optional: true },
    WINDOW,
  ],
  build(answers, frame) {
    const asset = answers.account('asset')
    const { period, begins } = limitPeriod(answers, frame)
    const most = answers.has('most') ? { max: answers.amount('most', asset) } : {}
    return {
      rules: [{ id: 'bill', class: 'transfer', asset, to: answers.accounts('payees'), ...most, budget: 'allowance' }],
      budgets: { allowance: { assets: { [asset]: '1' }, max: answers.amount('limit', asset), ...period } },
      ...begins,
    }
  },
}
