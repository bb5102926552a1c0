import { describe, expect, test } from 'vitest'
import { codeOf } from '../../test/codes.ts'
import { environment, mallory, plainGrant, usdc } from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import { hashDelegation } from '../delegation/index.ts'
import { ANY_DELEGATE, ROOT_AUTHORITY } from '../delegation/types.ts'
import type { Grant } from '../grant/types.ts'
import { prepareGrant } from './prepare.ts'
import { counterKey } from './types.ts'

const cap: KnownCaveat = { kind: 'erc20TransferAmount', token: usdc, limit: 100n }
const calls: KnownCaveat = { kind: 'limitedCalls', limit: 2n }
const grant = plainGrant([[[cap], [calls, cap, cap]]])

function edited(index: number, change: Partial<Grant['delegations'][number]>): Grant {
  return { ...grant, delegations: grant.delegations.map((one, at) => (at === index ? { ...one, ...change } : one)) }
}

describe('prepareGrant', () => {
  test('default: links leaf first, hashes as on chain, storage that caveats share', () => {
    const [branch] = prepareGrant(grant, environment).branches
    const [root, leaf] = grant.delegations.map(hashDelegation)
    expect(branch?.links.map(({ hash }) => hash)).toEqual([leaf, root])
    const enforcer = environment.enforcers['ERC20TransferAmountEnforcer'] ?? '0x'
    expect(branch?.links[1]?.caveats.map(({ counter, earlier }) => [counter, earlier]).slice(1)).toEqual([
      [counterKey(enforcer, root ?? '0x'), 0],
      [counterKey(enforcer, root ?? '0x'), 1],
    ])
    expect(branch?.links[0]?.caveats[0]?.counter).toBe(counterKey(enforcer, leaf ?? '0x'))
  })

  test('error: another chain or another manager than the deployment’s', () => {
    for (const other of [
      { ...environment, chainId: 1 },
      { ...environment, manager: mallory },
    ]) {
      expect(codeOf(() => prepareGrant(grant, other)).code).toBe('verdict.wrong_environment')
    }
  })

  test.each([
    ['a root that claims a parent', edited(0, { authority: `0x${'11'.repeat(32)}` }), 'authority'],
    ['a leaf that claims to be a root', edited(1, { authority: ROOT_AUTHORITY }), 'authority'],
    ['a parent changed after the child was bound to it', edited(0, { salt: `0x${'22'.repeat(32)}` }), 'authority'],
    ['no links', { ...grant, branches: [{ rule: 'x', links: [] }] }, 'empty'],
    ['a link that does not exist', { ...grant, branches: [{ rule: 'x', links: [9] }] }, 'missing_link'],
    ['a leaf without its parent', { ...grant, branches: [{ rule: 'x', links: [1] }] }, 'authority'],
  ])('error: %s', (_name, broken, what) => {
    const error = codeOf(() => prepareGrant(broken, environment))
    expect([error.code, error.details['what']]).toEqual(['verdict.broken_chain', what])
  })

  test('error: a link handed on by somebody who does not hold it, unless anybody may', () => {
    const [root, leaf] = grant.delegations
    if (root === undefined || leaf === undefined) throw new TypeError('two links')
    const stolen = { ...grant, delegations: [root, { ...leaf, delegator: mallory }] }
    expect(codeOf(() => prepareGrant(stolen, environment)).details['what']).toBe('delegate')
    const open = { ...root, delegate: ANY_DELEGATE }
    const bound = { ...leaf, delegator: mallory, authority: hashDelegation(open) }
    expect(prepareGrant({ ...grant, delegations: [open, bound] }, environment).branches).toHaveLength(1)
  })
})
