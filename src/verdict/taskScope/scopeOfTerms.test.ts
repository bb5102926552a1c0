import { describe, expect, test } from 'vitest'
import { budget, pay } from '../../../test/arbitraries/plan.ts'
import { scopeDocument, USDC } from '../../../test/arbitraries/scope.ts'
import { bindSalt } from '../../compile/salt.ts'
import type { Hex } from '../../primitives/hex.ts'
import { scopeHash } from '../../scope/hash.ts'
import { parseScope } from '../../scope/parse.ts'
import type { Scope } from '../../scope/types.ts'
import { scopeOfTerms } from './scopeOfTerms.ts'

const RANDOM: Hex = `0x${'5a'.repeat(32)}`
const escalation = { above: { b: '100' }, confirmer: 'principal', timeout: 'PT15M', onTimeout: 'deny' } as const

const plain = parseScope(scopeDocument([pay({ id: 'rent' })], budget()))
const confirmed = parseScope(scopeDocument([pay({ id: 'food' }), pay({ id: 'fuel' })], { ...budget(), escalation }))
const signedFor = (scope: Scope) => ({ salt: bindSalt(scopeHash(scope), RANDOM) })

describe('scopeOfTerms', () => {
  test('default: the names of the scope that the delegation was signed for, whichever it is of several', () => {
    for (const scopes of [
      [plain, confirmed],
      [confirmed, plain],
    ]) {
      expect(scopeOfTerms(scopes, signedFor(plain))).toMatchObject({ ids: ['rent'], budgets: [{ name: 'b' }] })
      expect(scopeOfTerms(scopes, signedFor(confirmed))?.ids).toEqual(['food', 'fuel'])
    }
    expect([...(scopeOfTerms([plain], signedFor(plain))?.budgets[0]?.weights.keys() ?? [])]).toEqual([USDC])
  })

  test('behavior: a confirmer has the time of the scope, and where there is none, none', () => {
    expect(scopeOfTerms([confirmed], signedFor(confirmed))?.timeout).toBe(900n)
    expect(scopeOfTerms([plain], signedFor(plain))?.timeout).toBe(0n)
  })

  test('behavior: a scope that was shown for another delegation names nothing', () => {
    expect(scopeOfTerms([plain], signedFor(confirmed))).toBeNull()
    expect(scopeOfTerms([], signedFor(plain))).toBeNull()
  })
})
