import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { makeGrant, richDocument } from '../../test/arbitraries/signedGrant.ts'
import { hashDelegation } from '../delegation/hash.ts'
import { ROOT_AUTHORITY } from '../delegation/types.ts'
import { descendantsOf } from './descendants.ts'

const grant = await makeGrant(await baseEnvironment(), richDocument())
const hashes = grant.delegations.map(hashDelegation)

describe('descendantsOf', () => {
  test('default: under all roots lies all that is no root; under a leaf, nothing', () => {
    const roots = hashes.filter((_, index) => grant.delegations[index]?.authority === ROOT_AUTHORITY)
    expect(descendantsOf(grant, roots)).toEqual(hashes.filter((hash) => !roots.includes(hash)))
    const leaves = grant.branches.flatMap(({ links: [leaf = 0] }) => hashes.slice(leaf, leaf + 1))
    expect(descendantsOf(grant, leaves)).toEqual([])
  })

  test('behavior: a child that stands before its parent is found', () => {
    const turned = { delegations: grant.delegations.toReversed() }
    const roots = hashes.filter((_, index) => grant.delegations[index]?.authority === ROOT_AUTHORITY)
    expect(new Set(descendantsOf(turned, roots))).toEqual(new Set(descendantsOf(grant, roots)))
    expect(descendantsOf(grant, roots).length).toBeGreaterThan(0)
  })
})
