import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { useFolder } from '../../test/rig/cli.ts'
import { commandContext } from '../../test/rig/context.ts'
import { RUN } from '../redemption/numbers.ts'
import { takeRequestNumber } from './requestNumbers.ts'

const folder = useFolder()
const [ONE, OTHER] = [`0x${'a1'.repeat(32)}`, `0x${'a2'.repeat(32)}`] as const
const contextOf = (home: string) => commandContext(join(folder.path, home))
const fileOf = (home: string) => join(folder.path, home, 'numbers', `${ONE}.json`)

describe('takeRequestNumber', () => {
  test('default: one after the other in one word, and a new word for every delegation', async () => {
    const context = contextOf('default')
    const first = await takeRequestNumber(context, ONE)
    expect(first & 0xffn).toBe(0n)
    expect(await takeRequestNumber(context, ONE)).toBe(first + 1n)
    // What is written is what was given: whoever dies now has lost a number, not reused one.
    expect(JSON.parse(readFileSync(fileOf('default'), 'utf8'))).toEqual({ word: `${first >> 8n}`, taken: 2 })
    expect((await takeRequestNumber(context, OTHER)) >> 8n).not.toBe(first >> 8n)
    // Another command, the same folder.
    expect(await takeRequestNumber(contextOf('default'), ONE)).toBe(first + 2n)
    expect((await takeRequestNumber(contextOf('elsewhere'), ONE)) >> 8n).not.toBe(first >> 8n)
  })

  test('behavior: commands at the same time never get one number twice, nor lose their word', async () => {
    const numbers = await Promise.all(Array.from({ length: 12 }, () => takeRequestNumber(contextOf('together'), ONE)))
    expect(new Set(numbers).size).toBe(12)
    expect(new Set(numbers.map((number) => number >> 8n)).size).toBe(1)
  })

  test('behavior: after the last of a word another begins', async () => {
    const context = contextOf('full')
    await takeRequestNumber(context, ONE)
    writeFileSync(fileOf('full'), JSON.stringify({ word: '5', taken: RUN - 1 }))
    expect(await takeRequestNumber(context, ONE)).toBe(0x5ffn)
    expect((await takeRequestNumber(context, ONE)) >> 8n).not.toBe(5n)
  })

  test.each([
    ['no JSON', '{'],
    ['a word that is no number', '{"word":5,"taken":1}'],
    ['a word too large', `{"word":"${2n ** 56n}","taken":1}`],
    ['nothing taken, so perhaps everything', '{"word":"5","taken":0}'],
    ['a part of one', '{"word":"5","taken":1.5}'],
    ['nothing', 'null'],
  ])('error: of a record that cannot be read, %s, nothing is given out again', async (_, text) => {
    const context = contextOf('damaged')
    await takeRequestNumber(context, ONE)
    writeFileSync(fileOf('damaged'), text)
    const number = await takeRequestNumber(context, ONE)
    expect([number & 0xffn, number >> 8n === 5n]).toEqual([0n, false])
  })
})
