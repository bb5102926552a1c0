import { recurringPeriod, timesUntil } from './periods.ts'
import { ASSET, WINDOW } from './questions.ts'
import type { Template } from './types.ts'

export const subscription: Template = {
  name: 'subscription',
  title: 'Subscription',
  summary: 'One service is paid its price once each interval, and no oftener than there are intervals.',
  lowering: 'any',
  purpose: 'Pay this subscription',
  questions: [
    ASSET,
    {
      name: 'payee',
      ask: 'Who is paid',
      kind: 'account',
      example: '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1',
    },
    { name: 'price', ask: 'The price of one interval', kind: 'amount', example: '20' },
    { name: 'every', ask: 'How long an interval is', kind: 'duration', example: '30d', default: '30d' },
    WINDOW,
  ],
  build(answers, frame) {
    const asset = answers.account('asset')
    const price = answers.amount('price', asset)
    const { every, period, begins } = recurringPeriod(answers, frame)
    return {
      rules: [
        { id: 'pay', class: 'transfer', asset, to: [answers.account('payee')], max: price, budget: 'subscription' },
      ],
      budgets: { subscription: { assets: { [asset]: '1' }, max: price, ...period } },
      calls: { max: timesUntil(answers.end('until'), every, frame) },
      ...begins,
    }
  },
}
