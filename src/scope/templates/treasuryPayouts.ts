import { compareAmounts } from '../../primitives/amount.ts'
import { isoDuration, limitPeriod } from './periods.ts'
import { ASSET, PAYEES, WINDOW } from './questions.ts'
import type { Template } from './types.ts'

export const treasuryPayouts: Template = {
  name: 'treasury-payouts',
  title: 'Treasury payouts',
  summary:
    'The agent pays contributors out of a treasury up to a limit that fills again; a large payment waits until somebody confirms it with a signature.',
  lowering: 'fused',
  purpose: 'Pay the contributors',
  questions: [
    ASSET,
    PAYEES,
    { name: 'limit', ask: 'The most that may leave in a period', kind: 'amount', example: '10000' },
    { name: 'per', ask: 'How long a period is', kind: 'duration', example: '30d', default: '30d' },
    {
      name: 'most',
      ask: 'The most for one payment, where that is less',
      kind: 'amount',
      example: '4000',
      optional: true,
    },
    { name: 'above', ask: 'A payment of more than this waits for a confirmation', kind: 'amount', example: '1000' },
    {
      name: 'confirmer',
      ask: 'Who confirms, where it is not the principal',
      kind: 'account',
      example: '0x4444444444444444444444444444444444444444',
      optional: true,
    },
    {
      name: 'timeout',
      ask: 'How long a question stands; no answer is a no',
      kind: 'duration',
      example: '1d',
      default: '1d',
    },
    WINDOW,
  ],
  build(answers, frame) {
    const asset = answers.account('asset')
    const { period, begins } = limitPeriod(answers, frame)
    const [limit, above] = [answers.amount('limit', asset), answers.amount('above', asset)]
    if (compareAmounts(above, limit) >= 0) {
      const rest = { value: above, bound: limit, fix: 'Write less than the limit of a period.' }
      answers.refuse('above', 'scope.threshold_not_below_budget', 'No payment could be that large.', rest)
    }
    const most = answers.has('most') ? { max: answers.amount('most', asset) } : {}
    return {
      rules: [{ id: 'payout', class: 'transfer', asset, to: answers.accounts('payees'), ...most, budget: 'payouts' }],
      budgets: { payouts: { assets: { [asset]: '1' }, max: limit, ...period } },
      escalation: {
        above: { payouts: above },
        confirmer: answers.has('confirmer') ? answers.account('confirmer') : 'principal',
        timeout: isoDuration(answers.seconds('timeout')),
        onTimeout: 'deny',
      },
      ...begins,
    }
  },
}
