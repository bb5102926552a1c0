import { describe, expect, test } from 'vitest'
import { termsOf } from '../../../test/fixtures/taskScope.ts'
import { agent, alice, grantOf, hashAt, ZERO_HASH } from '../../../test/fixtures/verdict.ts'
import type { PreparedBranch } from '../prepared.ts'
import { refusedAt } from './refusedAt.ts'

const prepared = grantOf([termsOf()], [{ kind: 'limitedCalls', limit: 3n }, termsOf()])
const [branch] = prepared.branches as [PreparedBranch]
const [leaf, root] = [hashAt(prepared, 0), hashAt(prepared, 1)]
const numbers = { limit: 9n, used: 4n, requested: 6n }

describe('refusedAt', () => {
  test('default: the link by the hash of its delegation, the rule by its number', () => {
    const refusal = { error: 'NotAdmitted', item: 1, rule: 0, reason: 'budget', index: 2, ...numbers } as const
    expect(refusedAt(branch, { ...refusal, delegation: root })).toEqual({
      hop: 1,
      delegator: alice,
      delegation: root,
      caveat: { index: 1, kind: 'taskScope' },
      ...numbers,
      rule: { call: 1, index: 0, id: null, part: 'budget', at: 2 },
    })
    expect(refusedAt(branch, { ...refusal, delegation: leaf })).toMatchObject({ hop: 0, delegator: agent })
    expect(refusedAt(branch, { ...refusal, rule: null, reason: 'no_rule', delegation: leaf })).toMatchObject({
      rule: { index: null, id: null, part: 'shape' },
    })
  })

  test('behavior: what a refusal does not say is null, and other refusals have no rule', () => {
    expect(refusedAt(branch, { error: 'CallsExceeded', delegation: leaf, ...numbers })).toEqual({
      hop: 0,
      delegator: agent,
      delegation: leaf,
      caveat: { index: 0, kind: 'taskScope' },
      ...numbers,
    })
    const malformed = refusedAt(branch, { error: 'MalformedExecution', delegation: leaf })
    expect(malformed).toMatchObject({ limit: null, used: null, requested: null })
    expect(malformed).not.toHaveProperty('rule')
  })

  test('behavior: of two such caveats the first is named', () => {
    const twice = grantOf([{ kind: 'limitedCalls', limit: 3n }, termsOf(), termsOf()])
    const [other] = twice.branches as [PreparedBranch]
    const refusal = { error: 'MalformedExecution', delegation: hashAt(twice, 0) } as const
    expect(refusedAt(other, refusal)?.caveat).toEqual({ index: 1, kind: 'taskScope' })
  })

  test('error: words of another delegation, or of one without such a caveat, are not ours', () => {
    expect(refusedAt(branch, { error: 'MalformedExecution', delegation: ZERO_HASH })).toBeNull()
    const plain = grantOf([{ kind: 'limitedCalls', limit: 3n }])
    const [other] = plain.branches as [PreparedBranch]
    expect(refusedAt(other, { error: 'MalformedExecution', delegation: hashAt(plain, 0) })).toBeNull()
  })
})
