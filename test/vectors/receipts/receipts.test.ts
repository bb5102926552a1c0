import { createHash, createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseKeySet } from '../../../src/receipt/index.ts'
import { verifyBundle, verifyJournal } from '../../../src/verification/index.ts'
import { makeStory } from './story.ts'

const NAMES = ['granted', 'denied', 'allowed', 'executed', 'revoked', 'batched'] as const
const read = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8')
const texts = NAMES.map((name) => read(`${name}.receipt.json`))
const known = JSON.parse(read('known.json'))
const trust = { issuers: [parseKeySet(JSON.stringify(known.keyset))] }
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64url')

/** Receipts as they were issued once: what verified then has to verify for ever. */
describe('pinned receipts', () => {
  test('default: each verifies, and all together', async () => {
    const options = { trust, environment: known.environment }
    for (const [index, text] of texts.entries()) {
      const { result, id } = await verifyBundle(text, options)
      expect([NAMES[index], result, id]).toEqual([NAMES[index], 'valid', known.ids[NAMES[index] ?? '']])
    }
    const { result, findings, open } = await verifyJournal(texts, options)
    // Nothing came of the batch.
    expect({ result, findings, open }).toMatchObject({ result: 'valid', findings: [], open: [{ decision: known.ids.batched }] })
  })

  test('default: the same events give the same ids today', async () => {
    const { facts: _, ...story } = await makeStory()
    expect(Object.fromEntries(Object.entries(story).map(([name, { id }]) => [name, id]))).toEqual(known.ids)
  })

  test('behavior: of a batch the rule of every call is under the signature', async () => {
    const { statement } = await verifyBundle(texts[5] ?? '', { trust, environment: known.environment })
    expect(statement).toMatchObject({ verdict: { result: 'allowed', rule: 'pay0', rules: ['pay0', 'pay1'] } })
  })

  test('behavior: signature, id and evidence are checked with the platform’s own crypto and nothing of ours', () => {
    const key = createPublicKey({ key: known.keyset.keys[0], format: 'jwk' })
    for (const [index, text] of texts.entries()) {
      const { receipt, evidence } = JSON.parse(text)
      const [header, payload, signature] = receipt.slice(0, -1).split('.')
      const signed = `${header}.${payload}`
      const raw = { key, dsaEncoding: 'ieee-p1363' } as const
      expect(verify('sha256', Buffer.from(signed), raw, Buffer.from(signature, 'base64url'))).toBe(true)
      expect(sha256(signed)).toBe(known.ids[NAMES[index] ?? ''])
      const statement = JSON.parse(Buffer.from(payload, 'base64url').toString())
      expect(statement.evidence.map(({ id }: { id: string }) => id)).toEqual(Object.keys(evidence))
      for (const { id, sha256: committed } of statement.evidence)
        expect(sha256(Buffer.from(evidence[id], 'base64url'))).toBe(committed)
    }
  })

  test('behavior: a denial and an execution stay within the sizes that are promised', () => {
    const [, denied = '', , executed = ''] = texts
    expect(denied.length).toBeLessThanOrEqual(32 * 1024)
    expect(executed.length).toBeLessThanOrEqual(40 * 1024)
  })
})
