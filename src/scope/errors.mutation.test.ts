import { describe, expect, test } from 'vitest'
import { ScopeError, type ScopeIssue } from './errors.ts'

const issue = (n: number, more: Partial<ScopeIssue> = {}): ScopeIssue => ({
  code: 'scope.malformed_value',
  pointer: `/${n}`,
  message: 'm',
  fix: `f${n}`,
  ...more,
})
const of = (count: number) => {
  const [first, ...others] = Array.from({ length: count }, (_, n) => issue(n))
  if (first === undefined) throw new RangeError('at least one')
  return new ScopeError(first, ...others)
}

describe('ScopeError', () => {
  test('default: the first issue, with what it has and nothing it has not', () => {
    expect(of(1)).toMatchObject({ code: 'scope.malformed_value', shortMessage: 'm', fix: 'f0' })
    expect(of(1).details).toEqual({ pointer: '/0' })
    expect(new ScopeError(issue(0, { value: false })).details).toEqual({ pointer: '/0', value: false })
    expect(new ScopeError(issue(0, { bound: 0 })).details).toEqual({ pointer: '/0', bound: 0 })
  })

  test('behavior: of many issues the first 50 are listed, and 50 others named', () => {
    const listed = (count: number) => of(count).issues.map(({ pointer }) => pointer)
    const pointers = Array.from({ length: 50 }, (_, n) => `/${n}`)
    expect(listed(2)).toEqual(['/0', '/1'])
    expect(listed(50)).toEqual(pointers)
    expect(listed(51)).toEqual(pointers)
    const others = (count: number) => of(count).details['others']
    expect(others(2)).toEqual(['scope.malformed_value at /1'])
    const named = Array.from({ length: 50 }, (_, n) => `scope.malformed_value at /${n + 1}`)
    expect([others(51), others(52)]).toEqual([named, named])
  })
})
