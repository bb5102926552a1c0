import { describe, expect, test } from 'vitest'
import { scopeDocument, TARGET, USDC } from '../../test/arbitraries/scope.ts'
import type { Hex } from '../primitives/hex.ts'
import { parseScope } from '../scope/parse.ts'
import { withAllowance } from './action.ts'

const word = (value: bigint) => value.toString(16).padStart(64, '0')
const swap = 'function swap(uint256 least, uint256 amountIn)'
const scope = parseScope(
  scopeDocument(
    [
      {
        id: 'swap',
        class: 'call',
        target: TARGET,
        function: swap,
        args: {},
        allowance: { asset: USDC, amount: 'amountIn' },
        spends: [{ asset: USDC, amount: 'amountIn', budget: 'all' }],
        value: { lte: '0' },
      } as never,
      {
        id: 'ping',
        class: 'call',
        target: TARGET,
        function: 'function ping()',
        args: {},
        value: { lte: '0' },
      } as never,
    ],
    { budgets: { all: { assets: { [USDC]: '1' }, max: '9' } } },
  ),
)
const OTHER: Hex = '0xd96a094a'

describe('withAllowance', () => {
  test('default: approves the very amount of the call before it, and ends the allowance after it', async () => {
    const { parseFunction } = await import('../scope/function.ts')
    const { selector } = parseFunction(swap)
    const call = { to: TARGET, value: 0n, data: `${selector}${word(1n)}${word(7n)}` as Hex }
    const approve = (amount: bigint) => ({
      to: USDC,
      value: 0n,
      data: `0x095ea7b3${word(BigInt(TARGET))}${word(amount)}`,
    })
    expect(withAllowance(scope, call)).toEqual([approve(7n), call, approve(0n)])
    const short = { ...call, data: `${selector}${word(1n)}${word(7n).slice(2)}` as Hex }
    expect(withAllowance(scope, short)).toEqual([short])
  })

  test('behavior: a call of a rule without one, of another function or elsewhere stays alone', async () => {
    const { parseFunction } = await import('../scope/function.ts')
    const ping = { to: TARGET, value: 0n, data: parseFunction('function ping()').selector }
    const elsewhere = { to: USDC, value: 0n, data: `${parseFunction(swap).selector}${word(1n)}${word(7n)}` as Hex }
    for (const call of [ping, elsewhere, { ...ping, data: OTHER }]) expect(withAllowance(scope, call)).toEqual([call])
  })
})
