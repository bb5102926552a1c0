import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import type { Draft } from '../compile/types.ts'
import type { Address, Hex } from '../primitives/hex.ts'
import { createDelegations } from './create.ts'
import { hashDelegation } from './hash.ts'
import { ROOT_AUTHORITY } from './types.ts'

const account = (digit: string): Address => `0x${digit.repeat(40)}`
const salt = (digit: string): Hex => `0x${digit.repeat(64)}`

const root: Draft = {
  delegator: account('a'),
  delegate: account('a'),
  parent: null,
  caveats: [{ enforcer: account('e'), terms: '0x01', args: '0x' }],
  salt: salt('1'),
}
const leaf: Draft = { ...root, delegate: account('b'), parent: 0, salt: salt('2') }

describe('createDelegations', () => {
  test('default: binds each draft to the hash of its parent, unsigned', () => {
    const [first, second, third] = createDelegations([root, leaf, { ...leaf, salt: salt('3') }])
    if (first === undefined) throw new TypeError('no root')
    expect(first).toMatchObject({ authority: ROOT_AUTHORITY, signature: '0x', delegate: account('a') })
    expect(second).toMatchObject({ authority: hashDelegation(first), delegate: account('b') })
    expect(third).toMatchObject({ authority: hashDelegation(first), salt: salt('3') })
  })

  test('error: a parent that does not stand before its child', () => {
    for (const parent of [1, 2, -1, 0.5, Number.NaN]) {
      expect(codeOf(() => createDelegations([root, { ...leaf, parent }])).code).toBe('delegation.bad_parent')
    }
  })

  test('error: a child whose delegator is not the parent’s delegate', () => {
    const stranger = { ...leaf, delegator: account('c') }
    expect(codeOf(() => createDelegations([root, stranger])).code).toBe('delegation.parent_not_delegate')
  })

  test('error: equal content and salt, which revoking one would kill both of', () => {
    expect(codeOf(() => createDelegations([root, leaf, { ...leaf }]))).toMatchObject({
      code: 'delegation.duplicate',
      details: { draft: 2 },
    })
  })
})
