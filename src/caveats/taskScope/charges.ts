import { concatBytes, type Hex } from '../../primitives/hex.ts'
import { CaveatError } from '../errors.ts'
import { assertNotZero, assertUint } from '../terms.ts'
import { assertNumber, numberToBytes, sized, sizeOf, type TermsReader } from './bytes.ts'
import { assertWord } from './conditions.ts'
import type { TaskScopeCharge } from './types.ts'

/** Bits of a weight: no larger one could be charged to any cap. */
const WEIGHT_BITS = 112

const SOURCES = { balance: 253, count: 254, value: 255 } as const

/** @param length - Bytes of calldata that the rule asks for. */
export function encodeCharges(charges: readonly TaskScopeCharge[], length: number, budgets: number): Hex {
  let least = 0
  const encoded = charges.map((charge) => {
    const { budget, weight } = charge
    assertNumber(budget, 0, budgets - 1, 'budget')
    if (budget < least) {
      throw new CaveatError('caveats.not_canonical', 'Charges stand in the order of their budgets.', {
        details: { budget, after: least },
        fix: 'Order them by budget.',
      })
    }
    least = budget
    assertUint(weight, WEIGHT_BITS, 'weight')
    assertNotZero(weight, 'weight')
    const size = weight === 1n ? 0 : sizeOf(weight)
    return concatBytes(
      numberToBytes(budget, 1),
      numberToBytes(sourceOf(charge, length), 1),
      numberToBytes(size, 1),
      sized(weight, size),
    )
  })
  return concatBytes(...encoded)
}

export function readCharge(reader: TermsReader): TaskScopeCharge {
  const budget = reader.number(1)
  const source = readSource(reader.number(1))
  const size = reader.number(1)
  return { budget, source, weight: size === 0 ? 1n : reader.uint(size) }
}

function sourceOf({ source }: TaskScopeCharge, length: number): number {
  if (typeof source === 'object') {
    assertWord(source.word, length)
    return source.word
  }
  if (Object.hasOwn(SOURCES, source)) return SOURCES[source]
  throw new CaveatError('caveats.out_of_range', 'There is no such source of a charge.', {
    details: { source: String(source) },
    fix: 'Give a word of the arguments, balance, count or value.',
  })
}

function readSource(source: number): TaskScopeCharge['source'] {
  if (source === SOURCES.balance) return 'balance'
  if (source === SOURCES.count) return 'count'
  return source === SOURCES.value ? 'value' : { word: source }
}
