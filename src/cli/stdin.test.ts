import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { codeOf, codeOfAsync } from '../../test/codes.ts'
import { useFolder } from '../../test/rig/cli.ts'
import { MAX_INPUT_BYTES, readInput, readStdin } from './stdin.ts'

const folder = useFolder()

describe('readStdin', () => {
  test('default: whole, also where a character comes in parts; error: too large', async () => {
    const bytes = Buffer.from('a😀é')
    const parts = Array.from(bytes, (byte) => Buffer.from([byte]))
    expect(await readStdin(Readable.from(parts))).toBe('a😀é')
    const block = Buffer.alloc(1_048_576)
    const flood = Readable.from(Array.from({ length: 17 }, () => block))
    expect((await codeOfAsync(() => readStdin(flood))).code).toBe('cli.file_too_large')
  })
})

describe('readInput', () => {
  test('default: a file, whole', () => {
    const path = join(folder.path, 'a.json')
    const text = `${'é'.repeat(100_000)}\n`
    writeFileSync(path, text)
    expect(readInput(path)).toBe(text)
    expect(readInput(path, 200_001)).toBe(text)
    expect(codeOf(() => readInput(path, 200_000)).details).toMatchObject({ bytes: 200_001, most: 200_000 })
  })

  test('error: too large, no file', () => {
    const path = join(folder.path, 'large')
    writeFileSync(path, '')
    truncateSync(path, MAX_INPUT_BYTES + 1)
    expect(codeOf(() => readInput(path)).code).toBe('cli.file_too_large')
    expect(codeOf(() => readInput(folder.path)).code).toBe('cli.file_unreadable')
    expect(codeOf(() => readInput(join(folder.path, 'none'))).code).toBe('cli.file_unreadable')
  })

  test.runIf(process.platform !== 'win32')('error: a device without an end', () => {
    const before = process.memoryUsage().rss
    expect(codeOf(() => readInput('/dev/zero')).code).toBe('cli.file_too_large')
    expect(process.memoryUsage().rss - before).toBeLessThan(50_000_000)
  })
})
