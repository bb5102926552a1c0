import type { z } from 'zod'
import type { Environment } from '../caveats/types.ts'
import { AmbitError, type ErrorDetails } from '../errors.ts'
import { canonicalJson, childPointer, type JsonValue, parseJson } from '../primitives/json.ts'
import { scopeHash } from '../scope/hash.ts'
import { parseScope } from '../scope/parse.ts'
import { isSubset } from '../scope/subset.ts'
import type { Scope } from '../scope/types.ts'
import { assertSignedScopes } from './bound.ts'
import { assertGrantsScope } from './compare.ts'
import { GrantDocument } from './document.ts'
import { GrantError } from './errors.ts'
import { grantId } from './id.ts'
import { MAX_GRANT_BYTES } from './serialize.ts'
import { loweringOf, readStructure } from './structure.ts'
import type { Grant } from './types.ts'

const SCHEMA = 'ambit.grant.v1'

/**
 * Reads a grant from anybody. Nothing in it is believed: scopes are parsed again, hashes and the id computed again, every
 * branch followed from leaf to root.
 *
 * Each delegation's salt must commit to its scope: only the delegator can have said so. With an `environment` the caveats
 * must be those which its scopes compile to. **Without one they are not compared**: a delegator may then have signed for a
 * scope that its caveats do not keep to. Signatures are not verified: that takes the chain,
 * `checkGrant`. An expired grant is read: receipts need old ones.
 *
 * @param input - JSON text, or what was read from JSON.
 * @throws {@link GrantError}; `JsonError` where it is no JSON that two readers would understand alike.
 */
export function parseGrant(input: unknown, options: { environment?: Environment } = {}): Grant {
  const json = parseJson(typeof input === 'string' ? input : canonicalJson(input), { maxBytes: MAX_GRANT_BYTES })
  const document = readDocument(json)
  const { origin, ...members } = document
  const grant: Grant = {
    ...members,
    ...(origin === undefined ? {} : { origin }),
    scopes: document.scopes.map(readScope),
    branches: document.branches.map(compact),
  }
  checkDeployment(grant, options.environment)
  checkScopes(grant.scopes)
  const { leaves, levels } = readStructure(grant)
  const computed = scopeHash(grant.scopes.at(-1) as Scope)
  if (computed !== grant.scopeHash) {
    throw tampered('grant.scope_hash_mismatch', 'The scope of this grant is not the one that its hash names.', {
      scopeHash: grant.scopeHash,
      computed,
    })
  }
  const id = grantId(grant.manager, grant.chainId, leaves)
  if (id !== grant.id) {
    throw tampered('grant.id_mismatch', 'The id of this grant does not name its delegations.', {
      id: grant.id,
      computed: id,
    })
  }
  assertSignedScopes(grant, levels)
  if (options.environment !== undefined) assertGrantsScope(grant, options.environment)
  return grant
}

function readDocument(json: JsonValue): GrantDocument {
  const schema = json !== null && typeof json === 'object' && !Array.isArray(json) ? json['schema'] : undefined
  if (schema !== SCHEMA) {
    const known = typeof schema === 'string' && /^ambit\.grant\.v[0-9]{1,6}$/.test(schema)
    throw known
      ? new GrantError('grant.unsupported_version', 'This grant is of a version that this release does not read.', {
          details: { schema, expected: SCHEMA },
          fix: 'Use the release of Ambit that wrote it.',
        })
      : new GrantError('grant.foreign', 'This is not a grant.', {
          details: { schema: typeof schema === 'string' ? schema : typeof schema, expected: SCHEMA },
          fix: 'Give the file that `ambit grant` wrote.',
        })
  }
  const result = GrantDocument.safeParse(json)
  if (!result.success) throw malformed(result.error.issues)
  return result.data
}

function malformed(issues: readonly z.core.$ZodIssue[]): GrantError {
  const [first] = issues
  const pointer = (first?.path ?? []).reduce<string>((path, key) => childPointer(path, String(key)), '')
  const unknown = first?.code === 'unrecognized_keys' ? { unknown: first.keys.slice(0, 8) } : {}
  return unfit({ pointer, problem: first?.code ?? 'unknown', ...unknown })
}

function unfit(details: ErrorDetails): GrantError {
  return new GrantError('grant.malformed', 'A member of this grant does not have the form it must have.', {
    details,
    fix: 'Ask whoever granted it for the file again, and do not edit it.',
  })
}

function readScope(value: unknown, index: number): Scope {
  let scope: Scope
  try {
    scope = parseScope(value)
  } catch (cause) {
    if (!(cause instanceof AmbitError)) throw cause
    throw new GrantError('grant.bad_scope', 'A scope of this grant is not a valid scope.', {
      details: { scope: index, code: cause.code },
      fix: 'Ask whoever granted it for the file again.',
      cause,
    })
  }
  if (canonicalJson(scope) !== canonicalJson(value)) {
    throw tampered('grant.scope_not_normal', 'A scope of this grant is not in its normal form.', { scope: index })
  }
  return scope
}

/** A member that is absent stays absent: `payee: undefined` is no JSON. */
function compact({ rule, payee, links }: GrantDocument['branches'][number]): Grant['branches'][number] {
  return { ...(rule === undefined ? {} : { rule }), ...(payee === undefined ? {} : { payee }), links }
}

function checkDeployment(
  { chainId, manager, scopes, accepted, lowering, branches }: Grant,
  environment: Environment | undefined,
): void {
  const scope = scopes.findIndex((it) => it.chainId !== chainId)
  if (scope !== -1) {
    throw tampered('grant.wrong_chain', 'This grant is for another chain than its scope.', { chainId, scope })
  }
  if (accepted.length !== scopes.length) {
    throw unfit({ pointer: '/accepted', problem: 'one list for each scope', lists: accepted.length })
  }
  const found = loweringOf(branches)
  if (found !== lowering) throw unfit({ pointer: '/lowering', problem: 'what its branches are', lowering, found })
  if (environment === undefined) return
  if (environment.chainId !== chainId) {
    throw tampered('grant.wrong_chain', 'This grant is for another chain.', { chainId, expected: environment.chainId })
  }
  if (environment.manager !== manager) {
    throw tampered('grant.wrong_manager', 'This grant is for another delegation manager.', {
      manager,
      expected: environment.manager,
    })
  }
}

/** Each delegate may hand on only what it was given. */
function checkScopes(scopes: readonly Scope[]): void {
  scopes.slice(1).forEach((child, index) => {
    const parent = scopes[index] as Scope
    const result = isSubset(child, parent, { redelegated: true })
    if (!result.subset) {
      throw tampered('grant.widened', 'A scope of this grant is wider than the one above it.', {
        scope: index + 1,
        dimension: result.dimension,
        pointer: result.pointer,
      })
    }
  })
}

function tampered(code: GrantError['code'], message: string, details: ErrorDetails): GrantError {
  return new GrantError(code, message, { details, fix: 'Do not use this file; ask whoever granted it for it again.' })
}
