import { describe, expect, test } from 'vitest'
import { baseEnvironment } from '../../test/arbitraries/environment.ts'
import { TARGET } from '../../test/arbitraries/scope.ts'
import {
  addressOf,
  agent,
  countingSalt,
  makeGrant,
  principal,
  richDocument,
  stranger,
  subAgent,
} from '../../test/arbitraries/signedGrant.ts'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { compile } from '../compile/compile.ts'
import { createDelegations } from '../delegation/create.ts'
import { hashDelegation, signingHash } from '../delegation/hash.ts'
import { recoverSigner } from '../delegation/signature.ts'
import { scopeHash } from '../scope/hash.ts'
import { parseScope } from '../scope/parse.ts'
import { attenuateGrant } from './attenuate.ts'
import { createGrant, signGrant } from './create.ts'
import { grantId } from './id.ts'

const environment = await baseEnvironment()
const scope = parseScope(richDocument())
const plan = compile(scope, environment, { salt: countingSalt(), nonce: 4n })
const grant = await makeGrant(environment)

describe('signGrant', () => {
  test('default: signs every delegation of the plan with the principal’s key', () => {
    const { chainId, manager } = grant
    expect(grant.delegations).toHaveLength(plan.drafts.length)
    for (const delegation of grant.delegations) {
      const recovery = recoverSigner(signingHash(delegation, { chainId, manager }), delegation.signature)
      expect(recovery).toEqual({ status: 'signed', signer: addressOf(principal) })
    }
    expect(grant).toMatchObject({ schema: 'ambit.grant.v1', lowering: 'framework', accepted: [[]], scopes: [scope] })
    expect(grant.scopeHash).toBe(scopeHash(scope))
    expect(grant.branches.map(({ rule, payee }) => [rule, payee?.slice(-1)])).toEqual([
      ['pay', '1'],
      ['pay', '2'],
      ['tip', '3'],
      ['note', undefined],
    ])
  })

  test('error: an account that is not the delegator', async () => {
    expect((await codeOfAsync(() => signGrant(scope, plan, stranger))).code).toBe('grant.wrong_account')
    expect((await codeOfAsync(() => signGrant(scope, plan, agent))).code).toBe('grant.wrong_account')
  })
})

describe('createGrant', () => {
  test('default: gives the same grant from delegations signed elsewhere', () => {
    expect(createGrant({ scope, plan, delegations: grant.delegations })).toEqual(grant)
  })

  test('error: delegations that are not the plan’s', () => {
    const [first, ...others] = grant.delegations
    if (first === undefined) throw new TypeError('no delegation')
    const cases = [
      [...others, first],
      others,
      [...grant.delegations, first],
      [{ ...first, salt: `0x${'77'.repeat(32)}` as const }, ...others],
      [{ ...first, caveats: first.caveats.slice(1) }, ...others],
    ]
    for (const delegations of cases) {
      expect(codeOf(() => createGrant({ scope, plan, delegations })).code).toBe('grant.plan_mismatch')
    }
    const elsewhere = { ...plan, chainId: 1 }
    const error = codeOf(() => createGrant({ scope, plan: elsewhere, delegations: grant.delegations }))
    expect(error.code).toBe('grant.plan_mismatch')
  })

  test('error: a delegation without signature', () => {
    const delegations = createDelegations(plan.drafts)
    expect(codeOf(() => createGrant({ scope, plan, delegations })).code).toBe('grant.unsigned')
  })

  test('error: a plan for another delegate than the scope names', async () => {
    const other = parseScope(richDocument({ delegate: stranger.address }))
    expect(codeOf(() => createGrant({ scope: other, plan, delegations: grant.delegations })).code).toBe(
      'grant.wrong_actor',
    )
  })

  test('error: a branch that no permission context can hold', async () => {
    const names = ['a', 'b']
    const long = richDocument({
      rules: [
        {
          id: 'note',
          class: 'call',
          target: TARGET,
          function: `function note(${names.map((name) => `string ${name}`).join(', ')})`,
          args: Object.fromEntries(names.map((name) => [name, { eq: name.repeat(8_000) }])),
        },
      ],
      budgets: {},
    })
    // Each link fits; one under the other they do not.
    const held = await makeGrant(environment, long)
    const narrow = parseScope({ ...long, delegate: subAgent.address, redelegation: { maxDepth: 0 } })
    const handOn = () =>
      attenuateGrant(held, { scope: narrow, environment, nonce: 4n, salt: countingSalt(70n), account: agent })
    expect(await codeOfAsync(handOn)).toMatchObject({
      code: 'grant.too_large',
      details: { branch: 0, code: 'delegation.context_too_large' },
    })
  })
})

describe('grantId', () => {
  test('default: the same for the same authority, whatever order the branches have', () => {
    const leaves = grant.branches.map(({ links: [leaf] }) => {
      const delegation = grant.delegations[leaf ?? -1]
      if (delegation === undefined) throw new TypeError('no leaf')
      return hashDelegation(delegation)
    })
    expect(grantId(grant.manager, grant.chainId, leaves)).toBe(grant.id)
    expect(grantId(grant.manager, grant.chainId, leaves.toReversed())).toBe(grant.id)
    expect(grantId(grant.manager, 1, leaves)).not.toBe(grant.id)
    expect(grantId(addressOf(stranger), grant.chainId, leaves)).not.toBe(grant.id)
    expect(grantId(grant.manager, grant.chainId, leaves.slice(1))).not.toBe(grant.id)
  })
})
