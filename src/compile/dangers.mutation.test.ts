import { describe, expect, test } from 'vitest'
import { bound, draft, environment, methods, noValue, once, pin, targets, word } from '../../test/arbitraries/drafts.ts'
import { USDC } from '../../test/arbitraries/scope.ts'
import { AMOUNT_WORD, selectorDanger } from './dangers.ts'
import { inspectLinks } from './inspect.ts'
import { linksOf } from './links.ts'
import { selectorOf } from './selector.ts'

describe('selectorDanger', () => {
  test('behavior: the word that accepts a function is its name, also where its parameters have brackets of their own', () => {
    const tuple = 'permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)'
    const row = 'enableDelegation((address,address,bytes32,(address,bytes,bytes)[],uint256,bytes))'
    expect(selectorDanger(selectorOf(tuple))).toEqual({ name: 'permit', acknowledge: 'selector:permit' })
    expect(selectorDanger(selectorOf(row))?.acknowledge).toBe('selector:enableDelegation')
    expect(selectorDanger(selectorOf('pay(address,uint256)'))).toBeUndefined()
  })
})

describe('AMOUNT_WORD', () => {
  const amounts: [signature: string, words: number, amount: number][] = [
    ['transfer(address,uint256)', 2, 1],
    ['transferFrom(address,address,uint256)', 3, 2],
    ['transferAndCall(address,uint256)', 2, 1],
    ['transferAndCall(address,uint256,bytes)', 3, 1],
    ['send(address,uint256,bytes)', 3, 1],
    ['burn(uint256)', 1, 0],
  ]

  test.each(amounts)(
    'behavior: %s moves what is in the word of its amount: pinned there, it is bounded',
    (signature, words, amount) => {
      const codes = (place: number) => {
        const at = pin(4n + 32n * BigInt(place), word('0x05'))
        const caveats = [...bound, noValue, once, targets(USDC), methods(selectorOf(signature)), at]
        return inspectLinks(linksOf([draft(caveats)]), environment).map(({ code }) => code)
      }
      // One word past the last, too: nothing reads it.
      for (let at = 0; at <= words; at++) {
        expect([at, codes(at)]).toEqual([at, at === amount ? [] : ['compile.unbounded_transfer']])
      }
    },
  )

  test('behavior: the table above has every function that moves an amount', () => {
    expect([...AMOUNT_WORD]).toEqual(amounts.map(([signature, , amount]) => [selectorOf(signature), amount]))
  })
})
