import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandContext } from '../../../test/rig/context.ts'
import { makeStory } from '../../../test/vectors/receipts/story.ts'
import { receiptSource } from './receipts.ts'

let path: string
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'ambit-receipts-'))
  mkdirSync(join(path, 'receipts'))
})
afterEach(() => rmSync(path, { recursive: true, force: true }))

const drop = (seq: number, id: string, text: string) =>
  writeFileSync(join(path, 'receipts', `${String(seq).padStart(10, '0')}-${id}.json`), text)
const query = { kind: null, grant: null, before: null, most: 10 }

describe('receiptSource', () => {
  test('behavior: a file that somebody dropped between the receipts hides none of them', async () => {
    const { granted, allowed } = await makeStory()
    drop(1, granted.id, granted.text)
    drop(2, 'A'.repeat(43), '{"receipt":"<script>')
    // Of another place and name than its own.
    drop(3, 'B'.repeat(43), allowed.text)
    const source = receiptSource(commandContext(path))
    const { rows, older, unreadable } = await source.page(query)
    expect([rows.map(({ seq }) => seq), older, unreadable]).toEqual([[1], false, 2])
    const first = await source.page({ ...query, before: 2 })
    expect([first.rows.length, first.unreadable]).toEqual([1, 0])
  })
})
