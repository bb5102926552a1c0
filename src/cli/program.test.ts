import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commands, groups } from './commands/index.ts'
import { buildProgram } from './program.ts'

describe('buildProgram', () => {
  test('default: every command is there under its words, with its own help', async () => {
    const program = await buildProgram({ commands, write: () => {}, invoke: () => {} })
    for (const { name, summary } of commands) {
      const found = name
        .split(' ')
        .reduce(
          (at, word) => at?.commands.find((command) => command.name() === word),
          program as typeof program | undefined,
        )
      expect(found?.summary()).toBe(summary)
    }
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length)
    const words = commands.flatMap(({ name }) => name.split(' ').slice(0, -1))
    expect(words.every((word) => groups[word] !== undefined)).toBe(true)
  })

  test('behavior: names of options are kebab-case and described', () => {
    for (const { name, options = [] } of commands) {
      for (const { flags, description } of options) {
        expect(`${name} ${flags}`).toMatch(/^[a-z ]+ --[a-z]+(?:-[a-z]+)*(?: <[a-z.]+>)?$/)
        expect(description.length).toBeGreaterThan(5)
      }
      const flags = options.map((option) => option.flags.split(' ')[0])
      expect(new Set(flags).size).toBe(flags.length)
    }
  })

  test('behavior: help loads nothing heavy', () => {
    // zod takes 0.2 s, viem 0.5 s, the kit 1 s: each is imported by the command that needs it, when it runs.
    expect([...packagesOf(resolve(import.meta.dirname, 'run.ts'))].sort()).toEqual(['commander'])
  })
})

/** Packages that a module imports before it does anything, through all of its own modules. */
function packagesOf(file: string, seen = new Set<string>(), found = new Set<string>()): Set<string> {
  if (seen.has(file) || !existsSync(file)) return found
  seen.add(file)
  const source = readFileSync(file, 'utf8')
  for (const [, what = '', target = ''] of source.matchAll(/^(?:import|export)\s([^;]*?)from '([^']+)'/gms)) {
    if (what.startsWith('type ') || /^\{\s*(?:type [^,}]+,?\s*)+\}\s*$/.test(what)) continue
    if (target.startsWith('.')) packagesOf(resolve(dirname(file), target), seen, found)
    else if (!target.startsWith('node:')) found.add(target)
  }
  return found
}
