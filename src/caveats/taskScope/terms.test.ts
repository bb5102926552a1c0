import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyTaskScope } from '../../../test/arbitraries/taskScopeCaveat.ts'
import { packTerms } from '../../../test/vectors/taskScope/pack.ts'
import { taskScope } from './terms.ts'

describe('taskScope', () => {
  test('default: what is written is the table’s bytes and is read back', () => {
    fc.assert(
      fc.property(anyTaskScope(), (terms) => {
        const bytes = taskScope.encode(terms)
        expect(bytes).toBe(packTerms(terms))
        expect(taskScope.decode(bytes)).toEqual(terms)
      }),
      { numRuns: 500 },
    )
  })
})
