import { recurringPeriod, timesUntil } from './periods.ts'
import { ASSET, WINDOW } from './questions.ts'
import type { Template } from './types.ts'

/** Of the routers that most chains have; its members are pinned one by one. */
const SWAP =
  'function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params)'

export const dcaSwap: Template = {
  name: 'dca-swap',
  title: 'DCA swap',
  summary:
    'The agent buys one token for the same amount of another each interval, never below your price, and what is bought arrives in your account. The router’s allowance lasts for the swap alone.',
  lowering: 'fused',
  purpose: 'Buy a little of this token regularly',
  questions: [
    { ...ASSET, ask: 'The token that is spent' },
    { name: 'amount', ask: 'How much of it each time', kind: 'amount', example: '50' },
    {
      name: 'buy',
      ask: 'The token that is bought',
      kind: 'token',
      example: '0x4200000000000000000000000000000000000006',
    },
    { name: 'least', ask: 'The least of it to get each time', kind: 'amount', example: '0.01' },
    { name: 'every', ask: 'How often', kind: 'duration', example: '7d', default: '7d' },
    {
      name: 'router',
      ask: 'The swap router (its exactInputSingle without a deadline)',
      kind: 'account',
      example: '0xcccccccccccccccccccccccccccccccccccccccc',
    },
    { name: 'fee', ask: 'Fee tier of the pool, in millionths', kind: 'count', example: '500', default: '3000' },
    WINDOW,
  ],
  build(answers, frame) {
    const asset = answers.account('asset')
    const bought = answers.account('buy')
    if (asset === bought) {
      const rest = { value: bought, fix: 'Name another token than the one that is spent.' }
      answers.refuse('buy', 'scope.bad_answer', 'A token cannot be bought for itself.', rest)
    }
    const { every, period, begins } = recurringPeriod(answers, frame)
    const exactly = (value: bigint | number | string) => ({ eq: `${value}` })
    const spent = 'params.amountIn'
    return {
      rules: [
        {
          id: 'swap',
          class: 'call',
          target: answers.account('router'),
          function: SWAP,
          args: {
            'params.tokenIn': exactly(asset),
            'params.tokenOut': exactly(bought),
            'params.fee': exactly(answers.count('fee', 999_999)),
            'params.recipient': exactly('principal'),
            // Not `lte`: a smaller swap could take the same minimum for a worse price, or fees for nothing.
            [spent]: exactly(answers.units('amount', asset)),
            'params.amountOutMinimum': { gte: `${answers.units('least', bought)}` },
            'params.sqrtPriceLimitX96': exactly(0),
          },
          allowance: { asset, amount: spent },
          spends: [{ asset, amount: spent, budget: 'purchases' }],
        },
      ],
      budgets: { purchases: { assets: { [asset]: '1' }, max: answers.amount('amount', asset), ...period } },
      calls: { max: timesUntil(answers.end('until'), every, frame) },
      ...begins,
    }
  },
}
