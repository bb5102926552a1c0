import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { PAYEES, USDC } from '../../test/arbitraries/scope.ts'
import {
  addressOf,
  agent,
  countingSalt,
  makeGrant,
  richDocument,
  subAgent,
} from '../../test/arbitraries/signedGrant.ts'
import { codeOf } from '../../test/codes.ts'
import { denied, environment, mallory, plainGrant, stateOf, transfer, usdc } from '../../test/fixtures/verdict.ts'
import type { KnownCaveat } from '../caveats/codec.ts'
import { hashDelegation } from '../delegation/index.ts'
import { signDelegation } from '../delegation/sign.ts'
import { ANY_DELEGATE, ROOT_AUTHORITY } from '../delegation/types.ts'
import { attenuateGrant } from '../grant/attenuate.ts'
import { assemble } from '../grant/create.ts'
import { parseGrant } from '../grant/parse.ts'
import { serializeGrant } from '../grant/serialize.ts'
import type { Grant } from '../grant/types.ts'
import { parseScope } from '../scope/parse.ts'
import { evaluate } from './evaluate.ts'
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

describe('what is left to the redeemer', async () => {
  const base = await baseEnvironment()
  const budget = (max: string) => ({ assets: { [USDC]: '1' }, max, per: 'P1D', window: 'fixed' as const })
  const rule = (id: string, more: object = {}) => ({
    id,
    class: 'transfer' as const,
    asset: USDC,
    to: [PAYEES[0]],
    budget: id,
    ...more,
  })
  const held = (...rules: ReturnType<typeof rule>[]) =>
    richDocument({ rules, budgets: Object.fromEntries(rules.map(({ id }) => [id, budget('100')])) })
  const judge = (from: Grant, amount: bigint) => {
    const prepared = prepareGrant(from, base)
    const nonces = Object.fromEntries(from.delegations.map(({ delegator }) => [delegator, 4n]))
    const redeemer = addressOf(from.scopes.length === 1 ? agent : subAgent)
    const action = { chainId: base.chainId, redeemer, calls: [transfer(amount * 1_000_000n, PAYEES[0], USDC)] }
    return evaluate(prepared, action, stateOf(prepared, { nonces, now: 1_795_500_000n }))
  }

  test('error: a file from which somebody struck what the redeemer was to hold', async () => {
    const accept = ['/rules/0/max']
    const limited = await makeGrant(base, held(rule('one', { max: '40' })), { accept })
    expect(judge(limited, 40n).verdict).toBe('allow')
    expect(denied(judge(limited, 41n)).code).toBe('action_maximum_exceeded')
    // Ids and salts do not cover the list, so without a deployment the file reads well.
    const struck = parseGrant(serializeGrant({ ...limited, accepted: [[]] }))
    expect(codeOf(() => judge(struck, 41n))).toMatchObject({
      code: 'grant.not_the_scope',
      details: { differs: 'does not compile' },
    })
    const more = parseGrant(serializeGrant({ ...limited, accepted: [['/rules/0/max', '/rules/0/to']] }))
    expect(codeOf(() => judge(more, 1n)).code).toBe('grant.not_the_scope')
  })

  const twins = () => makeGrant(base, held(rule('one', { max: '40' }), rule('two')), { accept: ['/rules/0/max'] })

  test('error: two rules that the chain cannot tell apart, with their delegations swapped in the file', async () => {
    const grant = await twins()
    const [one, two] = grant.branches
    if (one === undefined || two === undefined) throw new TypeError('two branches')
    // Forty at once from the budget of the first: the second must not lend it its name.
    const swapped = {
      ...grant,
      branches: [
        { ...one, links: two.links },
        { ...two, links: one.links },
      ],
    }
    const read = parseGrant(serializeGrant(swapped), { environment: base })
    expect(denied(judge(read, 41n)).code).toBe('action_maximum_exceeded')
    expect(judge(read, 40n).verdict).toBe('allow')
  })

  test('error: a part that its delegate hung under a rule which only looks like the one that admits it', async () => {
    const parent = await twins()
    const scope = parseScope({ ...held(rule('other')), delegate: subAgent.address, redelegation: { maxDepth: 0 } })
    const options = { environment: base, nonce: 4n, salt: countingSalt(500n), scope, account: agent }
    const honest = await attenuateGrant(parent, options)
    const [low, high] = parent.delegations
    const leaf = honest.delegations[1]
    if (low === undefined || high === undefined || leaf === undefined) throw new TypeError('two rules and a leaf')
    // More than forty at once lies within the second rule only.
    expect(leaf.authority).toBe(hashDelegation(high))
    const { chainId, manager } = base
    const delegation = { ...leaf, authority: hashDelegation(low) }
    const hung = await signDelegation(agent, { delegation, chainId, manager })
    const { scopes, accepted, branches } = honest
    const forged = assemble({ chainId, manager, scopes, accepted, branches, delegations: [low, hung] })
    expect(denied(judge(parseGrant(serializeGrant(forged)), 41n)).code).toBe('action_maximum_exceeded')
    expect(judge(forged, 40n).verdict).toBe('allow')
  })
})
