import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decodeTaskScopeArgs, encodeTaskScopeArgs } from '../../../src/caveats/taskScope/args.ts'
import { requestDigest } from '../../../src/caveats/taskScope/requestDigest.ts'
import { taskScope } from '../../../src/caveats/taskScope/terms.ts'
import { codeOf } from '../../codes.ts'
import { GOOD_NEIGHBOURS, type InvalidVector, invalidVectors } from './invalid.ts'
import { fromJson, toJson } from './json.ts'
import { type ArgsVector, argsVectors, type RequestVector, requestVectors } from './signed.ts'
import { type ValidVector, validVectors } from './valid.ts'

/** Pinned in both languages: the Solidity half is `contracts/enforcer/Vectors.t.sol`. */

function textOf(name: string): string {
  return readFileSync(new URL(`${name}.json`, import.meta.url), 'utf8')
}

describe('taskScope', () => {
  const valid = fromJson(textOf('valid')) as ValidVector[]
  test.each(valid.map((vector) => [vector.name, vector] as const))('default: terms with %s', (_, vector) => {
    expect(taskScope.encode({ kind: 'taskScope', ...vector.fields })).toBe(vector.terms)
    expect(taskScope.decode(vector.terms)).toEqual({ kind: 'taskScope', ...vector.fields })
  })

  const invalid = fromJson(textOf('invalid')) as InvalidVector[]
  test.each(invalid.map((vector) => [vector.name, vector] as const))('error: %s', (_, { terms, code }) => {
    expect(codeOf(() => taskScope.decode(terms)).code).toBe(code)
  })

  test('behavior: what the refused terms are next to is taken', () => {
    for (const terms of GOOD_NEIGHBOURS) expect(taskScope.encode(taskScope.decode(terms))).toBe(terms)
  })
})

describe('requestDigest', () => {
  test('default: the digests that any library makes of the typed data', () => {
    for (const { digest, ...request } of fromJson(textOf('requests')) as RequestVector[])
      expect(requestDigest(request)).toBe(digest)
  })
})

describe('encodeTaskScopeArgs', () => {
  test('default: bytes of every shape', () => {
    for (const { args, ...fields } of fromJson(textOf('args')) as ArgsVector[]) {
      expect(encodeTaskScopeArgs(fields)).toBe(args)
      expect(decodeTaskScopeArgs(args, { hasKey: fields.request !== null })).toEqual(fields)
    }
  })
})

test('the committed vectors are those that are written here', () => {
  const written = { valid: validVectors(), invalid: invalidVectors(), requests: requestVectors(), args: argsVectors() }
  for (const [name, vectors] of Object.entries(written)) expect(textOf(name)).toBe(toJson(vectors))
})
