import { formatAmount, parseAmount } from '../../primitives/amount.ts'
import { attempt } from '../attempt.ts'
import { ScopeError } from '../errors.ts'
import { type FunctionInput, parseFunction } from '../function.ts'
import type { AnswerReader } from './answers.ts'
import type { Template } from './types.ts'

const MINT = 'function mint(address to, uint256 quantity)'

export const nftMint: Template = {
  name: 'nft-mint',
  title: 'NFT mint',
  summary:
    'The agent mints from one collection, one item at a time and so many in all, at your price and into your account.',
  lowering: 'fused',
  purpose: 'Mint from this collection',
  questions: [
    {
      name: 'contract',
      ask: 'The collection',
      kind: 'account',
      example: '0xcccccccccccccccccccccccccccccccccccccccc',
    },
    {
      name: 'price',
      ask: 'The most for one item, in native coin; 0 where it is free',
      kind: 'amount',
      example: '0.05',
    },
    { name: 'count', ask: 'How many items', kind: 'count', example: '3', default: '1' },
    {
      name: 'mint',
      ask: 'The function that mints one: accounts in it become yours, its number becomes 1',
      kind: 'text',
      example: MINT,
      default: MINT,
    },
  ],
  build(answers) {
    const each = answers.amount('price', 'native', 'zero')
    const count = answers.count('count', 1_000_000)
    const price = /^[0.]*$/.test(each) ? 0n : parseAmount(each, 18)
    const spends = price === 0n ? [] : ([{ asset: 'native', amount: 'value', budget: 'mints' }] as const)
    return {
      rules: [
        {
          id: 'mint',
          class: 'call',
          target: answers.account('contract'),
          function: answers.text('mint'),
          args: pinned(answers),
          spends: [...spends],
          value: { lte: `${price}` },
        },
      ],
      budgets: price === 0n ? {} : { mints: { assets: { native: '1' }, max: formatAmount(price * BigInt(count), 18) } },
      calls: { max: count },
    }
  },
}

/** Every argument that the template can pin: nobody else becomes the owner, and one call is one item. */
function pinned(answers: AnswerReader): Record<string, { eq: string }> {
  const signature = answers.text('mint')
  const parsed = attempt(
    () => parseFunction(signature),
    ScopeError,
    (error) => {
      const [{ code, message, fix } = {} as never] = error.issues
      answers.refuse('mint', code, message, { value: signature.slice(0, 80), fix })
      return undefined
    },
  )
  const inputs = parsed?.inputs ?? []
  const numbers = inputs.filter(({ type }) => NUMBER.test(type))
  if (numbers.length > 1 || inputs.some((input) => pinOf(input) === undefined)) {
    const fix =
      'Name a function of accounts and at most one number, each with a name; for another one write the scope file.'
    answers.refuse('mint', 'scope.bad_answer', 'The template cannot pin the arguments of this function.', {
      value: signature.slice(0, 80),
      fix,
    })
  }
  return Object.fromEntries(inputs.map((input) => [input.name, { eq: pinOf(input) ?? '' }]))
}

const NUMBER = /^uint[0-9]+$/

function pinOf({ name, type }: FunctionInput): string | undefined {
  if (name === '') return undefined
  if (type === 'address') return 'principal'
  return NUMBER.test(type) ? '1' : undefined
}
