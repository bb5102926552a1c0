import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

function bench(...args: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
  })
  return { status, envelope: JSON.parse(stdout) as Record<string, unknown> }
}

describe('bench', () => {
  test('default: one JSON object in the common envelope', () => {
    const { envelope } = bench('verdicts', '--json', '--seed', '3')
    expect(Object.keys(envelope)).toEqual(['schema', 'ok', 'data', 'error'])
    expect(envelope).toMatchObject({
      schema: 'ambit.bench.verdicts.v1',
      data: { hops: 4, lowering: 'framework', seed: 3 },
      error: null,
    })
    expect((envelope['data'] as { perSecond: number }).perSecond).toBeGreaterThan(1_000)
  })

  test.each([
    ['bench.unknown_name', ['nothing', '--json']],
    ['bench.unknown_name', ['constructor', '--json']],
    ['bench.invalid_option', ['verdicts', '--json', '--cases', '-1']],
    ['bench.invalid_option', ['verdicts', '--json', '--seed']],
  ])('error: %s', (code, args) => {
    const { status, envelope } = bench(...args)
    expect(status).toBe(2)
    expect(envelope).toMatchObject({ ok: false, data: null, error: { code } })
  })
})
