import { describe, expect, test } from 'vitest'
import {
  decide,
  environment,
  hash,
  issue,
  makeGrant,
  makeState,
  transferTo,
  vendors,
} from '../../test/vectors/receipts/example.ts'
import type { Statement } from '../receipt/statement.ts'
import { prepareGrant } from '../verdict/index.ts'
import { resultOf } from './checks.ts'
import { checkEvidence } from './evidence.ts'
import { checkLinks } from './links.ts'
import { createMemory, type GrantRead } from './memory.ts'
import type { Status } from './types.ts'

/** What stands around a receipt: the one before it, the blobs beside it, what is remembered, and what it all comes to. */

const grant = await makeGrant()
const { drafted } = await decide({ grant, action: transferTo(vendors[0], 5_000_000n), state: makeState(grant) })
const receipt = await issue(drafted)
const { statement } = receipt
const bytes = receipt.bundle.evidence['request'] as Uint8Array
const read: GrantRead = { grant, prepared: prepareGrant(grant, environment) }

describe('checkLinks', () => {
  const [root] = statement.roots
  if (root === undefined) throw new TypeError('a receipt has a root')
  const id = 'id-before'
  const before = { ...statement, seq: 4, roots: [{ ...root, seq: 2 }] } as Statement
  const next = { ...statement, seq: 5, prev: id, roots: [{ ...root, seq: 3, prev: id }] }
  const ask = (edit: object, previous: object = {}) => {
    const check = checkLinks({ ...next, ...edit } as Statement, {
      id,
      statement: { ...before, ...previous } as Statement,
    })
    return check.status === 'proven' ? 'proven' : `${check.code} ${check.at}`
  }

  test('default', () => {
    expect(checkLinks(statement, undefined)).toMatchObject({ status: 'attested', code: 'links_attested' })
    expect(ask({})).toBe('proven')
  })

  test.each<[string, object, string]>([
    ['another issuer', { iss: 'urn:other' }, 'links_broken iss'],
    ['a number left out', { seq: 6 }, 'links_broken seq'],
    ['the same number', { seq: 4 }, 'links_broken seq'],
    ['another receipt before it', { prev: 'x' }, 'links_broken seq'],
    ['a number of its root left out', { roots: [{ ...root, seq: 4, prev: id }] }, `links_broken ${root.delegation}`],
    ['another before it of its root', { roots: [{ ...root, seq: 3, prev: 'x' }] }, `links_broken ${root.delegation}`],
    ['another root, of which nothing is known', { roots: [{ delegation: hash('99'), seq: 9, prev: 'x' }] }, 'proven'],
    [
      'a broken root behind one that is unknown',
      {
        roots: [
          { delegation: hash('99'), seq: 9, prev: 'x' },
          { ...root, seq: 4, prev: id },
        ],
      },
      `links_broken ${root.delegation}`,
    ],
  ])('behavior: %s', (_, edit, found) => {
    expect(ask(edit)).toBe(found)
  })

  test('behavior: of several roots before it the same one counts', () => {
    const roots = [
      { delegation: hash('98'), seq: 7 },
      { ...root, seq: 2 },
      { delegation: hash('97'), seq: 8 },
    ]
    expect(ask({}, { roots })).toBe('proven')
  })
})

describe('checkEvidence', () => {
  const ask = (evidence: object, edit: (entry: { id: string; size: number }) => object = (entry) => entry) => {
    const said = { ...statement, evidence: statement.evidence.map(edit) }
    const found = checkEvidence({ bundle: { ...receipt.bundle, evidence }, statement: said } as never)
    return [found.checks.map((check) => `${check.code} ${check.at}`), Object.keys(found.evidence)]
  }
  const all = receipt.bundle.evidence
  const ids = statement.evidence.map(({ id }) => id)

  test('behavior: what is committed to and there, changed, missing, or there without', () => {
    expect(ask(all)[0]).toEqual(ids.map((id) => `ok ${id}`))
    expect(ask(all, (entry) => ({ ...entry, size: entry.size + 1 }))).toEqual([
      ids.map((id) => `evidence_changed ${id}`),
      [],
    ])
    expect(ask(all, (entry) => ({ ...entry, sha256: 'x' }))).toEqual([ids.map((id) => `evidence_changed ${id}`), []])
    expect(ask({})[0]).toEqual(ids.map((id) => `evidence_missing ${id}`))
    expect(ask({ ...all, zero: bytes })[0]).toEqual([...ids.map((id) => `ok ${id}`), 'evidence_not_committed zero'])
  })
})

describe('createMemory', () => {
  test('behavior: keeps so many, the oldest goes first; by deployment and without', () => {
    const memory = createMemory(2)
    let reads = 0
    const ask = (sha256: string, deployment: typeof environment | undefined = environment) => {
      const before = reads
      memory.grant(sha256, deployment, () => {
        reads++
        return read
      })
      return reads > before
    }
    expect([ask('a'), ask('b'), ask('a'), ask('b')]).toEqual([true, true, false, false])
    expect([ask('c'), ask('b'), ask('c'), ask('a')]).toEqual([true, false, false, true])
    expect([ask('c'), ask('b')]).toEqual([false, true])
    const bare = (sha256: string) => {
      const before = reads
      memory.grant(sha256, undefined, () => {
        reads++
        return read
      })
      return reads > before
    }
    expect([bare('b'), bare('b')]).toEqual([true, false])
    expect([ask('b', { ...environment }), ask('b')]).toEqual([true, false])
  })

  test('behavior: 4,096 where nobody says how many', () => {
    const memory = createMemory()
    const isRead = (key: number) => {
      let reads = 0
      memory.grant(`${key}`, environment, () => {
        reads++
        return read
      })
      return reads === 1
    }
    for (let key = 0; key < 4_096; key++) isRead(key)
    expect([isRead(0), isRead(4_096), isRead(1), isRead(0)]).toEqual([false, true, false, true])
  })
})

describe('resultOf', () => {
  test.each<[Status[], string]>([
    [[], 'insufficient'],
    [['proven'], 'valid'],
    [['attested'], 'valid'],
    [['proven', 'attested'], 'valid'],
    [['proven', 'unavailable'], 'insufficient'],
    [['unavailable'], 'insufficient'],
    [['refuted'], 'invalid'],
    [['unavailable', 'refuted', 'proven'], 'invalid'],
  ])('default: %j is %s', (statuses, result) => {
    expect(resultOf(statuses.map((status) => ({ check: 'form', status, code: 'ok', detail: '' })))).toBe(result)
  })
})
