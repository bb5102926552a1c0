import { decodeCaveat } from '../caveats/caveat.ts'
import type { Caveat, DecodedCaveat, Environment } from '../caveats/types.ts'
import { compile } from '../compile/compile.ts'
import { isTaskScope } from '../compile/taskScope.ts'
import type { Draft, Plan } from '../compile/types.ts'
import type { Delegation } from '../delegation/types.ts'
import { AmbitError, type ErrorDetails } from '../errors.ts'
import { type Hex, uintToBytes } from '../primitives/hex.ts'
import type { Scope } from '../scope/types.ts'
import { type Attached, attach } from './attach.ts'
import { GrantError } from './errors.ts'
import { readStructure } from './structure.ts'
import { type Tree, treeOf } from './tree.ts'
import type { Grant } from './types.ts'
import { planOfWallet } from './walletRoot.ts'

/**
 * Throws unless the delegations are what compiling the scopes gives, link by link and byte by byte: a file that shows one
 * scope and carries the caveats of another is refused.
 *
 * Taken from the delegations, because no scope says it: what is random in the salts, each delegator's nonce, and to what each
 * scope was lowered.
 *
 * @throws {@link GrantError} `grant.not_the_scope`, with what differs; what `readStructure` and `attach` throw.
 */
export function assertGrantsScope(grant: Grant, environment: Environment): void {
  servedRules(grant, environment)
}

/**
 * For each branch, the rules that it may serve in every scope, root scope first. One rule each, or all those whose caveats
 * are the same: nothing that is signed says which of them a delegation is for, so whoever carries the file could swap them.
 *
 * @throws as {@link assertGrantsScope}: the answer is known only of a grant that is what its scopes compile to.
 */
export function servedRules(grant: Grant, environment: Environment): string[][][] {
  const { levels } = readStructure(grant)
  let salts = 0n
  const salt = () => uintToBytes(++salts, 32)
  const plans = grant.scopes.map((scope, level) => {
    const own = grant.delegations.filter((_, index) => levels[index] === level)
    if (level === 0 && grant.origin === 'wallet') return planOfRoot(scope, own, grant, environment)
    const caveats = own.flatMap((it) => it.caveats)
    return recompile({ scope, level, caveats, grant, environment, salt })
  })
  const [root] = plans
  if (root === undefined) return []
  let expected: Tree = root
  let rules = alikeIn(root, grant.scopes[0] as Scope).map((own) => [own])
  for (const [index, child] of plans.slice(1).entries()) {
    const scopes = { parent: grant.scopes[index] as Scope, child: grant.scopes[index + 1] as Scope }
    const attached: Attached = attach({ child, parent: expected, scopes, environment, salt })
    rules = alikeIn(child, scopes.child).map((own, index) => [...(rules[attached.above[index] ?? -1] ?? []), own])
    expected = attached
  }
  compareTrees(expected, treeOf(grant))
  return rules
}

/**
 * For each branch of a plan the rules of all branches that the chain cannot tell from it, its own among them; of a branch that
 * serves the whole scope, all rules.
 */
function alikeIn({ drafts, branches }: Plan, scope: Scope): string[][] {
  const looks = branches.map(({ links }) => JSON.stringify(links.map((link) => drafts[link]?.caveats)))
  const rules = new Map<string, Set<string>>()
  branches.forEach(({ rule }, index) => {
    const look = looks[index] as string
    const own = rule === undefined ? scope.rules.map(({ id }) => id) : [rule]
    rules.set(look, new Set([...(rules.get(look) ?? []), ...own]))
  })
  return looks.map((look) => [...(rules.get(look) ?? [])])
}

/** A wallet grants by one delegation, and accepts nothing by name. */
function planOfRoot(scope: Scope, own: readonly Delegation[], grant: Grant, environment: Environment): Plan {
  const [root, ...others] = own
  if (root === undefined || others.length > 0) throw notTheScope({ scope: 0, differs: 'links' })
  if (grant.accepted[0]?.length !== 0) throw notTheScope({ scope: 0, differs: 'accepted' })
  if (environment.manager !== grant.manager) throw notTheScope({ scope: 0, differs: 'manager' })
  return planOfWallet(scope, root, environment)
}

function recompile(parameters: {
  scope: Scope
  level: number
  caveats: readonly Caveat[]
  grant: Grant
  environment: Environment
  salt: () => Hex
}): Plan {
  const { scope, level, caveats, grant, environment, salt } = parameters
  const accept = grant.accepted[level] ?? []
  const decoded = caveats.map((caveat) => decodeCaveat(environment, caveat))
  let plan: Plan
  try {
    const lowering = decoded.some(isTaskScope) ? 'fused' : 'framework'
    plan = compile(scope, environment, { salt, nonce: nonceOf(decoded), accept, lowering })
  } catch (cause) {
    if (!(cause instanceof AmbitError)) throw cause
    throw notTheScope({ scope: level, differs: 'does not compile', code: cause.code }, cause)
  }
  if (plan.manager !== grant.manager) throw notTheScope({ scope: level, differs: 'manager' })
  const same = plan.accepted.length === accept.length && plan.accepted.every((pointer, at) => pointer === accept[at])
  if (!same) throw notTheScope({ scope: level, differs: 'accepted' })
  return plan
}

function nonceOf(caveats: readonly DecodedCaveat[]): bigint {
  return caveats.find((caveat) => caveat.kind === 'nonce')?.nonce ?? 0n
}

/** Walks both along their branches. Drafts may stand in another order, but each must be one and the same throughout. */
function compareTrees(expected: Tree, actual: Tree): void {
  if (expected.branches.length !== actual.branches.length) {
    throw notTheScope({ differs: 'branches', branches: actual.branches.length, expected: expected.branches.length })
  }
  const met = new Map<number, number>()
  expected.branches.forEach((wanted, branch) => {
    const found = actual.branches[branch]
    if (found === undefined || found.rule !== wanted.rule) throw notTheScope({ branch, differs: 'rule' })
    if (found.payee !== wanted.payee) throw notTheScope({ branch, differs: 'payee' })
    if (found.links.length !== wanted.links.length) throw notTheScope({ branch, differs: 'links' })
    wanted.links.forEach((from, at) => {
      const to = found.links[at] as number
      if ((met.get(from) ?? to) !== to) throw notTheScope({ branch, differs: 'links' })
      met.set(from, to)
      const differs = difference(expected.drafts[from] as Draft, actual.drafts[to] as Draft)
      if (differs !== undefined) throw notTheScope({ branch, delegation: to, differs })
    })
  })
  // One delegation in the place of two would make separate limits shared, or a shared limit separate.
  if (new Set(met.values()).size !== met.size) throw notTheScope({ differs: 'links' })
}

function difference(expected: Draft, actual: Draft): string | undefined {
  if (expected.delegator !== actual.delegator) return 'delegator'
  if (expected.delegate !== actual.delegate) return 'delegate'
  if (expected.caveats.length !== actual.caveats.length) return 'caveats'
  const index = expected.caveats.findIndex((caveat, at) => {
    const found = actual.caveats[at]
    return found?.enforcer !== caveat.enforcer || found.terms !== caveat.terms
  })
  return index === -1 ? undefined : `caveats/${index}`
}

function notTheScope(details: ErrorDetails, cause?: unknown): GrantError {
  return new GrantError('grant.not_the_scope', 'The delegations of this grant are not what its scope compiles to.', {
    details,
    fix: 'Do not use it: what it says is not what it permits.',
    ...(cause === undefined ? {} : { cause }),
  })
}
