import type { z } from 'zod'
import { childPointer } from '../primitives/json.ts'
import { ScopeError, type ScopeIssue } from './errors.ts'
import { DECIMAL } from './forms.ts'
import { ScopeDocument } from './schema.ts'
import { valueAt } from './valueAt.ts'

type ZodIssue = z.core.$ZodIssue

/** Issues translated at most; the error lists fewer. */
const MAX_ISSUES = 64

/**
 * A scope document that has the shape of the schema. Takes a {@link snapshot}.
 *
 * @throws {@link ScopeError} with every issue of the shape.
 */
export function parseShape(document: unknown): z.output<typeof ScopeDocument> {
  return readShape(ScopeDocument, document)
}

/**
 * The same for another schema: a format that carries scopes. Pointers are into what was given.
 *
 * @throws {@link ScopeError}
 */
export function readShape<schema extends z.ZodType>(schema: schema, document: unknown): z.output<schema> {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const [first, ...others] = result.error.issues
    .slice(0, MAX_ISSUES)
    .flatMap((issue) => translate(issue, [], document))
    .slice(0, MAX_ISSUES)
  throw new ScopeError(first ?? wrongType('', document, 'an object'), ...others)
}

function translate(issue: ZodIssue, base: readonly PropertyKey[], document: unknown): ScopeIssue[] {
  const path = [...base, ...issue.path]
  const pointer = path.reduce<string>((at, token) => childPointer(at, String(token)), '')
  const value = valueAt(document, pointer)
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.slice(0, MAX_ISSUES).map((key) => unknownField(childPointer(pointer, key), key))
    case 'invalid_union': {
      const nearest = nearestBranch(issue.errors)
      if (nearest.length === 0) return [malformed(pointer, value, 'one of the known kinds')]
      return nearest.slice(0, MAX_ISSUES).flatMap((inner) => translate(inner, path, document))
    }
    case 'invalid_key':
      return [malformed(pointer, String(path.at(-1)), 'the form of a name here')]
    case 'invalid_type':
      return [value === undefined ? missing(pointer) : wrongType(pointer, value, issue.expected)]
    case 'invalid_value':
      if (value === undefined) return [missing(pointer)]
      return [pointer === '/version' ? unsupportedVersion(value) : malformed(pointer, value, issue.values.join(' | '))]
    case 'too_big':
      return [outOfRange(pointer, value, `at most ${issue.maximum}`)]
    case 'too_small':
      return [outOfRange(pointer, value, `at least ${issue.minimum}`)]
    default:
      return [malformed(pointer, value, 'pattern' in issue ? issue.pattern : undefined)]
  }
}

/** The branch of a union that the writer most likely meant: fewest wrong, missing and unknown members. */
function nearestBranch(branches: readonly (readonly ZodIssue[])[]): readonly ZodIssue[] {
  const distance = (issues: readonly ZodIssue[]) => {
    let sum = 0
    for (const issue of issues) {
      if (issue.path.length === 0) sum += issue.code === 'unrecognized_keys' ? 10 * issue.keys.length : 100
      else sum += issue.code === 'invalid_type' ? 5 : 1
    }
    return sum
  }
  return branches.reduce<readonly ZodIssue[]>((best, branch, index) => {
    return index === 0 || distance(branch) < distance(best) ? branch : best
  }, [])
}

/** A value short enough to show: what is large is named by its type. */
function shown(value: unknown): { value?: string | number | boolean } {
  if (typeof value === 'string') return { value: value.slice(0, 200) }
  if (typeof value === 'number' || typeof value === 'boolean') return { value }
  return value === undefined ? {} : { value: kindOf(value) }
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

function unknownField(pointer: string, key: string): ScopeIssue {
  return {
    code: 'scope.unknown_field',
    pointer,
    message: 'There is no such field here.',
    value: key.slice(0, 200),
    // Silence would turn a mistyped limit into no limit.
    fix: 'Remove it or correct its name.',
  }
}

function missing(pointer: string): ScopeIssue {
  if (pointer === '/expiry') {
    const fix = 'Add expiry, for example "2026-12-20T00:00:00Z".'
    return { code: 'scope.missing_expiry', pointer, message: 'A scope must end.', fix }
  }
  return { code: 'scope.missing_field', pointer, message: 'A required field is missing.', fix: `Add ${pointer}.` }
}

function wrongType(pointer: string, value: unknown, expected: string): ScopeIssue {
  return {
    code: 'scope.wrong_type',
    pointer,
    message: 'A field has the wrong type.',
    ...shown(value),
    bound: expected,
    fix:
      expected === 'string' && typeof value === 'number' ? 'Write the number in quotation marks.' : `Give ${expected}.`,
  }
}

function malformed(pointer: string, value: unknown, bound: string | undefined): ScopeIssue {
  if (bound === DECIMAL.toString() && /^-[0-9]+(?:\.[0-9]+)?$/.test(String(value))) {
    const rest = { ...shown(value), bound: 0, fix: 'Write a positive amount.' }
    return { code: 'scope.amount_not_positive', pointer, message: 'An amount must be more than zero.', ...rest }
  }
  return {
    code: 'scope.malformed_value',
    pointer,
    message: 'A value does not have the form that this field needs.',
    ...shown(value),
    ...(bound === undefined ? {} : { bound }),
    fix: 'Write it in the form given as bound.',
  }
}

function outOfRange(pointer: string, value: unknown, bound: string): ScopeIssue {
  return {
    code: 'scope.out_of_range',
    pointer,
    message: 'A value is too large, too small, too long or too short.',
    ...shown(value),
    bound,
    fix: `Give ${bound}.`,
  }
}

function unsupportedVersion(value: unknown): ScopeIssue {
  return {
    code: 'scope.unsupported_version',
    pointer: '/version',
    message: 'This version of the scope format is not known.',
    ...shown(value),
    bound: 1,
    fix: 'Write version 1, or use a newer Ambit.',
  }
}
